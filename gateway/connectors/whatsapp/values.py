"""Single values out of JSON that a stranger may have written: a text, a number, a moment, or nothing. Pure."""

from collections.abc import Mapping
from hashlib import blake2b
from math import isfinite
from typing import Any

from gateway.model.codec import dump

Json = Mapping[str, Any]

_LARGEST = 2**53
_AT = 2**37
"""Seconds from here on are no moment of ours, and of no calendar a little later."""


def words(value: object, limit: int = 4096) -> str:
    """A text or a number as text, without blanks at its ends; empty for everything else."""
    if isinstance(value, str):
        return value.strip()[:limit]
    return str(value)[:limit] if isinstance(value, int) and not isinstance(value, bool) else ""


def inner(value: object) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def moment(value: object) -> int:
    """Unix seconds, which come as a text or a number, in milliseconds; 0: it is no moment."""
    text = words(value)
    seconds = int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(_AT)) else 0
    return seconds * 1000 if 0 < seconds < _AT else 0


def degrees(value: object) -> float | None:
    """A latitude or longitude, as a number or a text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) and abs(found) <= 180 else None  # noqa: PLR2004 - a circle's half


def count(value: object) -> int | None:
    """A size or number of things, if it can be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST else None


def digest(value: object) -> str:
    """Stands for JSON that has no id of its own; the same whenever it is the same."""
    try:
        raw = dump(value)
    except (TypeError, ValueError, OverflowError):
        raw = repr(value).encode("utf-8", "replace")
    return blake2b(raw, digest_size=8).hexdigest()
