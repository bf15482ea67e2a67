"""Avito on the runtime that every channel runs on: an outage and a lost answer, from its webhook to the inbox."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest

from gateway.connectors.registry import channel
from gateway.connectors.runtime.account_runtime import AccountRuntime
from gateway.connectors.runtime.context import Pace
from gateway.connectors.runtime.webhook_server import WebhookServer
from gateway.files import Files
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry
from gateway.model.ids import ContactId, LineId, SentId
from gateway.model.messages import Message
from gateway.model.outgoing import Outbound, SendMessage
from gateway.streams.connection import Store
from gateway.streams.intake import Intake
from tests.connectors.avito_wire import (
    ACCOUNT,
    ADDRESS,
    CHAT,
    LOST,
    AvitoServer,
    avito_server,
    connected,
    key,
    refusal,
    told_of,
)

Told = Any
"""conftest's; test modules cannot import it."""


@pytest.fixture
async def avito() -> AsyncIterator[AvitoServer]:
    async with avito_server() as avito:
        yield avito


class Running:
    """The account at work, and the address that Avito delivers to."""

    def __init__(self, store: Store, inbox: str, post: Callable[[Any], Any]) -> None:
        self._store = store
        self._inbox = inbox
        self.delivered = post

    async def stored(self) -> list[Any]:
        found = await self._store.redis.xrange(self._inbox)
        return [decode(fields[b"p"], Entry).command for _, fields in found]

    async def kinds(self) -> list[str]:
        return [type(one).__name__ for one in await self.stored()]

    async def answer(self, text: str, number: int) -> None:
        job = SendMessage(SentId(f"1.{number}"), Message(text=text))
        outbound = Outbound(ContactId(CHAT), job, at=time.time_ns() // 1_000_000, report=True)
        await self._store.redis.xadd(self._store.keys.outbox(ACCOUNT), {"p": encode(outbound)})


@asynccontextmanager
async def running(avito: AvitoServer, store: Store, intake: Intake, files: Files) -> AsyncIterator[Running]:
    inbox, server = store.keys.inbox(LineId("sales")), WebhookServer("127.0.0.1", 0)
    async with connected(avito, mode="webhook", check_seconds=1.5) as connector, aiohttp.ClientSession() as session:
        runtime = AccountRuntime(
            store,
            intake,
            connector,
            channel=channel("avito"),
            account=ACCOUNT,
            inbox=inbox,
            files=files,
            line=LineId("sales"),
            address=ADDRESS,
            chance=lambda: 0.99,
            pace=Pace(block_ms=200, grace_seconds=2.0),
        )
        task = asyncio.create_task(runtime.run())
        url = f"http://127.0.0.1:{await server.start()}/hooks/avito/{ACCOUNT}"
        server.add(runtime.context)

        async def post(message: Any) -> int:
            body = json.dumps(told_of(message)).encode()
            async with session.post(url, params={"key": key()}, data=body) as answer:
                return answer.status

        try:
            yield Running(store, inbox, post)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await server.stop()


async def test_what_avito_could_not_confirm_lands_by_itself_and_once(
    avito: AvitoServer, store: Store, intake: Intake, files: Files, told: Told
) -> None:
    avito.now = int(time.time())
    async with running(avito, store, intake, files) as account:
        await told.until(lambda: avito.subscriptions, is_=[{"url": f"{ADDRESS}?key={key()}", "version": "3"}])
        await told.until(lambda: avito.count("chats"))
        message = avito.write("срочно")
        avito.faults["messages"].append(refusal(500))
        assert await account.delivered(message) == 503
        await told.until(account.kinds, is_=["Receive"])
        assert await account.delivered(message) == 200
        assert await account.delivered(avito.write("ещё")) == 200
    assert [one.message.text for one in await account.stored()] == ["срочно", "ещё"]


async def test_an_answer_whose_receipt_was_lost_is_sent_once_and_is_no_echo(
    avito: AvitoServer, store: Store, intake: Intake, files: Files, told: Told
) -> None:
    avito.now = int(time.time())
    async with running(avito, store, intake, files) as account:
        await told.until(lambda: avito.count("chats"))
        assert await account.delivered(avito.write("есть?")) == 200
        avito.faults["send"].append(LOST)
        await account.answer("есть", 1)
        await told.until(account.kinds, is_=["Receive", "RecordDelivery"])
        ours = avito.messages[CHAT][0]
        assert await account.delivered(ours) == 200
        await account.answer("берите", 2)
        await told.until(account.kinds, is_=["Receive", "RecordDelivery", "RecordDelivery"])
    results = (await account.stored())[1:]
    assert [(one.message, one.status.value, one.natives) for one in results] == [
        ("1.1", "sent", (ours["id"],)),
        ("1.2", "sent", (avito.messages[CHAT][0]["id"],)),
    ]
    assert [one["content"]["text"] for one in avito.messages[CHAT]] == ["берите", "есть", "есть?"]
