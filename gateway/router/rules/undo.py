"""Undoing what ended a dialog, for a minute: it is again as it was, with the same operator and timers. Pure.

Whatever takes a dialog from its operator by somebody's hand (closing, blocking) leaves
`Dialog.undoable` by `remembered`; the button that undoes it carries the dialog's version since then, so that anything
newer refuses it.
"""

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import OperatorId
from gateway.model.state import Dialog, DialogState, Operator, UndoRecord
from gateway.router.rules.permissions import Refuse, accepted, contact_of, need_fresh, need_owner, served
from gateway.router.state.rows import Rows

UNDO_MS = 60_000
"""How long it can be undone."""


def undo(rows: Rows, me: Operator, command: c.Undo, now: int) -> list[e.Event]:
    """Opens the dialog again, or takes it back from the queue; a contact that was blocked by it is let in again.

    Raises:
        Refuse: a minute has passed, something has happened to the dialog since, the client has a new one, or it was
            another's to end.
    """
    dialog = served(rows, me, command.dialog)
    need_fresh(dialog, command.version)
    ended = dialog.undoable
    if ended is None:
        raise Refuse(Refusal.STALE, dialog)
    if me.id not in {ended.by, ended.owner}:
        need_owner(dialog, me)
    if now - ended.at > UNDO_MS:
        raise Refuse(Refusal.UNDO_LATE, dialog)
    contact = contact_of(rows, dialog)
    other = rows.open_dialog(contact)
    if other is not None and other.id != dialog.id:
        raise Refuse(Refusal.OPEN_ELSEWHERE, other)
    owner = rows.operators.get(ended.owner) if ended.owner is not None else None
    events: list[e.Event] = []
    if ended.blocked and contact.blocked:
        events.append(
            e.ContactUnblocked(dialog=dialog.id, account=dialog.account, contact=dialog.contact, operator=me.id)
        )
    restored = e.DialogRestored(
        dialog=dialog.id, operator=me.id, owner=None if owner is None else owner.id, origin=command.origin
    )
    return [*events, restored, *accepted(command, "undo")]


def remembered(
    dialog: Dialog, owner: Operator | None, by: OperatorId | None, at: int, *, blocked: bool = False
) -> UndoRecord | None:
    """What undoing will need, of a dialog as it is before it ends; None where no person ended it."""
    if by is None:
        return None
    return UndoRecord(
        by=by,
        at=at,
        state=dialog.state,
        owner=dialog.owner,
        claimed_at=dialog.claimed_at,
        waiting_since=dialog.waiting_since,
        backlog=dialog.backlog,
        backlog_cut=dialog.backlog_cut,
        unanswered=dialog.unanswered,
        unanswered_cut=dialog.unanswered_cut,
        current=owner is not None and owner.current == dialog.id,
        blocked=blocked,
    )


def restored(dialog: Dialog, ended: UndoRecord, owner: OperatorId | None, at: int) -> Dialog:
    """The dialog as it was before it ended. One whose operator is gone meanwhile is the queue's."""
    lost = ended.owner is not None and owner is None
    return replace(
        dialog,
        state=DialogState.RETURNED if lost else ended.state,
        owner=owner,
        claimed_at=ended.claimed_at if owner is not None else None,
        waiting_since=ended.waiting_since,
        backlog=ended.backlog,
        backlog_cut=ended.backlog_cut,
        unanswered=ended.unanswered,
        unanswered_cut=ended.unanswered_cut,
        closed_at=None,
        reason=None,
        version=dialog.version + 1,
        undoable=None,
        restored_at=at,
    )
