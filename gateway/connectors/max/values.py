"""Single values out of JSON that a stranger may have written: an id, a text, an address, a moment, or nothing. Pure.

Ids are texts from here on: MAX writes 64-bit numbers, of which a message's `seq` is above 2^53.
"""

import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

Json = Mapping[str, Any]

_ADDRESS = 8192
_ID = 512
_LARGEST = 2**53
_SECONDS_END = 10**11
"""Smaller moments are seconds, larger ones milliseconds: MAX writes milliseconds, and its older clients seconds."""
_END = 10**14
_NO: Json = {}


def words(value: object) -> str:
    """A text or a whole number as text; empty for everything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def identity(value: object) -> str:
    """An id, an opaque text whatever it is made of; empty where there is none."""
    found = words(value)
    return found if len(found) <= _ID else ""


def table(value: object) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, Mapping) else _NO


def listed(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def count(number: object) -> int | None:
    """A size, length or duration, if it can be one."""
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if 0 <= number < _LARGEST else None


def degrees(value: object, most: float) -> float | None:
    """A latitude or longitude, if it can be one."""
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) <= most else None


def moment(value: object) -> int:
    """A moment in milliseconds; 0: none."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _END:
        return 0
    return value * 1000 if value < _SECONDS_END else value


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
