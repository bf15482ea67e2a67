"""Every script that writes, at three moments each: the process that runs it is killed just there.

Each process has its own hunter, so that several are down at a time, as bad luck has it. A hunter looks for whichever of
its points has been hit least.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from chaos.deployment import Slot
from chaos.gate import MOMENTS, Point
from chaos.play import Play
from chaos.room import Injected, Outcome, Run
from tests.story.process import until

TITLE = "Named crash points around every durable step"
_HITS, _SHORT_HITS = 20, 1
_PATIENCE, _LONGEST = 10.0, 900.0
_SETTLING = 60.0
"""Seconds: an entry is counted out after some deaths in a row, so it is let through before the next one."""
_SHORT_LONGEST = 150.0
_BEHIND, _BREATH_SECONDS = 300, 2.0
"""Messages that may wait when somebody is killed again, and for how long it is put off where more do."""
_NEWCOMERS_EVERY = 1.0
"""Seconds: who claims somebody new at the widget lets them see that an answer is being written (`hint`)."""

HUNTED: Mapping[str, Sequence[str]] = {
    "web": ("receive", "append"),
    "connectors": ("begin", "settle", "hint", "note"),
    "router": ("commit", "resume", "careful"),
    "operator-bot": ("lease",),
    "archive": ("advance",),
}
"""Which role is hunted at which scripts. `trim`, `bury`, `expire` and `replay` come by too seldom: they have tests."""
_AT_THE_START = {"resume": 1, "careful": 2}
"""Scripts that pass only while a process takes up what others have left, and how many must have died of it before."""
_IN_HAND = Point("commit", "before")
"""Where a router dies with entries in its hands."""
_SLOTS: Mapping[str, Sequence[str]] = {
    "web": ["web"],
    "connectors-1": ["connectors"],
    "connectors-2": ["connectors"],
    "router": ["router"],
    "operator-bot": ["operator-bot"],
    "archive": ["archive"],
}


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_HITS, _SHORT_HITS)
    async with Play(run, _SLOTS) as play:
        play.crowd.speak()
        newcomers = asyncio.create_task(_come(play, wanted))
        hunters = [asyncio.create_task(_hunt(play, slot, wanted)) for slot in play.gateway.slots.values()]
        seconds = run.pick(int(_LONGEST), int(_SHORT_LONGEST))
        try:
            async with asyncio.timeout(seconds):
                while any(not one.done() for one in hunters):
                    await asyncio.wait(hunters, timeout=10)
                    play.crowd.check()
                    for one in hunters:
                        if one.done():
                            one.result()
                    run.tell(f"{sum(_hits(play).values())} hits, {play.crowd.said} messages, {play.crowd.waiting} wait")
        except TimeoutError:
            run.tell(f"not all points were hit within {seconds} s")
        for task in (newcomers, *hunters):
            task.cancel()
        for ending in await asyncio.gather(newcomers, *hunters, return_exceptions=True):
            if isinstance(ending, Exception):
                raise ending
        for slot in play.gateway.slots.values():
            slot.gate.arm(None)
            if play.forks.code(slot.pid) is not None:
                await play.gateway.restart(slot)
        await play.end()
        hits = _hits(play)
        return play.outcome(
            {f"killed at {point}": Injected(hits[str(point)], wanted) for point in _points()},
            notes=[f"passed: {_listed(play.gateway.counted('seen'))}"],
        )


def _points() -> Iterator[Point]:
    for scripts in HUNTED.values():
        for script in scripts:
            for moment in MOMENTS:
                yield Point(script, moment)


async def _hunt(play: Play, slot: Slot, wanted: int) -> None:
    """Goes on until each of the slot's points has been hit so often."""
    missed: Counter[Point] = Counter()
    points = [Point(script, moment) for script in HUNTED[slot.roles[0]] for moment in MOMENTS]
    while left := [point for point in points if _hits(play)[str(point)] < wanted]:
        point = min(left, key=lambda one: (missed[one], _hits(play)[str(one)]))
        strike = _strike_at_its_start if point.script in _AT_THE_START else _strike
        if await strike(play, slot, point):
            await play.gateway.restart(slot)
            await play.gateway.settled_down(seconds=_SETTLING)
            await _breathe(play)
        else:
            missed[point] += 1


async def _strike(play: Play, slot: Slot, point: Point) -> bool:
    return await play.gateway.strikes(slot, point, seconds=_PATIENCE)


async def _strike_at_its_start(play: Play, slot: Slot, point: Point) -> bool:
    """Kills the process with work in its hands, so often as it takes, and again where its successor takes that up."""
    deaths = 0
    if not await _strike(play, slot, _IN_HAND):
        return False
    while (deaths := deaths + 1) < _AT_THE_START[point.script] and not await play.gateway.fears():
        if not await _strike_anew(play, slot, _IN_HAND):
            return False
    return await _strike_anew(play, slot, point)


async def _strike_anew(play: Play, slot: Slot, point: Point) -> bool:
    await play.gateway.ended(slot)
    # Before the start: where little waits, all is taken up before anybody could ask whether the process is ready.
    slot.gate.arm(point)
    await play.gateway.restart(slot, wait=False)
    return await play.gateway.struck(slot, seconds=_PATIENCE)


async def _breathe(play: Play) -> None:
    """Parts that only ever begin would hold up all that the others are hunted at."""

    async def is_close() -> bool:
        return play.crowd.waiting <= _BEHIND and await play.gateway.behind() <= _BEHIND

    with contextlib.suppress(AssertionError):
        await until(is_close, "what waited is done", seconds=_BREATH_SECONDS)


async def _come(play: Play, wanted: int) -> None:
    """New visitors, one after the other, as long as somebody must still be told that an answer is being written."""
    while any(_hits(play)[str(Point("hint", moment))] < wanted for moment in MOMENTS):
        play.crowd.write(await play.crowd.add_visitor())
        await asyncio.sleep(_NEWCOMERS_EVERY)


def _hits(play: Play) -> Counter[str]:
    return Counter(play.gateway.counted("hits"))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
