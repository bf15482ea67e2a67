import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import BotCommand, BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup

from sandbox.cast import CastUser
from sandbox.server import Sandbox
from sandbox.store import StoreError
from sandbox.toolkit.uploads import sample_file


def _bot(sandbox: Sandbox, username: str = "shop_bot") -> Bot:
    return Bot(sandbox.bot(username).token, session=AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url)))


async def _close(bot: Bot) -> None:
    assert isinstance(bot.session, AiohttpSession)
    assert bot.session._session is not None
    await bot.session._session.close()


async def test_a_restart_finds_everything_as_it_was(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path, limits=False) as sandbox:
        shop, maria = sandbox.bot("shop_bot").id, sandbox.user("maria")
        sandbox.people.start(maria, shop)
        bot = _bot(sandbox)
        keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Да", callback_data="yes")]])
        sent = await bot.send_message(maria, "раз", reply_markup=keyboard)
        photo = await bot.send_photo(maria, BufferedInputFile(sample_file("photo").content, "p.png"))
        sandbox.people.react(maria, shop, sent.message_id, "👍")
        await bot.set_my_commands([BotCommand(command="my", description="Мои")])
        pending = sandbox.people.text(maria, shop, "ждёт").update_id
        sandbox.people.block(maria, shop)
        await _close(bot)
        before = [message.body for message in sandbox.world.history(sandbox.world.chats[shop, maria])]
    async with Sandbox(folder=tmp_path, limits=False) as sandbox:
        chat = sandbox.world.chats[shop, maria]
        assert (chat.is_started, chat.is_blocked) == (True, True)
        assert [message.body for message in sandbox.world.history(chat)] == before
        bot = _bot(sandbox)
        assert [command.command for command in await bot.get_my_commands()] == ["my"]
        updates = await bot.get_updates()
        assert pending in [update.update_id for update in updates]
        sandbox.people.unblock(maria, shop)
        assert (await bot.send_message(maria, "дальше")).message_id == before[0]["message_id"] + 1
        assert photo.photo is not None
        path = (await bot.get_file(photo.photo[-1].file_id)).file_path
        content = await bot.download_file(path or "")
        assert content is not None
        assert content.read() == sample_file("photo").content
        kept = sandbox.world.message(chat, sent.message_id)
        assert kept is not None
        assert [reaction.emoji for reaction in kept.reactions] == ["👍"]
        assert (await sandbox.people.press(maria, shop, sent.message_id, 0, 0, wait=False)).update_id is not None
        await _close(bot)


async def test_the_cast_keeps_its_order_over_a_restart(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path) as sandbox:
        sandbox.add_user(CastUser(id=100, name="Новая"))
        names = [user.name for user in sandbox.world.users.values()]
        chats = list(sandbox.world.chats)
    customers = ["Мария Соколова", "Иван Петров", "Ирина Волкова", "Артём Гусев", "Софья Белова", "Олег Туманов"]
    assert names == [*customers, "Карина Лис", "Анна Орлова", "Борис Ким", "Новая"]
    async with Sandbox(folder=tmp_path) as sandbox:
        assert [user.name for user in sandbox.world.users.values()] == names
        assert list(sandbox.world.chats) == chats


async def test_after_a_kill_ids_are_never_given_twice(tmp_path: Path) -> None:
    killed = Sandbox(folder=tmp_path)
    await killed.start()
    shop, maria = killed.bot("shop_bot").id, killed.user("maria")
    killed.people.start(maria, shop)
    await killed.store.flush()
    lost = killed.people.text(maria, shop, "ещё не на диске")
    killed.store._changed.clear()  # what a kill does to the last half second
    killed.store._connection.close()  # type: ignore[union-attr]
    killed.store._connection = None
    await killed.stop()
    async with Sandbox(folder=tmp_path) as sandbox:
        after = sandbox.people.text(maria, shop, "после")
        assert after.message is not None
        assert lost.message is not None
        assert after.message.message_id > lost.message.message_id
        assert (after.update_id or 0) > (lost.update_id or 0)


async def test_one_folder_belongs_to_one_sandbox(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path):
        with pytest.raises(StoreError, match="Is another sandbox using it"):
            Sandbox(folder=tmp_path)


async def test_a_busy_port_is_an_os_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    async with Sandbox() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address"):
            await Sandbox(folder=tmp_path, port=port).start()
    async with Sandbox(folder=tmp_path, port=port):
        pass


async def test_the_oldest_messages_are_forgotten_above_the_bound(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path, messages_kept=10) as sandbox:
        shop, maria = sandbox.bot("shop_bot").id, sandbox.user("maria")
        for number in range(25):
            sandbox.people.text(maria, shop, str(number))
    async with Sandbox(folder=tmp_path, messages_kept=10) as sandbox:
        kept = [message.body["text"] for message in sandbox.world.history(sandbox.world.chats[shop, maria])]
        assert kept == [str(number) for number in range(24, 14, -1)]


async def test_the_page_and_only_the_page_is_served(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{sandbox.url}/page/samples/voice.ogg") as answer:
        assert (answer.status, await answer.read()) == (200, sample_file("voice").content)
    for path in ("/page/../server.py", "/page/%2e%2e/server.py", "/page/nothing.js", "/etc/passwd"):
        async with http.get(f"{sandbox.url}{path}") as answer:
            assert answer.status == 404


async def test_settings_are_checked_when_given() -> None:
    with pytest.raises(Exception, match="limitz"):
        Sandbox(limitz=False)


async def test_updates_survive_many_bots_and_people(make_bot: Callable[[str], Bot], sandbox: Sandbox) -> None:
    shop = sandbox.bot("shop_bot")
    users = [sandbox.add_user(CastUser(id=900_000_000 + number, name=f"Гость {number}")) for number in range(50)]
    bot = make_bot(shop.token)

    async def poll() -> list[Any]:
        seen: list[Any] = []
        offset = 0
        while len(seen) < 500:
            for update in await bot.get_updates(offset=offset or None, timeout=5):
                seen.append((update.message.chat.id, update.message.text))  # type: ignore[union-attr]
                offset = update.update_id + 1
        return seen

    polling = asyncio.create_task(poll())
    for number in range(10):
        for user in users:
            sandbox.people.text(user.id, shop.id, str(number))
        await asyncio.sleep(0)
    seen = await polling
    for user in users:
        assert [text for chat_id, text in seen if chat_id == user.id] == [str(number) for number in range(10)]
