"""Posts events to the callback of their app, signed over the very bytes, and shakes hands with new callbacks.

A post counts if the answer is 200; else the same bytes come again, after pauses that double, for days. Events that are
held leave together, in one POST for each app and messenger.
"""

import asyncio
import secrets
from typing import NamedTuple

import msgspec

from sandbox.meta.envelopes import Piece, envelope
from sandbox.meta.faults import FaultRule, Faults
from sandbox.meta.records import App, PendingPost
from sandbox.meta.signing import signatures, written
from sandbox.meta.world import World
from sandbox.toolkit import webhooks
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.webhooks import Tried

_HEADERS = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}


class Posted(NamedTuple):
    """`tried` is set once the event was offered, or given up."""

    id: str
    tried: asyncio.Event


class WebhookSender(webhooks.WebhookSender[PendingPost]):
    def __init__(self, infrastructure: Infrastructure, faults: Faults, world: World) -> None:
        super().__init__(infrastructure, "meta_post", PendingPost)
        self._faults = faults
        self._world = world
        self._tried: dict[str, asyncio.Event] = {}
        self._late: dict[str, FaultRule] = {}
        self._held: list[Piece] | None = None

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
        return [self._post(group) for group in groups.values()]

    def publish(self, piece: Piece) -> Posted:
        """Sends one event, behind those before it of its ordering key."""
        if self._held is not None:
            self._held.append(piece)
            return Posted("", asyncio.Event())
        return self._post([piece])

    def _post(self, pieces: list[Piece]) -> Posted:
        first, now_ms = pieces[0], self._clock.now_ms()
        post = PendingPost(
            id=secrets.token_hex(8),
            app=first.app,
            messenger=first.messenger,
            account_id=first.account_id,
            ordering_key=first.ordering_key,
            at=now_ms,
            body=msgspec.Raw(written(envelope(pieces, now_ms))),
        )
        posted = Posted(post.id, self._tried.setdefault(post.id, asyncio.Event()))
        self.push(post)
        return posted

    async def _attempt(self, post: PendingPost) -> Tried:
        """One that is to be late lets the others pass."""
        app, url = self._world.callback_of(post.app, post.account_id)
        if app is None or not url:
            return Tried.NOBODY
        fault = self._late.pop(post.id, None)
        if fault is None:
            fault = self._faults.draw(post.account_id, "webhook", post.messenger)
            if fault is not None and fault.fault == "delay":
                self._late[post.id] = fault
                self._queues.run(self._deliver_late(post, fault))
                return Tried.ASIDE
        kind = fault.fault if fault is not None else ""
        secret = f"not {app.secret}" if kind == "wrong_signature" else app.secret

        async def send(body: bytes) -> bool:
            headers = {**_HEADERS, **signatures(secret, body)}
            answer = await self._client.call("POST", url, data=body, headers=headers, timeout_ms=self._timeout_ms)
            return answer is not None and answer.is_ok

        is_taken = await self._offer(post, None if kind == "delay" else fault, send)
        self._tell_tried(post)
        return Tried.TAKEN if is_taken else Tried.NOT_TAKEN

    async def _deliver_late(self, post: PendingPost, fault: FaultRule) -> None:
        await asyncio.sleep(fault.delay_ms / 1000)
        await self._deliver(post)

    def _pause_ms(self, post: PendingPost) -> int | None:
        if self._clock.now_ms() - post.at >= self._settings.meta_retry_for_ms:
            return None
        pause_ms = self._settings.meta_retry_ms << min(post.attempts - 1, 30)
        return min(pause_ms, self._settings.meta_retry_cap_ms)

    def _given_up(self, post: PendingPost) -> None:
        self._late.pop(post.id, None)
        self._tell_tried(post)

    def _tell_tried(self, post: PendingPost) -> None:
        self._tried.pop(post.id, asyncio.Event()).set()

    # ── the handshake, and files by address ───────────────────────────────────────────────────────────

    @property
    def _timeout_ms(self) -> int:
        return self._settings.meta_webhook_timeout_ms

    async def verify_callback(self, app: App, url: str, verify_token: str) -> bool:
        """Whether the address answers the challenge, as the bare text of it."""
        challenge = str(secrets.randbelow(10**10))
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
        answer = await self._client.call("GET", url, params=query, timeout_ms=self._timeout_ms)
        is_right = answer is not None and answer.is_ok and answer.body == challenge.encode()
        self._ledger.add("handshake", messenger="meta", app=app.name, is_right=is_right)
        return is_right

    async def fetch(self, url: str, most: int) -> tuple[bytes, str] | None:
        """A file that a call names by its address: bytes and type, None when there is none, or too much of it."""
        answer = await self._client.call("GET", url, timeout_ms=self._timeout_ms, most=most + 1)
        is_whole = answer is not None and answer.is_ok and 0 < len(answer.body) <= most
        return (answer.body, answer.mime) if answer is not None and is_whole else None
