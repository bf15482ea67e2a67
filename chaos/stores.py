"""Redis is killed, told to go, has its file torn, loses its replies, answers late, and is full for a while."""

import asyncio
import itertools

from chaos.play import Play
from chaos.room import Injected, Outcome, Run

TITLE = "Redis killed, stopped, torn, silent and full"
_KILLS, _SHORT_KILLS = 10, 1
_FULL, _SHORT_FULL = 30, 4
_DROPPED, _SHORT_DROPPED = 500, 20
_SHARES, _SHORT_SHARES = (0.01, 0.02), (0.05, 0.1)
"""Of all replies: how many are lost, how many come late."""
_DROPS_LONGEST = 120.0
_BETWEEN = (1.0, 3.0)


async def enter(run: Run) -> Outcome:
    wanted, full_wanted = run.pick(_KILLS, _SHORT_KILLS), run.pick(_FULL, _SHORT_FULL)
    dropped_wanted = run.pick(_DROPPED, _SHORT_DROPPED)
    kills = shutdowns = torn = 0
    async with Play(run) as play:
        redis = play.gateway.redis
        play.crowd.speak()
        for number in range(2 * wanted):
            await asyncio.sleep(play.chance.uniform(*_BETWEEN))
            if number % 2:
                await redis.shut_down()
                shutdowns += 1
            else:
                await redis.kill()
                kills += 1
                if number % 4 == 0:
                    redis.tear()
                    torn += 1
            await asyncio.sleep(play.chance.uniform(0, 0.5))
            await redis.start()
            play.crowd.check()
        run.tell(f"{kills} kills, {shutdowns} shutdowns, {play.crowd.said} messages, {play.crowd.waiting} wait")
        silent = await _lose_replies(play, dropped_wanted)
        dropped = sum(slot.gate.dropped for slot in play.gateway.slots.values())
        run.tell(f"{dropped} replies lost, {play.crowd.said} messages, {play.crowd.waiting} wait")
        full, refused = await _fill(play, full_wanted)
        run.tell(f"full for {full} s, {play.crowd.said} messages, {play.crowd.waiting} wait")
        await play.end()
        gates = [slot.gate for slot in play.gateway.slots.values()]
        return play.outcome(
            {
                "SIGKILL of Redis": Injected(kills, wanted),
                "shutdown of Redis": Injected(shutdowns, wanted),
                "half a command at the end of its file": Injected(torn, max(wanted // 2, 1)),
                "replies of Redis lost": Injected(dropped, dropped_wanted),
                "replies of Redis delayed": Injected(sum(one.delayed for one in gates), dropped_wanted),
                "seconds at the memory limit": Injected(full, full_wanted),
                "writes that Redis refused meanwhile": Injected(refused, full_wanted),
            },
            notes=[
                f"{_shares(run)[0]:.0%} of the replies were lost and {_shares(run)[1]:.0%} came late for {silent:.0f} s"
            ],
        )


async def _lose_replies(play: Play, wanted: int) -> float:
    """Until so many were lost and so many came late; answers after how many seconds."""
    gates = [slot.gate for slot in play.gateway.slots.values()]
    for gate in gates:
        gate.drop_share, gate.delay_share = _shares(play.run)
    began = asyncio.get_running_loop().time()
    deadline = began + _DROPS_LONGEST
    for second in itertools.count(1):
        await asyncio.sleep(1)
        play.crowd.check()
        dropped, delayed = sum(one.dropped for one in gates), sum(one.delayed for one in gates)
        if min(dropped, delayed) >= wanted or asyncio.get_running_loop().time() > deadline:
            break
        if second % 20 == 0:
            play.run.tell(f"{dropped} replies lost, {delayed} late")
    for gate in gates:
        gate.drop_share = gate.delay_share = 0.0
    return asyncio.get_running_loop().time() - began


async def _fill(play: Play, seconds: int) -> tuple[int, int]:
    """The limit is put below what is used already. Answers for how long, and how many writes were refused."""
    ask = play.gateway.ask
    [limit] = (await ask("CONFIG", "GET", "maxmemory")).values()
    await ask("CONFIG", "SET", "maxmemory", 1_000_000)
    before, began = await _refusals(play), asyncio.get_running_loop().time()
    for _ in range(seconds):
        await asyncio.sleep(1)
        play.crowd.check()
    passed = asyncio.get_running_loop().time() - began
    refused = await _refusals(play) - before
    await ask("CONFIG", "SET", "maxmemory", limit)
    return int(passed), refused


async def _refusals(play: Play) -> int:
    """How often Redis has answered that it has no memory."""
    told = await play.gateway.ask("INFO", "errorstats")
    return int(told.get("errorstat_OOM", {}).get("count", 0))


def _shares(run: Run) -> tuple[float, float]:
    return _SHORT_SHARES if run.is_short else _SHARES
