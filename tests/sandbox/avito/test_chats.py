"""Lists of chats, one chat with its people and its listing, read marks, the blacklist."""

from typing import Any

import pytest

from sandbox.cast import CastUser
from sandbox.server import Sandbox, SellerHandle
from sandbox.toolkit.acts import ActError

Fixture = Any


@pytest.fixture
def chats(call: Fixture, flowers: SellerHandle) -> Fixture:
    async def chats(**query: object) -> Any:
        params = {name: str(value) for name, value in query.items()}
        return await call("GET", f"/messenger/v2/accounts/{flowers.id}/chats", params=params)

    return chats


async def test_a_chat_tells_its_people_its_listing_and_its_newest_message(
    call: Fixture, chat: str, artem: int, flowers: SellerHandle
) -> None:
    told = await call("GET", f"/messenger/v2/{chat}")
    assert [(one["id"], one["name"]) for one in told["users"]] == [
        (artem, "Артём Гусев"),
        (flowers.id, "Ромашка, доставка цветов"),
    ]
    profile = told["users"][0]["public_user_profile"]
    assert profile["url"].startswith("https://www.avito.ru/user/")
    assert set(profile["avatar"]) == {"default", "images"}
    item = told["context"]["value"]
    assert (told["context"]["type"], item["id"], item["user_id"]) == ("item", flowers.listing, flowers.id)
    assert (item["title"], item["price_string"]) == ("Букет пионов с доставкой", "2 590 ₽")
    assert (item["location"]["title"], item["status_id"]) == ("Екатеринбург", 4)
    assert item["url"].endswith(f"_{flowers.listing}")
    last = told["last_message"]
    assert (last["author_id"], last["direction"], last["type"]) == (artem, "in", "text")
    assert last["content"] == {"text": "Здравствуйте! Пионы свежие?"}


async def test_only_chats_about_listings_unless_others_are_asked_for(
    sandbox: Sandbox, chats: Fixture, artem: int, flowers: SellerHandle
) -> None:
    sandbox.avito_people.text(artem, flowers.id, "А без объявления?")
    assert [one["id"][:4] for one in (await chats())["chats"]] == ["u2i-"]
    assert [one["id"][:4] for one in (await chats(chat_types="u2i,u2u"))["chats"]] == ["u2u-", "u2i-"]
    (profile,) = (await chats(chat_types="u2u"))["chats"]
    assert "context" not in profile
    assert (await chats(item_ids="1,2"))["chats"] == []
    assert len((await chats(item_ids=flowers.listing))["chats"]) == 1


async def test_unread_until_it_is_read_and_reading_the_messages_is_no_reading(
    sandbox: Sandbox, chats: Fixture, call: Fixture, history: Fixture, chat: str, artem: int, flowers: SellerHandle
) -> None:
    assert [one["is_read"] for one in await history()] == [False]
    assert len((await chats(unread_only="true"))["chats"]) == 1
    assert await call("POST", f"/messenger/v1/{chat}/read") == {"ok": True}
    assert (await chats(unread_only="true"))["chats"] == []
    (first,) = await history()
    assert (first["is_read"], first["read"]) == (True, first["created"])
    sandbox.avito_people.text(artem, flowers.listing, "И ещё вопрос")
    assert len((await chats(unread_only="true"))["chats"]) == 1


async def test_pages_have_bounds(
    sandbox: Sandbox, chats: Fixture, history: Fixture, refused: Fixture, chat: str, artem: int, flowers: SellerHandle
) -> None:
    for number in range(3):
        user = CastUser(id=900 + number, name=f"Покупатель {number}", listings=[flowers.listing])
        sandbox.add_user(user)
        sandbox.avito_people.text(user.id, flowers.listing, "Есть?")
    page = await chats(limit=2, offset=1)
    assert ([one["users"][0]["id"] for one in page["chats"]], page["meta"]) == ([901, 900], {"has_more": True})
    assert not (await chats(limit=100, offset=1000))["meta"]["has_more"]
    sandbox.avito_people.text(artem, flowers.listing, "два")
    assert [one["content"]["text"] for one in await history(limit=1)] == ["два"]
    assert len(await history(offset=1)) == 1
    wrong = [{"limit": 101}, {"limit": 0}, {"offset": 1001}, {"offset": -1}, {"limit": "many"}]
    for query in wrong:
        for path in (f"/messenger/v2/accounts/{flowers.id}/chats", f"/messenger/v3/{chat}/messages/"):
            assert await refused("GET", path, params=query) == (400, "Validation error")
    chats_path = f"/messenger/v2/accounts/{flowers.id}/chats"
    for query in ({"chat_types": "x2x"}, {"unread_only": "perhaps"}):
        assert (await refused("GET", chats_path, params=query))[0] == 400


async def test_a_chat_that_nobody_began_is_not_there(
    sandbox: Sandbox, chats: Fixture, flowers: SellerHandle, refused: Fixture
) -> None:
    empty = sandbox.avito.world.chat_at(sandbox.user("artem"), flowers.listing)
    assert empty is not None
    assert (await chats())["chats"] == []
    path = f"/messenger/v1/accounts/{flowers.id}/chats/{empty.id}/messages"
    assert await refused("POST", path, json={"message": {"text": "?"}, "type": "text"}) == (404, "chat not found")


async def test_who_is_blacklisted_writes_no_more(
    sandbox: Sandbox, call: Fixture, refused: Fixture, artem: int, flowers: SellerHandle
) -> None:
    path = f"/messenger/v2/accounts/{flowers.id}/blacklist"
    for wrong in ({}, {"users": []}, {"users": [1]}, {"users": [{"user_id": artem, "context": {"reason_id": 9}}]}):
        assert (await refused("POST", path, json=wrong))[0] == 400
    user = {"user_id": artem, "context": {"item_id": flowers.listing, "reason_id": 1}}
    await call("POST", path, json={"users": [user]})
    with pytest.raises(ActError, match="blacklist"):
        sandbox.avito_people.text(artem, flowers.listing, "Купите рекламу")
