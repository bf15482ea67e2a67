"""What the monitor sees, when it is alarming, and that admins hear of it once an hour."""

import pytest

from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Notice, Role
from gateway.model.ids import AccountId, OperatorId
from gateway.model.state import Operator
from gateway.monitor import DISK_FREE, Monitor, Snapshot, alerts
from gateway.streams.lag import Lag
from gateway.streams.queries import Counts, Memory

NOW = 1_700_000_000_000
CALM = Snapshot(
    at=NOW,
    lags=[Lag("inbox:sales", 1, NOW - 1000), Lag("outbox:shop", 9, NOW - 3_600_000), Lag("journal:archive", 0, None)],
    counts=Counts(waiting=3, timers=1, dead=0, last_dialog=7),
    memory=Memory(used=100, limit=1000),
    disk_free=DISK_FREE * 2,
    on_duty=2,
)


def but(**changed):
    from msgspec.structs import replace  # noqa: PLC0415

    return replace(CALM, **changed)


def test_a_calm_desk_alarms_nobody():
    assert alerts(CALM) == []


@pytest.mark.parametrize(
    ("snapshot", "about", "detail"),
    [
        (but(counts=Counts(waiting=0, timers=0, dead=2, last_dialog=1)), "dead_letters", "2"),
        (but(lags=[Lag("inbox:sales", 5, NOW - 90_000)]), "lag", "inbox:sales: 5, 90 s"),
        (but(lags=[Lag("journal:notifier", 7, NOW - 61_000)]), "lag", "journal:notifier: 7, 61 s"),
        (but(memory=Memory(used=900, limit=1000)), "memory", "90 %"),
        (but(disk_free=10 * 2**20), "disk", "10 MB"),
    ],
)
def test_each_trouble_is_told_with_its_figures(snapshot, about, detail):
    assert [(one[0], one[2]) for one in alerts(snapshot)] == [(about, detail)]


def test_no_limit_of_memory_is_no_alarm():
    assert alerts(but(memory=Memory(used=10**12, limit=0))) == []


async def staff_inbox(store):
    found = await store.ask("XRANGE", store.keys.staff, "-", "+")
    return [decode(fields[b"p"], Entry).command for _, fields in found]


async def test_an_alert_enters_the_staffs_inbox_once_an_hour(store, intake, tmp_path):
    monitor = Monitor(store, intake, tmp_path, lambda: NOW)
    snapshot = but(disk_free=10 * 2**20)
    await monitor.tell(snapshot)
    await monitor.tell(snapshot)
    assert await staff_inbox(store) == [Notice(about="disk", detail="10 MB", alarming=True)]
    await monitor.tell(but(disk_free=9 * 2**20, at=NOW + 3_600_000, lags=[]))
    assert len(await staff_inbox(store)) == 2


async def test_a_figure_that_grows_and_an_hour_that_turns_tell_nothing_again(store, intake, tmp_path):
    monitors = [Monitor(store, intake, tmp_path, lambda: NOW) for _ in range(2)]
    begin = NOW - NOW % 3_600_000 + 3_500_000
    for look in range(240):
        counts = Counts(waiting=0, timers=0, dead=look + 1, last_dialog=1)
        at = begin + look * 14_000
        lags = [Lag("inbox:sales", look + 1, at - 90_000 - look)]
        for monitor in monitors:
            await monitor.tell(but(counts=counts, at=at, lags=lags, disk_free=look, memory=Memory(900 + look, 1000)))
    told = [one.about for one in await staff_inbox(store)]
    assert sorted(told) == ["dead_letters", "disk", "lag", "memory"]


async def test_how_many_clients_there_are_costs_a_look_nothing(store, intake, tmp_path):
    """Counted in what Redis is asked for: no command looks through all keys."""
    monitor = Monitor(store, intake, tmp_path, lambda: NOW, accounts=[AccountId("shop")])
    await store.note([("XADD", store.keys.outbox(AccountId("shop")), "1-0", "p", b"x")])

    async def asked() -> dict[str, int]:
        stats = await store.ask("INFO", "commandstats")
        return {name: figures["calls"] for name, figures in stats.items() if name.startswith("cmdstat_")}

    before = await asked()
    assert (await monitor.probe()).ok
    spent = {name: calls - before.get(name, 0) for name, calls in (await asked()).items()}
    assert not spent.get("cmdstat_scan") and not spent.get("cmdstat_keys")
    assert sum(spent.values()) < 60
    assert [(one.name, one.entries) for one in (await monitor.look()).lags if one.name.startswith("outbox")] == [
        ("outbox:shop", 1)
    ]


async def test_it_looks_at_what_is_really_there(store, intake, tmp_path):
    anna = Operator(id=OperatorId("1"), name="Анна", role=Role.ADMIN, on_duty=True, entered=True)
    await store.note([("HSET", store.keys.people, anna.id, encode(anna))])
    monitor = Monitor(store, intake, tmp_path, lambda: NOW)
    assert (await monitor.probe()).ok
    measures = {one.name: one.value for one in await monitor.measure() if not one.labels}
    assert measures["gateway_operators_on_duty"] == 1
    assert measures["gateway_redis_memory_bytes"] > 0
    assert measures["gateway_disk_free_bytes"] > 0


async def test_an_old_entry_makes_it_not_ready(store, intake, tmp_path):
    await store.note([("XADD", store.keys.staff, f"{NOW - 120_000}-0", "p", b"1:{}")])
    probe = await Monitor(store, intake, tmp_path, lambda: NOW).probe()
    assert (probe.ok, probe.detail) == (False, "inbox:staff waits for 120 s")
