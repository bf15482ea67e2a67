"""WhatsApp's API over the account's HttpClient. The token goes in a header, so no address ever holds it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from yarl import URL

from gateway.connectors.toolkit.http import HttpClient
from gateway.connectors.toolkit.uploads import upload_of
from gateway.connectors.toolkit.values import Json
from gateway.connectors.whatsapp.answers import read
from gateway.connectors.whatsapp.templates import pages
from gateway.connectors.whatsapp.values import words
from gateway.errors import TryLater, Uncertain

_PAGES = 50
"""Of a list, with a hundred on each; more is nothing that a person could choose from."""


class Client:
    """Calls the API for one account. Raises as `answers.read` does."""

    def __init__(self, token: SecretStr, api_url: str, http: HttpClient) -> None:
        self._token, self._api_url, self._http = token, api_url, http

    def __repr__(self) -> str:
        return "Client(WhatsApp)"

    @property
    def headers(self) -> Mapping[str, str]:
        """What proves who asks; for WhatsApp's own hosts only."""
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"}

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Sends something."""
        answer = await self._http.request("POST", f"{self._api_url}/{path}", json=body, headers=self.headers)
        return read(answer.status, answer.body, answer.wait)

    async def get(self, path: str, **query: str) -> Json:
        """Asks for something: whatever went wrong, asking again does no harm."""
        url = URL(f"{self._api_url}/{path}").with_query(query)
        try:
            answer = await self._http.request("GET", str(url), headers=self.headers)
            return read(answer.status, answer.body, answer.wait)
        except Uncertain as error:
            raise TryLater(str(error), after=0.0) from None

    async def whole_list(self, path: str, **query: str) -> list[Json]:
        """All pages of a list, by their cursors: an address that the answer gives is not called."""
        found: list[Json] = []
        after: dict[str, str] = {}
        for _ in range(_PAGES):
            page, cursor = pages(await self.get(path, **query, **after))
            found += page
            if not cursor or after.get("after") == cursor:
                break
            after = {"after": cursor}
        return found

    async def upload(self, number: str, path: Path, name: str, mime: str) -> str:
        """Brings a file to WhatsApp and answers its id there; what is lost on the way may be done again."""
        fields = {"messaging_product": "whatsapp", "type": mime}
        with upload_of(path, "file", name, mime=mime, fields=fields) as brought:
            url = f"{self._api_url}/{number}/media"
            try:
                answer = await self._http.request(
                    "POST", url, data=brought.form, headers=self.headers, wait=brought.wait
                )
                said = read(answer.status, answer.body, answer.wait)
            except Uncertain as error:
                raise TryLater(str(error), after=0.0) from None
        if not (found := words(said.get("id"), 256)):
            raise TryLater("WhatsApp took the file and did not say under which id", after=0.0)
        return found
