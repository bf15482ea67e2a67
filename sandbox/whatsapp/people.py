"""What people do on their phones on WhatsApp, and the webhooks of it.

Each act names the person and the business phone. `hours_ago` writes a message's time that far back: its window is as
good as over when it arrives. Tests call these directly, the page through the control API.
"""

from collections.abc import Sequence
from typing import Unpack

from sandbox.meta.acts import Act, Acts, When
from sandbox.meta.records import Account, Dialog, Message, Messenger, Person
from sandbox.meta.webhooks import Posted
from sandbox.meta.world import new_id
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload
from sandbox.whatsapp import shapes
from sandbox.whatsapp.statuses import RANKS, publish
from sandbox.wire import Json

_LONGEST_TEXT = 4096
FILE_KINDS = {"image": "image", "video": "video", "audio": "audio", "voice": "audio", "document": "document",
              "sticker": "sticker"}  # fmt: skip
_UNKNOWN = {
    "code": 131051,
    "title": "Message type unknown",
    "message": "Message type unknown",
    "error_data": {"details": "Message type is currently not supported."},
}
_AD: Json = {
    "source_url": "https://fb.me/3cr4Wqqkv",
    "source_id": "120226305854810726",
    "source_type": "ad",
    "headline": "Букеты к празднику",
    "body": "Закажите сегодня",
    "media_type": "image",
    "image_url": "https://scontent.xx.fbcdn.net/bouquet.jpg",
    "ctwa_clid": "ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0HR4irJ6LEkR7JwLF4XvnO2E4Nx0-eM-GABDLOPaOdRMv-_zfUQ2a",
}


class People(Acts):
    messenger: Messenger = "whatsapp"

    def text(
        self,
        person_id: int,
        account_id: str,
        text: str,
        *,
        referral: bool = False,
        forwarded: bool = False,
        **more: Unpack[When],
    ) -> Act:
        """Writes words; `referral`: after a click on an ad."""
        text = text.strip()
        if not text:
            raise ActError("There is no text to send.", "no-text")
        if len(text) > _LONGEST_TEXT:
            raise ActError("The text is longer than 4096 characters.", "too-long")
        extra: Json = {"referral": _AD} if referral else {}
        if forwarded:
            extra["context"] = {"forwarded": True}
        return self._write(person_id, account_id, "text", {"body": text}, text=text, extra=extra, **more)

    def file(
        self, person_id: int, account_id: str, kind: str, upload: Upload, *, caption: str = "", **more: Unpack[When]
    ) -> Act:
        """Sends a picture, a video, a sound, a voice message, a document or a sticker."""
        if kind not in FILE_KINDS:
            raise ActError(f"There is no kind of file called {kind}: use one of {', '.join(FILE_KINDS)}.")
        if not upload.content:
            raise ActError("The file is empty.", "empty-file")
        self._talk(person_id, account_id)
        lives_ms, caption = self.meta.settings.whatsapp_inbound_media_ms, caption.strip()
        file = self.meta.media.add(account_id, upload, lives_ms=lives_ms, is_voice=kind == "voice")
        content: Json = {"file": file.id, **({"caption": caption} if caption else {})}
        return self._write(person_id, account_id, FILE_KINDS[kind], content, text=caption, files=[file.id], **more)

    def location(self, person_id: int, account_id: str, place: tuple[float, float], title: str = "") -> Act:
        content: Json = {"latitude": place[0], "longitude": place[1], **({"name": title} if title else {})}
        return self._write(person_id, account_id, "location", content)

    def contact(self, person_id: int, account_id: str, name: str, phone: str) -> Act:
        """Sends somebody's number; the webhook's list stands in place of an object."""
        first, _, last = name.partition(" ")
        named = {"first_name": first, "formatted_name": name, **({"last_name": last} if last else {})}
        digits = phone.lstrip("+")
        card = {"name": named, "phones": [{"phone": phone, "wa_id": digits, "type": "CELL"}]}
        return self._write(person_id, account_id, "contacts", {}, text=name, extra={"contacts": [card]})

    def order(self, person_id: int, account_id: str, text: str = "") -> Act:
        """Orders two things from the catalogue."""
        items = [
            {"product_retailer_id": "ROSE-15", "quantity": 2, "item_price": 3500, "currency": "RUB"},
            {"product_retailer_id": "CARD", "quantity": 1, "item_price": 150, "currency": "RUB"},
        ]
        content = {"catalog_id": "354160437058781", "text": text, "product_items": items}
        return self._write(person_id, account_id, "order", content, text=text)

    def unsupported(self, person_id: int, account_id: str, what: str = "poll") -> Act:
        """Sends something that the API does not pass on, such as a poll."""
        extra = {"errors": [_UNKNOWN], "unsupported": {"type": what}}
        return self._write(person_id, account_id, "unsupported", {}, extra=extra)

    def flow(self, person_id: int, account_id: str, answers: str = '{"rating":"5"}') -> Act:
        """Sends a form that was filled in: its answers are JSON in a string."""
        content = {"type": "nfm_reply", "nfm_reply": {"response_json": answers, "body": "Sent", "name": "flow"}}
        return self._write(person_id, account_id, "interactive", content, text="Sent")

    def press(self, person_id: int, account_id: str, message_id: str, index: int) -> Act:
        """Presses a button, or chooses a row of a list."""
        dialog = self._talk(person_id, account_id)[2]
        message = self._known(dialog, message_id)
        if not 0 <= index < len(message.buttons) or "url" in message.buttons[index]:
            raise ActError(f"There is no button {index} to press.", "no-button")
        button = dict(message.buttons[index])
        kind, text = button.pop("kind"), str(button["title"])
        if kind == "button":
            content = {"payload": button["id"], "text": text}
            return self._write(person_id, account_id, "button", content, text=text, reply_to=message.id)
        content = {"type": kind, kind: button}
        return self._write(person_id, account_id, "interactive", content, text=text, reply_to=message.id)

    def react(self, person_id: int, account_id: str, message_id: str, emoji: str | None) -> Act:
        """Puts a reaction, or takes it back: a message of its own, which stands nowhere."""
        person, account, dialog = self._talk(person_id, account_id)
        target = self._known(dialog, message_id)
        target.reaction_in = emoji or ""
        self._world.touch(target, "reaction")
        content = {"message_id": target.id, **({"emoji": emoji} if emoji else {})}
        return self._passing(person, account, dialog, "reaction", content)

    def edit(self, person_id: int, account_id: str, message_id: str, text: str) -> Act:
        """Changes the own words; that opens no window."""
        person, account, dialog = self._talk(person_id, account_id)
        message = self._own(dialog, message_id)
        if not text.strip() or text.strip() == message.text:
            raise ActError("The message says exactly that already.", "same-text")
        message.text, message.edits = text.strip(), message.edits + 1
        body = "body" if message.kind == "text" else "caption"
        message.content = {**message.content, body: message.text}
        self._world.touch(message)
        shown = {"type": message.kind, message.kind: shapes.expanded(self.meta.media, message)}
        content = {"original_message_id": message.id, "message": shown}
        return self._passing(person, account, dialog, "edit", content, opens=False)

    def revoke(self, person_id: int, account_id: str, message_id: str) -> Act:
        """Takes the own message back for everybody; that opens no window."""
        person, account, dialog = self._talk(person_id, account_id)
        message = self._own(dialog, message_id)
        message.is_gone = True
        self._world.touch(message, "deleted")
        return self._passing(person, account, dialog, "revoke", {"original_message_id": message.id}, opens=False)

    def change_number(self, person_id: int, account_id: str, phone: str) -> Act:
        """Moves to another number, with the same business-scoped id."""
        person, account, dialog = self._talk(person_id, account_id)
        before, person.phone = person.phone, phone
        self._world.keep_person(person)
        said = f"User {person.name} changed from {before} to {phone}"
        message: Json = {
            "from": before,
            "id": self._fresh(account, person),
            "timestamp": str(self.meta.clock.now_s()),
            "type": "system",
            "system": {"body": said, "wa_id": phone, "type": "user_changed_number"},
        }
        return self._told(self.meta.publish(dialog, "changes", shapes.change(account, messages=[message])))

    def hide_phone(self, person_id: int, *, is_hidden: bool) -> Act:
        """Shows a username in place of the number from now on."""
        person = self._person(person_id)
        person.is_phone_hidden = is_hidden
        self._world.keep_person(person)
        return Act(None, None)

    def read(self, person_id: int, account_id: str) -> None:
        """Looks at the dialog: what the business wrote is read, which it hears of unless receipts are off."""
        person, _, dialog = self._open(person_id, account_id)
        unread = [one for one in self._world.history(dialog) if one.is_out and one.seq > dialog.read_seq]
        if not unread:
            return
        dialog.read_seq, dialog.unread = unread[0].seq, 0
        self._world.keep_dialog(dialog)
        if not person.is_reading_hidden:
            for message in reversed(unread):
                if message.status in RANKS and message.status != "failed":
                    publish(self.meta, person, message, "read")

    def _write(
        self,
        person_id: int,
        account_id: str,
        kind: str,
        content: Json,
        *,
        text: str = "",
        files: Sequence[str] = (),
        extra: Json | None = None,
        **when: Unpack[When],
    ) -> Act:
        person, account, dialog = self._talk(person_id, account_id)
        at, reply_to, extra = self._when(when.get("hours_ago", 0)), when.get("reply_to", ""), dict(extra or {})
        if reply_to:
            extra["of"] = "business" if self._known(dialog, reply_to).is_out else "person"
        self._wrote(dialog, at)
        message = self._world.add_message(
            dialog, is_out=False, kind=kind, at=at, text=text, content=content, files=list(files), extra=extra,
            reply_to=reply_to,
        )  # fmt: skip
        return self._done("message", message, self._tell(person, account, dialog, message))

    def _tell(self, person: Person, account: Account, dialog: Dialog, message: Message) -> Posted | None:
        shown = shapes.message(self._world, account, person, message)
        value = shapes.change(account, contacts=[shapes.contact(person)], messages=[shown])
        return self.meta.publish(dialog, "changes", value)

    def _passing(
        self, person: Person, account: Account, dialog: Dialog, kind: str, content: Json, *, opens: bool = True
    ) -> Act:
        """A message that changes another and stands nowhere itself."""
        if opens:
            self._wrote(dialog, self.meta.clock.now_ms())
        message = Message(
            id=self._fresh(account, person), account_id=account.id, person_id=person.id, seq=account.next_seq - 1,
            at=self.meta.clock.now_ms(), is_out=False, kind=kind, content=content,
        )  # fmt: skip
        return self._done(kind, message, self._tell(person, account, dialog, message))

    def _fresh(self, account: Account, person: Person) -> str:
        account.next_seq += 1
        self._world.keep_account(account)
        return new_id("whatsapp", account.id, person.id, account.next_seq - 1)
