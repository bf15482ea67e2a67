"""Single values out of JSON that a stranger may have written: a text, a number, an address, or nothing. Pure.

What one vendor alone writes in its own way (ids, moments, numbers as texts) stands in its channel's values.py.
"""

import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

Json = Mapping[str, Any]

LARGEST = 2**53
"""Numbers from here on are nonsense, and JSON readers elsewhere would round them."""
_ADDRESS = 4096
_NO: Json = {}


def words(value: object) -> str:
    """A text or a number as text, without blanks at its ends; empty for everything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def table(value: object) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, Mapping) else _NO


def inner(body: Json, *names: str) -> Json:
    """The object at the end of these names; empty where there is none."""
    for name in names:
        body = table(body.get(name))
    return body


def listed(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def whole(number: object) -> int | None:
    """A whole number of either sign; None for everything else."""
    return number if isinstance(number, int) and not isinstance(number, bool) and abs(number) < LARGEST else None


def count(number: object) -> int | None:
    """A size, length or number of things, if it can be one."""
    found = whole(number)
    return found if found is not None and found >= 0 else None


def positive(number: object) -> int:
    """A whole number above 0; 0 for everything else."""
    return count(number) or 0


def coordinate(value: object, most: float) -> float | None:
    """A latitude or longitude of at most `most` degrees; None for what is none."""
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
    """A short text that is equal for equal content, for what has no id of its own."""
    raw = found if isinstance(found, bytes) else repr(found).encode("utf-8", "replace")
    return blake2b(raw, digest_size=8).hexdigest()
