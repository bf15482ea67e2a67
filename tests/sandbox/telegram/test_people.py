import asyncio
from typing import Any

import pytest
from aiogram import Bot
from aiogram.types import CallbackQuery, InaccessibleMessage, InlineKeyboardButton, InlineKeyboardMarkup

from sandbox.server import BotHandle, Sandbox
from sandbox.telegram.files import KINDS
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import sample_file

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[
        [InlineKeyboardButton(text="Да", callback_data="yes"), InlineKeyboardButton(text="Нет", callback_data="no")],
        [InlineKeyboardButton(text="Сайт", url="https://example.com/")],
    ]
)


async def test_start_carries_the_payload_of_a_link(sandbox: Sandbox, shop: BotHandle, inbox: Fixture) -> None:
    sandbox.people.start(sandbox.user("Иван"), shop.id, "ad_17")
    message = (await inbox.one()).message
    assert message.text == "/start ad_17"
    assert message.entities[0].type == "bot_command"
    assert (message.chat.id, message.from_user.username) == (sandbox.user("Иван"), None)


async def test_a_text_comes_with_entities_reply_and_quote(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture
) -> None:
    asked = await bot.send_message(maria, "какие розы: красные или белые?")
    sandbox.people.text(maria, shop.id, " белые, https://ya.ru ", reply_to=asked.message_id, quote="белые")
    message = (await inbox.one()).message
    assert message.text == "белые, https://ya.ru"
    assert [entity.type for entity in message.entities] == ["url"]
    assert message.reply_to_message.message_id == asked.message_id
    assert (message.quote.text, message.quote.position) == ("белые", 24)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_file_reaches_the_bot(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture, kind: str
) -> None:
    sandbox.people.file(maria, shop.id, kind, sample_file(kind), caption="вот")
    message = (await inbox.one()).message
    assert message.content_type == kind
    media = getattr(message, kind)
    media = media[-1] if kind == "photo" else media
    path = (await bot.get_file(media.file_id)).file_path
    content = await bot.download_file(path)
    assert content.read() == sample_file(kind).content


async def test_an_album_is_several_messages_with_one_group(
    sandbox: Sandbox, shop: BotHandle, maria: int, inbox: Fixture
) -> None:
    sandbox.people.album(maria, shop.id, [("photo", sample_file("photo")), ("video", sample_file("video"))], "букеты")
    first, second = [update.message for update in await inbox()]
    assert first.media_group_id == second.media_group_id is not None
    assert (first.caption, second.caption) == ("букеты", None)


async def test_places_and_contacts_reach_the_bot(sandbox: Sandbox, shop: BotHandle, maria: int, inbox: Fixture) -> None:
    sandbox.people.location(maria, shop.id, 55.75, 37.62)
    sandbox.people.venue(maria, shop.id, (55.75, 37.62), "Магазин", "ул. Цветочная, 1")
    sandbox.people.contact(maria, shop.id, "+79990000000", "Мария")
    assert [update.message.content_type for update in await inbox()] == ["location", "venue", "contact"]


async def test_an_edit_comes_as_an_edited_message(
    sandbox: Sandbox, shop: BotHandle, maria: int, inbox: Fixture
) -> None:
    message = sandbox.people.text(maria, shop.id, "приветт").message
    assert message is not None
    sandbox.people.edit(maria, shop.id, message.message_id, text="привет")
    _, update = await inbox()
    assert update.edited_message.text == "привет"
    assert update.edited_message.edit_date is not None
    with pytest.raises(ActError, match="says exactly that"):
        sandbox.people.edit(maria, shop.id, message.message_id, text="привет")


async def test_a_press_waits_for_the_bots_answer(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture
) -> None:
    sent = await bot.send_message(maria, "?", reply_markup=KEYBOARD)
    press = asyncio.create_task(sandbox.people.press(maria, shop.id, sent.message_id, 0, 1))
    while not (updates := await inbox()):
        pass
    query = updates[0].callback_query
    assert (query.data, query.message.text, query.from_user.id) == ("no", "?", maria)
    await bot.answer_callback_query(query.id, "жаль", show_alert=True)
    answer = (await press).answer
    assert answer is not None
    assert (answer.text, answer.is_alert) == ("жаль", True)


async def test_a_link_button_opens_and_tells_the_bot_nothing(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture
) -> None:
    sent = await bot.send_message(maria, "?", reply_markup=KEYBOARD)
    pressed = await sandbox.people.press(maria, shop.id, sent.message_id, 1, 0)
    assert pressed.url == "https://example.com/"
    assert await inbox() == []


async def test_a_button_of_a_deleted_message_can_still_be_pressed(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture
) -> None:
    sent = await bot.send_message(maria, "?", reply_markup=KEYBOARD)
    await bot.delete_message(maria, sent.message_id)
    await sandbox.people.press(maria, shop.id, sent.message_id, 0, 0, wait=False)
    query = (await inbox.one()).callback_query
    assert isinstance(query, CallbackQuery)
    assert isinstance(query.message, InaccessibleMessage)
    assert query.message.message_id == sent.message_id


async def test_block_and_unblock_are_told_as_membership(
    sandbox: Sandbox, shop: BotHandle, maria: int, inbox: Fixture
) -> None:
    sandbox.people.block(maria, shop.id)
    with pytest.raises(ActError, match="unblock it first"):
        sandbox.people.text(maria, shop.id, "а?")
    sandbox.people.start(maria, shop.id)
    blocked, unblocked, start = await inbox()
    assert (blocked.my_chat_member.old_chat_member.status, blocked.my_chat_member.new_chat_member.status) == (
        "member",
        "kicked",
    )
    assert unblocked.my_chat_member.new_chat_member.status == "member"
    assert start.message.text == "/start"


async def test_own_deletion_is_not_told_and_deletion_for_both_takes_the_message_away(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture
) -> None:
    mine = sandbox.people.text(maria, shop.id, "не то").message
    assert mine is not None
    await inbox()
    sandbox.people.delete(maria, shop.id, mine.message_id)
    assert await inbox() == []
    await bot.copy_message(maria, maria, mine.message_id)
    sandbox.people.delete(maria, shop.id, mine.message_id, for_both=True)
    with pytest.raises(Exception, match="message to copy not found"):
        await bot.copy_message(maria, maria, mine.message_id)


async def test_raw_updates_of_other_kinds_reach_the_bot(sandbox: Sandbox, shop: BotHandle, inbox: Fixture) -> None:
    channel = {"id": -1009876543210, "type": "channel", "title": "Новости"}
    sandbox.inject(shop.id, {"channel_post": {"chat": channel, "date": 1_700_000_000, "text": "открылись"}})
    person = {"id": 5123456789, "is_bot": False, "first_name": "Мария"}
    sandbox.inject(shop.id, {"inline_query": {"id": "1", "from": person, "query": "роза", "offset": ""}})
    sandbox.inject(shop.id, {"kind_of_tomorrow": {"from": person, "anything": 1}})
    status = [update.model_dump(exclude_none=True) for update in await _raw(inbox)]
    assert status[0]["channel_post"]["text"] == "открылись"
    assert status[1]["inline_query"]["query"] == "роза"
    assert set(status[2]) == {"update_id", "kind_of_tomorrow"}
    with pytest.raises(ActError, match="one field"):
        sandbox.inject(shop.id, {"message": {}, "edited_message": {}})


async def _raw(inbox: Fixture) -> Fixture:
    """Without the judge: a kind that aiogram does not know is the point here."""
    return await inbox.bot.get_updates()


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda people, user, bot: people.text(user, bot, "  "), "no text"),
        (lambda people, user, bot: people.text(user, bot, "я" * 4097), "longer than 4096"),
        (lambda people, user, bot: people.text(1, bot, "x"), "no user 1"),
        (lambda people, user, bot: people.text(user, 1, "x"), "no bot 1"),
        (lambda people, user, bot: people.text(user, bot, "x", reply_to=999), "no message 999"),
        (lambda people, user, bot: people.unblock(user, bot), "not blocked"),
        (lambda people, user, bot: people.file(user, bot, "hologram", sample_file("photo")), "no kind of file"),
    ],
)
async def test_an_impossible_act_is_a_sentence(
    sandbox: Sandbox, shop: BotHandle, maria: int, act: Fixture, sentence: str
) -> None:
    with pytest.raises(ActError, match=sentence):
        act(sandbox.people, maria, shop.id)


async def test_only_ones_own_messages_are_edited_and_only_real_buttons_pressed(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot
) -> None:
    sent = await bot.send_message(maria, "?", reply_markup=KEYBOARD)
    with pytest.raises(ActError, match="is the bot's"):
        sandbox.people.edit(maria, shop.id, sent.message_id, text="!")
    with pytest.raises(ActError, match="no button in row 7"):
        await sandbox.people.press(maria, shop.id, sent.message_id, 7, 0)
