"""What a WhatsApp message carries besides words: files, places, contacts, carts. Pure and total."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from gateway.connectors.toolkit.files import READ_LIMIT, cut_name
from gateway.connectors.toolkit.values import Json, count, listed, table
from gateway.connectors.whatsapp.values import degrees, words
from gateway.model.messages import Attachment, ContactCard, Location, Media, MediaKind, Unsupported

HASH = "#"
"""Stands in a file's handle between WhatsApp's id and the SHA-256 of the bytes, in base64."""
_HASH_BYTES = 32
_MOST = 100
KINDS = {
    "image": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
    "document": MediaKind.DOCUMENT,
    "sticker": MediaKind.STICKER,
}


def read_file(kind: str, raw: Json) -> Attachment:
    """A file that can be fetched by its id."""
    identity = words(raw.get("id"), 256)
    if not identity:
        return Unsupported(of=kind, hint="WhatsApp did not tell where the file is")
    told = words(raw.get("sha256"), 128)
    return Media(
        kind=MediaKind.VOICE if kind == "audio" and raw.get("voice") is True else KINDS[kind],
        remote=f"{identity}{HASH}{told}" if hash_of(told) else identity,
        name=cut_name(words(raw.get("filename")), READ_LIMIT) or None,
        mime=words(raw.get("mime_type"), 128).partition(";")[0].strip() or None,
        size=count(raw.get("file_size")),
        emoji=words(raw.get("emoji"), 16) or None,
    )


def hash_of(told: str) -> bytes | None:
    """A SHA-256 as WhatsApp writes it, in base64 or hex; None: it is none."""
    try:
        found = bytes.fromhex(told) if len(told) == 2 * _HASH_BYTES else b64decode(told, validate=True)
    except (ValueError, NotBase64):
        return None
    return found if len(found) == _HASH_BYTES else None


def read_location(raw: Json) -> Attachment:
    """A place; one that is nowhere is still told by its name."""
    latitude, longitude = degrees(raw.get("latitude")), degrees(raw.get("longitude"))
    title, address = words(raw.get("name"), 300), words(raw.get("address"), 500)
    if latitude is None or longitude is None or abs(latitude) > 90:  # noqa: PLR2004 - the poles
        return Unsupported(of="location", hint=", ".join(filter(None, (title, address))) or None)
    return Location(latitude=latitude, longitude=longitude, title=title or None, address=address or None)


def read_contacts(cards: object) -> Iterator[Attachment]:
    """Shared contacts: a card for each number."""
    people = [table(one) for one in listed(cards)[:_MOST]]
    for one in people:
        name = _name(table(one.get("name")))
        phones = list(dict.fromkeys(filter(None, (_phone(table(phone)) for phone in listed(one.get("phones"))))))
        for phone in phones:
            yield ContactCard(phone=phone, name=name)
        if not phones:
            mails = [words(table(mail).get("email"), 200) for mail in listed(one.get("emails"))]
            yield Unsupported(of="contact", hint=", ".join(filter(None, (name, *mails))) or None)
    if not people:
        yield Unsupported(of="contact", hint="an empty card")


def _phone(raw: Json) -> str:
    """The number as it was written, or WhatsApp's own form of it."""
    own = words(raw.get("wa_id"), 63)
    return words(raw.get("phone"), 64) or (f"+{own}" if own else "")


def _name(raw: Json) -> str:
    parts = (words(raw.get(one), 100) for one in ("first_name", "middle_name", "last_name"))
    return words(raw.get("formatted_name"), 200) or " ".join(filter(None, parts))


def cart(raw: Json) -> str:
    """An order from the catalogue in lines that need no language."""
    lines, sums = [], dict[str, Decimal]()
    for item in [table(one) for one in listed(raw.get("product_items"))[:_MOST]]:
        number, price = _decimal(item.get("quantity")), _decimal(item.get("item_price"))
        currency = words(item.get("currency"), 8)
        name = words(item.get("product_retailer_id"), 200) or "?"
        lines.append(f"{_shown(number)} × {name}" + ("" if price is None else f": {_shown(price)} {currency}".rstrip()))
        if price is not None and number is not None:
            sums[currency] = sums.get(currency, Decimal(0)) + price * number
    total = " + ".join(f"{_shown(one)} {currency}".rstrip() for currency, one in sums.items())
    head = " ".join(filter(None, ("🛒", words(raw.get("catalog_id"), 64))))
    return "\n".join(filter(None, (words(raw.get("text")), head, *lines, f"= {total}" if total else "")))


def _decimal(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and abs(found) < 10**12 else None


def _shown(number: Decimal | None) -> str:
    return "?" if number is None else f"{number.normalize():f}"
