"""What is attached to a VK message, in the normal form. Pure and total: what cannot be shown is named with a link.

A file's handle (`Media.remote`) is its address, which VK signs for a time, and behind `#` the place where a fresh one
is found: chat, message, which of its messages (forwarded ones among them), which attachment.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import Any, NamedTuple

from gateway.connectors.toolkit.files import READ_LIMIT, cut_name
from gateway.connectors.toolkit.text import Unit, shorten
from gateway.connectors.toolkit.values import Json, url_of, words
from gateway.connectors.vk.hints import HINT, HINTS, anything, transcript_of
from gateway.connectors.vk.values import count
from gateway.model.messages import Attachment, Location, Media, MediaKind, Unsupported

_SIZES = "wzyrqpxoms"
"""Letters of a photo's sizes, the largest first, for those that tell no pixels."""
_GIF = 3
_ROUND = 512
"""No sticker is drawn larger."""


class Place(NamedTuple):
    """Where a file's fresh address is found."""

    peer: int
    native: str
    message: int
    attachment: int


def handle(url: str, place: Place) -> str:
    """The address with the place behind it; nobody sends what stands behind `#`."""
    return f"{url.partition('#')[0]}#{'/'.join(str(one) for one in place)}"


def place_of(remote: str) -> Place | None:
    """The place in a handle; None: it holds none."""
    steps = remote.partition("#")[2].split("/")
    if len(steps) != len(Place._fields) or not all(one.isdecimal() for one in (steps[0], *steps[2:])):
        return None
    return Place(int(steps[0]), steps[1], int(steps[2]), int(steps[3]))


def read_attachments(raw: Json, peer: int, native: str, message: int) -> Iterator[Attachment]:
    """Everything attached to one message, its map point last."""
    listed = raw.get("attachments")
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        yield read_attachment(one, Place(peer, native, message, number))
    geo = raw.get("geo")
    if isinstance(geo, Mapping) and geo:
        yield _point(geo)


def read_attachment(one: object, place: Place) -> Attachment:
    """One attachment, as VK lists it: `{"type": "photo", "photo": {…}}`."""
    if not isinstance(one, Mapping):
        return Unsupported(of="attachment")
    kind = one.get("type")
    if not isinstance(kind, str) or not kind:
        return Unsupported(of="attachment")
    kind = kind[:64]
    body = one.get(kind)
    body = body if isinstance(body, Mapping) else {}
    read = _MEDIA.get(kind)
    found = read(body, place) if read is not None else None
    if found is not None:
        return found
    told = HINTS.get(kind, anything)(body)
    return Unsupported(of=kind, hint=shorten(told.hint, HINT, Unit.CHARS) or None, link=told.link or None)


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────


def _photo(body: Json, place: Place) -> Media | None:
    best = max(_pictures(body), key=_area, default=None)
    if best is None:
        return None
    return Media(
        kind=MediaKind.PHOTO,
        remote=handle(best["url"], place),
        mime="image/jpeg",
        width=count(best.get("width")) or None,
        height=count(best.get("height")) or None,
    )


def _pictures(body: Json) -> Iterator[dict[str, Any]]:
    """Each size of a photo, also as versions of the API before 5.77 wrote them."""
    listed = body.get("sizes")
    for one in [*(listed if isinstance(listed, list) else ()), body.get("orig_photo")]:
        if isinstance(one, Mapping) and url_of(one, "url", "src"):
            yield {**one, "url": url_of(one, "url", "src")}
    for name in body:
        pixels = name.removeprefix("photo_")
        if name.startswith("photo_") and pixels.isdecimal() and url_of(body, name):
            yield {"url": url_of(body, name), "old": int(pixels[:6])}


def _area(picture: Json) -> tuple[int, int]:
    width, height = count(picture.get("width")) or 0, count(picture.get("height")) or 0
    letter = words(picture.get("type"))
    rank = len(_SIZES) - _SIZES.index(letter) if letter and letter in _SIZES else 0
    return width * height or int(picture.get("old", 0)) ** 2, rank


def _document(body: Json, place: Place) -> Media | None:
    url, extension, name = url_of(body, "url"), words(body.get("ext")), words(body.get("title"))
    if not url:
        return None
    if name and extension and not name.lower().endswith(f".{extension.lower()}"):
        name = f"{name}.{extension}"
    is_gif = count(body.get("type")) == _GIF or extension.lower() == "gif"
    return Media(
        kind=MediaKind.ANIMATION if is_gif else MediaKind.DOCUMENT,
        remote=handle(url, place),
        name=cut_name(name, READ_LIMIT) or None,
        mime="image/gif" if is_gif else None,
        size=count(body.get("size")),
    )


def _voice(body: Json, place: Place) -> Media | None:
    ogg = url_of(body, "link_ogg")
    url = ogg or url_of(body, "link_mp3")
    if not url:
        return None
    return Media(
        kind=MediaKind.VOICE,
        remote=handle(url, place),
        mime="audio/ogg" if ogg else "audio/mpeg",
        duration=count(body.get("duration")),
        transcript=transcript_of(body) or None,
    )


def _music(body: Json, place: Place) -> Media | None:
    url = url_of(body, "url")
    if not url or url.partition("?")[0].endswith(".m3u8"):
        return None
    performer, title = words(body.get("artist")), words(body.get("title"))
    return Media(
        kind=MediaKind.AUDIO,
        remote=handle(url, place),
        name=cut_name(" - ".join(filter(None, (performer, title))), READ_LIMIT) or None,
        mime="audio/mpeg",
        duration=count(body.get("duration")),
        performer=performer or None,
        title=title or None,
    )


def _sticker(body: Json, place: Place) -> Media | None:
    listed = body.get("images")
    drawn = [one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, Mapping)]
    drawn = [one for one in drawn if url_of(one, "url") and (count(one.get("width")) or 0) <= _ROUND]
    best: Json | None = max(drawn, key=_area, default=None) or max(_pictures(body), key=_area, default=None)
    if best is None:
        return None
    return Media(
        kind=MediaKind.STICKER,
        remote=handle(url_of(best, "url"), place),
        width=count(best.get("width")) or None,
        height=count(best.get("height")) or None,
    )


def _graffiti(body: Json, place: Place) -> Media | None:
    url = url_of(body, "url") or url_of(max(_pictures(body), key=_area, default={}), "url")
    if not url:
        return None
    return Media(
        kind=MediaKind.PHOTO,
        remote=handle(url, place),
        mime="image/png",
        width=count(body.get("width")) or None,
        height=count(body.get("height")) or None,
    )


_MEDIA: Mapping[str, Callable[[Json, Place], Media | None]] = {
    "photo": _photo,
    "doc": _document,
    "audio_message": _voice,
    "audio": _music,
    "sticker": _sticker,
    "graffiti": _graffiti,
}


# ── places ────────────────────────────────────────────────────────────────────────────────────────────


def _point(geo: Json) -> Attachment:
    """A point on the map; versions of the API before 5.81 wrote the coordinates as one text."""
    where, place = geo.get("coordinates"), geo.get("place")
    place = place if isinstance(place, Mapping) else {}
    title = shorten(unescape(words(place.get("title"))), HINT, Unit.CHARS) or None
    if isinstance(where, str):
        pair = where.split()
        numbers = [_float(one) for one in pair] if len(pair) == 2 else []  # noqa: PLR2004 - latitude and longitude
    elif isinstance(where, Mapping):
        numbers = [_float(where.get("latitude")), _float(where.get("longitude"))]
    else:
        numbers = []
    if (
        not numbers
        or None in numbers
        or not all(abs(one or 0.0) <= most for one, most in zip(numbers, (90, 180), strict=True))
    ):
        return Unsupported(of="geo", hint=title)
    latitude, longitude = (one or 0.0 for one in numbers)
    address = ", ".join(
        filter(None, (words(place.get("country")), words(place.get("city")), words(place.get("address"))))
    )
    return Location(
        latitude=latitude, longitude=longitude, title=title, address=shorten(address, HINT, Unit.CHARS) or None
    )


def _float(value: object) -> float | None:
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
