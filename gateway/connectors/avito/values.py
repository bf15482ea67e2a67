"""Single values out of JSON that a stranger may have written: an id, a number, a text, an address, or nothing. Pure."""

import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

Json = Mapping[str, Any]

LARGEST = 2**53
"""Numbers from here on are nonsense, and JSON readers elsewhere would round them."""
ID_LIMIT = 200
_ADDRESS = 4096


def inner(body: Json, *names: str) -> Json:
    """The object at the end of these names; empty where there is none."""
    for name in names:
        found = body.get(name)
        body = found if isinstance(found, Mapping) else {}
    return body


def words(value: object) -> str:
    """A text or a number as text; empty for everything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def identity(value: object) -> str:
    """An id, opaque; empty for what can be none."""
    found = words(value)
    return found if len(found) <= ID_LIMIT and found.isprintable() else ""


def positive(number: object) -> int:
    """A whole number above 0; 0 for everything else."""
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < LARGEST else 0


def coordinate(value: object, most: float) -> float | None:
    """A latitude or longitude; None for what is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) <= most and math.isfinite(value) else None


def url_of(body: Json, *names: str) -> str:
    """The first address under these names; empty where there is none that could be called."""
    for name in names:
        url = body.get(name)
        if isinstance(url, str) and url.startswith(("https://", "http://")) and len(url) <= _ADDRESS:
            return url
    return ""


def digest(found: object) -> str:
    return blake2b(repr(found).encode("utf-8", "replace"), digest_size=8).hexdigest()
