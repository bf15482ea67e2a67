"""What a bot wants to send: the body of POST and PUT /messages and of /answers, read and checked.

Source: CHANNELS.md 9.6; the words of most refusals are chosen.
"""

from typing import NamedTuple

import msgspec

from sandbox.max.errors import MaxError, not_found, not_ready, wrong
from sandbox.max.files import File, FileKind
from sandbox.max.keyboards import read_keyboard
from sandbox.max.markup import read_markup
from sandbox.max.max import Max
from sandbox.max.records import Bot, Dialog, Link, Message
from sandbox.max.shapes import sender_of
from sandbox.pictures import media_type
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_LONGEST_TEXT = 4000
_MOST_ATTACHMENTS = 12
_ALONE = frozenset({"audio", "file", "contact", "sticker"})
_FILES: dict[str, FileKind] = {"image": "image", "video": "video", "audio": "audio", "file": "file"}


class _Wanted(msgspec.Struct, kw_only=True):
    """The body as JSON; what else stands in it is passed over."""

    text: str | None = None
    attachments: list[Json] | None = None
    link: Json | None = None
    notify: bool = True
    format: str | None = None


class Draft(NamedTuple):
    """`text` and `attachments` are None where none were given, which an edit keeps; `keyboard` goes with the latter."""

    text: str | None
    markup: list[Json]
    attachments: list[Json] | None
    keyboard: list[list[Json]] | None
    link: Link | None


async def read_draft(server: Max, bot: Bot, given: object) -> Draft:
    """Reads a body; raises MaxError."""
    try:
        wanted = msgspec.convert(given, _Wanted)
    except msgspec.ValidationError:
        raise wrong("Can't deserialize body") from None
    if wanted.format not in {None, "html", "markdown"}:
        raise wrong("format: must be one of markdown, html")
    text, markup = read_markup(wanted.text or "", wanted.format)
    if len(text) > _LONGEST_TEXT:
        raise wrong(f"text: size must be between 0 and {_LONGEST_TEXT}")
    attachments, keyboard = None, None
    if wanted.attachments is not None:
        attachments, keyboard = await _read_attachments(server, wanted.attachments)
    link = _read_link(server, bot, wanted.link) if wanted.link is not None else None
    return Draft(None if wanted.text is None else text, markup, attachments, keyboard, link)


async def _read_attachments(server: Max, given: list[Json]) -> tuple[list[Json], list[list[Json]] | None]:
    if len(given) > _MOST_ATTACHMENTS:
        raise wrong(f"attachments: size must be between 0 and {_MOST_ATTACHMENTS}")
    keyboards = [one for one in given if one.get("type") == "inline_keyboard"]
    others = [one for one in given if one.get("type") != "inline_keyboard"]
    if len(keyboards) > 1:
        raise wrong("attachments: only one inline_keyboard is allowed")
    if len(others) > 1 and any(one.get("type") in _ALONE for one in others):
        raise wrong("attachments: audio, file, contact and sticker must be the only attachment")
    keyboard = read_keyboard(keyboards[0].get("payload")) if keyboards else None
    return [await _read_attachment(server, one) for one in others], keyboard


async def _read_attachment(server: Max, given: Json) -> Json:
    kind = given.get("type")
    payload = given.get("payload")
    if kind == "location":
        return _location(given)
    if not isinstance(payload, dict):
        raise wrong("attachments: payload must not be null")
    if kind in _FILES:
        file = await _file(server, str(kind), payload)
        return {"type": kind, "file": file.number}
    match kind:
        case "sticker" if isinstance(payload.get("code"), str):
            return {"type": "sticker", "payload": {"url": "", "code": payload["code"]}, "width": 0, "height": 0}
        case "contact":
            return _contact(server, payload)
        case "share" if isinstance(payload.get("url"), str):
            return {"type": "share", "payload": {"url": payload["url"]}, "title": payload["url"]}
        case _:
            raise wrong(f"attachments: unsupported attachment: {kind}")


async def _file(server: Max, kind: str, payload: Json) -> File:
    """What the token is of; a picture's may stand in `photos` as well, or be an address (of this machine only)."""
    photos = payload.get("photos")
    if kind == "image" and isinstance(payload.get("url"), str):
        return await _fetched(server, payload["url"])
    token = payload.get("token")
    if kind == "image" and isinstance(photos, dict) and photos:
        first = next(iter(photos.values()))
        token = first.get("token") if isinstance(first, dict) else None
    if not isinstance(token, str) or not token:
        raise wrong(f"attachments: {kind}: token must not be empty")
    file = server.files.by_token(token)
    if file is None and server.files.is_awaited(token):
        raise not_ready()
    if file is None or file.kind != _FILES[kind]:
        raise wrong(f"attachments: {kind}: invalid token")
    if file.ready_at > server.clock.now_ms():
        raise not_ready()
    return file


async def _fetched(server: Max, url: str) -> File:
    settings = server.settings
    found = await server.client.call(
        "GET", url, timeout_ms=settings.max_webhook_timeout_ms, most=settings.max_image_bytes + 1
    )
    is_picture = found is not None and found.is_ok and str(media_type(found.body)).startswith("image/")
    if found is None or not is_picture or len(found.body) > settings.max_image_bytes:
        raise wrong("attachments: image: failed to upload by url")
    return server.files.add("image", Upload("image", found.mime, found.body))


def _location(given: Json) -> Json:
    latitude, longitude = given.get("latitude"), given.get("longitude")
    if not isinstance(latitude, (int, float)) or not isinstance(longitude, (int, float)):
        raise wrong("attachments: location: latitude and longitude must be numbers")
    return {"type": "location", "latitude": latitude, "longitude": longitude}


def _contact(server: Max, payload: Json) -> Json:
    """A card by its own text, or of a person of this world by id."""
    person = server.world.people.get(payload["contact_id"]) if isinstance(payload.get("contact_id"), int) else None
    card = payload.get("vcf_info")
    if person is None and not isinstance(card, str) and not payload.get("vcf_phone"):
        raise wrong("attachments: contact: contact_id or vcf_info must not be null")
    name = payload.get("name") or (person.name if person is not None else "")
    phone = payload.get("vcf_phone") or (person.phone if person is not None else "")
    return {"type": "contact", "payload": {"vcf_info": card if isinstance(card, str) else vcard(str(name), str(phone))}}


def vcard(name: str, phone: str) -> str:
    """A contact's card as the apps write it; the phone is digits."""
    digits = "".join(filter(str.isdigit, phone))
    called = [f"TEL;TYPE=cell:{digits}"] if digits else []
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", "PRODID:ez-vcard 0.12.1", *called, f"FN:{name}", "END:VCARD", ""])


def _read_link(server: Max, bot: Bot, given: Json) -> Link:
    kind, mid = given.get("type"), given.get("mid")
    if kind not in {"reply", "forward"} or not isinstance(mid, str):
        raise wrong("link: type and mid must not be null")
    found = server.world.by_mid(bot, mid)
    if found is None:
        raise not_found(f"Message {mid}")
    return link_to(server, *found, is_forward=kind == "forward")


def link_to(server: Max, dialog: Dialog, message: Message, *, is_forward: bool) -> Link:
    """A message as another one answers it or passes it on."""
    return Link(
        type="forward" if is_forward else "reply",
        sender=sender_of(server.world, dialog, message.sender_id, message.at),
        chat_id=message.chat_id,
        mid=message.mid,
        seq=message.seq,
        text=message.text,
        markup=message.markup,
        attachments=message.attachments,
        number=message.number,
    )


def check_not_empty(draft: Draft) -> None:
    """Raises MaxError for a message with nothing in it."""
    if not (draft.text or draft.attachments or (draft.link is not None and draft.link.type == "forward")):
        raise MaxError(400, "proto.payload", "Message cannot be empty: text or attachments must be set")
