"""How many calls a minute a seller has, told in headers with every answer. The real number is published nowhere."""

from typing import NamedTuple

from sandbox.settings import Settings

_MINUTE_MS = 60_000


class Allowance(NamedTuple):
    """`retry_after` is 0 for a call that may go on, else the seconds until the next minute begins."""

    limit: int
    remaining: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        return {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": str(self.remaining)}


class Limits:
    """Counts in minutes of the clock; a refused call costs nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._minutes: dict[int, tuple[int, int]] = {}

    def take(self, seller_id: int, now_ms: int) -> Allowance:
        """Takes one of the minute's calls, if there is one left."""
        limit = self._settings.avito_calls_per_minute
        minute = now_ms // _MINUTE_MS
        before, used = self._minutes.get(seller_id, (minute, 0))
        used = used if before == minute else 0
        if self._settings.limits and used >= limit:
            return Allowance(limit, 0, -(-(_MINUTE_MS - now_ms % _MINUTE_MS) // 1000))
        self._minutes[seller_id] = minute, used + 1
        return Allowance(limit, max(0, limit - used - 1), 0)
