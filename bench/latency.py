"""(c) From a customer's webhook to the operator's sendMessage leaving, and back, at a steady rate."""

from bench.load import GATEWAY_CORE, pinned
from bench.messenger import Messenger
from bench.play import Play
from bench.product import Gateway
from bench.run import Bench, percentile
from bench.table import Row

TITLE = "(c) Both ways"
_DIALOGS = 120
_RATES = (50, 200)
_AIM_MIDDLE, _AIM_TAIL = 8.0, 40.0


async def rows(bench: Bench) -> list[Row]:
    seconds = bench.pick(20, 4)
    found: dict[tuple[str, int], tuple[list[float], list[float]]] = {}
    async with pinned():
        messenger = Messenger()
        await messenger.start()
        # The server of Redis goes with the load: the process that is measured has its core to itself.
        async with bench.redis() as redis_url:
            gateway = Gateway(bench.fresh(), messenger.url, redis_url=redis_url, core=GATEWAY_CORE)
            try:
                await gateway.start()
                play = Play(gateway, messenger)
                await play.open(_DIALOGS)
                for _ in range(bench.repeats):
                    for rate in _RATES:
                        for way, travel in (("in", play.inbound), ("out", play.outbound)):
                            took = await travel(_DIALOGS, rate * seconds, rate)
                            await play.settled()
                            middles, tails = found.setdefault((way, rate), ([], []))
                            middles.append(percentile(took, 0.5))
                            tails.append(percentile(took, 0.99))
                            bench.tell(f"{way} at {rate}/s: p50 {middles[-1]:.1f} ms, p99 {tails[-1]:.1f} ms")
                await play.close()
            finally:
                await gateway.stop()
                await messenger.stop()
    ways = {"in": "webhook → operator's send", "out": "operator's text → customer's send"}
    return [
        row
        for (way, rate), (middles, tails) in found.items()
        for row in (
            Row(f"{ways[way]}, p50", f"{rate}/s, {_DIALOGS} dialogs", tuple(middles), "ms", _AIM_MIDDLE, "less"),
            Row(f"{ways[way]}, p99", f"{rate}/s, {_DIALOGS} dialogs", tuple(tails), "ms", _AIM_TAIL, "less"),
        )
    ]
