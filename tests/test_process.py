"""The roles of a process, apart and together: what a visitor of a site sees of it over HTTP, with a real Redis."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.bootstrap import Infrastructure, now_ms
from gateway.connectors.registry import channel
from gateway.model.codec import encode
from gateway.model.ids import AccountId, ContactId, SentId
from gateway.model.messages import Message
from gateway.model.outgoing import Outbound, SendMessage, Urgency
from gateway.process import Process
from gateway.settings import Settings, load
from gateway.streams.connection import Store
from gateway.streams.intake import Intake

SITE = AccountId("site")
ORIGIN = {"Origin": "https://shop.example.com"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "gateway.toml"
    file.write_text(
        f"""
data_dir = "{tmp_path / "data"}"
[http]
port = 0
trusted_proxies = ["127.0.0.1"]
[operator_bot]
token = "123456789:nobody-answers-at-this-address-0000"
api_url = "http://127.0.0.1:9"
[lines.sales.accounts.site]
channel = "widget"
secret = "{"0123456789abcdef" * 4}"
origins = ["{ORIGIN["Origin"]}"]
sessions_per_address_minute = 1
""",
        encoding="utf-8",
    )
    return load(file, {}, lambda name: channel(name).Settings)


class Running:
    """A process with some of the roles."""

    def __init__(self, process: Process, stop: asyncio.Event, work: asyncio.Task[None]) -> None:
        self._process, self._stop, self._work = process, stop, work

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._process._webhook_server._runner.addresses[0][1]}/widget/{SITE}"

    async def end(self) -> None:
        self._stop.set()
        await self._work


@contextlib.asynccontextmanager
async def running(settings: Settings, store: Store, intake: Intake, *roles: str) -> AsyncIterator[Running]:
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        process = Process(settings, Infrastructure(store, intake, is_ours=False), stack, None)
        await process.start(roles)
        one = Running(process, stop, asyncio.create_task(process.work(stop)))
        yield one
        await one.end()


async def session(client: aiohttp.ClientSession, base: str, address: str = "203.0.113.1") -> tuple[int, Any]:
    headers = {**ORIGIN, "X-Forwarded-For": address}
    async with client.post(f"{base}/session", json={}, headers=headers) as answer:
        return answer.status, await answer.json()


async def frame(socket: aiohttp.ClientWebSocketResponse, kind: str) -> Any:
    async with asyncio.timeout(60):
        while (found := await socket.receive_json())["type"] != kind:
            pass
    return found


async def test_a_reply_sent_by_one_process_is_on_a_page_served_by_another(
    settings: Settings, store: Store, intake: Intake
) -> None:
    async with (
        running(settings, store, intake, "web") as web,
        running(settings, store, intake, "connectors"),
        aiohttp.ClientSession() as client,
    ):
        _, opened = await session(client, web.base)
        async with client.ws_connect(f"{web.base}/socket", headers=ORIGIN) as socket:
            await socket.send_json({"type": "hello", "token": opened["token"], "after": None})
            await frame(socket, "caught_up")
            await socket.send_json({"type": "message", "id": "c1", "text": "Есть в наличии?"})
            await frame(socket, "stored")
            reply = SendMessage(SentId("1.2"), Message(text="Да"), author="Анна")
            outbound = Outbound(ContactId(opened["visitor"]), reply, at=now_ms(), urgency=Urgency.WORDS)
            await store.note([("XADD", store.keys.outbox(SITE), "*", "p", encode(outbound))])
            said = [await frame(socket, "message") for _ in range(2)]
            assert [(one["from"], one["text"]) for one in said] == [("visitor", "Есть в наличии?"), ("operator", "Да")]


async def test_a_process_that_stops_sends_its_visitors_away_and_waits_for_none(
    settings: Settings, store: Store, intake: Intake
) -> None:
    async with running(settings, store, intake, "web", "connectors") as process, aiohttp.ClientSession() as client:
        _, opened = await session(client, process.base)
        async with client.ws_connect(f"{process.base}/socket", headers=ORIGIN) as socket:
            await socket.send_json({"type": "hello", "token": opened["token"], "after": None})
            await frame(socket, "caught_up")
            closing = asyncio.create_task(socket.receive())
            await process.end()
            assert (await closing).data == aiohttp.WSCloseCode.GOING_AWAY


async def test_limits_are_those_of_the_address_that_a_trusted_proxy_tells(
    settings: Settings, store: Store, intake: Intake
) -> None:
    async with running(settings, store, intake, "web") as web, aiohttp.ClientSession() as client:
        told = [
            (await session(client, web.base, address))[0] for address in ("203.0.113.1", "203.0.113.2", "203.0.113.1")
        ]
    assert told == [200, 200, 429]


async def test_an_archive_that_is_away_stops_nobody_but_the_recorder(
    settings: Settings, store: Store, intake: Intake
) -> None:
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "archive.db").write_bytes(b"")
    with contextlib.closing(sqlite3.connect(settings.data_dir / "archive.db", isolation_level=None)) as somebody:
        somebody.execute("BEGIN EXCLUSIVE")
        async with running(settings, store, intake, "web", "archive") as web, aiohttp.ClientSession() as client:
            status, _ = await session(client, web.base)
    assert status == 200
