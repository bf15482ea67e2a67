"""The addresses of live channels, `/<channel>/<account>/<path>`: opened, attended and closed with their accounts.

A socket may live for ever, so whoever closes a route first sends its visitors away, then ends what has not gone.
What a connector raises by mistake reaches the log without its words, and a visitor as 500 at most.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Literal

from aiohttp import web

from gateway.connectors.live_contract import Live
from gateway.connectors.runtime.client_addresses import Network
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.live import LiveReception
from gateway.files import Files

UPLOADS_SECONDS = 30 * 24 * 3600
"""How long visitors' bytes are kept: those that an operator has got lie among the attachments."""
_SWEEP_SECONDS = 3600.0
_GOODBYE_SECONDS = 1.0
_END_SECONDS = 0.5
_STARTED = web.RequestKey("started", bool)
"""Something of the answer was sent."""
_RETRY_AFTER = {"Retry-After": "1"}


class _LiveRoute:
    """One account's: the connector that its reception is open at, and the requests inside."""

    def __init__(self, context: AccountContext, reception: LiveReception) -> None:
        self.context, self.reception = context, reception
        self.opened: Live | None = None
        self.inside: set[asyncio.Task[object]] = set()
        self.task = asyncio.create_task(reception.run(), name=f"reception:{context.account}")

    def connector(self) -> Live:
        """The account's connector, open: another one may have taken its place since."""
        connector = self.context.connector
        assert isinstance(connector, Live)
        if connector is not self.opened:
            connector.open(self.reception)
            self.opened = connector
        return connector


class LiveRoutes:
    """All live accounts of a server.

    Args:
        uploads: where visitors' bytes lie.
        trusted: proxies whose X-Forwarded-For is believed.
        is_starting: until `complete` an account that is not there is no reason to give up.
    """

    def __init__(self, uploads: Files | None, trusted: Sequence[Network], *, is_starting: bool) -> None:
        self._uploads, self._trusted = uploads, trusted
        self._is_starting = is_starting
        self._routes: dict[tuple[str, str], _LiveRoute] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._is_closed = False

    def add_routes(self, app: web.Application) -> None:
        """Their addresses, behind all that were added before."""
        app.router.add_route("*", "/{channel:(?!hooks/)[^/]+}/{account}/{path:.*}", self._attend)
        app.on_response_prepare.append(_mark)

    def open(self, context: AccountContext) -> None:
        """Lets visitors in."""
        if self._uploads is None:
            raise ValueError("a live channel needs a folder for uploads")
        route = _LiveRoute(context, LiveReception(context, self._uploads, self._trusted))
        self._routes[context.connector.channel, context.account] = route
        route.connector()
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(_sweep(self._uploads), name="uploads")

    def complete(self) -> None:
        """All accounts are open."""
        self._is_starting = False

    async def close(self, context: AccountContext) -> None:
        """The account is no longer served."""
        route = self._routes.pop((context.connector.channel, context.account), None)
        if route is not None:
            await _close([route], "gone")

    async def close_all(self) -> None:
        """The process ends: visitors come back to the next one. Late ones hear 503."""
        self._is_closed = True
        routes = tuple(self._routes.values())
        self._routes.clear()
        await _close(routes, "restart")
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)

    async def _attend(self, request: web.Request) -> web.StreamResponse:
        route = self._routes.get((request.match_info["channel"], request.match_info["account"]))
        if route is None and (self._is_closed or self._is_starting):
            return web.Response(status=503, headers=_RETRY_AFTER)
        if route is None:
            return web.Response(status=404)
        task = asyncio.current_task()
        assert task is not None
        route.inside.add(task)
        try:
            answer = await _answer(route, request)
        finally:
            route.inside.discard(task)
        if answer.status >= 400:  # noqa: PLR2004 - HTTP's own border
            route.context.counts[f"refused {answer.status}"] += 1
        return answer


async def _answer(route: _LiveRoute, request: web.Request) -> web.StreamResponse:
    try:
        return await route.connector().attend(request, request.match_info["path"])
    except web.HTTPException:
        raise
    except ConnectionError:
        # The visitor left in the middle of it.
        _abort(request)
        return web.Response(status=400)
    except Exception as error:  # noqa: BLE001 - the visitor comes again, and others are served meanwhile
        log.error("page failed", extra={"account": route.context.account, "error": described(error)})
        if request.get(_STARTED):
            _abort(request)
        return web.Response(status=500)


async def _close(routes: Iterable[_LiveRoute], reason: Literal["gone", "restart"]) -> None:
    routes = tuple(routes)
    await asyncio.gather(*(_dismiss(one, reason) for one in routes))
    # Whoever was told and has not gone by now is cut off.
    inside = {task for one in routes for task in one.inside}
    if inside:
        _, left = await asyncio.wait(inside, timeout=_END_SECONDS)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_END_SECONDS)
    for one in routes:
        one.task.cancel()
    await asyncio.gather(*(one.task for one in routes), return_exceptions=True)


async def _dismiss(route: _LiveRoute, reason: Literal["gone", "restart"]) -> None:
    try:
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await route.connector().dismiss(reason)
    except Exception as error:  # noqa: BLE001 - what is left is cut off
        log.warning("visitors not told", extra={"account": route.context.account, "error": described(error)})


async def _sweep(uploads: Files) -> None:
    while True:
        try:
            await uploads.forget(time.time() - UPLOADS_SECONDS)
        except OSError as error:
            log.warning("old uploads stay: %s", error.strerror)
        await asyncio.sleep(_SWEEP_SECONDS)


async def _mark(request: web.Request, _response: web.StreamResponse) -> None:
    request[_STARTED] = True


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
