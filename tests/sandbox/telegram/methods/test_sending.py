from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MessageEntity,
    ReplyKeyboardRemove,
    ReplyParameters,
)

from sandbox.server import BotHandle, Sandbox

Call = Callable[..., Awaitable[tuple[int, Any]]]


def _with_button(**fields: str) -> dict[str, object]:
    return {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x", **fields}]]}}


async def test_a_text_arrives_with_everything_that_aiogram_demands(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, judge: Callable[[object], None]
) -> None:
    message = await bot.send_message(maria, "Здравствуйте!")
    judge(message)
    assert message.text == "Здравствуйте!"
    assert message.chat.id == maria
    assert message.chat.first_name == "Мария"
    assert message.from_user is not None
    assert message.from_user.is_bot
    assert message.date.timestamp() * 1000 == sandbox.clock.now_ms()


async def test_message_ids_go_up_through_all_chats_of_a_bot(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot
) -> None:
    ivan = sandbox.user("Иван")
    sandbox.people.start(ivan, shop.id)
    first = await bot.send_message(maria, "раз")
    second = await bot.send_message(ivan, "два")
    assert second.message_id == first.message_id + 1


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "я" * 4097}, "message is too long"),
        ({"text": "👍" * 2049}, "message is too long"),
        (
            {"text": "<b>x", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        ({"text": "x", "parse_mode": "Wiki"}, "unsupported parse_mode"),
        ({"text": "x", "reply_to_message_id": 12345}, "message to be replied not found"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply_markup JSON object"),
        (_with_button(callback_data="я" * 33), "BUTTON_DATA_INVALID"),
        (_with_button(), "text buttons are unallowed in the inline keyboard"),
        (
            _with_button(url="not a link"),
            "inline keyboard button URL 'not a link' is invalid: Wrong HTTP URL",
        ),
    ],
)
async def test_a_wrong_text_is_refused_in_the_real_words(
    maria: int, call: Call, parameters: dict[str, object], description: str
) -> None:
    assert await call("sendMessage", chat_id=maria, **parameters) == (
        400,
        {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"},
    )


async def test_4096_utf16_units_are_not_too_long(maria: int, bot: Bot) -> None:
    message = await bot.send_message(maria, "👍" * 2048)
    assert message.text == "👍" * 2048


async def test_the_text_is_trimmed_and_its_entities_move_along(maria: int, bot: Bot) -> None:
    message = await bot.send_message(maria, "  👍 жирно \n", entities=[MessageEntity(type="bold", offset=5, length=5)])
    assert message.text == "👍 жирно"
    assert message.entities is not None
    assert [(entity.type, entity.offset, entity.length) for entity in message.entities] == [("bold", 3, 5)]


async def test_chats_that_cannot_be_written_to_are_told_apart(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot
) -> None:
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(424242, "кто это?")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message("@nobody", "кто это?")
    with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation with a user"):
        await bot.send_message(sandbox.user("Иван"), "вы не писали")
    sandbox.people.block(maria, shop.id)
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(maria, "а теперь?")
    sandbox.people.unblock(maria, shop.id)
    sandbox.people.set_deactivated(maria, is_deactivated=True)
    with pytest.raises(TelegramForbiddenError, match="user is deactivated"):
        await bot.send_message(maria, "и теперь?")


async def test_a_reply_carries_the_message_one_level_deep_and_its_quote(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, judge: Callable[[object], None]
) -> None:
    asked = sandbox.people.text(maria, shop.id, "есть 👍 розы красные?").message
    assert asked is not None
    first = await bot.send_message(maria, "какие?", reply_parameters=ReplyParameters(message_id=asked.message_id))
    reply = ReplyParameters(message_id=asked.message_id, quote="розы")
    second = await bot.send_message(maria, "эти", reply_parameters=reply)
    third = await bot.send_message(maria, "да", reply_parameters=ReplyParameters(message_id=first.message_id))
    for message in (first, second, third):
        judge(message)
    assert first.reply_to_message is not None
    assert first.reply_to_message.text == "есть 👍 розы красные?"
    assert second.quote is not None
    assert (second.quote.text, second.quote.position) == ("розы", 8)
    assert third.reply_to_message is not None
    assert third.reply_to_message.reply_to_message is None
    with pytest.raises(TelegramBadRequest, match="QUOTE_TEXT_INVALID"):
        await bot.send_message(maria, "?", reply_parameters=ReplyParameters(message_id=asked.message_id, quote="пионы"))


async def test_a_reply_to_nothing_is_sent_where_that_is_allowed(maria: int, bot: Bot) -> None:
    reply = ReplyParameters(message_id=999, allow_sending_without_reply=True)
    message = await bot.send_message(maria, "всё равно", reply_parameters=reply)
    assert message.reply_to_message is None


async def test_an_inline_keyboard_comes_back_and_others_do_not(maria: int, bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Да", callback_data="yes")]])
    sent = (await bot.send_message(maria, "?", reply_markup=keyboard)).reply_markup
    assert sent is not None
    assert sent.model_dump() == keyboard.model_dump()
    assert (await bot.send_message(maria, "!", reply_markup=ReplyKeyboardRemove())).reply_markup is None


async def test_places_and_contacts_are_sent(maria: int, bot: Bot, judge: Callable[[object], None]) -> None:
    location = await bot.send_location(maria, 55.75, 37.62)
    venue = await bot.send_venue(maria, 55.75, 37.62, "Магазин", "ул. Цветочная, 1")
    contact = await bot.send_contact(maria, "+79990000000", "Роза", last_name="Цветкова")
    for message in (location, venue, contact):
        judge(message)
    assert location.location is not None
    assert location.location.latitude == 55.75
    assert venue.venue is not None
    assert venue.location == venue.venue.location
    assert contact.contact is not None
    assert contact.contact.last_name == "Цветкова"
    with pytest.raises(TelegramBadRequest, match="wrong coordinates"):
        await bot.send_location(maria, 99, 37)


async def test_a_chat_action_shows_on_the_page_only(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    events = sandbox.events.follow(sandbox.events.last)
    assert await bot.send_chat_action(maria, "typing")
    event = await anext(events)
    assert (event.kind, event.fields["user_id"], event.fields["action"]) == ("typing", maria, "typing")
    await events.aclose()
    with pytest.raises(TelegramBadRequest, match="wrong parameter action"):
        await bot.send_chat_action(maria, "dancing")


async def test_a_copy_leaves_its_origin_behind_and_a_forward_names_it(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, judge: Callable[[object], None]
) -> None:
    ivan = sandbox.user("Иван")
    sandbox.people.start(ivan, shop.id)
    source = sandbox.people.text(maria, shop.id, "передайте это").message
    assert source is not None
    copied = await bot.copy_message(ivan, maria, source.message_id)
    copy = sandbox.world.message(sandbox.world.chats[shop.id, ivan], copied.message_id)
    assert copy is not None
    assert copy.body["text"] == "передайте это"
    assert "forward_origin" not in copy.body
    forwarded = await bot.forward_message(ivan, maria, source.message_id)
    judge(forwarded)
    assert forwarded.forward_origin is not None
    assert forwarded.forward_origin.type == "user"
    with pytest.raises(TelegramBadRequest, match="message to copy not found"):
        await bot.copy_message(ivan, maria, 999)
    with pytest.raises(TelegramBadRequest, match="message to forward not found"):
        await bot.forward_message(ivan, maria, 999)
