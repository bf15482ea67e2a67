import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from gateway.errors import StoreUnavailable
from gateway.health import GAUGES, Health, Measure, Metrics, Probe

Client = TestClient[web.Request, web.Application]
TOKEN = "7000000001:AAExampleExampleExampleExampleExample"


@pytest.fixture
def health() -> Health:
    return Health(Metrics(), oldest_ms=1000, patience_seconds=0.2)


@pytest.fixture
async def client(health: Health, aiohttp_client: Callable[[web.Application], Awaitable[Client]]) -> Client:
    app = web.Application()
    app.add_routes(health.routes())
    return await aiohttp_client(app)


def says(probe: Probe) -> Callable[[], Awaitable[Probe]]:
    async def ask() -> Probe:
        return probe

    return ask


def measures(*found: Measure) -> Callable[[], Awaitable[Sequence[Measure]]]:
    async def look() -> Sequence[Measure]:
        return found

    return look


async def test_all_well_is_200_with_every_part_and_the_oldest_age(health: Health, client: Client) -> None:
    health.add_probe("redis", says(Probe(ok=True, detail="7.4.0")))
    health.add_probe("router", says(Probe(ok=True, age_ms=40)), alive=True)
    answer = await client.get("/readyz")
    assert answer.status == 200
    assert await answer.json() == {
        "ok": True,
        "wrong": [],
        "oldest_ms": 40,
        "parts": {
            "redis": {"ok": True, "detail": "7.4.0", "age_ms": None},
            "router": {"ok": True, "detail": "", "age_ms": 40},
        },
    }


async def test_a_part_that_is_added_meanwhile_is_asked_the_next_time(health: Health, client: Client) -> None:
    async def ask() -> Probe:
        health.add_probe("router", says(Probe(ok=True)))
        return Probe(ok=True)

    health.add_probe("redis", ask)
    answer = await client.get("/readyz")
    assert answer.status == 200
    assert list((await answer.json())["parts"]) == ["redis"]
    assert list((await (await client.get("/readyz")).json())["parts"]) == ["redis", "router"]


async def test_what_is_wrong_is_named(health: Health, client: Client) -> None:
    async def ask() -> Probe:
        raise StoreUnavailable("Redis does not answer")

    health.add_probe("redis", ask)
    health.add_probe("router", says(Probe(ok=True)))
    answer = await client.get("/readyz")
    assert answer.status == 503
    body = await answer.json()
    assert body["wrong"] == ["redis"]
    assert body["parts"]["redis"]["detail"] == "Redis does not answer"


async def test_an_entry_that_waits_too_long_is_wrong(health: Health, client: Client) -> None:
    health.add_probe("router", says(Probe(ok=True, age_ms=1001)))
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["oldest_ms"] == 1001


async def test_a_part_that_hangs_is_wrong_and_holds_nobody_up(health: Health, client: Client) -> None:
    async def ask() -> Probe:
        await asyncio.Event().wait()
        raise AssertionError

    health.add_probe("archive", ask)
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["parts"]["archive"]["detail"] == "no answer within 0.2 s"


async def test_a_fault_of_ours_shows_its_kind_and_not_its_text(health: Health, client: Client) -> None:
    async def ask() -> Probe:
        raise KeyError(TOKEN)

    health.add_probe("router", ask)
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["parts"]["router"]["detail"] == "KeyError"


async def test_only_what_a_restart_would_mend_counts_for_being_alive(health: Health, client: Client) -> None:
    health.add_probe("redis", says(Probe(ok=False, detail="Redis does not answer")))
    health.add_probe("router", says(Probe(ok=True)), alive=True)
    answer = await client.get("/healthz")
    assert answer.status == 200
    assert list((await answer.json())["parts"]) == ["router"]
    health.add_probe("router", says(Probe(ok=False, detail="its task ended")), alive=True)
    assert (await client.get("/healthz")).status == 503


async def test_no_secret_comes_out(health: Health, client: Client) -> None:
    health.add_probe("sender", says(Probe(ok=False, detail=f"POST /bot{TOKEN}/getMe failed")), alive=True)
    for page in ("/healthz", "/readyz"):
        assert "AAExample" not in await (await client.get(page)).text()


async def test_what_happened_is_counted(health: Health, client: Client) -> None:
    metrics = health.metrics
    metrics.count_entry("inbox:sales", "message", "ok", waited_ms=30)
    metrics.count_entry("inbox:sales", "message", "ok", waited_ms=-5)

    async def look() -> list[Measure]:
        return [Measure("gateway_account_outcomes", 3, ("shop", "stored"))]

    health.add_measure(look)
    text = await (await client.get("/metrics")).text()
    assert 'gateway_account_outcomes_total{account="shop",outcome="stored"} 3.0' in text
    assert 'gateway_entries_handled_total{command="message",inbox="inbox:sales",outcome="ok"} 2.0' in text
    assert 'gateway_entry_seconds_bucket{le="0.05"} 2.0' in text
    assert "process_resident_memory_bytes" in text


async def test_what_is_now_is_looked_at_and_forgotten(health: Health, client: Client) -> None:
    found = [Measure("gateway_outbox_entries", 3, ("shop",)), Measure("gateway_outbox_entries", 1, ("staff",))]

    async def look() -> Sequence[Measure]:
        return found

    health.add_measure(look)
    assert 'gateway_outbox_entries{account="shop"} 3.0' in await (await client.get("/metrics")).text()
    found.pop(0)
    text = await (await client.get("/metrics")).text()
    assert 'account="shop"' not in text
    assert 'gateway_outbox_entries{account="staff"} 1.0' in text


async def test_one_failing_measure_leaves_the_others(health: Health, client: Client) -> None:
    async def look() -> Sequence[Measure]:
        raise StoreUnavailable("Redis does not answer")

    health.add_measure(look)
    health.add_measure(measures(Measure("gateway_disk_free_bytes", 5e9)))
    answer = await client.get("/metrics")
    assert answer.status == 200
    assert "gateway_disk_free_bytes 5e+09" in await answer.text()


async def test_every_gauge_can_be_shown(health: Health, client: Client) -> None:
    health.add_measure(
        measures(*(Measure(name, 1, tuple("x" for _ in labels)) for name, (_, labels) in GAUGES.items()))
    )
    text = await (await client.get("/metrics")).text()
    assert [name for name in GAUGES if f"# TYPE {name} gauge" not in text] == []
