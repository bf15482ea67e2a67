"""(b) The line's core alone: entries out of the inbox, decided, committed; journal and outbox written."""

import time

from bench.desk import Desk
from bench.load import GATEWAY_CORE, pinned
from bench.run import Bench, percentile
from bench.table import Row
from gateway.router.rules.batches import ENTRIES

TITLE = "(b) The line's core"
_DIALOGS = 1000
_AIM_RATE, _AIM_ALONE = 10_000.0, 2.0


async def rows(bench: Bench) -> list[Row]:
    count, singles = bench.pick(30_000, 6000), bench.pick(1000, 200)
    rates, middles, tails = [], [], []
    for _ in range(bench.repeats):
        async with pinned(), bench.redis() as redis_url, pinned(GATEWAY_CORE):
            desk = Desk(redis_url)
            try:
                await desk.furnish()
                async with desk.owner():
                    await desk.open(_DIALOGS)
                rates.append(await _in_batches(desk, count))
                took = await _alone(desk, singles)
            finally:
                await desk.close()
        middles.append(percentile(took, 0.5))
        tails.append(percentile(took, 0.99))
        bench.tell(f"core {rates[-1]:.0f}/s, alone {middles[-1]:.2f} ms")
    each = f"{singles:,}, one after another, from its offer to its commit"
    load = f"{_DIALOGS:,} claimed dialogs, two words of clients to one reply"
    return [
        Row("entries in batches", f"{count:,} waiting entries, {load}", tuple(rates), "/s", _AIM_RATE),
        Row("one entry alone, p50", each, tuple(middles), "ms", _AIM_ALONE, "less"),
        Row("one entry alone, p99", each, tuple(tails), "ms"),
    ]


async def _in_batches(desk: Desk, count: int) -> float:
    """An inbox that is full when its owner begins: how many entries a second until it is empty.

    What a new owner handles one by one, for fear of a crash before it, belongs to the takeover and is not counted.
    """
    offers = desk.chatter(_DIALOGS, ENTRIES + count)
    await desk.offer(offers)
    before, journal = desk.handled, await desk.journal_end()
    async with desk.owner():
        await desk.until_handled(before + ENTRIES)
        began, first = time.perf_counter(), desk.handled
        await desk.until_handled(before + len(offers))
        took = time.perf_counter() - began
    if await desk.journal_end() < journal + len(offers):
        raise RuntimeError("not every entry came into the journal: the figure would mean nothing")
    return (before + len(offers) - first) / took


async def _alone(desk: Desk, count: int) -> list[float]:
    took = []
    async with desk.owner():
        for number in range(count):
            offers = desk.words(number % _DIALOGS + 1)
            desk.heard.clear()
            began = time.perf_counter()
            await desk.offer(offers)
            await desk.heard.wait()
            took.append((time.perf_counter() - began) * 1000)
    return took
