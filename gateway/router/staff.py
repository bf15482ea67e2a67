"""What operators do with dialogs: pure rules from a staff command and the rows to events.

A refusal is an event too, with a reason that the bot has a sentence for. `now` is the moment in the entry's id;
of two commands in one inbox the first in its order wins, and there is no other race.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.events import Refusal
from gateway.model.ids import DialogId, dialog_id, dialog_of, message_id
from gateway.model.messages import Message, Origin, ReplyTo, Unsupported
from gateway.model.state import CloseReason, Contact, Dialog, Operator
from gateway.router.contacts import with_files
from gateway.router.rows import Rows

AMBIGUOUS_MS = 15_000
"""After a change of the current dialog the bot asks whom a text is for: it may have been typed for the former one."""

_SENIOR = (Role.SUPERVISOR, Role.ADMIN)


class Refuse(Exception):
    """Ends a decision: nothing changes, the operator is told why."""

    def __init__(self, why: Refusal, dialog: Dialog | None = None, *, detail: str | None = None) -> None:
        super().__init__(why)
        self.why, self.dialog, self.detail = why, dialog, detail


def claim(rows: Rows, me: Operator, command: c.Claim) -> list[e.Event]:
    """The first press in the inbox's order wins; later ones hear who has it."""
    dialog = _open(rows, me, command.dialog)
    if dialog.owner == me.id:
        raise Refuse(Refusal.ALREADY_YOURS, dialog)
    if dialog.owner is not None:
        raise Refuse(Refusal.TAKEN, dialog)
    _fresh(dialog, command.version)
    return [*_claimed(dialog, me), *_accepted(command, "claim")]


def decline(rows: Rows, me: Operator, command: c.Decline) -> list[e.Event]:
    """Hides the card from this operator; in the queue "all at once" nothing else changes."""
    dialog = _open(rows, me, command.dialog)
    if dialog.owner is not None:
        raise Refuse(Refusal.ALREADY_YOURS if dialog.owner == me.id else Refusal.TAKEN, dialog)
    _fresh(dialog, command.version)
    return [e.DialogDeclined(dialog=dialog.id, operator=me.id), *_accepted(command, "decline")]


def close(rows: Rows, me: Operator, command: c.Close) -> list[e.Event]:
    """The owner finishes a dialog; supervisors and admins anybody's."""
    dialog = _open(rows, me, command.dialog)
    _mine_or_senior(dialog, me)
    _fresh(dialog, command.version)
    closed = e.DialogClosed(dialog=dialog.id, reason=CloseReason.OPERATOR, operator=me.id)
    return [closed, *_accepted(command, "close")]


def block(rows: Rows, me: Operator, command: c.Block) -> list[e.Event]:
    """Stops the contact at intake and closes their dialog; others' dialogs only for supervisors and admins."""
    dialog = _served(rows, me, command.dialog)
    contact = _contact(rows, dialog)
    if contact.blocked:
        raise Refuse(Refusal.BLOCKED, dialog)
    current = rows.open_dialog(contact)
    if current is not None:
        if current.owner is not None:
            _mine_or_senior(current, me)
        if current.id == dialog.id:
            _fresh(dialog, command.version)
    events: list[e.Event] = [
        e.ContactBlocked(dialog=dialog.id, account=dialog.account, contact=dialog.contact, operator=me.id)
    ]
    if current is not None:
        events.append(e.DialogClosed(dialog=current.id, reason=CloseReason.BLOCKED, operator=me.id))
    return [*events, *_accepted(command, "block")]


def unblock(rows: Rows, me: Operator, command: c.Unblock) -> list[e.Event]:
    dialog = _served(rows, me, command.dialog)
    if not _contact(rows, dialog).blocked:
        raise Refuse(Refusal.NOT_BLOCKED, dialog)
    return [
        e.ContactUnblocked(dialog=dialog.id, account=dialog.account, contact=dialog.contact, operator=me.id),
        *_accepted(command, "unblock"),
    ]


def write_again(rows: Rows, me: Operator, command: c.WriteAgain) -> list[e.Event]:
    """A new dialog with the client of a closed one, owned by who asks; the client hears nothing yet."""
    dialog = _served(rows, me, command.dialog)
    contact = _contact(rows, dialog)
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
        contact=dialog.contact,
        client=contact.profile.name,
        profile=contact.profile,
        owner=me.id,
        parent=dialog.id,
    )
    focus = e.FocusChanged(operator=me.id, dialog=opened.dialog, client=opened.client)
    return [opened, focus, *_accepted(command, "write_again")]


def focus(rows: Rows, me: Operator, command: c.Focus) -> list[e.Event]:
    dialog = _open(rows, me, command.dialog)
    if dialog.owner != me.id:
        raise Refuse(Refusal.UNCLAIMED if dialog.owner is None else Refusal.NOT_YOURS, dialog)
    changed = e.FocusChanged(operator=me.id, dialog=dialog.id, client=dialog.client)
    return [changed, *_accepted(command, "focus")]


def reply(rows: Rows, me: Operator, command: c.Reply, now: int) -> list[e.Event]:
    """Words to a client: by reply-to, to the current dialog, or the bot asks where it is not plain."""
    quoted = None if command.answers is None else ReplyTo(message=command.answers)
    message = replace(_sayable(command.message), reply_to=quoted)
    if command.dialog is not None:
        return _say(rows, me, _open(rows, me, command.dialog), message, command.origin)
    if not me.dialogs:
        raise Refuse(Refusal.NO_CURRENT)
    former = rows.dialogs.get(me.former) if me.former is not None else None
    doubtful = former is not None and former.is_open and now - me.changed_at < AMBIGUOUS_MS
    if me.current is not None and not doubtful:
        return _say(rows, me, _open(rows, me, me.current), message, command.origin)
    if command.origin is None:
        raise Refuse(Refusal.NO_CURRENT)
    return [
        e.TargetAsked(
            operator=me.id,
            ask=command.origin.native,
            message=message,
            origin=command.origin,
            choices=_choices(rows, me),
        )
    ]


def choose(rows: Rows, me: Operator, command: c.Choose) -> list[e.Event]:
    """The answer to "whom is this for?"; choosing makes that dialog the current one."""
    waiting = next((one for one in me.asks if one.ask == command.ask), None)
    if waiting is None:
        raise Refuse(Refusal.ASK_GONE)
    if command.dialog is None:
        return [e.TargetChosen(operator=me.id, ask=command.ask), *_accepted(command, "drop")]
    dialog = _open(rows, me, command.dialog)
    if dialog.owner != me.id:
        raise Refuse(Refusal.NOT_YOURS, dialog)
    focused = e.FocusChanged(operator=me.id, dialog=dialog.id, client=dialog.client, plain=True)
    said = _say(rows, me, dialog, waiting.message, waiting.origin)
    chosen = e.TargetChosen(operator=me.id, ask=command.ask, dialog=dialog.id, client=dialog.client)
    return [chosen, focused, *said, *_accepted(command, "choose")]


def edit_reply(rows: Rows, me: Operator, command: c.EditReply) -> list[e.Event]:
    """The operator corrected their own words: the client's copy is corrected too."""
    if command.message_id is None:
        asked = next((one for one in me.asks if command.origin is not None and one.origin == command.origin), None)
        raise Refuse(Refusal.NOT_OURS if asked is None else Refusal.ASK_GONE)
    dialog = _open(rows, me, dialog_of(command.message_id))
    message = replace(_sayable(command.message), reply_to=None)
    return [e.ReplyEdited(dialog=dialog.id, id=command.message_id, operator=me.id, message=message)]


def add_note(rows: Rows, me: Operator, command: c.AddNote) -> list[e.Event]:
    """A hidden note: changes no state, leaves nothing in any outbox of a client."""
    number = command.dialog or me.current
    if number is None:
        raise Refuse(Refusal.NO_CURRENT)
    dialog = _served(rows, me, number)
    if not command.text:
        raise Refuse(Refusal.EMPTY, dialog)
    return [
        e.NoteAdded(
            dialog=dialog.id,
            id=message_id(dialog.id, dialog.messages + 1),
            operator=me.id,
            text=command.text,
            origin=command.origin,
        )
    ]


def look(rows: Rows, me: Operator, command: c.Look) -> list[e.Event]:
    if command.view is c.View.INVITE and me.role is not Role.ADMIN:
        raise Refuse(Refusal.FORBIDDEN)
    if command.dialog is not None:
        _served(rows, me, command.dialog)
    asked = e.ViewAsked(
        operator=me.id, view=command.view, dialog=command.dialog, page=command.page, origin=command.origin
    )
    return [asked, *_accepted(command, "look")]


def _say(rows: Rows, me: Operator, dialog: Dialog, message: Message, origin: Origin | None) -> list[e.Event]:
    if dialog.owner not in (me.id, None):
        raise Refuse(Refusal.TAKEN, dialog)
    contact = rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and not contact.reachable:
        raise Refuse(Refusal.UNREACHABLE, dialog)
    identity = message_id(dialog.id, dialog.messages + 1)
    message = with_files(message, identity)
    accepted = e.ReplyAccepted(
        dialog=dialog.id,
        id=identity,
        operator=me.id,
        message=message,
        origin=origin,
        held=bool(message.media or dialog.held),
    )
    return [accepted] if dialog.owner is not None else [*_claimed(dialog, me), accepted]


def _claimed(dialog: Dialog, me: Operator) -> list[e.Event]:
    taken = e.DialogClaimed(dialog=dialog.id, operator=me.id, backlog=dialog.backlog, cut=dialog.backlog_cut)
    return [taken, e.FocusChanged(operator=me.id, dialog=dialog.id, client=dialog.client)]


def _sayable(message: Message) -> Message:
    """The message, if a client can be told it.

    Raises:
        Refuse: it is empty, or holds something that cannot be passed on.
    """
    strange = next((one for one in message.attachments if isinstance(one, Unsupported)), None)
    if strange is not None:
        raise Refuse(Refusal.CANNOT_SEND_KIND, detail=strange.of)
    if not message.text.strip() and not message.attachments:
        raise Refuse(Refusal.EMPTY)
    return replace(message, forwarded_from=None, buttons=())


def _choices(rows: Rows, me: Operator) -> tuple[tuple[DialogId, str], ...]:
    mine: Sequence[DialogId] = me.dialogs[-8:]
    return tuple((one, rows.dialogs[one].client) for one in mine if one in rows.dialogs)


def _served(rows: Rows, me: Operator, number: DialogId) -> Dialog:
    dialog = rows.dialogs.get(number)
    if dialog is None:
        raise Refuse(Refusal.UNKNOWN_DIALOG, detail=number)
    if not me.serves(dialog.line) and dialog.owner != me.id:
        raise Refuse(Refusal.NOT_YOUR_LINE, dialog)
    return dialog


def _open(rows: Rows, me: Operator, number: DialogId) -> Dialog:
    dialog = _served(rows, me, number)
    if not dialog.is_open:
        raise Refuse(Refusal.CLOSED, dialog)
    return dialog


def _contact(rows: Rows, dialog: Dialog) -> Contact:
    contact = rows.contacts.get((dialog.account, dialog.contact))
    if contact is None:
        raise Refuse(Refusal.UNKNOWN_DIALOG, dialog)
    return contact


def _fresh(dialog: Dialog, version: int) -> None:
    if dialog.version != version:
        raise Refuse(Refusal.STALE, dialog)


def _mine_or_senior(dialog: Dialog, me: Operator) -> None:
    if dialog.owner == me.id or me.role in _SENIOR:
        return
    raise Refuse(Refusal.UNCLAIMED if dialog.owner is None else Refusal.NOT_YOURS, dialog)


def _accepted(command: c.Staff, what: str) -> list[e.Event]:
    if command.press is None:
        return []
    dialog: DialogId | None = getattr(command, "dialog", None)
    return [e.PressAccepted(operator=command.operator, press=command.press, command=what, dialog=dialog)]
