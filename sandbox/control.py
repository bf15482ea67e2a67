"""The control API under /sandbox/api: what the page and tests use to look, to act and to break things.

For loopback only, unless the server was told otherwise: whoever reaches it plays every person.
"""

import ipaddress
import json
import secrets
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import msgspec
from aiohttp import BodyPartReader, hdrs, web

from sandbox.avito.control import AvitoControl
from sandbox.avito.records import Message as AvitoMessage
from sandbox.avito.views import show_message as show_avito_message
from sandbox.cast import CastBot, CastUser
from sandbox.events import Event
from sandbox.meta.control import MetaControl
from sandbox.meta.records import Message as MetaMessage
from sandbox.meta.views import show_message as show_meta_message
from sandbox.rules import all_rules, replace_rules
from sandbox.settings import Settings
from sandbox.telegram.control_acts import perform, read_act
from sandbox.telegram.people import Pressed
from sandbox.telegram.records import Message
from sandbox.telegram.views import show_bot, show_chat, show_message, show_user
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.faults import FaultError
from sandbox.toolkit.uploads import Upload
from sandbox.vk.control import VkControl
from sandbox.vk.records import Message as VkMessage
from sandbox.vk.views import show_message as show_vk_message
from sandbox.wire import Json, decode, encode

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_PAGE = 50
_OF_META = frozenset({"whatsapp", "instagram"})
_COLORS = ("#d9577b", "#4a86cf", "#3f9a6b", "#a06ac4", "#c98a2b", "#2b9aa0")

Wanted = TypeVar("Wanted")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlError(Exception):
    """A wrong request; the text is a sentence for whoever made it."""


class Control:
    """The routes; everything they change belongs to `sandbox`."""

    def __init__(self, sandbox: "Sandbox", *, is_open: bool) -> None:
        self._sandbox = sandbox
        self._is_open = is_open
        self._vk = VkControl(sandbox.vk, sandbox.vk_people, sandbox.vk_staff)
        self._meta = MetaControl(
            sandbox.meta,
            (sandbox.whatsapp_people, sandbox.whatsapp_staff),
            (sandbox.instagram_people, sandbox.instagram_staff),
        )
        self._avito = AvitoControl(sandbox.avito, sandbox.avito_people, sandbox.avito_staff)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        api = "/sandbox/api"
        routes: list[tuple[str, str, Handler]] = [
            ("GET", f"{api}/state", self.state),
            ("GET", f"{api}/chats/{{bot_id}}/{{user_id}}", self.chat),
            ("GET", f"{api}/events", self.events),
            ("POST", f"{api}/act", self.act),
            ("GET", f"{api}/faults", self.faults),
            ("POST", f"{api}/faults", self.set_faults),
            ("DELETE", f"{api}/faults", self.clear_faults),
            ("GET", f"{api}/settings", self.settings),
            ("POST", f"{api}/settings", self.set_settings),
            ("GET", f"{api}/ledger", self.ledger),
            ("POST", f"{api}/bots", self.add_bots),
            ("POST", f"{api}/users", self.add_users),
            ("POST", f"{api}/clock", self.advance_clock),
            ("GET", "/sandbox/files/{number}", self.file),
            *self._vk.routes(),
            *self._meta.routes(),
            *self._avito.routes(),
        ]
        for verb, path, handler in routes:
            router.add_route(verb, path, self._guarded(handler))

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not (self._is_open or _is_loopback(request.remote)):
                return _error(403, "The control API is for this machine only; start with --open-control to open it.")
            if _is_foreign_page(request):
                return _error(403, "A page of another address may not play people here.")
            try:
                return await handler(request)
            except ActError as error:
                return _error(400, str(error), error.code)
            except (FaultError, ControlError, ValueError) as error:
                return _error(400, str(error))

        return guarded

    async def state(self, _request: web.Request) -> web.Response:
        sandbox = self._sandbox
        return _json(
            {
                "bots": [show_bot(bot) for bot in sandbox.world.bots.values()],
                "users": [show_user(user) for user in sandbox.world.users.values()],
                "chats": [show_chat(chat) for chat in sandbox.world.chats.values() if chat.is_private],
                "settings": sandbox.settings,
                "gateway": sandbox.gateway,
                "vk": self._vk.state(),
                "meta": self._meta.state(),
                "avito": self._avito.state(),
            }
        )

    async def chat(self, request: web.Request) -> web.Response:
        bot_id, user_id = int(request.match_info["bot_id"]), int(request.match_info["user_id"])
        chat = self._sandbox.world.chats.get((bot_id, user_id))
        if chat is None:
            return _json({"messages": [], "more": False})
        before = int(request.query["before"]) if "before" in request.query else None
        limit = int(request.query.get("limit", _PAGE))
        newest_first = list(islice(self._sandbox.world.history(chat, before), limit + 1))
        if before is None and chat.is_private:
            self._sandbox.people.read(user_id, bot_id)
        shown = [show_message(message, self._sandbox.telegram.files) for message in newest_first[:limit]]
        return _json({"messages": shown[::-1], "more": len(newest_first) > limit})

    async def events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        await response.write(b"retry: 1000\n\n")
        last = request.headers.get("Last-Event-ID", "")
        async for event in self._sandbox.events.follow(int(last) if last.isdigit() else None):
            data = encode(_show_event(event, self._sandbox))
            await response.write(b"id: %d\ndata: %s\n\n" % (event.seq, data))
        return response

    async def act(self, request: web.Request) -> web.Response:
        given, files = await _read_act_request(request)
        messenger = given.pop("messenger", "telegram")  # what is left belongs to that one alone
        if messenger == "vk":
            return _json(await self._vk.act(given, files))
        if messenger in _OF_META:
            return _json(await self._meta.act(messenger, given, files))
        if messenger == "avito":
            return _json(await self._avito.act(given, files))
        done = await perform(self._sandbox.people, read_act(given), files)
        if isinstance(done, Pressed):
            answer = {"text": done.answer.text, "show_alert": done.answer.is_alert} if done.answer else None
            url = done.url or (done.answer.url if done.answer else None)
            return _json({"ok": True, "update_id": done.update_id, "answer": answer, "url": url or None})
        messages = [show_message(act.message, self._sandbox.telegram.files) for act in done if act.message]
        answered: Json = {"ok": True, "update_id": done[-1].update_id}
        if messages:
            answered["message"] = messages[-1]
        if len(messages) > 1:
            answered["messages"] = messages
        return _json(answered)

    async def faults(self, _request: web.Request) -> web.Response:
        return _json({"ok": True, "rules": all_rules(self._sandbox)})

    async def set_faults(self, request: web.Request) -> web.Response:
        replace_rules(self._sandbox, _convert((await _object(request)).get("rules", []), list[Json]))
        return await self.faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        replace_rules(self._sandbox, [])
        return await self.faults(request)

    async def settings(self, _request: web.Request) -> web.Response:
        return _json({"ok": True, "settings": self._sandbox.settings})

    async def set_settings(self, request: web.Request) -> web.Response:
        self._sandbox.change_settings(await _object(request))
        return await self.settings(request)

    async def ledger(self, request: web.Request) -> web.Response:
        return _json({"rows": self._sandbox.ledger.since(int(request.query.get("since", 0)))})

    async def add_bots(self, request: web.Request) -> web.Response:
        """Adds a bot, or with `{"revoke": <bot id>}` gives one a new token as @BotFather does."""
        body = await _object(request)
        if "revoke" in body:
            bot = self._sandbox.world.bots.get(int(body["revoke"]))
            if bot is None:
                raise ControlError(f"There is no bot {body['revoke']}.")
            return _json({"ok": True, "token": self._sandbox.revoke_token(bot.id)})
        bot_id = int(body.get("id") or max(self._sandbox.world.bots, default=7_000_000_000) + 1)
        cast = _convert({"token": new_token(bot_id), **body, "id": bot_id}, CastBot)
        self._sandbox.world.add_bot(cast)
        self._sandbox.events.publish("state")
        return _json({"ok": True, "bot": show_bot(self._sandbox.world.bots[bot_id]), "token": cast.token})

    async def add_users(self, request: web.Request) -> web.Response:
        """Adds one person, or with `{"count": n, "role": …}` many of them."""
        body = await _object(request)
        count = int(body.pop("count", 1))
        first_id = int(body.pop("id", 0) or max(self._sandbox.world.users, default=100_000_000) + 1)
        name = str(body.pop("name", "") or "Гость")
        added = []
        for index in range(count):
            user_id = first_id + index
            given = {"color": _COLORS[index % len(_COLORS)], **body, "id": user_id}
            cast = _convert({**given, "name": name if count == 1 else f"{name} {index + 1}"}, CastUser)
            added.append(self._sandbox.add_user(cast))
        self._sandbox.events.publish("state")
        return _json({"ok": True, "users": [show_user(user) for user in added]})

    async def advance_clock(self, request: web.Request) -> web.Response:
        body = await _object(request)
        self._sandbox.clock.advance(int(body.get("advance_ms", 0)))
        return _json({"ok": True, "now_ms": self._sandbox.clock.now_ms()})

    async def file(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        file = self._sandbox.telegram.files.get(int(number)) if number.isdigit() else None
        content = self._sandbox.telegram.files.content(file) if file is not None else None
        if file is None or content is None:
            return _error(404, f"There is no file {number}.")
        # A stranger's file must never run as a page of this address.
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
        try:
            return web.Response(body=content, content_type=file.mime, headers=headers)
        except ValueError:
            return web.Response(body=content, content_type="application/octet-stream", headers=headers)


def _show_event(event: Event, sandbox: "Sandbox") -> Json:
    shown: Json = {"kind": event.kind, **event.fields}
    if isinstance(event.message, Message):
        shown["message"] = show_message(event.message, sandbox.telegram.files)
        shown["message_id"] = event.message.message_id
    elif isinstance(event.message, VkMessage):
        shown["message"] = show_vk_message(sandbox.vk.world, event.message)
        shown["message_id"] = event.message.id
    elif isinstance(event.message, MetaMessage):
        shown["message"] = show_meta_message(sandbox.meta.world, event.message)
        shown["message_id"] = event.message.id
    elif isinstance(event.message, AvitoMessage):
        shown["message"] = show_avito_message(sandbox.avito.world, event.message)
        shown["message_id"] = event.message.number
    return shown


def new_token(bot_id: int) -> str:
    """A fresh token in the real ones' shape."""
    return f"{bot_id}:AA{secrets.token_urlsafe(24)}x"


def change(settings: Settings, given: Json) -> None:
    """Sets the given fields; raises ControlError for an unknown name or a wrong type."""
    current = msgspec.to_builtins(settings)
    checked = _convert({**current, **given}, Settings)
    for name in given:
        setattr(settings, name, getattr(checked, name))


def _is_loopback(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_foreign_page(request: web.Request) -> bool:
    """Any web page may post to loopback from its reader's browser; the browser says whose page it is."""
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is not None and origin.partition("://")[2] != request.host


def _json(body: object) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")


def _error(status: int, sentence: str, code: str | None = None) -> web.Response:
    """A refusal; `code` is for pages that say it in the reader's own language."""
    body = {"ok": False, "error": sentence, **({"code": code} if code else {})}
    return web.Response(status=status, body=encode(body), content_type="application/json")


def _convert(given: object, wanted: type[Wanted]) -> Wanted:
    try:
        return msgspec.convert(given, wanted)
    except msgspec.ValidationError as error:
        raise ControlError(f"{error}.") from error


async def _object(request: web.Request) -> Json:
    try:
        body = decode(await request.read() or b"{}")
    except msgspec.DecodeError as error:
        raise ControlError(f"The body is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise ControlError("The body must be a JSON object.")
    return body


async def _read_act_request(request: web.Request) -> tuple[Json, list[Upload]]:
    """JSON, or multipart with the JSON in a field `act` and files beside it."""
    if not request.content_type.startswith("multipart/"):
        return await _object(request), []
    given: Json = {}
    files: list[Upload] = []
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            continue
        content = bytearray()
        while chunk := await part.read_chunk(256 * 1024):
            content += chunk
        if part.name == "act":
            given = json.loads(content)
        elif part.filename:
            mime = part.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream")
            files.append(Upload(part.filename, mime.partition(";")[0], bytes(content)))
    return given, files
