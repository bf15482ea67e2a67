"""Who is served next: one queue per contact, the most urgent queue first, within the limits. PURE: no waiting here.

A queue has one thing on its way at most, which is what keeps a contact's order; what holds a contact back holds
back nobody else. Nothing that was added is ever lost: it leaves by `finish` or as superseded.
"""

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush

from gateway.connectors.runtime.fan_out_priority import FanOutPriority
from gateway.connectors.runtime.outbox_entry import OutboxEntry
from gateway.connectors.toolkit.rates import Bucket
from gateway.model.ids import EntryId, SentId
from gateway.model.outgoing import SendDelete, SendEdit, SendMessage, SendReaction, SendTemplate, Urgency, Words

_COUNTED = (SendMessage, SendTemplate, SendEdit, SendDelete, SendReaction)
"""What a vendor counts against a chat's limit; typing, marks and answers to presses are not messages."""


class _ContactQueue:
    __slots__ = (
        "bucket",
        "busy",
        "by_urgency",
        "cosmetics_from",
        "current",
        "failures",
        "held_until",
        "newest",
        "sends",
        "stamp",
        "why",
    )

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.by_urgency: dict[Urgency, deque[OutboxEntry]] = {one: deque() for one in sorted(Urgency)}
        self.newest: dict[tuple[str, bool], OutboxEntry] = {}
        self.sends: dict[SentId, OutboxEntry] = {}
        self.current: OutboxEntry | None = None
        self.busy = False
        self.held_until = 0
        self.cosmetics_from = 0
        self.why: str | None = None
        self.failures = 0
        self.stamp = 0

    def head(self, priority: FanOutPriority) -> OutboxEntry | None:
        if self.current is not None:
            return self.current
        return next((priority.next(queue) for queue in self.by_urgency.values() if queue), None)


class ContactQueues:
    """The waiting work of one account.

    `per_second` and a burst of one second hold for all together, `per_contact_second` and `contact_burst` for each
    queue; zeros mean no limit.
    """

    def __init__(self, *, per_second: float = 0.0, per_contact_second: float = 0.0, contact_burst: int = 1) -> None:
        self._bucket = Bucket(per_second, max(int(per_second), 1))
        self._rate = per_contact_second, contact_burst
        self._held_until = 0
        self._why: str | None = None
        self._queues: dict[str, _ContactQueue] = {}
        self._ready: list[tuple[int, int, int, str]] = []
        self._later: list[tuple[float, int, str]] = []
        self._arrivals = 0
        self._stamps = 0
        self._order: dict[EntryId, int] = {}
        self._priority = FanOutPriority()

    def __len__(self) -> int:
        return len(self._order)

    def add(self, key: str, work: OutboxEntry, now: int) -> OutboxEntry | None:
        """Takes work in; returns an older one that it makes needless, which is then out of here."""
        queue = self._queue(key)
        self._arrivals += 1
        self._order[work.entry] = self._arrivals
        superseded = self._superseded(queue, work)
        job = work.outbound.job
        if isinstance(job, SendEdit | SendDelete) and (before := queue.sends.get(job.sent)) is not None:
            # What it changes is not there yet: it must not overtake it, however urgent.
            work.urgency = max(work.urgency, before.urgency)
        if isinstance(job, Words):
            queue.sends[job.sent] = work
        if work.is_started and queue.current is None and not queue.busy:
            queue.current = work
        else:
            queue.by_urgency[work.urgency].append(work)
            self._priority.waits(work)
        self._reschedule(key, queue, now)
        return superseded

    def withdraw(self, key: str, sent: SentId) -> OutboxEntry | None:
        """Takes out what is to be taken back and has not left: nothing of it was sent, nor is being sent."""
        queue = self._queues.get(key)
        work = None if queue is None else queue.sends.get(sent)
        job = None if work is None else work.outbound.job
        if queue is None or work is None or work is queue.current or work.is_started:
            return None
        if isinstance(job, SendMessage) and job.album:
            return None
        queue.by_urgency[work.urgency].remove(work)
        self._priority.left(work)
        if work.outbound.newest is not None and queue.newest.get(_newest_key(work)) is work:
            del queue.newest[_newest_key(work)]
        self._forget(queue, work)
        return work

    def heads(self) -> Iterator[tuple[OutboxEntry, int, str | None]]:
        """What each contact's turn waits for: the work, until when it is held (0: not), and why."""
        for queue in self._queues.values():
            work = queue.head(self._priority)
            if work is not None:
                by_all = self._held_until > queue.held_until
                yield work, max(self._held_until, queue.held_until), self._why if by_all else queue.why

    def next(self, now: int) -> tuple[str, OutboxEntry] | None:
        """The work that should go now; its queue is busy until `release` or `finish`."""
        while self._later and self._later[0][0] <= now:
            _, stamp, key = heappop(self._later)
            queue = self._queues.get(key)
            if queue is not None and queue.stamp == stamp:
                self._reschedule(key, queue, now)
        if now < max(self._held_until, self._bucket.ready_at(now)):
            return None
        while self._ready:
            _, _, stamp, key = heappop(self._ready)
            queue = self._queues.get(key)
            work = queue.head(self._priority) if queue is not None and queue.stamp == stamp else None
            if queue is None or work is None:
                continue
            self._start(queue, work, now)
            return key, work
        return None

    def wake_at(self, now: int) -> int | None:
        """When `next` may have something, if nothing is added or released before; None: not by itself."""
        account = max(self._held_until, self._bucket.ready_at(now))
        moments = [self._later[0][0]] if self._later else []
        if self._ready:
            moments.append(now)
        return int(max(account, min(moments))) + 1 if moments else None

    def release(self, key: str, now: int) -> OutboxEntry | None:
        """The queue's work goes on later: its next part, or the same again after a `hold`.

        If nothing of it was sent, what is more urgent may go before it, and what came meanwhile may have made it
        needless: then it is returned, and is out of here.
        """
        queue, superseded = self._queues[key], None
        queue.busy = False
        work = queue.current
        if work is not None and not work.is_started:
            queue.current = None
            if work.outbound.newest is not None and queue.newest.setdefault(_newest_key(work), work) is not work:
                superseded = work
                self._forget(queue, work)
            else:
                queue.by_urgency[work.urgency].appendleft(work)
                self._priority.waits(work)
        self._reschedule(key, queue, now)
        return superseded

    def finish(self, key: str, now: int) -> None:
        """The queue's work is settled."""
        queue = self._queues[key]
        work, queue.current = queue.current, None
        queue.busy = False
        queue.failures = 0
        if work is not None:
            self._forget(queue, work)
        self._reschedule(key, queue, now)

    def hold(self, key: str | None, until: int, now: int, why: str | None = None) -> None:
        """Nothing goes before `until`: to this contact, or with None to anybody."""
        if key is None:
            self._held_until, self._why = max(self._held_until, until), why
            return
        queue = self._queue(key)
        queue.held_until, queue.why = max(queue.held_until, until), why
        self._reschedule(key, queue, now)

    def hold_cosmetics(self, key: str, until: int, now: int) -> None:
        """The same of what is only nice to have; this contact's words go on."""
        queue = self._queue(key)
        queue.cosmetics_from = max(queue.cosmetics_from, until)
        self._reschedule(key, queue, now)

    def failed(self, key: str) -> int:
        """Counts a failure of the queue's work; how many there were in a row."""
        queue = self._queues[key]
        queue.failures += 1
        return queue.failures

    def _stamp(self, queue: _ContactQueue) -> None:
        """Makes what the heaps know of this queue void; a stamp is never used twice."""
        self._stamps += 1
        queue.stamp = self._stamps

    def _queue(self, key: str) -> _ContactQueue:
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _ContactQueue(Bucket(*self._rate))
        return queue

    def _start(self, queue: _ContactQueue, work: OutboxEntry, now: int) -> None:
        if queue.current is None:
            queue.by_urgency[work.urgency].remove(work)
            self._priority.shows(work)
            self._priority.left(work)
            queue.current = work
            if work.outbound.newest is not None and queue.newest.get(_newest_key(work)) is work:
                del queue.newest[_newest_key(work)]
        queue.busy = True
        self._stamp(queue)
        if work.outcome is None:
            for _ in range(_messages(work)):
                self._bucket.take(now)
                if isinstance(work.outbound.job, _COUNTED):
                    queue.bucket.take(now)

    def _superseded(self, queue: _ContactQueue, work: OutboxEntry) -> OutboxEntry | None:
        if work.outbound.newest is None:
            return None
        key = _newest_key(work)
        older, queue.newest[key] = queue.newest.get(key), work
        if older is None:
            return None
        queue.by_urgency[older.urgency].remove(older)
        self._priority.left(older)
        self._forget(queue, older)
        return older

    def _forget(self, queue: _ContactQueue, work: OutboxEntry) -> None:
        del self._order[work.entry]
        job = work.outbound.job
        if isinstance(job, Words) and queue.sends.get(job.sent) is work:
            del queue.sends[job.sent]

    def _reschedule(self, key: str, queue: _ContactQueue, now: int) -> None:
        """Puts the queue where it now belongs: ready, waiting for a moment, or out."""
        self._stamp(queue)
        if queue.busy:
            return
        work = queue.head(self._priority)
        if work is None:
            gone_at = max(queue.bucket.full_at, queue.held_until)
            if gone_at <= now:
                del self._queues[key]
            else:
                heappush(self._later, (gone_at, queue.stamp, key))
            return
        free_at = float(queue.held_until)
        if work.urgency is Urgency.COSMETIC:
            free_at = max(free_at, queue.cosmetics_from)
        if isinstance(work.outbound.job, _COUNTED):
            free_at = max(free_at, queue.bucket.ready_at(now))
        if work.outcome is not None or free_at <= now:
            heappush(self._ready, (work.urgency, self._order[work.entry], queue.stamp, key))
        else:
            heappush(self._later, (free_at, queue.stamp, key))


def _messages(work: OutboxEntry) -> int:
    """How many messages the next step of it may become: the first one of an album counts for all of them."""
    job = work.outbound.job
    if not isinstance(job, SendMessage) or not job.album:
        return 1
    return 0 if work.done else 1 + len(job.album)


def _newest_key(work: OutboxEntry) -> tuple[str, bool]:
    # An edit must not make the sending of its own card needless, so messages and the rest are apart.
    return work.outbound.newest or "", isinstance(work.outbound.job, Words)
