"""What ended a dialog, and that it was undone, told to whoever did it: whom it was, with a button for a minute."""

from gateway.model import events as e
from gateway.model.messages import Button
from gateway.model.outgoing import SendEdit
from gateway.model.state import CloseReason, Dialog
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.outbound.entry_notifier import Telling
from gateway.operator_bot.outbound.pinned import who
from gateway.operator_bot.texts.formatted_text import Drawing

_ENDED = "ended"


async def ended(telling: Telling, dialog: Dialog, event: e.DialogClosed) -> None:
    """Names the client to whoever finished or blocked them; a timer's doing is told elsewhere."""
    person = telling.reader(event.operator)
    if person is None:
        return
    t = telling.phrases(person.id)
    client = who(t, dialog, telling.bureau.channels)
    is_block = event.reason is CloseReason.BLOCKED
    told = t("🚫 Blocked: {client}", client=client) if is_block else t("✅ Finished: {client}", client=client)
    undo = Button(t("Undo"), button_data(Action.UNDO, dialog.id, version=dialog.version))
    message = Drawing().write(told).message([[undo]])
    telling.say(person.id, f"{_ENDED}{dialog.id}.{dialog.version}", message, names=[dialog.id])


async def blocked(telling: Telling, dialog: Dialog, event: e.ContactBlocked) -> None:
    """The same where there was no open dialog: what is to be undone is the block alone."""
    person = telling.reader(event.operator)
    if person is None or await _closed_by_it(telling, event):
        return
    t = telling.phrases(person.id)
    unblock = Button(t("Unblock"), button_data(Action.UNBLOCK, dialog.id))
    told = t("🚫 Blocked: {client}", client=who(t, dialog, telling.bureau.channels))
    telling.say(person.id, f"blocked{telling.number}", Drawing().write(told).message([[unblock]]), names=[dialog.id])


async def _closed_by_it(telling: Telling, event: e.ContactBlocked) -> bool:
    """Whether the block has closed a dialog, which says whom it was."""
    contact = await telling.scene.contact(event.account, event.contact)
    last = await telling.scene.dialog(contact.last_dialog) if contact is not None and contact.last_dialog else None
    return last is not None and last.reason is CloseReason.BLOCKED and last.closed_at == telling.at


async def restored(telling: Telling, event: e.DialogRestored) -> None:
    """The sentence that offered to undo it says that it was undone; all cards are as they were."""
    dialog = telling.dialog
    if dialog is None:
        return
    shown = await telling.scene.shown(dialog.id)
    concerned = shown - {*dialog.declined} if dialog.owner is None else {dialog.owner, event.operator}
    await telling.redraw(concerned, dialog)
    t = telling.phrases(event.operator)
    told = t("↩️ Open again: {client}", client=who(t, dialog, telling.bureau.channels))
    origin = event.origin
    offered = await telling.sent(origin.contact, origin.native) if origin is not None else None
    if offered is not None and offered.startswith(f"!{_ENDED}"):
        telling.put(event.operator, SendEdit(offered, Drawing().write(told).message()), newest=f"edit:{offered}")
    else:
        telling.say(event.operator, f"restored{telling.number}", told)
    owner = telling.reader(dialog.owner)
    if owner is not None and owner.id != event.operator:
        t = telling.phrases(owner.id)
        again = t("↩️ Open again: {client}", client=who(t, dialog, telling.bureau.channels))
        telling.say(owner.id, f"restored{telling.number}", f"{again} ({telling.name(event.operator)})", silent=False)
