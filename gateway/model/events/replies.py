"""What operators' words became: accepted, released, edited, deleted, delivered or not."""

from msgspec import Struct

from gateway.model.ids import DialogId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message, Origin
from gateway.model.outgoing import DeliveryStatus, FilledTemplate


class ReplyAccepted(Struct, frozen=True, omit_defaults=True, tag="reply_accepted"):
    """An operator's words are committed; `held` while their files (or earlier ones) are on the way."""

    dialog: DialogId
    id: MessageId
    operator: OperatorId
    message: Message
    origin: Origin | None = None
    held: bool = False
    reads: NativeId | None = None
    """The client's newest message, which is read by this."""
    template: FilledTemplate | None = None
    """The words are those of a template."""
    agreed: bool = False
    """The operator was asked about what is lost on the way, and let it go."""
    retries: str | None = None
    """The words had failed; by this name the operator has sent them again."""


class ReplyReleased(Struct, frozen=True, omit_defaults=True, tag="reply_released"):
    """A held reply leaves now; `message` has its files."""

    dialog: DialogId
    id: MessageId
    message: Message
    operator: OperatorId | None = None
    """Who wrote it."""
    template: FilledTemplate | None = None
    agreed: bool = False


class ReplyEdited(Struct, frozen=True, tag="reply_edited"):
    dialog: DialogId
    id: MessageId
    operator: OperatorId
    message: Message


class ReplyDeleted(Struct, frozen=True, omit_defaults=True, tag="reply_deleted"):
    """An operator took their own message back; `origin` is where they asked for it."""

    dialog: DialogId
    id: MessageId
    operator: OperatorId
    origin: Origin | None = None
    held: bool = False
    """It had not left yet: the client never saw it."""


class ReactionPut(Struct, frozen=True, omit_defaults=True, tag="reaction_put"):
    """An operator put an emoji on a client's message, or (None) took it away; `native` is the vendor's id of it."""

    dialog: DialogId
    id: MessageId
    operator: OperatorId
    native: NativeId
    emoji: str | None = None
    origin: Origin | None = None


class DeliveryChanged(Struct, frozen=True, omit_defaults=True, tag="delivery_changed"):
    """An operator's message is where `status` says; `origin` is where they wrote it."""

    dialog: DialogId
    id: MessageId
    status: DeliveryStatus
    problem: str | None = None
    origin: Origin | None = None
    native: NativeId | None = None
    """The vendor's id of it, where the vendor itself says so."""
    resumes_at: int | None = None
    """Of what is queued and delayed: it goes not before this moment."""
    ends_at: int | None = None
    """Of what is queued and delayed: it is given up at this moment."""
    words: Message | None = None
    """What its author may send again by a press: it did not arrive, or perhaps not."""


class StatusHeard(Struct, frozen=True, omit_defaults=True, tag="status_heard"):
    """The vendor says something of a message of ours that nobody knows yet; it waits for the send's own answer."""

    dialog: DialogId
    native: NativeId
    status: DeliveryStatus
    problem: str | None = None
