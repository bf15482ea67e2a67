"""Lists that an operator asks for: who waits, my dialogs, a client's history, whom a text is for. Pure.

They are drawn once and not kept up to date, so each button carries what the router needs to refuse a stale press.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from msgspec import Struct

from gateway.archive.history import HistoryLine, HistoryPage
from gateway.model import events as e
from gateway.model.ids import AccountId, DialogId
from gateway.model.messages import Button, Message, ReplyTo
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog, DialogState
from gateway.operator_bot.buttons import Action, button_data
from gateway.operator_bot.drawing import BOLD, ITALIC, QUOTE, Drawing, plain
from gateway.operator_bot.texts import Phrases
from gateway.operator_bot.things import name_channel, name_person, summarize

LIST_SIZE = 10
"""Dialogs in one list: each has a button."""
PAGE_SIZE = 10
"""Messages in one page of the history: with HISTORY_LIMIT each it always fits one message."""
HISTORY_LIMIT = 300
WORDS_LIMIT = 120
BUTTON_LIMIT = 30


class Clock(Struct, frozen=True):
    """The reader's time: `now` in milliseconds, and the zone that moments are shown in."""

    now: int
    zone: tzinfo


def draw_waiting(
    t: Phrases, dialogs: Sequence[Dialog], more: int, channels: Mapping[AccountId, str], clock: Clock
) -> Message:
    """Who waits for somebody to answer, longest first; `more` wait besides."""
    if not dialogs:
        return Drawing().write(t("👌 Nobody waits.")).message()
    drawing = Drawing().write(t("Waiting for an answer:"), BOLD)
    for one in dialogs:
        since = t.moment(one.waiting_since or one.opened_at, clock.now, clock.zone)
        _title(t, drawing, "⏳", one, channels)
        drawing.write(" · ").write(t("since {since}", since=since))
        if one.backlog:
            drawing.line(summarize(t, one.backlog[0].message, WORDS_LIMIT), QUOTE)
    if more:
        drawing.line(t.plural("and {n} more client", "and {n} more clients", more))
    return drawing.message(
        [
            [Button(t("Answer: {name}", name=_short(one)), button_data(Action.CLAIM, one.id, version=one.version))]
            for one in dialogs
        ]
    )


def draw_mine(
    t: Phrases,
    dialogs: Sequence[Dialog],
    current: DialogId | None,
    channels: Mapping[AccountId, str],
) -> Message:
    """The operator's open dialogs; a press makes one the current one, or finishes it."""
    if not dialogs:
        return Drawing().write(t("You have no open dialogs. Who waits: /waiting")).message()
    drawing = Drawing().write(t("Your dialogs:"), BOLD)
    for one in dialogs:
        _title(t, drawing, "✍️" if one.id == current else "💬", one, channels)
        drawing.write(f" · {_state(t, one)}")
        if one.id == current:
            drawing.line(t("text without an answer goes here"), ITALIC)
    return drawing.message([_acts(t, one, is_current=one.id == current) for one in dialogs])


def _acts(t: Phrases, one: Dialog, *, is_current: bool) -> list[Button]:
    """What can be done with one of the operator's dialogs; its card may have scrolled away."""
    data = button_data(Action.CLOSE, one.id, version=one.version)
    if is_current:
        return [Button(t("Finish: {name}", name=_short(one)), data)]
    return [
        Button(t("Write to: {name}", name=_short(one)), button_data(Action.FOCUS, one.id)),
        Button(t("Finish"), data),
    ]


def draw_target(t: Phrases, asked: e.TargetAsked) -> Message:
    """Whom is this for? In answer to the operator's own message."""
    drawing = Drawing().write(t("Whom is this for?"), BOLD).line(summarize(t, asked.message, WORDS_LIMIT), QUOTE)
    rows = [
        [Button(f"{plain(client, BUTTON_LIMIT) or '…'} · №{dialog}", button_data(Action.CHOOSE, dialog, ask=asked.ask))]
        for dialog, client in asked.choices
    ]
    nobody = Button(t("Nobody, do not send"), button_data(Action.DROP, ask=asked.ask))
    return drawing.message([*rows, [nobody]], reply_to=ReplyTo(native=asked.origin.native))


def draw_history(t: Phrases, dialog: Dialog, page: HistoryPage, clock: Clock) -> Message:
    """A page of all that was said with this client: page 0 is the newest, the oldest line of a page comes first."""
    drawing = Drawing().write(t("History: {client}", client=name_person(dialog.client)), BOLD)
    if page.pages > 1:
        drawing.write(" · ").write(t("page {n} of {all}", n=page.page + 1, all=page.pages))
    if not page.lines:
        drawing.line(t("Nothing here yet."), ITALIC)
    last: DialogId | None = None
    for line in page.lines:
        if line.dialog != last:
            drawing.line().line(t("Dialog №{number}", number=line.dialog), BOLD)
            last = line.dialog
        _history_line(t, drawing, line, clock)
    older = Button(t("◀ Older"), button_data(Action.HISTORY, dialog.id, page=page.page + 1))
    newer = Button(t("Newer ▶"), button_data(Action.HISTORY, dialog.id, page=max(page.page - 1, 0)))
    has_older, has_newer = page.page + 1 < page.pages, page.page > 0
    return drawing.message([[*([older] if has_older else []), *([newer] if has_newer else [])]])


def _history_line(t: Phrases, drawing: Drawing, line: HistoryLine, clock: Clock) -> None:
    icon = {"client": "👤", "operator": "💬", "elsewhere": "↪️", "note": "📝"}.get(line.side, "▫️")
    drawing.line(f"{icon} {t.moment(line.at, clock.now, clock.zone)} ")
    if line.author:
        drawing.write(f"{plain(line.author, BUTTON_LIMIT)} ", BOLD)
    drawing.write(summarize(t, line.message, HISTORY_LIMIT))
    for mark in _marks(t, line):
        drawing.write(f" {mark}", ITALIC)


def _marks(t: Phrases, line: HistoryLine) -> list[str]:
    """What became of the message."""
    marks = [" ".join(line.reactions)] if line.reactions else []
    if line.our_reaction:
        marks.append(t("(our reaction: {emoji})", emoji=line.our_reaction))
    if line.edited_at is not None:
        marks.append(t("✏️ changed"))
    if line.deleted_at is not None:
        marks.append(t("🗑 deleted"))
    if line.status is DeliveryStatus.FAILED:
        marks.append(t("💔 not delivered"))
    if line.status is DeliveryStatus.UNKNOWN:
        marks.append(t("🤔 not known whether it arrived"))
    return marks


def _title(t: Phrases, drawing: Drawing, icon: str, dialog: Dialog, channels: Mapping[AccountId, str]) -> None:
    drawing.line().line(f"{icon} ").write(name_person(dialog.client), BOLD)
    drawing.write(f" · №{dialog.id} · {name_channel(t, channels.get(dialog.account, ''))}")


def _state(t: Phrases, dialog: Dialog) -> str:
    if dialog.state is DialogState.ANSWERED:
        return t("answered")
    return t("waits for you")


def _short(dialog: Dialog) -> str:
    return plain(dialog.client, BUTTON_LIMIT) or f"№{dialog.id}"
