"""VK's parts put together: world, files, events, Callback sender, limits, faults.

The one object that methods and people act through. It knows no HTTP request.
"""

import asyncio
from typing import NamedTuple

from sandbox.cast import Cast, CastUser
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.vk.callbacks import CallbackSender
from sandbox.vk.faults import Faults
from sandbox.vk.feed import Feed
from sandbox.vk.files import Files
from sandbox.vk.limits import Limits
from sandbox.vk.world import World
from sandbox.wire import Json

_SENT_SWEPT_ABOVE = 100_000


class Press(NamedTuple):
    """A callback button that was pressed and waits for sendMessageEventAnswer."""

    community_id: int
    user_id: int
    answer: "asyncio.Future[Json]"


class Vk:
    """Everything of one stand-in. `presses` are by the event id that the community is told."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        _, self.events, self.ledger, self.clock, self.settings = infrastructure
        self.files = Files(infrastructure)
        self.world = World(infrastructure, self.files)
        self.faults = Faults()
        self.limits = Limits(self.settings)
        self.sender = CallbackSender(infrastructure, self.faults, self.world)
        self.feed = Feed(infrastructure, self.world, self.sender)
        self.presses: dict[str, Press] = {}
        self.sent: dict[tuple[int, int, int], tuple[int, int]] = {}
        """(community, peer, random_id) → message id and when, in milliseconds: what makes a repeated send harmless."""

    def start(self, cast: Cast, base: str) -> list[CastUser]:
        """Fills an empty world and posts what is pending; the people of the cast who came with it."""
        self.files.base = base
        added = self.world.fill(cast)
        self.sender.start()
        return added

    async def stop(self) -> None:
        await self.sender.stop()

    def remember_sent(self, key: tuple[int, int, int], message_id: int, now_ms: int) -> None:
        """Keeps a `random_id` for as long as a repeat of it is to be harmless."""
        if len(self.sent) > _SENT_SWEPT_ABOVE:
            oldest = now_ms - self.settings.vk_random_id_ms
            self.sent = {known: sent for known, sent in self.sent.items() if sent[1] > oldest}
        self.sent[key] = message_id, now_ms
