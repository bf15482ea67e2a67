"""One journal entry's access to the archive's rows, and the rows of one batch. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
)
from gateway.archive.wanted import ContactKey, NativeKey
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, LineId, MessageId, OperatorId
from gateway.model.messages import Message, Profile, Visit
from gateway.model.state import Dialog


@dataclass
class ArchiveRows:
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
    moves: list[tuple[AccountId, ContactId, ContactId]] = field(default_factory=list)
    """Contacts that go on under another id: whose dialogs, from which id, to which."""


class Entry:
    """One journal entry's access to the rows; `dialog` is its dialog's row, already brought up to date."""

    def __init__(self, rows: ArchiveRows, seq: int, recorded: e.Recorded) -> None:
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
        row.contact = now.contact
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
        row.email = profile.email or row.email
        if profile.consent is not None:
            row.consent_at, row.consent_policy = profile.consent.at, profile.consent.policy
        return row

    def visit(self, visit: Visit | None) -> None:
        """The first page is kept; later ones stand in the journal."""
        row = self.dialog
        if row is not None and visit is not None and row.visit_url is None:
            title = " · ".join(filter(None, (visit.title, visit.price, visit.city))) or None
            row.visit_url, row.visit_title, row.visit_referrer = visit.url, title, visit.referrer
