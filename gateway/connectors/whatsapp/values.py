"""Texts, moments, degrees and digests as WhatsApp has them; toolkit/values.py reads values of other kinds. Pure."""

from hashlib import blake2b

from gateway.connectors.toolkit import values
from gateway.connectors.toolkit.values import coordinate
from gateway.model.codec import dump

_AT = 2**37
"""Seconds from here on are no moment of ours, and of no calendar a little later."""
_CIRCLE = 180.0


def words(value: object, limit: int = 4096) -> str:
    """A text or a number as text of at most `limit` characters; empty for everything else."""
    return values.words(value)[:limit]


def moment(value: object) -> int:
    """Unix seconds, which come as a text or a number, in milliseconds; 0: it is no moment."""
    text = words(value)
    seconds = int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(_AT)) else 0
    return seconds * 1000 if 0 < seconds < _AT else 0


def degrees(value: object) -> float | None:
    """A latitude or longitude, as a number or a text."""
    try:
        return coordinate(float(value) if isinstance(value, str) else value, _CIRCLE)
    except (ValueError, OverflowError):
        return None


def digest(value: object) -> str:
    """Stands for JSON that has no id of its own; the same whenever it is the same."""
    try:
        raw = dump(value)
    except (TypeError, ValueError, OverflowError):
        raw = repr(value).encode("utf-8", "replace")
    return blake2b(raw, digest_size=8).hexdigest()
