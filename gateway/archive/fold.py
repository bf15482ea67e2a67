"""What journal entries make of the archive's rows. Pure, and total: an event about rows that are not there changes
nothing but the journal.

`wanted` says which rows a batch needs, the writer loads them into `Rows`, and `fold` changes them entry by entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from gateway.archive.rows import (
    ContactRow,
    DialogRow,
    JournalRow,
    LineRow,
    MessageRow,
    OperatorRow,
    OrphanEditRow,
    UnreadableRow,
    VersionRow,
    join_names,
    split_message,
)
from gateway.archive.wanted import ContactKey, NativeKey
from gateway.model import events as e
from gateway.model.codec import encode
from gateway.model.commands import Role
from gateway.model.ids import AccountId, ContactId, LineId, MessageId, OperatorId
from gateway.model.messages import FileState, Media, Message, Profile
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog


@dataclass
class Rows:
    """The rows of one batch: what was loaded, what was made of it, and what is new."""

    channels: Mapping[AccountId, str] = field(default_factory=dict)
    """Which messenger an account is of, by the settings."""
    dialogs: dict[int, DialogRow] = field(default_factory=dict)
    messages: dict[MessageId, MessageRow] = field(default_factory=dict)
    natives: dict[NativeKey, MessageId] = field(default_factory=dict)
    """Found by the vendor's id: what an edit without our id is about. These stand in `messages` too."""
    contacts: dict[ContactKey, ContactRow] = field(default_factory=dict)
    operators: dict[OperatorId, OperatorRow] = field(default_factory=dict)
    lines: dict[LineId, LineRow] = field(default_factory=dict)
    journal: list[JournalRow] = field(default_factory=list)
    unreadable: list[UnreadableRow] = field(default_factory=list)
    versions: list[VersionRow] = field(default_factory=list)
    orphan_edits: list[OrphanEditRow] = field(default_factory=list)


class _Entry:
    """One journal entry's access to the rows; `dialog` is its dialog's row, already brought up to date."""

    def __init__(self, rows: Rows, seq: int, recorded: e.Recorded) -> None:
        self.rows, self.seq, self.at = rows, seq, recorded.at
        self.waited_since: int | None = None
        """Since when the client waited before this entry."""
        self.dialog = self._dialog(recorded.dialog)

    def _dialog(self, now: Dialog | None) -> DialogRow | None:
        """What can be read off the router's own row is; only sums are ours."""
        if now is None:
            return None
        number = int(now.id)
        row = self.rows.dialogs.get(number)
        if row is None:
            row = self.rows.dialogs[number] = DialogRow(
                number=number,
                line=now.line,
                account=now.account,
                channel=self.rows.channels.get(now.account),
                contact=now.contact,
                client=now.client,
                parent=None if now.parent is None else int(now.parent),
                state=now.state.value,
                opened_at=now.opened_at,
            )
        self.waited_since = row.waiting_since
        row.line, row.client, row.state, row.owner = now.line, now.client, now.state.value, now.owner
        row.waiting_since, row.first_reply_at, row.closed_at = now.waiting_since, now.first_reply_at, now.closed_at
        row.reason = None if now.reason is None else now.reason.value
        if row.claimed_at is None and now.claimed_at is not None:
            row.claimed_at, row.claimed_by = now.claimed_at, now.owner
        return row

    def add_message(self, row: MessageRow, message: Message) -> None:
        row.message = message
        self.rows.messages[row.id] = row

    def change_message(self, identity: MessageId | None) -> MessageRow | None:
        return None if identity is None else self.rows.messages.get(identity)

    def edit(self, row: MessageRow, message: Message) -> None:
        """Keeps what the message said until now, and says the new."""
        self.rows.versions.append(VersionRow(self.seq, row.id, self.at, row.text, row.content))
        row.message, row.edited_at = message, self.at

    def contact(self, account: AccountId, contact: ContactId) -> ContactRow | None:
        return self.rows.contacts.get((account, contact))

    def meet(self, account: AccountId, contact: ContactId, profile: Profile) -> ContactRow:
        """The contact's row with what the channel now tells of them."""
        key = (account, contact)
        row = self.rows.contacts.get(key)
        if row is None:
            row = ContactRow(account=account, id=contact, name=profile.name, first_seen_at=self.at)
            self.rows.contacts[key] = row
        row.name, row.username, row.language = profile.name, profile.username, profile.language
        row.phone, row.link = profile.phone or row.phone, profile.link
        return row


def fold(rows: Rows, seq: int, recorded: e.Recorded) -> None:
    """Takes one journal entry into the rows."""
    event = recorded.event
    kind = type(event)
    handler = HANDLERS.get(kind)
    entry = _Entry(rows, seq, recorded)
    if handler is not None:
        handler(entry, event)
    rows.journal.append(
        JournalRow(
            seq,
            recorded.at,
            str(kind.__struct_config__.tag),
            recorded.line,
            None if entry.dialog is None else entry.dialog.number,
            getattr(event, "operator", None),
            encode(replace(recorded, dialog=None)).decode(),
        )
    )


def _opened(entry: _Entry, event: e.DialogOpened) -> None:
    entry.meet(event.account, event.contact, event.profile).reachable = True
    if entry.dialog is not None:
        entry.dialog.start, entry.dialog.opened_by = event.start, event.owner


def _started(entry: _Entry, event: e.ContactStarted) -> None:
    entry.meet(event.account, event.contact, event.profile).reachable = True


def _profile(entry: _Entry, event: e.ProfileChanged) -> None:
    entry.meet(event.account, event.contact, event.profile)


def _received(entry: _Entry, event: e.MessageReceived) -> None:
    row = MessageRow(
        id=event.id,
        seq=entry.seq,
        dialog=int(event.dialog),
        side="client",
        at=entry.at,
        text="",
        content="",
        native=event.message.native or None,
    )
    entry.add_message(row, event.message)
    if entry.dialog is not None:
        entry.rows.natives[(entry.dialog.account, entry.dialog.contact, event.message.native)] = event.id
        entry.dialog.client_messages += 1
        entry.dialog.last_message_at = entry.at


def _edited(entry: _Entry, event: e.MessageEdited) -> None:
    native = event.message.native
    row = entry.change_message(event.id or entry.rows.natives.get((event.account, event.contact, native)))
    if row is not None:
        entry.edit(row, event.message)
        return
    entry.rows.orphan_edits.append(
        OrphanEditRow(entry.seq, event.account, event.contact, native, entry.at, *split_message(event.message))
    )


def _deleted(entry: _Entry, event: e.MessageDeleted) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.deleted_at = entry.at


def _reaction(entry: _Entry, event: e.ReactionChanged) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.reactions = join_names(event.emojis) or None


def _stored(entry: _Entry, event: e.AttachmentStored) -> None:
    _mark(entry, event, state=FileState.STORED, size=event.size, mime=event.mime)


def _failed(entry: _Entry, event: e.AttachmentFailed) -> None:
    _mark(entry, event, state=FileState.FAILED, problem=event.problem)


def _mark(entry: _Entry, event: e.AttachmentStored | e.AttachmentFailed, **changed: Any) -> None:  # noqa: ANN401
    row = entry.change_message(event.message)
    if row is None:
        return
    message = row.message
    row.message = replace(
        message,
        attachments=tuple(
            replace(one, **changed) if isinstance(one, Media) and one.file == event.file else one
            for one in message.attachments
        ),
    )


def _closed(entry: _Entry, event: e.DialogClosed) -> None:
    if entry.dialog is not None:
        entry.dialog.closed_by = event.operator


def _reply(entry: _Entry, event: e.ReplyAccepted) -> None:
    row = MessageRow(
        id=event.id,
        seq=entry.seq,
        dialog=int(event.dialog),
        side="operator",
        operator=event.operator,
        at=entry.at,
        text="",
        content="",
        status=DeliveryStatus.QUEUED.value,
    )
    entry.add_message(row, event.message)
    dialog = entry.dialog
    if dialog is None:
        return
    dialog.operator_messages += 1
    dialog.last_message_at = entry.at
    dialog.first_reply_by = dialog.first_reply_by or event.operator
    if entry.waited_since is not None:
        took = max(entry.at - entry.waited_since, 0)
        dialog.answers += 1
        dialog.answers_ms += took
        dialog.longest_answer_ms = max(dialog.longest_answer_ms, took)


def _released(entry: _Entry, event: e.ReplyReleased) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.message = event.message


def _reply_edited(entry: _Entry, event: e.ReplyEdited) -> None:
    """An operator corrects words; the files of the message stay what they were."""
    row = entry.change_message(event.id)
    if row is not None:
        entry.edit(row, replace(row.message, text=event.message.text, entities=event.message.entities))


def _delivery(entry: _Entry, event: e.DeliveryChanged) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.status, row.problem = event.status.value, event.problem


def _note(entry: _Entry, event: e.NoteAdded) -> None:
    row = MessageRow(
        id=event.id,
        seq=entry.seq,
        dialog=int(event.dialog),
        side="note",
        operator=event.operator,
        at=entry.at,
        text="",
        content="",
    )
    entry.add_message(row, Message(text=event.text))
    if entry.dialog is not None:
        entry.dialog.notes += 1


def _blocked(entry: _Entry, event: e.ContactBlocked | e.ContactUnblocked) -> None:
    row = entry.contact(event.account, event.contact)
    if row is not None:
        row.blocked = isinstance(event, e.ContactBlocked)


def _reach(entry: _Entry, event: e.ReachChanged) -> None:
    row = entry.contact(event.account, event.contact)
    if row is not None:
        row.reachable = event.reachable


def _entered(entry: _Entry, event: e.OperatorEntered) -> None:
    known = entry.rows.operators.get(event.operator)
    entry.rows.operators[event.operator] = OperatorRow(
        id=event.operator,
        name=event.name,
        role=event.role.value,
        lines=join_names(event.lines),
        language=event.language,
        entered_at=(known.entered_at if known is not None else None) or entry.at,
        on_duty=known is not None and known.on_duty,
    )


def _gone(entry: _Entry, event: e.OperatorGone) -> None:
    row = entry.rows.operators.get(event.operator)
    if row is not None:
        row.gone = event.gone


def _admin(entry: _Entry, event: e.AdminConfigured) -> None:
    row = entry.rows.operators.setdefault(event.operator, OperatorRow(id=event.operator, name="", role=""))
    row.role, row.lines = Role.ADMIN.value, ""


def _duty(entry: _Entry, event: e.DutyChanged) -> None:
    row = entry.rows.operators.get(event.operator)
    if row is not None:
        row.on_duty = event.on


def _line(entry: _Entry, event: e.LineConfigured) -> None:
    entry.rows.lines[event.line.id] = LineRow(event.line.id, event.line.title)


HANDLERS: Mapping[type[Any], Callable[[_Entry, Any], None]] = {
    e.DialogOpened: _opened,
    e.ContactStarted: _started,
    e.ProfileChanged: _profile,
    e.MessageReceived: _received,
    e.MessageEdited: _edited,
    e.MessageDeleted: _deleted,
    e.ReactionChanged: _reaction,
    e.AttachmentStored: _stored,
    e.AttachmentFailed: _failed,
    e.DialogClosed: _closed,
    e.ReplyAccepted: _reply,
    e.ReplyReleased: _released,
    e.ReplyEdited: _reply_edited,
    e.DeliveryChanged: _delivery,
    e.NoteAdded: _note,
    e.ContactBlocked: _blocked,
    e.ContactUnblocked: _blocked,
    e.ReachChanged: _reach,
    e.OperatorEntered: _entered,
    e.OperatorGone: _gone,
    e.AdminConfigured: _admin,
    e.DutyChanged: _duty,
    e.LineConfigured: _line,
}

JOURNAL_ONLY: tuple[type[Any], ...] = (
    e.DialogClaimed,  # the dialog's picture says it all
    e.DialogDeclined,
    e.AccountParked,
    e.AccountResumed,
    e.NoticeRaised,
    e.InviteMade,
    e.InviteUsed,
    e.FocusChanged,
    e.TargetAsked,
    e.TargetChosen,
    e.ViewAsked,
    e.CommandRefused,
    e.PressAccepted,
)
"""Events that change no other row than their own in the journal."""
