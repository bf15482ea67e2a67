"""A bot's updates that nobody confirmed yet, and getUpdates' rules about them.

Source: tdlib/telegram-bot-api, Client.cpp (CHANNELS.md 1.2). A webhook takes from the same queue.
"""

import asyncio
from collections.abc import Iterable
from itertools import islice, takewhile

import msgspec

from sandbox.clock import Clock
from sandbox.ledger import Ledger
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.telegram.errors import OTHER_POLLER, conflict
from sandbox.telegram.records import Bot, PendingUpdate
from sandbox.wire import Json, encode

# Told only when they are asked for by name.
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_MAX_LIMIT = 100
_MAX_TIMEOUT_S = 50


class UpdateQueue:
    """Updates of one bot in the order of their ids."""

    def __init__(self, bot: Bot, store: Store, ledger: Ledger, clock: Clock, settings: Settings) -> None:
        self.bot = bot
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._pending: dict[int, PendingUpdate] = {}
        self._just_confirmed: list[PendingUpdate] = []
        self._poll: asyncio.Future[None] | None = None
        self._last_offset: int | None = None
        self._last_started_ms = 0.0

    def __len__(self) -> int:
        return len(self._pending)

    def restore(self, updates: Iterable[PendingUpdate]) -> None:
        self._pending = {update.update_id: update for update in sorted(updates, key=lambda one: one.update_id)}

    def pending(self) -> list[PendingUpdate]:
        return list(self._pending.values())

    def is_pending(self, update: PendingUpdate) -> bool:
        return update.update_id in self._pending

    def add(self, kind: str, payload: Json, ordering_key: str, *, is_forced: bool = False) -> PendingUpdate | None:
        """Queues an update; None when the bot does not want its kind."""
        wanted = self.bot.allowed_updates
        is_wanted = kind in wanted if wanted is not None else kind not in _NOT_BY_DEFAULT
        if not (is_wanted or is_forced):
            return None
        update_id = self.bot.next_update_id
        self.bot.next_update_id += 1
        update = PendingUpdate(
            bot_id=self.bot.id,
            update_id=update_id,
            ordering_key=ordering_key,
            at=self._clock.now_ms(),
            kind=kind,
            body=msgspec.Raw(encode({"update_id": update_id, kind: payload})),
        )
        self._pending[update_id] = update
        self._store.put("update", self._key(update), update)
        self._store.put("bot", str(self.bot.id), self.bot)
        self._wake()
        return update

    def confirm(self, update: PendingUpdate) -> None:
        """Forgets an update for good."""
        if self._pending.pop(update.update_id, None) is not None:
            self._store.drop("update", self._key(update))
            self._ledger.add("update_confirmed", bot_id=self.bot.id, update_id=update.update_id)

    def drop_all(self) -> None:
        for update in self.pending():
            self._pending.pop(update.update_id)
            self._store.drop("update", self._key(update))

    def drop_expired(self) -> None:
        """Forgets what waited longer than Telegram keeps updates."""
        oldest = self._clock.now_ms() - self._settings.updates_kept_ms
        while self._pending and (update := next(iter(self._pending.values()))).at <= oldest:
            self._pending.pop(update.update_id)
            self._store.drop("update", self._key(update))
            self._ledger.add("update_dropped", bot_id=self.bot.id, update_id=update.update_id)

    def end_poll(self, reason: str) -> None:
        """Answers a waiting getUpdates with 409."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(conflict(reason))

    def repeat_confirmed(self) -> list[PendingUpdate]:
        """What the last getUpdates confirmed, for the fault that delivers it again."""
        return self._just_confirmed

    async def get(self, offset: int, limit: int, wait_s: float) -> list[PendingUpdate]:
        """getUpdates: confirms below `offset`, waits up to `wait_s` seconds for the first update after it.

        Raises ApiError 409 when another getUpdates or a webhook ends the wait.
        """
        self.end_poll(OTHER_POLLER)
        self.drop_expired()
        limit = limit if 0 < limit <= _MAX_LIMIT else _MAX_LIMIT
        wait_s, limit = self._slow_down(offset, min(max(wait_s, 0), _MAX_TIMEOUT_S), limit)
        self._confirm_below(offset)
        if not self._pending and wait_s > 0:
            await self._wait(wait_s)
        return self._head(limit)

    def _slow_down(self, offset: int, wait_s: float, limit: int) -> tuple[float, int]:
        """The same offset again means a client in a loop: it waits longer or gets one update."""
        now_ms = asyncio.get_running_loop().time() * 1000
        since_ms = now_ms - self._last_started_ms
        if offset == self._last_offset:
            if since_ms < self._settings.same_offset_hold_ms:
                wait_s = max(wait_s, self._settings.same_offset_hold_ms / 1000)
            if since_ms < self._settings.same_offset_single_ms:
                limit = 1
        self._last_offset, self._last_started_ms = offset, now_ms
        return wait_s, limit

    def _confirm_below(self, offset: int) -> None:
        """A negative offset keeps that many of the newest and forgets all before."""
        if offset < 0:
            confirmed = self.pending()[:offset]
        else:
            confirmed = list(takewhile(lambda update: update.update_id < offset, self._pending.values()))
        for update in confirmed:
            self.confirm(update)
        if confirmed:
            self._just_confirmed = confirmed[-_MAX_LIMIT:]

    def _head(self, limit: int) -> list[PendingUpdate]:
        return list(islice(self._pending.values(), limit))

    async def _wait(self, seconds: float) -> None:
        self._poll = poll = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await poll
        except TimeoutError:
            return
        finally:
            if self._poll is poll:
                self._poll = None
            if poll.done() and not poll.cancelled():
                poll.exception()  # seen, even where the client is gone and nobody awaits it

    def _wake(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def _key(self, update: PendingUpdate) -> str:
        return f"{self.bot.id}:{update.update_id}"
