"""A sandbox in the test's own process, aiogram's Bot pointed at it, and a clock turned by hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Update
from pydantic import BaseModel

from sandbox.server import BotHandle, Sandbox


@dataclass
class HandClock:
    """Milliseconds that pass only when told."""

    ms: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms


def extras(thing: object, path: str = "") -> list[str]:
    """Fields that aiogram's models do not know: a field misspelt by the sandbox shows here."""
    if isinstance(thing, BaseModel):
        found = [f"{path}.{name}" for name in thing.model_extra or {}]
        return found + [
            one for name in type(thing).model_fields for one in extras(getattr(thing, name), f"{path}.{name}")
        ]
    if isinstance(thing, list):
        return [one for index, item in enumerate(thing) for one in extras(item, f"{path}[{index}]")]
    return []


@dataclass
class Inbox:
    """A bot that polls: each call brings what is new, judged by aiogram, and confirms what came before."""

    bot: Bot
    offset: int = 0
    seen: list[Update] = field(default_factory=list)

    async def __call__(self) -> list[Update]:
        updates = await self.bot.get_updates(offset=self.offset or None)
        for update in updates:
            assert extras(update) == []
            self.offset = update.update_id + 1
        self.seen += updates
        return updates

    async def one(self) -> Update:
        (update,) = await self()
        return update


@pytest.fixture
def hands() -> HandClock:
    return HandClock()


@pytest.fixture
async def sandbox(hands: HandClock) -> AsyncIterator[Sandbox]:
    """Without limits and without getUpdates' brake on the same offset; the tests about those set them."""
    async with Sandbox(now_ms=hands, limits=False, same_offset_hold_ms=0, same_offset_single_ms=0) as sandbox:
        yield sandbox


@pytest.fixture
def shop(sandbox: Sandbox) -> BotHandle:
    return sandbox.bot("shop_bot")


@pytest.fixture
def maria(sandbox: Sandbox, shop: BotHandle) -> int:
    """Мария, who has pressed Start; what that queued is out of the way."""
    user_id = sandbox.user("maria")
    sandbox.people.start(user_id, shop.id)
    sandbox.telegram.queue(sandbox.world.bots[shop.id]).drop_all()
    return user_id


@pytest.fixture
async def make_bot(sandbox: Sandbox) -> AsyncIterator[Callable[[str], Bot]]:
    sessions: list[AiohttpSession] = []

    def make(token: str) -> Bot:
        sessions.append(AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url)))
        return Bot(token, session=sessions[-1])

    yield make
    for session in sessions:  # not by aiogram's own close(), which waits a quarter of a second for TLS
        if session._session is not None:
            await session._session.close()


@pytest.fixture
def bot(make_bot: Callable[[str], Bot], shop: BotHandle) -> Bot:
    return make_bot(shop.token)


@pytest.fixture
def inbox(bot: Bot) -> Inbox:
    return Inbox(bot)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


Call = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def call(http: aiohttp.ClientSession, sandbox: Sandbox, shop: BotHandle) -> Call:
    """A raw JSON call as the shop's bot: status and body."""

    async def call(method: str, **parameters: object) -> tuple[int, Any]:
        async with http.post(f"{sandbox.url}/bot{shop.token}/{method}", json=parameters) as answer:
            return answer.status, await answer.json()

    return call


@pytest.fixture
def control(http: aiohttp.ClientSession, sandbox: Sandbox) -> Call:
    """A call of the control API: verb, path below /sandbox/api, and a JSON body."""

    async def control(verb: str, path: str, body: object = None) -> tuple[int, Any]:
        async with http.request(verb, f"{sandbox.url}/sandbox/api/{path}", json=body) as answer:
            return answer.status, await answer.json()

    return control


@pytest.fixture
def judge() -> Callable[[object], None]:
    """Fails on any field that aiogram does not know."""

    def judge(thing: object) -> None:
        assert extras(thing) == []

    return judge


Eventually = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Waits until something is so; fails after ten seconds."""

    async def eventually(is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not is_so():
                await asyncio.sleep(0.005)

    return eventually
