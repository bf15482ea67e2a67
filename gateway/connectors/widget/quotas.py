"""How much strangers may ask for: buckets per visitor, network address and account. Pure; the clock is an argument.

Memory is bounded: of more keys than `most` the one that was quiet for longest is forgotten, and has its burst again.
"""

from collections import OrderedDict
from collections.abc import Sequence
from math import ceil

from msgspec import Struct

from gateway.connectors.toolkit.rates import Bucket
from gateway.connectors.widget.settings import Settings

_MOST_KEYS = 20_000
_MINUTE = 60.0
_CALLS_PER_MESSAGE = 10
"""Requests of any kind that an address may make for each message it may send."""
_SIGNALS_PER_MESSAGE = 2
_MESSAGES_PER_MEGABYTE = 12
"""120 messages a minute are 10 megabytes a minute, after a first burst."""
_FILES_AT_ONCE = 20
"""Files of the largest size that an address may upload in one go."""
_MEGABYTE = 1024 * 1024


class Quota:
    """So many a second for each key, half a minute's worth of them at once."""

    __slots__ = ("_buckets", "_burst", "_most", "_per_second")

    def __init__(self, per_second: float, burst: int, most: int = _MOST_KEYS) -> None:
        self._per_second = per_second
        self._burst = max(burst, 1)
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, key: str, now: int) -> int:
        """Seconds until one more may come, 0: now. Counts nothing; `now` in milliseconds."""
        bucket = self._buckets.get(key)
        return 0 if bucket is None else max(ceil((bucket.ready_at(now) - now) / 1000), 0)

    def take(self, key: str, now: int) -> None:
        """Counts one."""
        bucket = self._buckets.pop(key, None) or Bucket(self._per_second, self._burst)
        bucket.take(now)
        self._buckets[key] = bucket
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)

    def __len__(self) -> int:
        return len(self._buckets)


class Denied(Struct, frozen=True):
    """Too fast: `why` is a code of the protocol, and it may be tried again after so many seconds."""

    why: str
    retry_after: int


class Quotas:
    """All of one account's."""

    def __init__(self, settings: Settings) -> None:
        self._visitor = _per_minute(settings.messages_per_minute)
        self._address = _per_minute(settings.address_per_minute)
        self._account = Quota(settings.account_per_second, settings.account_per_second)
        self._sessions = _per_minute(settings.sessions_per_address_minute)
        self._calls = _per_minute(settings.address_per_minute * _CALLS_PER_MESSAGE)
        self._visitor_signals = _per_minute(settings.messages_per_minute * _SIGNALS_PER_MESSAGE)
        self._address_signals = _per_minute(settings.address_per_minute * _SIGNALS_PER_MESSAGE)
        self._megabytes = Quota(
            settings.address_per_minute / _MESSAGES_PER_MEGABYTE / _MINUTE, settings.upload_limit_mb * _FILES_AT_ONCE
        )

    def say(self, visitor: str, address: str, now: int) -> Denied | None:
        """A message, a press or an upload; counted only where nothing denies it."""
        whole = (
            (self._address, address, "too_fast"),
            (self._visitor, visitor, "too_fast"),
            (self._account, "", "busy"),
        )
        return _taken(whole, now)

    def signal(self, visitor: str, address: str, now: int) -> Denied | None:
        """That something was read, or is being typed."""
        both = ((self._address_signals, address, "too_fast"), (self._visitor_signals, visitor, "too_fast"))
        return _taken(both, now)

    def upload(self, address: str, now: int) -> Denied | None:
        """Whether an address may upload anything now; `uploaded` counts it."""
        seconds = self._megabytes.wait(address, now)
        return Denied("too_fast", seconds) if seconds else None

    def uploaded(self, address: str, size: int, now: int) -> None:
        """Counts `size` bytes that are kept now."""
        for _ in range(ceil(size / _MEGABYTE)):
            self._megabytes.take(address, now)

    def session(self, address: str, now: int) -> Denied | None:
        """A call that begins or renews a session."""
        return _taken(((self._sessions, address, "too_fast"),), now)

    def call(self, address: str, now: int) -> Denied | None:
        """A request of any kind."""
        return _taken(((self._calls, address, "too_fast"),), now)


def _taken(quotas: Sequence[tuple[Quota, str, str]], now: int) -> Denied | None:
    """Counts one everywhere, or nothing anywhere: what is denied costs nothing."""
    for quota, key, why in quotas:
        if seconds := quota.wait(key, now):
            return Denied(why, seconds)
    for quota, key, _ in quotas:
        quota.take(key, now)
    return None


def _per_minute(count: int) -> Quota:
    return Quota(count / _MINUTE, count // 2)
