"""(g) The whole way on one core: gateway, Redis and archive share it, as others were measured; the load has the other.

The gateway runs as a newcomer's would, with its embedded server; everything is stored, decided, archived and sent.
"""

from bench.load import GATEWAY_CORE, pinned
from bench.messenger import Messenger
from bench.play import Play
from bench.product import Gateway
from bench.run import Bench, percentile
from bench.table import Row

TITLE = "(g) The whole way on one core"
_DIALOGS, _WINDOW, _RATE = 120, 256, 50
_AIM_RATE, _AIM_MIDDLE, _AIM_TAIL, _AIM_MEMORY = 1600.0, 3.0, 10.0, 190.0
_REFERENCE = (
    "Live Helper Chat 164/s, webhook → operator 8.1/12.2 ms, reply 15.5/22.1 ms, 197 MB; the fastest Telegram bot "
    "371/s, not durable; a bare forwarder of aiohttp and a Redis stream 4,486/s, 1.6/2.8 ms"
)
_UNKNOWN = "a reply is not repeated after a 500, for it may have arrived: the operator sees 🤔 and decides"


async def rows(bench: Bench) -> list[Row]:
    count, seconds = bench.pick(6000, 1500), bench.pick(20, 4)
    rates, spent, both, alone = [], [], [], []
    in_middle, in_tail, out_middle, out_tail, copies, after_429, after_500 = [], [], [], [], [], [], []
    async with pinned():
        for _ in range(bench.repeats):
            messenger = Messenger()
            await messenger.start()
            gateway = Gateway(bench.fresh(), messenger.url, core=GATEWAY_CORE)
            try:
                await gateway.start()
                play = Play(gateway, messenger)
                await play.open(_DIALOGS)
                took = await play.inbound(_DIALOGS, _RATE * seconds, _RATE)
                in_middle.append(percentile(took, 0.5))
                in_tail.append(percentile(took, 0.99))
                took = await play.outbound(_DIALOGS, _RATE * seconds, _RATE)
                out_middle.append(percentile(took, 0.5))
                out_tail.append(percentile(took, 0.99))
                await play.settled()
                before = sum(gateway.seconds())
                rates.append(await play.flood(_DIALOGS, count, window=_WINDOW))
                await play.settled()
                spent.append(1e6 * (sum(gateway.seconds()) - before) / count)
                copies.append(float(await play.repeat()))
                after_429.append(await play.troubled([429]))
                after_500.append(await play.troubled([500]))
                own, redis = gateway.memory()
                alone.append(own)
                both.append(own + redis)
                await play.close()
            finally:
                await gateway.stop()
                await messenger.stop()
            bench.tell(
                f"{rates[-1]:.0f}/s, {spent[-1]:.0f} µs each; in {in_middle[-1]:.1f}/{in_tail[-1]:.1f} ms, "
                f"out {out_middle[-1]:.1f}/{out_tail[-1]:.1f} ms, {alone[-1]:.0f} + {both[-1] - alone[-1]:.0f} MiB"
            )
    steady = f"{_RATE}/s, {_DIALOGS} dialogs, six operators"
    return [
        Row(
            "webhook → stored → decided → operator's send",
            f"{count:,} messages, {_WINDOW} on their way, {_DIALOGS} dialogs, six operators",
            tuple(rates), "/s", _AIM_RATE, note=f"measured on such a machine: {_REFERENCE}",
        ),
        Row("processor time of gateway and Redis", "the same, to the last of the archive", tuple(spent), "µs"),
        Row("webhook → operator's send, p50", steady, tuple(in_middle), "ms", _AIM_MIDDLE, "less"),
        Row("webhook → operator's send, p99", steady, tuple(in_tail), "ms", _AIM_TAIL, "less"),
        Row("reply → customer's send, p50", steady, tuple(out_middle), "ms", _AIM_MIDDLE, "less"),
        Row("reply → customer's send, p99", steady, tuple(out_tail), "ms", _AIM_TAIL, "less"),
        Row("memory with stores", "gateway and Redis after all of this", tuple(both), "MiB", _AIM_MEMORY, "less"),
        Row("memory of the gateway's process", "the same", tuple(alone), "MiB"),
        Row("sends for an update delivered five times", "", tuple(copies), "", 1.0, "less"),
        Row("at the operator after a 429 with retry_after 1 s", "", tuple(after_429), "s"),
        Row(
            "at the operator after a 500", "", tuple(after_500), "s",
            note=_UNKNOWN,
        ),
    ]  # fmt: skip
