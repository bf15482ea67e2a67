from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    Message,
    ReactionTypeEmoji,
)
from aiogram.types.reaction_type_custom_emoji import ReactionTypeCustomEmoji

from sandbox.pictures import plain_png
from sandbox.server import BotHandle, Sandbox

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

Call = Callable[..., Awaitable[tuple[int, Any]]]

KEYBOARD = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Да", callback_data="yes")]])


async def test_a_text_is_edited_and_its_keyboard_goes_with_it(
    maria: int, bot: Bot, judge: Callable[[object], None]
) -> None:
    message = await bot.send_message(maria, "раз", reply_markup=KEYBOARD)
    edited = await bot.edit_message_text("два", chat_id=maria, message_id=message.message_id)
    judge(edited)
    assert isinstance(edited, Message)
    assert (edited.text, edited.reply_markup, edited.message_id) == ("два", None, message.message_id)
    assert edited.edit_date is not None


async def test_an_edit_that_changes_nothing_is_refused(maria: int, bot: Bot) -> None:
    message = await bot.send_message(maria, "раз", reply_markup=KEYBOARD)
    words = (
        "message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )
    where = {"chat_id": maria, "message_id": message.message_id}
    with pytest.raises(TelegramBadRequest, match=words):
        await bot.edit_message_text("раз", reply_markup=KEYBOARD, **where)
    with pytest.raises(TelegramBadRequest, match=words):
        await bot.edit_message_reply_markup(reply_markup=KEYBOARD, **where)
    await bot.edit_message_text("два", reply_markup=KEYBOARD, **where)
    with pytest.raises(TelegramBadRequest, match=words):
        await bot.edit_message_text("два", reply_markup=KEYBOARD, **where)


async def test_what_cannot_be_edited_is_told_apart(sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot) -> None:
    theirs = sandbox.people.text(maria, shop.id, "моё").message
    assert theirs is not None
    text = await bot.send_message(maria, "текст")
    photo = await bot.send_photo(maria, BufferedInputFile(plain_png(10, 10, "#ffffff"), "p.png"))
    for message_id, words in (
        (999, "message to edit not found"),
        (theirs.message_id, "message can't be edited"),
        (photo.message_id, "there is no text in the message to edit"),
    ):
        with pytest.raises(TelegramBadRequest, match=words):
            await bot.edit_message_text("x", chat_id=maria, message_id=message_id)
    with pytest.raises(TelegramBadRequest, match="there is no caption in the message to edit"):
        await bot.edit_message_caption(chat_id=maria, message_id=text.message_id, caption="x")


async def test_captions_media_and_keyboards_are_edited(maria: int, bot: Bot, judge: Callable[[object], None]) -> None:
    photo = await bot.send_photo(maria, BufferedInputFile(plain_png(10, 10, "#ffffff"), "p.png"), caption="было")
    where = {"chat_id": maria, "message_id": photo.message_id}
    edited = await bot.edit_message_caption(caption="стало", **where)
    judge(edited)
    assert isinstance(edited, Message)
    assert edited.caption == "стало"
    marked = await bot.edit_message_reply_markup(reply_markup=KEYBOARD, **where)
    assert isinstance(marked, Message)
    assert (marked.caption, marked.reply_markup is None) == ("стало", False)
    media = InputMediaDocument(media=BufferedInputFile(b"text", "t.txt"), caption="файл")
    replaced = await bot.edit_message_media(media, **where)
    judge(replaced)
    assert isinstance(replaced, Message)
    assert (replaced.content_type, replaced.caption) == ("document", "файл")


async def test_a_deleted_message_is_gone_for_the_api_and_stays_visible_as_deleted(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot
) -> None:
    message = await bot.send_message(maria, "лишнее")
    assert await bot.delete_message(maria, message.message_id)
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(maria, message.message_id)
    kept = sandbox.world.any_message(sandbox.world.chats[shop.id, maria], message.message_id)
    assert kept is not None
    assert kept.is_gone


async def test_after_48_hours_nothing_is_deleted(maria: int, bot: Bot, hands: Fixture) -> None:
    message = await bot.send_message(maria, "старое")
    hands.ms += 48 * 3600 * 1000
    with pytest.raises(TelegramBadRequest, match="message can't be deleted for everyone"):
        await bot.delete_message(maria, message.message_id)


async def test_many_are_deleted_at_once_and_unknown_ones_passed_over(maria: int, bot: Bot) -> None:
    ids = [(await bot.send_message(maria, str(number))).message_id for number in range(3)]
    assert await bot.delete_messages(maria, [*ids, 999])
    for message_id in ids:
        with pytest.raises(TelegramBadRequest, match="message to delete not found"):
            await bot.delete_message(maria, message_id)


async def test_a_bot_sets_only_documented_reactions_and_one_at_a_time(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot
) -> None:
    message = sandbox.people.text(maria, shop.id, "спасибо").message
    assert message is not None
    for emoji in ("👀", "👌", "👍", "💔", "🤔", "❤", "❤\ufe0f"):
        assert await bot.set_message_reaction(maria, message.message_id, [ReactionTypeEmoji(emoji=emoji)])
    assert [(reaction.emoji, reaction.by) for reaction in message.reactions] == [("❤", "bot")]
    assert await bot.set_message_reaction(maria, message.message_id, [])
    assert message.reactions == []
    for wrong in (ReactionTypeEmoji(emoji="✅"), ReactionTypeCustomEmoji(custom_emoji_id="5368324170671202286")):
        with pytest.raises(TelegramBadRequest, match="REACTION_INVALID"):
            await bot.set_message_reaction(maria, message.message_id, [wrong])
    two = [ReactionTypeEmoji(emoji="👍"), ReactionTypeEmoji(emoji="👌")]
    with pytest.raises(TelegramBadRequest, match="REACTIONS_TOO_MANY"):
        await bot.set_message_reaction(maria, message.message_id, two)
    with pytest.raises(TelegramBadRequest, match="message to react not found"):
        await bot.set_message_reaction(maria, 999, [ReactionTypeEmoji(emoji="👍")])


async def test_a_pinned_message_shows_in_the_chat(maria: int, bot: Bot, judge: Callable[[object], None]) -> None:
    message = await bot.send_message(maria, "важное")
    assert await bot.pin_chat_message(maria, message.message_id)
    chat = await bot.get_chat(maria)
    judge(chat)
    assert chat.pinned_message is not None
    assert chat.pinned_message.message_id == message.message_id
    assert await bot.unpin_chat_message(maria)
    assert (await bot.get_chat(maria)).pinned_message is None


async def test_a_press_is_answered_once_and_not_too_late(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, inbox: Fixture, hands: Fixture
) -> None:
    message = await bot.send_message(maria, "?", reply_markup=KEYBOARD)
    await sandbox.people.press(maria, shop.id, message.message_id, 0, 0, wait=False)
    query = (await inbox.one()).callback_query
    assert query.data == "yes"
    with pytest.raises(TelegramBadRequest, match="MESSAGE_TOO_LONG"):
        await bot.answer_callback_query(query.id, "я" * 201)
    assert await bot.answer_callback_query(query.id, "хорошо")
    too_old = "query is too old and response timeout expired or query ID is invalid"
    with pytest.raises(TelegramBadRequest, match=too_old):
        await bot.answer_callback_query(query.id)
    await sandbox.people.press(maria, shop.id, message.message_id, 0, 0, wait=False)
    late = (await inbox.one()).callback_query
    hands.ms += sandbox.settings.callback_lifetime_ms
    with pytest.raises(TelegramBadRequest, match=too_old):
        await bot.answer_callback_query(late.id)
