"""A visitor's frame as an item of the normal form. Pure and total: it never raises and never drops.

What is read is an envelope: the frame as it came, and beside it what our server knows and the page could only claim
(who writes, when, what was uploaded).
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from re import ASCII, fullmatch
from typing import Any

import msgspec
from msgspec import Struct

from gateway.connectors.widget.frames import (
    Frame,
    Person,
    Press,
    Read,
    Typing,
    Unreadable,
    Words,
    cleaned,
    decode,
    file_name,
    language,
    line,
    read,
    visit,
)
from gateway.model.commands import Ignored, Inbound, Receive, ReceivePress, ReceiveRead, ReceiveTyping
from gateway.model.ids import ContactId, MessageId, NativeId
from gateway.model.messages import Attachment, Consent, Media, Message, Profile, ReplyTo, Unsupported, Visit

_LETTERS = 4
_PREFIX = 2
_PHONE_LIMIT, _EMAIL_LIMIT, _KIND_LIMIT = 40, 120, 40


class Envelope(Struct, frozen=True, omit_defaults=True):
    """A frame and what the server knows beside it."""

    visitor: ContactId
    at: int
    """Milliseconds, by the server's clock."""
    frame: dict[str, Any]
    user: str | None = None
    """The site's own id of an identified visitor."""
    language: str | None = None
    policy: str | None = None
    """The policy that `consent` agrees to."""
    profile: Person | None = None
    """What they said of themselves earlier on this connection."""
    visit: Visit | None = None
    """The page they said to be on."""
    uploads: dict[str, Media] = {}
    """What the handles in `files` stand for, as far as they are this visitor's."""


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The envelope in a body.

    Raises:
        ValueError: it is none; a sentence that repeats nothing of it.
    """
    found = decode(body)
    if not isinstance(found, dict):
        raise Unreadable("what came is no JSON object with a frame in it")
    return [found]


def parse(update: Mapping[str, Any]) -> tuple[Inbound, ...]:
    """The item of one envelope."""
    try:
        envelope = msgspec.convert(update, Envelope)
        frame = read(envelope.frame)
    except (msgspec.ValidationError, ValueError) as error:
        reason = str(error) if isinstance(error, Unreadable) else "not an envelope of the widget's server"
        return (Inbound(f"unreadable:{_digest(update)}", Ignored(reason)),)
    return (item_of(envelope, frame),)


def item_of(envelope: Envelope, frame: Frame | None) -> Inbound:
    """The same for a frame that was read already."""
    who = envelope.visitor
    match frame:
        case Words():
            return Inbound(f"message:{who}:{frame.id}", _received(envelope, frame))
        case Press():
            return Inbound(
                f"press:{who}:{frame.id}",
                ReceivePress(
                    who, frame.id, frame.data, NativeId(frame.message), profile_of(envelope, None), shown=True
                ),
            )
        case Read() if (ours := _our_message(frame.id)) is not None:
            return Inbound(f"read:{who}:{frame.id}", ReceiveRead(who, message=ours))
        case Typing():
            return Inbound(f"typing:{who}:{envelope.at}", ReceiveTyping(who))
        case _:
            return Inbound(f"other:{_digest(msgspec.to_builtins(envelope))}", Ignored("a frame that says nothing"))


def _received(envelope: Envelope, frame: Words) -> Receive:
    answered = None if frame.reply_to is None else ReplyTo(native=NativeId(frame.reply_to))
    message = Message(
        native=NativeId(frame.id),
        at=envelope.at,
        text=cleaned(frame.text),
        attachments=tuple(_attachments(envelope, frame)),
        reply_to=answered,
    )
    seen = visit(frame.visit) or envelope.visit
    return Receive(envelope.visitor, message, profile=profile_of(envelope, frame.profile), visit=seen)


def _attachments(envelope: Envelope, frame: Words) -> list[Attachment]:
    found: list[Attachment] = []
    for one in frame.files:
        media = envelope.uploads.get(one.upload or "")
        if media is None:
            found.append(Unsupported(line(one.kind, _KIND_LIMIT) or "attachment", file_name(one.name)))
        else:
            found.append(msgspec.structs.replace(media, name=file_name(one.name) or media.name))
    return found


def profile_of(envelope: Envelope, said: Person | None) -> Profile:
    """Who writes: by their own words, or as a guest with a few letters that tell one from another."""
    earlier, person = envelope.profile or Person(), said or Person()
    policy = envelope.policy if person.consent else None
    tongue = language(envelope.language)
    name = line(person.name) or line(earlier.name)
    return Profile(
        name=name or _guest(envelope.visitor, tongue),
        guest=not name,
        username=envelope.user,
        language=tongue,
        phone=line(person.phone or earlier.phone, _PHONE_LIMIT),
        email=line(person.email or earlier.email, _EMAIL_LIMIT),
        consent=None if policy is None else Consent(envelope.at, policy),
    )


def _guest(visitor: ContactId, tongue: str | None) -> str:
    letters = visitor[_PREFIX : _PREFIX + _LETTERS]
    return f"Гость {letters}" if tongue is not None and tongue.lower().startswith("ru") else f"Guest {letters}"


def _our_message(native: str) -> MessageId | None:
    """The message that a part of it belongs to; None: it is none of ours."""
    found = fullmatch(r"([0-9]{1,18}\.[0-9]{1,9})(#[0-9]{1,4})?", native, ASCII)
    return None if found is None else MessageId(found[1])


def _digest(value: object) -> str:
    return blake2b(json.dumps(value, sort_keys=True, default=str).encode(), digest_size=8).hexdigest()
