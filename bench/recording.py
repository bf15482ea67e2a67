"""(e) The recorder alone: a full journal into a fresh SQLite file, each batch durable with its position."""

import asyncio
import time

from bench.desk import SHOP, Desk
from bench.load import GATEWAY_CORE, pinned
from bench.run import Bench, until
from bench.table import Row
from gateway.archive.dialect import archive_url
from gateway.archive.migrations import upgrade
from gateway.archive.recorder import Recorder
from gateway.archive.writer import Writer
from gateway.model.ids import DeskId

TITLE = "(e) Recorder"
_DIALOGS = 1000
_AIM = 10_000.0


async def rows(bench: Bench) -> list[Row]:
    count = bench.pick(30_000, 4000)
    rates: list[float] = []
    async with pinned(), bench.redis() as redis_url, pinned(GATEWAY_CORE):
        desk = Desk(redis_url)
        try:
            await desk.furnish()
            async with desk.owner():
                await desk.open(_DIALOGS)
                await desk.offer(desk.chatter(_DIALOGS, count))
                await desk.until_handled(2 * _DIALOGS + count)
            end = await desk.journal_end()
            for _ in range(bench.repeats):
                rates.append(await _recorded(bench, desk, end))
                bench.tell(f"recorder {rates[-1]:.0f}/s")
        finally:
            await desk.close()
    load = f"{end:,} events of {_DIALOGS:,} dialogs, WAL with synchronous=FULL"
    return [Row("events into SQLite", load, tuple(rates), "/s", _AIM)]


async def _recorded(bench: Bench, desk: Desk, end: int) -> float:
    """Events a second into an archive of its own; the desk's journal stays whole, for nobody trims it here."""
    url = archive_url("", bench.fresh())
    await upgrade(url)
    writer = Writer(url, DeskId("main"), channels={SHOP: "telegram"})
    recorder = Recorder(desk.store, writer, force_lease=True)
    began = time.perf_counter()
    task = asyncio.create_task(recorder.run())

    async def through() -> bool:
        return writer.position >= end

    try:
        await until(through, "the journal is written")
        took = time.perf_counter() - began
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await writer.close()
    if writer.set_aside or recorder.missing:
        raise RuntimeError("not every event could be written: the figure would mean nothing")
    return end / took
