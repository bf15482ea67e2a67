"""When what was not sent is tried again, and when it is given up.

A rate limit is waited for as long as the vendor asks; trouble of the vendor's for some minutes, longer each time,
counted from the first try that failed, over restarts. What is only nice to have never holds anybody's words back.
"""

from typing import NamedTuple

from gateway.connectors.runtime.contact_queues import ContactQueues
from gateway.connectors.runtime.context import AccountContext
from gateway.connectors.runtime.outbox_entry import OutboxEntry
from gateway.connectors.toolkit.rates import FloodDetector
from gateway.errors import TryLater
from gateway.model.ids import ContactId
from gateway.model.outgoing import AnswerPress, SendTyping, Urgency

_LEAST_TRIES = 5
"""Nothing is given up for its age alone: the gateway itself may have been off all that time."""
_LONGEST_PAUSE_MS = 5 * 60 * 1000
"""Between two tries after trouble, whatever the vendor asks for: it may be over before."""
_FLEETING = (SendTyping, AnswerPress)
"""What nobody needs any more when it could go."""


class Hold(NamedTuple):
    """Nothing goes before `until` to `contact`; None: to anybody."""

    contact: ContactId | None
    until: int


class Retries:
    """Of one sender's session."""

    def __init__(self, context: AccountContext, queues: ContactQueues) -> None:
        self._context, self._queues = context, queues
        self._failures = 0
        self._held_until = self._worked_at = 0
        self._floods = FloodDetector()

    def worked(self) -> None:
        """The vendor did what it was asked."""
        self._failures = 0
        self._worked_at = self._context.clock()
        self._floods.over()
        self._context.works("sending")

    def is_spent(self, work: OutboxEntry, error: TryLater | None = None) -> bool:
        """Whether it was tried for long enough, as it failed now; None: its answer was lost."""
        context, now, urgency = self._context, self._context.clock(), work.outbound.urgency
        is_old = work.tries >= _LEAST_TRIES and now - work.decided_at > context.pace.patience_ms(urgency)
        if is_old or (error is not None and error.limited):
            return is_old
        if isinstance(work.outbound.job, _FLEETING) and error is not None and not error.everyone:
            return True
        if urgency is Urgency.COSMETIC or work.first is None:
            return False
        minutes_over = now - work.first >= context.pace.transient_patience_ms
        # Cards are for people who wait for no answer: while nothing at all gets through, they stay.
        return minutes_over and (not context.raw or self._worked_at >= work.first)

    def limit(self, key: str, work: OutboxEntry, error: TryLater) -> Hold:
        """The vendor asks for slower sending."""
        context, contact, now = self._context, work.outbound.contact, self._context.clock()
        context.counts["limited"] += 1
        until = now + int(error.after * 1000)
        if error.after <= 0:
            until = now + context.backoff_ms(self._queues.failed(key))
        everyone = error.everyone or (error.perhaps and self._floods.spreads(key, until, now))
        if everyone:
            context.on_limit(until, str(error))
        else:
            self._queues.hold(key, until, now, why=str(error))
        work.resumes = until
        return Hold(None if everyone else contact, until)

    def postpone(self, key: str, work: OutboxEntry, error: TryLater) -> None:
        """The vendor, or the way to it, is in trouble."""
        context, now = self._context, self._context.clock()
        asked = min(int(error.after * 1000), _LONGEST_PAUSE_MS)
        work.resumes = None
        if work.outbound.urgency is Urgency.COSMETIC:
            self._queues.hold_cosmetics(key, now + max(asked, context.backoff_ms(work.tries)), now)
            return
        if not error.everyone:
            until = now + max(asked, context.backoff_ms(self._queues.failed(key)))
            end = self.ends_at(work)
            self._queues.hold(key, until if end is None else max(min(until, end), now), now, why=str(error))
            return
        if now >= self._held_until:
            # Many sends fail together; that is one failure of the account.
            self._failures += 1
        context.fails("sending", str(error))
        self._held_until = now + max(asked, context.backoff_ms(self._failures))
        self._queues.hold(None, self._held_until, now, why=str(error))

    def ends_at(self, work: OutboxEntry) -> int | None:
        """When it is given up, if trouble lasts; None: it is tried on."""
        if work.first is None or self._context.raw:
            return None
        return work.first + self._context.pace.transient_patience_ms
