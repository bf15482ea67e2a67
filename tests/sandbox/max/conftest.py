"""A bot on MAX, Софья who has started it, the API to call raw, a poller, an ear for webhooks, and uploads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.max.records import Dialog
from sandbox.pictures import plain_png
from sandbox.server import BotHandle, Sandbox
from tests.sandbox.max.running import max_of

Api = Callable[..., Awaitable[Any]]


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any


@pytest.fixture
def romashka(sandbox: Sandbox) -> BotHandle:
    return max_of(sandbox).bot("romashka_max_bot")


@pytest.fixture
def sofya(sandbox: Sandbox, romashka: BotHandle) -> int:
    """Софья, who has started the bot; what told of it was read."""
    user_id = sandbox.user("sofya")
    max_of(sandbox).people.start(user_id, romashka.id)
    bot = max_of(sandbox).max.world.bots[romashka.id]
    max_of(sandbox).max.feed._begin(bot, bot.next_event)
    return user_id


@pytest.fixture
def dialog(sandbox: Sandbox, romashka: BotHandle, sofya: int) -> Dialog:
    found = max_of(sandbox).max.world.dialog_of(romashka.id, sofya)
    assert found is not None
    return found


@pytest.fixture
def raw(http: aiohttp.ClientSession, sandbox: Sandbox, romashka: BotHandle) -> Api:
    """A request as it goes over the wire, with the token as MAX wants it."""

    async def raw(verb: str, path: str, *, token: str | None = romashka.token, **more: Any) -> Answer:
        headers = {"Authorization": token} if token is not None else {}
        async with http.request(verb, f"{sandbox.url}/max{path}", headers=headers, **more) as answer:
            is_json = answer.content_type == "application/json"
            return Answer(answer.status, await (answer.json() if is_json else answer.text()), answer.headers)

    return raw


@pytest.fixture
def call(raw: Api) -> Api:
    """A request that is taken: its body."""

    async def call(verb: str, path: str, **more: Any) -> Any:
        answer = await raw(verb, path, **more)
        assert answer.status == 200, answer
        return answer.body

    return call


@pytest.fixture
def refused(raw: Api) -> Api:
    """A request that is refused: the status, the code and the sentence."""

    async def refused(verb: str, path: str, **more: Any) -> tuple[int, str, str]:
        answer = await raw(verb, path, **more)
        assert set(answer.body) == {"code", "message"}, answer
        return answer.status, answer.body["code"], answer.body["message"]

    return refused


@pytest.fixture
def send(call: Api, dialog: Dialog) -> Api:
    """POST /messages into Софья's dialog: the message."""

    async def send(text: str | None = None, **body: Any) -> Any:
        given = {**body, **({} if text is None else {"text": text})}
        return (await call("POST", "/messages", params={"chat_id": str(dialog.chat_id)}, json=given))["message"]

    return send


@pytest.fixture
def not_sent(refused: Api, dialog: Dialog) -> Api:
    """The same where it is refused."""

    async def not_sent(text: str | None = None, **body: Any) -> tuple[int, str, str]:
        given = {**body, **({} if text is None else {"text": text})}
        told: tuple[int, str, str] = await refused(
            "POST", "/messages", params={"chat_id": str(dialog.chat_id)}, json=given
        )
        return told

    return not_sent


@pytest.fixture
def history(call: Api, dialog: Dialog) -> Api:
    """The dialog as the API lists it, newest first."""

    async def history(**query: object) -> Any:
        params = {"chat_id": str(dialog.chat_id), **{name.rstrip("_"): str(value) for name, value in query.items()}}
        return (await call("GET", "/messages", params=params))["messages"]

    return history


@dataclass
class Poll:
    """Somebody who asks for updates: each call brings what is new, and the next one commits it."""

    call: Api
    marker: int | None = None

    async def ask(self, **query: object) -> Any:
        """One answer as it is; nothing is remembered."""
        return await self.call("GET", "/updates", params={"timeout": "0", **{k: str(v) for k, v in query.items()}})

    async def __call__(self, **query: object) -> list[Any]:
        given = {} if self.marker is None else {"marker": self.marker}
        answer = await self.ask(**given, **query)
        self.marker = answer["marker"]
        return list(answer["updates"])

    async def one(self, kind: str) -> Any:
        (update,) = await self()
        assert update["update_type"] == kind
        return update


@pytest.fixture
def poll(call: Api, sofya: int) -> Poll:
    return Poll(call)


@dataclass
class Ear:
    """Somebody's webhook: what it was told, and what it answers."""

    url: str = ""
    status: int = 200
    held: asyncio.Event | None = None
    heard: list[Any] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [one["message"]["body"]["text"] for one in self.heard]

    async def hear(self, request: web.Request) -> web.Response:
        self.secrets.append(request.headers.get("X-Max-Bot-Api-Secret"))
        try:
            self.heard.append(await request.json())
        except ValueError:
            return web.Response(status=400)
        if self.held is not None:
            await self.held.wait()
        return web.Response(status=self.status)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear = Ear()
    app = web.Application()
    app.router.add_post("/hook", ear.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ear.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield ear
    await runner.cleanup()


@pytest.fixture
async def subscribed(call: Api, sofya: int, ear: Ear) -> Ear:
    """The ear, subscribed after Софья has started the bot."""
    body = {"url": ear.url, "secret": "what_MAX-sends"}
    assert await call("POST", "/subscriptions", json=body) == {"success": True}
    return ear


@pytest.fixture
def upload(call: Api, http: aiohttp.ClientSession) -> Api:
    """Uploads bytes as a form: the token, wherever it is told."""

    async def upload(kind: str, content: bytes | None = None, name: str = "a.png") -> str:
        opened = await call("POST", "/uploads", params={"type": kind})
        form = aiohttp.FormData()
        form.add_field("data", plain_png(4, 3, "#7a9e7e") if content is None else content, filename=name)
        async with http.post(opened["url"], data=form) as answer:
            assert answer.status == 200
            if answer.content_type == "text/xml":
                assert await answer.text() == "<retval>1</retval>"
                return str(opened["token"])
            body = await answer.json()
        token = next(iter(body["photos"].values()))["token"] if "photos" in body else body["token"]
        return str(token)

    return upload
