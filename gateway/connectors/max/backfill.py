"""What came while MAX had no subscription of ours, asked for before the next one is made.

Without a subscription MAX keeps updates for whoever polls, and gives none once there is one again. So `register` only
notes that ours is missing; what waits is read and stored first, and our address is subscribed when nothing is left.
"""

from gateway.connectors.contract import Polled
from gateway.connectors.max.receiving import LongPoll
from gateway.connectors.max.registration import Subscriptions
from gateway.errors import Refused


class Backfill:
    """For one bot whose updates are delivered."""

    def __init__(self, poll: LongPoll, subscriptions: Subscriptions) -> None:
        self._poll = poll
        self._subscriptions = subscriptions

    async def since(self, cursor: str | None) -> Polled:
        """One batch of what waits behind the marker; the last one, which is empty, ends with our subscription.

        Raises:
            TryLater, Unauthorized: as every call; our subscription is still to be made then, and nothing is lost by it.
        """
        if not self._subscriptions.is_missing:
            return Polled((), cursor)
        try:
            batch = await self._poll.poll(cursor, 0)
        except Refused:
            # Somebody else's subscription takes them: there is nothing that we could be given.
            batch = Polled((), cursor)
        if batch.updates and batch.cursor != cursor:
            return Polled(batch.updates, batch.cursor, again=True)
        await self._subscriptions.subscribe()
        return batch
