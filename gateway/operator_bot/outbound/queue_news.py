"""The queue, told to those concerned: what came back, whom nobody serves, ends of shifts; and its lists.

Who is on duty is rung; supervisors and admins hear of what nobody on duty takes care of, on duty or not.
"""

from collections.abc import Callable, Sequence

from gateway.model import events as e
from gateway.model.commands import View
from gateway.model.ids import NOBODY, DialogId, LineId, OperatorId, card_at
from gateway.model.messages import Button, Message, Origin
from gateway.model.outgoing import SendEdit, SendMessage, Urgency
from gateway.model.state import Dialog, Operator, ReleaseReason, Unserved
from gateway.operator_bot.inbound.buttons import Action, button_data, desk_button
from gateway.operator_bot.outbound.batch_view import ON_CARD
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.outbound.lists import LIST_SIZE, Clock
from gateway.operator_bot.outbound.mirrored_messages import draw_header, draw_ring
from gateway.operator_bot.outbound.queue_lists import (
    LineQueue,
    Page,
    by_waiting,
    draw_mine,
    draw_theirs,
    draw_waiting,
    page_number,
)
from gateway.operator_bot.outbound.removals import remember_ring
from gateway.operator_bot.texts.formatted_text import FormattedText
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.queue_sentences import say_kept, say_released, say_review, say_unattended
from gateway.streams import queries

_BULK = frozenset((ReleaseReason.LEFT, ReleaseReason.DISMISSED, ReleaseReason.OFF_DUTY, ReleaseReason.OTHER_LINES))
"""Why many dialogs of one operator come back at once."""


# ── what came back ────────────────────────────────────────────────────────────────────────────────────


async def released(notifier: EntryNotifier, event: e.DialogReleased) -> None:
    """Everybody on duty has a card of it again, and is rung if the client waits; who had it hears where it went."""
    dialog = notifier.dialog
    if dialog is None:
        return
    await notifier.view.forget(dialog.id, ON_CARD)
    had = set(await notifier.view.shown(dialog.id))
    former, rung = notifier.reader(event.operator), {one.id for one in notifier.rung(dialog)}
    others = rung - set(dialog.declined)
    # Of very many that come back silently, those whose clients wait for nothing have no card: /waiting has them.
    fresh = others if dialog.waits or event.why not in _BULK else others & had
    for operator in sorted(had | fresh):
        await notifier.card(operator, dialog, silent=not event.rings)
    if event.rings:
        await _ring(notifier, dialog, (others & had) - {event.operator})
    notifier.confirm(event.origin)
    if former is not None and event.by != former.id:
        told = say_released(notifier.phrases(former.id), event, draw_header(dialog), notifier.name(event.by))
        notifier.say(former.id, f"released{dialog.id}:{dialog.version}", told, about=card_at(dialog.id, former.id))


async def taken_over(notifier: EntryNotifier, event: e.DialogClaimed) -> None:
    """Who had it until now hears who has it, in answer to their card."""
    dialog, former = notifier.dialog, notifier.reader(event.former)
    if dialog is None or former is None:
        return
    t, name = notifier.phrases(former.id), notifier.name(event.operator)
    told = t("🔁 {name} has taken this dialog over: {client}", name=name, client=draw_header(dialog))
    cause = f"taken{dialog.id}:{dialog.version}"
    notifier.say(former.id, cause, told, silent=False, about=card_at(dialog.id, former.id))


# ── whom nobody serves ────────────────────────────────────────────────────────────────────────────────


async def reviewed(notifier: EntryNotifier, event: e.DialogReviewed) -> None:
    """A client whom all have skipped rings again, for everybody; supervisors and admins hear of it once."""
    dialog = notifier.dialog
    if dialog is None or event.why is None:
        return
    rung = {one.id for one in notifier.rung(dialog)} if event.rings else set()
    had = set(await notifier.view.shown(dialog.id))
    for operator in sorted(rung):
        await notifier.card(operator, dialog)
    await _ring(notifier, dialog, rung & had)
    if not event.tells or event.why is Unserved.NOBODY:
        return
    for senior in notifier.seniors(dialog.line):
        t = notifier.phrases(senior.id)
        since = t.moment(dialog.waiting_since or dialog.opened_at, notifier.at, notifier.context.zone)
        told = FormattedText().write(say_review(t, event.why, draw_header(dialog), since))
        take = Button(t("Answer"), button_data(Action.CLAIM, dialog.id, version=dialog.version))
        notifier.say(senior.id, f"review{notifier.number}", told.message([[take]]), silent=False)


async def line_unattended(notifier: EntryNotifier, event: e.LineUnattended) -> None:
    """Clients wait and nobody is on duty: whoever was the last hears of it, and supervisors and admins."""
    line = notifier.view.lines.get(event.line)
    title = line.title if line is not None else event.line
    staffed = any(one.is_in and one.serves(event.line) for one in notifier.view.people.values())
    told = {one.id for one in notifier.seniors(event.line)}
    last = notifier.reader(event.operator)
    for operator in sorted(told | ({last.id} if last is not None else set())):
        t = notifier.phrases(operator)
        name = notifier.name(event.operator) if operator != event.operator else ""
        said = say_unattended(t, event, title, name, is_self=operator == event.operator, staffed=staffed)
        show = Button(t("Who waits"), desk_button(Action.WAITING, line=event.line))
        notifier.say(
            operator, f"unattended{notifier.number}", FormattedText().write(said).message([[show]]), silent=False
        )


async def _ring(notifier: EntryNotifier, dialog: Dialog, operators: set[OperatorId]) -> None:
    """A short message in answer to the card, which has changed without a sound."""
    if not dialog.backlog:
        return
    for operator in sorted(operators):
        message = draw_ring(notifier.phrases(operator), dialog, dialog.backlog[-1].message)
        card = card_at(dialog.id, operator)
        sent = notifier.notice(operator, f"ring{notifier.number}")
        notifier.put(operator, SendMessage(sent, message, reply_to_sent=card, names=(dialog.id,)), Urgency.CARD)
        await remember_ring(notifier, dialog, operator, sent)


# ── ends of shifts ────────────────────────────────────────────────────────────────────────────────────


def ask_off_duty(t: Phrases, told: str, dialogs: int) -> Message:
    """What becomes of one's dialogs at the end of a shift."""
    question = t("What is to become of them?")
    back = Button(t("Return to the queue ({n})", n=dialogs), desk_button(Action.HAND_BACK), style="primary")
    keep = Button(t("Keep them"), desk_button(Action.KEEP))
    return FormattedText().write(told).line(question).message([[back], [keep]])


async def handed_back(notifier: EntryNotifier, event: e.HandedBack) -> None:
    """The question gives way to what was answered."""
    person = notifier.reader(event.operator)
    if person is None:
        return
    lines = [one for one in notifier.view.lines.values() if person.serves(one.id)]
    minutes = min((one.off_duty_ms for one in lines), default=0) // 60_000
    told = say_kept(notifier.phrases(person.id), event, minutes)
    await in_place(notifier, person.id, event.origin, "duty", FormattedText().write(told).message())


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────


async def list_asked(notifier: EntryNotifier, event: e.ViewAsked, person: Operator) -> None:
    """A page of a list of dialogs; turning pages edits the list where it stands."""
    t, channels, clock = (
        notifier.phrases(person.id),
        notifier.context.channels,
        Clock(notifier.at, notifier.context.zone),
    )
    if event.view is View.WAITING:
        message, names = await _waiting(notifier, event, person, clock)
    elif event.view is View.DIALOGS:
        whose = notifier.view.people.get(event.person or OperatorId(""))
        if whose is None:
            return
        page = await _mine(notifier, whose, event.page, lambda one: person.serves(one.line))
        message, names = draw_theirs(t, whose, page, channels, clock), [one.id for one in page.dialogs]
    else:
        page = await _mine(notifier, person, event.page)
        message = draw_mine(t, page, person.current, channels, clock)
        names = [one.id for one in page.dialogs]
    kind = "people" if event.view is View.DIALOGS else str(event.view)
    await in_place(notifier, person.id, event.origin, kind, message, names=names)


async def _waiting(
    notifier: EntryNotifier, event: e.ViewAsked, person: Operator, clock: Clock
) -> tuple[Message, list[DialogId]]:
    """A page of who waits, and whose dialogs stand there."""
    queues = await line_queues(notifier, person)
    asked = [one.line for one in queues if event.line in (None, one.line)]
    total = sum(one.waiting for one in queues if one.line in asked)
    number = page_number(event.page, total)
    dialogs = await waiting(notifier, asked, number * LIST_SIZE)
    rung = {one.id: {other.id for other in notifier.rung(one)} for one in dialogs}
    skipped = frozenset(one.id for one in dialogs if rung[one.id] and rung[one.id] <= set(one.declined))
    page = Page(dialogs, number, total)
    t, channels = notifier.phrases(person.id), notifier.context.channels
    if event.line is not None and not asked:
        return FormattedText().write(t("There is no line “{line}” here. See /waiting", line=event.line)).message(), []
    message = draw_waiting(t, page, queues, channels, clock, line=event.line, skipped=skipped)
    return message, [one.id for one in dialogs]


async def line_queues(notifier: EntryNotifier, person: Operator) -> list[LineQueue]:
    """The queues of the person's lines, the longest first."""
    lines = [one for one in notifier.view.lines.values() if person.serves(one.id)]
    counts = await queries.waiting_counts(notifier.view.store, [one.id for one in lines])
    on_duty = [one for one in notifier.view.people.values() if one.is_rung]
    found = [
        LineQueue(one.id, one.title, counts[one.id], alone=not any(other.serves(one.id) for other in on_duty))
        for one in lines
    ]
    return sorted(found, key=lambda one: (-one.waiting, one.title.casefold()))


async def waiting(notifier: EntryNotifier, lines: Sequence[LineId], start: int, size: int = LIST_SIZE) -> list[Dialog]:
    """A page of the unclaimed dialogs of these lines, who waits longest first."""
    ids = await queries.waiting_on(notifier.view.store, lines, start, start + size)
    found = await queries.dialogs(notifier.view.store, ids)
    return [found[one] for one in ids if one in found and found[one].queued_since is not None]


async def _mine(
    notifier: EntryNotifier, whose: Operator, page: int, shows: Callable[[Dialog], bool] = lambda _: True
) -> Page:
    ids = await queries.mine(notifier.view.store, whose.id)
    found = await queries.dialogs(notifier.view.store, ids)
    ordered = by_waiting([one for one in found.values() if one.owner == whose.id and one.is_open and shows(one)])
    number = page_number(page, len(ordered))
    return Page(ordered[number * LIST_SIZE : (number + 1) * LIST_SIZE], number, len(ordered))


async def in_place(
    notifier: EntryNotifier,
    operator: OperatorId,
    origin: Origin | None,
    kind: str,
    message: Message,
    *,
    names: Sequence[DialogId] = (),
) -> None:
    """Puts a message in the place of the one whose button was pressed, if that is of this kind; else sends it.

    `names`: whose clients stand in it now, so that they can be answered through it.
    """
    was = await notifier.sent(origin.contact, origin.native) if origin is not None else None
    if was is not None and was.startswith(f"!{kind}"):
        notifier.put(operator, SendEdit(was, message, names=tuple(names) or NOBODY), newest=f"edit:{was}")
    else:
        notifier.say(operator, f"{kind}{notifier.number}", message, names=names)
