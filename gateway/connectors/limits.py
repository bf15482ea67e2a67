"""How fast one may send, and how long to wait after a failure. PURE: the clock and the chance are arguments.

Moments are milliseconds since the epoch; a clock that jumps back never blocks for longer than a full bucket takes.
"""

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


def backoff_ms(failures: int, chance: float) -> int:
    """How long to wait after the n-th failure in a row: 1 s, doubling to a minute, less up to a half by `chance`.

    `chance` is in [0, 1): those who failed together must not come back together.
    """
    whole = min(_BACKOFF_MOST_MS, _BACKOFF_FIRST_MS << min(max(failures, 1) - 1, 16))
    return int(whole * (1.0 - chance / 2))
