"""Telegram's flood limits as token buckets: so much a second for a bot, so much for one chat.

Time comes as an argument. Whoever is refused stays refused until the time he was told has passed.
"""

import math
from typing import NamedTuple

from sandbox.settings import Settings

_SWEEP_ABOVE = 10_000


class _Bucket:
    """`level` calls are free now; it may go below zero by an album, which then takes longer to refill."""

    __slots__ = ("at_ms", "level")

    def __init__(self, level: float, at_ms: int) -> None:
        self.level = level
        self.at_ms = at_ms

    def refill(self, capacity: float, per_second: float, now_ms: int) -> None:
        self.level = min(capacity, self.level + (now_ms - self.at_ms) * per_second / 1000)
        self.at_ms = now_ms


class _Scope(NamedTuple):
    """Whom a bucket belongs to, and how it fills."""

    key: tuple[int, int]
    capacity: float
    per_second: float


class Limits:
    """Sends, edits, deletes and reactions share one budget (a bot's own, and its chat's)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._buckets: dict[tuple[int, int], _Bucket] = {}
        self._refused_until: dict[tuple[int, int], int] = {}

    def admit(self, bot_id: int, chat_id: int, cost: int, now_ms: int) -> int:
        """Takes `cost` from both budgets and returns 0, or takes nothing and returns the seconds to wait."""
        if not self._settings.limits:
            return 0
        scopes = self._scopes(bot_id, chat_id)
        wait_ms = max(self._wait_ms(scope, now_ms) for scope in scopes)
        if wait_ms > 0:
            return math.ceil(wait_ms / 1000)
        for scope in scopes:
            self._buckets[scope.key].level -= cost
        if len(self._buckets) > _SWEEP_ABOVE:
            self._sweep(now_ms)
        return 0

    def _scopes(self, bot_id: int, chat_id: int) -> tuple[_Scope, _Scope]:
        settings = self._settings
        whole = _Scope((bot_id, 0), settings.bot_per_second, settings.bot_per_second)
        if chat_id < 0:
            group = _Scope((bot_id, chat_id), settings.group_per_minute, settings.group_per_minute / 60)
            return whole, group
        return whole, _Scope((bot_id, chat_id), settings.chat_burst, settings.chat_per_second)

    def _wait_ms(self, scope: _Scope, now_ms: int) -> float:
        until = self._refused_until.get(scope.key, 0)
        if until > now_ms:
            return until - now_ms
        bucket = self._buckets.setdefault(scope.key, _Bucket(scope.capacity, now_ms))
        bucket.refill(scope.capacity, scope.per_second, now_ms)
        if bucket.level >= 1:
            return 0
        wait_ms = math.ceil((1 - bucket.level) / scope.per_second) * 1000
        self._refused_until[scope.key] = now_ms + wait_ms
        return wait_ms

    def _sweep(self, now_ms: int) -> None:
        """Forgets chats that were silent for a minute: their buckets are full again by then."""
        old = now_ms - 60_000
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if bucket.at_ms > old}
        self._refused_until = {key: until for key, until in self._refused_until.items() if until > now_ms}
