"""A random role's process is killed, again as soon as all are ready."""

import signal
from collections import Counter

from chaos.play import Play
from chaos.room import Injected, Outcome, Run

TITLE = "SIGKILL of a random role's process"
_KILLS, _SHORT_KILLS = 60, 8
_OWN_WAY = 0.1
"""The share of deaths whose leases run out by themselves, as on another machine."""


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_KILLS, _SHORT_KILLS)
    killed: Counter[str] = Counter()
    async with Play(run) as play:
        play.crowd.speak()
        while killed.total() < wanted:
            slot = play.chance.choice(list(play.gateway.slots.values()))
            play.gateway.kill(slot)
            code = await play.gateway.ended(slot)
            if code == -signal.SIGKILL:
                killed[slot.name] += 1
            await play.gateway.restart(slot, leases=run.is_short or play.chance.random() > _OWN_WAY)
            play.crowd.check()
            if killed.total() % 10 == 0:
                run.tell(f"{killed.total()} kills, {play.crowd.said} messages, {play.crowd.waiting} wait")
        await play.end()
        return play.outcome(
            {"SIGKILL": Injected(killed.total(), wanted)},
            notes=[f"killed: {', '.join(f'{name} {count}' for name, count in sorted(killed.items()))}"],
        )
