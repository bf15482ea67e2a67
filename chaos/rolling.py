"""Two replicas of the whole gateway: one after the other is told to go and started anew, as in a deployment."""

import asyncio

from chaos.deployment import ROLES
from chaos.play import Play
from chaos.room import Injected, Outcome, Run

TITLE = "SIGTERM rolling over two replicas"
_ROUNDS, _SHORT_ROUNDS = 20, 2


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_ROUNDS, _SHORT_ROUNDS)
    rounds, codes = 0, []
    async with Play(run, {"replica-1": ROLES, "replica-2": ROLES}) as play:
        play.crowd.speak()
        while rounds < wanted:
            for slot in play.gateway.slots.values():
                codes.append(await play.gateway.stop(slot))
                await play.gateway.start(slot)
                await play.gateway.ready([slot])
                await asyncio.sleep(play.chance.uniform(0, 0.3))
            rounds += 1
            play.crowd.check()
            run.tell(f"{rounds} rounds, {play.crowd.said} messages, {play.crowd.waiting} wait")
        await play.end()
        outcome = play.outcome({"rounds over both replicas": Injected(rounds, wanted)})
    unkind = [f"a replica ended with {code} when it was told to stop" for code in codes if code]
    return Outcome(outcome.load, outcome.said, outcome.injected, [*unkind, *outcome.faults], outcome.notes)
