"""The stand-in's parts put together: world, queues, limits, faults and webhooks of the Telegram side.

The one object that methods and people act through. It knows no HTTP request.
"""

import secrets
from collections.abc import Callable

import aiohttp

from sandbox.cast import Cast
from sandbox.telegram.callbacks import Callbacks
from sandbox.telegram.errors import WEBHOOK_WAS_SET
from sandbox.telegram.faults import Faults
from sandbox.telegram.files import Files
from sandbox.telegram.limits import Limits
from sandbox.telegram.queues import UpdateQueue
from sandbox.telegram.records import Bot, Chat, PendingUpdate, Webhook
from sandbox.telegram.webhooks import CallInAnswer, WebhookDelivery
from sandbox.telegram.world import World
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.wire import Json


class Telegram:
    """`call_in_answer(bot)` gives the function that runs a method found in a webhook's answer."""

    def __init__(
        self, infrastructure: Infrastructure, call_in_answer: "Callable[[Telegram, Bot], CallInAnswer]"
    ) -> None:
        self._store, self.events, self.ledger, self.clock, self.settings = infrastructure
        self.files = Files(self._store, self.clock, self.settings)
        self.world = World(infrastructure, self.files)
        self.limits = Limits(self.settings)
        self.faults = Faults()
        self.callbacks = Callbacks(self.clock, self.settings)
        self.session: aiohttp.ClientSession | None = None
        self._call_in_answer = call_in_answer
        self._queues: dict[int, UpdateQueue] = {}
        self._deliveries: dict[int, WebhookDelivery] = {}
        self._webhook_set_at: dict[int, int] = {}

    async def start(self, cast: Cast) -> None:
        """Fills an empty world, takes up what was pending and posts to the webhooks again."""
        self.world.fill(cast)
        self.session = aiohttp.ClientSession(auto_decompress=True)
        pending: dict[int, list[PendingUpdate]] = {}
        for update in self._store.read("update", PendingUpdate):
            pending.setdefault(update.bot_id, []).append(update)
        for bot in self.world.bots.values():
            self.queue(bot).restore(pending.get(bot.id, []))
            if bot.webhook is not None:
                self._deliver_to(bot, bot.webhook)

    async def stop(self) -> None:
        for bot in self.world.bots.values():
            await self._stop_delivery(bot)
        if self.session is not None:
            await self.session.close()
            self.session = None

    def queue(self, bot: Bot) -> UpdateQueue:
        queue = self._queues.get(bot.id)
        if queue is None:
            queue = UpdateQueue(bot, self._store, self.ledger, self.clock, self.settings)
            self._queues[bot.id] = queue
        return queue

    def notify(
        self, chat: Chat, kind: str, payload: Json, *, ordering_key: str = "", is_forced: bool = False
    ) -> int | None:
        """Queues an update about a chat; its id, or None when the bot does not want that kind.

        Within an ordering key a webhook keeps order; the real server keeps messages, callbacks and memberships of a
        chat in different ones, and so do we.
        """
        bot = self.world.bots[chat.bot_id]
        update = self.queue(bot).add(kind, payload, f"{ordering_key}{chat.chat_id}", is_forced=is_forced)
        if update is None:
            return None
        if (delivery := self._deliveries.get(bot.id)) is not None:
            delivery.push(update)
        return update.update_id

    def revoke_token(self, bot: Bot) -> str:
        """Gives the bot a new token, returned; the old one is answered 401."""
        token = new_token(bot.id)
        self.world.replace_token(bot, token)
        return token

    async def set_webhook(self, bot: Bot, webhook: Webhook | None) -> None:
        """Sets, replaces or removes (None) a bot's webhook."""
        await self._stop_delivery(bot)
        bot.webhook = webhook
        self.world.keep_bot(bot)
        if webhook is not None:
            self.queue(bot).end_poll(WEBHOOK_WAS_SET)
            self._deliver_to(bot, webhook)

    def may_set_webhook(self, bot: Bot) -> bool:
        """Telegram takes about one setWebhook a second."""
        now = self.clock.now_ms()
        if self.settings.limits and now - self._webhook_set_at.get(bot.id, 0) < 1000:  # noqa: PLR2004
            return False
        self._webhook_set_at[bot.id] = now
        return True

    async def drop_gone_webhooks(self) -> None:
        """Removes webhooks that answered 410 for too long, and updates that nobody took for a day."""
        for bot in list(self.world.bots.values()):
            delivery = self._deliveries.get(bot.id)
            if delivery is not None and delivery.is_gone_for_good():
                await self.set_webhook(bot, None)
            self.queue(bot).drop_expired()

    def _deliver_to(self, bot: Bot, webhook: Webhook) -> None:
        assert self.session is not None
        delivery = WebhookDelivery(
            queue=self.queue(bot),
            webhook=webhook,
            session=self.session,
            faults=self.faults,
            ledger=self.ledger,
            clock=self.clock,
            settings=self.settings,
            call=self._call_in_answer(self, bot),
        )
        self._deliveries[bot.id] = delivery
        for update in self.queue(bot).pending():
            delivery.push(update)

    async def _stop_delivery(self, bot: Bot) -> None:
        delivery = self._deliveries.pop(bot.id, None)
        if delivery is not None:
            await delivery.stop()


def new_token(bot_id: int) -> str:
    """A fresh token in the real ones' shape."""
    return f"{bot_id}:AA{secrets.token_urlsafe(24)}x"
