"""The server ends in the middle of visitors' conversations, kindly and not, and Redis under it: they notice nothing."""

import os
import random
import signal

import pytest

from tests.story.play import SitePlay
from tests.story.stage import Stage

SEED = 20261126
ROUNDS = 2
BETWEEN = 15
"""Messages that are confirmed between two faults."""


@pytest.mark.timeout(300)  # four starts beside other tests
async def test_visitors_talk_on_over_restarts_of_everything(tmp_path):
    async with Stage(tmp_path, widget=True) as stage:
        await stage.open()
        play = SitePlay(stage, random.Random(SEED), tabs=6, polls=2, pause=(0.2, 0.6), hands_pause=(0.05, 0.2))
        async with play:
            for _ in range(ROUNDS):
                await play.hears(BETWEEN)
                assert await stage.gateway.stop() == 0
                await stage.gateway.start()
                await play.hears(BETWEEN)
                await stage.gateway.kill()
                await stage.gateway.start()
                await play.hears(BETWEEN)
                os.kill(int((stage.data / "redis" / "server.pid").read_text()), signal.SIGKILL)
            await play.hears(BETWEEN)
            await play.end(seconds=90)
            assert play.troubles()["closed 1001"], "a server that goes kindly says so"
            faults = play.judge().faults()
            assert not faults, play.told(faults)
            assert play.answered >= 4 * ROUNDS
