"""A site with the widget on it, as a browser's page reaches it: addresses, the page's origin, answers and refusals."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

ORIGIN = "https://shop.example.com"


class WidgetError(Exception):
    """The server has refused over HTTP; `status` and `code` as it said them."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


@dataclass(frozen=True)
class Site:
    """Where the widget is, and the page's own origin; `http` is shared by all its tabs."""

    url: str
    http: aiohttp.ClientSession
    origin: str = ORIGIN

    async def post(self, path: str, body: object, **headers: str) -> Any:
        """The JSON answer. Raises WidgetError for a refusal, aiohttp's errors for a lost way."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(
            f"{self.url}/{path}", data=data, headers={"Origin": self.origin, **headers}
        ) as answer:
            return await _answered(answer)

    async def get(self, path: str, **headers: str) -> tuple[Mapping[str, str], bytes]:
        """Headers and bytes; raises as `post` does."""
        async with self.http.get(f"{self.url}/{path}", headers={"Origin": self.origin, **headers}) as answer:
            if answer.status >= 400:
                await _answered(answer)
            return answer.headers, await answer.read()


def signature(secret: str, user: str, until: int | None = None) -> str:
    """What the site's own server signs a visitor's id with."""
    said = user if until is None else f"{user}\n{until}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


async def _answered(answer: aiohttp.ClientResponse) -> Any:
    try:
        given = await answer.json(content_type=None)
    except ValueError:
        given = None
    if answer.status >= 400:
        raise WidgetError(answer.status, str((given or {}).get("error")))
    return given
