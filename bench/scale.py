"""(d) Growth: more open dialogs, more lines. What becomes slower, what each dialog costs, how long others take over.

The gateway is a process with all its roles; clients' words go into its inboxes by the intake, as webhooks would put
them. Nobody is on duty, so that what is measured does not wait for a messenger.
"""

import time
from collections.abc import Callable, Iterable

from bench.desk import Desk
from bench.load import GATEWAY_CORE, pinned
from bench.messenger import Messenger
from bench.product import Gateway
from bench.run import Bench, until
from bench.table import Row
from gateway.streams.ownership import read_cursors

TITLE = "(d) Growth"
_SIZES, _LINES = (1000, 10_000, 100_000), 64
_AIM_SLOWER, _AIM_MEMORY = 15.0, 4.0
_KIB = 1024
_WARM = 200
_WARM_ROUNDS = 20
"""Words in dialogs of before the first look at memory: what is allocated once is there by then."""


async def rows(bench: Bench) -> list[Row]:
    found: list[Row] = []
    first: list[float] = []
    for dialogs, lines in [*((size, 1) for size in _SIZES[: bench.pick(3, 2)]), (_SIZES[0], _LINES)]:
        grown = await _grown(bench, dialogs, lines)
        first = first or grown.rates
        found += grown.rows(first)
    return found


class _Grown:
    """One size: its figures."""

    def __init__(self, dialogs: int, lines: int) -> None:
        self.load = f"{dialogs:,} open dialogs, {lines} line{'s' if lines > 1 else ''}"
        self.dialogs, self.lines = dialogs, lines
        self.rates: list[float] = []
        self.starts: list[float] = []
        self.kills: list[float] = []
        self.stops: list[float] = []
        self.process_kib = self.redis_kib = 0.0

    def rows(self, first: list[float]) -> list[Row]:
        slower = tuple(max(100 * (1 - rate / before), 0.0) for rate, before in zip(self.rates, first, strict=True))
        is_first = first is self.rates
        return [
            Row("words → stored → decided → archived", self.load, tuple(self.rates), "/s"),
            *([] if is_first else [Row("slower than with the fewest", self.load, slower, "%", _AIM_SLOWER, "less")]),
            Row("process memory for each open dialog", self.load, (self.process_kib,), "KiB", _AIM_MEMORY, "less"),
            Row("Redis memory for each open dialog", self.load, (self.redis_kib,), "KiB"),
            Row("start until ready", self.load, tuple(self.starts), "s"),
            Row("takeover after SIGKILL", f"{self.load}, Redis apart, lease of 10 s", tuple(self.kills), "s"),
            Row("takeover after SIGTERM", f"{self.load}, Redis apart", tuple(self.stops), "s"),
        ]


async def _grown(bench: Bench, dialogs: int, lines: int) -> _Grown:
    grown = _Grown(dialogs, lines)
    async with pinned():
        messenger = Messenger()
        await messenger.start()
        async with bench.redis() as redis_url:
            desk = Desk(redis_url, lines=lines)
            folder = bench.fresh()
            running: list[Gateway] = []

            def another() -> Gateway:
                running.append(Gateway(folder, messenger.url, redis_url=redis_url, lines=lines, core=GATEWAY_CORE))
                return running[-1]

            try:
                gateway = another()
                await gateway.start()
                for _ in range(_WARM_ROUNDS):
                    await _write(desk, range(1, _WARM + 1))
                await _grow(desk, gateway, grown)
                for _ in range(bench.repeats):
                    grown.rates.append(await _rate(desk, dialogs, bench.pick(10_000, 3000)))
                    gateway = await _exchange(desk, gateway, another, grown)
                bench.tell(
                    f"{grown.load}: {grown.rates[-1]:.0f}/s, {grown.process_kib:.1f} + {grown.redis_kib:.1f} KiB, "
                    f"start {grown.starts[-1]:.1f} s, takeover {grown.kills[-1]:.1f} s, {grown.stops[-1]:.1f} s"
                )
            finally:
                for one in running:
                    await one.stop()
                await desk.close()
                await messenger.stop()
    return grown


async def _grow(desk: Desk, gateway: Gateway, grown: _Grown) -> None:
    """Opens the dialogs, and sees what they cost once the streams are trimmed."""
    await _until_trimmed(desk)
    process, redis = gateway.memory()[0], await _used(desk)
    await _write(desk, range(_WARM + 1, grown.dialogs + 1))
    await _until_trimmed(desk)
    new = grown.dialogs - _WARM
    grown.process_kib = (gateway.memory()[0] - process) * _KIB / new
    grown.redis_kib = (await _used(desk) - redis) / _KIB / new


async def _exchange(desk: Desk, gateway: Gateway, another: Callable[[], Gateway], grown: _Grown) -> Gateway:
    """A second process waits; the first is killed, then the second is asked to stop: how long until words go on."""
    for end, took in (("kill", grown.kills), ("stop", grown.stops)):
        began = time.perf_counter()
        second = another()
        await second.start()
        grown.starts.append(time.perf_counter() - began)
        began = time.perf_counter()
        await getattr(gateway, end)()
        await _write(desk, [1])
        took.append(time.perf_counter() - began)
        gateway = second
    return gateway


async def _rate(desk: Desk, dialogs: int, count: int) -> float:
    """Words into as many dialogs at every size, spread over all: only what lies around them differs."""
    apart = dialogs // _SIZES[0]
    began = time.perf_counter()
    await _write(desk, (number % _SIZES[0] * apart + 1 for number in range(count)))
    return count / (time.perf_counter() - began)


async def _write(desk: Desk, clients: Iterable[int]) -> None:
    """These clients write; returns when owner, archive and notifier have done with it."""
    await desk.offer([one for client in clients for one in desk.words(client, line=desk.line_of(client))])
    ends = {}
    for line in desk.lines:
        newest = await desk.store.ask("XREVRANGE", desk.store.keys.inbox(line), "+", "-", "COUNT", 1)
        if newest:
            ends[desk.store.keys.name_of(desk.store.keys.inbox(line))] = newest[0][0].decode()

    async def done() -> bool:
        cursors = await read_cursors(desk.store)
        journal = cursors.get("journal", "0")
        is_decided = all(cursors.get(name) == end for name, end in ends.items())
        return is_decided and cursors.get("notifier") == journal and cursors.get("archive") == journal

    await until(done, "what was written is archived", seconds=900)


async def _until_trimmed(desk: Desk) -> None:
    async def trimmed() -> bool:
        return int(await desk.store.ask("XLEN", desk.store.keys.journal)) <= 1

    await until(trimmed, "the journal is trimmed")


async def _used(desk: Desk) -> float:
    info = await desk.store.ask("INFO", "memory")
    return float(info["used_memory"])
