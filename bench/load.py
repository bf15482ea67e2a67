"""Two ways to put load on something: as fast as it takes it, and at a given rate whatever it does."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

GATEWAY_CORE, LOAD_CORE = 0, 1
"""Where a figure is of one process, that process has a core of its own, and the load another one."""


@asynccontextmanager
async def pinned(core: int = LOAD_CORE) -> AsyncIterator[None]:
    """This process, and what it starts meanwhile, on one core; a machine with a single one stays as it is."""
    before = os.sched_getaffinity(0)
    if core in before:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


async def flat_out(work: Callable[[bytes], Awaitable[object]], bodies: Iterable[bytes], *, at_once: int) -> float:
    """Works off all bodies, `at_once` at a time; answers how many a second."""
    waiting = iter(bodies)
    done = 0

    async def worker() -> None:
        nonlocal done
        for body in waiting:
            await work(body)
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return done / (time.perf_counter() - began)


async def at_rate(work: Callable[[bytes], Awaitable[float]], bodies: Sequence[bytes], per_second: float) -> list[float]:
    """Begins each body at its moment, whatever became of those before; answers how long each took, in milliseconds.

    `work` answers the moment (`time.perf_counter`) at which a body was through. Counted is from the moment at which
    it should have begun, so a generator that lags behind does not flatter anybody.
    """
    took: list[float] = []
    began = time.perf_counter() + 0.01

    async def one(body: bytes, due: float) -> None:
        took.append((await work(body) - due) * 1000)

    async with asyncio.TaskGroup() as group:
        for number, body in enumerate(bodies):
            due = began + number / per_second
            ahead = due - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            group.create_task(one(body, due))
    return took


def pace() -> float:
    """How many millions a second one core counts now in plain Python: on a shared machine it changes by the minute."""
    count = 3_000_000
    began = time.perf_counter()
    for _ in range(count):
        pass
    return count / (time.perf_counter() - began) / 1e6
