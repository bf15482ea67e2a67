"""A phone on WhatsApp, an account on Instagram, a callback of ours for their app; Олег and Карина, who have written."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.instagram.nodes import FIELDS
from sandbox.meta.records import Account, App, Dialog, Person
from sandbox.server import Sandbox

Call = Callable[..., Awaitable[tuple[int, Any]]]


@dataclass
class Ear:
    """A callback of ours: what it was told, which of it was signed by the app, and what it answers."""

    secret: str
    verify_token: str
    url: str = ""
    status: int = 200
    is_deaf: bool = False
    bodies: list[bytes] = field(default_factory=list)
    forged: list[bytes] = field(default_factory=list)
    held: asyncio.Event | None = None

    @property
    def heard(self) -> list[Any]:
        return [json.loads(body) for body in self.bodies]

    def values(self, name: str) -> list[Any]:
        """Messages or statuses of all changes so far."""
        changes = [change for one in self.heard for entry in one["entry"] for change in entry.get("changes", [])]
        return [item for change in changes for item in change["value"].get(name, [])]

    def events(self, place: str = "messaging") -> list[Any]:
        """What came of Instagram."""
        return [event for one in self.heard for entry in one["entry"] for event in entry.get(place, [])]

    async def shake(self, request: web.Request) -> web.Response:
        is_right = request.query.get("hub.verify_token") == self.verify_token and not self.is_deaf
        return web.Response(text=request.query["hub.challenge"]) if is_right else web.Response(status=403)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        expected = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        (self.bodies if request.headers["X-Hub-Signature-256"] == expected else self.forged).append(body)
        if self.held is not None:
            await self.held.wait()
        return web.Response(status=self.status)


@pytest.fixture
def app(sandbox: Sandbox) -> App:
    return sandbox.meta.world.apps["romashka_app"]


@pytest.fixture
async def ear(app: App) -> AsyncIterator[Ear]:
    ear = Ear(app.secret, app.verify_token)
    served = web.Application()
    served.router.add_get("/hook", ear.shake)
    served.router.add_post("/hook", ear.hear)
    runner = web.AppRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    await web.TCPSite(runner, "127.0.0.2", port).start()  # reached as well, and not to be called
    ear.url = f"http://127.0.0.1:{port}/hook"
    yield ear
    await runner.cleanup()


@pytest.fixture
async def phone(sandbox: Sandbox, app: App, ear: Ear) -> Account:
    """The business's phone on WhatsApp, subscribed."""
    account = sandbox.account("romashka_wa")
    assert await sandbox.meta.set_callback(app, ear.url)
    account.is_subscribed = True
    return account


@pytest.fixture
async def profile(sandbox: Sandbox, app: App, ear: Ear) -> Account:
    """The business's account on Instagram, subscribed to everything."""
    account = sandbox.account("romashka.flowers")
    assert await sandbox.meta.set_callback(app, ear.url)
    account.is_subscribed, account.fields = True, sorted(FIELDS)
    return account


@pytest.fixture
async def oleg(sandbox: Sandbox, phone: Account) -> Person:
    """Олег, who has written, so that he may be answered."""
    person = sandbox.meta.world.people[sandbox.user("oleg")]
    sandbox.whatsapp_people.text(person.id, phone.id, "Здравствуйте")
    return person


@pytest.fixture
async def karina(sandbox: Sandbox, profile: Account) -> Person:
    person = sandbox.meta.world.people[sandbox.user("karina.lis")]
    sandbox.instagram_people.text(person.id, profile.id, "Здравствуйте")
    return person


@pytest.fixture
def dialog(sandbox: Sandbox, phone: Account, oleg: Person) -> Dialog:
    return sandbox.meta.world.dialogs[phone.id, oleg.id]


@pytest.fixture
def thread(sandbox: Sandbox, profile: Account, karina: Person) -> Dialog:
    return sandbox.meta.world.dialogs[profile.id, karina.id]


@pytest.fixture
def graph(http: aiohttp.ClientSession, sandbox: Sandbox) -> Call:
    """A call of the Graph API in an account's name: status and body."""

    async def graph(account: Account, verb: str, path: str, **more: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {account.token}"}
        async with http.request(verb, f"{sandbox.url}/v23.0/{path}", headers=headers, **more) as answer:
            return answer.status, await answer.json()

    return graph


@pytest.fixture
def send(graph: Call, phone: Account, oleg: Person) -> Call:
    """POST /messages to Олег, or to whom `to` or `recipient` says."""

    async def send(**body: Any) -> tuple[int, Any]:
        whole = {"messaging_product": "whatsapp", "to": oleg.phone, **body}
        if "recipient" in body:
            del whole["to"]
        return await graph(phone, "POST", f"{phone.id}/messages", json=whole)

    return send


@pytest.fixture
def say(graph: Call, profile: Account, karina: Person) -> Call:
    """POST /messages to Карина."""

    async def say(**body: Any) -> tuple[int, Any]:
        return await graph(profile, "POST", "me/messages", json={"recipient": {"id": karina.igsid}, **body})

    return say
