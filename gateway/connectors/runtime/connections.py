"""Connections to our own HTTP server: a request's head must come in time, and what strangers send badly is one quiet
line in the log, never a traceback.

Bodies are bounded by whoever reads them.
"""

import asyncio
import logging
from typing import Any

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

log = logging.getLogger("gateway.http")

HEAD_SECONDS = 10.0
"""In which a request's first line and headers must come, from the connection's opening or from their first byte on."""
IDLE_SECONDS = 75.0
"""How long a connection stays open between two requests: longer than proxies in front keep theirs."""
_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_THEIRS = (HttpProcessingError, ClientPayloadError, web.RequestPayloadError, ConnectionError, TimeoutError)
"""What is the fault of whoever sent it."""


class BoundedHandler(RequestHandler):  # type: ignore[type-arg,unused-ignore]
    """One connection."""

    __slots__ = ("_head_seconds", "_head_timer")

    def __init__(self, manager: web.Server, *, head_seconds: float, **more: Any) -> None:  # noqa: ANN401 - aiohttp's own
        super().__init__(manager, **more)
        self._head_seconds = head_seconds
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._messages or self._waiter is None or self._waiter.done():
            if self._request_count:
                self._head_came()
        else:
            self._expect_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self._loop.call_later(self._head_seconds, self._late)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _late(self) -> None:
        self._head_timer = None
        if self._waiter is not None and not self._waiter.done():
            if self.transport is not None:
                self.transport.write(_LATE)
            self.force_close()

    def log_exception(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401 - as above
        """What a stranger's bytes raise is no fault of ours."""
        error = kw.get("exc_info")
        if isinstance(error, _THEIRS):
            log.info("a request could not be read", extra={"error": type(error).__name__})
            return
        super().log_exception(*args, **kw)


class BoundedServer(web.Server):
    """Makes a BoundedHandler of each connection."""

    def __init__(self, like: web.Server, *, head_seconds: float, **more: Any) -> None:  # noqa: ANN401 - aiohttp's own
        super().__init__(
            like.request_handler,
            request_factory=like.request_factory,
            handler_cancellation=like.handler_cancellation,
            **more,
        )
        self._head_seconds, self._more = head_seconds, more

    def __call__(self) -> RequestHandler:  # type: ignore[type-arg,unused-ignore]
        return BoundedHandler(self, loop=self._loop, head_seconds=self._head_seconds, **self._more)


class BoundedRunner(web.AppRunner):
    """An AppRunner whose connections are bounded."""

    def __init__(self, app: web.Application, *, head_seconds: float = HEAD_SECONDS, **more: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(app, access_log=None, **more)
        self._head_seconds = head_seconds

    async def _make_server(self) -> web.Server:
        plain = await super()._make_server()
        return BoundedServer(plain, head_seconds=self._head_seconds, access_log=None, keepalive_timeout=IDLE_SECONDS)
