import asyncio
from typing import Any

import pytest

from sandbox.server import BotHandle, Sandbox
from sandbox.vk.faults import FaultRule
from sandbox.vk.records import CallbackServer

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


@pytest.fixture
async def server(
    sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture, ear: Fixture, quick: None, eventually: Fixture
) -> int:
    """A confirmed server that hears of new messages; its number."""
    give = {"group_id": romashka.id, "url": ear.url, "title": "Open Lines", "secret_key": "s3cret"}
    ear.held = asyncio.Event()  # the string may have changed with this very call: it is asked for after it
    number = (await vk("groups.addCallbackServer", **give))["server_id"]
    ear.code = (await vk("groups.getCallbackConfirmationCode", group_id=romashka.id))["code"]
    ear.held.set()
    (added,) = sandbox.vk.world.communities[romashka.id].servers
    await eventually(lambda: added.status == "ok")
    await vk("groups.setCallbackSettings", group_id=romashka.id, server_id=number, api_version="5.199", message_new=1)
    return int(number)


async def test_a_server_is_asked_for_the_string_and_hears_of_events_with_the_secret(
    sandbox: Sandbox, romashka: BotHandle, irina: int, server: int, ear: Fixture, eventually: Fixture, vk: Fixture
) -> None:
    assert ear.heard[0]["type"] == "confirmation"
    assert (ear.heard[0]["group_id"], ear.heard[0]["secret"]) == (romashka.id, "s3cret")
    sandbox.vk_people.text(irina, romashka.id, "Слышно?")
    await eventually(lambda: ear.events)
    (event,) = ear.events
    assert (event["type"], event["secret"], event["v"]) == ("message_new", "s3cret", "5.199")
    assert event["object"]["message"]["text"] == "Слышно?"
    shown = (await vk("groups.getCallbackServers", group_id=romashka.id))["items"]
    assert [(one["id"], one["status"], one["title"], one["url"]) for one in shown] == [
        (server, "ok", "Open Lines", ear.url)
    ]


async def test_a_wrong_string_fails_the_server_until_it_is_edited(
    sandbox: Sandbox, romashka: BotHandle, vk: Fixture, ear: Fixture, quick: None, eventually: Fixture
) -> None:
    before = (await vk("groups.getCallbackConfirmationCode", group_id=romashka.id))["code"]
    ear.code = before
    give = {"group_id": romashka.id, "url": ear.url, "title": "Open Lines"}
    number = (await vk("groups.addCallbackServer", **give))["server_id"]
    (added,) = sandbox.vk.world.communities[romashka.id].servers
    await eventually(lambda: added.status == "failed")  # the string had changed with the server
    ear.held = asyncio.Event()
    assert await vk("groups.editCallbackServer", server_id=number, **give) == 1
    ear.code = (await vk("groups.getCallbackConfirmationCode", group_id=romashka.id))["code"]
    assert ear.code != before
    ear.held.set()
    await eventually(lambda: added.status == "ok")


@pytest.mark.parametrize("answer", ['"ok"', "ok\n", "OK", "", '{"ok":true}'])
async def test_anything_but_a_bare_ok_brings_the_same_event_again(
    *, sandbox: Sandbox, romashka: BotHandle, irina: int, server: int, ear: Fixture, eventually: Fixture, answer: str
) -> None:
    ear.answer = answer
    event_id = sandbox.vk_people.text(irina, romashka.id, "Ещё раз").event_id
    await eventually(lambda: len(ear.events) >= 2)
    ear.answer = "ok"
    await eventually(lambda: _confirmed(sandbox, event_id))
    assert {one["event_id"] for one in ear.events} == {event_id}


async def test_a_status_beside_200_counts_as_nothing(
    sandbox: Sandbox, romashka: BotHandle, irina: int, server: int, ear: Fixture, eventually: Fixture
) -> None:
    ear.status = 503
    event_id = sandbox.vk_people.text(irina, romashka.id, "Ещё раз").event_id
    await eventually(lambda: len(ear.events) >= 2)
    ear.status = 200
    await eventually(lambda: _confirmed(sandbox, event_id))


async def test_order_is_kept_within_a_dialog_while_one_is_repeated(
    sandbox: Sandbox, romashka: BotHandle, irina: int, server: int, ear: Fixture, eventually: Fixture
) -> None:
    ear.status = 500
    sandbox.vk_people.text(irina, romashka.id, "раз")
    last = sandbox.vk_people.text(irina, romashka.id, "два").event_id
    await eventually(lambda: len(ear.events) >= 2)
    assert {one["object"]["message"]["text"] for one in ear.events} == {"раз"}
    ear.status = 200
    await eventually(lambda: _confirmed(sandbox, last))
    assert ear.events[-1]["object"]["message"]["text"] == "два"


async def test_a_server_that_never_takes_anything_is_given_up(
    sandbox: Sandbox, romashka: BotHandle, irina: int, server: int, ear: Fixture, eventually: Fixture
) -> None:
    sandbox.change_settings({"vk_callback_attempts": 3})
    ear.status = 500
    sandbox.vk_people.text(irina, romashka.id, "никто не взял")
    (shown,) = sandbox.vk.world.communities[romashka.id].servers
    await eventually(lambda: shown.status == "failed")
    assert len(ear.events) == 3
    assert [row["kind"] for row in sandbox.ledger.since(0)].count("update_dropped") == 1
    sandbox.vk_people.text(irina, romashka.id, "и этого не услышит")
    assert not sandbox.vk.sender._queues  # nothing is on its way
    assert len(ear.events) == 3


async def test_a_lost_reply_a_duplicate_and_a_torn_body(
    sandbox: Sandbox, romashka: BotHandle, irina: int, server: int, ear: Fixture, eventually: Fixture
) -> None:
    sandbox.vk.faults.replace([FaultRule(method="callback", fault="duplicate", times=1)])
    twice = sandbox.vk_people.text(irina, romashka.id, "раз").event_id
    await eventually(lambda: _confirmed(sandbox, twice))
    assert [one["event_id"] for one in ear.events] == [twice, twice]
    sandbox.vk.faults.replace([FaultRule(method="callback", fault="lost_reply", times=1)])
    lost = sandbox.vk_people.text(irina, romashka.id, "два").event_id
    await eventually(lambda: _confirmed(sandbox, lost))
    assert [one["event_id"] for one in ear.events].count(lost) == 2
    sandbox.vk.faults.replace([FaultRule(method="callback", fault="malformed", times=1)])
    torn = sandbox.vk_people.text(irina, romashka.id, "три").event_id
    await eventually(lambda: _confirmed(sandbox, torn))
    assert [one["event_id"] for one in ear.events].count(torn) == 1


async def test_both_ways_at_once_bring_one_event_id(
    sandbox: Sandbox, romashka: BotHandle, irina: int, server: int, ear: Fixture, poll: Fixture, eventually: Fixture
) -> None:
    sandbox.vk_people.text(irina, romashka.id, "дважды")
    await eventually(lambda: ear.events)
    (polled,) = await poll()
    assert polled["event_id"] == ear.events[0]["event_id"]
    assert "secret" not in polled


async def test_what_was_not_taken_is_posted_after_a_restart(tmp_path: Any, ear: Fixture, eventually: Fixture) -> None:
    settings = {"limits": False, "vk_confirmation_after_ms": 0, "vk_callback_retry_ms": 10}
    ear.status = 500
    async with Sandbox(folder=tmp_path, **settings) as sandbox:
        community = sandbox.vk.world.communities[sandbox.community("romashka").id]
        ear.code = community.confirmation_code
        irina = sandbox.user("irina")
        await _added(sandbox, community.id, ear, eventually)
        event_id = sandbox.vk_people.text(irina, community.id, "до перезапуска").event_id
        await eventually(lambda: ear.events)
    ear.status = 200
    async with Sandbox(folder=tmp_path, **settings) as sandbox:
        await eventually(lambda: _confirmed(sandbox, event_id))


async def _added(sandbox: Sandbox, community_id: int, ear: Any, eventually: Any) -> None:
    community = sandbox.vk.world.communities[community_id]
    community.servers.append(CallbackServer(id=1, url=ear.url, title="t", events=["message_new"]))
    sandbox.vk.sender.confirm(community, community.servers[0])
    await eventually(lambda: community.servers[0].status == "ok")


async def test_servers_are_checked_counted_and_deleted(
    romashka: BotHandle, vk: Fixture, refused: Fixture, ear: Fixture, quick: None
) -> None:
    give = {"group_id": romashka.id, "url": ear.url, "title": "Open Lines"}
    assert (await refused("groups.addCallbackServer", **{**give, "title": "Fifteen letters"}))[0] == 100
    assert (await refused("groups.addCallbackServer", **{**give, "url": "romashka"}))[0] == 100
    assert (await refused("groups.addCallbackServer", **give, secret_key="no-dashes"))[0] == 100
    assert (await refused("groups.addCallbackServer", **{**give, "group_id": 5}))[0] == 15
    numbers = [(await vk("groups.addCallbackServer", **give))["server_id"] for _ in range(10)]
    assert await refused("groups.addCallbackServer", **give) == (2000, "Servers number limit is reached")
    assert await vk("groups.deleteCallbackServer", group_id=romashka.id, server_id=numbers[0]) == 1
    assert (await vk("groups.getCallbackServers", group_id=romashka.id))["count"] == 9
    assert (await refused("groups.getCallbackSettings", group_id=romashka.id, server_id=numbers[0]))[0] == 100


async def test_nothing_but_this_machine_by_its_usual_names_is_ever_called(
    sandbox: Sandbox, romashka: BotHandle, vk: Fixture, quick: None, eventually: Fixture, ear: Fixture
) -> None:
    url = ear.url.replace("127.0.0.1", "127.0.0.2")
    await vk("groups.addCallbackServer", group_id=romashka.id, url=url, title="x")
    (added,) = sandbox.vk.world.communities[romashka.id].servers
    await eventually(lambda: added.status == "failed")
    assert ear.heard == []


def _confirmed(sandbox: Sandbox, event_id: str | None) -> bool:
    rows = sandbox.ledger.since(0)
    return any(row["kind"] == "update_confirmed" and row["update_id"] == event_id for row in rows)
