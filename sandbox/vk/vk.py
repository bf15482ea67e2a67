"""VK's parts put together: world, files, events, Callback sender, limits, faults.

The one object that methods and people act through. It knows no HTTP request.
"""

import asyncio
from typing import NamedTuple

from sandbox.cast import Cast, CastUser
from sandbox.clock import Clock
from sandbox.events import Events
from sandbox.ledger import Ledger
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.vk.callbacks import CallbackSender
from sandbox.vk.faults import Faults
from sandbox.vk.feed import Feed
from sandbox.vk.files import Files
from sandbox.vk.limits import Limits
from sandbox.vk.records import CallbackServer, Community
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

    def __init__(self, *, store: Store, events: Events, ledger: Ledger, clock: Clock, settings: Settings) -> None:
        self.clock = clock
        self.settings = settings
        self.ledger = ledger
        self.files = Files(store, clock, settings)
        self.world = World(store, events, clock, settings, self.files)
        self.faults = Faults()
        self.limits = Limits(settings)
        self.sender = CallbackSender(
            store=store,
            ledger=ledger,
            clock=clock,
            settings=settings,
            faults=self.faults,
            find=self._find_server,
            keep=self.world.keep_community,
        )
        self.feed = Feed(self.world, self.sender, store, clock, settings)
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

    def _find_server(self, community_id: int, server_id: int) -> tuple[Community, CallbackServer] | None:
        community = self.world.communities.get(community_id)
        if community is None:
            return None
        server = next((one for one in community.servers if one.id == server_id), None)
        return (community, server) if server is not None else None
