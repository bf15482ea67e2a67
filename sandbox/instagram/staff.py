"""What the business does in Instagram itself, past the API: writes, takes back; and raw webhooks of any kind."""

from sandbox.instagram import shapes
from sandbox.meta.acts import Act, Acts
from sandbox.meta.records import Messenger
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_PLACES = ("messaging", "standby", "changes")


class Staff(Acts):
    """Each act names the person and the account."""

    messenger: Messenger = "instagram"

    def answer(self, person_id: int, account_id: str, text: str, *, upload: Upload | None = None) -> Act:
        """Writes in the app, of which the API brings an echo; in the app there is no window."""
        person, account, dialog = self._open(person_id, account_id)
        if not text.strip() and upload is None:
            raise ActError("There is no text to send.", "no-text")
        lives_ms = self.meta.settings.whatsapp_inbound_media_ms
        file = self.meta.media.add(account_id, upload, lives_ms=lives_ms) if upload is not None else None
        message = self._world.add_message(
            dialog, is_out=True, kind=shapes.kind_of(file.mime) if file is not None else "text",
            text="" if file is not None else text.strip(), files=[file.id] if file is not None else [],
            status="sent", is_staff=True,
        )  # fmt: skip
        echo = shapes.message(self.meta, account, person, message)
        return self._done("staff_answer", message, self.meta.publish(dialog, "messaging", echo, field="messages"))

    def unsend(self, person_id: int, account_id: str, message_id: str) -> Act:
        """Takes a message of the business's own back."""
        person, account, dialog = self._open(person_id, account_id)
        message = self._known(dialog, message_id)
        if not message.is_out:
            raise ActError("This message is the person's own.", "not-own")
        message.is_gone = True
        self._world.touch(message, "deleted")
        told = {"mid": message.id, "is_deleted": True, "is_echo": True}
        event = shapes.event(account, person, self.meta.clock.now_ms(), is_ours=True, message=told)
        return self._done("staff_unsend", message, self.meta.publish(dialog, "messaging", event, field="messages"))

    def inject(self, account_id: str, event: Json) -> Act:
        """Gives out a raw event: an element of messaging, or with `place` of standby or changes. Raises ActError."""
        account = self._account(account_id)
        told = dict(event)
        place = told.pop("place", "messaging")
        if place not in _PLACES or not told:
            raise ActError(f"A raw event of Instagram has a place of {', '.join(_PLACES)}, and something in it.")
        return self._told(self.meta.publish_of(account, place, told))
