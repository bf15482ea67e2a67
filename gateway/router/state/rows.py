"""The working set: rows loaded for a batch, changed by events, and which of them changed.

It does no I/O. The owner fills it, `decide` reads it, `evolve` is the only one that puts rows back.
"""

from collections.abc import Mapping

from gateway.model.abilities import Abilities
from gateway.model.ids import (
    AccountId,
    ContactId,
    DialogId,
    LineId,
    MessageId,
    NativeId,
    OperatorId,
    SentId,
    message_of_sent,
)
from gateway.model.messages import Message
from gateway.model.state import Contact, Dialog, Invite, Line, Operator, Templates

ContactKey = tuple[AccountId, ContactId]
NativeKey = tuple[AccountId, ContactId, NativeId]
OriginalKey = tuple[AccountId, ContactId, MessageId]
HOPS = 4
"""A signpost may point at a signpost; more than a few of them nobody leaves behind."""
PageKey = int
"""The number that a page of dialogs begins behind."""


class Rows:
    """What `decide` may look at. A contact or dialog that is absent does not exist (any more)."""

    def __init__(
        self, staff: AccountId, number: int = 0, abilities: Mapping[AccountId, Abilities] | None = None
    ) -> None:
        self.staff = staff
        """The operators' bot's account."""
        self.abilities: Mapping[AccountId, Abilities] = abilities or {}
        """What the accounts' channels can carry."""
        self.dialogs: dict[DialogId, Dialog] = {}
        self.contacts: dict[ContactKey, Contact] = {}
        self.operators: dict[OperatorId, Operator] = {}
        self.lines: dict[LineId, Line] = {}
        self.waiting: dict[LineId, dict[DialogId, int]] = {}
        """Each line's queue: open dialogs that nobody has, and since when they stand there."""
        self.invites: dict[str, Invite] = {}
        self.templates: dict[AccountId, Templates] = {}
        self.natives: dict[NativeKey, SentId] = {}
        """What the vendors' message ids stand for, as far as this batch needs them."""
        self.originals: dict[OriginalKey, NativeId] = {}
        """The other way round: the vendor's id of a message that came in, at a client's or in an operator's chat."""
        self.said: dict[MessageId, Message] = {}
        """What clients' messages say that this batch edits, as far as that is remembered."""
        self.pages: dict[PageKey, tuple[DialogId, ...]] = {}
        """Open dialogs behind a number, the next page of them, whatever their line."""
        self.number = number
        """The last dialog's number."""

    def open_dialog(self, contact: Contact | None) -> Dialog | None:
        """The contact's open dialog, if there is one."""
        if contact is None or contact.dialog is None:
            return None
        dialog = self.dialogs.get(contact.dialog)
        return dialog if dialog is not None and dialog.is_open else None

    def queue(self, line: LineId) -> dict[DialogId, int]:
        """The line's queue."""
        return self.waiting.setdefault(line, {})

    def put_dialog(self, dialog: Dialog) -> None:
        """Puts a dialog's row back, and keeps its line's queue right."""
        before = self.dialogs.get(dialog.id)
        self.dialogs[dialog.id] = dialog
        if before is not None and before.line != dialog.line:
            self.queue(before.line).pop(dialog.id, None)
        since = dialog.queued_since
        if since is None:
            self.queue(dialog.line).pop(dialog.id, None)
        else:
            self.queue(dialog.line)[dialog.id] = since

    def know(self, account: AccountId, contact: ContactId, native: NativeId, message: MessageId) -> None:
        """Remembers which message this one is, both ways."""
        self.natives[(account, contact, native)] = SentId(message)
        self.originals[(account, contact, message)] = native

    def forget_natives(self) -> None:
        """Lets the map go, and what the messages say: the next batch needs others."""
        self.natives, self.originals, self.said = {}, {}, {}

    def evict(self, most: int) -> None:
        """Makes room for a batch's rows: more than `most` contacts or dialogs of those before do not stay."""
        if len(self.dialogs) > most or len(self.contacts) > most:
            self.dialogs, self.contacts = {}, {}
        self.invites, self.templates, self.pages = {}, {}, {}

    def message_known_as(self, account: AccountId, contact: ContactId, native: NativeId) -> MessageId | None:
        """Our id of a message that the vendor calls `native`; None if nobody remembers it."""
        row = self.contacts.get((account, contact))
        for one in (contact, *(() if row is None else row.former)):
            sent = self.natives.get((account, one, native))
            if sent is not None:
                return message_of_sent(sent)
        return None

    def abilities_of(self, dialog: Dialog) -> Abilities:
        """What the dialog's channel can carry; anything, where it is not known."""
        return self.abilities.get(dialog.account) or Abilities()

    def owner_of(self, dialog: Dialog) -> Operator | None:
        """Who has the dialog."""
        return None if dialog.owner is None else self.operators.get(dialog.owner)

    def line_of(self, dialog: Dialog) -> Line:
        """The dialog's line; one whose settings vanished keeps the default rules."""
        return self.lines.get(dialog.line) or Line(id=dialog.line, title=dialog.line)


def followed(rows: Rows, account: AccountId, contact: ContactId) -> ContactId:
    """Who this contact is now."""
    for _ in range(HOPS):
        row = rows.contacts.get((account, contact))
        if row is None or row.now is None:
            break
        contact = row.now
    return contact


class Changes:
    """Which rows a batch touched, for `plan`: keys only, the rows stand in `Rows`."""

    def __init__(self) -> None:
        self.dialogs: dict[DialogId, Dialog | None] = {}
        """As they were before the batch."""
        self.contacts: set[ContactKey] = set()
        self.operators: set[OperatorId] = set()
        self.lines: set[LineId] = set()
        self.invites: set[str] = set()
        self.templates: set[AccountId] = set()
        self.number: int | None = None
