"""(a) A webhook accepted: secret checked, parsed, deduplicated, on disk, answered; against a floor that only appends.

Both stand on the same Redis in the same run, each alone on one core, with the load and Redis on the other.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bench.load import GATEWAY_CORE, at_rate, flat_out, pinned
from bench.messenger import SHOP_TOKEN, Messenger, Updates
from bench.product import ROOT, Gateway, free_port
from bench.run import Bench, percentile, until
from bench.table import Row
from bench.webhook_calls import genuine, others, serving
from bench.wire import Caller, Server, request
from chaos.webhooks import Webhook
from gateway.connectors.telegram.receiving import webhook_secret
from gateway.model.ids import AccountId

TITLE = "(a) Webhook accepted"
_PATH = "/hooks/telegram/shop"
_CONNECTIONS = 64
_CONTACTS = 2000
_AIM_RATE, _AIM_SHARE, _AIM_P99 = 6000.0, 45.0, 10.0
_OK = 200


async def rows(bench: Bench) -> list[Row]:
    count = bench.pick(20_000, 4000)
    floors, rates, shares, tails, alone = [], [], [], [], []
    updates = Updates()
    async with pinned():
        for _ in range(bench.repeats):
            alone.append(await _alone(_requests(updates, count, "")))
            async with bench.redis() as redis_url:
                async with _floor(redis_url) as port:
                    floors.append(await _rate(port, _requests(updates, count, "")))
                async with _gateway(bench, redis_url) as port:
                    await _rate(port, _requests(updates, count // 4, _secret()))
                    rates.append(await _rate(port, _requests(updates, count, _secret())))
                    half = list(_requests(updates, count // 2, _secret()))
                    tails.append(await _tail(port, half, _AIM_RATE / 2))
            shares.append(100 * rates[-1] / floors[-1])
            bench.tell(f"floor {floors[-1]:.0f}/s, gateway {rates[-1]:.0f}/s, load alone {alone[-1]:.0f}/s")
    further = [row for webhook in others() for row in await _other(bench, webhook)]
    load = f"telegram, {_CONNECTIONS} connections, {count:,} updates of {_CONTACTS:,} customers"
    return [
        Row("load generator with a server that does nothing, one process", load, tuple(alone), "/s"),
        Row("floor: bare aiohttp, same append, AOF always", load, tuple(floors), "/s"),
        Row("telegram's webhook, role web", load, tuple(rates), "/s", _AIM_RATE),
        Row("of the floor", load, tuple(shares), "%", _AIM_SHARE),
        Row("p99 at half the aim", f"{_AIM_RATE / 2:,.0f}/s", tuple(tails), "ms", _AIM_P99, "less"),
        *further,
    ]


async def _other(bench: Bench, webhook: Webhook) -> list[Row]:
    """The same over another channel: its own bodies, at the gateway and at the floor."""
    count = bench.pick(10_000, 2000)
    floors, rates, tails, calls = [], [], [], []
    async with pinned():
        for number in range(bench.repeats):
            async with bench.redis() as redis_url:
                async with _floor(redis_url) as port:
                    floors.append(await _rate(port, genuine(webhook, count, f"floor {number}")))
                async with serving(bench, webhook, redis_url) as (port, seller):
                    await _rate(port, genuine(webhook, count // 4, f"warm {number}", seller))
                    before = seller.calls if seller else 0
                    rates.append(await _rate(port, genuine(webhook, count, f"gateway {number}", seller)))
                    calls.append((seller.calls - before) / count if seller else 0.0)
                    half = list(genuine(webhook, count // 2, f"tail {number}", seller))
                    # At a rate that it never takes, the tail would only tell how long the load went on.
                    tails.append(await _tail(port, half, (rates[-1] if seller else _AIM_RATE) / 2))
            bench.tell(f"{webhook.name}: floor {floors[-1]:.0f}/s, gateway {rates[-1]:.0f}/s")
    load = f"{webhook.name}, {_CONNECTIONS} connections, {count:,} events of as many customers"
    shares = tuple(100 * rate / floor for rate, floor in zip(rates, floors, strict=True))
    half_of, at, note = "the aim", f"{_AIM_RATE / 2:,.0f}/s", ""
    if webhook.is_read_back:
        half_of, at = "its own rate", f"{percentile(rates, 0.5) / 2:,.0f}/s"
        note = (
            f"each delivery costs at least one call to the vendor, for its message is read back before it is stored; "
            f"here {max(calls):.1f} calls each, as each comes from a new chat that is asked about too; "
            "the vendor answers at once and shares the load's core"
        )
    return [
        Row(f"{webhook.name}'s webhook, role web", load, tuple(rates), "/s", _AIM_RATE, note=note),
        Row(f"{webhook.name}: of the floor with the same bodies", load, shares, "%", _AIM_SHARE),
        Row(f"{webhook.name}: p99 at half {half_of}", at, tuple(tails), "ms", _AIM_P99, "less"),
    ]


def _requests(updates: Updates, count: int, secret: str) -> Iterator[bytes]:
    for number in range(count):
        person = 100_000 + number % _CONTACTS
        body = updates.words(person, "Мария Иванова", f"Здравствуйте! Есть ли в наличии размер {number}?")
        yield request(_PATH, body, {"X-Telegram-Bot-Api-Secret-Token": secret})


def _secret() -> str:
    return webhook_secret(SecretStr(SHOP_TOKEN), AccountId("shop"))


async def _rate(port: int, requests: Iterator[bytes]) -> float:
    made = list(requests)
    async with Caller(port, _CONNECTIONS) as caller:
        return await flat_out(lambda raw: _accepted(caller, raw), made, at_once=_CONNECTIONS)


async def _tail(port: int, requests: list[bytes], per_second: float) -> float:
    async with Caller(port, _CONNECTIONS) as caller:
        return percentile(await at_rate(lambda raw: _accepted(caller, raw), requests, per_second), 0.99)


async def _accepted(caller: Caller, raw: bytes) -> float:
    status = await caller.call(raw)
    if status != _OK:
        raise RuntimeError(f"a webhook was answered {status}: the figure would mean nothing")
    return time.perf_counter()


async def _alone(requests: Iterator[bytes]) -> float:
    server = Server(lambda _path, _body: (_OK, b""))
    await server.start()
    try:
        return await _rate(server.port, requests)
    finally:
        await server.stop()


@asynccontextmanager
async def _gateway(bench: Bench, redis_url: str) -> AsyncIterator[int]:
    messenger = Messenger()
    await messenger.start()
    gateway = Gateway(bench.fresh(), messenger.url, roles=["web"], redis_url=redis_url, core=GATEWAY_CORE)
    try:
        await gateway.start()
        yield gateway.port
    finally:
        await gateway.stop()
        await messenger.stop()


@asynccontextmanager
async def _floor(redis_url: str) -> AsyncIterator[int]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        "taskset", "-c", str(GATEWAY_CORE), sys.executable, "-m", "bench.floor", str(port), redis_url, cwd=ROOT
    )

    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await until(listens, "the floor listens")
        yield port
    finally:
        process.terminate()
        await process.wait()
