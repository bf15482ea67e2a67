"""The control API under /sandbox/api: what the page and tests use to look, to act and to break things.

For loopback only, unless the server was told otherwise: whoever reaches it plays every person.
"""

import ipaddress
from collections.abc import Sequence

from aiohttp import hdrs, web

from sandbox.cast import CastUser
from sandbox.directory import Directory
from sandbox.events import Event
from sandbox.fault_rules import FaultRules
from sandbox.gateway_state import GatewayState
from sandbox.telegram.views import show_user
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.control import ControlError, Handler, Route, convert, json_reply, read_object, refusal
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import StandIn
from sandbox.toolkit.uploads import Upload, read_form
from sandbox.wire import Json, decode, encode

_COLORS = ("#d9577b", "#4a86cf", "#3f9a6b", "#a06ac4", "#c98a2b", "#2b9aa0")
_API = "/sandbox/api"
_DEFAULT = "telegram"
"""The messenger of acts and events that name none."""


class Control:
    """What belongs to no messenger, and the routes of all. `gateway` tells of the product that runs beside."""

    def __init__(
        self,
        infrastructure: Infrastructure,
        stand_ins: Sequence[StandIn],
        directory: Directory,
        gateway: GatewayState,
        *,
        is_open: bool,
    ) -> None:
        _, self._events, self._ledger, self._clock, self._settings = infrastructure
        self._infrastructure = infrastructure
        self._stand_ins = stand_ins
        self._by_messenger = {name: one for one in stand_ins for name in one.messengers}
        self._directory = directory
        self._gateway = gateway
        self._rules = FaultRules(stand_ins)
        self._is_open = is_open

    def add_routes(self, router: web.UrlDispatcher) -> None:
        routes = [
            Route("GET", f"{_API}/state", self.state),
            Route("GET", f"{_API}/events", self.events),
            Route("POST", f"{_API}/act", self.act),
            Route("GET", f"{_API}/faults", self.faults),
            Route("POST", f"{_API}/faults", self.set_faults),
            Route("DELETE", f"{_API}/faults", self.clear_faults),
            Route("GET", f"{_API}/settings", self.settings),
            Route("POST", f"{_API}/settings", self.set_settings),
            Route("GET", f"{_API}/ledger", self.ledger),
            Route("POST", f"{_API}/users", self.add_users),
            Route("POST", f"{_API}/clock", self.advance_clock),
            *(route for one in self._stand_ins for route in one.control.routes()),
        ]
        for verb, path, handler in routes:
            router.add_route(verb, path, self._guarded(handler))

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not (self._is_open or _is_loopback(request.remote)):
                return refusal(403, "The control API is for this machine only; start with --open-control to open it.")
            if _is_foreign_page(request):
                return refusal(403, "A page of another address may not play people here.")
            try:
                return await handler(request)
            except ActError as error:
                return refusal(400, str(error), error.code)
            except (ControlError, ValueError) as error:
                return refusal(400, str(error))

        return guarded

    async def state(self, _request: web.Request) -> web.Response:
        shown: Json = {"settings": self._settings, "gateway": self._gateway}
        for one in self._stand_ins:
            shown |= one.control.state()
        return json_reply(shown)

    async def events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        await response.write(b"retry: 1000\n\n")
        last = request.headers.get("Last-Event-ID", "")
        async for event in self._events.follow(int(last) if last.isdecimal() else None):
            await response.write(b"id: %d\ndata: %s\n\n" % (event.seq, encode(self._shown(event))))
        return response

    def _shown(self, event: Event) -> Json:
        shown: Json = {"kind": event.kind, **event.fields}
        if event.message is not None:
            stand_in = self._by_messenger[event.fields.get("messenger", _DEFAULT)]
            shown["message"], shown["message_id"] = stand_in.control.show(event.message)
        return shown

    async def act(self, request: web.Request) -> web.Response:
        given, files = await _read_act_request(request)
        messenger = given.pop("messenger", _DEFAULT)  # what is left belongs to that one alone
        stand_in = self._by_messenger.get(messenger)
        if stand_in is None:
            raise ControlError(f"There is no messenger {messenger}: use one of {', '.join(self._by_messenger)}.")
        return json_reply(await stand_in.control.act(messenger, given, files))

    async def faults(self, _request: web.Request) -> web.Response:
        return json_reply({"ok": True, "rules": self._rules.in_force()})

    async def set_faults(self, request: web.Request) -> web.Response:
        self._rules.replace(convert((await read_object(request)).get("rules", []), list[Json]))
        return await self.faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._rules.replace([])
        return await self.faults(request)

    async def settings(self, _request: web.Request) -> web.Response:
        return json_reply({"ok": True, "settings": self._settings})

    async def set_settings(self, request: web.Request) -> web.Response:
        self._infrastructure.change_settings(await read_object(request))
        return await self.settings(request)

    async def ledger(self, request: web.Request) -> web.Response:
        return json_reply({"rows": self._ledger.since(int(request.query.get("since", 0)))})

    async def add_users(self, request: web.Request) -> web.Response:
        """Adds one person, or with `{"count": n, "role": …}` many of them."""
        body = await read_object(request)
        count = int(body.pop("count", 1))
        first_id = int(body.pop("id", 0) or self._directory.next_id())
        name = str(body.pop("name", "") or "Гость")
        added = []
        for index in range(count):
            user_id = first_id + index
            given = {"color": _COLORS[index % len(_COLORS)], **body, "id": user_id}
            cast = convert({**given, "name": name if count == 1 else f"{name} {index + 1}"}, CastUser)
            added.append(self._directory.add(cast))
        self._events.publish("state")
        return json_reply({"ok": True, "users": [show_user(user) for user in added]})

    async def advance_clock(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        self._clock.advance(int(body.get("advance_ms", 0)))
        return json_reply({"ok": True, "now_ms": self._clock.now_ms()})


def _is_loopback(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_foreign_page(request: web.Request) -> bool:
    """Any web page may post to loopback from its reader's browser; the browser says whose page it is."""
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is not None and origin.partition("://")[2] != request.host


async def _read_act_request(request: web.Request) -> tuple[Json, list[Upload]]:
    """JSON, or multipart with the JSON in a field `act` and files beside it."""
    if not request.content_type.startswith("multipart/"):
        return await read_object(request), []
    form = await read_form(request)
    act = form.fields.get("act", "")
    given = convert(decode(act) if act else {}, dict)
    return given, [upload for _, upload in form.files]
