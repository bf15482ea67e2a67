"""Calls of one bot's API. The token goes in a header, to this host alone; it is in no address, log or repr."""

from collections.abc import Mapping
from urllib.parse import urlencode

from pydantic import SecretStr

from gateway.connectors.max.answers import Call, result_of, unclear
from gateway.connectors.max.values import Json
from gateway.connectors.toolkit.http import HttpClient
from gateway.errors import Uncertain

ANSWER_LIMIT = 32 * 1024 * 1024
"""Bytes: a hundred messages, each with twelve attachments and a forwarded one."""


class Client:
    """Calls the API of one bot.

    Args:
        token: the bot's.
        api_url: where the API is.
        http: the account's client; closed by whoever made it.
    """

    def __init__(self, token: SecretStr, api_url: str, http: HttpClient) -> None:
        self._token = token
        self._api_url = api_url
        self._http = http

    def __repr__(self) -> str:
        return "Client(MAX)"

    async def call(
        self, call: Call, *, query: Mapping[str, object] | None = None, json: object = None, wait: float = 0.0
    ) -> Json:
        """What one call gives; `wait` seconds are added to the time that it may take.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: see answers.
        """
        url = f"{self._api_url}{call.path}{f'?{urlencode(query)}' if query else ''}"
        headers = {"Authorization": self._token.get_secret_value()}
        try:
            answer = await self._http.request(
                call.method, url, json=json, headers=headers, wait=wait, limit=ANSWER_LIMIT
            )
        except Uncertain as error:
            raise unclear(call, str(error)) from None
        return result_of(call, answer.status, answer.body, answer.wait)
