import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from aiogram import Bot, Dispatcher
from aiogram.types import Message, Update
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from sandbox.cast import CastUser
from sandbox.server import BotHandle, Sandbox
from sandbox.telegram.faults import FaultRule

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

Answer = Callable[[dict[str, Any], int], Awaitable[web.Response]]


class Hook:
    """A bot's own server: notes every post and answers as the test says (200 by itself)."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.broken: list[bytes] = []
        self.secrets: list[str | None] = []
        self.news = asyncio.Condition()
        self.under_way = 0
        self.most_under_way = 0
        self.answer: Answer | None = None
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        try:
            update = json.loads(body)
        except ValueError:
            self.broken.append(body)
            return web.Response(status=400)
        Update.model_validate(update)
        async with self.news:
            self.posts.append(update)
            self.news.notify_all()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self.answer(update, len(self.posts)) if self.answer else web.Response()
        finally:
            self.under_way -= 1

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.posts if "message" in update]

    async def wait(self, posts: int) -> None:
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.posts) >= posts)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


Confirmed = Callable[[], Awaitable[None]]


@pytest.fixture
def confirmed(sandbox: Sandbox, shop: BotHandle, eventually: Fixture) -> Confirmed:
    """Waits until nothing of the shop's bot is pending."""

    async def confirmed() -> None:
        await eventually(lambda: not len(sandbox.telegram.queue(sandbox.world.bots[shop.id])))

    return confirmed


async def test_updates_are_posted_with_the_secret_and_confirmed_by_a_2xx(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook, confirmed: Confirmed
) -> None:
    sandbox.people.text(maria, shop.id, "до вебхука")
    await bot.set_webhook(hook.url, secret_token="s3cret_-")
    sandbox.people.text(maria, shop.id, "после")
    await hook.wait(2)
    await confirmed()
    assert hook.texts == ["до вебхука", "после"]
    assert hook.secrets == ["s3cret_-", "s3cret_-"]
    assert (await bot.get_webhook_info()).pending_update_count == 0


async def test_no_secret_no_header(sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook) -> None:
    await bot.set_webhook(hook.url)
    sandbox.people.text(maria, shop.id, "раз")
    await hook.wait(1)
    assert hook.secrets == [None]


async def test_a_chat_keeps_its_order_and_others_do_not_wait_for_it(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook
) -> None:
    held = asyncio.Event()

    async def hold_maria(update: dict[str, Any], _number: int) -> web.Response:
        if update["message"]["chat"]["id"] == maria and not held.is_set():
            await held.wait()
        return web.Response()

    hook.answer = hold_maria
    ivan = sandbox.user("Иван")
    await bot.set_webhook(hook.url)
    for text in ("М1", "М2", "М3"):
        sandbox.people.text(maria, shop.id, text)
    for text in ("И1", "И2"):
        sandbox.people.text(ivan, shop.id, text)
    await hook.wait(3)
    assert hook.texts == ["М1", "И1", "И2"]
    held.set()
    await hook.wait(5)
    assert hook.texts[3:] == ["М2", "М3"]


async def test_no_more_posts_at_once_than_max_connections(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook
) -> None:
    async def slowly(_update: dict[str, Any], _number: int) -> web.Response:
        await asyncio.sleep(0.02)
        return web.Response()

    hook.answer = slowly
    users = [sandbox.add_user(CastUser(id=800_000_000 + number, name=f"Гость {number}")) for number in range(12)]
    await bot.set_webhook(hook.url, max_connections=3)
    for user in users:
        sandbox.people.start(user.id, shop.id)
    await hook.wait(12)
    assert hook.most_under_way == 3


async def test_a_failure_is_tried_again_at_once_and_then_ever_later(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook, confirmed: Confirmed
) -> None:
    sandbox.change_settings({"webhook_first_retry_ms": 100, "webhook_retry_cap_ms": 10_000})
    times: list[float] = []

    async def fail_four_times(_update: dict[str, Any], number: int) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        return web.Response(status=500 if number <= 4 else 204)

    hook.answer = fail_four_times
    await bot.set_webhook(hook.url)
    sandbox.people.text(maria, shop.id, "упрямое")
    sandbox.people.text(maria, shop.id, "следом")
    await hook.wait(6)
    await confirmed()
    assert hook.texts == ["упрямое"] * 5 + ["следом"]
    pauses = [later - earlier for earlier, later in pairwise(times[:5])]
    assert pauses[0] < 0.09
    assert [pause > least for pause, least in zip(pauses[1:], (0.09, 0.19, 0.39), strict=True)] == [True] * 3
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"
    assert info.last_error_date is not None


async def test_retry_after_is_honoured(sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook) -> None:
    async def busy_once(_update: dict[str, Any], number: int) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "1"}) if number == 1 else web.Response()

    hook.answer = busy_once
    await bot.set_webhook(hook.url)
    sandbox.people.text(maria, shop.id, "потом")
    await hook.wait(1)
    started = asyncio.get_running_loop().time()
    await hook.wait(2)
    assert asyncio.get_running_loop().time() - started > 0.9


async def test_errors_of_the_connection_are_told(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook, unused_tcp_port: int, eventually: Fixture
) -> None:
    await bot.set_webhook(f"http://127.0.0.1:{unused_tcp_port}/hook")
    sandbox.people.text(maria, shop.id, "тук-тук")
    webhook = sandbox.world.bots[shop.id].webhook
    await eventually(lambda: webhook and webhook.last_error)
    info = await bot.get_webhook_info()
    assert info.last_error_message is not None
    assert "refused" in info.last_error_message.lower()
    assert info.pending_update_count == 1
    await bot.set_webhook(hook.url)
    await hook.wait(1)
    assert hook.texts == ["тук-тук"]


async def test_an_answer_may_call_a_method_but_not_those_that_receive(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook, confirmed: Confirmed
) -> None:
    async def reply(update: dict[str, Any], number: int) -> web.Response:
        if number == 1:
            return web.json_response({"method": "sendMessage", "chat_id": maria, "text": "эхо"})
        return web.json_response({"method": "deleteWebhook"})

    hook.answer = reply
    await bot.set_webhook(hook.url)
    sandbox.people.text(maria, shop.id, "ау")
    sandbox.people.text(maria, shop.id, "ау-ау")
    await hook.wait(2)
    await confirmed()
    chat = sandbox.world.chats[shop.id, maria]
    assert next(message.body["text"] for message in sandbox.world.history(chat) if message.is_out) == "эхо"
    assert (await bot.get_webhook_info()).url == hook.url


async def test_aiograms_own_webhook_server_answers_into_the_chat(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, confirmed: Confirmed
) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: Message) -> Fixture:
        return message.answer(f"вы сказали: {message.text}")

    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token="abc").register(app, "/hook")
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="abc")
    sandbox.people.text(maria, shop.id, "ау")
    await confirmed()
    chat = sandbox.world.chats[shop.id, maria]
    assert next(sandbox.world.history(chat)).body["text"] == "вы сказали: ау"
    await bot.delete_webhook()
    await runner.cleanup()


async def test_410_for_a_day_removes_the_webhook(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook, hands: Fixture
) -> None:
    sandbox.change_settings({"webhook_first_retry_ms": 10, "webhook_retry_cap_ms": 20, "updates_kept_ms": 10**9})

    async def gone(_update: dict[str, Any], _number: int) -> web.Response:
        return web.Response(status=410)

    hook.answer = gone
    await bot.set_webhook(hook.url)
    sandbox.people.text(maria, shop.id, "ау")
    await hook.wait(1)
    await sandbox.telegram.drop_gone_webhooks()
    assert (await bot.get_webhook_info()).url == hook.url
    hands.ms += 23 * 3600 * 1000 + 1
    await sandbox.telegram.drop_gone_webhooks()
    assert (await bot.get_webhook_info()).url == ""


async def test_an_update_that_fails_for_a_day_is_dropped(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook, hands: Fixture, confirmed: Confirmed
) -> None:
    sandbox.change_settings({"webhook_first_retry_ms": 10, "webhook_retry_cap_ms": 20})

    async def never(update: dict[str, Any], _number: int) -> web.Response:
        return web.Response(status=200 if update["message"]["text"] == "новое" else 500)

    hook.answer = never
    await bot.set_webhook(hook.url)
    sandbox.people.text(maria, shop.id, "старое")
    await hook.wait(3)
    hands.ms += 24 * 3600 * 1000
    sandbox.people.text(maria, shop.id, "новое")
    await confirmed()
    assert hook.texts[-1] == "новое"
    assert [
        row["kind"] for row in sandbox.ledger.since() if row["kind"].startswith("update_") and "via" not in row
    ] == [
        "update_dropped",
        "update_confirmed",
    ]


@pytest.mark.parametrize("fault", ["duplicate", "lost_reply"])
async def test_an_update_is_posted_twice(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook, fault: Fixture, confirmed: Confirmed
) -> None:
    sandbox.telegram.faults.replace([FaultRule(method="webhook", fault=fault, times=1)])
    await bot.set_webhook(hook.url)
    sandbox.people.text(maria, shop.id, "дважды")
    await hook.wait(2)
    await confirmed()
    assert hook.posts[0] == hook.posts[1]


async def test_a_malformed_post_is_followed_by_a_whole_one(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook
) -> None:
    sandbox.telegram.faults.replace([FaultRule(method="webhook", fault="malformed", times=1)])
    await bot.set_webhook(hook.url)
    sandbox.people.text(maria, shop.id, "целиком")
    await hook.wait(1)
    assert len(hook.broken) == 1
    assert hook.texts == ["целиком"]


async def test_a_delayed_post_comes_late(sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, hook: Hook) -> None:
    sandbox.telegram.faults.replace([FaultRule(method="webhook", fault="delay", times=1, delay_ms=300)])
    await bot.set_webhook(hook.url)
    started = asyncio.get_running_loop().time()
    sandbox.people.text(maria, shop.id, "не спеша")
    await hook.wait(1)
    assert asyncio.get_running_loop().time() - started >= 0.29


async def test_a_foreign_address_is_kept_and_never_called(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, eventually: Fixture
) -> None:
    await bot.set_webhook("https://example.com/hook")
    sandbox.people.text(maria, shop.id, "ау")
    webhook = sandbox.world.bots[shop.id].webhook
    await eventually(lambda: webhook and webhook.last_error)
    assert "loopback" in str((await bot.get_webhook_info()).last_error_message)
