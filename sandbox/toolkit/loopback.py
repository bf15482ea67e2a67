"""Calls to this machine, and to no other: a test never reaches the internet, whatever address it sets."""

from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_ANSWER = 4096
_OK = 200


def is_loopback_url(url: str) -> bool:
    return urlsplit(url).hostname in _NAMES


class Answer(NamedTuple):
    """What somebody on this machine answered."""

    status: int
    body: bytes
    mime: str

    @property
    def is_ok(self) -> bool:
        return self.status == _OK


class LoopbackClient:
    """Calls addresses of this machine, without following redirects and without checking certificates."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(
        self,
        verb: str,
        url: str | URL,
        *,
        timeout_ms: int,
        params: dict[str, str] | None = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        most: int = _LONGEST_ANSWER,
    ) -> Answer | None:
        """The answer and at most `most` bytes of its body; None without one, or where the address is elsewhere."""
        assert self._session is not None
        if not is_loopback_url(str(url)):
            return None
        try:
            async with self._session.request(
                verb,
                url,
                params=params,
                data=data,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout_ms / 1000),
                allow_redirects=False,
                ssl=False,
            ) as response:
                content = b""
                while len(content) < most and (more := await response.content.read(most - len(content))):
                    content += more
                return Answer(response.status, content, response.content_type)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None
