"""What a channel tells of its contacts: messages, edits, reactions, presses, receipts, profiles."""

from msgspec import Struct

from gateway.model.ids import ContactId, MessageId, NativeId
from gateway.model.messages import Message, Profile, Visit, Window
from gateway.model.outgoing import DeliveryStatus


class Receive(Struct, frozen=True, omit_defaults=True, tag="message"):
    """A contact wrote; `start` is the payload of the link that brought them (for Telegram `/start payload`).

    `window`, here and below: what it opens, where the vendor lets nobody be answered forever.
    """

    contact: ContactId
    message: Message
    profile: Profile | None = None
    start: str | None = None
    visit: Visit | None = None
    window: Window | None = None
    also: ContactId | None = None
    """Another id by which the vendor knows the same contact."""


class ReceiveEdit(Struct, frozen=True, omit_defaults=True, tag="edit"):
    contact: ContactId
    message: Message
    profile: Profile | None = None


class ReceiveDelete(Struct, frozen=True, tag="delete"):
    contact: ContactId
    natives: tuple[NativeId, ...]


class ReceiveReaction(Struct, frozen=True, omit_defaults=True, tag="reaction"):
    """The contact's reactions to one message, as they are now; empty: taken away."""

    contact: ContactId
    native: NativeId
    emojis: tuple[str, ...]
    window: Window | None = None


class ReceivePress(Struct, frozen=True, omit_defaults=True, tag="press"):
    """The contact pressed a button under one of our messages; `press` is what the vendor wants answered."""

    contact: ContactId
    press: str
    data: str
    native: NativeId | None = None
    profile: Profile | None = None
    window: Window | None = None
    shown: bool = False
    """The client is shown each press as words of their own, so each of them counts."""


class ReceiveRead(Struct, frozen=True, omit_defaults=True, tag="seen"):
    """The contact has read our messages up to this one: by the vendor's id, or by ours where the channel knows it."""

    contact: ContactId
    native: NativeId | None = None
    message: MessageId | None = None


class ReceiveStatus(Struct, frozen=True, omit_defaults=True, tag="status"):
    """What the vendor says of one message of ours: in any order, again and again, before the send's own answer too."""

    contact: ContactId
    native: NativeId
    status: DeliveryStatus
    message: MessageId | None = None
    """Our own id of it, where it went along and came back."""
    problem: str | None = None
    """For the operator: what happened and what to do."""


class ReceiveAlias(Struct, frozen=True, tag="alias"):
    """Who was `former` is `contact` from now on: a number or an id has changed, and the person has not."""

    contact: ContactId
    former: ContactId


class ReceiveReach(Struct, frozen=True, omit_defaults=True, tag="reach"):
    """Whether the contact can be written to: they blocked the bot, or came back."""

    contact: ContactId
    reachable: bool
    profile: Profile | None = None


class ReceiveProfile(Struct, frozen=True, tag="profile"):
    """What the channel tells of a contact when it is asked; of somebody who never wrote it means nothing."""

    contact: ContactId
    profile: Profile


class ReceiveEcho(Struct, frozen=True, omit_defaults=True, tag="echo"):
    """Somebody answered the contact in the messenger itself, past this gateway; never opens a dialog."""

    contact: ContactId
    message: Message
    author: str | None = None
    """Who, as the messenger names them."""


class Notice(Struct, frozen=True, omit_defaults=True, tag="notice"):
    """An item without a contact; never opens a dialog, is counted and, where it matters, told to admins."""

    about: str
    detail: str | None = None
    alarming: bool = False


class Ignored(Struct, frozen=True, omit_defaults=True, tag="Ignored"):
    """Left out on purpose, with the reason; never stored, but counted."""

    reason: str


class ReceiveTyping(Struct, frozen=True, tag="typing"):
    """The contact is typing; published to whoever looks, never stored."""

    contact: ContactId


FromChannel = (
    Receive
    | ReceiveEdit
    | ReceiveDelete
    | ReceiveReaction
    | ReceivePress
    | ReceiveRead
    | ReceiveStatus
    | ReceiveAlias
    | ReceiveReach
    | ReceiveProfile
    | ReceiveEcho
    | Notice
)


class Inbound(Struct, frozen=True):
    """One item of a vendor's update: `key` is what a redelivery has in common with it (without the account)."""

    key: str
    item: FromChannel | ReceiveTyping | Ignored
