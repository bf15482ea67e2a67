from collections.abc import Callable

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError

from sandbox.server import BotHandle, Sandbox


async def test_a_chat_tells_the_person_with_picture(
    sandbox: Sandbox, maria: int, bot: Bot, judge: Callable[[object], None]
) -> None:
    chat = await bot.get_chat(maria)
    judge(chat)
    assert (chat.first_name, chat.last_name, chat.username) == ("Мария", "Соколова", "maria")
    assert chat.photo is not None
    assert (await bot.get_file(chat.photo.big_file_id)).file_path
    photos = await bot.get_user_profile_photos(maria)
    judge(photos)
    assert photos.total_count == 1
    assert photos.photos[0][-1].width == 320


async def test_a_person_who_never_wrote_is_unknown(sandbox: Sandbox, bot: Bot) -> None:
    ivan = sandbox.user("Иван")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.get_chat(ivan)
    with pytest.raises(TelegramBadRequest, match="user not found"):
        await bot.get_user_profile_photos(ivan)


async def test_a_person_without_picture_has_none(sandbox: Sandbox, shop: BotHandle, bot: Bot) -> None:
    ivan = sandbox.user("Иван")
    sandbox.people.start(ivan, shop.id)
    assert (await bot.get_chat(ivan)).photo is None
    assert (await bot.get_user_profile_photos(ivan)).total_count == 0


async def test_a_group_that_was_seen_can_be_written_to_and_left(sandbox: Sandbox, shop: BotHandle, bot: Bot) -> None:
    group = {"id": -1001234567890, "type": "supergroup", "title": "Склад"}
    sender = {"id": 418273645, "is_bot": False, "first_name": "Иван"}
    sandbox.inject(shop.id, {"message": {"chat": group, "from": sender, "date": 1, "text": "привет"}})
    assert (await bot.send_message(group["id"], "и вам")).chat.title == "Склад"
    assert await bot.leave_chat(group["id"])
    with pytest.raises(TelegramForbiddenError, match="bot is not a member"):
        await bot.send_message(group["id"], "ещё")


async def test_a_private_chat_cannot_be_left(maria: int, bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest, match="can't be changed in private chats"):
        await bot.leave_chat(maria)
