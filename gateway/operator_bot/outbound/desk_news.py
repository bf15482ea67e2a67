"""What concerns operators and admins beside a dialog's own events: shifts, lists, refusals, presses, alarms.

A press is always answered, even where nothing else is to say, or its button would spin.
"""

from collections.abc import Sequence

from gateway.errors import StoreUnavailable
from gateway.model import events as e
from gateway.model.commands import View
from gateway.model.events import Refusal
from gateway.model.ids import NOBODY, DialogId, OperatorId, notice_at
from gateway.model.messages import Button, Message, ReplyTo
from gateway.model.outgoing import SendEdit, Urgency
from gateway.model.state import Dialog, Operator
from gateway.operator_bot.inbound.buttons import Action, button_data, desk_button
from gateway.operator_bot.inbound.misunderstandings import DELETE_WHAT, UNSENT
from gateway.operator_bot.outbound.block_news import card_turned, stopped_asked
from gateway.operator_bot.outbound.degradation import draw_loss
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.outbound.lists import (
    LIST_SIZE,
    PAGE_SIZE,
    Clock,
    draw_forgotten,
    draw_history,
    draw_target,
    shown_choices,
)
from gateway.operator_bot.outbound.people_news import invite_asked, people_asked, say_changed
from gateway.operator_bot.outbound.queue_news import ask_off_duty, line_queues, list_asked, waiting
from gateway.operator_bot.texts.alerts import say_alert
from gateway.operator_bot.texts.content_labels import name_person
from gateway.operator_bot.texts.formatted_text import FormattedText
from gateway.operator_bot.texts.sentences import (
    say_duty,
    say_gone,
    say_greeting,
    say_help,
    say_newcomer,
    say_parked,
    say_refusal,
    say_resumed,
    say_toast,
)
from gateway.operator_bot.texts.windows import say_over

JUST_MS = 10_000
_HISTORY = "history"
_WORDS = frozenset(("reply", "editreply", "addnote", "saytemplate"))
_OUTRUN = frozenset((Refusal.TAKEN, Refusal.STALE, Refusal.CLOSED, Refusal.ALREADY_YOURS))


# ── people ────────────────────────────────────────────────────────────────────────────────────────────


async def entered(notifier: EntryNotifier, event: e.OperatorEntered) -> None:
    """A greeting. Whoever comes back gets the cards of the waiting anew: their chat may have been cleared."""
    person = notifier.reader(event.operator)
    if person is None:
        return
    t = notifier.phrases(person.id)
    told = say_changed(notifier, event) if event.changed else say_greeting(t, event)
    notifier.say(person.id, f"hello{notifier.number}", told)
    if event.new:
        notifier.tell_admins("newcomer", lambda t: say_newcomer(t, event), but=person.id)
    elif person.on_duty:
        for dialog in await _waiting(notifier, person):
            await notifier.card(person.id, dialog, anew=True, silent=True)


async def gone(notifier: EntryNotifier, event: e.OperatorGone) -> None:
    person = notifier.view.people.get(event.operator)
    if event.gone and person is not None and person.dialogs:
        count = len(person.dialogs)
        notifier.tell_admins("gone", lambda t: say_gone(t, person.name, count), but=person.id)


async def duty_changed(notifier: EntryNotifier, event: e.DutyChanged) -> None:
    """Confirmed in words; coming on duty brings the cards of those who wait and were not shown yet."""
    person = notifier.reader(event.operator)
    if person is None:
        return
    t, mine = notifier.phrases(person.id), len(person.dialogs)
    waits = sum(one.waiting for one in await line_queues(notifier, person))
    told: str | Message = (said := say_duty(t, on=event.on, waiting=waits, mine=mine))
    if not event.on and mine:
        told = ask_off_duty(t, said, mine)
    elif event.on and waits > LIST_SIZE:
        told = FormattedText().write(said).message([[Button(t("Who waits"), desk_button(Action.WAITING))]])
    notifier.say(person.id, f"duty{notifier.number}", told)
    if event.on:
        unseen = [one for one in await _waiting(notifier, person) if person.id not in await notifier.view.shown(one.id)]
        for dialog in unseen:
            await notifier.card(person.id, dialog, silent=True)


async def focus_changed(notifier: EntryNotifier, event: e.FocusChanged) -> None:
    """Said where the operator switched between dialogs; a claim and an answered question say it by themselves."""
    dialog = notifier.dialog
    if event.plain or (dialog is not None and dialog.claimed_at == notifier.at):
        return
    t = notifier.phrases(event.operator)
    client = notifier.client(dialog) if dialog is not None else f"{event.client} · №{event.dialog}"
    told = t("✍️ Writing to: {client}", client=client)
    notifier.say(event.operator, f"focus{notifier.number}", told, names=[event.dialog])


# ── questions and lists ───────────────────────────────────────────────────────────────────────────────


async def target_asked(notifier: EntryNotifier, event: e.TargetAsked) -> None:
    """One question for all pictures of an album; corrected words, and another page, stand in the question there is."""
    if event.beside is None:
        names = [number for number, _ in shown_choices(event)]
        _ask(notifier, event, draw_target(notifier.phrases(event.operator), event), names)


async def loss_asked(notifier: EntryNotifier, event: e.LossAsked) -> None:
    """One question for all pictures of an album."""
    if event.beside is None:
        channel = notifier.channel(notifier.dialog) if notifier.dialog is not None else ""
        _ask(notifier, event, draw_loss(notifier.phrases(event.operator), event, channel), [event.dialog])


def _ask(
    notifier: EntryNotifier, event: e.TargetAsked | e.LossAsked, message: Message, names: Sequence[DialogId]
) -> None:
    if event.again:
        sent = notice_at(f"ask{event.ask}", event.operator)
        notifier.put(
            event.operator, SendEdit(sent, message, names=tuple(names) or NOBODY), Urgency.CARD, newest=f"edit:{sent}"
        )
    else:
        notifier.say(event.operator, f"ask{event.ask}", message, silent=False, names=names)


async def target_chosen(notifier: EntryNotifier, event: e.TargetChosen) -> None:
    """An answered question goes; words whose question was given up are told to whoever wrote them."""
    if event.beside is None:
        notifier.delete(event.operator, notice_at(f"ask{event.ask}", event.operator))
    if event.forgotten is not None and notifier.reader(event.operator) is not None:
        told = draw_forgotten(notifier.phrases(event.operator), event.forgotten, event.origin)
        notifier.say(event.operator, f"forgotten{event.ask}", told, silent=False, names=[])
        if event.origin is not None:
            notifier.react(event.origin.contact, event.origin.native, "💔", f"refused:{event.origin.native}")


async def view_asked(notifier: EntryNotifier, event: e.ViewAsked) -> None:
    person = notifier.reader(event.operator)
    if person is None:
        return
    t, cause = notifier.phrases(person.id), f"{event.view}{notifier.number}"
    match event.view:
        case View.HELP:
            notifier.say(person.id, cause, say_help(t, person.role))
        case View.WAITING | View.MINE | View.DIALOGS:
            await list_asked(notifier, event, person)
        case View.PEOPLE | View.PERSON | View.LINES | View.DISMISSAL:
            await people_asked(notifier, event, person)
        case View.HISTORY:
            await _history(notifier, event)
        case View.MORE | View.BLOCK | View.CARD:
            await card_turned(notifier, event)
        case View.STOPPED:
            await stopped_asked(notifier, event)
        case View.TEMPLATES:
            pass  # it is listed when the messenger has answered
        case View.INVITE:
            await invite_asked(notifier, event, person)


async def _history(notifier: EntryNotifier, event: e.ViewAsked) -> None:
    """A page as a new message under a card; turning pages edits that message."""
    dialog = await notifier.view.dialog(event.dialog) if event.dialog is not None else notifier.dialog
    t = notifier.phrases(event.operator)
    if dialog is None:
        notifier.say(event.operator, f"{_HISTORY}{notifier.number}", say_refusal(t, Refusal.UNKNOWN_DIALOG))
        return
    try:
        page = await notifier.context.history.page(dialog.account, dialog.contact, event.page, PAGE_SIZE)
    except StoreUnavailable:
        told = t("The history cannot be read just now. Try again in a minute.")
        notifier.say(event.operator, f"{_HISTORY}{notifier.number}", told)
        return
    message = draw_history(t, dialog, page, Clock(notifier.at, notifier.context.zone))
    origin = event.origin
    turned = await notifier.sent(origin.contact, origin.native) if origin is not None else None
    if turned is not None and turned.startswith(f"!{_HISTORY}"):
        notifier.put(event.operator, SendEdit(turned, message), newest=f"edit:{turned}")
    else:
        notifier.say(event.operator, f"{_HISTORY}{notifier.number}", message, names=[dialog.id])


async def _waiting(notifier: EntryNotifier, person: Operator, size: int = LIST_SIZE) -> list[Dialog]:
    """The first unclaimed dialogs of the person's lines, who waits longest first."""
    lines = [one for one in notifier.view.lines if person.serves(one)]
    return await waiting(notifier, lines, 0, size)


# ── presses and refusals ──────────────────────────────────────────────────────────────────────────────


async def press_accepted(notifier: EntryNotifier, event: e.PressAccepted) -> None:
    client = name_person(notifier.dialog.client) if notifier.dialog is not None else ""
    notifier.answer(event.operator, event.press, say_toast(notifier.phrases(event.operator), event.command, client))


async def command_refused(notifier: EntryNotifier, event: e.CommandRefused) -> None:
    """A press hears a toast, and its card is put right; words are answered in words and marked as not sent."""
    t = notifier.phrases(event.operator)
    why, detail = event.why, event.detail
    if why is Refusal.NOT_OURS and event.command == "deletereply":
        why, detail = Refusal.UNKNOWN_COMMAND, DELETE_WHAT  # else it would speak of words that were not sent
    about = await notifier.view.dialog(event.dialog) if event.dialog is not None else None
    channel = "" if about is None else notifier.context.channels.get(about.account, "")
    words = event.command in _WORDS
    told = say_refusal(t, why, by=notifier.name(event.by), detail=detail, words=words, channel=channel)
    offered: Sequence[Button] = ()
    if why is Refusal.WINDOW_OVER and detail is not None and event.dialog is not None:
        told, offered = await _over(notifier, event.operator, event.dialog, int(detail))
    if event.press is not None:
        notifier.answer(event.operator, event.press, told)
        if event.why in _OUTRUN and event.dialog is not None:
            dialog = await notifier.view.dialog(event.dialog)
            if dialog is not None and not _is_being_redrawn(dialog, notifier.at):
                await notifier.redraw([event.operator], dialog)
        return
    if event.origin is None:
        return
    if event.why is Refusal.NOT_STAFF and event.command != "enter":
        return  # a stranger must not be able to spend the bot's budget
    cause = f"refused{notifier.number}"
    message = FormattedText().write(told).message([offered], reply_to=ReplyTo(native=event.origin.native))
    notifier.say(event.operator, cause, message, urgency=Urgency.NOW)
    if event.command in _WORDS or event.detail in UNSENT:
        notifier.react(event.origin.contact, event.origin.native, "💔", f"refused:{event.origin.native}")


async def _over(
    notifier: EntryNotifier, operator: OperatorId, number: DialogId, since: int
) -> tuple[str, Sequence[Button]]:
    """That a client may be answered no more, and a button for what may be said to them."""
    t, dialog = notifier.phrases(operator), await notifier.view.dialog(number)
    templates = dialog is not None and notifier.has_templates(dialog)
    told = say_over(t, t.moment(since, notifier.at, notifier.context.zone), templates=templates)
    return told, [Button(t("Templates"), button_data(Action.TEMPLATES, number))] if templates else []


def _is_being_redrawn(dialog: Dialog, now: int) -> bool:
    """Whether the event that outran the press has changed the card just now: a second edit would hold up the words."""
    return now - max(dialog.claimed_at or 0, dialog.closed_at or 0) < JUST_MS


# ── accounts and alarms ───────────────────────────────────────────────────────────────────────────────


async def account_parked(notifier: EntryNotifier, event: e.AccountParked) -> None:
    notifier.tell_admins("parked", lambda t: say_parked(t, event.account, event.problem))


async def account_resumed(notifier: EntryNotifier, event: e.AccountResumed) -> None:
    notifier.tell_admins("resumed", lambda t: say_resumed(t, event.account))


async def notice_raised(notifier: EntryNotifier, event: e.NoticeRaised) -> None:
    if event.alarming:
        notifier.tell_admins("notice", lambda t: say_alert(t, event))
