"""What the Callback API could not deliver, read back from the community's messages.

VK repeats a delivery that was not taken, but gives up where too many fail, and then switches the address off. What is
read here has the keys of the events that would have told of it, so that nothing comes twice.
"""

from collections.abc import Callable
from time import time
from typing import Any

from gateway.connectors.contract import Polled
from gateway.connectors.vk.history import History, Mark
from gateway.connectors.vk.receiving import Cursor, Lookup
from gateway.connectors.vk.values import signed


class Backfill:
    """Reads one community's messages behind our place in them. `clock` gives seconds; VK's may differ by a minute."""

    def __init__(self, history: History, lookup: Lookup, clock: Callable[[], float] = time) -> None:
        self._history = history
        self._lookup = lookup
        self._clock = clock

    async def since(self, cursor: str | None) -> Polled:
        """All messages since the cursor; with None nothing but the place to begin at.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: as every call; our place stays what it was.
        """
        now = int(self._clock())
        place = Cursor.read(cursor) if cursor else Cursor("", Mark(0, now))
        if not cursor or not (place.mark.at or place.mark.message):
            return Polled((), str(Cursor("", Mark(place.mark.message, now))))
        refill = await self._history.since(place.mark, now)
        events: list[dict[str, Any]] = await self._lookup.completed([dict(one) for one in refill.events])
        if not refill.whole:
            # More than is read at once: a person must know that something may be missing.
            events.insert(0, {"failed": 1, "ts": now, "refilled": len(events), "whole": False})
        newest = max([place.mark.message, *(_id(one) for one in refill.events)])
        return Polled(tuple(events), str(Cursor("", Mark(newest, now))))


def _id(event: dict[str, Any]) -> int:
    inner = event["object"]
    return signed(inner.get("message", inner).get("id"))
