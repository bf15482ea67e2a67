"""A Telegram message's media, place and phone-book entry as attachments of the normal form. Pure."""

import math
import re
from collections.abc import Iterator

from aiogram import types as tg

from gateway.model.messages import Attachment, ContactCard, Location, Media, MediaKind, Unsupported

_LARGEST = 2**53
"""Numbers above are nonsense, and JSON readers elsewhere would round them."""
_PHONE = re.compile(r"^(?:item\d+\.)?TEL[^:\r\n]*:(?:tel:)?([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_VCARD, _PHONE_LIMIT = 4096, 64
_PHOTO_MIME = "image/jpeg"
_STICKER_MIMES = {"animated": "application/x-tgsticker", "video": "video/webm", "still": "image/webp"}

_ATTACHED = "photo live_photo animation video document audio voice video_note sticker venue location contact"
ATTACHED = frozenset(_ATTACHED.split())
"""Fields of a message that become attachments; one that cannot be read is shown as Unsupported."""


def read_attachments(message: tg.Message) -> Iterator[Attachment]:
    """Usually one; a message that holds none of these yields nothing."""
    yield from _pictures(message)
    yield from _files(message)
    if message.venue is not None:
        yield _place(message.venue.location, message.venue.title, message.venue.address)
    elif message.location is not None:
        yield _place(message.location)
    if message.contact is not None:
        yield from _cards(message.contact)


def _pictures(message: tg.Message) -> Iterator[Media]:
    if message.photo:
        # Usually the last one, but nobody promises it.
        largest = max(message.photo, key=lambda size: (size.width * size.height, size.file_size or 0))
        yield Media(
            kind=MediaKind.PHOTO,
            remote=largest.file_id,
            mime=_PHOTO_MIME,
            size=_count(largest.file_size),
            width=_count(largest.width),
            height=_count(largest.height),
        )
    if message.live_photo is not None:
        # Its still picture has come as `photo` already; this is the second of film.
        yield _film(MediaKind.VIDEO, message.live_photo)
    if message.animation is not None:
        yield _film(MediaKind.ANIMATION, message.animation)
    if message.video is not None:
        yield _film(MediaKind.VIDEO, message.video)
    if (note := message.video_note) is not None:
        yield Media(
            kind=MediaKind.VIDEO_NOTE,
            remote=note.file_id,
            size=_count(note.file_size),
            width=_count(note.length),
            height=_count(note.length),
            duration=_count(note.duration),
        )
    if (sticker := message.sticker) is not None:
        look = "animated" if sticker.is_animated else "video" if sticker.is_video else "still"
        yield Media(
            kind=MediaKind.STICKER,
            remote=sticker.file_id,
            mime=_STICKER_MIMES[look],
            size=_count(sticker.file_size),
            width=_count(sticker.width),
            height=_count(sticker.height),
            emoji=sticker.emoji,
        )


def _files(message: tg.Message) -> Iterator[Media]:
    if (audio := message.audio) is not None:
        yield Media(
            kind=MediaKind.AUDIO,
            remote=audio.file_id,
            name=audio.file_name or " - ".join(filter(None, (audio.performer, audio.title))) or None,
            performer=audio.performer,
            title=audio.title,
            mime=audio.mime_type,
            size=_count(audio.file_size),
            duration=_count(audio.duration),
        )
    if (voice := message.voice) is not None:
        yield Media(
            kind=MediaKind.VOICE,
            remote=voice.file_id,
            mime=voice.mime_type,
            size=_count(voice.file_size),
            duration=_count(voice.duration),
        )
    # An animation fills `document` as well, for old clients.
    if (document := message.document) is not None and message.animation is None:
        yield Media(
            kind=MediaKind.DOCUMENT,
            remote=document.file_id,
            name=document.file_name,
            mime=document.mime_type,
            size=_count(document.file_size),
        )


def _film(kind: MediaKind, film: tg.Animation | tg.Video | tg.LivePhoto) -> Media:
    return Media(
        kind=kind,
        remote=film.file_id,
        name=None if isinstance(film, tg.LivePhoto) else film.file_name,
        mime=film.mime_type,
        size=_count(film.file_size),
        width=_count(film.width),
        height=_count(film.height),
        duration=_count(film.duration),
    )


def _place(point: tg.Location, title: str | None = None, address: str | None = None) -> Attachment:
    if not (math.isfinite(point.latitude) and math.isfinite(point.longitude)):
        return Unsupported(of="location", hint=title)
    return Location(latitude=point.latitude, longitude=point.longitude, title=title, address=address)


def _cards(contact: tg.Contact) -> Iterator[ContactCard]:
    """A card for each number: Telegram names the first one, and all of them in the vCard."""
    name = " ".join(filter(None, (contact.first_name, contact.last_name)))
    yield ContactCard(phone=contact.phone_number, name=name, vcard=contact.vcard)
    known = {_digits(contact.phone_number)}
    for phone in (found[1].strip() for found in _PHONE.finditer((contact.vcard or "")[:_VCARD])):
        if (digits := _digits(phone)) and digits not in known:
            known.add(digits)
            yield ContactCard(phone=phone[:_PHONE_LIMIT], name=name)


def _digits(phone: str) -> str:
    return "".join(char for char in phone if char.isdecimal())


def _count(number: int | None) -> int | None:
    return number if number is not None and 0 <= number < _LARGEST else None
