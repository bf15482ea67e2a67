"""Posts a community's events to its Callback servers, and asks new servers for the confirmation string.

A post counts only if the answer is 200 with exactly `ok`; else the same event comes again. How often VK tries is
published nowhere: a setting. Only loopback is ever called.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from sandbox.clock import Clock
from sandbox.ledger import Ledger
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.vk.faults import FaultRule, Faults
from sandbox.vk.records import CallbackServer, Community, PendingPost
from sandbox.wire import Json, encode

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OK = b"ok"
_LONGEST_ANSWER = 4096

FindServer = Callable[[int, int], tuple[Community, CallbackServer] | None]


class CallbackSender:
    """`find(community id, server id)` gives the server as it is now; `keep` is told of a changed community."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        faults: Faults,
        find: FindServer,
        keep: Callable[[Community], None],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._faults = faults
        self._find = find
        self._keep = keep
        self._session: aiohttp.ClientSession | None = None
        self._lanes: dict[tuple[int, int, str], deque[PendingPost]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Takes up what was pending."""
        self._session = aiohttp.ClientSession()
        pending = [msgspec.json.decode(body, type=PendingPost) for body in self._store.load("vk_post")]
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

    def push(self, post: PendingPost) -> None:
        """Takes one more event; it waits for those before it in its lane."""
        self._store.put("vk_post", _key(post), post)
        self._enqueue(post)

    def confirm(self, community: Community, server: CallbackServer) -> None:
        """Asks a server for the confirmation string, in the background."""
        server.status = "wait"
        self._keep(community)
        self._run(self._confirm(community, server))

    def _enqueue(self, post: PendingPost) -> None:
        name = post.community_id, post.server_id, post.lane
        if (lane := self._lanes.get(name)) is not None:
            lane.append(post)
            return
        self._lanes[name] = deque([post])
        self._run(self._work_off(name))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _confirm(self, community: Community, server: CallbackServer) -> None:
        await asyncio.sleep(self._settings.vk_confirmation_after_ms / 1000)
        body: Json = {"type": "confirmation", "group_id": community.id, "event_id": "", "v": server.api_version}
        body = {**body, "secret": server.secret} if server.secret else body
        expected = community.confirmation_code.encode()
        answer = await self._call(server.url, encode(body))
        is_right = answer == expected
        server.status = "ok" if is_right else "failed"
        self._keep(community)
        self._ledger.add("confirmation", messenger="vk", bot_id=community.id, server_id=server.id, status=server.status)

    async def _work_off(self, name: tuple[int, int, str]) -> None:
        lane = self._lanes[name]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
        del self._lanes[name]

    async def _deliver(self, post: PendingPost) -> None:
        """Posts until it is taken, given up, or its server is gone."""
        while (found := self._find(post.community_id, post.server_id)) is not None:
            community, server = found
            is_taken = await self._post(server, post)
            post.attempts += 1
            if is_taken:
                server.failures = 0
                self._settle(post, "update_confirmed")
                return
            server.failures += 1
            if post.attempts >= self._settings.vk_callback_attempts:
                server.status = "failed"
                self._keep(community)
                break
            self._store.put("vk_post", _key(post), post)
            await asyncio.sleep(self._settings.vk_callback_retry_ms / 1000)
        self._settle(post, "update_dropped")

    def _settle(self, post: PendingPost, kind: str) -> None:
        self._store.drop("vk_post", _key(post))
        self._ledger.add(kind, messenger="vk", bot_id=post.community_id, update_id=post.event_id, via="callback")

    async def _post(self, server: CallbackServer, post: PendingPost) -> bool:
        fault = self._faults.draw(post.community_id, "callback")
        if fault is not None and fault.fault == "delay":
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault is not None and fault.fault == "duplicate":
            await self._post_once(server, post, fault)
        return await self._post_once(server, post, fault)

    async def _post_once(self, server: CallbackServer, post: PendingPost, fault: FaultRule | None) -> bool:
        body = bytes(post.body)
        kind = fault.fault if fault is not None else ""
        self._ledger.add(
            "update_offered", messenger="vk", bot_id=post.community_id, update_id=post.event_id, via="callback"
        )
        answer = await self._call(server.url, body[: len(body) // 2] if kind == "malformed" else body)
        return answer == _OK and kind != "lost_reply"

    async def _call(self, url: str, body: bytes) -> bytes | None:
        """The answer's body if its status was 200."""
        assert self._session is not None
        if urlsplit(url).hostname not in LOOPBACK:
            return None
        try:
            async with self._session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=self._settings.vk_callback_timeout_ms / 1000),
                allow_redirects=False,
                ssl=False,
            ) as response:
                content = await response.content.read(_LONGEST_ANSWER)
                return content if response.status == 200 else None  # noqa: PLR2004
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None


def _key(post: PendingPost) -> str:
    return f"{post.community_id}:{post.server_id}:{post.event_id}"
