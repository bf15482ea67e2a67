"""What leaves through an account's outbox: the closed union `Outgoing`, and what came of it.

An outbox entry is all that a sender needs; it never looks into a dialog.
"""

import re
from enum import IntEnum, StrEnum
from hashlib import blake2b

from msgspec import Struct

from gateway.model.ids import ContactId, DialogId, FileId, MessageId, NativeId, OperatorId, SentId
from gateway.model.messages import Media, Message, Window


class SendMessage(Struct, frozen=True, tag="message"):
    """A message; `sent` is how the native map will remember what it became."""

    sent: SentId
    message: Message
    silent: bool = False
    reply_to_sent: SentId | None = None
    """Quote this one of ours, if the native map knows it; otherwise send without the quote."""
    album: tuple[SentId, ...] = ()
    """How the native map will call what the attachments behind the first become; they come from other messages."""
    author: str | None = None
    """The operator's name, for channels that show who answers."""
    late: bool = False
    """The contact's ordinary window is over and a person pressed send (see `Window.human_until`)."""
    agreed: bool = False
    """What its rendering loses is known to its author, who need not hear of it again."""
    names: tuple[DialogId, ...] = ()
    """Of a sentence of the operators' bot: whose clients stand in it, so that they can be answered through it."""


class Template(Struct, frozen=True):
    """A text that the vendor has approved; its variables stand in `text` as `{{1}}`, `{{2}}` …"""

    name: str
    language: str | None
    text: str
    variables: int

    @property
    def id(self) -> str:
        """A short name of it, for a button's data."""
        return blake2b(f"{self.name}\n{self.language}".encode(), digest_size=6).hexdigest()

    def filled(self, values: tuple[str, ...]) -> str:
        """The text as the client reads it."""
        told = {str(number): value for number, value in enumerate(values, 1)}
        return re.sub(r"\{\{(\d+)\}\}", lambda found: told.get(found[1], found[0]), self.text)


class FilledTemplate(Struct, frozen=True, omit_defaults=True):
    """Which template words were said by; `values` fill its variables."""

    name: str
    language: str | None = None
    values: tuple[str, ...] = ()


class SendTemplate(Struct, frozen=True, omit_defaults=True, tag="template"):
    """A text that the vendor has approved for when nothing else may be written; `values` fill its variables."""

    sent: SentId
    name: str
    language: str | None = None
    values: tuple[str, ...] = ()


class SendEdit(Struct, frozen=True, tag="edit"):
    """New content for something sent before; the buttons given replace the ones there."""

    sent: SentId
    message: Message
    names: tuple[DialogId, ...] = ()
    """As in `SendMessage`; none: it names whom it named."""
    pinned: bool = False
    """It stands pinned in the chat: where it is not there it is sent, silently, and pinned."""


class SendDelete(Struct, frozen=True, tag="delete"):
    sent: SentId


class SendReaction(Struct, frozen=True, tag="reaction"):
    """Puts one emoji on a message of the other side; None takes ours away."""

    native: NativeId
    emoji: str | None


class SendTyping(Struct, frozen=True, omit_defaults=True, tag="typing"):
    """Somebody is about to answer; `native` is the contact's message that it will be an answer to, where one waits."""

    native: NativeId | None = None


class SendReadMark(Struct, frozen=True, tag="read"):
    native: NativeId


class AnswerPress(Struct, frozen=True, tag="answer"):
    """Answers a pressed button: a toast, or a dialog where `alert`. Dropped when the vendor finds it too old."""

    press: str
    text: str = ""
    alert: bool = False
    native: NativeId | None = None
    """The message under which a quick reply was pressed: from now on it shows `chosen` in the place of its buttons."""
    chosen: str | None = None


Words = SendMessage | SendTemplate
"""What stands at the contact as a message of its own."""
Outgoing = Words | SendEdit | SendDelete | SendReaction | SendTyping | SendReadMark | AnswerPress


class Fetch(Struct, frozen=True, tag="fetch"):
    """A durable job of the account: bring the attachment's bytes into files/ under `file`."""

    message: MessageId
    file: FileId
    media: Media


class ListTemplates(Struct, frozen=True, tag="list_templates"):
    """A durable job of the account: ask the vendor for its templates; the answer is for `operator`, about `dialog`."""

    dialog: DialogId
    operator: OperatorId


class Urgency(IntEnum):
    """What an account spends its budget on first; order is kept per contact within one urgency."""

    NOW = -1
    """What an operator has just done is answered: a press, or words that were refused."""
    WORDS = 0
    """A client's or operator's words."""
    CARD = 1
    """Cards and their edits."""
    COSMETIC = 2
    """Reactions that show a state."""


class Outbound(Struct, frozen=True, omit_defaults=True):
    """One entry of `outbox:<account>`: unfinished work of that account, deleted when settled."""

    contact: ContactId
    job: Outgoing | Fetch | ListTemplates
    at: int = 0
    """When it was decided, in milliseconds."""
    urgency: Urgency = Urgency.WORDS
    newest: str | None = None
    """Of waiting entries of one contact with the same `newest` only the last is sent: edits of one card."""
    expires_at: int | None = None
    """Not worth sending after this moment (an answer to a press)."""
    report: bool = False
    """Whether the result goes into the line's inbox: true for what operators say to clients."""
    shared: str | None = None
    """What several contacts are shown, each in a work of their own: first to each what the fewest have seen."""
    returns: bool = False
    """Whether it comes back as a `RecordRefusal` where it could not be shown: true for what operators are to read."""
    window: Window | None = None
    """Until when the vendor takes it; behind `Window.until` it goes as `late`, behind the end not at all."""


class DeliveryStatus(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Receipt(Struct, frozen=True, omit_defaults=True):
    """What a channel said to one send: the ids it gave, in the order of the parts."""

    natives: tuple[NativeId, ...] = ()
    note: str | None = None
    """What was lost on the way, in words (sent without the quote, as a document …)."""
