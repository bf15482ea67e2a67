"""A machine that walks over the real intake, owner and outbox on a real Redis, and compares them with its ledger.

It plays vendor, operators, sender, readers and fate. No part of the gateway is patched: what may be planted is a value.
"""

import asyncio
import json
import secrets
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.errors import LostLease, StoreUnavailable
from gateway.model import commands as c
from gateway.model.codec import encode
from gateway.model.commands import Entry, Role
from gateway.model.ids import (
    ContactId,
    DeskId,
    DialogId,
    EntryId,
    MessageId,
    NativeId,
    entry_after,
)
from gateway.model.messages import Media, MediaKind, Message, Profile
from gateway.model.outgoing import DeliveryStatus, Outbound, SendMessage
from gateway.model.state import Line, Operator
from gateway.router.owner import Owner
from gateway.streams import outbox
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.journal import read_journal, report_archive
from gateway.streams.keys import Keys
from gateway.streams.lease import Lease
from gateway.streams.ownership import commit, read_cursors
from gateway.streams.scripts import COMMIT, RECEIVE, SETTLE
from tests.streams.fates import Fate, Wire
from tests.streams.ledger import Ledger, Look, Place, Stream
from tests.streams.life import ANNA, SALES, SHOP, STAFF, Killed, Life, Parts, Words

LEASE_MS = 600_000
"""Leases here end by being taken, never by the clock of a busy machine."""
PATIENCE_SECONDS = 40.0
"""For failures only."""
T = TypeVar("T")
in_a_commit: list[Fate | None] = [None, "never arrives", "answered to nobody"]
at_the_door: list[Fate | None] = [*in_a_commit, "reply lost"]
contacts = st.sampled_from([ContactId(f"90{number}") for number in range(3)])
dialogs = st.sampled_from([DialogId(str(number)) for number in range(1, 5)])
yes_or_no = st.booleans()
acts = st.one_of(
    st.tuples(st.just("offer"), contacts, st.integers(1, 4), yes_or_no, st.sampled_from(at_the_door)),
    st.tuples(st.just("offer_at_once"), contacts, contacts),
    st.tuples(st.just("redeliver"), st.integers(0, 1000)),
    st.tuples(st.just("answer"), dialogs),
    st.tuples(st.just("press"), dialogs, st.sampled_from(["close", "close", "raise", "kill"])),
    st.tuples(st.just("take_over")),
    st.tuples(st.just("work"), yes_or_no),
    st.tuples(st.just("crash"), st.sampled_from(in_a_commit), yes_or_no),
    st.tuples(st.just("stall"), yes_or_no),
    st.tuples(st.just("wake")),
    st.tuples(st.just("intend")),
    st.tuples(st.just("settle"), st.integers(1, 6), yes_or_no, yes_or_no),
    st.tuples(st.just("another_sender")),
    st.tuples(st.just("read_on"), st.sampled_from(["archive", "notifier"]), st.integers(1, 20)),
    st.tuples(st.just("trim"), yes_or_no),
)


class Machine(RuleBasedStateMachine):
    def __init__(self, redis_url: str, parts: Parts) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.socket = redis_url.removeprefix("unix://")
        self.parts = parts
        self.store = Store(redis_url, Keys(f"machine-{secrets.token_hex(4)}", DeskId("main")))
        self.keys = self.store.keys
        self.sales, self.box = self.keys.inbox(SALES), self.keys.outbox(SHOP)
        self.ledger = Ledger()
        self.is_right = True
        self.number = 0
        self.life: Life | None = None
        self.stalled: Life | None = None
        self.read = {"archive": 0, "notifier": 0}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def bounded() -> T:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await work

        self.is_right = False
        try:
            found = self.runner.run(bounded())
        except TimeoutError:
            raise  # a machine that was too busy, which is nothing that was found
        except Exception as error:
            self.parts.found.append(str(error) or repr(error))
            raise
        self.is_right = True
        return found

    # ── a beginning and an end ────────────────────────────────────────────────────────────────────────

    @initialize()
    def begin(self) -> None:
        self.run(self._begin())

    async def _begin(self) -> None:
        await self._open_door()
        self.own_intake = Intake(self.store)
        for script in (COMMIT, RECEIVE, SETTLE):
            await self.store.ask("SCRIPT", "LOAD", script.text)
        anna = Operator(id=ANNA, name="Анна", role=Role.ADMIN, on_duty=True, entered=True)
        await self.store.note(
            [
                ("HSET", self.keys.people, ANNA, encode(anna)),
                ("HSET", self.keys.lines, SALES, encode(Line(id=SALES, title="Продажи"))),
            ]
        )
        self.sender = await self._lease("sender:shop")
        self.old_senders: list[Lease] = []
        self.notifier = await self._lease("notifier")
        await self._take_over()
        await self._offered([self._written(ContactId(f"90{number}")) for number in range(3)])
        await self._drained()
        await self._offered([self._pressed(do, DialogId(number)) for number in "123" for do in ("claim", "say")])

    async def _open_door(self) -> None:
        """The process that talks to the messenger: what comes and what leaves goes through it."""
        self.door = await Wire(self.socket, self.parts.struck).open()
        self.door_store = Store(self.door.url, self.keys)
        patience_ms = int(PATIENCE_SECONDS * 1000)
        self.intake = Intake(self.door_store, clock=self.parts.clock, patience_ms=patience_ms)

    async def _close_door(self) -> None:
        await self.intake.close()
        await self.door_store.close()
        await self.door.close()

    async def _lease(self, name: str, store: Store | None = None) -> Lease:
        lease = await Lease.take(store or self.store, name, LEASE_MS, force=True)
        assert lease is not None
        return lease

    def teardown(self) -> None:
        try:
            if hasattr(self, "notifier"):
                self.run(self._finish(is_right=self.is_right))
        finally:
            self.runner.close()

    async def _finish(self, *, is_right: bool) -> None:
        try:
            if is_right:
                await self._take_over()
                await self._drained()
                await self._look()
                self.ledger.close()
        finally:
            for life in (self.life, self.stalled):
                if life is not None:
                    await life.end()
            for lease in (self.sender, self.notifier, *self.old_senders):
                await lease.release()
            await self._close_door()
            await self.own_intake.close()
            await self.store.close()

    @rule(act=acts)
    def step(self, act: tuple[Any, ...]) -> None:
        """One rule for all: of many of them most walks would leave out the most."""
        name, *how = act
        getattr(self, name)(*how)

    # ── vendor and operators ──────────────────────────────────────────────────────────────────────────

    def offer(self, who: ContactId, count: int, photo: bool, fate: Fate | None) -> None:
        """A customer writes; the store's answer is lost on its way, or the process that waits for it dies."""
        written = [self._written(who, photo=photo) for _ in range(count)]
        if fate is not None:
            self.door.befall(RECEIVE, fate)
        self.run(self._offered(written) if fate in {None, "reply lost"} else self._died(written))

    async def _died(self, names: list[str]) -> None:
        """Nobody was told that it is stored."""
        offering = asyncio.create_task(self._offered(names))
        await self.door.fell.wait()
        offering.cancel()
        await asyncio.gather(offering, return_exceptions=True)
        await self._close_door()
        await self._open_door()

    def offer_at_once(self, one: ContactId, other: ContactId) -> None:
        async def at_once() -> None:
            await asyncio.gather(*(self._offered([self._written(who)]) for who in (one, other)))

        self.run(at_once())

    def redeliver(self, which: int) -> None:
        names = list(self.ledger.offers)
        self.run(self._offered([names[which % len(names)]]))

    def answer(self, dialog: DialogId) -> None:
        self.run(self._offered([self._pressed(one, dialog) for one in ("claim", "say", "say")]))

    def press(self, dialog: DialogId, what: str) -> None:
        """An ordinary update, one that cannot be handled, or one that kills whoever handles it."""
        self.run(self._offered([self._pressed(what, dialog)]))

    def _written(self, who: ContactId, *, photo: bool = False) -> str:
        self.number += 1
        name = f"m{self.number}"
        media = (Media(kind=MediaKind.PHOTO, remote=name),) if photo else ()
        message = Message(native=NativeId(name), text=name, attachments=media)
        entry = Entry(c.Receive(contact=who, message=message, profile=Profile(name="М")), SHOP)
        self.ledger.offers[name] = Offer(self.sales, SHOP, name, entry, who)
        return name

    def _pressed(self, do: str, dialog: DialogId) -> str:
        self.number += 1
        name = f"u{self.number}"
        update = msgspec.Raw(json.dumps({"do": do, "dialog": dialog, "number": self.number}).encode())
        self.ledger.offers[name] = Offer(self.keys.staff, STAFF, name, Entry(c.StaffUpdate(update), STAFF))
        if do in {"kill", "raise"}:
            self.ledger.poison.add(name)
        return name

    async def _offered(self, names: list[str]) -> None:
        offers = [self.ledger.offers[name] for name in names]
        for name, one, taken in zip(names, offers, await self.intake.offer(offers), strict=True):
            assert taken.entry is not None
            self.ledger.stored.setdefault(name, (self.keys.name_of(one.inbox), taken.entry))

    # ── the owner's lives ─────────────────────────────────────────────────────────────────────────────

    def take_over(self) -> None:
        self.run(self._take_over())

    def work(self, lost: bool) -> None:
        """Everything is handled; where a commit's answer is lost, the owner asks again and goes on."""

        async def work() -> None:
            if lost:
                await self._in_a_commit("reply lost")
            await self._drained()

        self.run(work())

    def crash(self, fate: Fate | None, anew: bool) -> None:
        """Anywhere, in a commit, or, `anew`, of a new owner over the first entry that it finds."""

        async def die() -> None:
            if anew:
                await self._gone()
            if fate is not None:
                await self._in_a_commit(fate)
            await self._gone()

        self.run(die())

    def stall(self, soon: bool) -> None:
        """The owner stands still, its commit on the wire, and somebody else takes over."""

        async def stand() -> None:
            await self._in_a_commit("arrives late")
            self.stalled, self.life = self.life, None
            await self._count_deaths()
            await self._take_over()
            if soon:
                await self._wake()

        if self.stalled is None:
            self.run(stand())

    def wake(self) -> None:
        if self.stalled is not None:
            self.run(self._wake())

    async def _wake(self) -> None:
        """The late commit arrives, and the old owner goes on in its belief."""
        assert self.stalled is not None
        self.stalled.wire.deliver()
        await asyncio.wait({self.stalled.task})
        ended = await self.stalled.end()
        assert isinstance(ended, LostLease), f"an owner that had lost its lease went on: {ended!r}"
        self.parts.struck["late commit refused"] += 1
        self.stalled = None

    async def _take_over(self) -> None:
        await self._gone()
        wire = await Wire(self.socket, self.parts.struck).open()
        store = Store(wire.url, self.keys)
        owner = Owner(
            store,
            self.own_intake,
            lines=[SALES],
            staff=STAFF,
            resolver=Words,  # type: ignore[arg-type]
            clock=lambda: 0,
            observe=lambda *_: None,
        )
        lease = await self._lease("owner", store)
        self.life = Life(wire, store, self.store, owner, lease, asyncio.create_task(owner.run(lease)))

    async def _gone(self) -> None:
        """The owner's process ends; what it was at is counted as its death."""
        if self.life is None:
            return
        life, self.life = self.life, None
        ended = await life.end()
        assert ended is None or isinstance(ended, Killed | StoreUnavailable), f"the owner ended by {ended!r}"
        self.parts.struck["owner killed"] += 1
        await self._count_deaths()

    async def _count_deaths(self) -> None:
        """Whatever was to be handled next may have been the reason."""
        for one in await self._first():
            self.ledger.deaths[one] += 1

    async def _first(self) -> list[Place]:
        """What is to be handled next; several where their moments are the same."""
        cursors = await read_cursors(self.store)
        heads = []
        for stream in (self.sales, self.keys.staff):
            name = self.keys.name_of(stream)
            found = await self.store.ask("XRANGE", stream, f"({cursors.get(name, '0-0')}", "+", "COUNT", 1)
            heads += [(name, EntryId(entry.decode())) for entry, _ in found]
        return [one for one in heads if not any(entry_after(one[1], other) for _, other in heads)]

    async def _in_a_commit(self, fate: Fate) -> None:
        """Something comes, and fate strikes a commit of the owner, or of one who follows where it died before that."""
        coming = [self._written(ContactId("901"))]
        while True:
            if self.life is None or self.life.task.done():
                await self._take_over()
            assert self.life is not None
            self.life.wire.befall(COMMIT, fate)
            if coming:
                # The fate is laid by now, for what comes may be committed before anybody else hears that it came.
                await self._offered([coming.pop()])
            fell = asyncio.create_task(self.life.wire.fell.wait())
            await asyncio.wait({fell, self.life.task}, return_when=asyncio.FIRST_COMPLETED)
            if fell.done():
                return
            fell.cancel()
            await asyncio.gather(fell, return_exceptions=True)

    async def _drained(self) -> None:
        """Until the owner has handled everything. Those that die of it are followed by others."""
        while await self._first():
            if self.life is None or self.life.task.done():
                await self._take_over()
            await asyncio.sleep(0.002)

    # ── sender and readers ────────────────────────────────────────────────────────────────────────────

    def intend(self) -> None:
        """The sender writes an intent, or is called again for the same."""

        async def intend() -> None:
            page = await outbox.read_outbox(self.store, SHOP, EntryId("0-0"), 1, 0)
            for entry, _ in page:
                await outbox.begin(self.store, self.sender, SHOP, entry, outbox.Attempt(begun=0))

        self.run(intend())

    def settle(self, count: int, lost: bool, again: bool) -> None:
        """`again`: a sender that does not know whether it has."""

        async def settle() -> None:
            if lost:
                self.door.befall(SETTLE, "reply lost")
            for entry, outbound in await outbox.read_outbox(self.store, SHOP, EntryId("0-0"), count, 0):
                self.ledger.jobs[entry] = outbound
                self.ledger.settled[entry] = self._result(outbound)
                for _ in range(1 + again):
                    await self.parts.settle(self.door_store, self.sender, SHOP, entry, **self.ledger.settled[entry])
                self.parts.struck["settled again"] += again and "result" in self.ledger.settled[entry]

        self.run(settle())

    def another_sender(self) -> None:
        """The one before believes that it still sends."""

        async def replace() -> None:
            self.old_senders.append(self.sender)
            self.sender = await self._lease("sender:shop")
            for entry, outbound in await outbox.read_outbox(self.store, SHOP, EntryId("0-0"), 1, 0):
                with pytest.raises(LostLease):
                    await outbox.begin(self.store, self.old_senders[-1], SHOP, entry, outbox.Attempt(begun=0))
                self.old_senders[-1].lost.clear()
                with pytest.raises(LostLease):
                    await outbox.settle(self.store, self.old_senders[-1], SHOP, entry, **self._result(outbound))

        self.run(replace())

    def _result(self, outbound: Outbound) -> dict[str, Any]:
        if not isinstance(outbound.job, SendMessage):
            return {"now_ms": 0}
        result = c.RecordDelivery(outbound.contact, MessageId(outbound.job.sent), DeliveryStatus.SENT)
        return {"result": Entry(result, SHOP), "inbox": self.sales, "now_ms": 0}

    def read_on(self, reader: str, count: int) -> None:
        async def read_on() -> None:
            position = self.read[reader]
            numbers = [number for number, _ in await read_journal(self.store, position, count, 0)]
            assert numbers == list(range(position + 1, position + 1 + len(numbers))), f"the {reader} missed entries"
            if not numbers:
                return
            self.read[reader] = numbers[-1]
            if reader == "archive":
                await report_archive(self.store, numbers[-1])
            else:
                cursor = ("notifier", str(position), str(numbers[-1]))
                assert await commit(self.store, self.notifier, [cursor], []) == "done"

        self.run(read_on())

    def trim(self, busy: bool) -> None:
        """`busy`: before the owner comes to what stands there to be handled."""

        async def trim() -> None:
            if self.life is None or self.life.task.done():
                await self._take_over()
            assert self.life is not None
            if busy:
                await self.life.halt()
                await self._count_deaths()
                await self._offered([self._written(ContactId("902"))])
            await self.parts.trim(self.life)
            await self._look()
            if busy:
                self.life.go_on()

        self.run(trim())

    # ── the ledger ────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_ledger_is_right(self) -> None:
        if hasattr(self, "notifier"):
            self.run(self._look())

    async def _look(self) -> None:
        # One step of Redis: nothing moves between the answers.
        transaction = self.store.redis.pipeline(transaction=True)
        for name in (self.sales, self.keys.staff, self.keys.journal, self.box, self.keys.dead):
            transaction.execute_command("XRANGE", name, "-", "+")
        for name in (self.keys.cursors, self.keys.attempts(SHOP)):
            transaction.execute_command("HGETALL", name)
        *streams, cursors, attempts = await transaction.execute()
        sales, staff, journal, box, dead = map(_stream, streams)
        look = Look(
            inboxes={self.keys.name_of(self.sales): sales, self.keys.name_of(self.keys.staff): staff},
            journal=journal,
            outbox=box,
            dead=dead,
            cursors={one.decode(): at.decode() for one, at in cursors.items()},
            attempts={EntryId(one.decode()) for one in attempts},
        )
        self.ledger.check(look)


def _stream(found: list[tuple[bytes, dict[bytes, bytes]]]) -> Stream:
    return {
        EntryId(entry.decode()): {name.decode(): value for name, value in fields.items()} for entry, fields in found
    }
