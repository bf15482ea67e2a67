"""An Avito message's content in the normal form: words, and what is attached. Pure and total.

A file's handle (`Media.remote`) is the picture's address, and behind `#` the place where a fresh one is found: chat
and message. A voice message has no address at all: its handle is its id, and the link is asked for when it is fetched.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gateway.connectors.avito.values import identity
from gateway.connectors.toolkit.text import Unit, shorten
from gateway.connectors.toolkit.values import Json, coordinate, inner, positive, url_of, words
from gateway.model.ids import NativeId
from gateway.model.messages import Attachment, Location, Media, MediaKind, Message, ReplyTo, Unsupported

VOICE = "voice:"
"""What the handle of a voice message begins with."""
AVITO = "Avito"
"""As whose words those of Avito itself are shown."""
DELETED = "Сообщение удалено"
"""What a message that its author took back says, where Avito does not call its type `deleted`."""
_SYSTEM = "[Системное сообщение]"
"""What Avito's own words begin with, whatever their type."""
_HINT = 400
_QUOTE = 300
_AT = 2**40
_KINDS = ("text", "image", "link", "item", "location", "call", "voice")
"""What content may hold, for a message that does not tell its type."""
_UNREADABLE = frozenset({"appCall", "file", "video"})
"""Types whose content Avito keeps to itself."""


class Content(NamedTuple):
    """Content as words and attachments."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()


class Place(NamedTuple):
    """Where a file's fresh address is found."""

    chat: str
    message: str


def place_of(remote: str) -> Place | None:
    """The place in a handle; None: it holds none."""
    chat, _, message = remote.partition("#")[2].partition("/")
    return Place(chat, message) if chat and message else None


def read_message(value: Json, chat: str, native: str) -> Message:
    """The message; what Avito itself says in it is shown as Avito's."""
    kind, content = kind_of(value), inner(value, "content")
    read = _read(kind, content, Place(chat, native))
    if not read.text and not read.attachments:
        read = Content(attachments=(Unsupported(of="empty message"),))
    return Message(
        native=NativeId(native),
        at=_moment(value),
        text=read.text,
        attachments=read.attachments,
        reply_to=_reply(value, chat),
        forwarded_from=AVITO if is_of_avito(value) else None,
    )


def is_of_avito(value: Json) -> bool:
    """Whether neither the client nor the shop wrote it."""
    return kind_of(value) == "system" or words(inner(value, "content").get("text")).startswith(_SYSTEM)


def kind_of(value: Json) -> str:
    """Its type, or, where it tells none, what its content holds."""
    kind = words(value.get("type"))[:64]
    content = inner(value, "content")
    return kind or next((one for one in _KINDS if content.get(one)), "")


def chat_page(chat: str) -> str:
    """The address under which the shop sees the chat itself."""
    return f"https://www.avito.ru/profile/messenger/channel/{chat}"


def picture_of(sizes: Json) -> str:
    """The address of the largest of a picture's sizes (`1280x960`)."""
    largest = max((name for name in sizes if url_of(sizes, name)), key=_pixels, default="")
    return url_of(sizes, largest)


def _read(kind: str, content: Json, place: Place) -> Content:
    body = inner(content, kind)
    if kind in _READERS and (found := _READERS[kind](body, place)) is not None:
        return found
    text = _said(content)
    if kind in {"text", "system", ""}:
        return Content(text)
    if kind in _UNREADABLE and not content:
        return Content(
            attachments=(Unsupported(of=kind, hint="Avito shows it in the chat only", link=chat_page(place.chat)),)
        )
    hint, link = _anything(body or content)
    return Content(text, (Unsupported(of=kind, hint=hint or None, link=link or None),))


def _image(body: Json, place: Place) -> Content | None:
    url = picture_of(inner(body, "sizes"))
    if not url:
        return None
    return Content(attachments=(Media(kind=MediaKind.PHOTO, remote=f"{url.partition('#')[0]}#{'/'.join(place)}"),))


def _voice(body: Json, _place: Place) -> Content | None:
    voice = identity(body.get("voice_id"))
    if not voice:
        return None
    return Content(attachments=(Media(kind=MediaKind.VOICE, remote=f"{VOICE}{voice}", mime="audio/mp4"),))


def _link(body: Json, _place: Place) -> Content | None:
    """The client's own words, and what Avito found behind the address."""
    preview = inner(body, "preview")
    url = words(body.get("url")) or words(preview.get("url"))
    text = words(body.get("text")) or url
    if not text:
        return None
    title = words(preview.get("title")) or words(preview.get("description"))
    if not title and url in text:
        return Content(text)
    page = url_of({"url": url}, "url")
    hint = _short(title) if page else _joined(_short(title), _short(url))
    return Content(text, (Unsupported(of="link", hint=hint or None, link=page or None),))


def _item(body: Json, _place: Place) -> Content | None:
    told, page = _joined(_short(body.get("title")), _short(body.get("price_string"))), url_of(body, "item_url", "url")
    return (
        Content(attachments=(Unsupported(of="item", hint=told or None, link=page or None),)) if told or page else None
    )


def _location(body: Json, _place: Place) -> Content:
    latitude, longitude = coordinate(body.get("lat"), 90), coordinate(body.get("lon"), 180)
    title, address = _short(body.get("title")), _short(body.get("text"))
    if latitude is None or longitude is None:
        return Content(attachments=(Unsupported(of="location", hint=title or address or None),))
    point = Location(
        latitude, longitude, title=title or None, address=address if address and address != title else None
    )
    return Content(attachments=(point,))


def _call(body: Json, _place: Place) -> Content:
    return Content(attachments=(Unsupported(of="call", hint=words(body.get("status"))[:64] or None),))


_READERS: Mapping[str, Callable[[Json, Place], Content | None]] = {
    "image": _image,
    "voice": _voice,
    "link": _link,
    "item": _item,
    "location": _location,
    "call": _call,
}


def _anything(body: Json) -> tuple[str, str]:
    """What a kind that nobody here knows tells of itself."""
    said = next((words(body.get(name)) for name in ("title", "name", "text") if words(body.get(name))), "")
    return _short(said), url_of(body, "url", "item_url", "link")


def _reply(value: Json, chat: str) -> ReplyTo | None:
    """What the message quotes; only the API tells, the webhook does not."""
    quoted = inner(value, "quote")
    native, content = identity(quoted.get("id")), inner(quoted, "content")
    read = _read(kind_of(quoted), content, Place(chat, native)) if content else Content()
    quote = shorten(read.text or _said(content), _QUOTE, Unit.CHARS)
    if not native and not quote and not read.attachments:
        return None
    return ReplyTo(native=NativeId(native) if native else None, quote=quote or None, attachments=read.attachments)


def _said(content: Json) -> str:
    text = content.get("text")
    return text if isinstance(text, str) else ""


def _moment(value: Json) -> int:
    """When it was written, in milliseconds by Avito's clock; 0: it does not say."""
    created = positive(value.get("created"))
    return created * 1000 if created < _AT else 0


def _pixels(name: str) -> int:
    width, _, height = name.partition("x")
    return int(width[:6]) * int(height[:6]) if width.isdecimal() and height.isdecimal() else 0


def _short(value: object) -> str:
    return shorten(words(value), _HINT // 2, Unit.CHARS)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
