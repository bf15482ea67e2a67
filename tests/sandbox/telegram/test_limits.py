from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter
from aiogram.types import BufferedInputFile, InputMediaDocument, ReactionTypeEmoji

from sandbox.cast import CastUser
from sandbox.server import BotHandle, Sandbox
from sandbox.settings import Settings
from sandbox.telegram.limits import Limits

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

BOT, CHAT, GROUP = 1, 100, -100


def test_a_chat_takes_a_short_burst_and_then_one_a_second() -> None:
    limits = Limits(Settings())
    assert [limits.admit(BOT, CHAT, 1, 0) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    assert limits.admit(BOT, CHAT, 1, 999) == 1
    assert limits.admit(BOT, CHAT, 1, 1000) == 0
    assert limits.admit(BOT, CHAT, 1, 1000) == 1


def test_inside_the_window_every_call_is_refused_with_what_is_left_of_it() -> None:
    limits = Limits(Settings(group_per_minute=1))
    assert limits.admit(BOT, GROUP, 1, 0) == 0
    assert limits.admit(BOT, GROUP, 1, 0) == 60
    assert limits.admit(BOT, GROUP, 1, 30_500) == 30
    assert limits.admit(BOT, GROUP, 1, 60_000) == 0


def test_a_bot_sends_thirty_a_second_over_all_chats() -> None:
    limits = Limits(Settings())
    assert [limits.admit(BOT, chat, 1, 0) for chat in range(1, 31)] == [0] * 30
    assert limits.admit(BOT, 31, 1, 0) == 1
    assert limits.admit(2, 31, 1, 0) == 0
    assert limits.admit(BOT, 31, 1, 1000) == 0


def test_an_album_is_let_through_and_paid_off_later() -> None:
    limits = Limits(Settings())
    assert limits.admit(BOT, CHAT, 10, 0) == 0
    assert limits.admit(BOT, CHAT, 1, 0) == 6


def test_a_refusal_takes_nothing_from_the_other_budget() -> None:
    limits = Limits(Settings(bot_per_second=6))
    assert [limits.admit(BOT, CHAT, 1, 0) for _ in range(8)] == [0, 0, 0, 0, 0, 1, 1, 1]
    assert limits.admit(BOT, 101, 1, 0) == 0


def test_lifted_limits_refuse_nothing() -> None:
    limits = Limits(Settings(limits=False))
    assert {limits.admit(BOT, CHAT, 1, 0) for _ in range(1000)} == {0}


def test_silent_chats_are_forgotten() -> None:
    limits = Limits(Settings(bot_per_second=1_000_000))
    for chat in range(1, 10_500):
        limits.admit(BOT, chat, 1, chat * 60_001)
    assert len(limits._buckets) < 1000


async def test_sends_edits_reactions_and_deletes_share_one_budget(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hands: Fixture
) -> None:
    sandbox.change_settings({"limits": True})
    message = await bot.send_message(maria, "1")
    await bot.edit_message_text("2", chat_id=maria, message_id=message.message_id)
    await bot.set_message_reaction(maria, message.message_id, [ReactionTypeEmoji(emoji="👌")])
    await bot.delete_message(maria, message.message_id)
    await bot.send_message(maria, "5")
    with pytest.raises(TelegramRetryAfter, match="Too Many Requests: retry after 1") as refused:
        await bot.send_message(maria, "6")
    assert refused.value.retry_after == 1
    assert [row["text"] for row in sandbox.ledger.since() if row.get("method") == "sendMessage" and "text" in row] == [
        "1",
        "5",
    ]
    hands.ms += 1000
    await bot.send_message(maria, "6")


async def test_another_chat_is_not_held_back(sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot) -> None:
    sandbox.change_settings({"limits": True})
    other = sandbox.add_user(CastUser(id=777000111, name="Ольга"))
    sandbox.people.start(other.id, shop.id)
    for number in range(5):
        await bot.send_message(maria, str(number))
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(maria, "5")
    await bot.send_message(other.id, "здравствуйте")


async def test_a_refused_call_costs_nothing_when_it_was_wrong_anyway(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, call: Fixture
) -> None:
    sandbox.change_settings({"limits": True})
    for _ in range(20):
        assert (await call("sendMessage", chat_id=maria, text=""))[0] == 400
    album = [InputMediaDocument(media=BufferedInputFile(b"x", f"{number}.txt")) for number in range(10)]
    assert len(await bot.send_media_group(maria, album)) == 10
    status, body = await call("sendMessage", chat_id=maria, text="ещё")
    assert (status, body["parameters"]) == (429, {"retry_after": 6})
