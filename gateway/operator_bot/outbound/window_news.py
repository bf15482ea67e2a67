"""How the reply window moves and ends, told on cards, and by a reminder to whoever answers."""

from gateway.model import events as e
from gateway.model.ids import OperatorId, card_at
from gateway.model.state import Dialog
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.texts.windows import say_ending

_SHOWN_MS = 60_000
"""How exactly a card says it: an edit that shows nothing new would hold up the words."""


async def window_moved(notifier: EntryNotifier, event: e.WindowMoved) -> None:
    """The card says it; a client of nobody's has it drawn anew by the words that opened the window."""
    dialog = notifier.dialog
    if dialog is None or dialog.owner is None or event.was // _SHOWN_MS == event.window.until // _SHOWN_MS:
        return
    await notifier.redraw([dialog.owner], dialog)


async def window_ending(notifier: EntryNotifier, event: e.WindowEnding) -> None:
    """Rings whoever answers; of a client whom nobody has taken those hear who are rung about new ones."""
    dialog = notifier.dialog
    if dialog is None:
        return
    rung = [one.id for one in notifier.rung(dialog) if one.id not in dialog.declined]
    for operator in [dialog.owner] if dialog.owner is not None else rung:
        if notifier.reader(operator) is not None:
            t = notifier.phrases(operator)
            until = t.moment(event.until, notifier.at, notifier.context.zone)
            told = say_ending(t, notifier.client(dialog), until, templates=notifier.has_templates(dialog))
            place = card_at(dialog.id, operator)
            notifier.say(operator, f"ending{dialog.id}.{event.due}", told, silent=False, about=place)


async def window_ended(notifier: EntryNotifier, event: e.WindowEnded) -> None:
    dialog = notifier.dialog
    if dialog is not None and dialog.is_open and event.dialog == dialog.id:
        await notifier.redraw(await _concerned(notifier, dialog), dialog)


async def _concerned(notifier: EntryNotifier, dialog: Dialog) -> set[OperatorId]:
    """Whose card says until when the client may be answered."""
    if dialog.owner is not None:
        return {dialog.owner}
    return await notifier.view.shown(dialog.id) - {*dialog.declined}
