"""One address floods the site's chat with 500 messages a second: does anybody else notice?

Quiet and flooded spells alternate in one run, so that whatever else the machine does meets both. The flood comes once
over sockets, which the gateway can leave unread, and once as requests, each of which wants its answer.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from bench.guests import Guest, come, post, session, site
from bench.load import GATEWAY_CORE, pinned
from bench.messenger import Messenger
from bench.product import Gateway
from bench.run import Bench, percentile
from bench.table import Row

TITLE = "A flood at the site widget"
_GUESTS = 60
_FLOODERS = 10
_AT_ONCE = 50
_FLOOD_RATE = 500
_SPELLS = 3
"""Of each kind, in each repeat."""
_TAIL = 0.99
_AIM_RATIO = 2.0
_STEPS = 50
"""Portions of the flood in a second."""

Flood = Callable[[], Awaitable[None]]


async def rows(bench: Bench) -> list[Row]:
    seconds = bench.pick(5, 3)
    found: list[Row] = []
    async with pinned():
        messenger = Messenger()
        await messenger.start()
        # The address's own limit is the one of the settings; a visitor's would stop the flood before it.
        settings = site(address_per_minute=120, account_per_second=200)
        gateway = Gateway(bench.fresh(), messenger.url, settings=settings, core=GATEWAY_CORE)
        guests: list[Guest] = []
        flooders: list[Guest] = []
        try:
            await gateway.start()
            guests = [await come(gateway, f"127.0.1.{1 + number}") for number in range(_GUESTS)]
            flooders = [await come(gateway) for _ in range(_FLOODERS)]
            token = await session(gateway)
            floods: dict[str, Flood] = {
                f"over {_FLOODERS} sockets": lambda: _shout(flooders),
                f"as requests, {_AT_ONCE} at once": lambda: _post(gateway, token),
            }
            await _talk(guests, 2)
            for how, flood in floods.items():
                found += await _compared(bench, guests, seconds, how, flood)
        finally:
            for guest in (*guests, *flooders):
                guest.close()
            await gateway.stop()
            await messenger.stop()
    return found


async def _compared(bench: Bench, guests: list[Guest], seconds: int, how: str, flood: Flood) -> list[Row]:
    quiet_tails, flooded_tails, ratios = [], [], []
    for _ in range(bench.repeats):
        quiet: list[float] = []
        flooded: list[float] = []
        for _ in range(_SPELLS):
            quiet += await _talk(guests, seconds)
            flooding = asyncio.ensure_future(flood())
            try:
                flooded += await _talk(guests, seconds)
            finally:
                flooding.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await flooding
        quiet_tails.append(percentile(quiet, _TAIL))
        flooded_tails.append(percentile(flooded, _TAIL))
        ratios.append(flooded_tails[-1] / quiet_tails[-1])
        bench.tell(f"{how}: p99 {quiet_tails[-1]:.1f} ms quiet, {flooded_tails[-1]:.1f} ms flooded")
    others = f"{_GUESTS} visitors, one message a second each"
    load = f"{others}; one address more at {_FLOOD_RATE}/s {how}"
    return [
        Row("message → confirmed, p99, quiet", others, tuple(quiet_tails), "ms", better="less"),
        Row("message → confirmed, p99, flooded", load, tuple(flooded_tails), "ms", better="less"),
        Row("p99 flooded / quiet", load, tuple(ratios), "×", _AIM_RATIO, "less"),
    ]


async def _talk(guests: list[Guest], seconds: int) -> list[float]:
    """Everybody says a word each second, at a moment of their own; milliseconds until it is confirmed.

    Raises:
        RuntimeError: somebody was refused.
    """

    async def talk(guest: Guest, offset: float) -> list[float | None]:
        await asyncio.sleep(offset)
        took = []
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(seconds):
            await asyncio.sleep(max(began + number - loop.time(), 0))
            took.append(await guest.stored(f"слово {number}"))
        return took

    told = await asyncio.gather(*(talk(one, number / len(guests)) for number, one in enumerate(guests)))
    took = [one for each in told for one in each]
    if None in took:
        raise RuntimeError(f"{took.count(None)} of {len(took)} messages of people who do not flood were refused")
    return [one for one in took if one is not None]


async def _shout(flooders: list[Guest]) -> None:
    """Evenly, without waiting for an answer."""
    async for number in _evenly():
        flooders[number % len(flooders)].shout(f"шум {number}")


async def _post(gateway: Gateway, token: str) -> None:
    """Evenly, as far as answers come at all."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        frame = {"type": "message", "id": secrets.token_hex(8), "text": f"шум {number}"}
        with contextlib.suppress(ConnectionError):
            await post(gateway, "frames", {"token": token, "frames": [frame]})
        free.release()

    async with asyncio.TaskGroup() as group:
        async for number in _evenly():
            await free.acquire()
            group.create_task(one(number))


async def _evenly() -> AsyncIterator[int]:
    """The flood's numbers, each about when it is due."""
    loop = asyncio.get_running_loop()
    began, said = loop.time(), 0
    while True:
        await asyncio.sleep(1 / _STEPS)
        due = int((loop.time() - began) * _FLOOD_RATE)
        for number in range(said, due):
            yield number
        said = due
