"""Every request of a page, from the address to the answer: whose site it comes from, how much it may ask for, who does
it. A stranger learns a code and nothing else; only the script, the page and the avatar are for everybody.
"""

import asyncio
import ipaddress
from http import HTTPStatus
from typing import Literal

from aiohttp import web

from gateway.connectors.widget.answers import HttpRejection
from gateway.connectors.widget.origins import is_allowed, origin_of
from gateway.connectors.widget.pages import Pages
from gateway.connectors.widget.polls import Polls
from gateway.connectors.widget.sessions import Sessions
from gateway.connectors.widget.site import Site
from gateway.connectors.widget.sockets import GONE, RESTART, Sockets
from gateway.connectors.widget.talk import Talk
from gateway.connectors.widget.tokens import Claims
from gateway.connectors.widget.uploads import Uploads

_METHODS = {
    "": "GET",
    "widget.js": "GET",
    "avatar": "GET",
    "session": "POST",
    "socket": "GET",
    "poll": "POST",
    "frames": "POST",
    "upload": "POST",
    "file": "GET",
}
_FOR_EVERYBODY = frozenset({"", "widget.js", "avatar"})
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Range, X-File-Grant, X-File-Name, X-Upload-Id",
    "Access-Control-Max-Age": "86400",
}
_EXPOSED = "Content-Disposition, Content-Range, Retry-After"
_BEARER = "Bearer "
_V6_PREFIX = 64


class HttpApi:
    """One account's, from its opening to its dismissal."""

    def __init__(self, site: Site) -> None:
        self._site = site
        talk = Talk(site)
        self._pages = Pages(site.settings)
        self._sessions = Sessions(site)
        self._sockets = Sockets(site, talk)
        self._polls = Polls(site, talk)
        self._uploads = Uploads(site)
        self._rounds: asyncio.Task[None] | None = None
        self._dismissed: Literal["gone", "restart"] | None = None

    async def attend(self, request: web.Request, path: str) -> web.StreamResponse:
        """Answers one request; never raises for what strangers send."""
        place, slash, rest = path.partition("/")
        is_open = place in _FOR_EVERYBODY
        try:
            if self._dismissed is not None:
                raise HttpRejection(*_AFTER[self._dismissed])
            if place not in _METHODS or bool(slash) is not (place == "file") or (slash and not rest):
                raise HttpRejection(HTTPStatus.NOT_FOUND, "address")
            if not is_open and not self._is_allowed(request):
                raise HttpRejection(HTTPStatus.FORBIDDEN, "origin", unread=True)
            response = await self._answer(request, place, rest)
        except HttpRejection as rejection:
            response = rejection.answer()
        if not response.prepared:
            self._share(request, response)
        return response

    async def dismiss(self, reason: Literal["gone", "restart"]) -> None:
        """Sends everybody away at once, and lets nobody in any more."""
        self._dismissed = reason
        await self.close()
        self._polls.wake()
        if reason == "gone":
            await self._sockets.end(GONE, {"type": "gone"})
        else:
            await self._sockets.end(RESTART)

    async def close(self) -> None:
        """Leaves no task behind."""
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.gather(self._rounds, return_exceptions=True)
            self._rounds = None
        await self._sockets.forget()

    async def _answer(self, request: web.Request, place: str, rest: str) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)
        if request.method not in {_METHODS[place], "HEAD" if _METHODS[place] == "GET" else ""}:
            raise HttpRejection(HTTPStatus.METHOD_NOT_ALLOWED, "method", unread=True)
        address = block_of(self._site.reception.address_of(request))
        now = self._site.clock()
        denied = self._site.quotas.call(address, now)
        if denied is None and place == "session":
            denied = self._site.quotas.session(address, now)
        if denied is not None:
            raise HttpRejection(HTTPStatus.TOO_MANY_REQUESTS, "too_fast", retry_after=denied.retry_after, unread=True)
        match place:
            case "":
                return self._pages.page(request)
            case "widget.js":
                return await self._pages.script(request)
            case "avatar":
                return await self._pages.avatar(request)
            case "session":
                return await self._sessions.begin(request)
            case "socket":
                self._go_round()
                return await self._sockets.serve(request, address)
            case "poll":
                self._go_round()
                response = await self._polls.poll(request, address)
                if self._dismissed is not None:
                    raise HttpRejection(*_AFTER[self._dismissed])
                return response
            case "frames":
                return await self._polls.hear(request, address)
            case "upload":
                return await self._uploads.take(request, self._bearer(request), address)
            case _:
                return await self._uploads.give(request, self._bearer(request), rest)

    def _bearer(self, request: web.Request) -> Claims:
        given = request.headers.get("Authorization", "")
        try:
            return self._polls.allowed(given.removeprefix(_BEARER) if given.startswith(_BEARER) else None)
        except HttpRejection as rejection:
            rejection.unread = True
            raise

    def _is_allowed(self, request: web.Request) -> bool:
        given = list(request.headers.getall("Origin", []))
        if given or request.method not in {"GET", "HEAD"}:
            return is_allowed(given, self._site.settings.origins, request.headers.get("Host", ""))
        # Browsers send no Origin with what a page asks its own server for; scripts cannot set these two.
        if request.headers.get("Sec-Fetch-Site") == "same-origin":
            return True
        referer = origin_of(request.headers.get("Referer", ""))
        return referer is not None and is_allowed([referer], (), request.headers.get("Host", ""))

    def _share(self, request: web.Request, response: web.StreamResponse) -> None:
        """Lets the site's page read the answer; nobody else's."""
        response.headers.add("Vary", "Origin")
        given = list(request.headers.getall("Origin", []))
        if is_allowed(given, self._site.settings.origins, request.headers.get("Host", "")):
            response.headers["Access-Control-Allow-Origin"] = given[0]
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED

    def _go_round(self) -> None:
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Tells everybody of a changed presence, and looks after tokens; one task for all sockets."""
        online = self._site.reception.is_attended()
        while True:
            await asyncio.sleep(self._site.timings.rounds)
            if (now := self._site.reception.is_attended()) != online:
                online = now
                self._sockets.tell({"type": "online", "online": online})
                self._polls.wake()
            self._sockets.look_at_tokens()


_AFTER = {"gone": (HTTPStatus.NOT_FOUND, "gone"), "restart": (HTTPStatus.SERVICE_UNAVAILABLE, "restart")}


def block_of(address: str) -> str:
    """What is counted as one address: of IPv6 the /64, all of which one customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004 - the protocol's name
        return address
    return str(ipaddress.ip_network(f"{found}/{_V6_PREFIX}", strict=False))
