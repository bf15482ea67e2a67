"""VK's part of the control API: acts, dialogs, files for the page; the routes are registered by sandbox.control.

Whoever reaches it plays every person; who may is the other module's business.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from itertools import islice

import msgspec
from aiohttp import web

from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload, sample_file
from sandbox.vk.acts import Act
from sandbox.vk.contents import FILE_KINDS, THINGS
from sandbox.vk.people import People, Pressed
from sandbox.vk.records import Message
from sandbox.vk.staff import Staff
from sandbox.vk.views import show_community, show_dialog, show_message
from sandbox.vk.vk import Vk
from sandbox.wire import Json, encode

_PAGE = 50
_SAMPLES = {"photo": "photo", "document": "document", "voice": "voice", "graffiti": "photo"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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


class VkControl:
    """`state`, acts and the pictures of a page's messages."""

    def __init__(self, vk: Vk, people: People, staff: Staff) -> None:
        self._vk = vk
        self._people = people
        self._staff = staff

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/sandbox/api/vk/dialogs/{community_id}/{user_id}", self.dialog),
            ("GET", "/sandbox/vk/files/{number}", self.file),
        ]

    def state(self) -> Json:
        world = self._vk.world
        return {
            "communities": [show_community(one) for one in world.communities.values()],
            "dialogs": [show_dialog(one) for one in world.dialogs.values()],
        }

    async def act(self, given: Json, files: list[Upload]) -> Json:
        """Does what a person does; raises ActError."""
        try:
            act = msgspec.convert(given, ActRequest)
        except msgspec.ValidationError as error:
            raise ActError(f"This is no act on VK: {error}.") from error
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

    async def dialog(self, request: web.Request) -> web.Response:
        """A page of one dialog, oldest first; who looks at the newest has read them."""
        community_id, user_id = int(request.match_info["community_id"]), int(request.match_info["user_id"])
        dialog = self._vk.world.dialogs.get((community_id, user_id))
        if dialog is None:
            return _json({"messages": [], "more": False})
        before = int(request.query["before"]) if "before" in request.query else None
        limit = int(request.query.get("limit", _PAGE))
        newest_first: list[Message] = list(islice(self._vk.world.history(dialog, before), limit + 1))
        if before is None:
            self._people.read(user_id, community_id)
        messages = [show_message(self._vk.world, one) for one in newest_first[:limit]]
        return _json({"messages": messages[::-1], "more": len(newest_first) > limit})

    async def file(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        file = self._vk.files.get(int(number)) if number.isdigit() else None
        content = self._vk.files.content(file) if file is not None else None
        if file is None or content is None:
            return web.Response(status=404, text=f"There is no file {number}.")
        # A stranger's file must never run as a page of this address.
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=content, content_type=file.mime, headers=headers)


def _given_file(act: ActRequest) -> Upload:
    """The file inside the JSON, or a sample of its kind when there is none."""
    sample = sample_file(_SAMPLES[act.do])
    if act.bytes_base64 is None:
        return sample
    try:
        content = base64.b64decode(act.bytes_base64, validate=True)
    except binascii.Error:
        raise ActError("bytes_base64 is no base64.") from None
    return Upload(act.file_name or sample.name, act.mime or sample.mime, content)


def _json(body: object) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")
