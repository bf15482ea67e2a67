"""What people do on their phones on Instagram, and the webhooks of it.

Each act names the person and the account. `hours_ago` writes a message's time that far back: its window is as good as
over when it arrives. Tests call these directly, the page through the control API.
"""

from collections.abc import Sequence
from typing import Unpack

from sandbox.instagram import shapes
from sandbox.meta.acts import Act, Acts, When
from sandbox.meta.records import Account, Dialog, Messenger, Person
from sandbox.meta.webhooks import Posted
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload, sample_file
from sandbox.wire import Json

_LONGEST_TEXT = 1000
FILE_KINDS = ("image", "video", "audio", "file")
THINGS = frozenset(
    {"story_mention", "story_reply", "share", "ig_reel", "ig_post", "like_heart", "ephemeral", "unsupported"}
)
_FACES = {"❤": "love", "😂": "haha", "😮": "wow", "😢": "sad", "😠": "angry", "👍": "like", "👎": "dislike"}
_APP, _INBOX = 263902037430900, 1217981644879628


class People(Acts):
    messenger: Messenger = "instagram"

    def text(self, person_id: int, account_id: str, text: str, *, referral: str = "", **more: Unpack[When]) -> Act:
        """Writes words; `referral` is the ref of an ad that led here."""
        text = text.strip()
        if not text:
            raise ActError("There is no text to send.", "no-text")
        if len(text) > _LONGEST_TEXT:
            raise ActError("The text is longer than 1000 characters.", "too-long")
        ad = {"ad_title": "Букеты к празднику", "photo_url": "https://scontent.cdninstagram.com/bouquet.jpg"}
        extra: Json = {}
        if referral:
            told = {"ref": referral, "source": "ADS", "type": "OPEN_THREAD", "ad_id": "6358", "ads_context_data": ad}
            extra = {"referral": told}
        return self._write(person_id, account_id, "text", text=text, extra=extra, **more)

    def files(self, person_id: int, account_id: str, uploads: Sequence[Upload], **more: Unpack[When]) -> Act:
        """Sends files as one message without words."""
        if not uploads or not all(upload.content for upload in uploads):
            raise ActError("The file is empty.", "empty-file")
        self._talk(person_id, account_id)
        files = [self._kept(account_id, upload) for upload in uploads]
        known = self.meta.media.known(files[0])
        assert known is not None
        return self._write(person_id, account_id, shapes.kind_of(known.mime), files=files, **more)

    def thing(
        self,
        person_id: int,
        account_id: str,
        kind: str,
        text: str = "",
        *,
        upload: Upload | None = None,
        **more: Unpack[When],
    ) -> Act:
        """Sends something of Instagram's own: a mention in a story, an answer to one, a reel, a like.

        `upload` is its picture or film; a plain picture if none is given.
        """
        if kind not in THINGS:
            raise ActError(f"There is nothing called {kind} on Instagram: use one of {', '.join(sorted(THINGS))}.")
        self._talk(person_id, account_id)
        match kind:
            case "like_heart" | "ephemeral":
                content: Json = {"attachments": [{"type": kind, "payload": {}}]}
                return self._write(person_id, account_id, kind, content=content, **more)
            case "unsupported":
                return self._write(person_id, account_id, kind, extra={"is_unsupported": True}, **more)
            case _:
                file = self._kept(account_id, upload or sample_file("photo"))
        if kind == "story_reply":
            story = self.meta.media.known(file)
            assert story is not None
            url = self.meta.media.link(story, self.meta.settings.instagram_media_url_ms)
            told = {"reply_to": {"story": {"url": url, "id": "17890000000000001"}}}
            return self._write(person_id, account_id, "text", text=text or "Какая красота!", extra=told, **more)
        own: dict[str, Json] = {
            "ig_reel": {"reel_video_id": "18087782618022081", "title": "Собираем букет"},
            "ig_post": {"ig_post_media_id": "18000000000000001", "title": "Пионы"},
        }
        return self._write(person_id, account_id, kind, files=[file], content={"payload": own.get(kind, {})}, **more)

    def press(self, person_id: int, account_id: str, message_id: str, index: int) -> Act:
        """Presses a quick reply, which says its words, or a button, which is a postback."""
        person, account, dialog = self._talk(person_id, account_id)
        message = self._known(dialog, message_id)
        if not 0 <= index < len(message.buttons) or "url" in message.buttons[index]:
            raise ActError(f"There is no button {index} to press.", "no-button")
        button = message.buttons[index]
        if button["kind"] == "quick_reply":
            message.buttons = []
            self._world.touch(message)
            extra = {"quick_reply": {"payload": button["payload"]}}
            return self._write(person_id, account_id, "text", text=str(button["title"]), extra=extra)
        return self._postback(person, account, dialog, str(button["title"]), str(button["payload"]))

    def ice_breaker(self, person_id: int, account_id: str, title: str, payload: str = "ICE_BREAKER") -> Act:
        """Begins with one of the questions that the account offers."""
        return self._postback(*self._talk(person_id, account_id), title, payload)

    def open_link(self, person_id: int, account_id: str, ref: str) -> Act:
        """Comes by a link ig.me/m/<account>?ref=… without a word."""
        person, account, dialog = self._talk(person_id, account_id)
        told = {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}
        return self._told(self._event(person, account, dialog, "messaging_referral", referral=told))

    def react(self, person_id: int, account_id: str, message_id: str, emoji: str | None) -> Act:
        """Puts a reaction, or takes it back."""
        person, account, dialog = self._talk(person_id, account_id)
        target = self._known(dialog, message_id)
        target.reaction_in = emoji or ""
        self._world.touch(target, "reaction")
        told: Json = {"mid": target.id, "action": "react" if emoji else "unreact"}
        if emoji:
            told |= {"reaction": _FACES.get(emoji, "other"), "emoji": emoji}
            self._wrote(dialog, self.meta.clock.now_ms())
        return self._done("react", target, self._event(person, account, dialog, "message_reactions", reaction=told))

    def edit(self, person_id: int, account_id: str, message_id: str, text: str) -> Act:
        """Changes the own words; the webhook does not bring the new ones, and it opens no window."""
        person, account, dialog = self._talk(person_id, account_id)
        message = self._own(dialog, message_id)
        if not text.strip() or text.strip() == message.text:
            raise ActError("The message says exactly that already.", "same-text")
        message.text, message.edits = text.strip(), message.edits + 1
        self._world.touch(message)
        told = {"mid": message.id, "num_edit": message.edits}
        return self._done("edit", message, self._event(person, account, dialog, "message_edit", message_edit=told))

    def unsend(self, person_id: int, account_id: str, message_id: str) -> Act:
        """Takes the own message back; that looks like a message and opens no window."""
        person, account, dialog = self._talk(person_id, account_id)
        message = self._own(dialog, message_id)
        message.is_gone = True
        self._world.touch(message, "deleted")
        told = {"mid": message.id, "is_deleted": True}
        return self._done("unsend", message, self._event(person, account, dialog, "messages", message=told))

    def read(self, person_id: int, account_id: str) -> None:
        """Looks at the dialog; the webhook names the message and neither of the two."""
        dialog = self._open(person_id, account_id)[2]
        newest = next((one for one in self._world.history(dialog) if one.is_out), None)
        if newest is None or newest.seq <= dialog.read_seq:
            return
        for one in self._world.history(dialog):
            if one.is_out and one.status == "sent":
                one.status = "read"
                self._world.touch(one)
        dialog.read_seq, dialog.unread = newest.seq, 0
        self._world.keep_dialog(dialog)
        told = {"timestamp": self.meta.clock.now_ms(), "read": {"mid": newest.id}}
        self.meta.publish(dialog, "messaging", told, field="messaging_seen")

    def hand_over(self, person_id: int, account_id: str, *, to_other: bool) -> Act:
        """Another app takes the thread, or gives it back; in between its events come as standby."""
        person, account, dialog = self._open(person_id, account_id)
        dialog.is_elsewhere = False
        other = {"previous_owner_app_id": _APP, "new_owner_app_id": _INBOX, "metadata": ""}
        back = {"previous_owner_app_id": _INBOX, "new_owner_app_id": _APP, "metadata": ""}
        event = {"take_thread_control": other} if to_other else {"pass_thread_control": back}
        posted = self._event(person, account, dialog, "messaging_handover", **event)
        dialog.is_elsewhere = to_other
        self._world.keep_dialog(dialog)
        return self._told(posted)

    def close_profile(self, person_id: int, *, is_closed: bool) -> Act:
        """Makes looking the profile up fail, or work again."""
        person = self._person(person_id)
        person.is_profile_closed = is_closed
        self._world.keep_person(person)
        return Act(None, None)

    def _kept(self, account_id: str, upload: Upload) -> str:
        return self.meta.media.add(account_id, upload, lives_ms=self.meta.settings.whatsapp_inbound_media_ms).id

    def _postback(self, person: Person, account: Account, dialog: Dialog, title: str, payload: str) -> Act:
        """A press stands in the dialog as words of the person."""
        self._wrote(dialog, self.meta.clock.now_ms())
        message = self._world.add_message(dialog, is_out=False, kind="postback", text=title)
        told = {"mid": message.id, "title": title, "payload": payload}
        if dialog.is_elsewhere:
            del told["payload"]
        return self._done("press", message, self._event(person, account, dialog, "messaging_postbacks", postback=told))

    def _write(
        self,
        person_id: int,
        account_id: str,
        kind: str,
        *,
        text: str = "",
        files: Sequence[str] = (),
        content: Json | None = None,
        extra: Json | None = None,
        **when: Unpack[When],
    ) -> Act:
        person, account, dialog = self._talk(person_id, account_id)
        at, reply_to = self._when(when.get("hours_ago", 0)), when.get("reply_to", "")
        if reply_to:
            self._known(dialog, reply_to)
        self._wrote(dialog, at)
        message = self._world.add_message(
            dialog, is_out=False, kind=kind, at=at, text=text, files=list(files), content=content or {},
            extra=extra or {}, reply_to=reply_to,
        )  # fmt: skip
        told = shapes.message(self.meta, account, person, message)
        return self._done("message", message, self._publish(dialog, told, "messages"))

    def _event(self, person: Person, account: Account, dialog: Dialog, field: str, **more: Json) -> Posted | None:
        return self._publish(dialog, {**shapes.event(account, person, self.meta.clock.now_ms()), **more}, field)

    def _publish(self, dialog: Dialog, told: Json, field: str) -> Posted | None:
        if dialog.is_elsewhere:
            return self.meta.publish(dialog, "standby", told, field="standby")
        return self.meta.publish(dialog, "messaging", told, field=field)
