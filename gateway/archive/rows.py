"""The archive's rows while a batch is folded: mutable, one field a column. Pure data; what they mean is told here.

A row is what the journal made of it, so an archive can be compared with its journal at any time.
Moments are milliseconds since the epoch; `payload` and `content` are in the codec's form, version and all.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.codec import decode, encode
from gateway.model.ids import AccountId, ContactId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message


class JournalRow(Struct):
    """One journal entry, as it happened. `payload` is the entry without its picture of the dialog."""

    seq: int
    at: int
    kind: str
    line: LineId | None
    dialog: int | None
    operator: OperatorId | None
    payload: str


class UnreadableRow(Struct):
    """An entry that could not be written, kept for whoever mends the reason."""

    seq: int
    payload: bytes
    reason: str
    set_aside_at: int


class DialogRow(Struct, kw_only=True):
    """One enquiry, for the list and the statistics."""

    number: int
    line: LineId
    account: AccountId
    channel: str | None = None
    contact: ContactId
    client: str
    start: str | None = None
    """Payload of the link that brought the client."""
    visit_url: str | None = None
    """The page of the site that they wrote from first, its title, and what brought them there."""
    visit_title: str | None = None
    visit_referrer: str | None = None
    parent: int | None = None
    state: str
    owner: OperatorId | None = None
    opened_at: int
    opened_by: OperatorId | None = None
    """Set where an operator wrote first."""
    claimed_at: int | None = None
    """The first claim; `owner` is the last one's."""
    claimed_by: OperatorId | None = None
    first_reply_at: int | None = None
    first_reply_by: OperatorId | None = None
    """Who the dialog counts for, even if it is transferred later."""
    last_message_at: int | None = None
    waiting_since: int | None = None
    """The client's first word that nobody has answered yet."""
    closed_at: int | None = None
    closed_by: OperatorId | None = None
    """None where a timer closed it."""
    reason: str | None = None
    client_messages: int = 0
    operator_messages: int = 0
    notes: int = 0
    answers: int = 0
    """How many times an operator ended the client's waiting, and how long that took in all and at worst."""
    answers_ms: int = 0
    longest_answer_ms: int = 0


class MessageRow(Struct, kw_only=True):
    """One message of either side, as it is now. `seq` is the journal entry that brought it, and its place."""

    id: MessageId
    seq: int
    dialog: int
    side: str
    """`client`, `operator` or `note`."""
    operator: OperatorId | None = None
    at: int
    text: str
    content: str
    """The message without its text: entities, attachments, quote, album."""
    attachments: int = 0
    """How many; for the list."""
    native: NativeId | None = None
    status: str | None = None
    """Of an operator's words: a DeliveryStatus."""
    problem: str | None = None
    edited_at: int | None = None
    deleted_at: int | None = None
    reactions: str | None = None
    """The client's emojis, with spaces between."""
    our_reaction: str | None = None
    """The operator's emoji on a client's message."""

    @property
    def message(self) -> Message:
        return join_message(self.text, self.content)

    @message.setter
    def message(self, message: Message) -> None:
        self.text, self.content = split_message(message)
        self.attachments = len(message.attachments)


class VersionRow(Struct):
    """What a message said until the edit `seq` at `at`."""

    seq: int
    message: MessageId
    at: int
    text: str
    content: str


class OrphanEditRow(Struct):
    """An edit of a message that the archive does not have."""

    seq: int
    account: AccountId
    contact: ContactId
    native: NativeId
    at: int
    text: str
    content: str


class ContactRow(Struct, kw_only=True):
    account: AccountId
    id: ContactId
    name: str
    username: str | None = None
    language: str | None = None
    phone: str | None = None
    link: str | None = None
    email: str | None = None
    consent_at: int | None = None
    """When they agreed to the policy at the address `consent_policy`."""
    consent_policy: str | None = None
    first_seen_at: int
    blocked: bool = False
    reachable: bool = True


class OperatorRow(Struct, kw_only=True):
    id: OperatorId
    name: str
    role: str
    lines: str = ""
    """With spaces between; empty: all."""
    language: str | None = None
    entered_at: int | None = None
    on_duty: bool = False
    gone: bool = False


class LineRow(Struct):
    id: LineId
    title: str


def split_message(message: Message) -> tuple[str, str]:
    """A message's text, and the rest of it as a column holds it."""
    return message.text, encode(replace(message, text="")).decode()


def join_message(text: str, content: str) -> Message:
    """The message that `split_message` took apart. Raises Undecodable."""
    return replace(decode(content.encode(), Message), text=text)


def join_names(names: Iterable[str]) -> str:
    """Several names in one column; `str.split` takes them apart."""
    return " ".join(names)
