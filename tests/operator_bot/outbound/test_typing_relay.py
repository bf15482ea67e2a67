"""A client's typing in the chat of who answers them: seldom, silent, never late, and for nobody else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.model import commands as c
from gateway.model.codec import decode
from gateway.model.ids import AccountId, ContactId, NativeId, OperatorId
from gateway.model.messages import Message, Profile
from gateway.model.outgoing import Outbound, SendTyping, Urgency
from gateway.operator_bot.outbound.typing_relay import FRESH_MS, PAUSE_MS, TypingRelay
from gateway.streams.lease import Lease
from gateway.streams.live import publish_typing, typing_end

SHOP, STAFF = AccountId("shop"), AccountId("staff")
BORIS = OperatorId("502")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
Desk = Any


class Watched:
    """A relay of typing at work, with a clock that stands still until it is moved."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.now = desk, 0
        self.relay = TypingRelay(desk.store, STAFF, lambda: self.now)

    async def moment(self) -> int:
        """Now by Redis' clock, which the hints carry."""
        seconds, micros = await self.desk.store.ask("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    async def shown(self, *typing: ContactId) -> list[Outbound]:
        """All typing that stands in the operators' outbox after these clients have typed."""
        for contact in typing:
            await publish_typing(self.desk.store, SHOP, [contact])
        end = await typing_end(self.desk.store)
        async with asyncio.timeout(20):
            while self.relay.position != end:
                await asyncio.sleep(0.01)
        found = await self.desk.store.ask("XRANGE", self.desk.store.keys.outbox(STAFF), "-", "+")
        read = [decode(fields[b"p"], Outbound) for _, fields in found]
        return [one for one in read if isinstance(one.job, SendTyping)]


@pytest.fixture
async def watched(desk: Desk) -> AsyncIterator[Watched]:
    """Boris answers Maria and Ivan, of whom Ivan is the current one."""
    watched = Watched(desk)
    for contact, dialog in ((MARIA, "1"), (IVAN, "2")):
        await desk.writes(contact)
        await desk.claims(BORIS, dialog)
    watched.now = await watched.moment()
    lease = await Lease.take(desk.store, "keystrokes")
    assert lease is not None
    task = asyncio.create_task(watched.relay.run(lease))
    async with asyncio.timeout(20):
        while watched.relay.position is None:
            await asyncio.sleep(0.01)
    yield watched
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await lease.release()


async def test_the_typing_of_the_current_client_is_shown_behind_all_words_and_never_late(watched: Watched) -> None:
    (shown,) = await watched.shown(IVAN)

    assert (shown.contact, shown.urgency, shown.newest) == (BORIS, Urgency.COSMETIC, "typing")
    assert shown.expires_at is not None
    assert watched.now <= shown.expires_at - FRESH_MS <= await watched.moment()


async def test_who_is_not_the_current_client_is_not_shown(watched: Watched) -> None:
    assert await watched.shown(MARIA, ContactId("a stranger")) == []


async def test_the_only_client_is_shown_even_if_none_is_current(watched: Watched) -> None:
    await watched.desk.closes(BORIS, "2")
    await watched.desk.change(BORIS, current=None)

    assert len(await watched.shown(MARIA)) == 1


async def test_an_unclaimed_client_is_shown_to_nobody(watched: Watched) -> None:
    stranger = ContactId("9003")
    await watched.desk.do(c.Receive(stranger, Message(native=NativeId("1"), text="Есть?"), Profile(name="Пётр")))

    assert await watched.shown(stranger) == []


async def test_an_operator_sees_it_at_most_once_in_five_seconds(watched: Watched) -> None:
    watched.now -= PAUSE_MS
    assert len(await watched.shown(IVAN)) == 1
    watched.now += PAUSE_MS - 1
    assert len(await watched.shown(IVAN)) == 1


async def test_whoever_goes_on_typing_is_shown_again(watched: Watched) -> None:
    watched.now -= PAUSE_MS
    assert len(await watched.shown(IVAN)) == 1
    watched.now += PAUSE_MS
    assert len(await watched.shown(IVAN)) == 2


@pytest.mark.parametrize("changed", [{"on_duty": False}, {"gone": True}, {"entered": False}])
async def test_who_is_off_duty_or_cannot_be_reached_sees_nothing(watched: Watched, changed: dict[str, bool]) -> None:
    await watched.desk.change(BORIS, **changed)

    assert await watched.shown(IVAN) == []


async def test_a_hint_that_is_old_is_no_longer_true(watched: Watched) -> None:
    watched.now += 3_600_000

    assert await watched.shown(IVAN) == []
