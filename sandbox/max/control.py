"""MAX's part of the control API: acts, dialogs, files for the page."""

import msgspec
from aiohttp import web

from sandbox.max.acts import Act
from sandbox.max.contents import FILE_KINDS
from sandbox.max.max import Max
from sandbox.max.people import People
from sandbox.max.presses import Presses
from sandbox.max.records import Message
from sandbox.max.staff import Staff
from sandbox.max.views import show_bot, show_dialog, show_message
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.control import Route, before, file_reply, history_reply, no_file, no_history, read_act
from sandbox.toolkit.stand_in import ControlPart, Shown
from sandbox.toolkit.uploads import Upload, from_base64
from sandbox.wire import Json


class ActRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field that some act takes; `do` says which."""

    do: str
    bot_id: int = 0
    user_id: int = 0
    text: str = ""
    caption: str = ""
    payload: str | None = None
    markup: list[Json] = []
    reply_to: int | None = None
    message_id: int = 0
    latitude: float = 0.0
    longitude: float = 0.0
    name: str = ""
    phone: str = ""
    url: str = ""
    hours: float = 1
    row: int = 0
    column: int = 0
    duration: float = 3
    bytes_base64: str | None = None
    file_name: str | None = None
    mime: str | None = None
    update: Json | None = None


class MaxControl(ControlPart):
    """Plays MAX's people, and what happens past the API."""

    def __init__(self, server: Max, people: People, presses: Presses, staff: Staff) -> None:
        self._max = server
        self._people = people
        self._presses = presses
        self._staff = staff

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/sandbox/api/max/dialogs/{bot_id}/{user_id}", self.dialog),
            Route("GET", "/sandbox/max/files/{number}", self.file),
        ]

    def state(self) -> Json:
        world = self._max.world
        shown = {
            "bots": [show_bot(one) for one in world.bots.values()],
            "dialogs": [show_dialog(one) for one in world.dialogs.values()],
        }
        return {"max": shown}

    async def act(self, messenger: str, given: Json, files: list[Upload]) -> Json:
        act = read_act(given, ActRequest, messenger)
        if act.do == "press":
            pressed = self._presses.press(act.user_id, act.bot_id, act.message_id, act.row, act.column)
            return {**self._told(pressed.act), "url": pressed.url, "callback_id": pressed.callback_id}
        return self._told(self._perform(act, files))

    def _told(self, done: Act) -> Json:
        told: Json = {"ok": True, "event_id": done.event_id}
        return told if done.message is None else {**told, "message": show_message(self._max.world, done.message)}

    def _perform(self, act: ActRequest, files: list[Upload]) -> Act:
        people, ids = self._people, (act.user_id, act.bot_id)
        if act.do in FILE_KINDS:
            uploads = files or _given_files(act)
            if not uploads:
                return people.sample(*ids, act.do)
            duration = max(1, round(act.duration))
            return people.files(*ids, act.do, uploads, caption=act.caption, reply_to=act.reply_to, duration=duration)
        match act.do:
            case "start":
                return people.start(*ids, act.payload)
            case "stop":
                return people.stop(*ids)
            case "text":
                return people.text(*ids, act.text, reply_to=act.reply_to, markup=act.markup)
            case "location":
                return people.location(*ids, act.latitude, act.longitude)
            case "contact":
                return people.contact(*ids, act.name, act.phone)
            case "share":
                return people.share(*ids, act.url)
            case "forward":
                return people.forward(*ids, act.message_id or None, act.text)
            case "edit":
                return people.edit(*ids, act.message_id, act.text)
            case "delete":
                return people.delete(*ids, act.message_id)
            case "mute" | "unmute":
                return people.mute(*ids, act.hours if act.do == "mute" else 0)
            case "clear":
                return people.clear(*ids)
            case "update":
                return self._staff.inject(act.bot_id, act.update or {})
            case _:
                return self._change(act)

    def _change(self, act: ActRequest) -> Act:
        """What becomes of no message."""
        match act.do:
            case "read":
                self._people.read(act.user_id, act.bot_id)
            case "unsubscribe":
                self._staff.unsubscribe(act.bot_id)
            case "revoke_token":
                self._staff.revoke_token(act.bot_id)
            case _:
                raise ActError(f"There is no act called {act.do} on MAX.")
        return Act(None, None)

    def show(self, message: Message) -> Shown:
        return Shown(show_message(self._max.world, message), message.number)

    async def dialog(self, request: web.Request) -> web.Response:
        """A page of one dialog; who looks at the newest has read them."""
        bot_id, user_id = int(request.match_info["bot_id"]), int(request.match_info["user_id"])
        world = self._max.world
        dialog = world.dialog_of(bot_id, user_id)
        if dialog is None or dialog.bot_id != bot_id:
            return no_history()
        if before(request) is None:
            self._people.read(user_id, bot_id)
        return history_reply(
            request, lambda below: world.history(dialog, below), lambda message: show_message(world, message)
        )

    async def file(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        file = self._max.files.get(int(number)) if number.isdecimal() else None
        return file_reply(self._max.files.content(file), file.mime) if file is not None else no_file()


def _given_files(act: ActRequest) -> list[Upload]:
    """The file inside the JSON, if there is one."""
    if act.bytes_base64 is None:
        return []
    return [from_base64(act.bytes_base64, act.file_name or act.do, act.mime or "application/octet-stream")]
