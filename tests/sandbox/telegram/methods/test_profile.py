from collections.abc import Callable

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BotCommand, BotCommandScopeChat, MenuButtonCommands

from sandbox.server import BotHandle


async def test_a_bot_learns_who_it_is(shop: BotHandle, bot: Bot, judge: Callable[[object], None]) -> None:
    me = await bot.get_me()
    judge(me)
    assert (me.id, me.username, me.is_bot) == (shop.id, "shop_bot", True)


async def test_commands_are_kept_by_scope_and_language(maria: int, bot: Bot) -> None:
    waiting = [BotCommand(command="waiting", description="Кто ждёт")]
    mine = [BotCommand(command="my", description="My dialogs")]
    assert await bot.set_my_commands(waiting)
    assert await bot.set_my_commands(mine, scope=BotCommandScopeChat(chat_id=maria), language_code="en")
    assert [command.command for command in await bot.get_my_commands()] == ["waiting"]
    scoped = await bot.get_my_commands(scope=BotCommandScopeChat(chat_id=maria), language_code="en")
    assert [command.description for command in scoped] == ["My dialogs"]
    assert await bot.delete_my_commands()
    assert await bot.get_my_commands() == []


async def test_wrong_commands_are_refused(bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_DESCRIPTION_INVALID"):
        await bot.set_my_commands([BotCommand(command="my", description="")])


async def test_name_and_texts_are_kept(bot: Bot) -> None:
    assert (await bot.get_my_name()).name == "Магазин «Ромашка»"
    assert (await bot.get_my_description()).description == "Напишите нам: ответит человек."
    assert await bot.set_my_name("Ромашка")
    assert await bot.set_my_description("Flowers", language_code="en")
    assert await bot.set_my_short_description("Цветы")
    assert (await bot.get_my_name()).name == "Ромашка"
    assert (await bot.get_my_description(language_code="en")).description == "Flowers"
    assert (await bot.get_my_short_description()).short_description == "Цветы"
    with pytest.raises(TelegramBadRequest, match="bot name is too long"):
        await bot.set_my_name("я" * 65)


async def test_the_menu_button_is_kept(maria: int, bot: Bot) -> None:
    assert await bot.set_chat_menu_button(chat_id=maria, menu_button=MenuButtonCommands())
    assert (await bot.get_chat_menu_button(chat_id=maria)).type == "commands"
