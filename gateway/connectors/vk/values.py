"""Numbers as VK writes them; single values of other kinds are read by toolkit/values.py. Pure."""

import re

from gateway.connectors.toolkit.values import whole

_DIGITS = re.compile(r"-?[0-9]{1,16}")


def count(number: object) -> int | None:
    """A size, length or duration, if it can be one."""
    found = count_signed(number)
    return found if found is not None and found >= 0 else None


def count_signed(number: object) -> int | None:
    """A whole number of either sign; some libraries that pass VK's events on write it as a text."""
    return whole(int(number) if isinstance(number, str) and _DIGITS.fullmatch(number) else number)


def positive(number: object) -> int:
    """A whole number above 0; 0 for everything else."""
    return count(number) or 0


def signed(number: object) -> int:
    """A whole number of either sign; 0 for everything else."""
    return count_signed(number) or 0
