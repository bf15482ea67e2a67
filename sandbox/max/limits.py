"""How many calls a second MAX takes: of a bot, of a bot's polling, and into one chat by the kind of call.

Source: CHANNELS.md 9.2 and 9.6. A refused call counts for nothing.
"""

from collections import deque
from collections.abc import Hashable

from sandbox.settings import Settings

_SECOND_MS = 1000
_SWEEP_ABOVE = 10_000


class Limits:
    """Calls of the last second by whose they are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._calls: dict[Hashable, deque[int]] = {}

    def admit(self, wanted: dict[Hashable, int], now_ms: int) -> bool:
        """Counts one call against each of these, given with how many a second may be, or against none of them."""
        if not self._settings.limits:
            return True
        if not all(self._has_room(name, most, now_ms) for name, most in wanted.items()):
            return False
        for name in wanted:
            self._calls.setdefault(name, deque()).append(now_ms)
        if len(self._calls) > _SWEEP_ABOVE:
            self._calls = {name: calls for name, calls in self._calls.items() if calls[-1] > now_ms - _SECOND_MS}
        return True

    def _has_room(self, name: Hashable, most: int, now_ms: int) -> bool:
        calls = self._calls.get(name, deque())
        while calls and calls[0] <= now_ms - _SECOND_MS:
            calls.popleft()
        return len(calls) < most
