"""Posts a seller's messages to the one address that is subscribed: 2 seconds for the answer, and a few tries.

How often Avito tries, and in what order, is published nowhere: settings. The signature's algorithm is not either, so
what stands in its header here is good for nothing but being there.
"""

import secrets

import msgspec
from yarl import URL

from sandbox.avito.faults import Faults
from sandbox.avito.records import PendingPost, Seller
from sandbox.avito.world import World
from sandbox.toolkit import webhooks
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.webhooks import Tried
from sandbox.wire import Json, encode


class WebhookSender(webhooks.WebhookSender[PendingPost]):
    def __init__(self, infrastructure: Infrastructure, faults: Faults, world: World) -> None:
        super().__init__(infrastructure, "avito_post", PendingPost)
        self._faults = faults
        self._world = world

    def tell(self, seller: Seller, ordering_key: str, event: Json) -> str | None:
        """Posts one more webhook to whoever is subscribed; its id, None where nobody is."""
        if not seller.url:
            return None
        event_id, body = event["id"], msgspec.Raw(encode(event))
        self.push(
            PendingPost(
                seller_id=seller.id, event_id=event_id, ordering_key=ordering_key, at=self._clock.now_ms(), body=body
            )
        )
        return str(event_id)

    async def _attempt(self, post: PendingPost) -> Tried:
        seller = self._world.sellers.get(post.seller_id)
        if seller is None or not seller.url:
            return Tried.NOBODY
        fault = self._faults.draw(seller.id, "webhook")
        if fault is not None and fault.fault == "unsubscribed":  # one day the subscription is not there, unannounced
            seller.url = ""
            self._world.keep_seller(seller)
            return Tried.NOT_TAKEN
        url = URL(seller.url, encoded=True)  # as it was given, with its query

        async def send(body: bytes) -> bool:
            answer = await self._client.call(
                "POST", url, data=body, headers=_headers(), timeout_ms=self._settings.avito_webhook_timeout_ms, most=0
            )
            return answer is not None and answer.is_ok

        return Tried.TAKEN if await self._offer(post, fault, send) else Tried.NOT_TAKEN

    def _pause_ms(self, post: PendingPost) -> int | None:
        is_over = post.attempts >= self._settings.avito_webhook_attempts
        return None if is_over else self._settings.avito_webhook_retry_ms


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/json", "x-avito-messenger-signature": secrets.token_hex(32)}
