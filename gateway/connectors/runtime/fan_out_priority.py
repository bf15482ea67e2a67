"""Of things that several contacts are shown, each contact is shown first what the fewest have seen. PURE.

With many at once every one of them is soon seen by somebody, while every contact still gets all. Nothing else is ever
overtaken: what is not shared keeps its place, and what stands behind it waits for it.
"""

from collections import Counter, deque

from gateway.connectors.runtime.outbox_entry import OutboxEntry

_FAR = 512
"""How many waiting works are looked at."""


class FanOutPriority:
    """Counts who has been shown what, while somebody has still to be."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._shown: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._waiting.keys() | self._shown.keys())

    def waits(self, work: OutboxEntry) -> None:
        """The work has been put into a queue."""
        if work.outbound.shared is not None:
            self._waiting[work.outbound.shared] += 1

    def left(self, work: OutboxEntry) -> None:
        """The work has left its queue, whatever for."""
        shared = work.outbound.shared
        if shared is not None:
            self._waiting[shared] -= 1
            if not self._waiting[shared]:
                del self._waiting[shared], self._shown[shared]

    def shows(self, work: OutboxEntry) -> None:
        """The work goes to its contact now. Before `left`."""
        if work.outbound.shared is not None:
            self._shown[work.outbound.shared] += 1

    def next(self, queue: deque[OutboxEntry]) -> OutboxEntry:
        """What of the queue goes first."""
        best, fewest = queue[0], -1
        for number, work in enumerate(queue):
            shared = work.outbound.shared
            if shared is None or number == _FAR:
                break
            if fewest < 0 or self._shown[shared] < fewest:
                best, fewest = work, self._shown[shared]
            if not fewest:
                break
        return best
