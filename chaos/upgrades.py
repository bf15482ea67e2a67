"""A rolling upgrade with newer entries in flight, and back: two versions of the gateway at work beside each other.

An older process that meets what only the newer knows stops there, says so and leaves its work to a newer one. Nothing
is put aside or skipped by either. Back with newer entries in flight all waits for the newer; back when they are done,
the older version goes on.
"""

import asyncio
from collections.abc import Sequence

from chaos.deployment import Slot
from chaos.forks import Forks
from chaos.newer import build
from chaos.play import Play
from chaos.room import Injected, Outcome, Run
from tests.story.process import until

TITLE = "Rolling upgrade with newer entries in flight, and back"
_ROUNDS, _SHORT_ROUNDS = 5, 1
_SECONDS = 120.0
_BEHIND = 100
_MORE = 20
"""Messages that are said while the older version is at work again."""
_SLOTS = {
    "web": ["web"],
    "connectors-1": ["connectors"],
    "connectors-2": ["connectors"],
    "router-1": ["router"],
    "router-2": ["router"],
    "operator-bot": ["operator-bot"],
    "archive": ["archive"],
}


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_ROUNDS, _SHORT_ROUNDS)
    rounds, stops = 0, dict.fromkeys(("router", "operator-bot", "archive", "sender"), 0)
    back = 0
    async with Forks(build(run.folder / "newer")) as newer, Play(run, _SLOTS) as play:
        upgrade = _Upgrade(play, newer)
        play.crowd.speak()
        while rounds < wanted:
            for part in await upgrade.roll():
                stops[part] += 1
            run.tell(f"upgraded, {play.crowd.said} messages, {play.crowd.waiting} wait")
            back += await upgrade.go_back_too_early()
            run.tell(f"back too early and forth again, {play.crowd.said} messages, {play.crowd.waiting} wait")
            await upgrade.go_back()
            rounds += 1
            play.crowd.check()
            run.tell(f"{rounds} rounds, {play.crowd.said} messages, {play.crowd.waiting} wait")
        await play.end()
        alive = [f"process {pid} of the newer version is alive" for pid in newer.alive]
        outcome = play.outcome(
            {
                "rounds of upgrade, going back and going back again": Injected(rounds, wanted),
                **{
                    f"times that an older {part} stopped at a newer entry": Injected(n, wanted)
                    for part, n in stops.items()
                },
                "times that the older version, back too early, stopped": Injected(back, wanted),
            }
        )
    faults = [*upgrade.unkind, *alive, *outcome.faults]
    return Outcome(outcome.load, outcome.said, outcome.injected, faults, outcome.notes)


class _Upgrade:
    """The steps of a round."""

    def __init__(self, play: Play, newer: Forks) -> None:
        self.unkind: list[str] = []
        self._play, self._gateway, self._newer, self._older = play, play.gateway, newer, play.forks

    async def roll(self) -> Sequence[str]:
        """One process after the other, those first that write what the others do not know; answers who stopped."""
        await self._replace(self._newer, "web", "connectors-1")
        await self._stops("router", "router: ", "router-1", "router-2")
        await self._replace(self._newer, "router-1")
        await self._stops("the notifier", "operator-bot: ", "operator-bot")
        await self._stops("the archive", "archive: ", "archive")
        # A sender meets what is newer when something goes out: with the bot at work again there always is something.
        await self._replace(self._newer, "operator-bot", "archive", "router-2")
        await self._stops("a sender", "sender:", "connectors-2")
        await self._replace(self._newer, "connectors-2")
        await self._goes_on()
        return ("router", "operator-bot", "archive", "sender")

    async def go_back_too_early(self) -> bool:
        """All at once, with newer entries in flight: it stands still, and the newer version goes on from there."""
        # Those first that work off, so that there is something left that the older version does not know.
        await self._replace(self._older, "router-1", "router-2", "operator-bot", "archive")
        await self._stops("router", "router: ", "router-1", "router-2")
        await self._replace(self._older, "web", "connectors-1", "connectors-2")
        await asyncio.sleep(self._play.chance.uniform(0.5, 2))
        is_so = bool(await self._gateway.stalls())
        await self._replace(self._newer, *_SLOTS)
        await self._goes_on()
        return is_so

    async def go_back(self) -> None:
        """When all that is newer is done, the older version goes on as if nothing had been."""
        crowd = self._play.crowd
        await crowd.hush()
        waits: list[str] = []

        async def is_done() -> bool:
            waits[:] = [f"{crowd.waiting} messages are not taken"] if crowd.waiting else []
            waits.extend(await self._gateway.unfinished())
            return not waits

        await until(is_done, lambda: f"all that is newer is done: {waits}", seconds=_SECONDS)
        await self._replace(self._older, *_SLOTS)
        said = crowd.said
        crowd.speak()
        await crowd.until_true(lambda: crowd.said >= said + _MORE, "more is said", seconds=_SECONDS)
        await self._goes_on()

    async def _replace(self, forks: Forks, *names: str) -> None:
        slots = [self._gateway.slots[name] for name in names]

        async def one(slot: Slot) -> None:
            if code := await self._gateway.replace(slot, forks):
                self.unkind.append(f"{slot.name} ended with {code} when it was told to stop")

        await asyncio.gather(*map(one, slots))
        await self._gateway.ready(slots)

    async def _stops(self, who: str, part: str, *names: str) -> None:
        """One of these processes says that this part of it stands still at what a newer gateway wrote."""
        told: dict[str, str] = {}

        async def is_so() -> bool:
            told.clear()
            told.update(await self._gateway.stalls())
            return any(part in told.get(name, "") and "newer" in told.get(name, "") for name in names)

        await until(is_so, lambda: f"{who} stops at what is newer; said is {told}", seconds=_SECONDS)

    async def _goes_on(self) -> None:
        """Nobody stands still, and what waited is done."""
        told: dict[str, str] = {}

        async def is_well() -> bool:
            told.clear()
            told.update(await self._gateway.stalls())
            return not told and await self._gateway.behind() <= _BEHIND

        await until(is_well, lambda: f"all goes on; said is {told}", seconds=_SECONDS)
