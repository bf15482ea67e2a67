"""Who is served next: one lane per contact, the most urgent lane first, within the limits. PURE: no waiting here.

A lane has one thing on its way at most, which is what keeps a contact's order; what holds a contact back holds
back nobody else. Nothing that was added is ever lost: it leaves by `finish` or as superseded.
"""

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush

from gateway.connectors.runtime.fan_out_priority import Attention
from gateway.connectors.runtime.outbox_entry import Work
from gateway.connectors.toolkit.rates import Bucket
from gateway.model.ids import EntryId, SentId
from gateway.model.outgoing import SendDelete, SendEdit, SendMessage, SendReaction, SendTemplate, Urgency, Words

_COUNTED = (SendMessage, SendTemplate, SendEdit, SendDelete, SendReaction)
"""What a vendor counts against a chat's limit; typing, marks and answers to presses are not messages."""


class _Lane:
    __slots__ = (
        "bucket",
        "busy",
        "cosmetics_from",
        "current",
        "failures",
        "held_until",
        "newest",
        "queues",
        "sends",
        "stamp",
        "why",
    )

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.queues: dict[Urgency, deque[Work]] = {one: deque() for one in sorted(Urgency)}
        self.newest: dict[tuple[str, bool], Work] = {}
        self.sends: dict[SentId, Work] = {}
        self.current: Work | None = None
        self.busy = False
        self.held_until = 0
        self.cosmetics_from = 0
        self.why: str | None = None
        self.failures = 0
        self.stamp = 0

    def head(self, attention: Attention) -> Work | None:
        if self.current is not None:
            return self.current
        return next((attention.next(queue) for queue in self.queues.values() if queue), None)


class Lanes:
    """The waiting work of one account.

    `per_second` and a burst of one second hold for all together, `per_lane_second` and `lane_burst` for each lane;
    zeros mean no limit.
    """

    def __init__(self, *, per_second: float = 0.0, per_lane_second: float = 0.0, lane_burst: int = 1) -> None:
        self._bucket = Bucket(per_second, max(int(per_second), 1))
        self._rate = per_lane_second, lane_burst
        self._held_until = 0
        self._why: str | None = None
        self._lanes: dict[str, _Lane] = {}
        self._ready: list[tuple[int, int, int, str]] = []
        self._later: list[tuple[float, int, str]] = []
        self._arrivals = 0
        self._stamps = 0
        self._order: dict[EntryId, int] = {}
        self._attention = Attention()

    def __len__(self) -> int:
        return len(self._order)

    def add(self, key: str, work: Work, now: int) -> Work | None:
        """Takes work in; returns an older one that it makes needless, which is then out of here."""
        lane = self._lane(key)
        self._arrivals += 1
        self._order[work.entry] = self._arrivals
        superseded = self._superseded(lane, work)
        job = work.outbound.job
        if isinstance(job, SendEdit | SendDelete) and (before := lane.sends.get(job.sent)) is not None:
            # What it changes is not there yet: it must not overtake it, however urgent.
            work.urgency = max(work.urgency, before.urgency)
        if isinstance(job, Words):
            lane.sends[job.sent] = work
        if work.is_started and lane.current is None and not lane.busy:
            lane.current = work
        else:
            lane.queues[work.urgency].append(work)
            self._attention.waits(work)
        self._file(key, lane, now)
        return superseded

    def withdraw(self, key: str, sent: SentId) -> Work | None:
        """Takes out what is to be taken back and has not left: nothing of it was sent, nor is being sent."""
        lane = self._lanes.get(key)
        work = None if lane is None else lane.sends.get(sent)
        job = None if work is None else work.outbound.job
        if lane is None or work is None or work is lane.current or work.is_started:
            return None
        if isinstance(job, SendMessage) and job.album:
            return None
        lane.queues[work.urgency].remove(work)
        self._attention.left(work)
        if work.outbound.newest is not None and lane.newest.get(_newest_key(work)) is work:
            del lane.newest[_newest_key(work)]
        self._forget(lane, work)
        return work

    def heads(self) -> Iterator[tuple[Work, int, str | None]]:
        """What each contact's turn waits for: the work, until when it is held (0: not), and why."""
        for lane in self._lanes.values():
            work = lane.head(self._attention)
            if work is not None:
                by_all = self._held_until > lane.held_until
                yield work, max(self._held_until, lane.held_until), self._why if by_all else lane.why

    def next(self, now: int) -> tuple[str, Work] | None:
        """The work that should go now; its lane is busy until `release` or `finish`."""
        while self._later and self._later[0][0] <= now:
            _, stamp, key = heappop(self._later)
            lane = self._lanes.get(key)
            if lane is not None and lane.stamp == stamp:
                self._file(key, lane, now)
        if now < max(self._held_until, self._bucket.ready_at(now)):
            return None
        while self._ready:
            _, _, stamp, key = heappop(self._ready)
            lane = self._lanes.get(key)
            work = lane.head(self._attention) if lane is not None and lane.stamp == stamp else None
            if lane is None or work is None:
                continue
            self._start(lane, work, now)
            return key, work
        return None

    def wake_at(self, now: int) -> int | None:
        """When `next` may have something, if nothing is added or released before; None: not by itself."""
        account = max(self._held_until, self._bucket.ready_at(now))
        moments = [self._later[0][0]] if self._later else []
        if self._ready:
            moments.append(now)
        return int(max(account, min(moments))) + 1 if moments else None

    def release(self, key: str, now: int) -> Work | None:
        """The lane's work goes on later: its next part, or the same again after a `hold`.

        If nothing of it was sent, what is more urgent may go before it, and what came meanwhile may have made it
        needless: then it is returned, and is out of here.
        """
        lane, superseded = self._lanes[key], None
        lane.busy = False
        work = lane.current
        if work is not None and not work.is_started:
            lane.current = None
            if work.outbound.newest is not None and lane.newest.setdefault(_newest_key(work), work) is not work:
                superseded = work
                self._forget(lane, work)
            else:
                lane.queues[work.urgency].appendleft(work)
                self._attention.waits(work)
        self._file(key, lane, now)
        return superseded

    def finish(self, key: str, now: int) -> None:
        """The lane's work is settled."""
        lane = self._lanes[key]
        work, lane.current = lane.current, None
        lane.busy = False
        lane.failures = 0
        if work is not None:
            self._forget(lane, work)
        self._file(key, lane, now)

    def hold(self, key: str | None, until: int, now: int, why: str | None = None) -> None:
        """Nothing goes before `until`: to this contact, or with None to anybody."""
        if key is None:
            self._held_until, self._why = max(self._held_until, until), why
            return
        lane = self._lane(key)
        lane.held_until, lane.why = max(lane.held_until, until), why
        self._file(key, lane, now)

    def hold_cosmetics(self, key: str, until: int, now: int) -> None:
        """The same of what is only nice to have; this contact's words go on."""
        lane = self._lane(key)
        lane.cosmetics_from = max(lane.cosmetics_from, until)
        self._file(key, lane, now)

    def failed(self, key: str) -> int:
        """Counts a failure of the lane's work; how many there were in a row."""
        lane = self._lanes[key]
        lane.failures += 1
        return lane.failures

    def _stamp(self, lane: _Lane) -> None:
        """Makes what the heaps know of this lane void; a stamp is never used twice."""
        self._stamps += 1
        lane.stamp = self._stamps

    def _lane(self, key: str) -> _Lane:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(Bucket(*self._rate))
        return lane

    def _start(self, lane: _Lane, work: Work, now: int) -> None:
        if lane.current is None:
            lane.queues[work.urgency].remove(work)
            self._attention.shows(work)
            self._attention.left(work)
            lane.current = work
            if work.outbound.newest is not None and lane.newest.get(_newest_key(work)) is work:
                del lane.newest[_newest_key(work)]
        lane.busy = True
        self._stamp(lane)
        if work.outcome is None:
            for _ in range(_messages(work)):
                self._bucket.take(now)
                if isinstance(work.outbound.job, _COUNTED):
                    lane.bucket.take(now)

    def _superseded(self, lane: _Lane, work: Work) -> Work | None:
        if work.outbound.newest is None:
            return None
        key = _newest_key(work)
        older, lane.newest[key] = lane.newest.get(key), work
        if older is None:
            return None
        lane.queues[older.urgency].remove(older)
        self._attention.left(older)
        self._forget(lane, older)
        return older

    def _forget(self, lane: _Lane, work: Work) -> None:
        del self._order[work.entry]
        job = work.outbound.job
        if isinstance(job, Words) and lane.sends.get(job.sent) is work:
            del lane.sends[job.sent]

    def _file(self, key: str, lane: _Lane, now: int) -> None:
        """Puts the lane where it now belongs: ready, waiting for a moment, or out."""
        self._stamp(lane)
        if lane.busy:
            return
        work = lane.head(self._attention)
        if work is None:
            gone_at = max(lane.bucket.full_at, lane.held_until)
            if gone_at <= now:
                del self._lanes[key]
            else:
                heappush(self._later, (gone_at, lane.stamp, key))
            return
        free_at = float(lane.held_until)
        if work.urgency is Urgency.COSMETIC:
            free_at = max(free_at, lane.cosmetics_from)
        if isinstance(work.outbound.job, _COUNTED):
            free_at = max(free_at, lane.bucket.ready_at(now))
        if work.outcome is not None or free_at <= now:
            heappush(self._ready, (work.urgency, self._order[work.entry], lane.stamp, key))
        else:
            heappush(self._later, (free_at, lane.stamp, key))


def _messages(work: Work) -> int:
    """How many messages the next step of it may become: the first one of an album counts for all of them."""
    job = work.outbound.job
    if not isinstance(job, SendMessage) or not job.album:
        return 1
    return 0 if work.done else 1 + len(job.album)


def _newest_key(work: Work) -> tuple[str, bool]:
    # An edit must not make the sending of its own card needless, so messages and the rest are apart.
    return work.outbound.newest or "", isinstance(work.outbound.job, Words)
