"""A queue goes on while the end of its last work is being written, and what refers to that work waits for the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.connectors.runtime.contact_queues import ContactQueues
from gateway.connectors.runtime.context import AccountContext
from gateway.connectors.runtime.delivery import Delivery
from gateway.connectors.runtime.outbox_entry import OutboxEntry
from gateway.connectors.runtime.settlement import Settlement
from gateway.model.ids import ContactId, SentId
from gateway.model.messages import Message
from gateway.model.outgoing import Outbound, SendEdit, SendMessage
from gateway.streams.ownership import Lease

Account = Told = Any
"""conftest's; test modules cannot import it."""
ANN, CARD = ContactId("ann"), SentId("7@501")


class Slow(Settlement):
    """A settlement that begins to write when it is let."""

    def __init__(self, context: AccountContext, lease: Lease) -> None:
        super().__init__(context, lease)
        self.asked: list[OutboxEntry] = []
        self.let = asyncio.Event()

    async def _end(self, work: OutboxEntry, *told: Any, **more: Any) -> None:
        self.asked.append(work)
        await self.let.wait()
        await super()._end(work, *told, **more)


class Driven:
    """One account's queues and delivery, driven by hand."""

    def __init__(self, account: Account, lease: Lease, told: Told) -> None:
        context = account.prepare().context
        self.account, self.clock = account, context.clock
        self.queues, self.slow, self.woken = ContactQueues(), Slow(context, lease), 0
        self._delivery = Delivery(context, lease, self.queues, self.slow, {}, wake=self._wake)
        self._told = told

    async def add(self, job: SendMessage | SendEdit) -> OutboxEntry:
        outbound = Outbound(contact=ANN, job=job, at=1)
        [entry] = await self.account.put(outbound)
        work = OutboxEntry(entry, outbound)
        self.queues.add(ANN, work, self.clock())
        return work

    def begin(self) -> asyncio.Task[None]:
        found = self.queues.next(self.clock())
        assert found is not None, "nothing may go now"
        return asyncio.create_task(self._delivery.step(*found))

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
async def driven(account: Account, told: Told) -> AsyncIterator[Driven]:
    lease = await Lease.take(account.store, "sender:shop")
    assert lease is not None
    yield Driven(account, lease, told)
    await lease.release()


async def test_the_next_words_go_while_the_last_result_is_being_written(driven: Driven, told: Told) -> None:
    first = await driven.add(SendMessage(CARD, Message(text="one")))
    await driven.add(SendMessage(SentId("8@501"), Message(text="two")))
    steps = [driven.begin()]
    await told.until(lambda: driven.slow.asked, is_=[first])
    assert driven.woken == 1
    steps.append(driven.begin())
    await told.until(driven.account.vendor.texts, is_=["one", "two"])
    driven.slow.let.set()
    await asyncio.gather(*steps)
    assert await driven.account.left() == 0


async def test_an_edit_waits_until_it_is_known_what_its_message_became(driven: Driven, told: Told) -> None:
    card = await driven.add(SendMessage(CARD, Message(text="card")))
    steps = [driven.begin()]
    await told.until(lambda: driven.slow.asked, is_=[card])
    await driven.add(SendEdit(CARD, Message(text="!")))
    steps.append(driven.begin())
    # The shared connection answers in order: had the edit asked already, it would have its answer by now.
    await asyncio.sleep(0)
    await driven.account.store.ask("PING")
    driven.slow.let.set()
    await asyncio.gather(*steps)
    assert driven.account.vendor.texts() == ["card", "SendEdit[n1]!"]
