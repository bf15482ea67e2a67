"""Posts events to the callback of their app, signed over the very bytes, and shakes hands with new callbacks.

A post counts if the answer is 200; else the same bytes come again, after pauses that double, for days. Only loopback
is ever called. Events that are held leave together, in one POST for each app and messenger.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import msgspec

from sandbox.clock import Clock
from sandbox.ledger import Ledger
from sandbox.meta.envelopes import Piece, envelope
from sandbox.meta.faults import FaultRule, Faults
from sandbox.meta.records import App, PendingPost
from sandbox.meta.signing import signatures, written
from sandbox.settings import Settings
from sandbox.store import Store

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OK = 200
_LONGEST_ANSWER = 4096


class Target(NamedTuple):
    """Where an app's events go now; an empty address: nowhere."""

    app: App
    url: str


class Posted(NamedTuple):
    """`tried` is set once the event was offered, or given up."""

    id: str
    tried: asyncio.Event


class WebhookSender:
    """`find(app, account id)` tells where the events of an account go."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        faults: Faults,
        find: Callable[[str, str], Target | None],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._faults = faults
        self._find = find
        self._session: aiohttp.ClientSession | None = None
        self._lanes: dict[str, deque[PendingPost]] = {}
        self._tried: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Piece] | None = None

    def start(self) -> None:
        """Takes up what was pending."""
        self._session = aiohttp.ClientSession()
        pending = [msgspec.json.decode(body, type=PendingPost) for body in self._store.load("meta_post")]
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

    # ── events ────────────────────────────────────────────────────────────────────────────────────────

    def hold(self) -> None:
        """From now on events wait, to leave together."""
        self._held = self._held if self._held is not None else []

    def release(self) -> list[Posted]:
        """Sends what was held, and lets events go at once again."""
        pieces, self._held = self._held or [], None
        groups: dict[tuple[str, str], list[Piece]] = {}
        for piece in pieces:
            groups.setdefault((piece.app, piece.messenger), []).append(piece)
        return [self._push(group) for group in groups.values()]

    def publish(self, piece: Piece) -> Posted:
        """Sends one event, behind those before it in its lane."""
        if self._held is not None:
            self._held.append(piece)
            return Posted("", asyncio.Event())
        return self._push([piece])

    def _push(self, pieces: list[Piece]) -> Posted:
        first, now_ms = pieces[0], self._clock.now_ms()
        post = PendingPost(
            id=secrets.token_hex(8),
            app=first.app,
            messenger=first.messenger,
            account_id=first.account_id,
            lane=first.lane,
            at=now_ms,
            body=msgspec.Raw(written(envelope(pieces, now_ms))),
        )
        self._store.put("meta_post", post.id, post)
        posted = Posted(post.id, self._tried.setdefault(post.id, asyncio.Event()))
        self._enqueue(post)
        return posted

    def _enqueue(self, post: PendingPost) -> None:
        if (lane := self._lanes.get(post.lane)) is not None:
            lane.append(post)
            return
        self._lanes[post.lane] = deque([post])
        self._run(self._work_off(post.lane))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_off(self, name: str) -> None:
        lane = self._lanes[name]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
        del self._lanes[name]

    async def _deliver(self, post: PendingPost, fault: FaultRule | None = None) -> None:
        """Posts until it is taken, given up, or nobody is there; one that is delayed lets the others pass."""
        while (target := self._find(post.app, post.account_id)) is not None and target.url:
            if fault is None:
                fault = self._faults.draw(post.messenger, post.account_id, "webhook")
                if fault is not None and fault.fault == "delay":
                    self._run(self._deliver_late(post, fault))
                    return
            is_taken = await self._post(target, post, fault)
            self._tell_tried(post)
            post.attempts, fault = post.attempts + 1, None
            if is_taken:
                self._settle(post, "update_confirmed")
                return
            if self._clock.now_ms() - post.at >= self._settings.meta_retry_for_ms:
                break
            self._store.put("meta_post", post.id, post)
            pause_ms = self._settings.meta_retry_ms * 2 ** min(post.attempts - 1, 30)
            await asyncio.sleep(min(pause_ms, self._settings.meta_retry_cap_ms) / 1000)
        self._tell_tried(post)
        self._settle(post, "update_dropped")

    async def _deliver_late(self, post: PendingPost, fault: FaultRule) -> None:
        await asyncio.sleep(fault.delay_ms / 1000)
        await self._deliver(post, fault)

    def _tell_tried(self, post: PendingPost) -> None:
        self._tried.pop(post.id, asyncio.Event()).set()

    def _settle(self, post: PendingPost, kind: str) -> None:
        self._store.drop("meta_post", post.id)
        self._ledger.add(kind, messenger=post.messenger, bot_id=post.account_id, update_id=post.id, via="webhook")

    async def _post(self, target: Target, post: PendingPost, fault: FaultRule | None) -> bool:
        kind = fault.fault if fault is not None else ""
        if kind == "duplicate":
            await self._post_once(target, post, kind)
        return await self._post_once(target, post, kind)

    async def _post_once(self, target: Target, post: PendingPost, kind: str) -> bool:
        body = bytes(post.body)
        sent = body[: len(body) // 2] if kind == "malformed" else body
        secret = f"not {target.app.secret}" if kind == "wrong_signature" else target.app.secret
        self._ledger.add(
            "update_offered", messenger=post.messenger, bot_id=post.account_id, update_id=post.id, via="webhook"
        )
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua", **signatures(secret, sent)}
        answer = await self._call("POST", target.url, data=sent, headers=headers)
        return answer is not None and kind != "lost_reply"

    # ── the handshake ─────────────────────────────────────────────────────────────────────────────────

    async def shake_hands(self, app: App, url: str, verify_token: str) -> bool:
        """Whether the address answers the challenge, as the bare text of it."""
        challenge = str(secrets.randbelow(10**10))
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
        is_right = await self._call("GET", url, params=query) == challenge.encode()
        self._ledger.add("handshake", messenger="meta", app=app.name, is_right=is_right)
        return is_right

    async def _call(
        self,
        verb: str,
        url: str,
        *,
        params: dict[str, str] | None = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes | None:
        """The answer's body if its status was 200."""
        assert self._session is not None
        if urlsplit(url).hostname not in LOOPBACK:
            return None
        timeout = aiohttp.ClientTimeout(total=self._settings.meta_webhook_timeout_ms / 1000)
        try:
            async with self._session.request(
                verb, url, params=params, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                content = await response.content.read(_LONGEST_ANSWER)
                return content if response.status == _OK else None
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    async def fetch(self, url: str, most: int) -> tuple[bytes, str] | None:
        """A file that a call names by its address: bytes and type, None when there is none, or too much of it."""
        assert self._session is not None
        if urlsplit(url).hostname not in LOOPBACK:
            return None
        timeout = aiohttp.ClientTimeout(total=self._settings.meta_webhook_timeout_ms / 1000)
        try:
            async with self._session.get(url, timeout=timeout, allow_redirects=False) as response:
                content = await response.content.read(most + 1)
                while len(content) <= most and (more := await response.content.read(most)):
                    content += more
                is_whole = response.status == _OK and 0 < len(content) <= most
                return (content, response.content_type) if is_whole else None
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None
