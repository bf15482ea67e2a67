from typing import Any

import pytest

from sandbox.cast import CastUser
from sandbox.server import BotHandle, Sandbox

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"count": 2}, [6, 5]),
        ({"count": 2, "offset": 3}, [3, 2]),
        ({"rev": 1, "count": 3}, [1, 2, 3]),
        ({"start_message_id": 4}, [4, 3, 2, 1]),
        ({"start_message_id": 4, "offset": -2, "count": 2}, [6, 5]),
        ({"start_message_id": 4, "rev": 1}, [4, 5, 6]),
    ],
)
async def test_history_by_pages_in_both_directions(
    *, sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture, parameters: dict[str, int], ids: list[int]
) -> None:
    for word in ("раз", "два", "три", "четыре", "пять"):
        sandbox.vk_people.text(irina, romashka.id, word)
    told = await vk("messages.getHistory", peer_id=irina, **parameters)
    assert [one["id"] for one in told["items"]] == ids
    assert told["count"] == 6


async def test_conversations_newest_first_and_only_the_unread(
    sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture, send: Fixture
) -> None:
    oleg = sandbox.add_user(CastUser(id=77, name="Олег Дюк", communities=["romashka"])).id
    sandbox.vk_people.text(oleg, romashka.id, "Добрый вечер")
    told = await vk("messages.getConversations")
    assert [one["conversation"]["peer"]["id"] for one in told["items"]] == [oleg, irina]
    assert [one["conversation"]["unread_count"] for one in told["items"]] == [1, 1]
    assert (told["count"], told["unread_count"]) == (2, 2)
    await vk("messages.markAsRead", peer_id=oleg)
    assert [
        one["conversation"]["peer"]["id"] for one in (await vk("messages.getConversations", filter="unread"))["items"]
    ] == [irina]
    sandbox.vk_people.deny(irina, romashka.id)
    (one,) = (await vk("messages.getConversationsById", peer_ids=irina))["items"]
    assert one["can_write"] == {"allowed": False, "reason": 901}


async def test_what_is_not_there_is_refused_or_left_out(vk: Fixture, refused: Fixture, irina: int) -> None:
    assert (await vk("messages.getById", message_ids="1,99"))["count"] == 1
    assert (await vk("messages.getById", peer_id=irina, cmids="1,99"))["count"] == 1
    assert (await refused("messages.getById"))[0] == 100
    assert (await refused("messages.getByConversationMessageId", peer_id=irina))[0] == 100
    assert (await refused("messages.getHistory"))[0] == 100
    assert (await refused("messages.getHistory", peer_id=irina, count=201))[0] == 100
    assert (await refused("messages.getHistory", peer_id=404_000_001))[0] == 901
    assert (await refused("messages.getConversationsById"))[0] == 100
    assert await refused("messages.sing") == (3, "Unknown method passed")


async def test_people_and_communities(
    sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture, refused: Fixture, http: Fixture
) -> None:
    (person,) = await vk("users.get", user_ids=f"{irina},404000001", fields="photo_200,screen_name,domain")
    assert (person["first_name"], person["last_name"], person["domain"]) == ("Ирина", "Волкова", "irina")
    async with http.get(person["photo_200"]) as answer:
        assert answer.content_type == "image/png"
    sandbox.vk_people.set_deactivated(irina, is_deactivated=True)
    (person,) = await vk("users.get", user_ids="irina")
    assert (person["first_name"], person["deactivated"]) == ("DELETED", "deleted")
    assert (await refused("users.get"))[0] == 100
    assert (await refused("users.get", user_ids="nobody_of_that_name"))[0] == 113
    told = await vk("groups.getById", group_id=romashka.id)
    assert [one["screen_name"] for one in told["groups"]] == ["romashka"]
    assert (await vk("groups.getById", v="5.131"))[0]["id"] == romashka.id
    assert (await refused("groups.getById", group_id="other"))[0] == 100
    assert {one["name"] for one in (await vk("groups.getTokenPermissions"))["permissions"]} >= {"messages", "manage"}
