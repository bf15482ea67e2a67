"""What an operator is asked and shown about clients: whom a text is for, and a client's history. Pure.

They are drawn once and not kept up to date, so each button carries what the router needs to refuse a stale press.
"""

from datetime import tzinfo
from typing import assert_never

from msgspec import Struct

from gateway.archive.history import HistoryLine, HistoryPage
from gateway.model import events as e
from gateway.model.commands import Purpose
from gateway.model.ids import DialogId
from gateway.model.messages import Button, Message, Origin, ReplyTo
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.texts.content_labels import draw_summary, name_person, summarize
from gateway.operator_bot.texts.formatted_text import BOLD, ITALIC, QUOTE, FormattedText, cut, plain
from gateway.operator_bot.texts.phrases import Phrases

LIST_SIZE = 10
"""Dialogs in one list: each has a button."""
PAGE_SIZE = 10
"""Messages in one page of the history: with HISTORY_LIMIT each it always fits one message."""
HISTORY_LIMIT = 300
FORMER_LIMIT = 100
"""Of these for what an edited message said before."""
WORDS_LIMIT = 120
BUTTON_LIMIT = 30
FORGOTTEN_LIMIT = 3500


class Clock(Struct, frozen=True):
    """The reader's time: `now` in milliseconds, and the zone that moments are shown in."""

    now: int
    zone: tzinfo


def draw_target(t: Phrases, asked: e.TargetAsked) -> Message:
    """Whom is this for? In answer to the operator's own message."""
    question, nobody = _question(t, asked.purpose)
    formatted = FormattedText().write(question, BOLD)
    if asked.purpose not in {Purpose.CLOSE, Purpose.TEMPLATES}:
        formatted.line(summarize(t, asked.message, WORDS_LIMIT), QUOTE)
    page, pages = _choices_page(asked), _choices_pages(asked)
    if pages > 1:
        formatted.line(t("page {n} of {all}", n=page + 1, all=pages), ITALIC)
    rows = [
        [Button(f"{plain(client, BUTTON_LIMIT) or '…'} · №{dialog}", button_data(Action.CHOOSE, dialog, ask=asked.ask))]
        for dialog, client in shown_choices(asked)
    ]
    if (filling := asked.filling) is not None:
        formatted.line(t("The template “{name}” waits for its values.", name=plain(filling.name, BUTTON_LIMIT)), ITALIC)
        values = t("📄 Values for: {client}", client=plain(filling.client, BUTTON_LIMIT) or "…")
        rows.insert(0, [Button(values, button_data(Action.FILL, filling.dialog, ask=asked.ask))])
    drop = Button(nobody, button_data(Action.DROP, ask=asked.ask))
    turns = [
        Button(sign, button_data(Action.CHOICES, page=to, ask=asked.ask))
        for sign, to in (("◀", page - 1), ("▶", page + 1))
        if 0 <= to < pages
    ]
    return formatted.message([*rows, turns, [drop]], reply_to=ReplyTo(native=asked.origin.native))


def shown_choices(asked: e.TargetAsked) -> tuple[tuple[DialogId, str], ...]:
    """The clients of the page that the question shows."""
    start = _choices_page(asked) * LIST_SIZE
    return asked.choices[start : start + LIST_SIZE]


def _choices_page(asked: e.TargetAsked) -> int:
    """The page that is shown: the last one where there are no longer as many."""
    return min(asked.page, _choices_pages(asked) - 1)


def _choices_pages(asked: e.TargetAsked) -> int:
    """How many pages the question has, at least one."""
    return max(1, -(-len(asked.choices) // LIST_SIZE))


def _question(t: Phrases, purpose: Purpose | None) -> tuple[str, str]:
    """What is asked, and how it is answered with nobody."""
    match purpose:
        case None:
            return t("Whom is this for?"), t("Nobody, do not send")
        case Purpose.NOTE:
            return t("Whose note is this?"), t("Nobody's, do not save")
        case Purpose.CLOSE:
            return t("Which dialog is to be finished?"), t("None")
        case Purpose.TEMPLATE:
            return t("Whom is this template for?"), t("Nobody, do not send")
        case Purpose.TEMPLATES:
            return t("Whose templates?"), t("Nobody's")
    assert_never(purpose)


def draw_forgotten(t: Phrases, message: Message, origin: Origin | None) -> Message:
    """Words that wait for an answer no longer: they are said again in full, as far as one message holds them."""
    formatted = FormattedText().write(t("⚠️ Not sent: nobody has said whom this was for."), BOLD)
    formatted.line(cut(message.text, FORGOTTEN_LIMIT) or summarize(t, message, WORDS_LIMIT), QUOTE)
    return formatted.message(reply_to=None if origin is None else ReplyTo(native=origin.native))


def draw_history(t: Phrases, dialog: Dialog, page: HistoryPage, clock: Clock) -> Message:
    """A page of all that was said with this client: page 0 is the newest, the oldest line of a page comes first."""
    formatted = FormattedText().write(t("History: {client}", client=name_person(dialog.client)), BOLD)
    if page.pages > 1:
        formatted.write(" · ").write(t("page {n} of {all}", n=page.page + 1, all=page.pages))
    if not page.lines:
        formatted.line(t("Nothing here yet."), ITALIC)
    last: DialogId | None = None
    for line in page.lines:
        if line.dialog != last:
            formatted.line().line(t("Dialog №{number}", number=line.dialog), BOLD)
            last = line.dialog
        _history_line(t, formatted, line, clock)
    older = Button(t("◀ Older"), button_data(Action.HISTORY, dialog.id, page=page.page + 1))
    newer = Button(t("Newer ▶"), button_data(Action.HISTORY, dialog.id, page=max(page.page - 1, 0)))
    has_older, has_newer = page.page + 1 < page.pages, page.page > 0
    return formatted.message([[*([older] if has_older else []), *([newer] if has_newer else [])]])


def _history_line(t: Phrases, formatted: FormattedText, line: HistoryLine, clock: Clock) -> None:
    icon = {"client": "👤", "operator": "💬", "elsewhere": "↪️", "note": "📝"}.get(line.side, "▫️")
    formatted.line(f"{icon} {t.moment(line.at, clock.now, clock.zone)} ")
    if line.author:
        formatted.write(f"{plain(line.author, BUTTON_LIMIT)} ", BOLD)
    limit = HISTORY_LIMIT if line.former is None else HISTORY_LIMIT - FORMER_LIMIT
    formatted.put(draw_summary(t, line.message, limit))
    for mark in _marks(t, line):
        formatted.write(f" {mark}", ITALIC)


def _marks(t: Phrases, line: HistoryLine) -> list[str]:
    """What became of the message."""
    marks = [" ".join(line.reactions)] if line.reactions else []
    if line.our_reaction:
        marks.append(t("(our reaction: {emoji})", emoji=line.our_reaction))
    if line.edited_at is not None:
        was = None if line.former is None else summarize(t, line.former, FORMER_LIMIT)
        marks.append(t("✏️ changed") if was is None else t("✏️ was: “{words}”", words=was))
    if line.deleted_at is not None:
        marks.append(t("🗑 deleted"))
    if line.status is DeliveryStatus.FAILED:
        marks.append(t("💔 not delivered"))
    if line.status is DeliveryStatus.UNKNOWN:
        marks.append(t("🤔 not known whether it arrived"))
    return marks
