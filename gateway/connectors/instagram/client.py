"""Calls of Meta's Graph API for one account. The token goes in a header, never into an address."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr
from yarl import URL

from gateway.connectors.instagram.answers import read_answer, unclear
from gateway.connectors.toolkit.http import Form, HttpClient
from gateway.connectors.toolkit.uploads import Upload
from gateway.errors import Uncertain

ME = "me"
"""Whoever the token is of: the Instagram account, or the page it is linked to."""


class Client:
    """Calls for one account. `http` is closed by whoever made it."""

    def __init__(self, token: SecretStr, api_url: str, version: str, http: HttpClient) -> None:
        self._token = token
        self._api = f"{api_url}/{version}"
        self._http = http

    def __repr__(self) -> str:
        return "Client(Instagram)"

    async def get(self, path: str, **query: str) -> Mapping[str, Any]:
        """What stands there. Raises TryLater, Refused, Unauthorized."""
        return await self._call("GET", path, "get", query)

    async def post(self, path: str, body: object = None, *, method: str = "", **query: str) -> Mapping[str, Any]:
        """The answer to an act; `method` SEND: one that must not be done twice.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: see answers.
        """
        return await self._call("POST", path, method, query, json=body)

    async def upload(self, path: str, upload: Upload) -> Mapping[str, Any]:
        """The answer to a form with a file. Raises TryLater, Refused, Unauthorized."""
        return await self._call("POST", path, "upload", {}, data=upload.form, wait=upload.wait)

    async def _call(
        self,
        verb: str,
        path: str,
        method: str,
        query: Mapping[str, str],
        *,
        json: object = None,
        data: Form | None = None,
        wait: float = 0.0,
    ) -> Mapping[str, Any]:
        url = str(URL(f"{self._api}/{path}").with_query(query))
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        try:
            answer = await self._http.request(verb, url, json=json, data=data, headers=headers, wait=wait)
        except Uncertain as error:
            raise unclear(method, str(error)) from None
        return read_answer(method, answer.status, answer.body, answer.wait)
