"""Posts a bot's updates to its subscriptions: only the status 200 counts, what was not taken comes again.

Source: CHANNELS.md 9.3: 60 s, 150 s, 375 s and so on by the clock, ten times; after eight hours without one success
the bot is unsubscribed. What was refused once goes on by itself and lets those behind it pass.
"""

import asyncio

import msgspec

from sandbox.max.faults import Faults
from sandbox.max.records import Bot, PendingPost, Subscription
from sandbox.max.world import World
from sandbox.toolkit import webhooks
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.webhooks import Tried
from sandbox.wire import Json, encode

_GROWTH = 2.5
_LOOK_AT_THE_CLOCK_S = 0.05
_HEADER = "X-Max-Bot-Api-Secret"


class WebhookSender(webhooks.WebhookSender[PendingPost]):
    def __init__(self, infrastructure: Infrastructure, faults: Faults, world: World) -> None:
        super().__init__(infrastructure, "max_post", PendingPost)
        self._faults = faults
        self._world = world

    def tell(self, bot: Bot, subscription: Subscription, event_id: str, ordering_key: str, update: Json) -> None:
        """Posts one more update to a subscription."""
        post = PendingPost(
            bot_id=bot.id,
            url=subscription.url,
            event_id=event_id,
            ordering_key=ordering_key,
            at=self._clock.now_ms(),
            body=msgspec.Raw(encode(update)),
        )
        self.push(post)

    def drop_the_silent(self) -> None:
        """Unsubscribes whoever has taken nothing for as long as MAX waits."""
        now = self._clock.now_ms()
        for bot in self._world.bots.values():
            for one in list(bot.subscriptions):
                if one.failing_since is not None and now - one.failing_since >= self._settings.max_webhook_gone_ms:
                    self._unsubscribe(bot, one)

    def _unsubscribe(self, bot: Bot, subscription: Subscription) -> None:
        bot.subscriptions.remove(subscription)
        self._world.keep_bot(bot)
        self._ledger.add("unsubscribed", messenger="max", bot_id=bot.id, url=subscription.url)

    def _subscription(self, post: PendingPost) -> tuple[Bot, Subscription] | None:
        bot = self._world.bots.get(post.bot_id)
        subscriptions = bot.subscriptions if bot is not None else []
        found = next((one for one in subscriptions if one.url == post.url), None)
        return None if bot is None or found is None else (bot, found)

    async def _deliver(self, post: PendingPost) -> None:
        """What was refused before waits first: it has a ordering_key to itself."""
        if post.attempts:
            await self._rest(post.due - self._clock.now_ms())
        await super()._deliver(post)

    async def _attempt(self, post: PendingPost) -> Tried:
        found = self._subscription(post)
        if found is None:
            return Tried.NOBODY
        bot, subscription = found
        fault = self._faults.draw(bot.id, "webhook")
        if fault is not None and fault.fault == "unsubscribed":  # one day the subscription is not there, unannounced
            self._unsubscribe(bot, subscription)
            return Tried.NOBODY
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if subscription.secret:
            headers[_HEADER] = subscription.secret

        async def send(body: bytes) -> bool:
            answer = await self._client.call(
                "POST", post.url, data=body, headers=headers, timeout_ms=self._settings.max_webhook_timeout_ms, most=0
            )
            return answer is not None and answer.is_ok

        if await self._offer(post, fault, send):
            subscription.failing_since = None
            self._world.keep_bot(bot)
            return Tried.TAKEN
        return self._not_taken(bot, subscription, post)

    def _not_taken(self, bot: Bot, subscription: Subscription, post: PendingPost) -> Tried:
        subscription.failing_since = subscription.failing_since or self._clock.now_ms()
        self._world.keep_bot(bot)
        self.drop_the_silent()
        post.due = self._clock.now_ms() + self._pause_after(post.attempts + 1)
        self._ledger.add("update_refused", **post.named())
        if post.attempts:
            return Tried.NOT_TAKEN
        post.attempts = 1
        self.push(post)
        return Tried.ASIDE

    def _pause_ms(self, post: PendingPost) -> int | None:
        is_over = post.attempts > self._settings.max_webhook_retries
        return None if is_over else self._pause_after(post.attempts)

    def _pause_after(self, attempts: int) -> int:
        return round(self._settings.max_webhook_retry_ms * _GROWTH ** (attempts - 1))

    async def _rest(self, pause_ms: int) -> None:
        """Waits by the sandbox's clock, which a test or a person may push ahead."""
        until = self._clock.now_ms() + pause_ms
        while True:
            left_ms = until - self._clock.now_ms()
            if left_ms <= 0:
                return
            await asyncio.sleep(min(left_ms / 1000, _LOOK_AT_THE_CLOCK_S))
