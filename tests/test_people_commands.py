"""`gateway people`: what it lists, what it refuses, and that a change is decided by a running gateway's owner."""

import asyncio

import pytest
from msgspec.structs import replace

from gateway import people_commands
from gateway.bootstrap import now_ms
from gateway.connectors.registry import channel
from gateway.errors import GatewayError
from gateway.model.codec import encode
from gateway.model.commands import Role
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, OperatorId
from gateway.model.state import Dialog, DialogState, Line, Operator
from gateway.operator_bot.inbound import targets
from gateway.router.owner import Owner
from gateway.settings import STAFF, load
from gateway.streams import queries
from gateway.streams.ownership import Lease

ANNA, BORIS, SALES, SHOP = OperatorId("501"), OperatorId("502"), LineId("sales"), AccountId("shop")


@pytest.fixture
async def settings(store, keys, redis_url, tmp_path):
    anna = Operator(id=ANNA, name="Анна", role=Role.ADMIN, entered=True)
    boris = Operator(id=BORIS, name="Борис", role=Role.OPERATOR, entered=True, on_duty=True, dialogs=(DialogId("1"),))
    dialog = Dialog(
        id=DialogId("1"),
        line=SALES,
        account=SHOP,
        contact=ContactId("9"),
        client="Мария",
        opened_at=1,
        owner=BORIS,
        claimed_at=2,
        state=DialogState.CLAIMED,
        waiting_since=1,
    )
    await store.note(
        [
            *(("HSET", keys.people, one.id, encode(one)) for one in (anna, boris)),
            ("HSET", keys.lines, SALES, encode(Line(id=SALES, title="Продажи"))),
            ("SET", keys.dialog("1"), encode(dialog)),
            ("ZADD", keys.mine(BORIS), 2, "1"),
            ("HSET", keys.desk, "number", 1),
        ]
    )
    environment = {
        "GATEWAY_REDIS_URL": redis_url,
        "GATEWAY_REDIS_PREFIX": keys.waiting.partition(":")[0],
        "GATEWAY_OPERATOR_BOT__TOKEN": "7000000002:AAexample-of-a-token-for-the-tests-02",
    }
    return load(tmp_path / "no.toml", environment, lambda name: channel(name).Settings)


async def test_people_are_listed(settings):
    rows = people_commands.table(await people_commands.people(settings))
    assert rows[1:] == [
        ("501", "admin", "all", "off shift", "0", "Анна"),
        ("502", "operator", "all", "on shift", "1", "Борис"),
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda settings: people_commands.dismiss_person(settings, "777"), "nobody with the id 777 works here"),
        (lambda settings: people_commands.dismiss_person(settings, ANNA), "make somebody else admin first"),
        (lambda settings: people_commands.change_lines(settings, BORIS, (LineId("slaes"),)), "no line slaes"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_to_do(settings, store, change, told):
    with pytest.raises(GatewayError, match=told):
        await change(settings)
    assert await store.ask("XLEN", store.keys.staff) == 0


async def test_without_a_gateway_it_waits_for_one_which_then_does_all_of_it(settings, store, intake):
    assert not await people_commands.dismiss_person(settings, BORIS)
    lease = await Lease.take(store, "owner", force=True)
    owner = Owner(store, intake, lines=[SALES], staff=STAFF, resolver=targets, clock=now_ms, observe=lambda *_: None)
    task = asyncio.create_task(owner.run(lease))
    async with asyncio.timeout(20):
        while not (row := await queries.dialog(store, DialogId("1"))) or row.owner is not None:
            await asyncio.sleep(0.01)
        assert (await queries.operators(store))[BORIS].dismissed
        assert await queries.waiting_on(store, [SALES], 0, 10) == ["1"]
        # And one that runs does it at once.
        assert await people_commands.change_role(settings, "501", Role.ADMIN)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await lease.release()


async def test_what_a_version_before_has_left_stranded_is_in_the_queue_after_an_upgrade(settings, store, intake):
    """Boris blocked the bot then, and nobody's clients stood in the queue of all lines only."""
    del settings
    boris = (await queries.operators(store))[BORIS]
    waits = Dialog(
        id=DialogId("2"), line=SALES, account=SHOP, contact=ContactId("8"), client="Иван", opened_at=3, waiting_since=3
    )
    await store.note(
        [
            ("HSET", store.keys.people, BORIS, encode(replace(boris, gone=True))),
            ("SET", store.keys.dialog("2"), encode(waits)),
            ("ZADD", store.keys.waiting, 3, "2"),
            ("HSET", store.keys.desk, "number", 2),
        ]
    )
    lease = await Lease.take(store, "owner", force=True)
    owner = Owner(store, intake, lines=[SALES], staff=STAFF, resolver=targets, clock=now_ms, observe=lambda *_: None)
    task = asyncio.create_task(owner.run(lease))
    async with asyncio.timeout(20):
        while await queries.waiting_on(store, [SALES], 0, 10) != ["1", "2"]:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await lease.release()
