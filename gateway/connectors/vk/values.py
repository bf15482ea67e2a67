"""Single values out of JSON that a stranger may have written: a number, a text, an address, or nothing. Pure."""

import re
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

LARGEST = 2**53
"""Numbers from here on are nonsense, and JSON readers elsewhere would round them."""
_ADDRESS = 4096
_DIGITS = re.compile(r"-?[0-9]{1,16}")


def count(number: object) -> int | None:
    """A size, length or duration, if it can be one."""
    found = count_signed(number)
    return found if found is not None and found >= 0 else None


def words(value: object) -> str:
    """A text or a number as text; empty for everything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def count_signed(number: object) -> int | None:
    """A whole number of either sign; some libraries that pass VK's events on write it as a text."""
    if isinstance(number, str) and _DIGITS.fullmatch(number):
        number = int(number)
    return number if isinstance(number, int) and not isinstance(number, bool) and abs(number) < LARGEST else None


def url_of(body: Json, *names: str) -> str:
    """The first address under these names; empty where there is none that could be called."""
    for name in names:
        url = body.get(name)
        if isinstance(url, str) and url.startswith(("https://", "http://")) and len(url) <= _ADDRESS:
            return url
    return ""


def positive(number: object) -> int:
    """A whole number above 0; 0 for everything else."""
    return count(number) or 0


def signed(number: object) -> int:
    """A whole number of either sign; 0 for everything else."""
    return count_signed(number) or 0
