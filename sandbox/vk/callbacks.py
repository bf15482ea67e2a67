"""Posts a community's events to its Callback servers, and asks new servers for the confirmation string.

A post counts only if the answer is 200 with exactly `ok`; else the same event comes again. How often VK tries is
published nowhere: a setting.
"""

import asyncio

from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.webhooks import Tried, WebhookSender
from sandbox.vk.faults import Faults
from sandbox.vk.records import CallbackServer, Community, PendingPost
from sandbox.vk.world import World
from sandbox.wire import Json, encode

_OK = b"ok"


class CallbackSender(WebhookSender[PendingPost]):
    def __init__(self, infrastructure: Infrastructure, faults: Faults, world: World) -> None:
        super().__init__(infrastructure, "vk_post", PendingPost)
        self._faults = faults
        self._world = world

    def confirm(self, community: Community, server: CallbackServer) -> None:
        """Asks a server for the confirmation string, in the background."""
        server.status = "wait"
        self._world.keep_community(community)
        self._queues.run(self._confirm(community, server))

    async def _confirm(self, community: Community, server: CallbackServer) -> None:
        await asyncio.sleep(self._settings.vk_confirmation_after_ms / 1000)
        body: Json = {"type": "confirmation", "group_id": community.id, "event_id": "", "v": server.api_version}
        body = {**body, "secret": server.secret} if server.secret else body
        is_right = await self._call(server.url, encode(body)) == community.confirmation_code.encode()
        server.status = "ok" if is_right else "failed"
        self._world.keep_community(community)
        self._ledger.add("confirmation", messenger="vk", bot_id=community.id, server_id=server.id, status=server.status)

    async def _attempt(self, post: PendingPost) -> Tried:
        found = self._world.callback_server(post.community_id, post.server_id)
        if found is None:
            return Tried.NOBODY
        server = found[1]

        async def send(body: bytes) -> bool:
            return await self._call(server.url, body) == _OK

        is_taken = await self._offer(post, self._faults.draw(post.community_id, "callback"), send)
        server.failures = 0 if is_taken else server.failures + 1
        return Tried.TAKEN if is_taken else Tried.NOT_TAKEN

    def _pause_ms(self, post: PendingPost) -> int | None:
        is_over = post.attempts >= self._settings.vk_callback_attempts
        return None if is_over else self._settings.vk_callback_retry_ms

    def _given_up(self, post: PendingPost) -> None:
        """The server is switched off until it is edited."""
        found = self._world.callback_server(post.community_id, post.server_id)
        if found is not None:
            community, server = found
            server.status = "failed"
            self._world.keep_community(community)

    async def _call(self, url: str, body: bytes) -> bytes | None:
        """The answer's body if its status was 200."""
        answer = await self._client.call(
            "POST",
            url,
            data=body,
            headers={"Content-Type": "application/json"},
            timeout_ms=self._settings.vk_callback_timeout_ms,
        )
        return answer.body if answer is not None and answer.is_ok else None
