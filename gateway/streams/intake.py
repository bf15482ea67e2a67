"""The way into an inbox: checked against repeats, stored, and only then acknowledged to the vendor.

Concurrent offers share one round trip (twice the rate, a fifth of the p99), and each hears its own answer. What
is not stored within the patience is told as StoreUnavailable; offering it again is always safe.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Literal

from msgspec import Struct

from gateway.errors import StoreError, StoreUnavailable
from gateway.model.codec import encode
from gateway.model.commands import Entry, Receive, ReceiveEdit, ReceiveReaction, RecordAccount
from gateway.model.ids import AccountId, ContactId, EntryId
from gateway.streams.connection import PAUSE_SECONDS, Answer, Store
from gateway.streams.lease import Lease
from gateway.streams.ownership import fenced, run_fenced
from gateway.streams.scripts import EXPIRE, RECEIVE, RECEIVE_OWN, Call

PATIENCE_MS = 1400
"""The vendor must have its 503 within 1.5 s."""
MAX_BATCH = 128
"""Offers in one round trip: more would keep the first ones waiting."""
DAY_MS = 24 * 3600 * 1000
STOPPED_MOST = 50
STOPPED_BYTES = 16 * 1024
STOPPED_SECONDS = 90 * 24 * 3600
"""How many of a blocked contact's newest words are kept, up to how long each may be, and for how long."""
DIGEST_BYTES = 10
"""2^80 keys of one account and some days: a false repeat is out of the question."""

Outcome = Literal["stored", "repeated", "blocked"]
_OUTCOMES: dict[int, Outcome] = {1: "stored", 2: "repeated", 3: "blocked"}


class Offer(Struct, frozen=True):
    """One item for an inbox. `key` is what a redelivery has in common with it, within its account."""

    inbox: str
    account: AccountId | None
    key: str
    entry: Entry
    contact: ContactId | None = None
    """Whose words it is; a blocked contact's are stopped here. Other items of theirs pass."""
    keep_days: int = 2
    """For how many days the vendor may repeat it."""


class OfferResult(Struct, frozen=True):
    """What became of an offer; `entry` is the first one's id where it is repeated, None where it is blocked."""

    entry: EntryId | None
    outcome: Outcome


class DueTimer(Struct, frozen=True):
    """A timer whose moment has come, and where it goes: into an inbox, to a later moment, or (neither) away."""

    member: str
    moment: int
    """As it was read: one that has been armed anew since stays."""
    inbox: str | None = None
    payload: bytes = b""
    later: int | None = None


class Intake:
    """Stores offers. One per process and desk is enough."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        patience_ms: int = PATIENCE_MS,
    ) -> None:
        """`clock` gives milliseconds since the epoch and decides only on which day a key is remembered."""
        self._store, self._clock = store, clock
        self._patience = patience_ms / 1000
        self._pending: deque[tuple[Call, asyncio.Future[Answer]]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def offer(self, offers: Sequence[Offer], *, seconds: float | None = None) -> list[OfferResult]:
        """Stores what is new of the offers, all in one step, and says what became of each.

        `seconds` is how long it may take, where whoever waits has less patience than the intake.

        Raises:
            StoreUnavailable: not known to be stored; let the vendor repeat it.
        """
        if not offers:
            return []
        call = self._call(offers)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Answer] = loop.create_future()
        self._pending.append((call, waiter))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="intake")
        limit = loop.call_later(self._patience if seconds is None else seconds, self._give_up, waiter)
        try:
            answer = await waiter
        finally:
            limit.cancel()
        return [
            OfferResult(EntryId(entry.decode()) if entry else None, _OUTCOMES[outcome])
            for outcome, entry in zip(answer[::2], answer[1::2], strict=True)
        ]

    async def take_timers(self, lease: Lease, timers: Sequence[DueTimer]) -> None:
        """Moves due timers out of the sorted set, each in one step with what comes of it, even with the memory full.

        Raises:
            LostLease: the owner is somebody else; nothing was done. StoreUnavailable.
        """
        call = fenced(EXPIRE, lease, self._store.keys.timers)
        for timer in timers:
            place = 0 if timer.inbox is None else call.number(timer.inbox)
            call.add(timer.member, timer.moment, place, timer.payload, "" if timer.later is None else timer.later)
        await run_fenced(self._store, lease, call)

    async def remember_poll(self, account: AccountId, cursor: str) -> None:
        """Keeps the vendor's cursor; only after what came with it is stored."""
        await self._store.note([("SET", self._store.keys.poll(account), cursor)])

    async def poll_cursor(self, account: AccountId) -> str | None:
        """The cursor to go on from; None before the first batch."""
        found = await self._store.ask("GET", self._store.keys.poll(account))
        return found.decode() if found is not None else None

    async def close(self) -> None:
        """Stops writing; offers still waiting hear StoreUnavailable."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        self._fail(self._pending, StoreUnavailable("the gateway is stopping"))
        self._pending.clear()

    def _give_up(self, waiter: "asyncio.Future[Answer]") -> None:
        if not waiter.done():
            problem = f"Redis at {self._store.address} did not store an update in time"
            waiter.set_exception(StoreUnavailable(problem))

    def _call(self, offers: Sequence[Offer]) -> Call:
        keys, today = self._store.keys, self._clock() // DAY_MS
        call = Call(RECEIVE_OWN if all(map(_is_own, offers)) else RECEIVE)
        keep: dict[AccountId | None, int] = {}
        for offer in offers:
            keep[offer.account] = max(offer.keep_days, keep.get(offer.account, 0))
        # The script looks through one account's days as a run of KEYS, so they are numbered before all else. It writes
        # into the first; the last is tomorrow's, for another process whose clock is a little ahead of ours.
        days = {
            account: [call.number(keys.seen(account, today - age)) for age in (*range(longest + 1), -1)]
            for account, longest in keep.items()
        }
        for offer in offers:
            contact = stopped = 0
            if offer.account is not None and offer.contact is not None and _is_words(offer.entry):
                contact = call.number(keys.contact(offer.account, offer.contact))
                stopped = call.number(keys.stopped(offer.account, offer.contact))
            call.add(
                call.number(offer.inbox),
                days[offer.account][0],
                len(days[offer.account]),
                contact,
                stopped,
                blake2b(offer.key.encode(), digest_size=DIGEST_BYTES).digest(),
                encode(offer.entry),
                (keep[offer.account] + 2) * DAY_MS // 1000,
                STOPPED_MOST,
                STOPPED_BYTES,
                STOPPED_SECONDS,
            )
        return call

    async def _write(self) -> None:
        while self._pending:
            size = min(len(self._pending), MAX_BATCH)
            batch = [one for one in (self._pending.popleft() for _ in range(size)) if not one[1].done()]
            try:
                answers = await self._store.run_batch([call for call, _ in batch]) if batch else []
            except StoreUnavailable:
                self._pending.extendleft(reversed(batch))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            except asyncio.CancelledError:
                self._pending.extendleft(reversed(batch))
                raise
            except Exception as error:  # noqa: BLE001 - whoever waits hears it, and the others are still served
                self._fail(batch, error)
                continue
            for (_, waiter), answer in zip(batch, answers, strict=True):
                if waiter.done():
                    continue
                if isinstance(answer, StoreError):
                    waiter.set_exception(answer)
                else:
                    waiter.set_result(answer)

    def _fail(self, batch: Sequence[tuple[Call, "asyncio.Future[Answer]"]], error: Exception) -> None:
        for _, waiter in batch:
            if not waiter.done():
                waiter.set_exception(error)


def _is_own(offer: Offer) -> bool:
    """Whether the gateway itself says it (settings, alerts, that an account works no more): nobody repeats it."""
    return offer.account is None or isinstance(offer.entry.command, RecordAccount)


def _is_words(entry: Entry) -> bool:
    """Whether a flood is made of such: presses, deletions and changes of reach pass a block."""
    return isinstance(entry.command, Receive | ReceiveEdit | ReceiveReaction)
