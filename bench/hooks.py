"""(a) over the other channels' webhooks: each by its fixture folder, so that a new channel needs nothing here.

What a connector would ask its vendor for beside (who writes) is not to be had in these runs: the vendor's server fails
at everything that `vendor` of the channel's hook.json does not answer, and the connector leaves it alone for a while.
"""

import copy
import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from yarl import URL

from bench.load import GATEWAY_CORE
from bench.messenger import Messenger
from bench.product import Gateway
from bench.run import Bench
from bench.wire import request
from chaos.hooks import Hook, hooks, pointed, vendor_of
from chaos.mutants import renewed

_SEED = 20261129


def others() -> list[Hook]:
    """Channels with a webhook, but for Telegram, measured by itself, and for those that read each message back:
    their figure would be the vendor's.
    """
    return [hook for hook in hooks() if hook.name != "telegram" and not hook.is_read_back]


def genuine(hook: Hook, count: int, run: str) -> Iterator[bytes]:
    """Proven requests with the channel's genuine body, ids of its own in each; others in each `run`."""
    chance = random.Random(f"{_SEED} {hook.name} {run}")  # noqa: S311 - a seed
    path = str(URL(hook.address).with_query(hook.query))
    for _ in range(count):
        body = renewed(copy.deepcopy(hook.bodies[0]), hook.kept, chance, share=1.0)
        knock = hook.proven(json.dumps(body, ensure_ascii=False).encode())
        yield request(path, knock.body, knock.headers)


@asynccontextmanager
async def serving(bench: Bench, hook: Hook, redis_url: str) -> AsyncIterator[int]:
    """The port of a gateway with this one account, role web."""
    messenger = Messenger()
    await messenger.start()
    async with vendor_of([hook]) as vendor:
        settings = {**hook.environment, **pointed(hook, vendor)}
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
            yield gateway.port
        finally:
            await gateway.stop()
            await messenger.stop()
