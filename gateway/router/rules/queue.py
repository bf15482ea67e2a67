"""Who is at a client: back to the queue, taking over, ends of shifts, and clients whom nobody serves. Pure rules.

At most one owner, and an owner who is away for good never keeps a client. What concerns many dialogs at once goes
dialog by dialog: a timer of each is due, and comes back as a command of its own (`absent`), so that no decision grows
with the number of dialogs that somebody had.
"""

from collections.abc import Iterable

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import LineId, OperatorId
from gateway.model.state import Dialog, Line, Operator, ReleaseReason, Unserved
from gateway.router.rules.dialogs import taken
from gateway.router.rules.permissions import Refuse, accepted, need_fresh, need_owner, still_open
from gateway.router.rules.recipient import focus_changes_at_the_end, recipient
from gateway.router.state.rows import Rows

RINGING = 5
"""Of many dialogs that one operator leaves behind, the last so many ring; the others come silently."""
REVIEW_MS = 1_000
"""The shortest time between two looks whether anybody is at a client, however short the line's quiet time is."""
DOUBLINGS = 6
"""How often the time until the next look doubles."""
IGNORED_MS = 15 * 60 * 1000
"""After this long a client whose card somebody has is a concern of supervisors, too."""
TOLD_EVERY_MS = 3600 * 1000
"""Of a line on which nobody is on duty it is told at most once in this time."""


# ── what people do ────────────────────────────────────────────────────────────────────────────────────


def release(rows: Rows, me: Operator, command: c.Release) -> list[e.Event]:
    """Back to the queue: by the owner, or by a supervisor or admin. Where it is not plain which, a list asks."""
    dialog = still_open(rows, me, command.dialog) if command.dialog is not None else recipient(rows, me, command)
    if dialog is None:
        return [e.ViewAsked(operator=me.id, view=c.View.MINE, origin=command.origin), *accepted(command, "look")]
    if dialog.owner is None:
        raise Refuse(Refusal.STALE if command.version is not None else Refusal.UNCLAIMED, dialog)
    need_owner(dialog, me)
    if command.version is not None:
        need_fresh(dialog, command.version)
    released = e.DialogReleased(
        dialog=dialog.id,
        operator=dialog.owner,
        why=ReleaseReason.RETURNED,
        by=me.id,
        rings=dialog.waits,
        origin=command.origin if command.press is None else None,
    )
    return [*focus_changes_at_the_end(me, dialog, command), released, *accepted(command, "release")]


def take_over(rows: Rows, me: Operator, command: c.TakeOver) -> list[e.Event]:
    """A supervisor or admin makes somebody else's dialog their own; one of nobody's they just claim."""
    dialog = still_open(rows, me, command.dialog)
    if dialog.owner == me.id:
        raise Refuse(Refusal.ALREADY_YOURS, dialog)
    if command.version is not None:
        need_fresh(dialog, command.version)
    if dialog.owner is not None and not me.is_senior:
        raise Refuse(Refusal.FORBIDDEN, dialog)
    return [*taken(dialog, me), *accepted(command, "claim" if dialog.owner is None else "take_over")]


def hand_back(me: Operator, command: c.HandBack) -> list[e.Event]:
    """What becomes of one's dialogs at the end of a shift; an old question says nothing about a later shift."""
    if me.on_duty and command.back:
        raise Refuse(Refusal.STALE)
    handed = e.HandedBack(operator=me.id, back=command.back, dialogs=len(me.dialogs), origin=command.origin)
    return [handed, *accepted(command, "hand_back" if command.back else "keep")]


def set_duty(rows: Rows, me: Operator, command: c.SetDuty) -> list[e.Event]:
    """On or off duty; when the last one of a line goes while clients wait, it is said."""
    changed: list[e.Event] = [e.DutyChanged(operator=me.id, on=command.on)]
    return changed if command.on or not me.on_duty else [*changed, *left_alone(rows, me)]


def leave(rows: Rows, me: Operator, command: c.Leave) -> list[e.Event]:
    """They blocked the operators' bot, or came back."""
    if me.gone == command.gone:
        return []
    changed: list[e.Event] = [e.OperatorGone(operator=me.id, gone=command.gone)]
    return [*changed, *left_alone(rows, me, with_theirs=True)] if command.gone else changed


def left_alone(rows: Rows, who: Operator, *, with_theirs: bool = False) -> list[e.Event]:
    """The lines on which clients wait and nobody is left when `who` is away; `with_theirs`: their dialogs wait too."""
    told: list[e.Event] = []
    for line in sorted(rows.lines):
        if not who.serves(line) or any(one.id != who.id for one in on_duty(rows, line)):
            continue
        theirs = (rows.dialogs.get(one) for one in who.dialogs) if with_theirs else ()
        waiting = len(rows.queue(line)) + sum(one is not None and one.line == line for one in theirs)
        if waiting:
            told.append(e.LineUnattended(line=line, waiting=waiting, operator=who.id))
    return told


def on_duty(rows: Rows, line: LineId) -> list[Operator]:
    """Who is rung about clients of the line."""
    return [one for one in rows.operators.values() if one.is_rung and one.serves(line)]


# ── an owner who is away ──────────────────────────────────────────────────────────────────────────────


def absence(dialog: Dialog, line: Line, owner: Operator | None) -> tuple[int, ReleaseReason] | None:
    """When the dialog goes back to the queue because of its owner, in milliseconds, and why; None: it stays.

    Somebody off duty keeps theirs, and has the line's time to answer a client who waits.
    """
    if dialog.owner is None or not dialog.is_open:
        return None
    since = dialog.claimed_at or dialog.opened_at
    if owner is None:
        return since, ReleaseReason.LEFT
    if owner.dismissed or owner.gone:
        return max(owner.away_at, since), ReleaseReason.DISMISSED if owner.dismissed else ReleaseReason.LEFT
    if since <= owner.returns_at:
        return owner.returns_at, ReleaseReason.OFF_DUTY
    if not owner.serves(dialog.line):
        return since, ReleaseReason.OTHER_LINES
    if not owner.on_duty and dialog.waiting_since is not None:
        return max(owner.away_at, since, dialog.waiting_since) + line.off_duty_ms, ReleaseReason.SILENT
    return None


def absent(rows: Rows, dialog: Dialog) -> list[e.Event]:
    """The timer of an owner who is away came due: back to the queue."""
    owner = rows.operators.get(dialog.owner) if dialog.owner is not None else None
    found = absence(dialog, rows.line_of(dialog), owner)
    if found is None or dialog.owner is None:
        return []
    rings = dialog.waits and (owner is None or len(owner.dialogs) <= RINGING)
    return [e.DialogReleased(dialog=dialog.id, operator=dialog.owner, why=found[1], rings=rings)]


# ── a client whom nobody has claimed ──────────────────────────────────────────────────────────────────


def review_due(dialog: Dialog, line: Line) -> int | None:
    """When it is next looked whether anybody is at a client who waits unclaimed: ever later, once an hour at last."""
    if dialog.queued_since is None or dialog.waiting_since is None:
        return None
    pause = max(line.quiet_ms, REVIEW_MS) << min(dialog.reviews, DOUBLINGS)
    return max(dialog.reviewed_at, dialog.waiting_since) + min(pause, TOLD_EVERY_MS)


def review(rows: Rows, dialog: Dialog, now: int) -> list[e.Event]:
    """A client has waited unclaimed for a while: is anybody at it?"""
    line, there = rows.line_of(dialog), on_duty(rows, dialog.line)
    if not there:
        reviewed = e.DialogReviewed(dialog=dialog.id, why=Unserved.NOBODY)
        since = max(dialog.waiting_since or 0, dialog.returned_at or 0)
        if since <= line.told_at or now - line.told_at < TOLD_EVERY_MS:
            return [reviewed]
        return [reviewed, e.LineUnattended(line=dialog.line, waiting=max(1, len(rows.queue(dialog.line))))]
    if _all_in({one.id for one in there}, dialog.declined):
        return [e.DialogReviewed(dialog=dialog.id, why=Unserved.SKIPPED, rings=True, tells=not dialog.told)]
    waited = now - (dialog.waiting_since or now)
    if waited >= IGNORED_MS:
        return [e.DialogReviewed(dialog=dialog.id, why=Unserved.IGNORED, rings=True, tells=not dialog.told)]
    return [e.DialogReviewed(dialog=dialog.id)]


def _all_in(those: Iterable[OperatorId], others: Iterable[OperatorId]) -> bool:
    return set(those) <= set(others)
