"""Ids, lists and moments as Meta writes them; single values of other kinds are read by toolkit/values.py. Pure."""

from collections.abc import Mapping
from datetime import datetime

from gateway.connectors.toolkit.values import Json, table, words

_ID = 1024
"""Message ids are 150 signs and more."""
_SECONDS_END = 10**11
"""Smaller numbers are seconds, larger ones milliseconds."""
_END = 10**14


def identity(value: object) -> str:
    """An id, which is an opaque text whatever it is made of; empty where there is none."""
    found = words(value)
    return found if len(found) <= _ID else ""


def tables(value: object) -> tuple[Json, ...]:
    """The objects of a list, or a single one; what is none of them is an empty one, so that it is noticed."""
    listed = [value] if isinstance(value, Mapping) else value
    return tuple(table(one) for one in listed) if isinstance(listed, list) else ()


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


def _written(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
        seconds = found.timestamp() if found.tzinfo is not None else 0.0
    except (ValueError, OverflowError, OSError):
        return 0
    return int(seconds * 1000) if 0 < seconds < _SECONDS_END else 0
