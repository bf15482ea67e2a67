"""What operators do with dialogs: pure rules from a staff command and the rows to events.

A refusal is an event too, with a reason that the bot has a sentence for. `now` is the moment in the entry's id;
of two commands in one inbox the first in its order wins, and there is no other race.
"""

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Purpose
from gateway.model.events import Refusal
from gateway.model.ids import dialog_id, message_id
from gateway.model.messages import Message
from gateway.model.state import CloseReason, Dialog, Operator
from gateway.router.rules.permissions import Refuse, accepted, contact_of, need_fresh, need_owner, served, still_open
from gateway.router.rules.questions import asked
from gateway.router.rules.recipient import focus_changes, focus_changes_at_the_end, recipient
from gateway.router.rules.windows import need_window
from gateway.router.state.rows import Rows


def claim(rows: Rows, me: Operator, command: c.Claim) -> list[e.Event]:
    """The first press in the inbox's order wins; later ones hear who has it."""
    dialog = still_open(rows, me, command.dialog)
    if dialog.owner == me.id:
        raise Refuse(Refusal.ALREADY_YOURS, dialog)
    if dialog.owner is not None:
        raise Refuse(Refusal.TAKEN, dialog)
    need_fresh(dialog, command.version)
    return [*taken(dialog, me), *accepted(command, "claim")]


def decline(rows: Rows, me: Operator, command: c.Decline) -> list[e.Event]:
    """Hides the card from this operator; in the queue "all at once" nothing else changes."""
    dialog = still_open(rows, me, command.dialog)
    if dialog.owner is not None:
        raise Refuse(Refusal.ALREADY_YOURS if dialog.owner == me.id else Refusal.TAKEN, dialog)
    need_fresh(dialog, command.version)
    return [e.DialogDeclined(dialog=dialog.id, operator=me.id), *accepted(command, "decline")]


def close(rows: Rows, me: Operator, command: c.Close, now: int) -> list[e.Event]:
    """The owner finishes a dialog; supervisors and admins anybody's. Where it is not plain which, the bot asks."""
    # One that is named and finished already is not taken for what its client has written since.
    dialog = still_open(rows, me, command.dialog) if command.dialog is not None else recipient(rows, me, command)
    if dialog is None:
        return asked(rows, me, command, now, purpose=Purpose.CLOSE, message=Message())
    need_owner(dialog, me)
    if command.version is not None:
        need_fresh(dialog, command.version)
    closed = e.DialogClosed(
        dialog=dialog.id,
        reason=CloseReason.OPERATOR,
        operator=me.id,
        origin=command.origin if command.press is None else None,
    )
    return [*focus_changes_at_the_end(me, dialog, command), closed, *accepted(command, "close")]


def block(rows: Rows, me: Operator, command: c.Block) -> list[e.Event]:
    """Stops the contact at intake and closes their dialog; others' dialogs only for supervisors and admins."""
    dialog = served(rows, me, command.dialog)
    contact = contact_of(rows, dialog)
    if contact.blocked:
        raise Refuse(Refusal.BLOCKED, dialog)
    current = rows.open_dialog(contact)
    if current is not None:
        if current.owner is not None:
            need_owner(current, me)
        if current.id == dialog.id:
            need_fresh(dialog, command.version)
    events: list[e.Event] = [
        e.ContactBlocked(dialog=dialog.id, account=dialog.account, contact=contact.id, operator=me.id)
    ]
    if current is not None:
        events.append(e.DialogClosed(dialog=current.id, reason=CloseReason.BLOCKED, operator=me.id))
    return [*events, *accepted(command, "block")]


def unblock(rows: Rows, me: Operator, command: c.Unblock) -> list[e.Event]:
    dialog = served(rows, me, command.dialog)
    contact = contact_of(rows, dialog)
    if not contact.blocked:
        raise Refuse(Refusal.NOT_BLOCKED, dialog)
    return [
        e.ContactUnblocked(dialog=dialog.id, account=dialog.account, contact=contact.id, operator=me.id),
        *accepted(command, "unblock"),
    ]


def write_again(rows: Rows, me: Operator, command: c.WriteAgain, now: int) -> list[e.Event]:
    """A new dialog with the client of a closed one, owned by who asks; the client hears nothing yet."""
    dialog = served(rows, me, command.dialog)
    events = reopened(rows, me, dialog)
    need_window(contact_of(rows, dialog), dialog, now)
    return [*events, *accepted(command, "write_again")]


def reopened(rows: Rows, me: Operator, dialog: Dialog) -> list[e.Event]:
    """A new dialog with the dialog's client, the current one of who opens it. Raises Refuse."""
    contact = contact_of(rows, dialog)
    current = rows.open_dialog(contact)
    if current is not None:
        raise Refuse(Refusal.ALREADY_YOURS if current.owner == me.id else Refusal.OPEN_ELSEWHERE, current)
    if contact.blocked:
        raise Refuse(Refusal.BLOCKED, dialog)
    if not contact.reachable:
        raise Refuse(Refusal.UNREACHABLE, dialog)
    opened = e.DialogOpened(
        dialog=dialog_id(rows.number + 1),
        line=dialog.line,
        account=dialog.account,
        contact=contact.id,
        client=contact.profile.name,
        profile=contact.profile,
        owner=me.id,
        parent=dialog.id,
        visit=contact.listing,
        nth=contact.next_dialog,
        former=contact.last_owner,
    )
    return [opened, e.FocusChanged(operator=me.id, dialog=opened.dialog, client=opened.client)]


def focus(rows: Rows, me: Operator, command: c.Focus) -> list[e.Event]:
    dialog = still_open(rows, me, command.dialog)
    if dialog.owner != me.id:
        raise Refuse(Refusal.UNCLAIMED if dialog.owner is None else Refusal.NOT_YOURS, dialog)
    changed = e.FocusChanged(operator=me.id, dialog=dialog.id, client=dialog.client)
    return [changed, *accepted(command, "focus")]


def add_note(rows: Rows, me: Operator, command: c.AddNote, now: int) -> list[e.Event]:
    """A hidden note: changes no state, leaves nothing in any outbox of a client. A finished dialog takes one too."""
    dialog = served(rows, me, command.dialog) if command.dialog is not None else recipient(rows, me, command)
    if not command.text:
        raise Refuse(Refusal.EMPTY, dialog)
    if dialog is None:
        return asked(rows, me, command, now, purpose=Purpose.NOTE, message=Message(text=command.text))
    return [
        e.NoteAdded(
            dialog=dialog.id,
            id=message_id(dialog.id, dialog.messages + 1),
            operator=me.id,
            text=command.text,
            origin=command.origin,
        ),
        *(focus_changes(me, dialog) if command.dialog is not None else ()),
    ]


def taken(dialog: Dialog, me: Operator) -> list[e.Event]:
    """The dialog is this operator's from now on, and the current one; whoever had it has it no more."""
    claimed = e.DialogClaimed(
        dialog=dialog.id,
        operator=me.id,
        backlog=dialog.backlog if dialog.owner is None else dialog.unanswered,
        cut=dialog.backlog_cut if dialog.owner is None else dialog.unanswered_cut,
        reads=dialog.unread,
        former=dialog.owner,
    )
    return [claimed, e.FocusChanged(operator=me.id, dialog=dialog.id, client=dialog.client)]
