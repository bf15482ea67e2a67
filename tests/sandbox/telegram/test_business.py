"""Business connections by aiogram's eyes, played through the control API: who may write where, and until when."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BusinessConnection

from sandbox.server import BotHandle, Sandbox

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any
Act = Callable[..., Awaitable[Any]]


@pytest.fixture
def act(control: Fixture, shop: BotHandle) -> Act:
    async def act(do: str, **fields: object) -> Any:
        status, body = await control("POST", "act", {"do": do, "bot_id": shop.id, **fields})
        assert status == 200, body
        return body

    return act


@pytest.fixture
async def connected(act: Act, inbox: Fixture, sandbox: Sandbox) -> BusinessConnection:
    """Anna lets the bot answer for her."""
    await act("business_connect", user_id=sandbox.user("anna"))
    connection = (await inbox.one()).business_connection
    assert connection is not None
    return connection


async def test_both_sides_of_the_chat_are_told_and_the_bot_speaks_for_its_person(
    *,
    act: Act,
    inbox: Fixture,
    bot: Bot,
    sandbox: Sandbox,
    maria: int,
    connected: BusinessConnection,
    judge: Callable[[object], None],
) -> None:
    anna = sandbox.user("anna")
    judge(connected)
    assert (connected.user.id, connected.is_enabled, connected.rights.can_reply) == (anna, True, True)
    assert await bot.get_business_connection(connected.id) == connected
    await act("business_text", user_id=maria, owner_id=anna, text="Добрый день", ago_s=60)
    wrote = (await inbox.one()).business_message
    judge(wrote)
    assert (wrote.chat.id, wrote.from_user.id, wrote.business_connection_id) == (maria, maria, connected.id)
    sent = await bot.send_message(maria, "Здравствуйте!", business_connection_id=connected.id)
    judge(sent)
    assert (sent.from_user.id, sent.sender_business_bot.username) == (anna, "shop_bot")
    assert (await inbox.one()).business_message == sent
    await bot.read_business_message(connected.id, maria, wrote.message_id)
    await act("business_answer", user_id=maria, owner_id=anna, text="И от меня")
    assert (await inbox.one()).business_message.from_user.id == anna
    await act("business_edit", user_id=maria, owner_id=anna, message_id=wrote.message_id, text="Добрый вечер")
    assert (await inbox.one()).edited_business_message.text == "Добрый вечер"
    await bot.delete_business_messages(connected.id, [sent.message_id])
    await act("business_delete", user_id=maria, owner_id=anna, message_id=wrote.message_id)
    gone = [update.deleted_business_messages.message_ids for update in await inbox()]
    assert gone == [[sent.message_id], [wrote.message_id]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("nobody wrote", "BUSINESS_PEER_INVALID"),
        ("a day passed", "BUSINESS_PEER_INVALID"),
        ("disconnected", "business connection not found"),
        ("may only read", "BOT_ACCESS_FORBIDDEN"),
    ],
)
async def test_who_may_not_write_is_refused_as_the_server_does(
    *, act: Act, inbox: Fixture, bot: Bot, sandbox: Sandbox, maria: int, connected: BusinessConnection, change: str,
    told: str,
) -> None:  # fmt: skip
    anna, through = sandbox.user("anna"), connected.id
    if change == "may only read":
        await act("business_connect", user_id=anna, can_reply=False)
        through = (await inbox())[-1].business_connection.id
    if change != "nobody wrote":
        await act("business_text", user_id=maria, owner_id=anna, text="Добрый день")
    if change == "a day passed":
        sandbox.clock.advance(24 * 3600 * 1000)
    if change == "disconnected":
        await act("business_disconnect", user_id=anna)
    with pytest.raises(TelegramBadRequest, match=told):
        await bot.send_message(maria, "Здравствуйте!", business_connection_id=through)


async def test_an_act_without_a_connection_and_a_foreign_edit_are_refused(
    act: Act, control: Fixture, inbox: Fixture, sandbox: Sandbox, shop: BotHandle, maria: int
) -> None:
    anna = sandbox.user("anna")
    wrong = {"bot_id": shop.id, "user_id": maria, "owner_id": anna, "text": "?"}
    status, body = await control("POST", "act", {"do": "business_text", **wrong})
    assert (status, body["code"]) == (400, "not-connected")
    await act("business_connect", user_id=anna)
    await act("business_answer", user_id=maria, owner_id=anna, text="Здравствуйте!")
    answered = (await inbox())[-1].business_message
    status, body = await control("POST", "act", {"do": "business_edit", "message_id": answered.message_id, **wrong})
    assert (status, body["code"]) == (400, "not-own")
    _, state = await control("GET", "state")
    assert all(chat["user_id"] < 10**12 for chat in state["chats"]), "the page plays people at bots only"
