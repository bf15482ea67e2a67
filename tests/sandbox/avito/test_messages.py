"""Texts out, what each kind of message looks like in the list, taking messages back."""

from typing import Any

import pytest

from sandbox.server import Sandbox, SellerHandle

Fixture = Any


async def test_a_text_is_sent_and_stands_on_the_phone(
    sandbox: Sandbox, call: Fixture, history: Fixture, chat: str, flowers: SellerHandle
) -> None:
    sent = await call("POST", f"/messenger/v1/{chat}/messages", json={"message": {"text": "Свежие"}, "type": "text"})
    assert set(sent) == {"id", "type", "created", "direction", "content"}
    assert (sent["type"], sent["direction"], sent["content"]) == ("text", "out", {"text": "Свежие"})
    newest, first = await history()
    assert (newest["id"], newest["author_id"], newest["direction"]) == (sent["id"], flowers.id, "out")
    assert (newest["read"], first["direction"]) == (None, "in")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": {"text": "я" * 1001}, "type": "text"}, "text"),
        ({"message": {"text": " "}, "type": "text"}, "text"),
        ({"message": "слова", "type": "text"}, "text"),
        ({"message": {"text": "x"}, "type": "image"}, "type"),
        ([1], "body"),
    ],
)
async def test_what_is_no_text_is_refused(raw: Fixture, chat: str, body: object, field: str) -> None:
    answer = await raw("POST", f"/messenger/v1/{chat}/messages", json=body)
    assert (answer.status, list(answer.body["error"]["fields"])) == (400, [field])


async def test_a_thousand_characters_are_taken_and_a_body_that_is_no_json_is_not(
    call: Fixture, refused: Fixture, chat: str
) -> None:
    await call("POST", f"/messenger/v1/{chat}/messages", json={"message": {"text": "я" * 1000}, "type": "text"})
    assert (await refused("POST", f"/messenger/v1/{chat}/messages", data=b"text"))[0] == 400


async def test_a_buyer_who_refuses_gets_nothing_until_the_buyer_writes(
    sandbox: Sandbox, call: Fixture, refused: Fixture, chat: str, artem: int, flowers: SellerHandle
) -> None:
    body = {"message": {"text": "Свежие"}, "type": "text"}
    sandbox.avito_people.refuse(artem, flowers.listing, is_refused=True)
    assert await refused("POST", f"/messenger/v1/{chat}/messages", json=body) == (403, "Forbidden")
    sandbox.avito_people.text(artem, flowers.listing, "Передумал")
    await call("POST", f"/messenger/v1/{chat}/messages", json=body)


async def test_every_kind_that_a_buyer_sends(
    sandbox: Sandbox, history: Fixture, chat: str, artem: int, flowers: SellerHandle
) -> None:
    people, at = sandbox.avito_people, (artem, flowers.listing)
    first = people.text(*at, "Вот такие", reply_to=1).message
    assert first is not None
    people.sample(*at, "photo")
    people.sample(*at, "voice")
    people.location(*at, 56.8, 60.6, "Екатеринбург, Ленина, 1")
    for kind in ("link", "item", "call", "app_call", "video", "file"):
        people.thing(*at, kind)
    sandbox.avito_staff.system(*at, "Не переводите деньги вне Авито")
    told = (await history())[::-1][1:]
    kinds = ["text", "image", "voice", "location", "link", "item", "call", "appCall", "video", "file", "system"]
    assert [one["type"] for one in told] == kinds
    contents = {one["type"]: one["content"] for one in told}
    assert told[0]["quote"]["content"] == {"text": "Здравствуйте! Пионы свежие?"}
    assert set(contents["image"]["image"]["sizes"]) == {"1280x960", "640x480", "140x105", "32x32"}
    assert set(contents["voice"]["voice"]) == {"voice_id"}
    assert contents["location"]["location"]["text"] == "Екатеринбург, Ленина, 1"
    assert contents["link"]["link"]["preview"]["domain"] == "romashka.example"
    assert contents["item"]["item"]["price_string"] == "2 590 ₽"
    assert contents["call"]["call"] == {"status": "missed", "target_user_id": flowers.id}
    assert [contents[kind] for kind in ("appCall", "video", "file")] == [{}, {}, {}]
    assert told[-1]["author_id"] == 0


async def test_the_list_can_be_the_array_of_the_document(sandbox: Sandbox, call: Fixture, chat: str) -> None:
    sandbox.change_settings({"avito_messages_as_array": True})
    assert [one["type"] for one in await call("GET", f"/messenger/v3/{chat}/messages/")] == ["text"]


async def test_own_messages_are_taken_back_within_an_hour(
    sandbox: Sandbox, call: Fixture, refused: Fixture, history: Fixture, chat: str, hands: Fixture
) -> None:
    text = {"message": {"text": "Ой"}, "type": "text"}
    sent = [await call("POST", f"/messenger/v1/{chat}/messages", json=text) for _ in range(2)]
    for _ in range(2):  # once more is no trouble
        assert await call("POST", f"/messenger/v1/{chat}/messages/{sent[0]['id']}") == {}
    other, gone, first = await history()
    assert (gone["id"], gone["type"], gone["content"]) == (sent[0]["id"], "deleted", {})
    assert other["type"] == "text"
    assert (await refused("POST", f"/messenger/v1/{chat}/messages/{first['id']}"))[0] == 400
    assert await refused("POST", f"/messenger/v1/{chat}/messages/none") == (404, "message not found")
    hands.ms += 3_601_000
    assert (await refused("POST", f"/messenger/v1/{chat}/messages/{sent[1]['id']}"))[0] == 400


async def test_what_a_buyer_takes_back_stands_there_as_a_text(
    sandbox: Sandbox, history: Fixture, artem: int, flowers: SellerHandle
) -> None:
    asked = sandbox.avito_people.text(artem, flowers.listing, "Ошибся").message
    assert asked is not None
    sandbox.avito_people.delete(artem, flowers.listing, asked.number)
    newest, _ = await history()
    assert (newest["id"], newest["type"], newest["content"]) == (asked.id, "text", {"text": "Сообщение удалено"})
