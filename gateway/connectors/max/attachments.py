"""What is attached to a MAX message, in the normal form. Pure and total: what cannot be shown is named.

A file's handle (`Media.remote`) is its address, good for a time, and behind `#` the place where a fresh one is found:
message, which of its two bodies (its own, or the one that it forwards), which attachment.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from gateway.connectors.max.values import Json, count, degrees, listed, table, url_of, words
from gateway.connectors.toolkit.files import READ_LIMIT, cut_name
from gateway.connectors.toolkit.text import Unit, shorten
from gateway.model.messages import Attachment, ContactCard, Location, Media, MediaKind, Unsupported

OWN, LINKED = 0, 1
"""Which body of a message: its own, or that of the message which it forwards or answers."""
KEYBOARDS = frozenset({"inline_keyboard", "reply_keyboard"})
"""Buttons: no content, unless there is no other."""
HINT = 400
"""Signs of a hint at most."""
_KIND = 64
_MID = re.compile(r"[\w.:-]{1,200}")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_PHONE = re.compile(r"^(?:item\d+\.)?TEL[^:\r\n]*:(?:tel:)?([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(r"^(?:item\d+\.)?FN[^:\r\n]*:([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_VCARD, _PHONE_LIMIT = 4096, 64
_SAID = ("title", "name", "text", "caption", "description", "question")


class Place(NamedTuple):
    """Where a file's fresh address is found."""

    mid: str
    body: int
    attachment: int


def handle(url: str, place: Place) -> str:
    """The address with the place behind it; nobody sends what stands behind `#`."""
    bare = url.partition("#")[0]
    return f"{bare}#{place.mid}/{place.body}/{place.attachment}" if _MID.fullmatch(place.mid) else bare


def place_of(remote: str) -> Place | None:
    """The place in a handle; None: it holds none."""
    mid, _, rest = remote.partition("#")[2].partition("/")
    body, _, attachment = rest.partition("/")
    if not mid or not body.isdecimal() or not attachment.isdecimal():
        return None
    return Place(mid, int(body), int(attachment))


def read_attachments(body: Json, mid: str, which: int) -> Iterator[Attachment]:
    """Everything attached to one body of a message, in its order; buttons only where there is nothing else at all."""
    buttons = []
    found = 0
    for number, one in enumerate(listed(body.get("attachments"))):
        kind = words(table(one).get("type"))
        if kind in KEYBOARDS:
            buttons.append(Unsupported(of=kind))
            continue
        found += 1
        yield from read_attachment(one, Place(mid, which, number))
    if not found and not words(body.get("text")):
        yield from buttons[:1]


def read_attachment(one: object, place: Place) -> Iterator[Attachment]:
    """One attachment: `{"type": "image", "payload": {…}}`; a contact with several numbers is several cards."""
    raw = table(one)
    kind = words(raw.get("type"))[:_KIND]
    if not kind:
        yield Unsupported(of="attachment", hint=_hint(raw))
        return
    if kind == "contact":
        yield from _contact(raw)
        return
    read = _READERS.get(kind)
    found = read(raw, place) if read is not None else None
    payload = table(raw.get("payload"))
    link = url_of(payload, "url") or url_of(raw, "url", "link")
    yield found or Unsupported(of=kind, hint=_hint(raw) or _hint(payload), link=link or None)


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────


def _file(kind: MediaKind) -> Callable[[Json, Place], Media | None]:
    """A reader of attachments that are files of this kind."""

    def read(raw: Json, place: Place) -> Media | None:
        url = url_of(table(raw.get("payload")), "url")
        if not url and kind is not MediaKind.VIDEO:
            return None
        remote = handle(url, place)
        if not remote:
            return None
        return Media(
            kind=kind,
            remote=remote,
            name=cut_name(decoded(words(raw.get("filename"))), READ_LIMIT) or None,
            size=count(raw.get("size")),
            width=count(raw.get("width")) or None,
            height=count(raw.get("height")) or None,
            duration=count(raw.get("duration")),
            transcript=_transcript(raw),
        )

    return read


def decoded(name: str) -> str:
    """A file's name as it was: MAX encodes it by percent signs, and its clients have done so before."""
    for _ in range(2):
        if not _PERCENT.search(name):
            break
        try:
            name = unquote(name, errors="strict")
        except UnicodeDecodeError:
            break
    return name


def _transcript(raw: Json) -> str | None:
    return words(raw.get("transcription")) or words(table(raw.get("payload")).get("transcription")) or None


# ── places, people, pages ─────────────────────────────────────────────────────────────────────────────


def _location(raw: Json, place: Place) -> Location | None:
    del place
    where = raw if "latitude" in raw else table(raw.get("payload"))
    latitude, longitude = degrees(where.get("latitude"), 90), degrees(where.get("longitude"), 180)
    return None if latitude is None or longitude is None else Location(latitude=latitude, longitude=longitude)


def _contact(raw: Json) -> Iterator[Attachment]:
    """A card for each number; they stand in the vCard alone."""
    payload = table(raw.get("payload"))
    vcard = words(payload.get("vcf_info"))[:_VCARD]
    written = _NAME.search(vcard)
    name = (written[1].strip() if written else "") or name_of(table(payload.get("max_info")))
    phones = dict.fromkeys(found[1].strip()[:_PHONE_LIMIT] for found in _PHONE.finditer(vcard))
    for number, phone in enumerate(phones):
        yield ContactCard(phone=phone, name=name, vcard=None if number else vcard)
    if not phones:
        yield Unsupported(of="contact", hint=name or None)


def _page(raw: Json, place: Place) -> Unsupported:
    """A page that somebody shared, or that a link in the text leads to: with its whole address."""
    del place
    told = (one_line(raw.get(name)) for name in ("title", "description"))
    hint = shorten(" · ".join(filter(None, told)), HINT, Unit.CHARS)
    link = url_of(table(raw.get("payload")), "url") or url_of(raw, "url")
    return Unsupported(of="link", hint=hint or None, link=link or None)


def name_of(user: Json) -> str:
    """A person's or bot's name as MAX shows it; empty: it tells none."""
    first_last = " ".join(filter(None, (words(user.get("first_name")), words(user.get("last_name")))))
    return first_last or words(user.get("name")) or words(user.get("username"))


def one_line(value: object) -> str:
    """A title or text in one line."""
    return shorten(" ".join(words(value).split()), HINT // 2, Unit.CHARS)


def _hint(raw: Json) -> str | None:
    """What a kind that nobody here knows tells of itself."""
    return next((one_line(raw.get(name)) for name in _SAID if words(raw.get(name))), None)


_READERS: Mapping[str, Callable[[Json, Place], Attachment | None]] = {
    "image": _file(MediaKind.PHOTO),
    "video": _file(MediaKind.VIDEO),
    "audio": _file(MediaKind.AUDIO),
    "file": _file(MediaKind.DOCUMENT),
    "sticker": _file(MediaKind.STICKER),
    "location": _location,
    "share": _page,
}
