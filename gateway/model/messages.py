"""The normal form of what people say to each other, the same for every messenger.

Unknown content stays visible as `Unsupported`; nothing is dropped here. Bytes never stand in a message:
a `Media` holds a reference, and the bytes lie in files/ under our own id.
"""

from enum import StrEnum

from msgspec import Struct

from gateway.model.ids import ContactId, FileId, MessageId, NativeId


class Entity(Struct, frozen=True, omit_defaults=True):
    """Formatting of a piece of text; offset and length in UTF-16 code units, as most vendors count."""

    kind: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None


class MediaKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"
    VOICE = "voice"
    AUDIO = "audio"
    VIDEO = "video"
    VIDEO_NOTE = "video_note"
    ANIMATION = "animation"
    STICKER = "sticker"


class FileState(StrEnum):
    """Where the bytes are: still at the vendor, in files/, or lost for good."""

    REMOTE = "remote"
    STORED = "stored"
    FAILED = "failed"


class Media(Struct, frozen=True, omit_defaults=True, tag="media"):
    """An attachment that has bytes; `size` in bytes, `duration` in seconds, as the vendor claims them."""

    kind: MediaKind
    remote: str = ""
    """The vendor's handle by which the connector fetches the bytes (for Telegram a file_id)."""
    name: str | None = None
    mime: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    emoji: str | None = None
    performer: str | None = None
    title: str | None = None
    """Of a piece of music, as its sender's player names it."""
    transcript: str | None = None
    """What is said in a voice message, as the messenger itself has written it down."""
    file: FileId | None = None
    state: FileState = FileState.REMOTE
    problem: str | None = None
    """Why the bytes are not to be had; set with `FAILED`."""


class Location(Struct, frozen=True, omit_defaults=True, tag="location"):
    latitude: float
    longitude: float
    title: str | None = None
    address: str | None = None


class ContactCard(Struct, frozen=True, omit_defaults=True, tag="contact"):
    """A shared phone-book entry; not to be taken for the person who writes."""

    phone: str
    name: str = ""
    vcard: str | None = None


class Unsupported(Struct, frozen=True, omit_defaults=True, tag="Unsupported"):
    """Content of a kind that we cannot show; the operator sees its name and, where there is one, a hint."""

    of: str
    hint: str | None = None
    link: str | None = None
    """Where the messenger shows it, whole (`https://…`): an address is never cut and never part of `hint`."""


Attachment = Media | Location | ContactCard | Unsupported


class Button(Struct, frozen=True, omit_defaults=True):
    """A button under a message: with `data` it comes back as a press, with `url` it opens a page."""

    text: str
    data: str | None = None
    url: str | None = None
    style: str | None = None
    """`primary`, `success` or `danger` where the channel can colour; a hint, never a condition."""


QUICK_REPLY = "q:"
"""What the data of a quick reply begins with; pressing it says the rest."""
BUTTON_BYTES = 64
"""How long a button's data may be, in UTF-8."""


class ReplyTo(Struct, frozen=True, omit_defaults=True):
    """What a message answers: the vendor's id as received, ours as soon as the owner has found it."""

    native: NativeId | None = None
    message: MessageId | None = None
    quote: str | None = None
    told: str | None = None
    """How the answered begins, as the vendor tells it: a quote, where the answered itself is not known here."""
    attachments: tuple[Attachment, ...] = ()
    """What the vendor tells to be attached to the answered; the owner takes it over where the answered is not known."""
    brought: int = 0
    """How many of the message's attachments, the last ones, were thus taken over."""


NAMELESS = "?"
"""Whose words are forwarded where the messenger names nobody, as of an account that was deleted."""


class Message(Struct, frozen=True, omit_defaults=True):
    """One message of either side. `at` is the vendor's clock, in milliseconds; 0 for what is still to be sent."""

    native: NativeId = NativeId("")
    at: int = 0
    text: str = ""
    entities: tuple[Entity, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    reply_to: ReplyTo | None = None
    group: str | None = None
    """The vendor's album id: messages of one group are shown together and are otherwise independent."""
    buttons: tuple[tuple[Button, ...], ...] = ()
    forwarded_from: str | None = None
    """Whose words these are, or `NAMELESS`; None: the sender's own."""
    previews: bool = True
    """Whether the messenger may draw the page that a link in it leads to; in what the bot says itself it may not."""

    @property
    def is_place(self) -> bool:
        """Whether it is a place and nothing else: one that moves comes as many edits."""
        return not self.text and len(self.attachments) == 1 and isinstance(self.attachments[0], Location)

    @property
    def media(self) -> tuple[Media, ...]:
        """The attachments that have bytes."""
        return tuple(one for one in self.attachments if isinstance(one, Media))


class Consent(Struct, frozen=True):
    """That a person agreed to the processing of their data: when, in milliseconds, and to which policy's address."""

    at: int
    policy: str


class Profile(Struct, frozen=True, omit_defaults=True):
    """What a channel tells of a person."""

    name: str
    username: str | None = None
    language: str | None = None
    phone: str | None = None
    link: str | None = None
    email: str | None = None
    consent: Consent | None = None
    guest: bool = False
    """The name is one that the channel made up, because nobody told theirs."""


class Window(Struct, frozen=True, omit_defaults=True):
    """Until when a vendor lets a contact be answered, in milliseconds; a contact without one may be answered always."""

    until: int
    human_until: int | None = None
    """Until when a person may still answer by their own hand after that, where the vendor allows it."""

    @property
    def end(self) -> int:
        """When the last ordinary words may go."""
        return self.until if self.human_until is None else max(self.until, self.human_until)


class Visit(Struct, frozen=True, omit_defaults=True):
    """The page of a site that somebody writes from, as their browser claims it, or the listing that they ask about."""

    url: str
    title: str | None = None
    referrer: str | None = None
    """The page that brought them to the site."""
    price: str | None = None
    """Of a listing, as the messenger writes it (`55 000 ₽`)."""
    city: str | None = None
    listing: bool = False
    """The whole chat is about it, so that it stays with each later dialog."""


class Origin(Struct, frozen=True):
    """Where an operator wrote something: their chat with the bot and the vendor's id there."""

    contact: ContactId
    native: NativeId
