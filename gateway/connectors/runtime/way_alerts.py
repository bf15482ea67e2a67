"""Tells the admins that an account reaches its messenger by another way than the first, once for each change.

They should mend the first one before the others are closed too; that it works again is in the log alone.
"""

from gateway.connectors.runtime.context import AccountContext
from gateway.connectors.runtime.ingest import offer, store
from gateway.errors import StoreUnavailable
from gateway.model.commands import Notice
from gateway.streams.intake import Offer

_EACH_MS = 3_600_000
"""A way that comes and goes is told of once an hour."""


class WayAlerts:
    """Of one account."""

    def __init__(self, context: AccountContext) -> None:
        self._context = context

    async def run(self) -> None:
        """Until cancelled."""
        context = self._context
        while True:
            await context.way_changed.wait()
            context.way_changed.clear()
            if (way := context.way) is not None:
                key = f"way:{way.number}:{context.clock() // _EACH_MS}"
                await self._tell(offer(context, key, Notice("another way", way.told, alarming=True)))

    async def _tell(self, told: Offer) -> None:
        failures = 0
        while True:
            try:
                return await store(self._context, [told])
            except StoreUnavailable:
                failures += 1
                await self._context.pause(failures)
