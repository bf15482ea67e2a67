"""Idle sockets of the site widget: what one costs the gateway's process while nobody says anything."""

import asyncio
import resource
import time

from bench.guests import Guest, come, site
from bench.messenger import Messenger
from bench.product import Gateway
from bench.run import Bench
from bench.table import Row

TITLE = "Sockets of the site widget"
_SOCKETS, _QUICK = 5000, 500
_WARM = 50
_AT_ONCE = 50
_IDLE_SECONDS, _QUICK_IDLE_SECONDS = 40, 5
"""Long enough for a heartbeat of each."""
_AIM_KIB = 40.0


async def rows(bench: Bench) -> list[Row]:
    count, idle = bench.pick(_SOCKETS, _QUICK), bench.pick(_IDLE_SECONDS, _QUICK_IDLE_SECONDS)
    _allow_files(2 * count + 1000)
    memory, server_memory, used, pace = [], [], [], []
    for _ in range(bench.repeats):
        messenger = Messenger()
        await messenger.start()
        gateway = Gateway(bench.fresh(), messenger.url, settings=site())
        guests: list[Guest] = []
        try:
            await gateway.start()
            # What the first visitors load and the allocator keeps is not the price of a socket.
            for guest in await _crowd(gateway, _WARM):
                guest.close()
            before, before_server = gateway.memory()
            began = time.perf_counter()
            guests = await _crowd(gateway, count)
            pace.append(count / (time.perf_counter() - began))
            at_work = gateway.seconds()[0]
            await asyncio.sleep(idle)
            used.append((gateway.seconds()[0] - at_work) / idle * 100)
            after, after_server = gateway.memory()
            lost = sum(guest.is_lost for guest in guests)
            if lost:
                raise RuntimeError(f"{lost} of {count} idle sockets were lost")
            memory.append((after - before) * 1024 / count)
            server_memory.append((after_server - before_server) * 1024 / count)
            bench.tell(f"{count} sockets: {memory[-1]:.1f} KiB each, {used[-1]:.1f} % of a core while idle")
        finally:
            for guest in guests:
                guest.close()
            await gateway.stop()
            await messenger.stop()
    load = f"{count:,} sockets, a visitor each, {idle} s"
    return [
        Row("memory per idle socket, gateway", load, tuple(memory), "KiB", _AIM_KIB, "less"),
        Row("memory per idle socket, Redis", load, tuple(server_memory), "KiB"),
        Row("processor while all are idle", load, tuple(used), "% of a core", better="less"),
        Row("visitors who come: session and socket", f"{_AT_ONCE} at once", tuple(pace), "/s"),
    ]


async def _crowd(gateway: Gateway, count: int) -> list[Guest]:
    guests: list[Guest] = []
    while len(guests) < count:
        guests += await asyncio.gather(*(come(gateway) for _ in range(min(_AT_ONCE, count - len(guests)))))
    return guests


def _allow_files(wanted: int) -> None:
    """Raises this process's limit, which its children inherit. Raises RuntimeError where it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise RuntimeError(
            f"{wanted} files at once are needed and {hard} are allowed: type ulimit -Hn {wanted} as root"
        )
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
