"""MAX on the runtime that every channel runs on: polling and webhook, from a person of the sandbox to the inbox."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from gateway.connectors.contract import Tools
from gateway.connectors.max import Settings, connect
from gateway.connectors.registry import channel
from gateway.connectors.runtime.account_runtime import AccountRuntime
from gateway.connectors.runtime.context import Pace
from gateway.connectors.runtime.webhook_server import WebhookServer
from gateway.connectors.toolkit.http import HttpClient
from gateway.files import Files
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Notice, Receive, RecordDelivery
from gateway.model.ids import AccountId, ContactId, LineId, SentId
from gateway.model.messages import Message
from gateway.model.outgoing import Outbound, SendMessage
from gateway.streams.connection import Store
from gateway.streams.intake import Intake
from sandbox.max.faults import FaultRule
from sandbox.server import Sandbox
from tests.sandbox.max.running import max_of

ACCOUNT = AccountId("shop")
Told = Any
"""conftest's; test modules cannot import it."""


class Running:
    """The bot at work, and Софья who writes to it."""

    def __init__(self, sandbox: Sandbox, store: Store, inbox: str) -> None:
        self.sandbox, self._store, self._inbox = sandbox, store, inbox
        self.bot, self.sofya = max_of(sandbox).bot("romashka_max_bot").id, sandbox.user("sofya")

    @property
    def dialog(self) -> Any:
        return max_of(self.sandbox).max.world.dialog_of(self.bot, self.sofya)

    def write(self, text: str) -> None:
        max_of(self.sandbox).people.text(self.sofya, self.bot, text)

    def fault(self, method: str, fault: str) -> None:
        max_of(self.sandbox).max.faults.replace([FaultRule(method=method, fault=fault, times=1)])

    def subscriptions(self) -> list[str]:
        return [one.url for one in max_of(self.sandbox).max.world.bots[self.bot].subscriptions]

    def said(self) -> list[str]:
        """The bot's words as the chat shows them."""
        history = max_of(self.sandbox).max.world.seen_by_bot(self.dialog)
        return [one.text for one in reversed(list(history)) if one.sender_id == self.bot]

    async def stored(self) -> list[Any]:
        found = await self._store.redis.xrange(self._inbox)
        return [decode(fields[b"p"], Entry).command for _, fields in found]

    async def words(self) -> list[str]:
        """What the client wrote, without the Start."""
        return [one.message.text for one in await self.stored() if isinstance(one, Receive) and one.start is None]

    async def alarms(self) -> list[str]:
        return [one.about for one in await self.stored() if isinstance(one, Notice) and one.alarming]

    async def delivered(self) -> list[str]:
        return [one.status.value for one in await self.stored() if isinstance(one, RecordDelivery)]

    async def answer(self, text: str, number: int) -> None:
        job = SendMessage(SentId(f"1.{number}"), Message(text=text))
        contact = ContactId(str(self.dialog.chat_id))
        outbound = Outbound(contact, job, at=time.time_ns() // 1_000_000, report=True)
        await self._store.redis.xadd(self._store.keys.outbox(ACCOUNT), {"p": encode(outbound)})


@asynccontextmanager
async def running(mode: str, sandbox: Sandbox, store: Store, intake: Intake, files: Files) -> AsyncIterator[Running]:
    """The account's runtime, until the block ends."""
    bot, inbox, server = (
        max_of(sandbox).bot("romashka_max_bot"),
        store.keys.inbox(LineId("sales")),
        WebhookServer("127.0.0.1", 0),
    )
    url = f"http://127.0.0.1:{await server.start()}/hooks/max/{ACCOUNT}"
    settings = Settings.model_validate({"token": bot.token, "api_url": f"{sandbox.url}/max", "mode": mode})
    tools = Tools(account=ACCOUNT, http=HttpClient(api_url=settings.api_url), files=files)
    connector = connect(settings, tools)
    runtime = AccountRuntime(
        store,
        intake,
        connector,
        channel=channel("max"),
        account=ACCOUNT,
        inbox=inbox,
        files=files,
        line=LineId("sales"),
        address=url if mode == "webhook" else None,
        chance=lambda: 0.99,
        pace=Pace(block_ms=200, grace_seconds=2.0, backfill_seconds=0.3, poll_seconds=1),
    )
    server.add(runtime.context)
    task = asyncio.create_task(runtime.run())
    try:
        yield Running(sandbox, store, inbox)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await server.stop()
        await connector.close()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        max_of(sandbox).people.start(sandbox.user("sofya"), max_of(sandbox).bot("romashka_max_bot").id)
        yield sandbox


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_a_client_writes_and_is_answered_and_a_lost_answer_is_found_in_the_chat(
    mode: str, sandbox: Sandbox, store: Store, intake: Intake, files: Files, told: Told
) -> None:
    async with running(mode, sandbox, store, intake, files) as account:
        account.write("есть розы?")
        await told.until(account.words, is_=["есть розы?"])
        account.fault("send", "lost_reply")
        await account.answer("есть", 1)
        await told.until(account.delivered, is_=["sent"])
        await account.answer("берите", 2)
        await told.until(account.delivered, is_=["sent", "sent"])
        assert account.said() == ["есть", "берите"]
        assert await account.alarms() == []


async def test_after_a_restart_polling_goes_on_behind_what_was_stored(
    sandbox: Sandbox, store: Store, intake: Intake, files: Files, told: Told
) -> None:
    sandbox.change_settings({"max_without_marker": "latest"})
    async with running("polling", sandbox, store, intake, files) as account:
        account.write("раз")
        await told.until(account.words, is_=["раз"])
    for text in ("два", "три"):
        account.write(text)
    async with running("polling", sandbox, store, intake, files) as account:
        await told.until(account.words, is_=["раз", "два", "три"])


async def test_a_subscription_that_vanishes_is_told_and_made_again_and_nothing_is_lost(
    sandbox: Sandbox, store: Store, intake: Intake, files: Files, told: Told
) -> None:
    async with running("webhook", sandbox, store, intake, files) as account:
        await told.until(lambda: len(account.subscriptions()), is_=1)
        account.write("раз")
        await told.until(account.words, is_=["раз"])
        max_of(sandbox).staff.unsubscribe(account.bot)
        account.write("два")
        await told.until(account.words, is_=["раз", "два"])
        await told.until(lambda: len(account.subscriptions()), is_=1)
        assert await account.alarms() == ["webhook"]
        account.write("три")
        await told.until(account.words, is_=["раз", "два", "три"])
