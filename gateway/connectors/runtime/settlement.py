"""How an entry's end is written: its result into the inbox, the native map, and the entry out, in one step.

What went wrong has a log line of its own; no line holds a word of what was said.
"""

import asyncio
from collections import Counter

from msgspec.structs import replace

from gateway.connectors.runtime.context import AccountContext, log
from gateway.connectors.runtime.outbox_entry import WITHDRAWN, OutboxEntry, Outcome
from gateway.model.commands import Entry, RecordDelivery, RecordFile, RecordRefusal, RecordTemplates
from gateway.model.ids import ContactId, message_of_sent, naming
from gateway.model.messages import Message
from gateway.model.outgoing import DeliveryStatus, SendEdit, SendMessage, Words
from gateway.streams import outbox
from gateway.streams.lease import Lease

_SUPERSEDED = Outcome(None, "superseded")


class Settlement:
    """Ends entries of one account under its sender's lease."""

    def __init__(self, context: AccountContext, lease: Lease) -> None:
        self._context = context
        self._lease = lease
        self._writing: Counter[ContactId] = Counter()
        """How many ends of a contact's sends are being written."""
        self._written = asyncio.Condition()

    async def settle(self, work: OutboxEntry) -> None:
        """Ends a send. Raises LostLease."""
        outcome, contact = work.outcome or _SUPERSEDED, work.outbound.contact
        self._writing[contact] += 1
        try:
            await self._end(
                work,
                outcome.status.value if outcome.status is not None else "superseded",
                result=self._delivery(work, outcome) or self._refusal(work, outcome),
                natives=self._natives(work, outcome),
                problem=outcome.problem,
            )
        finally:
            self._writing[contact] -= 1
            if not self._writing[contact]:
                del self._writing[contact]
            async with self._written:
                self._written.notify_all()

    async def at_rest(self, contact: ContactId) -> None:
        """Waits until no end of this contact's sends is being written: the native map has what was just sent."""
        async with self._written:
            await self._written.wait_for(lambda: not self._writing[contact])

    async def supersede(self, work: OutboxEntry) -> None:
        """Ends an entry that a newer one made needless. Raises LostLease."""
        work.outcome = _SUPERSEDED
        await self.settle(work)

    async def settle_file(self, work: OutboxEntry, result: RecordFile | RecordTemplates) -> None:
        """Ends a fetch. Raises LostLease."""
        word = "fetched" if result.problem is None else "not fetched"
        await self._end(work, word, result=Entry(result, self._context.account), problem=result.problem)

    async def _end(
        self,
        work: OutboxEntry,
        word: str,
        *,
        result: Entry | None,
        natives: tuple[outbox.Natives, ...] = (),
        problem: str | None,
    ) -> None:
        context = self._context
        settled = await context.write_until_stored(
            self._lease,
            lambda: outbox.settle(
                context.store,
                self._lease,
                context.account,
                work.entry,
                result=result,
                inbox=context.inbox,
                natives=natives,
                now_ms=context.clock(),
            ),
        )
        context.counts[word] += 1
        about = {
            "entry": work.entry,
            "kind": type(work.outbound.job).__name__,
            "tries": work.tries,
            "age_ms": context.clock() - work.decided_at,
            "settled": settled,
        }
        if problem:
            # What went wrong, or otherwise than it was said, has a line of its own.
            log.info(word, extra={"account": context.account, **about, "problem": problem})
        else:
            context.items.tell(word, **about)

    def _natives(self, work: OutboxEntry, outcome: Outcome) -> tuple[outbox.Natives, ...]:
        is_whole = outcome.status is DeliveryStatus.SENT
        if work.sent is None or not (is_whole or isinstance(work.outbound.job, Words)):
            # Half an edit must not make the map forget the other half of what stands in the chat.
            return ()
        contact, job = work.outbound.contact, work.outbound.job
        if isinstance(job, SendMessage | SendEdit) and job.names:
            # What stands there now is answered as what it says now, and found as what it always was.
            natives = work.natives or work.target
            return ((contact, job.sent, natives), (contact, naming(job.sent, job.names), natives)) if natives else ()
        if not work.natives:
            return ()
        if isinstance(job, SendMessage) and job.album:
            places = zip((job.sent, *job.album), work.natives, strict=False)
            return tuple((contact, sent, (native,)) for sent, native in places)
        return ((contact, work.sent, work.natives),)

    def _delivery(self, work: OutboxEntry, outcome: Outcome) -> Entry | None:
        message = message_of_sent(work.sent) if work.sent is not None else None
        if not work.outbound.report or message is None or outcome.status is None:
            return None
        return Entry(
            RecordDelivery(
                contact=work.outbound.contact,
                message=message,
                status=outcome.status,
                natives=work.natives,
                problem=outcome.problem,
                words=_words(work, outcome),
            ),
            self._context.account,
        )

    def _refusal(self, work: OutboxEntry, outcome: Outcome) -> Entry | None:
        """What an operator was to read and does not see comes back; to who is gone there is nothing to say."""
        job = work.outbound.job
        is_lost = outcome.status in (DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN) and not outcome.gone
        if not (work.outbound.returns and is_lost and isinstance(job, SendMessage | SendEdit)):
            return None
        return Entry(
            RecordRefusal(
                contact=work.outbound.contact,
                job=job,
                problem=outcome.problem or "",
                arrived=len(work.natives),
                refused=outcome.refused,
            ),
            self._context.account,
        )


def _words(work: OutboxEntry, outcome: Outcome) -> Message | None:
    """The text that did not arrive, or perhaps not, if nothing at all of it has."""
    job = work.outbound.job
    is_lost = outcome.status in (DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN)
    if not is_lost or outcome == WITHDRAWN or work.natives or not isinstance(job, SendMessage):
        return None
    return None if job.message.attachments else replace(job.message, reply_to=None)
