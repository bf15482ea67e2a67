"""Subscriptions, what is posted to them, how often it comes again, and how they are lost."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.max.faults import FaultRule
from sandbox.server import BotHandle, Sandbox
from tests.sandbox.max.running import max_of

Fixture = Any
HOUR_MS = 3600 * 1000


async def urls(call: Fixture) -> list[str]:
    return [one["url"] for one in (await call("GET", "/subscriptions"))["subscriptions"]]


def rows(sandbox: Sandbox, kind: str) -> list[Any]:
    """Of webhooks: that Софья has started the bot was read by polling."""
    return [one for one in sandbox.ledger.since() if one["kind"] == kind and one.get("via") != "polling"]


async def test_subscribing_again_changes_the_subscription(call: Fixture, refused: Fixture, hands: Fixture) -> None:
    one, two = "https://one.example/h?a=1", "https://two.example:443/h"
    for _ in range(2):
        assert await call("POST", "/subscriptions", json={"url": one, "update_types": ["message_created"]}) == {
            "success": True
        }
    await call("POST", "/subscriptions", json={"url": two, "secret": "a-Z_9" * 51})
    listed = (await call("GET", "/subscriptions"))["subscriptions"]
    assert listed == [
        {"url": one, "time": hands.ms, "update_types": ["message_created"]},
        {"url": two, "time": hands.ms, "update_types": None},
    ]
    assert await call("DELETE", "/subscriptions", params={"url": one}) == {"success": True}
    assert (await refused("DELETE", "/subscriptions", params={"url": one}))[:2] == (404, "not.found")
    assert (await refused("DELETE", "/subscriptions"))[:2] == (400, "proto.payload")
    assert await urls(call) == [two]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": 1},
        {"url": "http://one.example/h"},
        {"url": "https://one.example:8443/h"},
        {"url": "https:///h"},
        {"url": "https://one.example:x/h"},
        {"url": "https://one.example/h", "secret": "abcd"},
        {"url": "https://one.example/h", "secret": "a" * 257},
        {"url": "https://one.example/h", "secret": "пароль"},
        {"url": "https://one.example/h", "secret": "with space"},
        {"url": "https://one.example/h", "update_types": "message_created"},
        {"url": "https://one.example/h", "update_types": [1]},
    ],
)
async def test_a_wrong_subscription_is_refused(call: Fixture, refused: Fixture, body: Any) -> None:
    assert (await refused("POST", "/subscriptions", json=body))[:2] == (400, "proto.payload")
    assert await urls(call) == []


async def test_updates_are_posted_with_the_secret(
    sandbox: Sandbox, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture
) -> None:
    act = max_of(sandbox).people.text(sofya, romashka.id, "Раз")
    await eventually(lambda: rows(sandbox, "update_confirmed"))
    assert (subscribed.texts, subscribed.secrets) == (["Раз"], ["what_MAX-sends"])
    (row,) = rows(sandbox, "update_confirmed")
    assert (row["update_id"], row["via"]) == (act.event_id, "webhook")


async def test_only_the_kinds_that_were_asked_for_are_posted(
    sandbox: Sandbox, call: Fixture, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture
) -> None:
    await call("POST", "/subscriptions", json={"url": subscribed.url, "update_types": ["dialog_muted"]})
    max_of(sandbox).people.text(sofya, romashka.id, "Раз")
    max_of(sandbox).people.mute(sofya, romashka.id)
    await eventually(lambda: subscribed.heard)
    assert [one["update_type"] for one in subscribed.heard] == ["dialog_muted"]
    assert subscribed.secrets == [None]


@pytest.mark.parametrize("status", [201, 204, 302, 404, 500])
async def test_whoever_does_not_answer_200_is_told_again_by_the_clock(
    sandbox: Sandbox,
    subscribed: Fixture,
    sofya: int,
    romashka: BotHandle,
    eventually: Fixture,
    hands: Fixture,
    status: int,
) -> None:
    subscribed.status = status
    max_of(sandbox).people.text(sofya, romashka.id, "Раз")
    for attempts, pause_ms in ((1, 60_000), (2, 150_000), (3, 375_000)):
        await eventually(lambda attempts=attempts: len(rows(sandbox, "update_refused")) == attempts)
        hands.ms += pause_ms - 1
        await asyncio.sleep(0.12)  # more than it takes to look at the clock
        assert len(subscribed.heard) == attempts
        hands.ms += 1
    subscribed.status = 200
    await eventually(lambda: rows(sandbox, "update_confirmed"))
    assert len({one["message"]["body"]["mid"] for one in subscribed.heard}) == 1


async def test_what_was_refused_lets_the_next_pass(
    sandbox: Sandbox, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture, hands: Fixture
) -> None:
    subscribed.status = 503
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    await eventually(lambda: rows(sandbox, "update_refused"))
    subscribed.status = 200
    max_of(sandbox).people.text(sofya, romashka.id, "два")
    await eventually(lambda: len(subscribed.heard) == 2)
    hands.ms += 60_000
    await eventually(lambda: len(rows(sandbox, "update_confirmed")) == 2)
    assert subscribed.texts == ["раз", "два", "раз"]


async def test_ten_repeats_are_the_last(
    sandbox: Sandbox, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture
) -> None:
    sandbox.change_settings({"max_webhook_retry_ms": 0})
    subscribed.status = 500
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    await eventually(lambda: rows(sandbox, "update_dropped"))
    assert len(subscribed.heard) == 11


async def test_eight_hours_without_success_unsubscribe(
    sandbox: Sandbox, call: Fixture, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture,
    hands: Fixture,
) -> None:  # fmt: skip
    sandbox.change_settings({"max_webhook_retry_ms": 24 * HOUR_MS})
    subscribed.status = 500
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    await eventually(lambda: rows(sandbox, "update_refused"))
    hands.ms += 8 * HOUR_MS - 1
    max_of(sandbox).max.sender.drop_the_silent()
    assert await urls(call) == [subscribed.url]
    hands.ms += 1
    max_of(sandbox).max.sender.drop_the_silent()
    assert await urls(call) == []
    assert len(rows(sandbox, "unsubscribed")) == 1
    max_of(sandbox).people.text(sofya, romashka.id, "два")
    assert len((await call("GET", "/updates", params={"timeout": "0"}))["updates"]) == 1


async def test_one_success_begins_the_eight_hours_anew(
    sandbox: Sandbox, call: Fixture, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture,
    hands: Fixture,
) -> None:  # fmt: skip
    subscribed.status = 500
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    await eventually(lambda: rows(sandbox, "update_refused"))
    subscribed.status = 200
    hands.ms += 7 * HOUR_MS
    await eventually(lambda: rows(sandbox, "update_confirmed"))
    hands.ms += 7 * HOUR_MS
    max_of(sandbox).max.sender.drop_the_silent()
    assert await urls(call) == [subscribed.url]


async def test_whoever_answers_too_late_is_told_again(
    sandbox: Sandbox, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture
) -> None:
    sandbox.change_settings({"max_webhook_timeout_ms": 50, "max_webhook_retry_ms": 0})
    subscribed.held = asyncio.Event()
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    await eventually(lambda: len(subscribed.heard) == 2)
    subscribed.held.set()
    assert subscribed.heard[0] == subscribed.heard[1]


async def test_a_lost_subscription_is_told_to_nobody(
    sandbox: Sandbox, call: Fixture, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture
) -> None:
    max_of(sandbox).max.faults.replace([FaultRule(method="webhook", fault="unsubscribed", times=1)])
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    await eventually(lambda: rows(sandbox, "update_dropped"))
    assert await urls(call) == []
    await call("POST", "/subscriptions", json={"url": subscribed.url})
    max_of(sandbox).people.text(sofya, romashka.id, "два")
    await eventually(lambda: subscribed.heard)
    assert subscribed.texts == ["два"]
    max_of(sandbox).staff.unsubscribe(romashka.id)
    assert await urls(call) == []


async def test_faults_of_the_posts(
    sandbox: Sandbox, subscribed: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture
) -> None:
    sandbox.change_settings({"max_webhook_retry_ms": 0})

    def ask(fault: str) -> None:
        max_of(sandbox).max.faults.replace([FaultRule(method="webhook", fault=fault, times=1)])
        max_of(sandbox).people.text(sofya, romashka.id, fault)

    ask("duplicate")
    await eventually(lambda: subscribed.texts == ["duplicate"] * 2)
    ask("lost_reply")
    await eventually(lambda: subscribed.texts[2:] == ["lost_reply"] * 2)
    ask("malformed")
    await eventually(lambda: subscribed.texts[4:] == ["malformed"])  # half of it was no JSON, the whole came again
    assert len(subscribed.secrets) == 6


async def test_what_is_pending_outlives_a_restart(tmp_path: Path, ear: Fixture, eventually: Fixture) -> None:
    ear.status = 500
    async with Sandbox(folder=tmp_path, max_webhook_retry_ms=600_000) as before:
        bot, user_id = max_of(before).bot("romashka_max_bot"), before.user("sofya")
        max_of(before).people.start(user_id, bot.id)
        async with aiohttp.ClientSession() as http:
            headers = {"Authorization": bot.token}
            async with http.post(f"{before.url}/max/subscriptions", json={"url": ear.url}, headers=headers) as answer:
                assert answer.status == 200
        max_of(before).people.text(user_id, bot.id, "раз")
        await eventually(lambda: ear.heard)
        await eventually(lambda: max_of(before).max.world.bots[bot.id].subscriptions[0].failing_since)
    ear.status = 200
    async with Sandbox(folder=tmp_path) as after:
        after.clock.advance(600_000)
        await eventually(lambda: rows(after, "update_confirmed"))
    assert ear.heard[0] == ear.heard[-1]


async def test_strangers_are_never_called(
    sandbox: Sandbox, call: Fixture, sofya: int, romashka: BotHandle, eventually: Fixture
) -> None:
    sandbox.change_settings({"max_webhook_retries": 0})
    await call("POST", "/subscriptions", json={"url": "https://192.0.2.1/hook"})
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    await eventually(lambda: rows(sandbox, "update_refused"))
