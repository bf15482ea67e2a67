"""VK's part of the control API: acts, dialogs, files for the page."""

import msgspec
from aiohttp import web

from sandbox.toolkit.acts import ActError
from sandbox.toolkit.control import Route, before, file_reply, history_reply, no_file, no_history, read_act
from sandbox.toolkit.stand_in import ControlPart, Shown
from sandbox.toolkit.uploads import Upload, from_base64, sample_file
from sandbox.vk.acts import Act
from sandbox.vk.contents import FILE_KINDS, THINGS
from sandbox.vk.people import People, Pressed
from sandbox.vk.records import Message
from sandbox.vk.staff import Staff
from sandbox.vk.views import show_community, show_dialog, show_message
from sandbox.vk.vk import Vk
from sandbox.wire import Json

_SAMPLES = {"photo": "photo", "document": "document", "voice": "voice", "graffiti": "photo"}


class ActRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field that some act takes; `do` says which."""

    do: str
    community_id: int
    user_id: int = 0
    text: str = ""
    caption: str = ""
    reply_to: int | None = None
    forward: list[int] = []
    payload: str | None = None
    ref: str = ""
    message_id: int = 0
    reaction_id: int | None = None
    row: int = 0
    column: int = 0
    wait: bool = True
    latitude: float = 0.0
    longitude: float = 0.0
    title: str = ""
    duration: float = 1
    cropped: bool = False
    bytes_base64: str | None = None
    file_name: str | None = None
    mime: str | None = None
    keyboard: str = ""
    event: Json | None = None


class VkControl(ControlPart):
    """Plays VK's people, and the communities' staff past the API."""

    def __init__(self, vk: Vk, people: People, staff: Staff) -> None:
        self._vk = vk
        self._people = people
        self._staff = staff

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/sandbox/api/vk/dialogs/{community_id}/{user_id}", self.dialog),
            Route("GET", "/sandbox/vk/files/{number}", self.file),
        ]

    def state(self) -> Json:
        world = self._vk.world
        shown = {
            "communities": [show_community(one) for one in world.communities.values()],
            "dialogs": [show_dialog(one) for one in world.dialogs.values()],
        }
        return {"vk": shown}

    async def act(self, messenger: str, given: Json, files: list[Upload]) -> Json:
        act = read_act(given, ActRequest, messenger)
        done = await self._perform(act, files)
        answered: Json = {"ok": True}
        if isinstance(done, Pressed):
            answered |= {"answer": done.answer, "url": done.url}
            done = done.act
        answered["event_id"] = done.event_id
        if done.message is not None:
            answered["message"] = show_message(self._vk.world, done.message)
        return answered

    async def _perform(self, act: ActRequest, files: list[Upload]) -> Act | Pressed:
        people, ids = self._people, (act.user_id, act.community_id)
        if act.do in FILE_KINDS:
            return people.files(
                *ids, act.do, files or [_given_file(act)], caption=act.caption, reply_to=act.reply_to,
                duration=max(1, round(act.duration)), is_cropped=act.cropped,
            )  # fmt: skip
        if act.do in THINGS:
            return people.thing(*ids, act.do, act.caption)
        match act.do:
            case "text":
                return people.text(
                    *ids, act.text, reply_to=act.reply_to, forward=act.forward, payload=act.payload, ref=act.ref
                )
            case "location":
                return people.location(*ids, act.latitude, act.longitude, act.title)
            case "edit":
                return people.edit(*ids, act.message_id, act.text)
            case "delete":
                return people.delete(*ids, act.message_id)
            case "react":
                return people.react(*ids, act.message_id, act.reaction_id)
            case "press":
                return await people.press(*ids, act.message_id, act.row, act.column, wait=act.wait)
            case "staff_answer":
                return self._staff.answer(*ids, act.text, reply_to=act.reply_to, keyboard=act.keyboard)
            case "staff_edit":
                return self._staff.edit(*ids, act.message_id, act.text)
            case "event":
                return self._staff.inject(act.community_id, act.event or {})
            case "read":
                people.read(*ids)
                return Act(None, None)
            case "deactivate" | "reactivate":
                people.set_deactivated(act.user_id, is_deactivated=act.do == "deactivate")
                return Act(None, None)
            case "close_profile" | "open_profile":
                people.set_private(act.user_id, is_private=act.do == "close_profile")
                return Act(None, None)
            case _:
                return self._simple(act)

    def _simple(self, act: ActRequest) -> Act:
        people = self._people
        plain = {
            "type": people.type,
            "allow": people.allow,
            "deny": people.deny,
            "join": people.join,
            "leave": people.leave,
            "ban": self._staff.ban,
            "unban": self._staff.unban,
        }
        if act.do not in plain:
            raise ActError(f"There is no act called {act.do} on VK.")
        return plain[act.do](act.user_id, act.community_id)

    def show(self, message: Message) -> Shown:
        return Shown(show_message(self._vk.world, message), message.id)

    async def dialog(self, request: web.Request) -> web.Response:
        """A page of one dialog; who looks at the newest has read them."""
        community_id, user_id = int(request.match_info["community_id"]), int(request.match_info["user_id"])
        world = self._vk.world
        dialog = world.dialogs.get((community_id, user_id))
        if dialog is None:
            return no_history()
        if before(request) is None:
            self._people.read(user_id, community_id)
        return history_reply(
            request, lambda below: world.history(dialog, below), lambda message: show_message(world, message)
        )

    async def file(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        file = self._vk.files.get(int(number)) if number.isdecimal() else None
        return file_reply(self._vk.files.content(file), file.mime) if file is not None else no_file()


def _given_file(act: ActRequest) -> Upload:
    """The file inside the JSON, or a sample of its kind when there is none."""
    sample = sample_file(_SAMPLES[act.do])
    if act.bytes_base64 is None:
        return sample
    return from_base64(act.bytes_base64, act.file_name or sample.name, act.mime or sample.mime)
