"""Timers as a view of the rows: nobody sets or cancels one, they follow from a dialog and its line. Pure.

A due one comes back as an `Expire` command through the line's inbox. It acts on what is true then: on the dialog as
it is and by the line's rules of that moment, whatever the timer was armed for. One that is not asked for any more is
armed anew for its right moment, or removed (`rearmed`).

A new kind is a member of `Timer`, a case in `due_of` and a case in `expire`; the type checker asks for both. A kind of
a line's own (not of one of its dialogs) answers where `dialog` is None.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import LineId
from gateway.model.state import CloseReason, Dialog, DialogState, Line, Operator
from gateway.model.timers import ArmedTimer, Timer, timer_of_name
from gateway.router.rules import echoes, queue
from gateway.router.state.rows import Rows
from gateway.streams.keys import Keys
from gateway.streams.scripts import RedisCommand

WINDOW_WARNING_MS = 3600 * 1000
UNKNOWN_MS = 3600 * 1000
"""How long a timer of an unknown kind is put off: it is a newer gateway's, which may come back."""
MEMBERS = 1000
"""Timers in one command: well below the limit of a script's command."""
_KINDS = tuple(Timer)


def due_of(timer: Timer, line: Line, dialog: Dialog | None, owner: Operator | None = None) -> int | None:
    """The moment of a timer in milliseconds; None: it does not run. `dialog` None: it is the line's own.

    Auto-close counts from the operator's last words and runs only while they are the last (Bitrix24's
    AUTO_CLOSE_TIME): a client who waits is never closed by a clock.
    """
    if dialog is None:
        return None
    match timer:
        case Timer.AUTO_CLOSE:
            return _auto_close_due(dialog, line)
        case Timer.WINDOW:
            return _window_due(dialog)
        case Timer.ECHO:
            return min((one.until for one in dialog.echoes), default=None)
        case Timer.ABSENCE:
            found = queue.absence(dialog, line, owner)
            return None if found is None else found[0]
        case Timer.REVIEW:
            return queue.review_due(dialog, line)
    assert_never(timer)


def deadlines(dialog: Dialog, line: Line, owner: Operator | None) -> Mapping[Timer, int]:
    """Which timers of a dialog run, with their moments; `owner` is the row of who has it."""
    return _running(line, dialog, owner)


def expire(rows: Rows, command: c.Expire, now: int) -> list[e.Event]:
    """A timer is due: what it brings about, if the dialog and the line's rules ask for it at this moment."""
    timer = timer_of_name(command.timer)
    dialog = rows.dialogs.get(command.dialog)
    if timer is None or dialog is None:
        # No kind is a line's own yet.
        return []
    due = due_of(timer, rows.line_of(dialog), dialog, rows.owner_of(dialog))
    # By the clock of the entry, or by the owner's own, which was at the timer's moment when it offered the entry.
    if due is None or due > max(now, command.due):
        return []
    match timer:
        case Timer.AUTO_CLOSE:
            return [e.DialogClosed(dialog=dialog.id, reason=CloseReason.AUTO)]
        case Timer.WINDOW:
            return _window_moment(dialog, due, now)
        case Timer.ECHO:
            return echoes.released(rows, dialog)
        case Timer.ABSENCE:
            return queue.absent(rows, dialog)
        case Timer.REVIEW:
            return queue.review(rows, dialog, now)
    assert_never(timer)


def armed(rows: Rows, dialog: Dialog) -> dict[str, int]:
    """A dialog's timers as they stand in the sorted set of timers, with their moments."""
    found = _running(rows.line_of(dialog), dialog, rows.owner_of(dialog))
    return {ArmedTimer(dialog.line, dialog.id, timer).member: due for timer, due in found.items()}


def changed(keys: Keys, rows: Rows, dialogs: Iterable[tuple[Dialog | None, Dialog]]) -> Iterator[RedisCommand]:
    """The commands that make the sorted set of timers right again after these dialogs' changes, before and after.

    What stands in the set is what each dialog armed before. A timer that keeps its moment is not written again.
    """
    added: dict[str, int] = {}
    removed: list[str] = []
    for before, after in dialogs:
        stood = {} if before is None else _running(rows.line_of(before), before, rows.owner_of(before))
        stands = _running(rows.line_of(after), after, rows.owner_of(after))
        if before is not None and before.line != after.line:
            removed += [ArmedTimer(before.line, before.id, timer).member for timer in stood]
            stood = {}
        for timer, due in stands.items():
            if stood.get(timer) != due:
                added[ArmedTimer(after.line, after.id, timer).member] = due
        removed += [ArmedTimer(after.line, after.id, timer).member for timer in stood if timer not in stands]
    yield from _add(keys, added)
    yield from _remove(keys, removed)


def armed_anew(keys: Keys, rows: Rows, dialogs: Iterable[Dialog]) -> Iterator[RedisCommand]:
    """The commands that make the timers of these dialogs right, whatever stands there."""
    right: dict[str, int] = {}
    members: list[str] = []
    for dialog in dialogs:
        right |= armed(rows, dialog)
        members += [ArmedTimer(dialog.line, dialog.id, timer).member for timer in _KINDS]
    yield from _add(keys, right)
    yield from _remove(keys, [member for member in members if member not in right])


def rearmed(keys: Keys, rows: Rows, command: c.Expire, line: LineId, now: int) -> Iterator[RedisCommand]:
    """What becomes of a timer that has come back, after its entry is handled: its right moment, or nothing.

    `line` is the one that it was armed under: the dialog may stand in another one since.
    """
    dialog = rows.dialogs.get(command.dialog)
    timer = timer_of_name(command.timer)
    was = ArmedTimer(line, command.dialog or None, command.timer).member
    if timer is None:
        # A newer gateway's: put off while there is something that it may be about.
        lives = dialog.is_open if dialog is not None else not command.dialog and line in rows.lines
        after = {was: now + UNKNOWN_MS} if lives else {}
    elif dialog is not None:
        due = due_of(timer, rows.line_of(dialog), dialog, rows.owner_of(dialog))
        after = {} if due is None else {ArmedTimer(dialog.line, dialog.id, timer).member: due}
    else:
        own = rows.lines.get(line) if not command.dialog else None
        due = None if own is None else due_of(timer, own, None)
        after = {} if due is None else {was: due}
    yield from _add(keys, after)
    yield from _remove(keys, [was] if was not in after else [])


def line_timers(keys: Keys, line: Line) -> Iterator[RedisCommand]:
    """The commands that make a line's own timers right, whatever stands there."""
    right = {ArmedTimer(line.id, None, timer).member: due for timer, due in _running(line, None).items()}
    yield from _add(keys, right)
    gone = [ArmedTimer(line.id, None, timer).member for timer in _KINDS]
    yield from _remove(keys, [member for member in gone if member not in right])


def _running(line: Line, dialog: Dialog | None, owner: Operator | None = None) -> dict[Timer, int]:
    found: dict[Timer, int] = {}
    for timer in _KINDS:
        due = due_of(timer, line, dialog, owner)
        if due is not None:
            found[timer] = due
    return found


def _auto_close_due(dialog: Dialog, line: Line) -> int | None:
    """In the queue, too, a client who is answered and silent is done with; whoever takes them has the whole time."""
    if dialog.state not in (DialogState.ANSWERED, DialogState.RETURNED) or dialog.waits or line.auto_close_ms <= 0:
        return None
    since = dialog.last_reply_at or dialog.returned_at
    if since is not None and dialog.owner is not None:
        since = max(since, dialog.claimed_at or 0, dialog.restored_at)
    return None if since is None else since + line.auto_close_ms


def _window_due(dialog: Dialog) -> int | None:
    if dialog.window is None or not dialog.is_open:
        return None
    ends = {dialog.window.until, dialog.window.end}
    moments = ends | {end - WINDOW_WARNING_MS for end in ends}
    return min((one for one in moments if one > dialog.window_seen), default=None)


def _window_moment(dialog: Dialog, due: int, now: int) -> list[e.Event]:
    if dialog.window is None:
        return []
    until = dialog.window.until if due <= dialog.window.until else dialog.window.end
    if due < until and now < until:
        return [e.WindowEnding(dialog=dialog.id, due=due, until=until)]
    return [e.WindowEnded(dialog=dialog.id, due=until)]


def _add(keys: Keys, timers: Mapping[str, int]) -> Iterator[RedisCommand]:
    pairs = list(timers.items())
    for start in range(0, len(pairs), MEMBERS):
        words = [word for member, due in pairs[start : start + MEMBERS] for word in (due, member)]
        yield ("ZADD", keys.timers, *words)


def _remove(keys: Keys, members: list[str]) -> Iterator[RedisCommand]:
    for start in range(0, len(members), MEMBERS):
        yield ("ZREM", keys.timers, *members[start : start + MEMBERS])
