"""(a) over the other channels' webhooks: each by its fixture folder, so that a new channel needs nothing here.

What a connector would ask its vendor for beside (who writes) is not to be had in these runs: the vendor's server fails
at everything that `vendor` of the channel's hook.json does not answer, and the connector leaves it alone for a while.
Avito's connector believes no message that it has not read back, so a vendor of the bench (seller) knows them.
"""

import copy
import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from yarl import URL

from bench.load import GATEWAY_CORE
from bench.messenger import Messenger
from bench.product import Gateway
from bench.run import Bench
from bench.seller import CHANNEL, Seller
from bench.wire import request
from chaos.mutants import renewed
from chaos.webhooks import Webhook, pointed, vendor_of, webhooks

_SEED = 20261129


class Serving(NamedTuple):
    """A gateway that takes one channel's deliveries."""

    port: int
    seller: Seller | None
    """Whom it reads each message back from; None: it believes what proves itself."""


def others() -> list[Webhook]:
    """Channels with a webhook, but for Telegram, measured by itself, and for those that read each message back from a
    vendor who is not to be had here.
    """
    return [
        webhook
        for webhook in webhooks()
        if webhook.name != "telegram" and (webhook.name == CHANNEL or not webhook.is_read_back)
    ]


def genuine(webhook: Webhook, count: int, run: str, seller: Seller | None = None) -> Iterator[bytes]:
    """Proven requests with the channel's genuine body, ids of its own in each; others in each `run`.

    `seller` is told of each.
    """
    chance = random.Random(f"{_SEED} {webhook.name} {run}")  # noqa: S311 - a seed
    path = str(URL(webhook.address).with_query(webhook.query))
    for _ in range(count):
        body = renewed(copy.deepcopy(webhook.bodies[0]), webhook.kept, chance, share=1.0)
        if seller is not None:
            seller.tell(body)
        knock = webhook.proven(json.dumps(body, ensure_ascii=False).encode())
        yield request(path, knock.body, knock.headers)


@asynccontextmanager
async def serving(bench: Bench, webhook: Webhook, redis_url: str) -> AsyncIterator[Serving]:
    """A gateway with this one account, role web."""
    messenger = Messenger()
    await messenger.start()
    async with _vendor(webhook) as (vendor, seller):
        settings = {**webhook.environment, **pointed(webhook, vendor)}
        gateway = Gateway(
            bench.fresh(),
            messenger.url,
            roles=["web"],
            redis_url=redis_url,
            core=GATEWAY_CORE,
            lines=0,
            settings=settings,
        )
        try:
            await gateway.start()
            yield Serving(gateway.port, seller)
        finally:
            await gateway.stop()
            await messenger.stop()


@asynccontextmanager
async def _vendor(webhook: Webhook) -> AsyncIterator[tuple[str, Seller | None]]:
    """The address of the vendor's server, and the server where it knows messages."""
    if webhook.name != CHANNEL:
        async with vendor_of([webhook]) as address:
            yield address, None
        return
    seller = Seller(webhook)
    await seller.start()
    try:
        yield seller.url, seller
    finally:
        await seller.stop()
