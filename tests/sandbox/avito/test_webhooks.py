"""One subscription, what is posted to it, and how often."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sandbox.avito.faults import FaultRule
from sandbox.server import Sandbox, SellerHandle

Fixture = Any

HOOK = "/messenger/v3/webhook"


async def subscriptions(call: Fixture) -> list[str]:
    told = await call("POST", "/messenger/v1/subscriptions")
    assert {one["version"] for one in told["subscriptions"]} <= {"3"}
    return [one["url"] for one in told["subscriptions"]]


async def test_a_new_subscription_replaces_the_old(call: Fixture, refused: Fixture) -> None:
    assert await subscriptions(call) == []
    for url in ("https://one.example/h", "https://two.example/h"):
        assert await call("POST", HOOK, json={"url": url}) == {"ok": True}
    assert await subscriptions(call) == ["https://two.example/h"]
    await call("POST", "/messenger/v1/webhook/unsubscribe", json={"url": "https://one.example/h"})
    assert await subscriptions(call) == ["https://two.example/h"]
    await call("POST", "/messenger/v1/webhook/unsubscribe", json={"url": "https://two.example/h"})
    assert await subscriptions(call) == []
    for wrong in ({}, {"url": 1}, {"url": "ftp://x"}, {"url": "https://"}):
        assert (await refused("POST", HOOK, json=wrong))[0] == 400


async def test_what_a_buyer_writes_is_posted(
    sandbox: Sandbox, subscribed: Fixture, artem: int, flowers: SellerHandle, chat: str, eventually: Fixture
) -> None:
    act = sandbox.avito_people.text(artem, flowers.listing, "Почём?")
    assert act.message is not None
    await eventually(lambda: subscribed.heard)
    (event,) = subscribed.heard
    assert (event["id"], event["version"], event["payload"]["type"]) == (act.event_id, "v3.0.0", "message")
    value = event["payload"]["value"]
    assert value == {
        "id": act.message.id,
        "chat_id": chat.rpartition("/")[2],
        "user_id": flowers.id,
        "author_id": artem,
        "created": act.message.created,
        "type": "text",
        "chat_type": "u2i",
        "content": {"text": "Почём?"},
        "item_id": flowers.listing,
        "read": None,
        "published_at": "2027-01-15T08:00:00Z",
    }
    assert subscribed.queries == ["secret=a%2Fb~c&x=1"]
    assert [len(one) for one in subscribed.signatures] == [64]


async def test_own_messages_come_back_whoever_sent_them(
    sandbox: Sandbox,
    call: Fixture,
    subscribed: Fixture,
    chat: str,
    artem: int,
    flowers: SellerHandle,
    eventually: Fixture,
) -> None:
    sent = await call("POST", f"/messenger/v1/{chat}/messages", json={"message": {"text": "Раз"}, "type": "text"})
    by_hand = sandbox.avito_staff.answer(artem, flowers.listing, "Два").message
    assert by_hand is not None
    await eventually(lambda: len(subscribed.heard) == 2)
    assert [(one["id"], one["author_id"]) for one in subscribed.values] == [
        (sent["id"], flowers.id),
        (by_hand.id, flowers.id),
    ]
    assert [one["user_id"] for one in subscribed.values] == [flowers.id] * 2
    assert by_hand.read is None
    assert not sandbox.avito.world.is_unread(sandbox.avito.world.chats[by_hand.chat_id])  # it was open in the app


async def test_a_chat_without_a_listing_has_no_item(
    sandbox: Sandbox, subscribed: Fixture, artem: int, flowers: SellerHandle, eventually: Fixture
) -> None:
    sandbox.avito_people.text(artem, flowers.id, "Вы работаете?")
    sandbox.avito_staff.inject(flowers.id, {"type": "новое", "id": "1"})
    await eventually(lambda: len(subscribed.heard) == 2)
    asked = next(one for one in subscribed.values if one["type"] == "text")
    assert (asked["chat_type"], "item_id" in asked) == ("u2u", False)


@pytest.mark.parametrize("is_posted", [True, False])
async def test_deletions_are_posted_if_that_is_wanted(
    sandbox: Sandbox, subscribed: Fixture, artem: int, flowers: SellerHandle, is_posted: bool, eventually: Fixture
) -> None:
    sandbox.change_settings({"avito_deletions_posted": is_posted})
    act = sandbox.avito_people.text(artem, flowers.listing, "Ой")
    assert act.message is not None
    sandbox.avito_people.delete(artem, flowers.listing, act.message.number)
    sandbox.avito_people.text(artem, flowers.listing, "Так")
    await eventually(lambda: "Так" in [one["content"]["text"] for one in subscribed.values])
    told = [one["content"]["text"] for one in subscribed.values]
    assert told == (["Ой", "Сообщение удалено", "Так"] if is_posted else ["Ой", "Так"])


async def test_what_is_not_taken_comes_again_and_is_dropped_in_the_end(
    sandbox: Sandbox, subscribed: Fixture, artem: int, flowers: SellerHandle, eventually: Fixture
) -> None:
    subscribed.status = 500
    sandbox.avito_people.text(artem, flowers.listing, "раз")
    await eventually(lambda: [one for one in sandbox.ledger.since() if one["kind"] == "update_dropped"])
    assert len({one["id"] for one in subscribed.heard}) == 1
    assert len(subscribed.heard) == 3
    subscribed.status = 200
    sandbox.avito_people.text(artem, flowers.listing, "два")
    await eventually(lambda: [one for one in sandbox.ledger.since() if one["kind"] == "update_confirmed"])
    assert len(subscribed.heard) == 4


async def test_who_answers_too_late_is_told_again(
    sandbox: Sandbox, subscribed: Fixture, artem: int, flowers: SellerHandle, eventually: Fixture
) -> None:
    sandbox.change_settings({"avito_webhook_timeout_ms": 50})
    subscribed.held = asyncio.Event()
    sandbox.avito_people.text(artem, flowers.listing, "раз")
    await eventually(lambda: len(subscribed.heard) == 2)
    subscribed.held.set()
    assert subscribed.heard[0] == subscribed.heard[1]


async def test_what_is_pending_outlives_a_restart(tmp_path: Path, ear: Fixture, eventually: Fixture) -> None:
    ear.status = 500
    async with Sandbox(folder=tmp_path, avito_webhook_retry_ms=600_000) as before:
        flowers, artem = before.seller("flowers"), before.user("artem")
        before.avito.world.sellers[flowers.id].url = ear.url
        before.avito.world.keep_seller(before.avito.world.sellers[flowers.id])
        before.avito_people.text(artem, flowers.listing, "раз")
        await eventually(lambda: ear.heard)
    ear.status = 200
    async with Sandbox(folder=tmp_path) as after:
        await eventually(lambda: [one for one in after.ledger.since() if one["kind"] == "update_confirmed"])
    assert ear.heard[0] == ear.heard[-1]


async def test_strangers_are_never_called(
    sandbox: Sandbox, call: Fixture, artem: int, flowers: SellerHandle, eventually: Fixture
) -> None:
    sandbox.change_settings({"avito_webhook_retry_ms": 1})
    await call("POST", HOOK, json={"url": "http://192.0.2.1/hook"})
    sandbox.avito_people.text(artem, flowers.listing, "раз")
    await eventually(lambda: [one for one in sandbox.ledger.since() if one["kind"] == "update_dropped"])


async def test_faults_of_the_posts(
    sandbox: Sandbox, call: Fixture, subscribed: Fixture, artem: int, flowers: SellerHandle, eventually: Fixture
) -> None:
    def ask(fault: Any) -> None:
        sandbox.avito.faults.replace([FaultRule(method="webhook", fault=fault, times=1)])
        sandbox.avito_people.text(artem, flowers.listing, fault)

    ask("duplicate")
    await eventually(lambda: len(subscribed.heard) == 2)
    assert subscribed.heard[0] == subscribed.heard[1]
    ask("lost_reply")
    await eventually(lambda: len(subscribed.heard) == 4)
    ask("malformed")
    await eventually(lambda: len(subscribed.heard) == 5)  # half of it was no JSON, the whole came again
    assert len(subscribed.queries) == 6
    ask("unsubscribed")
    await eventually(lambda: not sandbox.avito.world.sellers[flowers.id].url)
    assert await subscriptions(call) == []
    assert sandbox.avito_people.text(artem, flowers.listing, "никому").event_id is None
