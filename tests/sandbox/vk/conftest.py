"""A community with Long Poll and all its events on, Ирина who has written to it, and VK's API to call raw."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.server import BotHandle, Sandbox
from sandbox.vk.feed import EVENTS

VERSION = "5.199"

Api = Callable[..., Awaitable[Any]]


@pytest.fixture
def romashka(sandbox: Sandbox) -> BotHandle:
    return sandbox.community("romashka")


@pytest.fixture
def irina(sandbox: Sandbox, romashka: BotHandle) -> int:
    """Ирина, who has written, so that the community may answer. Its Long Poll is on, as are all its events."""
    settings = sandbox.vk.world.communities[romashka.id].longpoll
    settings.is_enabled, settings.events = True, sorted(EVENTS)
    user_id = sandbox.user("irina")
    sandbox.vk_people.text(user_id, romashka.id, "Здравствуйте")
    return user_id


@pytest.fixture
def raw(http: aiohttp.ClientSession, sandbox: Sandbox, romashka: BotHandle) -> Api:
    """A call of the API: the whole body of the answer, whose status is always 200."""

    async def raw(method: str, **parameters: object) -> Any:
        form = {"v": VERSION, "access_token": romashka.token, **parameters}
        data = {name: str(value) for name, value in form.items() if value is not None}
        async with http.post(f"{sandbox.url}/method/{method}", data=data) as answer:
            assert answer.status == 200
            return await answer.json()

    return raw


@pytest.fixture
def vk(raw: Api) -> Api:
    """A call that is taken: its response."""

    async def vk(method: str, **parameters: object) -> Any:
        body = await raw(method, **parameters)
        assert "error" not in body, body
        return body["response"]

    return vk


@pytest.fixture
def refused(raw: Api) -> Api:
    """A call that is refused: the code and the sentence."""

    async def refused(method: str, **parameters: object) -> tuple[int, str]:
        error = (await raw(method, **parameters))["error"]
        return error["error_code"], error["error_msg"]

    return refused


@pytest.fixture
def send(vk: Api, irina: int) -> Api:
    """messages.send to Ирина with a random_id of its own."""
    numbers = iter(range(1, 1_000_000))

    async def send(**parameters: object) -> Any:
        return await vk("messages.send", **{"peer_id": irina, "random_id": next(numbers), **parameters})

    return send


@dataclass
class Poll:
    """A client of the Long Poll server."""

    ask: Api
    http: aiohttp.ClientSession
    group_id: int
    access: dict[str, Any] = field(default_factory=dict)

    async def open(self) -> None:
        self.access = await self.ask("groups.getLongPollServer", group_id=self.group_id)

    async def check(self, wait: int = 0, **more: object) -> dict[str, Any]:
        """One a_check as the server answers it."""
        query = {"act": "a_check", "key": self.access["key"], "ts": self.access["ts"], "wait": wait, **more}
        async with self.http.get(self.access["server"], params={k: str(v) for k, v in query.items()}) as answer:
            body: dict[str, Any] = await answer.json()
        return body

    async def __call__(self, wait: int = 0) -> list[dict[str, Any]]:
        """What is new, and confirms it."""
        body = await self.check(wait)
        assert "failed" not in body, body
        self.access["ts"] = body["ts"]
        return body["updates"]

    async def one(self, kind: str) -> Any:
        """The object of the only event that is new."""
        (event,) = await self()
        assert event["type"] == kind
        return event["object"]


@pytest.fixture
async def poll(vk: Api, http: aiohttp.ClientSession, romashka: BotHandle, irina: int) -> Poll:
    """A reader that begins now."""
    poll = Poll(vk, http, romashka.id)
    await poll.open()
    return poll


@dataclass
class Ear:
    """A Callback server of ours: what it was told, and what it answers."""

    url: str = ""
    code: str = ""
    answer: str = "ok"
    status: int = 200
    heard: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    held: asyncio.Event | None = None

    @property
    def events(self) -> list[dict[str, Any]]:
        return [one for one in self.heard if one["type"] != "confirmation"]

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.bodies.append(body)
        try:
            told = await request.json()
        except ValueError:
            return web.Response(status=400, text="no JSON")
        self.heard.append(told)
        if self.held is not None:
            await self.held.wait()
        if told["type"] == "confirmation":
            return web.Response(text=self.code)
        return web.Response(text=self.answer, status=self.status)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear = Ear()
    app = web.Application()
    app.router.add_post("/hook", ear.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    await web.TCPSite(runner, "127.0.0.2", port).start()  # reached as well, and not to be called
    ear.url = f"http://127.0.0.1:{port}/hook"
    yield ear
    await runner.cleanup()


@pytest.fixture
def quick(sandbox: Sandbox) -> None:
    """Confirmation at once and repeats after a blink."""
    sandbox.change_settings({"vk_confirmation_after_ms": 0, "vk_callback_retry_ms": 10})
