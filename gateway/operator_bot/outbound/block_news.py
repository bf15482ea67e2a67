"""Blocking as operators see it: what is done seldom stands behind "⋯", and what a blocked client wrote can be read.

Whoever is blocked is stopped at the intake: their words open no dialog and ring nobody. They are counted, the newest
are kept, and who unblocks the client is told.
"""

from collections.abc import Sequence

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Entry, View
from gateway.model.messages import Button, Message
from gateway.model.outgoing import SendEdit
from gateway.model.state import Dialog
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.outbound import ending_news
from gateway.operator_bot.outbound.cards import Menu
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.outbound.lists import HISTORY_LIMIT, PAGE_SIZE, Clock
from gateway.operator_bot.texts.content_labels import draw_summary
from gateway.operator_bot.texts.formatted_text import BOLD, ITALIC, FormattedText
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.sentences import say_refusal
from gateway.streams import queries

_STOPPED = "stopped"


async def contact_blocked(notifier: EntryNotifier, event: e.ContactBlocked | e.ContactUnblocked) -> None:
    """A closed dialog's card offers the opposite; an open one is closed by the event that follows."""
    dialog = notifier.dialog
    if dialog is None:
        return
    if not dialog.is_open:
        await notifier.redraw({event.operator, dialog.owner or event.operator}, dialog)
        if isinstance(event, e.ContactBlocked):
            await ending_news.blocked(notifier, dialog, event)
    if isinstance(event, e.ContactUnblocked) and notifier.reader(event.operator) is not None:
        await _tell_stopped(notifier, event, dialog)


async def _tell_stopped(notifier: EntryNotifier, event: e.ContactUnblocked, dialog: Dialog) -> None:
    """Whoever unblocks hears how much there is to read; nothing where nothing was written."""
    count = await queries.count_stopped(notifier.view.store, event.account, event.contact)
    if not count:
        return
    t = notifier.phrases(event.operator)
    told = t.plural(
        "{client}: written {n} time while blocked",
        "{client}: written {n} times while blocked",
        count,
        client=notifier.client(dialog),
    )
    read = Button(t("Read"), button_data(Action.STOPPED, dialog.id, page=0))
    notifier.say(event.operator, f"unblocked{notifier.number}", FormattedText().write(told).message([[read]]))


async def card_turned(notifier: EntryNotifier, event: e.ViewAsked) -> None:
    """The card shows what is done seldom, a question, or its own buttons again."""
    dialog = await notifier.view.dialog(event.dialog) if event.dialog is not None else None
    if dialog is None:
        told = say_refusal(notifier.phrases(event.operator), e.Refusal.UNKNOWN_DIALOG)
        notifier.say(event.operator, f"{event.view}{notifier.number}", told)
        return
    menu: Menu | None = None
    if event.view is View.MORE or event.view is View.BLOCK:
        menu = event.view
    await notifier.card(event.operator, dialog, menu=menu)


async def stopped_asked(notifier: EntryNotifier, event: e.ViewAsked) -> None:
    """A page as a new message; turning pages edits that message."""
    dialog = await notifier.view.dialog(event.dialog) if event.dialog is not None else None
    t = notifier.phrases(event.operator)
    if dialog is None:
        notifier.say(event.operator, f"{_STOPPED}{notifier.number}", say_refusal(t, e.Refusal.UNKNOWN_DIALOG))
        return
    found = await queries.stopped(notifier.view.store, dialog.account, dialog.contact)
    count = await queries.count_stopped(notifier.view.store, dialog.account, dialog.contact)
    clock = Clock(notifier.at, notifier.context.zone)
    message = draw_stopped(t, dialog, notifier.client(dialog), found, count=count, page=event.page, clock=clock)
    origin = event.origin
    turned = await notifier.sent(origin.contact, origin.native) if origin is not None else None
    if turned is not None and turned.startswith(f"!{_STOPPED}"):
        notifier.put(event.operator, SendEdit(turned, message), newest=f"edit:{turned}")
    else:
        notifier.say(event.operator, f"{_STOPPED}{notifier.number}", message, names=[dialog.id])


def draw_stopped(
    t: Phrases, dialog: Dialog, client: str, found: Sequence[Entry], *, count: int, page: int, clock: Clock
) -> Message:
    """What a client wrote while they were blocked: page 0 is the newest, the oldest line of a page comes first."""
    pages = max(1, -(-len(found) // PAGE_SIZE))
    shown = min(page, pages - 1)
    formatted = FormattedText().write(t("Written while blocked: {client}", client=client), BOLD)
    if pages > 1:
        formatted.write(" · ").write(t("page {n} of {all}", n=shown + 1, all=pages))
    if not found:
        formatted.line(t("Nothing here yet."), ITALIC)
    elif count > len(found):
        told = t.plural("Only the {n} newest message is kept.", "Only the {n} newest messages are kept.", len(found))
        formatted.line(told, ITALIC)
    for one in reversed(found[shown * PAGE_SIZE : (shown + 1) * PAGE_SIZE]):
        _line(t, formatted, one, clock)
    older = Button(t("◀ Older"), button_data(Action.STOPPED, dialog.id, page=shown + 1))
    newer = Button(t("Newer ▶"), button_data(Action.STOPPED, dialog.id, page=max(shown - 1, 0)))
    return formatted.message([[*([older] if shown + 1 < pages else []), *([newer] if shown else [])]])


def _line(t: Phrases, formatted: FormattedText, one: Entry, clock: Clock) -> None:
    command = one.command
    if isinstance(command, c.Receive | c.ReceiveEdit):
        when = f"{t.moment(command.message.at, clock.now, clock.zone)} " if command.message.at else ""
        formatted.line(f"👤 {when}").put(draw_summary(t, command.message, HISTORY_LIMIT))
        if isinstance(command, c.ReceiveEdit):
            formatted.write(" ").write(t("✏️ changed"), ITALIC)
    elif isinstance(command, c.ReceiveReaction):
        formatted.line("👤 ").write(" ".join(command.emojis) or "…")
