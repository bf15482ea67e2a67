"""Posting of webhooks: in order within an ordering key, again after a pause until they are taken, and over a restart.

What counts as taken, the pauses and the signature are the vendor's.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable
from enum import Enum, auto
from typing import Generic, TypeVar

import msgspec

from sandbox.toolkit.faults import FaultRule
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.loopback import LoopbackClient
from sandbox.toolkit.ordered_queues import OrderedQueues
from sandbox.wire import Json


class PendingPost(msgspec.Struct, kw_only=True):
    """A webhook on its way, kept until it was taken or given up; one `ordering_key` keeps its order. `at` is in ms."""

    ordering_key: str = msgspec.field(name="lane")
    at: int
    body: msgspec.Raw
    attempts: int = 0

    @property
    def record_id(self) -> str:
        """Its id in the store."""
        raise NotImplementedError

    @property
    def queue(self) -> Hashable:
        """What keeps its order: its ordering key, and whose it is."""
        return self.ordering_key

    def named(self) -> Json:
        """Whose it is, as the ledger tells it: messenger, bot_id, update_id, via."""
        raise NotImplementedError


Post = TypeVar("Post", bound=PendingPost)


class Tried(Enum):
    """What became of one attempt."""

    TAKEN = auto()
    NOT_TAKEN = auto()
    NOBODY = auto()
    """Nobody is subscribed any more."""
    ASIDE = auto()
    """It goes on by itself, and lets those behind it pass."""


class WebhookSender(ABC, Generic[Post]):
    """`kind` is the kind of its records in the store."""

    def __init__(self, infrastructure: Infrastructure, kind: str, post_type: type[Post]) -> None:
        self._store = infrastructure.store
        self._ledger = infrastructure.ledger
        self._clock = infrastructure.clock
        self._settings = infrastructure.settings
        self._kind = kind
        self._post_type = post_type
        self._client = LoopbackClient()
        self._queues = OrderedQueues(self._deliver)

    def start(self) -> None:
        """Takes up what was pending."""
        self._client.start()
        for post in self._store.read(self._kind, self._post_type, order=lambda one: one.at):
            self._queues.push(post.queue, post)

    async def stop(self) -> None:
        """Ends every post; what was not taken stays in the store."""
        await self._queues.stop()
        await self._client.stop()

    def push(self, post: Post) -> None:
        """Takes one more event; it waits for those before it of its ordering key."""
        self._store.put(self._kind, post.record_id, post)
        self._queues.push(post.queue, post)

    @abstractmethod
    async def _attempt(self, post: Post) -> Tried:
        """Posts it once, to whoever is subscribed now."""

    @abstractmethod
    def _pause_ms(self, post: Post) -> int | None:
        """How long to wait after `post.attempts` attempts; None gives it up."""

    def _given_up(self, post: Post) -> None:
        """It will not be posted any more, though nobody took it."""

    async def _deliver(self, post: Post) -> None:
        while (tried := await self._attempt(post)) is not Tried.NOBODY:
            if tried is Tried.ASIDE:
                return
            post.attempts += 1
            if tried is Tried.TAKEN:
                self._settle(post, "update_confirmed")
                return
            pause_ms = self._pause_ms(post)
            if pause_ms is None:
                break
            self._store.put(self._kind, post.record_id, post)
            await asyncio.sleep(pause_ms / 1000)
        self._given_up(post)
        self._settle(post, "update_dropped")

    def _settle(self, post: Post, kind: str) -> None:
        self._store.drop(self._kind, post.record_id)
        self._ledger.add(kind, **post.named())

    async def _offer(self, post: Post, fault: FaultRule | None, send: Callable[[bytes], Awaitable[bool]]) -> bool:
        """Sends it as the fault wants: late, twice, cut in half, or taken without our hearing of it."""
        kind = fault.fault if fault is not None else ""
        if fault is not None and kind == "delay":
            await asyncio.sleep(fault.delay_ms / 1000)
        body = bytes(post.body)
        sent = body[: len(body) // 2] if kind == "malformed" else body
        is_taken = False
        for _ in range(2 if kind == "duplicate" else 1):
            self._ledger.add("update_offered", **post.named())
            is_taken = await send(sent)
        return is_taken and kind != "lost_reply"
