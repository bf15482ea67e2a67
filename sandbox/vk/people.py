"""What people do on their phones on VK: write, send files, edit, press, react, allow and deny; and the events of it.

Tests call these directly, the page through the control API. A wrong act is an ActError with a sentence.
"""

import asyncio
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload
from sandbox.vk.acts import Act, Acts
from sandbox.vk.contents import FILE_KINDS, thing
from sandbox.vk.methods.sending import geo_of
from sandbox.vk.records import Dialog, Message, Reaction
from sandbox.vk.shapes import file_reference, quoted, shown
from sandbox.vk.vk import Press, Vk
from sandbox.wire import Json, decode

_ANSWER_WITHIN_S = 15
_LONGEST_TEXT = 4096
_FIRST_THING = 456_239_017
_REACTIONS = range(1, 17)


class Pressed(NamedTuple):
    """`answer` is what sendMessageEventAnswer said: {} for nothing, None when nobody answered in time."""

    act: Act
    answer: Json | None
    url: str | None = None


class People(Acts):
    """Each act names the person and the community by id."""

    def __init__(self, vk: Vk) -> None:
        super().__init__(vk)
        self._things = _FIRST_THING

    def text(
        self,
        person_id: int,
        community_id: int,
        text: str,
        *,
        reply_to: int | None = None,
        forward: Sequence[int] = (),
        payload: str | None = None,
        ref: str = "",
    ) -> Act:
        """Writes words; `ref` is of a link vk.me/<community>?ref=… that led here."""
        text = text.strip()
        if not text and not forward:
            raise ActError("There is no text to send.", "no-text")
        if len(text) > _LONGEST_TEXT:
            raise ActError("The text is longer than 4096 characters: the app would send it in parts.", "too-long")
        extra: Json = {"payload": payload} if payload is not None else {}
        if ref:
            extra |= {"ref": ref, "ref_source": "vk_me"}
        return self._write(person_id, community_id, {"text": text, **extra}, reply_to, forward)

    def files(
        self,
        person_id: int,
        community_id: int,
        kind: str,
        uploads: Sequence[Upload],
        *,
        caption: str = "",
        reply_to: int | None = None,
        duration: int = 1,
        is_cropped: bool = False,
    ) -> Act:
        """Sends photos, documents, a voice message or a graffiti as one message."""
        if kind not in FILE_KINDS:
            raise ActError(f"There is no kind of file called {kind}: use one of {', '.join(FILE_KINDS)}.")
        if not all(upload.content for upload in uploads):
            raise ActError("The file is empty.", "empty-file")
        self._talk(person_id, community_id)
        files = [self.vk.files.add(FILE_KINDS[kind], person_id, upload, duration=duration) for upload in uploads]
        content: Json = {"text": caption.strip(), "attachments": [file_reference(file.number) for file in files]}
        return self._write(person_id, community_id, content, reply_to, is_cropped=is_cropped)

    def thing(self, person_id: int, community_id: int, kind: str, caption: str = "") -> Act:
        """Sends something that has no bytes for a bot: video, audio, sticker, link, wall, market, gift."""
        self._things += 1
        content: Json = {"text": caption, "attachments": [thing(kind, person_id, self._things)]}
        return self._write(person_id, community_id, content)

    def location(self, person_id: int, community_id: int, latitude: float, longitude: float, title: str = "") -> Act:
        return self._write(person_id, community_id, {"geo": geo_of(latitude, longitude, title)})

    def edit(self, person_id: int, community_id: int, message_id: int, text: str) -> Act:
        """Changes the words of the person's own message."""
        dialog = self._talk(person_id, community_id)[2]
        message = self._known(dialog, message_id)
        if message.is_out:
            raise ActError("This message is the community's: only one's own can be edited.", "not-own")
        if text.strip() == message.body["text"]:
            raise ActError("The message says exactly that already.", "same-text")
        return self._edit(dialog, message, text.strip(), "edit")

    def delete(self, person_id: int, community_id: int, message_id: int) -> Act:
        """Deletes on the own phone; the community is never told."""
        dialog = self._open(person_id, community_id)[2]
        message = self._known(dialog, message_id)
        message.is_hidden = True
        self._world.touch(message, "deleted")
        return self._done("delete", message, None)

    def react(self, person_id: int, community_id: int, message_id: int, reaction_id: int | None) -> Act:
        """Sets the person's reaction (1 to 16), or takes it back with None."""
        dialog = self._open(person_id, community_id)[2]
        message = self._known(dialog, message_id)
        if reaction_id is not None and reaction_id not in _REACTIONS:
            raise ActError("VK has the reactions 1 to 16.")
        others = [one for one in message.reactions if one.by != person_id]
        message.reactions = [*others, *([Reaction(person_id, reaction_id)] if reaction_id is not None else [])]
        self._world.touch(message, "reaction")
        told: Json = {"reacted_id": person_id, "peer_id": person_id, "cmid": message.cmid}
        told |= {"reaction_id": reaction_id} if reaction_id is not None else {}
        return self._done("react", message, self.vk.feed.publish(dialog, "message_reaction_event", told))

    def read(self, person_id: int, community_id: int) -> None:
        """Looks at the dialog: what the community wrote is read."""
        dialog = self._open(person_id, community_id)[2]
        newest = next((one for one in self._world.history(dialog) if one.is_out), None)
        if newest is None or newest.id <= dialog.out_read:
            return
        dialog.out_read, dialog.unread = newest.id, 0
        self._world.keep_dialog(dialog)
        told: Json = {
            "from_id": person_id,
            "peer_id": person_id,
            "read_message_id": newest.id,
            "conversation_message_id": newest.cmid,
        }
        self.vk.feed.publish(dialog, "message_read", told)

    def type(self, person_id: int, community_id: int) -> Act:
        """Types for some seconds."""
        dialog = self._open(person_id, community_id)[2]
        told: Json = {"state": "typing", "from_id": person_id, "to_id": -community_id}
        return Act(None, self.vk.feed.publish(dialog, "message_typing_state", told))

    async def press(
        self, person_id: int, community_id: int, message_id: int, row: int, column: int, *, wait: bool = True
    ) -> Pressed:
        """Presses a button of a message, or with `message_id` 0 one of the keyboard under the input.

        Waits up to 15 s for a callback button's answer.
        """
        dialog = self._talk(person_id, community_id)[2]
        message = self._known(dialog, message_id) if message_id else None
        keyboard = (message.keyboard if message is not None else dialog.keyboard) or {}
        try:
            action: Json = keyboard["buttons"][row][column]["action"]
        except (KeyError, IndexError):
            raise ActError(f"There is no button in row {row}, column {column}.", "no-button") from None
        match action["type"]:
            case "text":
                act = self.text(person_id, community_id, action["label"], payload=action.get("payload", ""))
                if message is None and keyboard.get("one_time"):
                    self._world.set_keyboard(dialog, None, None)
                return Pressed(act, {})
            case "callback":
                return await self._call_back(dialog, message, action, wait=wait)
            case "open_link":
                return Pressed(Act(None, None), {}, action["link"])
            case kind:
                raise ActError(f"A phone of the sandbox cannot press a button of type {kind}.")

    async def _call_back(self, dialog: Dialog, message: Message | None, action: Json, *, wait: bool) -> Pressed:
        event_id = secrets.token_hex(6)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.vk.presses[event_id] = Press(dialog.community_id, dialog.peer_id, answer)
        told: Json = {
            "user_id": dialog.peer_id,
            "peer_id": dialog.peer_id,
            "event_id": event_id,
            "payload": _parsed(action.get("payload")),
        }
        told |= {"conversation_message_id": message.cmid} if message is not None else {}
        act = Act(message, self.vk.feed.publish(dialog, "message_event", told))
        if not wait:
            return Pressed(act, {})
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                data = await answer
        except TimeoutError:
            self.vk.presses.pop(event_id, None)
            return Pressed(act, None)
        if data.get("type") == "show_snackbar":
            self._world.tell("toast", dialog, text=str(data.get("text", "")), alert=False)
        return Pressed(act, data, data.get("link") if data.get("type") == "open_link" else None)

    def allow(self, person_id: int, community_id: int, key: str = "") -> Act:
        """Allows the community to write."""
        dialog = self._open(person_id, community_id)[2]
        if dialog.is_allowed:
            raise ActError("The community may write already.", "not-blocked")
        return self._set_allowed(dialog, "message_allow", {"user_id": person_id, "key": key}, is_allowed=True)

    def deny(self, person_id: int, community_id: int) -> Act:
        """Forbids the community to write."""
        dialog = self._open(person_id, community_id)[2]
        if dialog.is_denied:
            raise ActError("The community may not write already.", "blocked-already")
        return self._set_allowed(dialog, "message_deny", {"user_id": person_id}, is_allowed=False)

    def _set_allowed(self, dialog: Dialog, kind: str, told: Json, *, is_allowed: bool) -> Act:
        dialog.is_allowed, dialog.is_denied = is_allowed, not is_allowed
        self._world.keep_dialog(dialog)
        self._world.tell("blocked", dialog, blocked=dialog.is_denied)
        return Act(None, self.vk.feed.publish(dialog, kind, told))

    def join(self, person_id: int, community_id: int) -> Act:
        dialog = self._open(person_id, community_id)[2]
        return Act(None, self.vk.feed.publish(dialog, "group_join", {"user_id": person_id, "join_type": "join"}))

    def leave(self, person_id: int, community_id: int) -> Act:
        dialog = self._open(person_id, community_id)[2]
        return Act(None, self.vk.feed.publish(dialog, "group_leave", {"user_id": person_id, "self": 1}))

    def set_deactivated(self, person_id: int, *, is_deactivated: bool) -> None:
        """Deletes the person's page, or brings it back."""
        person = self._person(person_id)
        person.is_deactivated = is_deactivated
        self._world.keep_person(person)

    def set_private(self, person_id: int, *, is_private: bool) -> None:
        """Turns the privacy setting that lets nobody write."""
        person = self._person(person_id)
        person.is_private = is_private
        self._world.keep_person(person)

    def _write(
        self,
        person_id: int,
        community_id: int,
        content: Json,
        reply_to: int | None = None,
        forward: Sequence[int] = (),
        *,
        is_cropped: bool = False,
    ) -> Act:
        """Whoever writes to a community lets it write back."""
        _, _, dialog = self._talk(person_id, community_id)
        if reply_to is not None:
            content = {**content, "reply_message": quoted(self._known(dialog, reply_to))}
        if forward:
            content = {**content, "fwd_messages": [quoted(self._known(dialog, one)) for one in forward]}
        if dialog.is_denied:
            self._world.tell("blocked", dialog, blocked=False)
        dialog.is_allowed, dialog.is_denied = True, False
        message = self._world.add_message(dialog, person_id, content)
        told = shown(self._world, message, is_cropped=is_cropped)
        return self._done("message", message, self.vk.feed.publish(dialog, "message_new", told))


def _parsed(payload: str | None) -> object:
    """The event brings the payload as JSON, not as a string with JSON in it."""
    return decode(payload) if payload else {}
