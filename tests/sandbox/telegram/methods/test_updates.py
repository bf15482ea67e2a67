import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError, TelegramRetryAfter
from aiogram.types import Update

from sandbox.server import BotHandle, Sandbox

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

Call = Callable[..., Awaitable[tuple[int, Any]]]

HOOK = "http://127.0.0.1:9/hook"


def _say(sandbox: Sandbox, user_id: int, bot_id: int, *texts: str) -> list[int]:
    acts = [sandbox.people.text(user_id, bot_id, text) for text in texts]
    return [act.update_id for act in acts if act.update_id is not None]


def _texts(updates: list[Update]) -> list[str | None]:
    return [update.message.text for update in updates if update.message]


async def test_updates_come_again_until_an_offset_confirms_them(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot
) -> None:
    first, second, third = _say(sandbox, maria, shop.id, "раз", "два", "три")
    assert (first + 1, first + 2) == (second, third)
    assert _texts(await bot.get_updates()) == ["раз", "два", "три"]
    assert _texts(await bot.get_updates(limit=2)) == ["раз", "два"]
    assert _texts(await bot.get_updates(offset=second)) == ["два", "три"]
    assert _texts(await bot.get_updates()) == ["два", "три"]
    assert _texts(await bot.get_updates(offset=third + 1)) == []


async def test_a_negative_offset_keeps_that_many_of_the_newest(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot
) -> None:
    _say(sandbox, maria, shop.id, "раз", "два", "три")
    assert _texts(await bot.get_updates(offset=-1)) == ["три"]
    assert _texts(await bot.get_updates()) == ["три"]


async def test_a_long_poll_ends_with_the_first_update(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, eventually: Fixture
) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await eventually(lambda: sandbox.telegram.queue(sandbox.world.bots[shop.id])._poll)
    _say(sandbox, maria, shop.id, "дождались")
    assert _texts(await poll) == ["дождались"]


async def test_a_long_poll_without_news_ends_empty_in_time(maria: int, bot: Bot) -> None:
    started = asyncio.get_running_loop().time()
    assert await bot.get_updates(timeout=1) == []
    assert 0.9 < asyncio.get_running_loop().time() - started < 5


async def test_the_same_offset_asked_again_waits_and_brings_one(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot
) -> None:
    sandbox.change_settings({"same_offset_hold_ms": 1500, "same_offset_single_ms": 1500})
    (first, *_) = _say(sandbox, maria, shop.id, "раз", "два")
    assert len(await bot.get_updates(offset=first)) == 2
    assert len(await bot.get_updates(offset=first)) == 1
    started = asyncio.get_running_loop().time()
    assert await bot.get_updates(offset=first + 2) == []
    assert asyncio.get_running_loop().time() - started < 1.3
    assert await bot.get_updates(offset=first + 2) == []
    assert asyncio.get_running_loop().time() - started > 1.4


async def test_of_two_pollers_the_older_is_ended(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, eventually: Fixture
) -> None:
    older = asyncio.create_task(bot.get_updates(timeout=30))
    await eventually(lambda: sandbox.telegram.queue(sandbox.world.bots[shop.id])._poll)
    newer = asyncio.create_task(bot.get_updates(timeout=30))
    words = "terminated by other getUpdates request; make sure that only one bot instance is running"
    with pytest.raises(TelegramConflictError, match=words):
        await older
    _say(sandbox, maria, shop.id, "кому?")
    assert _texts(await newer) == ["кому?"]


async def test_polling_and_a_webhook_exclude_each_other(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, eventually: Fixture
) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await eventually(lambda: sandbox.telegram.queue(sandbox.world.bots[shop.id])._poll)
    assert await bot.set_webhook(HOOK)
    with pytest.raises(TelegramConflictError, match="terminated by setWebhook request"):
        await poll
    words = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    with pytest.raises(TelegramConflictError, match=words):
        await bot.get_updates()
    assert await bot.delete_webhook()
    assert await bot.get_updates() == []


async def test_allowed_updates_stay_until_they_are_named_again(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture
) -> None:
    await bot.get_updates(allowed_updates=["edited_message"])
    act = sandbox.people.text(maria, shop.id, "не слышно")
    assert act.message is not None
    assert act.update_id is None
    sandbox.people.edit(maria, shop.id, act.message.message_id, text="слышно")
    assert (await inbox.one()).edited_message.text == "слышно"
    await bot.get_updates(allowed_updates=[])
    _say(sandbox, maria, shop.id, "снова")
    assert _texts(await inbox()) == ["снова"]


async def test_reactions_are_told_only_when_asked_for_and_set_so(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture
) -> None:
    message = await bot.send_message(maria, "нравится?")
    sandbox.people.react(maria, shop.id, message.message_id, "👍")
    sandbox.change_settings({"reactions_in_private": True})
    sandbox.people.react(maria, shop.id, message.message_id, "👎")
    assert await inbox() == []
    await bot.get_updates(allowed_updates=["message", "message_reaction"])
    sandbox.people.react(maria, shop.id, message.message_id, "❤")
    reaction = (await inbox.one()).message_reaction
    assert [one.emoji for one in reaction.old_reaction] == ["👎"]
    assert [one.emoji for one in reaction.new_reaction] == ["❤"]


async def test_updates_are_forgotten_after_a_day(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hands: Fixture
) -> None:
    _say(sandbox, maria, shop.id, "вчера")
    hands.ms += 24 * 3600 * 1000
    _say(sandbox, maria, shop.id, "сегодня")
    assert _texts(await bot.get_updates()) == ["сегодня"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"url": "http://example.com/hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "https://example.com:444/"}, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ({"url": HOOK, "secret_token": "a b"}, "secret token contains unallowed characters"),
        ({"url": HOOK, "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
async def test_wrong_webhooks_are_refused(call: Call, parameters: dict[str, object], words: str) -> None:
    status, body = await call("setWebhook", **parameters)
    assert (status, body["description"]) == (400, f"Bad Request: {words}")


async def test_the_server_says_what_became_of_the_webhook(call: Call, hands: Fixture) -> None:
    said = []
    for method, parameters in (
        ("setWebhook", {"url": HOOK}),
        ("setWebhook", {"url": HOOK}),
        ("setWebhook", {"url": ""}),
        ("deleteWebhook", {}),
    ):
        status, body = await call(method, **parameters)
        said.append((status, body["result"], body["description"]))
    assert said == [
        (200, True, "Webhook was set"),
        (200, True, "Webhook is already set"),
        (200, True, "Webhook was deleted"),
        (200, True, "Webhook is already deleted"),
    ]


async def test_webhook_info_tells_settings_and_what_waits(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, judge: Callable[[object], None]
) -> None:
    empty = await bot.get_webhook_info()
    assert (empty.url, empty.pending_update_count) == ("", 0)
    _say(sandbox, maria, shop.id, "старое")
    await bot.set_webhook(HOOK, max_connections=7, allowed_updates=["message"], drop_pending_updates=True)
    info = await bot.get_webhook_info()
    judge(info)
    assert (info.url, info.max_connections, info.allowed_updates) == (HOOK, 7, ["message"])
    assert info.pending_update_count == 0


async def test_setting_webhooks_too_often_is_429(sandbox: Sandbox, bot: Bot, hands: Fixture) -> None:
    sandbox.change_settings({"limits": True})
    await bot.set_webhook(HOOK)
    with pytest.raises(TelegramRetryAfter) as refused:
        await bot.set_webhook(HOOK)
    assert refused.value.retry_after == 1
    hands.ms += 1000
    await bot.set_webhook(HOOK)


async def test_a_wrong_list_of_allowed_updates_is_refused(bot: Bot, call: Call) -> None:
    status, body = await call("getUpdates", allowed_updates={"message": True})
    assert (status, body["description"]) == (400, "Bad Request: can't parse allowed updates list")
    with pytest.raises(TelegramBadRequest):
        await bot.set_webhook("ftp://127.0.0.1/")
