"""The short fault run: SIGKILLs of the gateway and of Redis under a bounded load, judged by the ledger."""

import random

import pytest

from sandbox.cast import CastUser
from tests.story.faultrun import Client, FaultRun, Kills
from tests.story.stage import Stage, words

KILLS = Kills(gateway=10, redis=3)
CUSTOMERS = 8
SEED = 20261124


@pytest.mark.timeout(300)  # ten starts, on a machine that does other things beside
async def test_nothing_is_lost_doubled_or_swapped_over_kills(tmp_path):
    async with Stage(tmp_path) as stage:
        await stage.open()
        run = FaultRun(stage, random.Random(SEED), [customer(stage, number) for number in range(CUSTOMERS)], KILLS)
        await run.play()
        await run.settle()
        assert run.judge().faults() == [], stage.gateway.log[-3000:]
        assert (run.gateway_kills, run.redis_kills) == KILLS
        assert run.said >= 10 * KILLS.gateway, "too little load for the kills to meet anything"
        assert run.answered >= 3 * KILLS.gateway


def customer(stage, number):
    """Somebody new on Telegram."""
    name = f"Клиент{number}"
    user = stage.sandbox.add_user(CastUser(id=910_000_000 + number, name=name, bots=["shop_bot"])).id

    def heard():
        return [words(one) for one in stage.chat(user, stage.shop) if one.is_out]

    return Client(name, lambda text: stage.writes(user, text), heard)
