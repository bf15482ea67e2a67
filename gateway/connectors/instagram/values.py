"""Single values out of JSON that a stranger may have written: an id, a text, an address, a moment, or nothing. Pure."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

Json = Mapping[str, Any]

_ADDRESS = 4096
_ID = 1024
"""Message ids are 150 signs and more."""
_SECONDS_END = 10**11
"""Smaller numbers are seconds, larger ones milliseconds."""
_END = 10**14
_NO: Json = {}


def words(value: object) -> str:
    """A text or a number as text; empty for everything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def identity(value: object) -> str:
    """An id, which is an opaque text whatever it is made of; empty where there is none."""
    found = words(value)
    return found if len(found) <= _ID else ""


def table(value: object) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, Mapping) else _NO


def tables(value: object) -> tuple[Json, ...]:
    """The objects of a list, or a single one; what is none of them is an empty one, so that it is noticed."""
    listed = [value] if isinstance(value, Mapping) else value
    return tuple(table(one) for one in listed) if isinstance(listed, list) else ()


def url_of(body: Json, *names: str) -> str:
    """The first address under these names; empty where there is none that could be called."""
    for name in names:
        url = body.get(name)
        if isinstance(url, str) and url.startswith(("https://", "http://")) and len(url) <= _ADDRESS:
            return url
    return ""


def moment(value: object) -> int:
    """A moment in milliseconds: Meta writes milliseconds, seconds, both also as texts, and ISO 8601; 0: none."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, str):
        if not value.isdecimal():
            return _written(value)
        value = int(value[:20])
    if not isinstance(value, int) or not 0 < value < _END:
        return 0
    return value * 1000 if value < _SECONDS_END else value


def digest(found: object) -> str:
    """A short text that is equal for equal content, for what has no id of its own."""
    raw = found if isinstance(found, bytes) else repr(found).encode("utf-8", "replace")
    return blake2b(raw, digest_size=8).hexdigest()


def _written(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
        seconds = found.timestamp() if found.tzinfo is not None else 0.0
    except (ValueError, OverflowError, OSError):
        return 0
    return int(seconds * 1000) if 0 < seconds < _SECONDS_END else 0
