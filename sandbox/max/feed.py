"""A bot's updates: posted to its subscriptions, or kept until they are asked for by their marker.

Source: CHANNELS.md 9.2. A marker is the number of the update that comes next; whoever passes one has read everything
before it. What an answer without a marker has is told in two ways: a setting.
"""

import asyncio
from collections import deque
from itertools import islice
from typing import NamedTuple

import msgspec

from sandbox.max.records import FIRST_EVENT, Bot, Dialog, Event
from sandbox.max.webhooks import WebhookSender
from sandbox.max.world import World
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.wire import Json, encode


class Batch(NamedTuple):
    """What an answer has; `marker` is None where there was never anything."""

    events: list[Event]
    marker: int | None


class Feed:
    """Updates of all bots."""

    def __init__(self, infrastructure: Infrastructure, world: World, sender: WebhookSender) -> None:
        self._store, _, self._ledger, self._clock, self._settings = infrastructure
        self._world = world
        self._sender = sender
        self._kept: dict[int, deque[Event]] = {}
        self._just_read: dict[int, list[Event]] = {}
        self._news: dict[int, asyncio.Event] = {}
        for event in self._store.read("max_event", Event, order=lambda one: one.seq):
            self._kept.setdefault(event.bot_id, deque()).append(event)

    def publish(self, dialog: Dialog, kind: str, fields: Json) -> str:
        """Tells the bot of what happened in a dialog; the update's number, which only the ledger knows."""
        update = {**fields, "timestamp": self._clock.now_ms(), "update_type": kind}
        return self.publish_raw(self._world.bots[dialog.bot_id], update, str(dialog.chat_id))

    def publish_raw(self, bot: Bot, update: Json, ordering_key: str = "raw") -> str:
        """Tells the bot an update as it is."""
        seq, kind = bot.next_event, str(update.get("update_type"))
        bot.next_event += 1
        self._world.keep_bot(bot)
        if not bot.subscriptions:
            self._keep(Event(bot_id=bot.id, seq=seq, kind=kind, at=self._clock.now_ms(), body=_raw(update)))
        for one in bot.subscriptions:
            if one.update_types is None or kind in one.update_types:
                self._sender.tell(bot, one, str(seq), ordering_key, update)
        return str(seq)

    async def get(self, bot: Bot, marker: int | None, limit: int, wait_s: float, kinds: frozenset[str]) -> Batch:
        """Updates from `marker` on, waiting up to `wait_s` seconds for the first of them."""
        self.drop_expired()
        begin = self._begin(bot, marker)
        news = self._news.setdefault(bot.id, asyncio.Event())
        batch = self._from(bot, begin, limit, kinds)
        if not batch.events and wait_s > 0:
            try:
                async with asyncio.timeout(wait_s):
                    await news.wait()
            except TimeoutError:
                pass
            batch = self._from(bot, begin, limit, kinds)
        for event in batch.events:
            self._ledger.add("update_offered", **event.named())
        return batch

    def read_again(self, bot: Bot) -> list[Event]:
        """What the last marker has committed, for the fault that delivers it once more."""
        return self._just_read.get(bot.id, [])

    def drop_expired(self) -> None:
        """Forgets what waited longer than MAX keeps updates."""
        oldest = self._clock.now_ms() - self._settings.max_updates_kept_ms
        for kept in self._kept.values():
            while kept and kept[0].at <= oldest:
                self._forget(kept.popleft(), "update_dropped")

    def _begin(self, bot: Bot, marker: int | None) -> int:
        """From which update on is asked; commits those before it."""
        kept = self._kept.setdefault(bot.id, deque())
        if marker is None and self._settings.max_without_marker == "latest" and kept:
            return kept[-1].seq
        if marker is None:
            return bot.committed
        read = []
        while kept and kept[0].seq < marker:
            read.append(kept.popleft())
            self._forget(read[-1], "update_confirmed")
        if read:
            self._just_read[bot.id] = read
        if marker > bot.committed:
            bot.committed = min(marker, bot.next_event)
            self._world.keep_bot(bot)
        return marker

    def _from(self, bot: Bot, begin: int, limit: int, kinds: frozenset[str]) -> Batch:
        waiting = [one for one in self._kept.get(bot.id, ()) if one.seq >= begin]
        events = list(islice((one for one in waiting if not kinds or one.kind in kinds), limit))
        if len(events) == limit:
            return Batch(events, events[-1].seq + 1)
        if waiting:  # the kinds that were not asked for are passed over
            return Batch(events, waiting[-1].seq + 1)
        return Batch([], begin if begin > FIRST_EVENT else None)

    def _keep(self, event: Event) -> None:
        self._kept.setdefault(event.bot_id, deque()).append(event)
        self._store.put("max_event", event.record_id, event)
        self._news.pop(event.bot_id, asyncio.Event()).set()

    def _forget(self, event: Event, kind: str) -> None:
        self._store.drop("max_event", event.record_id)
        self._ledger.add(kind, **event.named())


def _raw(update: Json) -> msgspec.Raw:
    return msgspec.Raw(encode(update))
