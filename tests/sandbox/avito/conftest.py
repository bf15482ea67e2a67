"""A seller with a token and a listing, Артём who has asked about it, Avito's API to call raw, an ear for webhooks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.server import Sandbox, SellerHandle

Api = Callable[..., Awaitable[Any]]


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any


@pytest.fixture
def flowers(sandbox: Sandbox) -> SellerHandle:
    return sandbox.seller("flowers")


@pytest.fixture
async def artem(sandbox: Sandbox, flowers: SellerHandle) -> int:
    """Артём, who has asked about the listing."""
    user_id = sandbox.user("artem")
    sandbox.avito_people.text(user_id, flowers.listing, "Здравствуйте! Пионы свежие?")
    return user_id


@pytest.fixture
def token(sandbox: Sandbox, flowers: SellerHandle) -> str:
    return sandbox.avito.give_token(sandbox.avito.world.sellers[flowers.id])


@pytest.fixture
def raw(http: aiohttp.ClientSession, sandbox: Sandbox, token: str) -> Api:
    """A request as it goes over the wire; `token` None sends none."""

    async def raw(verb: str, path: str, *, token: str | None = token, **more: Any) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        async with http.request(verb, f"{sandbox.url}{path}", headers=headers, **more) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)

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
    """A request that is refused: the status and the sentence."""

    async def refused(verb: str, path: str, **more: Any) -> tuple[int, str]:
        answer = await raw(verb, path, **more)
        told = answer.body.get("error") or answer.body["result"]
        assert answer.body.get("error", {}).get("code", answer.status) == answer.status
        return answer.status, told["message"]

    return refused


@pytest.fixture
def chat(sandbox: Sandbox, flowers: SellerHandle, artem: int) -> str:
    """The path of Артём's chat below the version of an API."""
    found = sandbox.avito.world.chat_at(artem, flowers.listing)
    assert found is not None
    return f"accounts/{flowers.id}/chats/{found.id}"


@pytest.fixture
def history(call: Api, chat: str) -> Api:
    """The chat's messages as the API lists them, newest first."""

    async def history(**query: object) -> Any:
        params = {name: str(value) for name, value in query.items()}
        return (await call("GET", f"/messenger/v3/{chat}/messages/", params=params))["messages"]

    return history


@dataclass
class Ear:
    """Somebody's webhook: what it was told, and what it answers."""

    url: str = ""
    status: int = 200
    held: asyncio.Event | None = None
    heard: list[Any] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    @property
    def values(self) -> list[Any]:
        return [one["payload"]["value"] for one in self.heard]

    async def hear(self, request: web.Request) -> web.Response:
        self.queries.append(request.raw_path.partition("?")[2])
        self.signatures.append(request.headers.get("x-avito-messenger-signature", ""))
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
    ear.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook?secret=a%2Fb~c&x=1"
    yield ear
    await runner.cleanup()


@pytest.fixture
async def subscribed(call: Api, sandbox: Sandbox, artem: int, ear: Ear) -> Ear:
    """The ear, subscribed after Артём began; what was not taken comes again after a blink."""
    assert artem
    sandbox.change_settings({"avito_webhook_retry_ms": 10})
    assert await call("POST", "/messenger/v3/webhook", json={"url": ear.url}) == {"ok": True}
    return ear
