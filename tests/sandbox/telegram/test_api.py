import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.base import ClientDecodeError
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import BufferedInputFile

from sandbox.server import BotHandle, Sandbox
from sandbox.telegram.faults import FaultRule

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

Call = Callable[..., Awaitable[tuple[int, Any]]]


def _fault(sandbox: Sandbox, method: str, fault: str, **more: object) -> None:
    sandbox.telegram.faults.replace([FaultRule(method=method, fault=fault, **more)])


def _accepted(sandbox: Sandbox) -> list[str]:
    """Texts that truly were accepted, by the ledger."""
    return [row["text"] for row in sandbox.ledger.since() if row["kind"] == "call" and row["outcome"] == "accepted"]


async def test_tokens_are_told_apart(
    sandbox: Sandbox, shop: BotHandle, make_bot: Callable[[str], Bot], http: aiohttp.ClientSession
) -> None:
    with pytest.raises(TelegramUnauthorizedError, match="Unauthorized"):
        await make_bot(f"7000000001:{'A' * 35}").get_me()
    with pytest.raises(TelegramNotFound, match="Not Found"):
        await make_bot("7000000001:short").get_me()
    for path in ("/bot", f"/bot{shop.token}", f"/bot{shop.token}/", f"/bot{shop.token}/a/b", "/file/botx"):
        async with http.get(sandbox.url + path) as answer:
            assert (answer.status, await answer.json()) == (
                404,
                {"ok": False, "error_code": 404, "description": "Not Found"},
            )


async def test_a_revoked_token_is_401_and_the_new_one_works(
    sandbox: Sandbox, shop: BotHandle, bot: Bot, make_bot: Callable[[str], Bot]
) -> None:
    token = sandbox.revoke_token(shop.id)
    with pytest.raises(TelegramUnauthorizedError):
        await bot.get_me()
    assert (await make_bot(token).get_me()).id == shop.id


async def test_parameters_come_in_every_way_a_client_may_send_them(
    sandbox: Sandbox, shop: BotHandle, maria: int, http: aiohttp.ClientSession
) -> None:
    url = f"{sandbox.url}/bot{shop.token}/SENDmessage"
    parameters = {"chat_id": str(maria), "text": "привет"}
    multipart = aiohttp.FormData(parameters)
    multipart.add_field("extra", b"1", filename="1.bin")
    for request in (
        http.get(url, params=parameters),
        http.post(url, params=parameters),
        http.post(url, json={"chat_id": maria, "text": "привет"}),
        http.post(url, data=parameters),
        http.post(url, data=multipart),
        http.post(url, params={"chat_id": maria}, json={"text": "привет"}),
    ):
        async with request as answer:
            body = await answer.json()
            assert (answer.status, body["result"]["text"]) == (200, "привет")


async def test_a_body_that_cannot_be_read_is_refused(
    sandbox: Sandbox, shop: BotHandle, http: aiohttp.ClientSession
) -> None:
    for body in (b"{", b"[]"):
        async with http.post(
            f"{sandbox.url}/bot{shop.token}/getMe", data=body, headers={"Content-Type": "application/json"}
        ) as answer:
            assert answer.status == 400


async def test_an_unknown_method_is_404_and_so_is_one_that_an_older_server_lacks(
    sandbox: Sandbox, maria: int, bot: Bot, call: Call
) -> None:
    assert await call("sendHologram") == (
        404,
        {"ok": False, "error_code": 404, "description": "Not Found: method not found"},
    )
    sandbox.change_settings({"unknown_methods": ["setMessageReaction"]})
    with pytest.raises(TelegramNotFound, match="method not found"):
        await bot.set_message_reaction(maria, 1, [])


async def test_429_comes_before_anything_is_accepted(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    _fault(sandbox, "sendMessage", "429", retry_after=7, times=1)
    with pytest.raises(TelegramRetryAfter) as refused:
        await bot.send_message(maria, "раз")
    assert refused.value.retry_after == 7
    await bot.send_message(maria, "два")
    assert _accepted(sandbox) == ["два"]


async def test_500_comes_before_anything_is_accepted(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    _fault(sandbox, "*", "500", times=1)
    with pytest.raises(TelegramServerError, match="Internal Server Error"):
        await bot.send_message(maria, "раз")
    assert _accepted(sandbox) == []


@pytest.mark.parametrize("fault", ["reset", "lost_reply"])
async def test_a_lost_answer_hides_what_was_accepted(sandbox: Sandbox, maria: int, bot: Bot, fault: str) -> None:
    _fault(sandbox, "sendMessage", fault, times=1)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(maria, "дошло")
    assert _accepted(sandbox) == ["дошло"]
    (row,) = [row for row in sandbox.ledger.since() if row["kind"] == "call"]
    assert row["fault"] == fault


@pytest.mark.parametrize("is_accepted", [True, False])
async def test_a_timeout_never_answers_accepted_or_not(
    sandbox: Sandbox,
    maria: int,
    bot: Bot,
    is_accepted: bool,
) -> None:
    _fault(sandbox, "sendMessage", "timeout", times=1, accepted=is_accepted)
    with pytest.raises(TelegramNetworkError, match=r"[Tt]imeout"):
        await bot.send_message(maria, "молчание", request_timeout=1)
    assert _accepted(sandbox) == (["молчание"] if is_accepted else [])
    await bot.send_message(maria, "дальше")


async def test_a_malformed_answer_hides_what_was_accepted(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    _fault(sandbox, "sendMessage", "malformed", times=1)
    with pytest.raises(ClientDecodeError):
        await bot.send_message(maria, "дошло")
    assert _accepted(sandbox) == ["дошло"]


async def test_a_delay_only_delays(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    _fault(sandbox, "sendMessage", "delay", times=1, delay_ms=300)
    started = asyncio.get_running_loop().time()
    await bot.send_message(maria, "не спеша")
    assert asyncio.get_running_loop().time() - started >= 0.3


async def test_updates_are_delivered_twice(sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot) -> None:
    act = sandbox.people.text(maria, shop.id, "раз")
    (first,) = await bot.get_updates()
    sandbox.people.text(maria, shop.id, "два")
    _fault(sandbox, "getUpdates", "duplicate", times=1)
    again = await bot.get_updates(offset=first.update_id + 1)
    assert [update.message.text for update in again if update.message] == ["раз", "два"]
    assert again[0].update_id == act.update_id
    left = await bot.get_updates(offset=again[-1].update_id + 1)
    assert left == []


async def test_a_fault_can_be_for_one_bot_and_by_chance(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, make_bot: Callable[[str], Bot]
) -> None:
    desk = sandbox.bot("desk_bot")
    _fault(sandbox, "getMe", "500", bot_id=desk.id)
    assert await bot.get_me()
    with pytest.raises(TelegramServerError):
        await make_bot(desk.token).get_me()

    async def outcomes() -> str:
        _fault(sandbox, "getMe", "500", probability=0.5, seed=7)
        seen = ""
        for _ in range(20):
            try:
                await bot.get_me()
                seen += "."
            except TelegramServerError:
                seen += "x"
        return seen

    first = await outcomes()
    assert 3 < first.count("x") < 17
    assert await outcomes() == first


async def test_downloads_fail_in_every_way(
    sandbox: Sandbox, maria: int, bot: Bot, http: aiohttp.ClientSession, shop: BotHandle
) -> None:
    message = await bot.send_document(maria, BufferedInputFile(b"0123456789" * 1000, "d.bin"))
    assert message.document is not None
    path = (await bot.get_file(message.document.file_id)).file_path
    url = f"{sandbox.url}/file/bot{shop.token}/{path}"
    _fault(sandbox, "file", "expired", times=1)
    async with http.get(url) as answer:
        assert answer.status == 404
    _fault(sandbox, "file", "500", times=1)
    async with http.get(url) as answer:
        assert answer.status == 500
    _fault(sandbox, "file", "reset", times=1)
    with pytest.raises(aiohttp.ClientError):
        async with http.get(url) as answer:
            await answer.read()
    for fault in ("slow", "delay"):
        _fault(sandbox, "file", fault, times=1, delay_ms=300)
        started = asyncio.get_running_loop().time()
        async with http.get(url) as answer:
            assert await answer.read() == b"0123456789" * 1000
        assert asyncio.get_running_loop().time() - started >= 0.28


async def test_a_poller_that_hangs_up_leaves_the_updates(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, eventually: Fixture
) -> None:
    queue = sandbox.telegram.queue(sandbox.world.bots[shop.id])
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await eventually(lambda: queue._poll)
    poll.cancel()
    await asyncio.gather(poll, return_exceptions=True)
    await eventually(lambda: not queue._poll)
    sandbox.people.text(maria, shop.id, "подождёт")
    assert len(await bot.get_updates()) == 1


async def test_the_ledger_tells_refusals_too(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest):
        await bot.send_message(424242, "кому?")
    (row,) = sandbox.ledger.since()[-1:]
    assert (row["outcome"], row["error_code"], row["description"]) == ("refused", 400, "Bad Request: chat not found")
