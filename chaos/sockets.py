"""Visitors' sockets at the site widget, each cut every one to three seconds for four minutes."""

import asyncio
import random

from chaos.room import Injected, Outcome, Run
from tests.story.play import SitePlay
from tests.story.stage import Stage

TITLE = "Sockets of the site widget are cut"
_SOCKETS, _POLLS = 200, 10
_EVERY = (1.0, 3.0)
_SECONDS, _SHORT_SECONDS = 240, 20
_SETTLE_SECONDS = 120
_LEAST_SHARE = 0.5
"""Of the cuts that the intervals would give if coming back took no time."""


async def enter(run: Run) -> Outcome:
    seconds = run.pick(_SECONDS, _SHORT_SECONDS)
    async with Stage(run.folder, widget=True) as stage:
        await stage.open()
        async with SitePlay(stage, random.Random(run.seed), tabs=_SOCKETS, polls=_POLLS) as play:  # noqa: S311 - a seed
            play.drop(_EVERY)
            for spell in range(0, seconds, 10):
                await asyncio.sleep(min(10, seconds - spell))
                run.tell(f"{play.drops} cuts, {play.said} messages, {play.answered} replies")
            await play.end(seconds=_SETTLE_SECONDS)
            ledger = play.judge()
            torn = play.troubles()["torn"]
            return Outcome(
                load=f"{_SOCKETS} sockets, {_POLLS} visitors by long poll, two operators, {seconds} s, seed {run.seed}",
                said={
                    "messages of visitors": sum(map(len, ledger.written.values())),
                    "replies of operators": sum(map(len, ledger.replied.values())),
                    "messages that were sent again": play.resent,
                    "tabs that were compared": len(play.everyone()),
                },
                injected={
                    "cuts of a socket": Injected(play.drops, int(_SOCKETS * seconds / (sum(_EVERY) / 2) * _LEAST_SHARE))
                },
                faults=[*ledger.faults(), *([f"{torn} times a tab had to begin anew"] if torn else [])],
                notes=[f"{what}: {count}" for what, count in sorted(play.troubles().items())],
            )
