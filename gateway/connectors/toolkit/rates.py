"""How fast one may send, and how long to wait after a failure. PURE: the clock and the chance are arguments.

Moments are milliseconds since the epoch; a clock that jumps back never blocks for longer than a full bucket takes.
"""

from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from math import isfinite

from gateway.errors import LONGEST_WAIT, TryLater

_TOO_MANY = 429
_BACKOFF_FIRST_MS = 1_000
_BACKOFF_MOST_MS = 60_000


class Bucket:
    """`burst` sends at once, then `per_second` of them; 0 or less a second means no limit.

    It holds one number, the moment at which it will be full again, and thus needs no timer.
    """

    __slots__ = ("_interval", "_lead", "full_at")

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1000.0 / per_second if per_second > 0 else 0.0
        self._lead = self._interval * (max(burst, 1) - 1)
        self.full_at = 0.0

    def ready_at(self, now: int) -> float:
        """The moment from which one more send may go."""
        self.full_at = min(self.full_at, now + self._lead + self._interval)
        return self.full_at - self._lead

    def take(self, now: int) -> None:
        """Counts one send."""
        self.full_at = max(self.full_at, float(now)) + self._interval


class FloodDetector:
    """Tells a limit of the whole account from one of a chat where the vendor says the same of both: of two contacts at
    once, while nobody else gets through, it is everybody's.
    """

    def __init__(self) -> None:
        self._until: dict[str, int] = {}

    def spreads(self, key: str, until: int, now: int) -> bool:
        """A contact is limited until then: whether everybody is."""
        self._until = {one: moment for one, moment in self._until.items() if moment > now}
        self._until[key] = until
        return len(self._until) > 1

    def over(self) -> None:
        """Somebody got through."""
        self._until.clear()


def backoff_ms(failures: int, chance: float) -> int:
    """How long to wait after the n-th failure in a row: 1 s, doubling to a minute, less up to a half by `chance`.

    `chance` is in [0, 1): those who failed together must not come back together.
    """
    whole = min(_BACKOFF_MOST_MS, _BACKOFF_FIRST_MS << min(max(failures, 1) - 1, 16))
    return int(whole * (1.0 - chance / 2))


def asked_wait(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """The seconds that an answer's Retry-After asks for, within a day; None: it asks for none that can be read.

    `headers` have names in lower case. A date counts from the answer's own Date, else from `now` (seconds since the
    epoch), for the two clocks may differ. What lies in the past, or is negative, is 0.
    """
    told = headers.get("retry-after", "").strip()
    with suppress(ValueError):
        seconds = float(told)
        return min(max(seconds, 0.0), LONGEST_WAIT) if isfinite(seconds) else None
    until, since = _moment(told), _moment(headers.get("date", "")) or now
    return None if until is None or since is None else min(max(until - since, 0.0), LONGEST_WAIT)


def unserved(problem: str, status: int, wait: float | None, *, everyone: bool = False) -> TryLater:
    """What an answer of `status` means that serves nothing now: 429 is a rate limit, anything else passes by itself."""
    is_limit = status == _TOO_MANY
    return TryLater(problem, after=wait or (5.0 if is_limit else 0.0), everyone=everyone, limited=is_limit)


def _moment(date: str) -> float | None:
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        return parsedate_to_datetime(date).timestamp()
    return None
