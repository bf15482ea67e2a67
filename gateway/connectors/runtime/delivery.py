"""One step of a send: the intent is written, the vendor called once, the result written.

What may have reached a client is never sent again, unless the vendor knows a repeat by our key or its chat says that it
has not arrived; the operator then hears `unknown`. A result that is known is kept until Redis has it, even over the
loss of the lease.
"""

from collections.abc import Callable

from msgspec import to_builtins

from gateway.connectors.contract import Known, Part
from gateway.connectors.runtime.account_suspension import is_revoked
from gateway.connectors.runtime.contact_queues import ContactQueues
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.ingest import tell_gone
from gateway.connectors.runtime.outbox_entry import OutboxEntry, Outcome
from gateway.connectors.runtime.reconciliation import ambiguous, can_find_out, find_out, unknown
from gateway.connectors.runtime.retries import Retries
from gateway.connectors.runtime.settlement import Settlement
from gateway.errors import FileProblem, LostLease, Refused, StoreUnavailable, TryLater, Unauthorized, Uncertain
from gateway.model.ids import EntryId, SentId
from gateway.model.outgoing import (
    DeliveryStatus,
    Fetch,
    ListTemplates,
    Receipt,
    SendDelete,
    SendEdit,
    SendMessage,
    Words,
)
from gateway.streams import outbox
from gateway.streams.lease import Lease

_MOST_AMBIGUOUS_ATTEMPTS = 5
"""After so many lost answers in a row even what may come twice is left alone."""
_FILE_AGAIN_MS = 1_000
_REMEMBERED_MS = 1_000
"""Shorter waits are over before a restart is."""

_NOTHING = Outcome(DeliveryStatus.FAILED, "there is nothing in it that this messenger can show", refused=True)


class Delivery:
    """The steps of one sender's session. `kept` outlives it: what was answered and is not yet in Redis."""

    def __init__(
        self,
        context: AccountContext,
        lease: Lease,
        queues: ContactQueues,
        settlement: Settlement,
        kept: dict[EntryId, OutboxEntry],
        *,
        wake: Callable[[], None],
    ) -> None:
        """`wake` is called where a queue has become free before its step ends."""
        self._context = context
        self._lease = lease
        self._queues = queues
        self._settlement = settlement
        self._kept, self._wake = kept, wake
        self.retries = self._retries = Retries(context, queues)

    async def step(self, key: str, work: OutboxEntry) -> None:
        """Sends the next part of `work`, or settles it.

        Raises:
            LostLease: the account's sending is somebody else's now.
        """
        if work.outcome is None:
            work.outcome = await self._attempt(key, work)
        if work.outcome is not None:
            await self._end(key, work)
        elif (superseded := self._queues.release(key, self._context.clock())) is not None:
            await self._settlement.supersede(superseded)

    async def _end(self, key: str, work: OutboxEntry) -> None:
        """Writes how it ended, while the queue goes on: what was heard of the vendor is the end of it there."""
        self._kept[work.entry] = work
        self._queues.finish(key, self._context.clock())
        self._wake()
        await self._settlement.settle(work)
        self._kept.pop(work.entry, None)

    async def _attempt(self, key: str, work: OutboxEntry) -> Outcome | None:
        """One call of the vendor, with all that must stand before and after it; None: there is more to do."""
        context = self._context
        if not work.is_started and (late := work.too_late(context.clock())) is not None:
            return late
        if work.parts is None and (refused := await self._prepare(work)) is not None:
            return refused
        assert work.parts is not None
        if len(work.done) == len(work.parts):
            return self._sent(work)
        part = work.parts[len(work.done)]
        if work.begun and not self._may_repeat(work) and not await self._is_absent(key, work, part):
            return work.outcome
        if not all(context.files.has(file) for file in part.files):
            return self._wait_for_file(key, work, "a file of it has not arrived")
        await self._begin(work)
        return await self._call(key, work, part)

    async def _prepare(self, work: OutboxEntry) -> Outcome | None:
        context, job = self._context, work.job_at(self._context.clock())
        assert not isinstance(job, Fetch | ListTemplates)
        try:
            known = await context.write_until_stored(self._lease, lambda: self._known(work))
            work.target = tuple(known.target)
            work.parts = tuple(context.connector.render(work.outbound.contact, job, known))
        except Refused as error:
            return Outcome(DeliveryStatus.FAILED, str(error), refused=True)
        except (LostLease, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - a connector's fault must cost one message, not the account
            log.error("render failed", extra={"account": context.account, "error": described(error)})
            problem = "the gateway could not put it into this messenger's words"
            return Outcome(DeliveryStatus.FAILED, problem, refused=True)
        if not work.parts:
            return _NOTHING if isinstance(job, Words) else Outcome(DeliveryStatus.SENT)
        return None

    async def _known(self, work: OutboxEntry) -> Known:
        context, outbound = self._context, work.outbound
        ours = (context.store, context.account, outbound.contact)
        match outbound.job:
            case SendEdit(sent=sent) | SendDelete(sent=sent):
                await self._settlement.at_rest(outbound.contact)
                return Known(target=await outbox.natives_of(*ours, sent, context.clock()))
            case SendMessage(reply_to_sent=str() as quoted):
                await self._settlement.at_rest(outbound.contact)
                natives = await outbox.natives_of(*ours, SentId(quoted), context.clock())
                return Known(quoted=natives[0] if natives else None)
            case _:
                return Known()

    async def _begin(self, work: OutboxEntry) -> None:
        if work.is_careful:
            if not work.begun:
                # Until the call nothing has reached the vendor, whatever Redis was told by then.
                self._kept[work.entry] = work
            await self._note(work, begun=len(work.done))
            self._lease.check()
            self._kept.pop(work.entry, None)
            work.begun = True
        else:
            self._lease.check()
        work.tries += 1

    async def _call(self, key: str, work: OutboxEntry, part: Part) -> Outcome | None:
        context = self._context
        try:
            receipt = await context.connector.send(work.outbound.contact, part)
        except Uncertain as error:
            return await self._reconcile(key, work, str(error))
        except TryLater as error:
            return await self._later(key, work, error)
        except Refused as error:
            if error.gone:
                await tell_gone(context, work.entry, work.outbound.contact)
            return self._refused(work, str(error), said=True, gone=error.gone)
        except Unauthorized as error:
            await self._not_sent(work, str(error))
            if await is_revoked(context):
                context.suspend(str(error))
                return None
            return await self._later(key, work, TryLater(str(error)))
        except FileProblem as error:
            await self._not_sent(work, str(error))
            return self._wait_for_file(key, work, str(error))
        except Exception as error:  # noqa: BLE001 - what a connector's fault has sent, nobody can know
            log.error("send failed", extra={"account": context.account, "error": described(error)})
            return unknown(work)
        self._retries.worked()
        return await self._arrived(work, receipt)

    async def _arrived(self, work: OutboxEntry, receipt: Receipt) -> Outcome | None:
        work.take(receipt)
        assert work.parts is not None
        if len(work.done) == len(work.parts):
            return self._sent(work)
        await self._write_result(work)
        return None

    async def _later(self, key: str, work: OutboxEntry, error: TryLater) -> Outcome | None:
        context = self._context
        await self._not_sent(work, str(error))
        if self._retries.is_spent(work, error):
            return self._given_up(work, str(error))
        if not error.limited:
            self._retries.postpone(key, work, error)
            return None
        whom, until = self._retries.limit(key, work, error)
        if until - context.clock() >= _REMEMBERED_MS:
            await context.write_until_stored(
                self._lease, lambda: outbox.hold(context.store, context.account, whom, until)
            )
        return None

    async def _reconcile(self, key: str, work: OutboxEntry, problem: str) -> Outcome | None:
        work.lost = problem
        work.first = self._context.clock() if work.first is None else work.first
        work.ambiguous_attempts += 1
        work.unclear = True
        ambiguous(self._context, work, problem)
        if not self._may_repeat(work):
            if work.ambiguous_attempts >= _MOST_AMBIGUOUS_ATTEMPTS or not can_find_out(self._context):
                return unknown(work)
        elif self._retries.is_spent(work):
            return self._given_up(work, problem)
        self._hold_back(key, problem)
        return None

    async def _is_absent(self, key: str, work: OutboxEntry, part: Part) -> bool:
        """Whether the part has surely not arrived. Otherwise it has, or nobody can say, or not now: see `outcome`."""
        try:
            await self._settlement.at_rest(work.outbound.contact)
            receipt = await find_out(self._context, work, part)
        except Refused:
            work.outcome = unknown(work)
        except Unauthorized as error:
            self._context.suspend(str(error))
        except (TryLater, Uncertain) as error:
            work.tries += 1
            work.first = self._context.clock() if work.first is None else work.first
            work.outcome = unknown(work) if self._retries.is_spent(work) else None
            self._hold_back(key, str(error))
        else:
            if receipt is None:
                work.unclear = False
                return True
            work.outcome = await self._arrived(work, receipt)
        return False

    def _hold_back(self, key: str, why: str) -> None:
        now = self._context.clock()
        self._queues.hold(key, now + self._context.backoff_ms(self._queues.failed(key)), now, why)

    def _wait_for_file(self, key: str, work: OutboxEntry, problem: str) -> Outcome | None:
        now = self._context.clock()
        work.since = now if work.since is None else work.since
        if now - work.since >= self._context.pace.file_patience_ms:
            return self._refused(work, problem, said=True)
        self._queues.hold(key, now + _FILE_AGAIN_MS, now, problem)
        return None

    async def _not_sent(self, work: OutboxEntry, problem: str) -> None:
        # An earlier try of the same part may have arrived all the same, if its answer was lost.
        work.begun = work.is_careful and work.unclear
        work.lost = problem
        work.first = self._context.clock() if work.first is None else work.first
        await self._write_result(work, always=True)

    async def _write_result(self, work: OutboxEntry, *, always: bool = False) -> None:
        if work.is_careful or always:
            self._kept[work.entry] = work
            await self._note(work, begun=len(work.done) if work.begun else -1)
            self._kept.pop(work.entry, None)

    async def _note(self, work: OutboxEntry, *, begun: int) -> None:
        context = self._context
        attempt = outbox.Attempt(
            parts=tuple(to_builtins(part) for part in work.parts or ()),
            begun=begun,
            done=tuple(work.done),
            problem=work.lost,
            tries=work.tries,
            first=work.first,
        )
        await context.write_until_stored(
            self._lease, lambda: outbox.begin(context.store, self._lease, context.account, work.entry, attempt)
        )

    def _may_repeat(self, work: OutboxEntry) -> bool:
        """Whether the same request may go again: it cannot become a second message, or it may become one.

        It may where nobody asked for a report, in what operators are shown: a card that comes twice, a few times at
        most, is better than a client whom nobody sees.
        """
        if not work.is_careful:
            return True
        if not work.outbound.report and work.ambiguous_attempts < _MOST_AMBIGUOUS_ATTEMPTS:
            return True
        window = self._context.connector.capabilities.resend_ms
        # Counted from when it was decided, which is before it was first sent: on the safe side.
        return window is not None and self._context.clock() - work.decided_at < window

    def _given_up(self, work: OutboxEntry, problem: str) -> Outcome:
        if work.begun:
            return unknown(work)
        return self._refused(work, f"{problem}; given up after {work.tries} tries")

    def _sent(self, work: OutboxEntry) -> Outcome:
        job = work.outbound.job
        is_known = isinstance(job, SendMessage) and job.agreed
        lost = [part.loses for part in work.parts or () if part.loses and not is_known]
        return Outcome(DeliveryStatus.SENT, "; ".join(dict.fromkeys([*lost, *work.notes])) or None)

    def _refused(self, work: OutboxEntry, problem: str, *, said: bool = False, gone: bool = False) -> Outcome:
        """`said`: by the vendor, to what it is."""
        return Outcome(DeliveryStatus.FAILED, problem + work.arrived, refused=said, gone=gone)
