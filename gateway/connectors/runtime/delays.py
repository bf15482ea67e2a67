"""Tells authors of words that have not gone for a while: why, what happens next, and when.

Of a contact's words only those whose turn it is are told of; the others wait behind them. Nothing is sent here.
"""

import asyncio

from gateway.connectors.runtime.contact_queues import ContactQueues
from gateway.connectors.runtime.context import AccountContext, log
from gateway.connectors.runtime.ingest import offer, store
from gateway.connectors.runtime.outbox_entry import OutboxEntry
from gateway.connectors.runtime.retries import Retries
from gateway.errors import StoreUnavailable
from gateway.model.commands import RecordDelivery
from gateway.model.ids import message_of_sent
from gateway.model.outgoing import DeliveryStatus, Words
from gateway.streams.intake import Offer


class Delays:
    """Of one sender's session."""

    def __init__(self, context: AccountContext, queues: ContactQueues, retries: Retries) -> None:
        self._context, self._queues, self._retries = context, queues, retries
        self._began = context.clock()

    async def run(self) -> None:
        """Until cancelled. What cannot be stored now is told at the next look."""
        context = self._context
        while True:
            await asyncio.sleep(context.pace.look_at_delays_seconds)
            due = list(self.due())
            if not due:
                continue
            try:
                await store(context, [told for _, told in due])
            except StoreUnavailable as error:
                log.debug("a delay is not told yet: %s", error, extra={"account": context.account})
            else:
                for work, _ in due:
                    work.told = True

    def due(self) -> list[tuple[OutboxEntry, Offer]]:
        """What is to be told now."""
        context, now = self._context, self._context.clock()
        found = []
        for work, held_until, why in self._queues.heads():
            job = work.outbound.job
            message = message_of_sent(job.sent) if isinstance(job, Words) else None
            if not work.outbound.report or message is None or work.told or work.outcome is not None:
                continue
            # Counted from when it could first have gone: the gateway itself may have been off until then.
            since = work.first if work.first is not None else max(self._began, work.decided_at)
            if max(now, held_until) - since < context.pace.told_after_ms:
                continue
            limited = work.resumes is not None or work.first is None
            news = RecordDelivery(
                contact=work.outbound.contact,
                message=message,
                status=DeliveryStatus.QUEUED,
                problem=context.problem or why or work.lost,
                resumes_at=held_until if limited and held_until > now else None,
                ends_at=None if limited else self._retries.ends_at(work),
            )
            found.append((work, offer(context, f"delayed:{work.entry}", news)))
        return found
