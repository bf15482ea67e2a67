"""An account's sender: under its lease it reads the outbox from the beginning and hands each entry on.

There is one per account at a time, anywhere. Ending is always clean: sends on their way finish within a bound, and
what does not is told by its intent in Redis to whoever comes next.
"""

import asyncio
from contextlib import suppress

from gateway.connectors.runtime.attachment_fetcher import AttachmentFetcher
from gateway.connectors.runtime.contact_queues import ContactQueues
from gateway.connectors.runtime.context import AccountContext, log
from gateway.connectors.runtime.delays import Delays
from gateway.connectors.runtime.delivery import Delivery
from gateway.connectors.runtime.dispatcher import Dispatcher
from gateway.connectors.runtime.outbox_entry import WITHDRAWN, OutboxEntry
from gateway.connectors.runtime.reconciliation import resumed
from gateway.connectors.runtime.settlement import Settlement
from gateway.errors import CommandRejected, LostLease, NewerVersion, StoreUnavailable
from gateway.model.ids import EntryId
from gateway.model.outgoing import Fetch, ListTemplates, Outbound, SendDelete
from gateway.streams import outbox
from gateway.streams.lease import Lease

_PAGE = 256
_LISTS = "templates"
"""The queue of what is asked for the account as a whole."""
_FROM_THE_BEGINNING = EntryId("0-0")


class Sender:
    """Sends and fetches for one account, whenever the lease is ours."""

    def __init__(self, context: AccountContext, *, force: bool = False) -> None:
        self._context = context
        self._force = force
        self._kept: dict[EntryId, OutboxEntry] = {}

    async def run(self) -> None:
        """Until cancelled; then waits for sends on their way, at most `grace_seconds`."""
        context, failures = self._context, 0
        while True:
            lease = await leased(context, f"sender:{context.account}", force=self._force)
            async with lease:
                try:
                    with context.stalls.watching(f"sender:{context.account}"):
                        await _Session(context, lease, self._kept).run()
                except (CommandRejected, NewerVersion) as error:
                    # Long enough for another process to go on that may.
                    failures += 1
                    log.warning("sender stopped: %s", error, extra={"account": context.account})
                except (LostLease, StoreUnavailable) as error:
                    failures = 0
                    log.warning("sender stopped: %s", error, extra={"account": context.account})
            await context.pause(1 + failures)


class _Session:
    """One holding of the lease."""

    def __init__(self, context: AccountContext, lease: Lease, kept: dict[EntryId, OutboxEntry]) -> None:
        self._context = context
        self._lease = lease
        self._kept = kept
        self._ended = asyncio.Event()
        rates, pace = context.connector.capabilities.rates, context.pace
        self._sends = ContactQueues(
            per_second=rates.per_second, per_contact_second=rates.per_contact_second, contact_burst=rates.contact_burst
        )
        self._fetches = ContactQueues()
        self._settlement = Settlement(context, lease)
        self._delivery = Delivery(context, lease, self._sends, self._settlement, kept, wake=self._wake)
        self._fetcher = AttachmentFetcher(context, self._fetches, self._settlement)
        self._delays = Delays(context, self._sends, self._delivery.retries)
        self._sending = Dispatcher(context, self._sends, self._delivery.step, pace.sends_at_once, self._ended)
        self._fetching = Dispatcher(context, self._fetches, self._fetcher.step, pace.fetches_at_once, self._ended)

    async def run(self) -> None:
        """Until the lease or the store is lost, or cancelled."""
        now = self._context.clock()
        for contact, until in (await outbox.holds(self._context.store, self._context.account)).items():
            if until > now:
                self._sends.hold(contact, until, now)
                if contact is None:
                    self._fetches.hold(None, until, now)
        self._context.on_limit = self._limited
        tasks = [
            asyncio.create_task(one, name=f"{name}:{self._context.account}")
            for name, one in (
                ("read", self._read()),
                ("send", self._sending.run()),
                ("fetch", self._fetching.run()),
                ("delays", self._delays.run()),
                ("lease", self._watch()),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            endings = await asyncio.gather(*tasks, return_exceptions=True)
            # Even where the lease is lost: an answer that is heard now need not be `unknown` later.
            await asyncio.gather(self._sending.finish(self._context.pace.grace_seconds), self._fetching.finish(0.0))
        for ending in endings:
            if isinstance(ending, Exception):
                raise ending

    def _limited(self, until: int, why: str) -> None:
        now = self._context.clock()
        for queues in (self._sends, self._fetches):
            queues.hold(None, until, now, why)

    def _wake(self) -> None:
        self._sending.wake()

    async def _watch(self) -> None:
        await self._lease.lost.wait()
        self._lease.check()

    async def _read(self) -> None:
        context, after, failures = self._context, _FROM_THE_BEGINNING, 0
        begun = await outbox.attempts(context.store, context.account)
        while True:
            await self._room()
            try:
                page = await outbox.read_outbox(context.store, context.account, after, _PAGE, context.pace.block_ms)
            except NewerVersion:
                # What stands before it goes first; then a newer gateway's sender may go on.
                await self._drain()
                raise
            except CommandRejected:
                raise
            except StoreUnavailable:
                failures += 1
                await context.pause(failures)
                continue
            failures = 0
            needless = [
                work for entry, outbound in page for work in self._take(entry, outbound, begun.pop(entry, None))
            ]
            await asyncio.gather(*(self._settlement.settle(work) for work in needless))
            after = page[-1][0] if page else after

    async def _room(self) -> None:
        """Waits until there is work to be done and room to read it into."""
        while len(self._sends) + len(self._fetches) >= self._context.pace.read_ahead:
            self._ended.clear()
            await self._ended.wait()
        await self._context.working.wait()

    async def _drain(self) -> None:
        """Waits until what was read has gone, within the grace of an ending."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._context.pace.grace_seconds):
                while len(self._sends) + len(self._fetches):
                    self._ended.clear()
                    await self._ended.wait()

    def _take(self, entry: EntryId, outbound: Outbound, attempt: outbox.Attempt | None) -> list[OutboxEntry]:
        """Puts an entry where it waits for its turn; answers the work that it makes needless, perhaps itself too."""
        now = self._context.clock()
        work = self._kept.get(entry) or OutboxEntry(entry, outbound)
        if attempt is not None and entry not in self._kept:
            resumed(self._context, work, attempt)
        if isinstance(outbound.job, Fetch):
            self._fetching.wake()
            return _one(self._fetches.add(outbound.job.file, work, now))
        if isinstance(outbound.job, ListTemplates):
            self._fetching.wake()
            return _one(self._fetches.add(_LISTS, work, now))
        if isinstance(outbound.job, SendDelete):
            before = self._sends.withdraw(outbound.contact, outbound.job.sent)
            if before is not None:
                before.outcome = WITHDRAWN if before.outbound.report else None
                return [before, work]
        self._sending.wake()
        return _one(self._sends.add(outbound.contact, work, now))


def _one(work: OutboxEntry | None) -> list[OutboxEntry]:
    return [] if work is None else [work]


async def leased(context: AccountContext, name: str, *, force: bool = False) -> Lease:
    """The lease, as soon as it is to be had."""
    failures = 0
    while True:
        with suppress(StoreUnavailable), context.stalls.watching(name):
            lease = await Lease.take(context.store, name, context.pace.lease_ttl_ms, force=force)
            if lease is not None:
                return lease
        failures += 1
        await asyncio.sleep(min(context.pace.lease_ttl_ms / 3, context.backoff_ms(failures)) / 1000)
