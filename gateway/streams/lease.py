"""A lease: one worker at a time, by a token in Redis that every fenced script compares.

The holder stops by its own monotonic clock, which reaches the end before Redis' does. Losing it is no failure:
whoever holds it now goes on from what was committed.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from gateway.errors import LostLease, StoreUnavailable
from gateway.streams.connection import Store
from gateway.streams.scripts import LEASE, Call

TTL_MS = 10_000
MARGIN = 0.1
"""The part of its time that the holder does not use, for clocks that go at different speeds."""


class Lease:
    """Work that is ours while `alive`. Made by `Lease.take`; released by `release` or `async with`."""

    def __init__(self, store: Store, name: str, ttl_ms: int, monotonic: Callable[[], float]) -> None:
        self.name = name
        self.key = store.keys.lease(name)
        self.token = secrets.token_hex(8)
        """What scripts compare: a stale holder's is another."""
        self.lost = asyncio.Event()
        """Set once, when the work is no longer ours."""
        self._store, self._ttl_ms, self._monotonic = store, ttl_ms, monotonic
        self._deadline = 0.0
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    async def take(
        cls,
        store: Store,
        name: str,
        ttl_ms: int = TTL_MS,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        force: bool = False,
    ) -> Self | None:
        """The lease, or None while somebody else has it.

        `force` takes it from whoever has it: only for who holds the embedded server's folder, and so knows that
        the one before is dead. `monotonic` gives seconds. Raises StoreUnavailable.
        """
        lease = cls(store, name, ttl_ms, monotonic)
        if not await lease._ask("seize" if force else "take", patience_ms=ttl_ms):
            return None
        lease._keeper = asyncio.create_task(lease._keep(), name=f"lease {name}")
        return lease

    @property
    def alive(self) -> bool:
        """Whether the work is ours, by our own clock."""
        return not self.lost.is_set() and self._monotonic() < self._deadline

    def check(self) -> None:
        """Raises LostLease if the work is no longer ours."""
        if not self.alive:
            raise LostLease(f"somebody else does {self.name} now, or Redis was away too long")

    def mark_lost(self) -> None:
        """Notes that the work is not ours: a fenced script said so."""
        self.lost.set()
        if self._keeper is not None and self._keeper is not asyncio.current_task():
            self._keeper.cancel()

    async def release(self) -> None:
        """Lets somebody else begin at once. Where Redis is away the lease just runs out."""
        mine = self.alive
        self.mark_lost()
        if self._keeper is not None:
            await asyncio.gather(self._keeper, return_exceptions=True)
        if mine:
            try:
                await self._ask("release", patience_ms=1000)
            except StoreUnavailable:
                return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.release()

    async def _ask(self, verb: Literal["take", "seize", "renew", "release"], *, patience_ms: int) -> bool:
        # The deadline counts from before the question: Redis' own time begins later and so ends later.
        deadline = self._monotonic() + self._ttl_ms / 1000 * (1 - MARGIN)
        call = Call(LEASE, [self.key])
        call.add(verb, self.token, self._ttl_ms)
        is_ours = bool(await self._store.run(call, patience_ms=patience_ms))
        if is_ours:
            self._deadline = deadline
        return is_ours

    async def _keep(self) -> None:
        is_ours = True
        while is_ours:
            await asyncio.sleep(min(self._ttl_ms / 3000, self._left()))
            try:
                async with asyncio.timeout(self._left()):
                    is_ours = await self._ask("renew", patience_ms=self._ttl_ms)
            except (StoreUnavailable, TimeoutError):
                is_ours = False
        self.lost.set()

    def _left(self) -> float:
        """Seconds until our deadline."""
        return max(self._deadline - self._monotonic(), 0.0)


async def is_taken(store: Store, name: str) -> bool:
    """Whether anybody does this work now. Raises StoreUnavailable."""
    return bool(await store.ask("EXISTS", store.keys.lease(name)))
