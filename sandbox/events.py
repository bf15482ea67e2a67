"""The stream of what just happened, for the page: a bounded ring that any number of readers follow.

A reader that fell behind the ring is told to look at everything anew; nothing ever waits for a reader.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import NamedTuple

from sandbox.clock import Clock
from sandbox.wire import Json


class Event(NamedTuple):
    """`message` is the stored message it is about, rendered by whoever sends the event out."""

    seq: int
    kind: str
    fields: Json
    message: object | None


class Events:
    """Numbers go on from the start's time, so an id of an earlier run is always older than any of this one."""

    def __init__(self, clock: Clock, kept: int = 5000) -> None:
        self._ring: deque[Event] = deque(maxlen=kept)
        self._seq = clock.now_ms()
        self._readers: set[asyncio.Event] = set()
        self._closed = False

    @property
    def last(self) -> int:
        return self._seq

    def publish(self, kind: str, message: object | None = None, **fields: object) -> None:
        self._seq += 1
        self._ring.append(Event(self._seq, kind, fields, message))
        for reader in self._readers:
            reader.set()

    def close(self) -> None:
        """Ends every reader's stream."""
        self._closed = True
        for reader in self._readers:
            reader.set()

    async def follow(self, after: int | None = None) -> AsyncIterator[Event]:
        """Events after number `after`, or from now on, until `close`; a gap shows as one `state` event."""
        position = self._seq if after is None else after
        news = asyncio.Event()
        self._readers.add(news)
        try:
            while not self._closed:
                news.clear()
                oldest = self._ring[0].seq if self._ring else self._seq + 1
                if position < oldest - 1 or position > self._seq:
                    position = self._seq
                    yield Event(position, "state", {}, None)
                else:
                    for event in self._tail(position):
                        position = event.seq
                        yield event
                if position == self._seq:
                    await news.wait()
        finally:
            self._readers.discard(news)

    def _tail(self, after: int) -> list[Event]:
        missing = self._seq - after
        if missing <= 0:
            return []
        newest_first = reversed(self._ring)
        return [next(newest_first) for _ in range(min(missing, len(self._ring)))][::-1]
