"""What the business does past the API: writes in the WhatsApp Business app; and raw webhooks of any kind."""

from sandbox.meta.acts import Act, Acts
from sandbox.meta.records import Messenger
from sandbox.toolkit.acts import ActError
from sandbox.whatsapp import shapes
from sandbox.wire import Json


class Staff(Acts):
    """Each act names the person and the business phone."""

    messenger: Messenger = "whatsapp"

    def answer(self, person_id: int, account_id: str, text: str) -> Act:
        """Writes in the WhatsApp Business app, of which the API brings an echo."""
        person, account, dialog = self._open(person_id, account_id)
        if not text.strip():
            raise ActError("There is no text to send.", "no-text")
        message = self._world.add_message(
            dialog, is_out=True, kind="text", text=text.strip(), content={"body": text.strip()}, status="delivered",
            is_staff=True,
        )  # fmt: skip
        shown = shapes.echo(self._world, account, person, message)
        value = shapes.change(
            account, field="smb_message_echoes", contacts=[shapes.contact(person)], message_echoes=[shown]
        )
        return self._done("staff_answer", message, self.meta.publish(dialog, "changes", value))

    def inject(self, account_id: str, event: Json) -> Act:
        """Gives out a raw change of any field; what it lacks of the envelope is filled in. Raises ActError."""
        account = self._account(account_id)
        if not isinstance(event.get("field"), str) or not isinstance(event.get("value"), dict):
            raise ActError("A raw event of WhatsApp needs field and value.")
        change = shapes.change(account, field=event["field"], **event["value"])
        return self._told(self.meta.publish_of(account, "changes", change))
