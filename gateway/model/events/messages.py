"""What clients said, changed and took back, what was answered elsewhere, and what became of attachments."""

from msgspec import Struct

from gateway.model.ids import AccountId, ContactId, DialogId, FileId, MessageId, NativeId
from gateway.model.messages import Message, Visit
from gateway.model.state import (
    DialogState,
    HeldEcho,
)


class MessageReceived(Struct, frozen=True, omit_defaults=True, tag="message_received"):
    """A client's words. `state` is the dialog's after them; `rings`: an unclaimed dialog's operators are rung again."""

    dialog: DialogId
    id: MessageId
    message: Message
    state: DialogState
    rings: bool = False
    visit: Visit | None = None
    """The page they wrote from, where it is another one than before."""
    press: str | None = None
    """The words are a pressed quick reply, and this is what the vendor wants answered."""
    corrected: bool = False
    """An edit of them was heard first: what they said before may still come, and is nothing new then."""


class MessageEdited(Struct, frozen=True, omit_defaults=True, tag="message_edited"):
    """`id` is None where the edited message is older than the native map; the archive keeps it as an orphan."""

    dialog: DialogId | None
    id: MessageId | None
    account: AccountId
    contact: ContactId
    message: Message
    former: Message | None = None
    """What it said until now, where that is still known."""


class AnsweredElsewhere(Struct, frozen=True, omit_defaults=True, tag="answered_elsewhere"):
    """Somebody answered the client in the messenger itself, and owns nothing by it; `author`: as the messenger says."""

    dialog: DialogId
    id: MessageId
    message: Message
    author: str | None = None


class EchoHeld(Struct, frozen=True, tag="echo_held"):
    """What came back from the messenger may be a reply that is on its way: it waits until that is known."""

    dialog: DialogId
    echo: HeldEcho


class EchoKnown(Struct, frozen=True, omit_defaults=True, tag="echo_known"):
    """What came back is no answer from elsewhere: it is `id`, or has nowhere to stand."""

    dialog: DialogId
    natives: tuple[NativeId, ...]
    id: MessageId | None = None


class MessageDeleted(Struct, frozen=True, tag="message_deleted"):
    dialog: DialogId
    id: MessageId


class ReactionChanged(Struct, frozen=True, tag="reaction_changed"):
    """The client's reactions to `id` as they are now."""

    dialog: DialogId
    id: MessageId
    emojis: tuple[str, ...]


class AttachmentStored(Struct, frozen=True, omit_defaults=True, tag="attachment_stored"):
    """The bytes are in files/. `mime` is by content, `size` in bytes."""

    dialog: DialogId
    message: MessageId
    file: FileId
    size: int
    mime: str | None = None


class AttachmentFailed(Struct, frozen=True, tag="attachment_failed"):
    dialog: DialogId
    message: MessageId
    file: FileId
    problem: str
