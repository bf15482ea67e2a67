"""What people do on their phones on MAX: start and stop a bot, write, send files, edit, delete, press, mute, clear.

Tests call these directly, the page through the control API. A wrong act is an ActError with a sentence.
"""

from collections.abc import Sequence

from sandbox.max.acts import Act, Acts
from sandbox.max.bodies import link_to
from sandbox.max.contents import ALBUMS, FILE_KINDS, contact, location, share, strangers_words
from sandbox.max.records import Dialog, Link
from sandbox.max.shapes import user
from sandbox.max.world import Content
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload, sample_file
from sandbox.wire import Json

_LONGEST_TEXT = 4000
_LONGEST_PAYLOAD = 128
_MOST_FILES = 12
_HOUR_MS = 3600 * 1000


class People(Acts):
    """Each act names the person and the bot by id."""

    def start(self, user_id: int, bot_id: int, payload: str | None = None) -> Act:
        """Presses Start, also again after a stop; `payload` is of the link max.ru/<bot>?start=… that led here."""
        if payload is not None and len(payload) > _LONGEST_PAYLOAD:
            raise ActError(f"A start payload has at most {_LONGEST_PAYLOAD} characters.")
        _, dialog = self._open(user_id, bot_id)
        dialog.is_started, dialog.is_stopped = True, False
        self._world.keep_dialog(dialog)
        self._world.tell("blocked", dialog, blocked=False)
        self._world.tell("state", dialog)
        more = {} if payload is None else {"payload": payload}
        return self._done("start", dialog, None, self.server.tell_of_dialog(dialog, "bot_started", **more))

    def stop(self, user_id: int, bot_id: int) -> Act:
        """Stops the bot: it may not write any more. Two updates tell of it together."""
        dialog = self._talk(user_id, bot_id)
        dialog.is_stopped = True
        self._world.keep_dialog(dialog)
        self._world.tell("blocked", dialog, blocked=True)
        event_id = self.server.tell_of_dialog(dialog, "bot_stopped")
        self.server.tell_of_dialog(dialog, "dialog_removed")
        return self._done("stop", dialog, None, event_id)

    def text(
        self, user_id: int, bot_id: int, text: str, *, reply_to: int | None = None, markup: Sequence[Json] = ()
    ) -> Act:
        """Writes words; `markup` are what stands out in them, as MAX has it."""
        text = text.strip()
        if not text:
            raise ActError("There is no text to send.", "no-text")
        if len(text) > _LONGEST_TEXT:
            raise ActError("The text is longer than 4000 characters.", "max-too-long")
        return self._write(user_id, bot_id, Content(text, markup=list(markup)), reply_to)

    def files(
        self,
        user_id: int,
        bot_id: int,
        kind: str,
        uploads: Sequence[Upload],
        *,
        caption: str = "",
        reply_to: int | None = None,
        duration: int = 3,
    ) -> Act:
        """Sends photos and films together as one message, or one of anything else.

        A voice message is recorded in the app: the bot is told that there is one, and nothing more.
        """
        if kind not in FILE_KINDS:
            raise ActError(f"There is no kind of file called {kind}: use one of {', '.join(FILE_KINDS)}.")
        if len(uploads) > (_MOST_FILES if kind in ALBUMS else 1):
            raise ActError("So many of these do not stand in one message.", "max-too-many")
        if not all(upload.content for upload in uploads):
            raise ActError("The file is empty.", "empty-file")
        self._talk(user_id, bot_id)
        attachments: list[Json] = []
        for upload in uploads:
            is_film = kind == "video" or (kind in ALBUMS and upload.mime.startswith("video/"))
            of_kind = "video" if is_film else FILE_KINDS[kind]
            file = self.server.files.add(of_kind, upload, duration=duration if of_kind != "file" else 0)
            code = {"code": f"{file.number:x}"} if kind == "sticker" else {}
            attachments.append({"type": "sticker" if kind == "sticker" else of_kind, "file": file.number, **code})
        content = Content(caption.strip(), attachments=attachments, is_voice=kind == "voice")
        return self._write(user_id, bot_id, content, reply_to)

    def sample(self, user_id: int, bot_id: int, kind: str) -> Act:
        """Sends some file of a kind."""
        return self.files(user_id, bot_id, kind, [sample_file(kind)])

    def location(self, user_id: int, bot_id: int, latitude: float, longitude: float) -> Act:
        return self._write(user_id, bot_id, Content(attachments=[location(latitude, longitude)]))

    def contact(self, user_id: int, bot_id: int, name: str = "", phone: str = "") -> Act:
        """Shares a contact; without a phone the person's own."""
        person, dialog = self._open(user_id, bot_id)
        own = None if phone else person
        known = user(person) if own is not None else None
        card = contact(self._world.bots[dialog.bot_id], name, phone, own, known)
        return self._write(user_id, bot_id, Content(attachments=[card]))

    def share(self, user_id: int, bot_id: int, url: str = "") -> Act:
        """Shares a link with its preview."""
        return self._write(user_id, bot_id, Content(attachments=[share(url)]))

    def forward(self, user_id: int, bot_id: int, number: int | None = None, text: str = "") -> Act:
        """Passes on a message of this dialog, or one of somebody else's."""
        dialog = self._talk(user_id, bot_id)
        if number is not None:
            link = link_to(self.server, dialog, self._known(dialog, number), is_forward=True)
        else:
            stranger = {"user_id": 398_398_398, "first_name": "Фёдор", "last_name": "Крылов", "is_bot": False}
            link = strangers_words("Пионы есть в «Ромашке»", {**stranger, "name": "Фёдор Крылов"})
        return self._write(user_id, bot_id, Content(text.strip(), link=link))

    def edit(self, user_id: int, bot_id: int, number: int, text: str) -> Act:
        """Changes the words of the person's own message."""
        dialog = self._talk(user_id, bot_id)
        message = self._known(dialog, number)
        if message.sender_id != user_id:
            raise ActError("This message is the bot's: only one's own can be edited.", "not-own")
        if message.text == text.strip():
            raise ActError("The message says exactly that already.", "same-text")
        message.text, message.markup, message.is_edited = text.strip(), [], True
        self._world.touch(dialog, message, "edited")
        event_id = None if message.is_voice else self.server.tell_edited(dialog, message)
        return self._done("edit", dialog, message, event_id)

    def delete(self, user_id: int, bot_id: int, number: int) -> Act:
        """Deletes the own message for both; the bot's goes from the own phone only, and nobody is told."""
        _, dialog = self._open(user_id, bot_id)
        message = self._known(dialog, number)
        is_own = message.sender_id == user_id
        message.is_gone, message.is_hidden = is_own, True
        self._world.touch(dialog, message, "deleted")
        if not is_own or message.is_voice:
            return self._done("hide", dialog, message, None)
        told: Json = {"message_id": message.mid, "chat_id": dialog.chat_id, "user_id": user_id}
        return self._done("delete", dialog, message, self.server.feed.publish(dialog, "message_removed", told))

    def mute(self, user_id: int, bot_id: int, hours: float = 1) -> Act:
        """Silences the bot for some hours, or with 0 lets it ring again."""
        _, dialog = self._open(user_id, bot_id)
        now = self.server.clock.now_ms()
        dialog.muted_until = now + round(hours * _HOUR_MS) if hours else 0
        self._world.keep_dialog(dialog)
        self._world.tell("state", dialog)
        if not hours:
            return self._done("unmute", dialog, None, self.server.tell_of_dialog(dialog, "dialog_unmuted"))
        event_id = self.server.tell_of_dialog(dialog, "dialog_muted", muted_until=dialog.muted_until)
        return self._done("mute", dialog, None, event_id)

    def clear(self, user_id: int, bot_id: int) -> Act:
        """Empties the dialog on the own phone; the bot keeps what it has."""
        _, dialog = self._open(user_id, bot_id)
        for message in [one for one in self._world.history(dialog) if not one.is_hidden]:
            message.is_hidden = True
            self._world.touch(dialog, message, "deleted")
        return self._done("clear", dialog, None, self.server.tell_of_dialog(dialog, "dialog_cleared"))

    def read(self, user_id: int, bot_id: int) -> None:
        """Looks at the dialog. Bots are never told."""
        _, dialog = self._open(user_id, bot_id)
        dialog.unread = 0
        self._world.keep_dialog(dialog)

    def _write(self, user_id: int, bot_id: int, content: Content, reply_to: int | None = None) -> Act:
        dialog = self._talk(user_id, bot_id)
        link = self._quote(dialog, reply_to) or content.link
        message, event_id = self.server.write(dialog, content._replace(link=link))
        return self._done("voice" if message.is_voice else "message", dialog, message, event_id)

    def _quote(self, dialog: Dialog, number: int | None) -> Link | None:
        if number is None:
            return None
        return link_to(self.server, dialog, self._known(dialog, number), is_forward=False)
