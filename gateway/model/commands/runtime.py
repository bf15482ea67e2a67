"""What the runtime tells of its own work: how sends fared, files that were fetched, accounts that fail."""

from typing import ClassVar

from msgspec import Struct

from gateway.model.ids import ContactId, DialogId, FileId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message
from gateway.model.outgoing import DeliveryStatus, SendEdit, SendMessage, Template


class RecordDelivery(Struct, frozen=True, omit_defaults=True, tag="delivery"):
    """What became of an operator's message: said once by settle.lua, later by the vendor's statuses."""

    contact: ContactId
    message: MessageId
    status: DeliveryStatus
    natives: tuple[NativeId, ...] = ()
    problem: str | None = None
    """For the operator: what happened and what to do."""
    resumes_at: int | None = None
    """Of what is queued: the vendor wants it not before this moment."""
    ends_at: int | None = None
    """Of what is queued: it is tried again and again, and given up at this moment."""
    words: Message | None = None
    """What did not arrive, or perhaps not, where it can be said again as it was: a text."""


class RecordFile(Struct, frozen=True, omit_defaults=True, tag="file"):
    """Bytes arrived in files/ (or will not: `problem` says why); `mime` is by content, `size` in bytes."""

    message: MessageId
    file: FileId
    size: int = 0
    mime: str | None = None
    problem: str | None = None


class RecordRefusal(Struct, frozen=True, omit_defaults=True, tag="refusal"):
    """Something that an operator was to read was not shown: it was refused, or nobody knows what became of it."""

    SINCE: ClassVar[int] = 2
    contact: ContactId
    """The operator's chat."""
    job: SendMessage | SendEdit
    problem: str
    arrived: int = 0
    """How many of its attachments are there all the same."""
    refused: bool = True
    """The messenger said no to what it is; else it was given up, and may be there."""


class RecordAccount(Struct, frozen=True, omit_defaults=True, tag="account"):
    """The account was parked (a revoked token), or works again."""

    parked: bool
    problem: str | None = None


class RecordTemplates(Struct, frozen=True, omit_defaults=True, tag="templates"):
    """What the vendor has for when nothing else may be written, as an operator has asked; or why it is not known."""

    dialog: DialogId
    operator: OperatorId
    templates: tuple[Template, ...] = ()
    problem: str | None = None
