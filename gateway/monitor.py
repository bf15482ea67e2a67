"""Looks at the whole desk now and then: for /metrics, for /readyz, and for the admins before things go wrong.

It changes nothing but this: what is alarming becomes a Notice in the staff's inbox, at most once an hour each.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from gateway.errors import StoreUnavailable
from gateway.health import OLDEST_MS, Measure, Probe
from gateway.model.commands import Entry, Notice
from gateway.model.ids import AccountId
from gateway.stalls import Stalls
from gateway.streams import queries
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.lag import Lag, lag
from gateway.streams.queries import Counts, Memory

log = logging.getLogger("gateway.monitor")

EVERY_SECONDS = 15.0
MEMORY_SHARE = 0.8
"""Of Redis's limit: above it admins are told, at the limit intake stops."""
DISK_FREE = 500 * 1024 * 1024
HOUR_MS = 3600 * 1000


class Snapshot(Struct, frozen=True):
    """The desk as it was at one moment."""

    at: int
    lags: Sequence[Lag]
    counts: Counts
    memory: Memory
    disk_free: int
    on_duty: int


class Monitor:
    """One per process; alerts are told apart by what they are about, so several processes tell once."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        data_dir: Path,
        clock: Callable[[], int],
        stalls: Stalls | None = None,
        *,
        accounts: Sequence[AccountId] = (),
    ) -> None:
        """`clock` gives milliseconds since the epoch; `stalls` is what stands still in this process.

        `accounts` are those whose outboxes are looked at.
        """
        self._accounts = accounts
        self._told: dict[str, int] = {}
        """What was told, or found told, of what, and when."""
        self._stalls = stalls or Stalls()
        self._store, self._intake, self._data, self._clock = store, intake, data_dir, clock

    async def look(self) -> Snapshot:
        """The desk now. Raises StoreUnavailable."""
        people = await queries.operators(self._store)
        return Snapshot(
            at=self._clock(),
            lags=await lag(self._store, self._accounts),
            counts=await queries.counts(self._store),
            memory=await queries.memory(self._store),
            disk_free=shutil.disk_usage(self._data).free,
            on_duty=sum(one.is_rung for one in people.values()),
        )

    async def run(self) -> None:
        """Looks every few seconds until cancelled; Redis being away is others' matter."""
        while True:
            # Each by itself: what keeps one of them from being told may not keep the other.
            for tell in (self.tell_stalls, self._look_and_tell):
                try:
                    await tell()
                except StoreUnavailable as error:
                    log.debug("the watch cannot look: %s", error)
            await asyncio.sleep(EVERY_SECONDS)

    async def _look_and_tell(self) -> None:
        await self.tell(await self.look())

    async def tell_stalls(self) -> None:
        """Tells the admins what stood still, as soon as Redis takes it. Raises StoreUnavailable."""
        for stall in self._stalls.untold:
            notice = Notice(about=f"stalled_{stall.about}", detail=f"{stall.part}: {stall.what}", alarming=True)
            key = f"alert:stalled:{stall.part}:{stall.about}:{self._clock() // HOUR_MS}"
            await self._intake.offer([Offer(self._store.keys.staff, None, key, Entry(command=notice))])
            self._stalls.tell(stall)

    async def tell(self, snapshot: Snapshot) -> None:
        """Tells the admins what is alarming in this snapshot, each at most once an hour. Raises StoreUnavailable."""
        self._told = {key: at for key, at in self._told.items() if snapshot.at - at < HOUR_MS}
        found = {f"alert:{about}:{mark}": (about, detail) for about, mark, detail in alerts(snapshot)}
        news = {key: told for key, told in found.items() if key not in self._told}
        offers = [
            Offer(
                inbox=self._store.keys.staff,
                account=None,
                # Of several processes one tells.
                key=f"{key}:{snapshot.at // HOUR_MS}",
                entry=Entry(command=Notice(about=about, detail=detail, alarming=True)),
            )
            for key, (about, detail) in news.items()
        ]
        if offers:
            await self._intake.offer(offers)
            self._told |= dict.fromkeys(news, snapshot.at)

    async def probe(self) -> Probe:
        """For /readyz: does Redis answer, and does anything wait too long?"""
        snapshot = await self.look()
        ages = [
            (snapshot.at - one.oldest_ms, one.name)
            for one in snapshot.lags
            if one.oldest_ms is not None and _counts(one)
        ]
        age, name = max(ages, default=(0, ""))
        if age > OLDEST_MS:
            return Probe(ok=False, detail=f"{name} waits for {age // 1000} s", age_ms=age)
        return Probe(ok=True, age_ms=max(age, 0) if ages else None)

    async def measure(self) -> Sequence[Measure]:
        """For /metrics."""
        snapshot = await self.look()
        found = [
            Measure("gateway_dead_letters", snapshot.counts.dead),
            Measure("gateway_dialogs_waiting", snapshot.counts.waiting),
            Measure("gateway_operators_on_duty", snapshot.on_duty),
            Measure("gateway_redis_memory_bytes", snapshot.memory.used),
            Measure("gateway_redis_memory_limit_bytes", snapshot.memory.limit),
            Measure("gateway_disk_free_bytes", snapshot.disk_free),
        ]
        for one in snapshot.lags:
            if one.name.startswith("outbox:"):
                account = one.name.removeprefix("outbox:")
                found.append(Measure("gateway_outbox_entries", one.entries, (account,)))
                continue
            oldest = 0.0 if one.oldest_ms is None else max(snapshot.at - one.oldest_ms, 0) / 1000
            found.append(Measure("gateway_stream_entries", one.entries, (one.name,)))
            found.append(Measure("gateway_stream_oldest_seconds", oldest, (one.name,)))
        return found


def alerts(snapshot: Snapshot) -> list[tuple[str, str, str]]:
    """What admins should hear: about what, what tells it from others of its kind, and the figures. Pure.

    A figure that grows is the same news: it never stands in what tells one alert from another.
    """
    found = []
    if snapshot.counts.dead:
        found.append(("dead_letters", "", str(snapshot.counts.dead)))
    found += [
        ("lag", one.name, f"{one.name}: {one.entries}, {(snapshot.at - one.oldest_ms) // 1000} s")
        for one in snapshot.lags
        if one.oldest_ms is not None and _counts(one) and snapshot.at - one.oldest_ms > OLDEST_MS
    ]
    if snapshot.memory.limit and snapshot.memory.used > MEMORY_SHARE * snapshot.memory.limit:
        percent = 100 * snapshot.memory.used // snapshot.memory.limit
        found.append(("memory", "", f"{percent} %"))
    if snapshot.disk_free < DISK_FREE:
        found.append(("disk", "", f"{snapshot.disk_free // 2**20} MB"))
    return found


def _counts(one: Lag) -> bool:
    """An outbox may rightly wait: for a messenger's limit, a suspended account, a client's retry."""
    return not one.name.startswith("outbox:")
