"""Two hundred sockets of visitors, each cut every one to three seconds for a minute, while everybody talks."""

import asyncio
import random
import re

import pytest

from tests.story.play import SitePlay
from tests.story.stage import Stage
from tests.story.visitor import Visitor

SEED = 20261125
SOCKETS = 200
POLLS = 5
EVERY = (1.0, 3.0)
SECONDS = 60
LEAST_DROPS, LEAST_SAID, LEAST_ANSWERED, LEAST_RESENT = 10, 300, 100, 30
"""Of each socket, and of all; less would prove nothing."""


@pytest.mark.timeout(300)  # the minute of the load, and what a busy machine needs to come to rest
async def test_nothing_is_lost_or_shown_twice_over_sockets_that_are_cut_for_a_minute(tmp_path):
    async with Stage(tmp_path, widget=True) as stage:
        await stage.open()
        async with SitePlay(stage, random.Random(SEED), tabs=SOCKETS, polls=POLLS) as play:
            play.drop(EVERY)
            await asyncio.sleep(SECONDS)  # what is measured out here is the load
            while not is_enough(play):
                await play.hears(1)
            await play.end(seconds=90)
            faults = play.judge().faults()
            assert not faults, play.told(faults)
            assert play.troubles()["torn"] == 0


class Forgetful(Visitor):
    """Comes back without knowing what it has shown."""

    async def _attend(self):
        self.after = "0-0"
        await super()._attend()


class Deaf(Visitor):
    """Passes over every third message."""

    def _take(self, frame):
        if frame["type"] == "message" and self.screen.heard["message"] % 3 == 2:
            self.screen.heard["message"] += 1
            self.after = frame["seq"]
            return
        super()._take(frame)


class Stutterer(Visitor):
    """Says everything under two ids."""

    async def send(self, frame):
        await super().send(frame)
        if frame["type"] == "message":
            await super().send({**frame, "id": frame["id"] + "x"})


@pytest.mark.parametrize(
    ("tab", "fault"),
    [
        (Forgetful, r"2 times on the own screen of Гость\d"),
        (Deaf, r"0 times on the own screen of Гость\d"),
        (Stutterer, r"message 2 times in the archive"),
    ],
    ids=["forgetful", "deaf", "stutterer"],
)
async def test_a_play_with_bad_tabs_is_not_clean(tmp_path, tab, fault):
    async with Stage(tmp_path, widget=True) as stage:
        await stage.open()
        async with SitePlay(stage, random.Random(SEED), tabs=3, pause=(0.1, 0.3), tab=tab) as play:
            await play.hears(12)
            for one in play.sockets():
                one.drop()
            await play.hears(12)
            await play.end(seconds=5)
            faults = play.judge().faults()
            assert [one for one in faults if re.search(fault, one)], play.told(faults)


def is_enough(play):
    fewest = min(tab.drops for tab in play.sockets())
    least = (LEAST_DROPS, LEAST_SAID, LEAST_ANSWERED, LEAST_RESENT)
    return all(count >= one for count, one in zip((fewest, play.said, play.answered, play.resent), least, strict=True))
