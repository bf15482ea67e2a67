"""Posts a seller's messages to the one address that is subscribed: 2 seconds for the answer, and a few tries.

How often Avito tries, and in what order, is published nowhere: settings. The signature's algorithm is not either, so
what stands in its header here is good for nothing but being there. Only loopback is ever called.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from yarl import URL

from sandbox.avito.faults import FaultRule, Faults
from sandbox.avito.records import PendingPost, Seller
from sandbox.clock import Clock
from sandbox.ledger import Ledger
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.wire import Json, encode

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TAKEN = 200


class WebhookSender:
    """`find` gives a seller as it is now, `keep` is told of one that changed."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        faults: Faults,
        find: Callable[[int], Seller | None],
        keep: Callable[[Seller], None],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._faults = faults
        self._find = find
        self._keep = keep
        self._session: aiohttp.ClientSession | None = None
        self._lanes: dict[tuple[int, str], deque[PendingPost]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Takes up what was pending."""
        self._session = aiohttp.ClientSession()
        pending = [msgspec.json.decode(body, type=PendingPost) for body in self._store.load("avito_post")]
        for post in sorted(pending, key=lambda one: one.at):
            self._enqueue(post)

    async def stop(self) -> None:
        """Ends every post; what was not taken stays in the store."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def push(self, seller: Seller, lane: str, event: Json) -> str | None:
        """Takes one more webhook for whoever is subscribed; its id, None where nobody is."""
        if not seller.url:
            return None
        post = PendingPost(
            seller_id=seller.id,
            event_id=event["id"],
            lane=lane,
            at=self._clock.now_ms(),
            body=msgspec.Raw(encode(event)),
        )
        self._store.put("avito_post", post.event_id, post)
        self._enqueue(post)
        return post.event_id

    def _enqueue(self, post: PendingPost) -> None:
        name = post.seller_id, post.lane
        if (lane := self._lanes.get(name)) is not None:
            lane.append(post)
            return
        self._lanes[name] = deque([post])
        self._run(self._work_off(name))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_off(self, name: tuple[int, str]) -> None:
        lane = self._lanes[name]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
        del self._lanes[name]

    async def _deliver(self, post: PendingPost) -> None:
        """Posts until it is taken, given up, or nobody is subscribed any more."""
        while (seller := self._find(post.seller_id)) is not None and seller.url:
            is_taken = await self._post(seller, post)
            post.attempts += 1
            if is_taken:
                self._settle(post, "update_confirmed")
                return
            if post.attempts >= self._settings.avito_webhook_attempts:
                break
            self._store.put("avito_post", post.event_id, post)
            await asyncio.sleep(self._settings.avito_webhook_retry_ms / 1000)
        self._settle(post, "update_dropped")

    def _settle(self, post: PendingPost, kind: str) -> None:
        self._store.drop("avito_post", post.event_id)
        self._ledger.add(kind, messenger="avito", bot_id=post.seller_id, update_id=post.event_id, via="webhook")

    async def _post(self, seller: Seller, post: PendingPost) -> bool:
        fault = self._faults.draw(seller.id, "webhook")
        kind = fault.fault if fault is not None else ""
        if fault is not None and kind == "delay":
            await asyncio.sleep(fault.delay_ms / 1000)
        if kind == "unsubscribed":  # one day the subscription is not there, and nobody says why
            seller.url = ""
            self._keep(seller)
            return False
        if kind == "duplicate":
            await self._post_once(seller, post, fault)
        return await self._post_once(seller, post, fault)

    async def _post_once(self, seller: Seller, post: PendingPost, fault: FaultRule | None) -> bool:
        body = bytes(post.body)
        kind = fault.fault if fault is not None else ""
        self._ledger.add("update_offered", messenger="avito", bot_id=seller.id, update_id=post.event_id, via="webhook")
        is_taken = await self._call(seller.url, body[: len(body) // 2] if kind == "malformed" else body)
        return is_taken and kind != "lost_reply"

    async def _call(self, url: str, body: bytes) -> bool:
        assert self._session is not None
        if urlsplit(url).hostname not in LOOPBACK:
            return False
        try:
            async with self._session.post(
                URL(url, encoded=True),  # as it was given, with its query
                data=body,
                headers={
                    "Content-Type": "application/json",
                    "x-avito-messenger-signature": secrets.token_hex(32),
                },
                timeout=aiohttp.ClientTimeout(total=self._settings.avito_webhook_timeout_ms / 1000),
                allow_redirects=False,
                ssl=False,
            ) as response:
                return response.status == _TAKEN
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
