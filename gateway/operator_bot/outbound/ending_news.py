"""What ended a dialog, and that it was undone, told to whoever did it: whom it was, with a button for a minute."""

from gateway.model import events as e
from gateway.model.messages import Button
from gateway.model.outgoing import SendEdit
from gateway.model.state import CloseReason, Dialog
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.outbound.pinned import who
from gateway.operator_bot.texts.formatted_text import FormattedText

_ENDED = "ended"


async def ended(notifier: EntryNotifier, dialog: Dialog, event: e.DialogClosed) -> None:
    """Names the client to whoever finished or blocked them; a timer's doing is told elsewhere."""
    person = notifier.reader(event.operator)
    if person is None:
        return
    t = notifier.phrases(person.id)
    client = who(t, dialog, notifier.context.channels)
    is_block = event.reason is CloseReason.BLOCKED
    told = t("🚫 Blocked: {client}", client=client) if is_block else t("✅ Finished: {client}", client=client)
    undo = Button(t("Undo"), button_data(Action.UNDO, dialog.id, version=dialog.version))
    message = FormattedText().write(told).message([[undo]])
    notifier.say(person.id, f"{_ENDED}{dialog.id}.{dialog.version}", message, names=[dialog.id])


async def blocked(notifier: EntryNotifier, dialog: Dialog, event: e.ContactBlocked) -> None:
    """The same where there was no open dialog: what is to be undone is the block alone."""
    person = notifier.reader(event.operator)
    if person is None or await _closed_by_it(notifier, event):
        return
    t = notifier.phrases(person.id)
    unblock = Button(t("Unblock"), button_data(Action.UNBLOCK, dialog.id))
    told = t("🚫 Blocked: {client}", client=who(t, dialog, notifier.context.channels))
    notifier.say(
        person.id, f"blocked{notifier.number}", FormattedText().write(told).message([[unblock]]), names=[dialog.id]
    )


async def _closed_by_it(notifier: EntryNotifier, event: e.ContactBlocked) -> bool:
    """Whether the block has closed a dialog, which says whom it was."""
    contact = await notifier.view.contact(event.account, event.contact)
    last = await notifier.view.dialog(contact.last_dialog) if contact is not None and contact.last_dialog else None
    return last is not None and last.reason is CloseReason.BLOCKED and last.closed_at == notifier.at


async def restored(notifier: EntryNotifier, event: e.DialogRestored) -> None:
    """The sentence that offered to undo it says that it was undone; all cards are as they were."""
    dialog = notifier.dialog
    if dialog is None:
        return
    shown = await notifier.view.shown(dialog.id)
    concerned = shown - {*dialog.declined} if dialog.owner is None else {dialog.owner, event.operator}
    await notifier.redraw(concerned, dialog)
    t = notifier.phrases(event.operator)
    told = t("↩️ Open again: {client}", client=who(t, dialog, notifier.context.channels))
    origin = event.origin
    offered = await notifier.sent(origin.contact, origin.native) if origin is not None else None
    if offered is not None and offered.startswith(f"!{_ENDED}"):
        notifier.put(event.operator, SendEdit(offered, FormattedText().write(told).message()), newest=f"edit:{offered}")
    else:
        notifier.say(event.operator, f"restored{notifier.number}", told)
    owner = notifier.reader(dialog.owner)
    if owner is not None and owner.id != event.operator:
        t = notifier.phrases(owner.id)
        again = t("↩️ Open again: {client}", client=who(t, dialog, notifier.context.channels))
        notifier.say(owner.id, f"restored{notifier.number}", f"{again} ({notifier.name(event.operator)})", silent=False)
