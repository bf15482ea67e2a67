"""What Meta's channels share: who signs, how an address is verified, and whose part of a body is whose. Pure.

One webhook address and one secret belong to a Meta app, and one POST may carry the news of several accounts. It is
proven once, over the raw bytes, then split into fragments: bodies of the same shape, each with the part of one address.
What a fragment means is its channel's business; nothing here reads a message.
"""

import hmac
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from msgspec import Struct

SIGNATURE = "x-hub-signature-256"
"""Meta's older `X-Hub-Signature` is SHA-1 and proves nothing here."""
BODY_LIMIT = 3 * 1024 * 1024
"""Bytes: Meta packs up to 1,000 changes into one POST and promises no more than 3 MB."""
WHATSAPP, INSTAGRAM = "whatsapp", "instagram"
NOBODY = ""
"""The address of what does not say whose it is."""
_OBJECTS = {"whatsapp_business_account": WHATSAPP, "instagram": INSTAGRAM}

Json = Mapping[str, Any]


class Fragment(Struct, frozen=True):
    """One address's part of a body; `update` is a body of the same envelope with just that part."""

    address: str
    update: dict[str, Any]


def is_genuine(secret: str, header: str | None, body: bytes) -> bool:
    """Whether `header` is Meta's signature of exactly these bytes, as Meta spells it: `sha256=` and lower-case hex.

    Constant time. JSON that was read and written again never matches: Meta escapes what others do not.
    """
    expected = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
    # As bytes: compare_digest takes no text that is not ASCII, and strangers send what they like.
    return hmac.compare_digest(expected.encode(), (header or "").encode("utf-8", "surrogateescape"))


def challenge(verify_token: str, query: Mapping[str, str]) -> str | None:
    """What Meta wants to read when the address is entered in the app; None: whoever asks does not know the token."""
    given = query.get("hub.verify_token", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(verify_token.encode(), given) or query.get("hub.mode") != "subscribe":
        return None
    return query.get("hub.challenge")


def number_address(phone_number_id: str) -> str:
    """The address of a WhatsApp number."""
    return f"{WHATSAPP}:{phone_number_id}"


def business_address(waba_id: str) -> str:
    """The address of a WhatsApp Business account: of what concerns no number of its, such as templates."""
    return f"{WHATSAPP}:account:{waba_id}"


def profile_address(instagram_id: str) -> str:
    """The address of an Instagram account."""
    return f"{INSTAGRAM}:{instagram_id}"


def split(update: Json) -> list[Fragment]:
    """A body's parts in their order, each with its address; what has none, or is of no shape we know, is NOBODY's."""
    channel = _OBJECTS.get(str(update.get("object")))
    entries = update.get("entry")
    if channel is None:
        return [Fragment(NOBODY, dict(update))]
    if not isinstance(entries, list):
        return [Fragment(NOBODY, dict(update))] if entries is not None else []
    parts = _of_whatsapp if channel == WHATSAPP else _of_instagram
    return [Fragment(address, {**update, "entry": [part]}) for one in entries for address, part in parts(one)]


def _of_whatsapp(entry: object) -> Iterator[tuple[str, object]]:
    changes = entry.get("changes") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(changes, list):
        yield NOBODY, entry
        return
    for change in changes:
        yield _number_of(entry, change), {**entry, "changes": [change]}


def _number_of(entry: Json, change: object) -> str:
    value = change.get("value") if isinstance(change, Mapping) else None
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    number = metadata.get("phone_number_id") if isinstance(metadata, Mapping) else None
    if _is_id(number):
        return number_address(str(number))
    return business_address(str(entry["id"])) if _is_id(entry.get("id")) else NOBODY


def _of_instagram(entry: object) -> Iterator[tuple[str, object]]:
    own = entry.get("id") if isinstance(entry, Mapping) else None
    yield profile_address(str(own)) if _is_id(own) else NOBODY, entry


def _is_id(found: object) -> bool:
    return (isinstance(found, str) and bool(found)) or (isinstance(found, int) and not isinstance(found, bool))
