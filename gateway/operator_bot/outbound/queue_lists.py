"""Lists of dialogs, a page at a time: who waits, and an operator's own. Pure.

Nobody is left out in silence: a list says how many there are, line by line, and has a button for each further page.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from gateway.model.ids import AccountId, DialogId, LineId
from gateway.model.messages import Button, Message
from gateway.model.state import Dialog, DialogState, Operator
from gateway.operator_bot.inbound.buttons import Action, button_data, desk_button
from gateway.operator_bot.outbound.lists import BUTTON_LIMIT, LIST_SIZE, WORDS_LIMIT, Clock
from gateway.operator_bot.texts.content_labels import draw_summary, name_channel, name_person
from gateway.operator_bot.texts.formatted_text import BOLD, ITALIC, QUOTE, FormattedText, plain
from gateway.operator_bot.texts.phrases import Phrases

FILTERS = 30
"""Lines that have a button; Telegram takes a hundred buttons under a message."""
IN_A_ROW = 3
NAME_LIMIT = 20


class Page(Struct, frozen=True):
    """A part of a list: `page` counts from 0, `total` is how many there are in all."""

    dialogs: Sequence[Dialog]
    page: int
    total: int
    size: int = LIST_SIZE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


class LineQueue(Struct, frozen=True):
    """A line's queue at a glance; `alone`: nobody who serves it is on duty."""

    line: LineId
    title: str
    waiting: int
    alone: bool = False


def page_number(asked: int, total: int, size: int = LIST_SIZE) -> int:
    """The page that there is: a list may have become shorter since its button was drawn."""
    return min(asked, max(0, -(-total // size) - 1))


def draw_waiting(
    t: Phrases,
    page: Page,
    queues: Sequence[LineQueue],
    channels: Mapping[AccountId, str],
    clock: Clock,
    *,
    line: LineId | None = None,
    skipped: frozenset[DialogId] = frozenset(),
) -> Message:
    """Who waits for somebody to answer, longest first; `line`: only there. `skipped`: by all who are on duty."""
    several = len(queues) > 1
    if not page.total and not any(one.waiting for one in queues):
        return FormattedText().write(t("👌 Nobody waits.")).message()
    formatted = FormattedText().write(t("Waiting for an answer: {n}", n=page.total), BOLD)
    title = next((one.title for one in queues if one.line == line), "")
    if line is not None:
        formatted.write(f" · {name_person(title or line)}", BOLD)
    _number(t, formatted, page)
    if several:
        formatted.line(" · ".join(f"{name_person(one.title)} {one.waiting}" for one in queues))
    for one in queues:
        if one.alone and one.waiting and line in (None, one.line):
            formatted.line(t("⚠️ {line}: nobody is on duty", line=name_person(one.title)))
    titles = {one.line: one.title for one in queues}
    for dialog in page.dialogs:
        _title(t, formatted, "⏳" if dialog.waits else "💬", dialog, channels)
        if several and line is None:
            formatted.write(f" · {name_person(titles.get(dialog.line, dialog.line))}")
        if dialog.waits:
            since = t.moment(dialog.waiting_since or dialog.opened_at, clock.now, clock.zone)
            formatted.write(" · ").write(t("since {since}", since=since))
        else:
            formatted.write(" · ").write(t("answered, without an operator"))
        if dialog.id in skipped:
            formatted.line(t("skipped by everybody on duty"), ITALIC)
        elif dialog.told:
            formatted.line(t("nobody takes it, supervisors know"), ITALIC)
        if dialog.backlog:
            formatted.line().put(draw_summary(t, dialog.backlog[0].message, WORDS_LIMIT), QUOTE)
    claims = [
        [Button(t("Answer: {name}", name=_short(one)), button_data(Action.CLAIM, one.id, version=one.version))]
        for one in page.dialogs
    ]
    turns = _turns(page, lambda number: desk_button(Action.WAITING, page=number, line=line))
    return formatted.message([*claims, turns, *(_filters(t, queues, line) if several else ())])


def _filters(t: Phrases, queues: Sequence[LineQueue], line: LineId | None) -> list[list[Button]]:
    """All lines, or one of them; the one that is shown has no button."""
    total = sum(one.waiting for one in queues)
    found = [Button(t("All · {n}", n=total), desk_button(Action.WAITING))] if line is not None else []
    for one in queues[:FILTERS]:
        if one.line != line:
            label = f"{plain(one.title, NAME_LIMIT)} · {one.waiting}"
            found.append(Button(label, desk_button(Action.WAITING, line=one.line)))
    return [found[start : start + IN_A_ROW] for start in range(0, len(found), IN_A_ROW)]


def draw_mine(
    t: Phrases, page: Page, current: DialogId | None, channels: Mapping[AccountId, str], clock: Clock
) -> Message:
    """The operator's open dialogs, who waits longest first; a press makes one the current one, or finishes it."""
    if not page.total:
        return FormattedText().write(t("You have no open dialogs. Who waits: /waiting")).message()
    formatted = FormattedText().write(t("Your dialogs:"), BOLD)
    if page.pages > 1:
        formatted.write(f" {page.total}", BOLD)
    _number(t, formatted, page)
    for one in page.dialogs:
        _title(t, formatted, "✍️" if one.id == current else "💬", one, channels)
        formatted.write(f" · {_state(t, one, clock)}")
        if one.id == current:
            formatted.line(t("text without an answer goes here"), ITALIC)
    acts = [_acts(t, one, is_current=one.id == current) for one in page.dialogs]
    return formatted.message([*acts, _turns(page, lambda number: desk_button(Action.MINE, page=number))])


def draw_theirs(t: Phrases, whose: Operator, page: Page, channels: Mapping[AccountId, str], clock: Clock) -> Message:
    """Somebody else's open dialogs, for supervisors and admins: to take over, or to return to the queue."""
    formatted = FormattedText().write(t("Dialogs: {name}", name=name_person(whose.name)), BOLD)
    if not page.total:
        formatted.line(t("No open dialogs."))
    _number(t, formatted, page)
    for one in page.dialogs:
        _title(t, formatted, "💬", one, channels)
        formatted.write(f" · {_state(t, one, clock, theirs=True)}")
    acts = [
        [
            Button(t("Take: {name}", name=_short(one)), button_data(Action.TAKE_OVER, one.id, version=one.version)),
            Button(t("To the queue"), button_data(Action.RELEASE, one.id, version=one.version)),
        ]
        for one in page.dialogs
    ]
    back = [Button(t("◀ Back"), desk_button(Action.PERSON, person=whose.id))]
    turns = _turns(page, lambda number: desk_button(Action.DIALOGS, person=whose.id, page=number))
    return formatted.message([*acts, turns, back])


def by_waiting(dialogs: Sequence[Dialog]) -> list[Dialog]:
    """Who waits longest first; then those who wait for nothing, in the order of the claims."""
    return sorted(dialogs, key=lambda one: (not one.waits, one.waiting_since or one.claimed_at or one.opened_at))


def _acts(t: Phrases, one: Dialog, *, is_current: bool) -> list[Button]:
    """What can be done with one of the operator's dialogs; its card may have scrolled away."""
    data = button_data(Action.CLOSE, one.id, version=one.version)
    if is_current:
        return [Button(t("Finish: {name}", name=_short(one)), data)]
    return [
        Button(t("Write to: {name}", name=_short(one)), button_data(Action.FOCUS, one.id)),
        Button(t("Finish"), data),
    ]


def _number(t: Phrases, formatted: FormattedText, page: Page) -> None:
    if page.pages > 1:
        formatted.write(" · ").write(t("page {n} of {all}", n=page.page + 1, all=page.pages))


def _turns(page: Page, data: Callable[[int], str]) -> list[Button]:
    """To the pages before and behind."""
    before = [Button("◀", data(page.page - 1))] if page.page > 0 else []
    behind = [Button("▶", data(page.page + 1))] if page.page + 1 < page.pages else []
    return [*before, *behind]


def _title(t: Phrases, formatted: FormattedText, icon: str, dialog: Dialog, channels: Mapping[AccountId, str]) -> None:
    formatted.line().line(f"{icon} ").write(name_person(dialog.client), BOLD)
    formatted.write(f" · №{dialog.id} · {name_channel(t, channels.get(dialog.account, ''))}")


def _state(t: Phrases, dialog: Dialog, clock: Clock, *, theirs: bool = False) -> str:
    if dialog.waiting_since is not None:
        since = t.moment(dialog.waiting_since, clock.now, clock.zone)
        return t("waits since {since}", since=since) if theirs else t("waits for you since {since}", since=since)
    return t("answered") if dialog.state is DialogState.ANSWERED or theirs else t("waits for you")


def _short(dialog: Dialog) -> str:
    return plain(dialog.client, BUTTON_LIMIT) or f"№{dialog.id}"
