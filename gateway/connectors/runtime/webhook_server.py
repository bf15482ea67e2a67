"""Our HTTP server: vendors deliver to `/hooks/<channel>/<account>` and hear 200 only after Redis has it.

A stranger learns nothing and stores nothing: the connector authenticates before anything is parsed, bodies are
bounded in size and time, and what cannot be stored is answered 503 within 1.5 s, so that the vendor repeats it.
Meta's apps have `/hooks/meta/<app>` (apps.py), live channels the addresses below `/<channel>/<account>/`
(live_routes.py).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeGuard

from aiohttp import web

from gateway.connectors.contract import Call, Connector, Routed, Served, Serving, follows
from gateway.connectors.live_contract import Live
from gateway.connectors.runtime import apps
from gateway.connectors.runtime.apps import RETRY_AFTER, App
from gateway.connectors.runtime.client_addresses import Network
from gateway.connectors.runtime.connections import HEAD_SECONDS, BoundedRunner
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.ingest import offers, publish, raw_offers, store
from gateway.connectors.runtime.live import STORE_SECONDS
from gateway.connectors.runtime.live_routes import LiveRoutes
from gateway.connectors.toolkit import meta
from gateway.errors import StoreError
from gateway.files import Files
from gateway.model.ids import AccountId
from gateway.streams.intake import Offer

BODY_LIMIT = 1024 * 1024
"""Bytes; updates carry references, never files."""
_BODY_SECONDS = 10.0
_STOP_SECONDS = 1.5
"""For requests that are being answered."""
_LAST_SECONDS = 0.5
"""For what aiohttp itself has not ended then."""


def webhook_address(public_url: str, channel: str, account: AccountId) -> str:
    """The address that a vendor is told."""
    return f"{public_url.rstrip('/')}/hooks/{channel}/{account}"


def app_address(public_url: str, app: str) -> str:
    """The address that is entered in a Meta app."""
    return f"{public_url.rstrip('/')}/hooks/{apps.CHANNEL}/{app}"


class WebhookServer:
    """Serves webhooks and live channels of the accounts it is given, and whatever `extend` adds (health, metrics).

    Args:
        host: to listen on.
        port: to listen on; 0: any.
        extend: adds fixed addresses, which win.
        uploads: where visitors' bytes lie; needed for live channels only.
        trusted: proxies whose X-Forwarded-For is believed.
        is_starting: until `complete` an account that is not there may still come, and is 503 instead of 404.
        body_limit: bytes of a webhook's body; a live channel bounds its own.
        body_seconds: in which that body must come.
        head_seconds: in which a request's first line and headers must come.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        extend: Callable[[web.Application], None] | None = None,
        uploads: Files | None = None,
        trusted: Sequence[Network] = (),
        is_starting: bool = False,
        body_limit: int = BODY_LIMIT,
        body_seconds: float = _BODY_SECONDS,
        head_seconds: float = HEAD_SECONDS,
    ) -> None:
        self._host = host
        self._port = port
        self._body_limit = body_limit
        self._body_seconds = body_seconds
        self._accounts: dict[tuple[str, str], AccountContext] = {}
        self._apps: dict[str, App] = {}
        self._is_starting = is_starting
        self._live_routes = LiveRoutes(uploads, trusted, is_starting=is_starting)
        self._answering: set[asyncio.Task[web.Response]] = set()
        app = web.Application(client_max_size=0)
        for method in ("GET", "POST"):
            app.router.add_route(method, "/hooks/{channel}/{account}", self._handle)
        if extend is not None:
            extend(app)
        self._live_routes.add_routes(app)
        # A visitor who left is waited for by nobody; a webhook is stored all the same (`_handle`).
        self._runner = BoundedRunner(
            app, head_seconds=head_seconds, shutdown_timeout=_LAST_SECONDS, handler_cancellation=True
        )

    def add_app(self, app: App) -> None:
        """Serves a Meta app; before the accounts that refer to it are added."""
        self._apps[app.name] = app

    def add(self, context: AccountContext) -> None:
        """Serves this account from now on. Needs the running loop."""
        self._accounts[context.connector.channel, context.account] = context
        if isinstance(context.connector, Routed) and context.connector.app in self._apps:
            self._apps[context.connector.app].add(context)
        if isinstance(context.connector, Live):
            self._live_routes.open(context)

    def complete(self) -> None:
        """All accounts are added."""
        self._is_starting = False
        self._live_routes.complete()

    async def remove(self, context: AccountContext) -> None:
        """Serves it no longer: its vendor hears 404, its visitors' sockets are closed at once."""
        self._accounts.pop((context.connector.channel, context.account), None)
        for app in self._apps.values():
            app.remove(context)
        await self._live_routes.close(context)

    async def start(self) -> int:
        """Listens; answers the port, which matters where 0 was asked for. Raises OSError: it is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return int(self._runner.addresses[0][1])

    async def dismiss(self) -> None:
        """Sends all visitors away, to come back to the next process, and lets no more in."""
        await self._live_routes.close_all()

    async def stop(self) -> None:
        """Lets requests that are being answered end; in less than three seconds all is over."""
        for site in tuple(self._runner.sites):
            await site.stop()
        await asyncio.gather(self._live_routes.close_all(), self._end_webhooks())
        await self._runner.cleanup()

    async def _end_webhooks(self) -> None:
        if self._answering:
            await asyncio.wait(self._answering, timeout=_STOP_SECONDS)
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _handle(self, request: web.Request) -> web.Response:
        task = asyncio.create_task(self._deliver(request), name="webhook")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        # A vendor that hung up is still stored: it may count what it has delivered as delivered.
        return await asyncio.shield(task)

    async def _deliver(self, request: web.Request) -> web.Response:
        if request.match_info["channel"] == apps.CHANNEL:
            return await self._deliver_to_app(request, request.match_info["account"])
        context = self._accounts.get((request.match_info["channel"], request.match_info["account"]))
        if context is None and self._is_starting:
            return web.Response(status=503, headers=RETRY_AFTER)
        connector = None if context is None else context.connector
        if context is None or connector is None or not _is_serving(connector):
            return web.Response(status=404)
        call = await self._call(request, self._body_limit)
        return call if isinstance(call, web.Response) else await _answer(context, connector, call)

    async def _deliver_to_app(self, request: web.Request, name: str) -> web.Response:
        app = self._apps.get(name)
        if self._is_starting:
            # Not before all its accounts are there: what is for one that still comes would be nobody's.
            return web.Response(status=503, headers=RETRY_AFTER)
        if app is None:
            return web.Response(status=404)
        call = await self._call(request, meta.BODY_LIMIT)
        return call if isinstance(call, web.Response) else await app.answer(call)

    async def _call(self, request: web.Request, limit: int) -> Call | web.Response:
        body = await self._body(request, limit)
        if isinstance(body, web.Response):
            return body
        headers = {name.lower(): value for name, value in request.headers.items()}
        return Call(method=request.method, headers=headers, query=dict(request.query), body=body)

    async def _body(self, request: web.Request, limit: int) -> bytes | web.Response:
        """The body, or what to answer to one that is too large or too slow."""
        if (request.content_length or 0) > limit:
            return _closing(413)
        if request.content.is_eof() and request.content.exception() is None:
            # It came with its head, as nearly every one does: nothing is waited for.
            whole = request.content.read_nowait()
            return whole if len(whole) <= limit else _closing(413)
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_seconds):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > limit:
                        return _closing(413)
        except TimeoutError:
            return _closing(408)
        except (web.RequestPayloadError, OSError):
            return _closing(400)
        return bytes(body)


def _is_serving(connector: Connector) -> TypeGuard[Serving]:
    return follows(type(connector), Serving)


async def _answer(context: AccountContext, connector: Serving, call: Call) -> web.Response:
    try:
        served = await connector.serve(call)
        new = _offers(context, served, call)
    except Exception as error:  # noqa: BLE001 - the vendor repeats it, and others are served meanwhile
        context.missed.set()
        log.error("webhook failed", extra={"account": context.account, "error": described(error)})
        return web.Response(status=500)
    if served.missed or served.status >= 500:  # noqa: PLR2004 - HTTP's own border
        context.missed.set()
    if served.status >= 400:  # noqa: PLR2004 - HTTP's own border
        context.counts[f"refused {served.status}"] += 1
        log.warning("webhook refused", extra={"account": context.account, "status": served.status})
        return web.Response(status=served.status, text=served.body)
    try:
        await store(context, new, seconds=STORE_SECONDS)
    except StoreError as error:
        context.missed.set()
        context.counts["not stored"] += 1
        log.warning("webhook not stored: %s", error, extra={"account": context.account})
        return web.Response(status=503, headers=RETRY_AFTER)
    await publish(context, served.items)
    return web.Response(status=served.status, text=served.body)


def _offers(context: AccountContext, served: Served, call: Call) -> Sequence[Offer]:
    if served.status >= 400:  # noqa: PLR2004 - HTTP's own border
        return ()
    if context.raw:
        return raw_offers(context, context.channel.unpack(call.body))
    return offers(context, served.items)


def _closing(status: int) -> web.Response:
    # What is left of the body is not read, so the connection is of no more use.
    response = web.Response(status=status)
    response.force_close()
    return response
