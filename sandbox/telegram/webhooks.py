"""Posts a bot's updates to its webhook as Telegram does: in order and one at a time per ordering key, with patience.

Source: tdlib/telegram-bot-api, WebhookActor.cpp. Only loopback is ever called: the sandbox has no internet.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiohttp

from sandbox.clock import Clock
from sandbox.ledger import Ledger
from sandbox.settings import Settings
from sandbox.telegram.faults import FaultRule, Faults
from sandbox.telegram.parameters import Parameters, read_parameters
from sandbox.telegram.queues import UpdateQueue
from sandbox.telegram.records import PendingUpdate, Webhook
from sandbox.toolkit.loopback import is_loopback_url
from sandbox.toolkit.ordered_queues import OrderedQueues

_GONE = 410
_MAX_RETRY_AFTER_S = 3600
_MAX_ANSWER_BYTES = 50 * 1024 * 1024

CallInAnswer = Callable[[Parameters], Awaitable[None]]


class _Failure(NamedTuple):
    """Why a post did not count, and how long the other side asked us to wait, in seconds."""

    reason: str
    retry_after_s: int = 0


class WebhookDelivery:
    """One bot's posts, from `start` until `stop`. `call` runs a method that came as the answer."""

    def __init__(
        self,
        *,
        queue: UpdateQueue,
        webhook: Webhook,
        session: aiohttp.ClientSession,
        faults: Faults,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        call: CallInAnswer,
    ) -> None:
        self._queue = queue
        self._webhook = webhook
        self._session = session
        self._faults = faults
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._call = call
        self._slots = asyncio.Semaphore(webhook.max_connections)
        self._queues = OrderedQueues(self._deliver)

    def push(self, update: PendingUpdate) -> None:
        """Takes one more update; it waits for those before it of its ordering key."""
        self._queues.push(update.ordering_key, update)

    async def stop(self) -> None:
        """Ends every post; what was not confirmed stays in the queue."""
        await self._queues.stop()

    async def _deliver(self, update: PendingUpdate) -> None:
        """Posts until it is taken, dropped as too old, or not wanted any more."""
        failures, delay_ms = 0, self._settings.webhook_first_retry_ms
        while self._queue.is_pending(update):
            async with self._slots:
                failure = await self._post(update)
            if failure is None:
                self._queue.confirm(update)
                return
            self._note(failure)
            wait_ms = failure.retry_after_s * 1000
            if not wait_ms and failures:
                wait_ms = delay_ms
                delay_ms = min(delay_ms * 2, self._cap_ms())
            failures += 1
            if self._clock.now_ms() + wait_ms > update.at + self._settings.updates_kept_ms:
                self._queue.drop_expired()
            await asyncio.sleep(wait_ms / 1000)

    def _cap_ms(self) -> int:
        """Somewhere in the upper half, so that failing queues do not come back all at once."""
        cap = self._settings.webhook_retry_cap_ms
        return random.randint(cap // 2, cap)

    def _note(self, failure: _Failure) -> None:
        self._webhook.last_error_at = self._clock.now_ms()
        self._webhook.last_error = failure.reason

    async def _post(self, update: PendingUpdate) -> _Failure | None:
        fault = self._faults.draw(self._queue.bot.id, "webhook")
        if fault is not None and fault.fault == "delay":
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault is not None and fault.fault == "duplicate":
            await self._post_once(update, fault)
        return await self._post_once(update, fault)

    async def _post_once(self, update: PendingUpdate, fault: FaultRule | None) -> _Failure | None:
        body = bytes(update.body)
        if fault is not None and fault.fault == "malformed":
            body = body[: len(body) // 2]
        if not is_loopback_url(self._webhook.url):
            return _Failure("Failed to resolve host: the sandbox posts to loopback addresses only")
        self._ledger.add("update_offered", bot_id=update.bot_id, update_id=update.update_id, via="webhook")
        try:
            async with self._session.post(
                self._webhook.url,
                data=body,
                headers=self._headers(),
                timeout=aiohttp.ClientTimeout(total=self._settings.webhook_timeout_ms / 1000),
                allow_redirects=False,
                ssl=False,
            ) as response:
                failure = self._read_status(response)
                if failure is None and fault is not None and fault.fault == "lost_reply":
                    return _Failure("Webhook connection closed")
                if failure is None:
                    await self._follow_answer(response)
                return failure
        except TimeoutError:
            return _Failure("Read timeout expired")
        except aiohttp.ClientConnectorError as error:
            return _Failure(os.strerror(error.errno) if error.errno else "Connection closed")
        except (aiohttp.ClientError, OSError):
            return _Failure("Webhook connection closed")

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self._webhook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._webhook.secret
        return headers

    def _read_status(self, response: aiohttp.ClientResponse) -> _Failure | None:
        is_gone = response.status == _GONE
        if is_gone and not self._webhook.gone_since:
            self._webhook.gone_since = self._clock.now_ms()
        if not is_gone:
            self._webhook.gone_since = 0
        if response.ok and response.status < 300:  # noqa: PLR2004
            return None
        retry_after = response.headers.get("Retry-After", "")
        seconds = min(int(retry_after), _MAX_RETRY_AFTER_S) if retry_after.isdigit() else 0
        return _Failure(f"Wrong response from the webhook: {response.status} {response.reason}", seconds)

    def is_gone_for_good(self) -> bool:
        """Did the other side answer 410 for so long that the webhook is to be removed?"""
        since = self._webhook.gone_since
        return bool(since) and self._clock.now_ms() - since > self._settings.webhook_gone_ms

    async def _follow_answer(self, response: aiohttp.ClientResponse) -> None:
        """A method in the answer's body is called; its result is told to nobody."""
        with contextlib.suppress(Exception):
            parameters = await read_parameters(response.headers, response.content, {}, _MAX_ANSWER_BYTES)
            await self._call(parameters)
