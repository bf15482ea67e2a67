"""VK's limits: calls a second of a token, and the same words to the same person again and again.

Time comes as an argument. The numbers are settings; the second rule's are nowhere published.
"""

from collections import deque

from sandbox.settings import Settings

_SECOND_MS = 1000
_MINUTE_MS = 60_000
_SWEEP_ABOVE = 10_000


class Limits:
    """Counts what was let through; a refused call costs nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._calls: dict[int, deque[int]] = {}
        self._said: dict[tuple[int, int, str], deque[int]] = {}

    def admits_call(self, community_id: int, now_ms: int) -> bool:
        """Takes one of the calls that a community has in any second; False refuses with 6."""
        calls = self._calls.setdefault(community_id, deque())
        return not self._settings.limits or _take(calls, self._settings.vk_calls_per_second, _SECOND_MS, now_ms)

    def admits_text(self, community_id: int, peer_id: int, text: str, now_ms: int) -> bool:
        """Whether these words may be said to this person once more; False refuses with 9."""
        if not self._settings.limits or not text:
            return True
        if len(self._said) > _SWEEP_ABOVE:
            self._said = {key: times for key, times in self._said.items() if times and times[-1] > now_ms - _MINUTE_MS}
        said = self._said.setdefault((community_id, peer_id, text), deque())
        return _take(said, self._settings.vk_same_text_per_minute, _MINUTE_MS, now_ms)


def _take(times: deque[int], most: int, within_ms: int, now_ms: int) -> bool:
    while times and times[0] <= now_ms - within_ms:
        times.popleft()
    if len(times) >= most:
        return False
    times.append(now_ms)
    return True
