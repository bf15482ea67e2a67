"""Avito's part of the control API: acts, chats, files for the page."""

import msgspec
from aiohttp import web

from sandbox.avito.acts import Act
from sandbox.avito.avito import Avito
from sandbox.avito.contents import FILE_KINDS, THINGS
from sandbox.avito.people import People
from sandbox.avito.records import Message
from sandbox.avito.staff import Staff
from sandbox.avito.views import show_chat, show_listing, show_message, show_seller
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.control import Route, before, file_reply, history_reply, no_file, no_history, read_act
from sandbox.toolkit.stand_in import ControlPart, Shown
from sandbox.toolkit.uploads import Upload, from_base64
from sandbox.wire import Json

_DONE = Act(None, None)


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


class AvitoControl(ControlPart):
    """Plays Avito's buyers, and sellers past the API."""

    def __init__(self, avito: Avito, people: People, staff: Staff) -> None:
        self._avito = avito
        self._people = people
        self._staff = staff

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/sandbox/api/avito/chats/{place}/{user_id}", self.chat),
            Route("GET", "/sandbox/avito/files/{number}", self.file),
        ]

    def state(self) -> Json:
        world = self._avito.world
        shown = {
            "sellers": [show_seller(one) for one in world.sellers.values()],
            "listings": [show_listing(one) for one in world.listings.values()],
            "chats": [show_chat(one) for one in world.chats.values()],
        }
        return {"avito": shown}

    async def act(self, messenger: str, given: Json, files: list[Upload]) -> Json:
        act = read_act(given, ActRequest, messenger)
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

    def show(self, message: Message) -> Shown:
        return Shown(show_message(self._avito.world, message), message.number)

    async def chat(self, request: web.Request) -> web.Response:
        """A page of one chat; who looks at the newest has read them."""
        place, user_id = int(request.match_info["place"]), int(request.match_info["user_id"])
        world = self._avito.world
        chat = world.chat_at(user_id, place)
        if chat is None:
            return no_history()
        if before(request) is None:
            self._people.read(user_id, place)
        return history_reply(
            request, lambda below: world.history(chat, below), lambda message: show_message(world, message)
        )

    async def file(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        file = self._avito.files.get(int(number)) if number.isdecimal() else None
        return file_reply(self._avito.files.content(file), file.mime) if file is not None else no_file()


def _given_files(act: ActRequest) -> list[Upload]:
    """The file inside the JSON, if there is one."""
    if act.bytes_base64 is None:
        return []
    return [from_base64(act.bytes_base64, act.file_name or act.do, act.mime or "application/octet-stream")]
