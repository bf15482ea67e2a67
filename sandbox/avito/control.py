"""Avito's part of the control API: acts, chats, files for the page; the routes are registered by sandbox.control.

Whoever reaches it plays every person; who may is the other module's business.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from sandbox.avito.acts import Act
from sandbox.avito.avito import Avito
from sandbox.avito.contents import FILE_KINDS, THINGS
from sandbox.avito.people import People
from sandbox.avito.staff import Staff
from sandbox.avito.views import show_chat, show_listing, show_message, show_seller
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json, encode

_PAGE = 50
_DONE = Act(None, None)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ActRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field that some act takes; `do` says which. `place` is a listing's id or a seller's."""

    do: str
    place: int = 0
    user_id: int = 0
    seller_id: int = 0
    text: str = ""
    reply_to: int | None = None
    message_id: int = 0
    latitude: float = 0.0
    longitude: float = 0.0
    title: str = ""
    duration: float = 3
    bytes_base64: str | None = None
    file_name: str | None = None
    mime: str | None = None
    secret: str = ""
    value: Json | None = None


class AvitoControl:
    """`state`, acts and the pictures of a page's messages."""

    def __init__(self, avito: Avito, people: People, staff: Staff) -> None:
        self._avito = avito
        self._people = people
        self._staff = staff

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/sandbox/api/avito/chats/{place}/{user_id}", self.chat),
            ("GET", "/sandbox/avito/files/{number}", self.file),
        ]

    def state(self) -> Json:
        world = self._avito.world
        return {
            "sellers": [show_seller(one) for one in world.sellers.values()],
            "listings": [show_listing(one) for one in world.listings.values()],
            "chats": [show_chat(one) for one in world.chats.values()],
        }

    async def act(self, given: Json, files: list[Upload]) -> Json:
        """Does what a person does; raises ActError."""
        try:
            act = msgspec.convert(given, ActRequest)
        except msgspec.ValidationError as error:
            raise ActError(f"This is no act on Avito: {error}.") from error
        done = self._perform(act, files)
        answered: Json = {"ok": True, "event_id": done[-1].event_id}
        messages = [show_message(self._avito.world, one.message) for one in done if one.message is not None]
        if messages:
            answered |= {"message": messages[-1], "messages": messages}
        return answered

    def _perform(self, act: ActRequest, files: list[Upload]) -> list[Act]:
        people, staff, ids = self._people, self._staff, (act.user_id, act.place)
        if act.do in FILE_KINDS:
            uploads = files or _given_files(act)
            duration = max(1, round(act.duration))
            return people.files(*ids, act.do, uploads, duration=duration) if uploads else [people.sample(*ids, act.do)]
        if act.do in THINGS:
            return [people.thing(*ids, act.do)]
        match act.do:
            case "text":
                return [people.text(*ids, act.text, reply_to=act.reply_to)]
            case "location":
                return [people.location(*ids, act.latitude, act.longitude, act.title)]
            case "delete":
                return [people.delete(*ids, act.message_id)]
            case "staff_answer":
                return [staff.answer(*ids, act.text)]
            case "system":
                return [staff.system(*ids, act.text)]
            case "value":
                return [staff.inject(act.seller_id, act.value or {})]
            case _:
                self._change(act)
                return [_DONE]

    def _change(self, act: ActRequest) -> None:
        """What becomes of no message."""
        people, staff, ids = self._people, self._staff, (act.user_id, act.place)
        match act.do:
            case "read":
                people.read(*ids)
            case "refuse" | "accept":
                people.refuse(*ids, is_refused=act.do == "refuse")
            case "unsubscribe":
                staff.unsubscribe(act.seller_id)
            case "expire_tokens":
                staff.expire_tokens(act.seller_id)
            case "renew_secret":
                staff.renew_secret(act.seller_id, act.secret)
            case "stop_paying" | "pay":
                staff.set_paid(act.seller_id, is_paid=act.do == "pay")
            case _:
                raise ActError(f"There is no act called {act.do} on Avito.")

    async def chat(self, request: web.Request) -> web.Response:
        """A page of one chat, oldest first; who looks at the newest has read them."""
        place, user_id = int(request.match_info["place"]), int(request.match_info["user_id"])
        world = self._avito.world
        chat = world.chat_at(user_id, place)
        if chat is None:
            return _json({"messages": [], "more": False})
        before = int(request.query["before"]) if "before" in request.query else None
        limit = int(request.query.get("limit", _PAGE))
        newest_first = [one for one in world.history(chat) if before is None or one.number < before]
        if before is None:
            self._people.read(user_id, place)
        messages = [show_message(world, one) for one in newest_first[:limit]]
        return _json({"messages": messages[::-1], "more": len(newest_first) > limit})

    async def file(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        file = self._avito.files.get(int(number)) if number.isdigit() else None
        content = self._avito.files.content(file) if file is not None else None
        if file is None or content is None:
            return web.Response(status=404, text=f"There is no file {number}.")
        # A stranger's file must never run as a page of this address.
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=content, content_type=file.mime, headers=headers)


def _given_files(act: ActRequest) -> list[Upload]:
    """The file inside the JSON, if there is one."""
    if act.bytes_base64 is None:
        return []
    try:
        content = base64.b64decode(act.bytes_base64, validate=True)
    except binascii.Error:
        raise ActError("bytes_base64 is no base64.") from None
    return [Upload(act.file_name or act.do, act.mime or "application/octet-stream", content)]


def _json(body: object) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")
