"""How updates are made to come: asked for under a lease, or delivered to an address that is kept registered.

Receiving begins whether or not the vendor takes the set-up, which is tried beside it. A batch is stored first and its
cursor passed on after it; what is not stored is asked for again. Nothing is ever confirmed to the vendor before it is
in Redis. Not every vendor repeats a delivery that was not taken: where one can be asked, what was missed is asked for.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from gateway.connectors.contract import Backfilling, Polled, Polling, Registering
from gateway.connectors.runtime.account_suspension import is_revoked
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.ingest import items_of, offer, offers, publish, raw_offers, store
from gateway.connectors.runtime.sender import leased
from gateway.errors import CommandRejected, GatewayError, LostLease, StoreUnavailable, TryLater, Unauthorized, Uncertain
from gateway.model.commands import Inbound, Notice
from gateway.streams.intake import Offer
from gateway.streams.lease import Lease

T = TypeVar("T")

_NOTICE_EACH_MS = 10 * 60 * 1000
"""A trouble that lasts is told once in this time."""


class Poller:
    """Receiving for one account: by polling, or with `address` by keeping that webhook registered."""

    def __init__(self, context: AccountContext, *, address: str | None = None, force: bool = False) -> None:
        self._context = context
        self._address = address
        self._force = force
        self._failures: Counter[str] = Counter()
        """In a row, of what is asked of the vendor."""
        self._is_registered = False
        self._unsettled = 0
        """Backfills in a row that left something open."""

    async def run(self) -> None:
        """Until cancelled. A batch that is not stored by then is not confirmed, and comes again."""
        context = self._context
        while True:
            await context.working.wait()
            lease = await leased(context, f"poller:{context.account}", force=self._force)
            async with lease:
                try:
                    with context.stalls.watching(f"poller:{context.account}"):
                        await self._receive(lease)
                except (LostLease, StoreUnavailable) as error:
                    log.warning("poller stopped: %s", error, extra={"account": context.account})
            await context.pause(1)

    async def _receive(self, lease: Lease) -> None:
        tried = asyncio.Event()
        registering = asyncio.create_task(self._register(lease, tried), name=f"register:{self._context.account}")
        try:
            # What is set up first takes nothing away from the first poll; but no set-up is waited for longer.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._context.pace.register_seconds):
                    await tried.wait()
            await self._receive_on(lease)
        finally:
            registering.cancel()
            await asyncio.gather(registering, return_exceptions=True)

    async def _receive_on(self, lease: Lease) -> None:
        context = self._context
        if self._address is not None:
            await self._look_after(lease)
            return
        if not isinstance(context.connector, Polling):
            await lease.lost.wait()
            return
        cursor = await context.intake.poll_cursor(context.account)
        while self._goes_on(lease):
            for batch in await self._try("polling", self._asked(lease, cursor)) or ():
                await self._keep(batch)
                if batch.cursor is not None:
                    cursor = batch.cursor
                    await self._remember(lease, batch.cursor)

    def _goes_on(self, lease: Lease) -> bool:
        return lease.alive and self._context.working.is_set()

    async def _asked(self, lease: Lease, cursor: str | None) -> list[Polled]:
        """One batch; none if the lease ended before it came."""
        connector = self._context.connector
        assert isinstance(connector, Polling)
        poll = asyncio.ensure_future(connector.poll(cursor, self._context.pace.poll_seconds))
        lost = asyncio.ensure_future(lease.lost.wait())
        try:
            await asyncio.wait((poll, lost), return_when=asyncio.FIRST_COMPLETED)
            return [poll.result()] if poll.done() else []
        finally:
            poll.cancel()
            lost.cancel()
            await asyncio.gather(poll, lost, return_exceptions=True)

    async def _keep(self, batch: Polled) -> None:
        """Stores a batch, for as long as it takes; whether the lease is still ours does not matter."""
        context = self._context
        items: Sequence[Inbound] = ()
        new: Sequence[Offer]
        if context.raw:
            new = raw_offers(context, batch.updates)
        else:
            items = [item for update in batch.updates for item in items_of(context, update)]
            new = offers(context, items)
        await self._insist(lambda: store(context, new))
        await publish(context, items)

    async def _remember(self, lease: Lease, cursor: str) -> None:
        context = self._context
        if lease.alive:
            await self._insist(lambda: context.intake.remember_poll(context.account, cursor))

    async def _insist(self, write: Callable[[], Awaitable[None]]) -> None:
        context, failures = self._context, 0
        part = f"poller:{context.account}"
        while True:
            try:
                await write()
            except StoreUnavailable as error:
                failures += 1
                log.warning("not stored yet: %s", error, extra={"account": context.account})
                if isinstance(error, CommandRejected):
                    context.stalls.note(part, error)
                await context.pause(failures)
            else:
                context.stalls.clear(part)
                return

    async def _register(self, lease: Lease, tried: asyncio.Event) -> None:
        """Has the vendor deliver as the settings say, however often that must be tried."""
        self._is_registered = False
        while self._goes_on(lease) and not self._is_registered:
            self._is_registered = await self._try("registering", self._registered(tried)) or False

    async def _registered(self, tried: asyncio.Event) -> bool:
        try:
            if isinstance(self._context.connector, Registering):
                await self._context.connector.register(self._address)
        finally:
            tried.set()
        return True

    async def _look_after(self, lease: Lease) -> None:
        """Sees to it that the vendor goes on delivering to our address, and that what it could not is asked for."""
        context = self._context
        await self._backfill(lease)
        while self._goes_on(lease):
            if await self._is_missed(lease):
                # Misses come together, and a vendor's own lists may be a moment behind its deliveries.
                await context.pause(1)
            elif self._is_registered:
                await self._try("registering", self._mended())
            if self._goes_on(lease):
                await self._backfill(lease)

    async def _is_missed(self, lease: Lease) -> bool:
        """Waits until something was missed, the lease is lost, or it is time to look after the address."""
        pace = self._context.pace
        can_backfill = isinstance(self._context.connector, Backfilling)
        seconds = pace.backfill_seconds if can_backfill else pace.look_after_seconds
        waits = [asyncio.ensure_future(one.wait()) for one in (self._context.missed, lease.lost)]
        try:
            done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return bool(done)

    async def _backfill(self, lease: Lease) -> None:
        """Stores what was not delivered. What cannot be asked for now, or is not settled, counts as missed."""
        context = self._context
        context.missed.clear()
        if not isinstance(context.connector, Backfilling):
            return
        cursor = await context.intake.poll_cursor(context.account)
        batch = await self._try("backfilling", context.connector.backfill(cursor))
        if batch is None:
            context.missed.set()
            return
        await self._keep(batch)
        if batch.cursor is not None:
            await self._remember(lease, batch.cursor)
        context.counts["backfilled"] += len(batch.updates)
        self._unsettled = self._unsettled + 1 if batch.again else 0
        if batch.again:
            await context.pause(self._unsettled)
            context.missed.set()

    async def _mended(self) -> bool:
        connector = self._context.connector
        if isinstance(connector, Registering):
            found = await connector.registration(self._address)
            if found.drift is not None:
                await self._tell("webhook", found.drift)
                await connector.register(self._address)
        return True

    async def _try(self, what: str, call: Awaitable[T]) -> T | None:
        """Calls the vendor. On failure of `what` waits as long as it says, or longer each time, and answers None."""
        context = self._context
        try:
            answer = await call
        except GatewayError as error:
            if isinstance(error, Unauthorized) and await is_revoked(context):
                context.suspend(str(error))
                return None
            log.warning("receiving: %s", error, extra={"account": context.account})
            self._failures[what] += 1
            if not isinstance(error, TryLater | Uncertain):
                # Somebody else takes our updates, or a setting is wrong: it does not pass by itself.
                await self._tell("receiving", str(error))
            after = error.after if isinstance(error, TryLater) else 0.0
            if isinstance(error, TryLater) and error.limited and error.everyone:
                context.on_limit(context.clock() + int(after * 1000), str(error))
            await asyncio.sleep(after or context.backoff_ms(self._failures[what]) / 1000)
            return None
        except Exception as error:  # noqa: BLE001 - a connector's fault must not take the other accounts down
            log.error("receiving failed", extra={"account": context.account, "error": described(error)})
            self._failures[what] += 1
            await self._tell("receiving", described(error))
            await context.pause(self._failures[what])
            return None
        self._failures[what] = 0
        return answer

    async def _tell(self, about: str, detail: str) -> None:
        context = self._context
        key = f"{about}:{context.clock() // _NOTICE_EACH_MS}"
        notice = offer(context, key, Notice(about=about, detail=detail, alarming=True))
        await self._insist(lambda: store(context, [notice]))
