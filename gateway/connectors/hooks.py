"""Our HTTP server: vendors deliver to `/hooks/<channel>/<account>` and hear 200 only after Redis has it.

A stranger learns nothing and stores nothing: the connector authenticates before anything is parsed, bodies are
bounded in size and time, and what cannot be stored is answered 503 within 1.5 s, so that the vendor repeats it.
"""

import asyncio
from collections.abc import Callable, Sequence

from aiohttp import web

from gateway.connectors.arrivals import offers, raw_offers, store
from gateway.connectors.context import AccountContext, described, log
from gateway.connectors.contract import Call, Served, Serving
from gateway.errors import StoreError
from gateway.model.ids import AccountId
from gateway.streams.intake import Offer

BODY_LIMIT = 1024 * 1024
"""Bytes; updates carry references, never files."""
_BODY_SECONDS = 10.0
_STORE_SECONDS = 1.1
"""The 503 must be out within 1.5 s, on a busy machine too."""
_STOP_SECONDS = 3.0
_RETRY_AFTER = {"Retry-After": "1"}


def hook_address(public_url: str, channel: str, account: AccountId) -> str:
    """The address that a vendor is told."""
    return f"{public_url.rstrip('/')}/hooks/{channel}/{account}"


class HookServer:
    """Serves webhooks of the accounts it is given, and whatever `extend` adds (health, metrics)."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        extend: Callable[[web.Application], None] | None = None,
        body_limit: int = BODY_LIMIT,
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        self._host = host
        self._port = port
        self._body_limit = body_limit
        self._body_seconds = body_seconds
        self._accounts: dict[tuple[str, str], AccountContext] = {}
        app = web.Application(client_max_size=body_limit)
        for method in ("GET", "POST"):
            app.router.add_route(method, "/hooks/{channel}/{account}", self._handle)
        if extend is not None:
            extend(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_SECONDS, handler_cancellation=False)

    def add(self, context: AccountContext) -> None:
        """Serves this account from now on."""
        self._accounts[context.connector.channel, context.account] = context

    def remove(self, context: AccountContext) -> None:
        """Serves it no longer; its vendor hears 404."""
        self._accounts.pop((context.connector.channel, context.account), None)

    async def start(self) -> int:
        """Listens; answers the port, which matters where 0 was asked for. Raises OSError: it is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Lets requests that are being answered end, at most for three seconds."""
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        context = self._accounts.get((request.match_info["channel"], request.match_info["account"]))
        if context is None or not isinstance(context.connector, Serving):
            return web.Response(status=404)
        body = await self._body(request)
        if isinstance(body, web.Response):
            return body
        call = Call(
            method=request.method,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=dict(request.query),
            body=body,
        )
        return await _answer(context, context.connector, call)

    async def _body(self, request: web.Request) -> bytes | web.Response:
        """The body, or what to answer to one that is too large or too slow."""
        if (request.content_length or 0) > self._body_limit:
            return _closing(413)
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_seconds):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > self._body_limit:
                        return _closing(413)
        except TimeoutError:
            return _closing(408)
        except web.RequestPayloadError:
            return _closing(400)
        return bytes(body)


async def _answer(context: AccountContext, connector: Serving, call: Call) -> web.Response:
    try:
        served = await connector.serve(call)
        new = _offers(context, served, call)
    except Exception as error:  # noqa: BLE001 - the vendor repeats it, and others are served meanwhile
        log.error("webhook failed", extra={"account": context.account, "error": described(error)})
        return web.Response(status=500)
    if served.status >= 400:  # noqa: PLR2004 - HTTP's own border
        context.counts[f"refused {served.status}"] += 1
        log.warning("webhook refused", extra={"account": context.account, "status": served.status})
        return web.Response(status=served.status, text=served.body)
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            await store(context, new)
    except (StoreError, TimeoutError) as error:
        context.counts["not stored"] += 1
        log.warning("webhook not stored: %s", str(error) or "no answer from Redis", extra={"account": context.account})
        return web.Response(status=503, headers=_RETRY_AFTER)
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
