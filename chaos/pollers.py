"""Two processes serve the same bots, and the work is taken from one and given to the other again and again.

The lease is taken off while its holder is alive and well: for some seconds both poll, and both believe that they send.
"""

import asyncio

from chaos.cast import ACCOUNTS
from chaos.play import Play
from chaos.room import Injected, Outcome, Run
from tests.story.process import until

TITLE = "Two pollers and two senders of each bot, with forced handovers"
_HANDOVERS, _SHORT_HANDOVERS = 20, 1
_TAKEN_SECONDS = 60.0
_NOBODY, _HELD_MS = b"somebody-else", 1500
"""Who has the lease for a moment, so that its holder cannot just go on."""
_SLOTS = {
    "web": ["web"],
    "connectors-1": ["connectors"],
    "connectors-2": ["connectors"],
    "rest": ["router", "operator-bot", "archive"],
}


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_HANDOVERS, _SHORT_HANDOVERS)
    handed = {"poller": 0, "sender": 0}
    async with Play(run, _SLOTS) as play:
        play.crowd.speak()
        await asyncio.gather(*(_hand_over(play, work, wanted, handed) for work in handed))
        await play.end()
        conflicts = sum(row.get("error_code") == 409 for row in play.sandbox.ledger.since())  # noqa: PLR2004 - HTTP's own
        return play.outcome(
            {f"handovers of every bot's {work}": Injected(count, wanted) for work, count in handed.items()},
            notes=[f"{conflicts} polls were ended by the other poller's"],
        )


async def _hand_over(play: Play, work: str, wanted: int, handed: dict[str, int]) -> None:
    keys = [play.gateway.store.keys.lease(f"{work}:{account}").encode() for account in ACCOUNTS]
    while handed[work] < wanted:
        before = [await play.gateway.ask("GET", key) for key in keys]
        for key in keys:
            await play.gateway.ask("SET", key, _NOBODY, "PX", _HELD_MS)

        async def are_taken() -> bool:
            now = [await play.gateway.ask("GET", key) for key in keys]
            return not any(one in {None, _NOBODY, token} for one, token in zip(now, before, strict=True))  # noqa: B023

        await until(are_taken, f"every bot's {work} is somebody's again", seconds=_TAKEN_SECONDS)
        handed[work] += 1
        play.crowd.check()
        if handed[work] % 5 == 0:
            play.run.tell(f"{handed[work]} handovers of {work}s, {play.crowd.said} messages, {play.crowd.waiting} wait")
