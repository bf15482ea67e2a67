"""The sandbox's clock: wall time that a test or the control API may push forward.

It never goes back, and nobody waits on it: waiting is asyncio's business.
"""

import time
from collections.abc import Callable


def wall_ms() -> int:
    """Milliseconds since the epoch by the machine's clock."""
    return time.time_ns() // 1_000_000


class Clock:
    """Now in milliseconds, from `source` plus what was added by hand."""

    def __init__(self, source: Callable[[], int] = wall_ms) -> None:
        self._source = source
        self._ahead_ms = 0

    def now_ms(self) -> int:
        return self._source() + self._ahead_ms

    def now_s(self) -> int:
        return self.now_ms() // 1000

    def advance(self, ms: int) -> None:
        """Moves the clock `ms` milliseconds ahead; raises ValueError for a step back."""
        if ms < 0:
            raise ValueError("The clock only goes forward: advance_ms must not be negative.")
        self._ahead_ms += ms
