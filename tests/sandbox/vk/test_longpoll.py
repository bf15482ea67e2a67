import asyncio
from typing import Any

import pytest

from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.uploads import sample_file
from sandbox.vk.faults import FaultRule

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


async def test_a_new_community_has_no_long_poll(sandbox: Sandbox, romashka: BotHandle, vk: Fixture, refused: Fixture):
    told = await refused("groups.getLongPollServer", group_id=romashka.id)
    assert told == (
        100, "One of the parameters specified was missing or invalid: longpoll for this group is not enabled",
    )  # fmt: skip
    give = {"group_id": romashka.id, "enabled": 1, "api_version": "5.103", "message_new": 1, "message_reply": 0}
    assert await vk("groups.setLongPollSettings", **give) == 1
    settings = await vk("groups.getLongPollSettings", group_id=romashka.id)
    assert (settings["is_enabled"], settings["api_version"]) == (True, "5.103")
    assert {name for name, is_on in settings["events"].items() if is_on} == {"message_new"}
    assert set(await vk("groups.getLongPollServer", group_id=romashka.id)) == {"key", "server", "ts"}


async def test_only_kinds_that_are_on_are_told(
    sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture, vk: Fixture
) -> None:
    await vk("groups.setLongPollSettings", group_id=romashka.id, message_typing_state=0)
    sandbox.vk_people.type(irina, romashka.id)
    sandbox.vk_people.text(irina, romashka.id, "А розы?")
    message = (await poll.one("message_new"))["message"]
    assert (message["text"], message["from_id"], message["peer_id"], message["out"]) == ("А розы?", irina, irina, 0)
    assert (message["id"], message["conversation_message_id"]) == (2, 2)


@pytest.mark.parametrize(("version", "is_wrapped"), [("5.102", False), ("5.103", True), ("5.199", True)])
async def test_the_communitys_version_decides_about_the_shape(
    *, sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture, vk: Fixture, version: str, is_wrapped: bool
) -> None:
    await vk("groups.setLongPollSettings", group_id=romashka.id, api_version=version)
    sandbox.vk_people.text(irina, romashka.id, "Привет")
    (event,) = await poll()
    assert event["v"] == version
    assert ("message" in event["object"], "client_info" in event["object"]) == (is_wrapped, is_wrapped)
    assert (event["object"]["message"] if is_wrapped else event["object"])["text"] == "Привет"


async def test_nothing_is_confirmed_by_reading_and_ts_is_a_string(
    sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture
) -> None:
    begun = poll.access["ts"]
    sandbox.vk_people.text(irina, romashka.id, "раз")
    sandbox.vk_people.text(irina, romashka.id, "два")
    first, again = await poll.check(), await poll.check()
    assert first == again
    assert first["ts"] == str(int(begun) + 2)
    assert len({one["event_id"] for one in first["updates"]}) == 2
    assert len((await poll.check(ts=int(begun) + 1))["updates"]) == 1


async def test_a_reader_waits_for_what_comes(sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture) -> None:
    waiting = asyncio.create_task(poll.check(wait=60))
    await asyncio.sleep(0)
    sandbox.vk_people.text(irina, romashka.id, "вот")
    assert len((await waiting)["updates"]) == 1


async def test_what_is_forgotten_is_said_with_a_number_to_go_on_from(
    sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture
) -> None:
    sandbox.change_settings({"vk_events_kept": 2})
    for word in ("раз", "два", "три"):
        sandbox.vk_people.text(irina, romashka.id, word)
    last = int(poll.access["ts"]) + 3
    assert await poll.check() == {"failed": 1, "ts": last}
    assert len((await poll.check(ts=last - 2))["updates"]) == 2
    assert await poll.check(ts=last + 5) == {"failed": 1, "ts": last}
    sandbox.vk.feed.forget(sandbox.vk.world.communities[romashka.id])
    assert await poll.check(ts=last) == {"failed": 1, "ts": last + 1}


async def test_an_old_key_and_a_switched_off_long_poll(
    sandbox: Sandbox, romashka: BotHandle, poll: Fixture, vk: Fixture, hands: Fixture
) -> None:
    assert await poll.check(key="made-up") == {"failed": 2}
    assert await poll.check(ts="soon") == {"failed": 3}
    hands.ms += 3600 * 1000
    assert await poll.check() == {"failed": 2}
    await poll.open()
    assert await poll() == []
    await vk("groups.setLongPollSettings", group_id=romashka.id, enabled=0)
    assert await poll.check() == {"failed": 3}


async def test_a_revoked_token_ends_calls_and_keys(
    sandbox: Sandbox, romashka: BotHandle, poll: Fixture, refused: Fixture, vk: Fixture
) -> None:
    token = sandbox.revoke_community_token(romashka.id)
    assert (await refused("users.get", user_ids=1))[0] == 5
    assert await poll.check() == {"failed": 2}
    assert await vk("users.get", user_ids=1, access_token=token) == []
    sandbox.vk.world.replace_token(sandbox.vk.world.communities[romashka.id], romashka.token)
    assert await poll() == []


async def test_memory_holds_what_the_settings_say(
    sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture
) -> None:
    sandbox.change_settings({"messages_kept": 2, "file_bytes_kept": 1})
    people = sandbox.vk_people
    for _ in range(3):
        people.files(irina, romashka.id, "document", [sample_file("document")])
    told = (await vk("messages.getHistory", peer_id=irina))["items"]
    assert [one["id"] for one in told] == [4, 3]
    numbers = [one["attachments"][0]["doc"]["id"] for one in told]
    assert [sandbox.vk.files.content(sandbox.vk.files.get(number)) is None for number in numbers] == [False, True]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_a_failure_can_be_asked_for(sandbox: Sandbox, poll: Fixture, number: int) -> None:
    sandbox.vk.faults.replace([FaultRule(method="longpoll", fault="failed", error_code=number, times=1)])
    body = await poll.check()
    assert body["failed"] == number
    assert ("ts" in body) is (number == 1)
    assert await poll() == []


async def test_a_duplicate_brings_the_same_events_again(
    sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture
) -> None:
    sandbox.vk_people.text(irina, romashka.id, "раз")
    (first,) = await poll()
    sandbox.vk.faults.replace([FaultRule(method="longpoll", fault="duplicate", times=1)])
    sandbox.vk_people.text(irina, romashka.id, "два")
    again = await poll()
    assert first["event_id"] in [one["event_id"] for one in again]
    assert again[-1]["object"]["message"]["text"] == "два"


async def test_the_event_numbers_go_on_over_a_restart(tmp_path: Any) -> None:
    async with Sandbox(folder=tmp_path, limits=False) as sandbox:
        community = sandbox.vk.world.communities[sandbox.community("romashka").id]
        community.longpoll.is_enabled, community.longpoll.events = True, ["message_new"]
        irina = sandbox.user("irina")
        sandbox.vk_people.text(irina, community.id, "до")
        last = sandbox.vk.feed.last(community)
    async with Sandbox(folder=tmp_path, limits=False) as sandbox:
        community = sandbox.vk.world.communities[community.id]
        sandbox.vk_people.text(irina, community.id, "после")
        events = sandbox.vk.feed.after(community, last - 1)
        assert events is not None
        assert [event.seq for event in events] == [last, last + 1]
        dialog = sandbox.vk.world.dialogs[community.id, irina]
        assert [one.body["text"] for one in sandbox.vk.world.history(dialog)] == ["после", "до"]
        assert dialog.is_allowed
