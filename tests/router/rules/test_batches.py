"""A commit is bounded over all inboxes together, and every line gets its turn."""

import asyncio
import random
import sys

import pytest

from gateway.model import commands as c
from gateway.model.commands import Entry
from gateway.model.ids import AccountId, ContactId, EntryId, LineId, NativeId, order_of
from gateway.model.messages import Message, Profile
from gateway.operator_bot.inbound import targets
from gateway.router.owner import Owner
from gateway.router.rules.batches import ENTRIES, EVENTS, PAYLOAD_BYTES, ROW_BYTES, fair, next_count
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.ownership import Lease
from gateway.streams.scripts import COMMIT

SHOP, STAFF = AccountId("shop"), AccountId("staff")


def entry(inbox: str, moment: int, size: int = 10) -> tuple[str, EntryId, bytes]:
    return inbox, EntryId(f"{moment}-0"), b"x" * size


def busy(inboxes: int, each: int, size: int = 10) -> list[tuple[str, EntryId, bytes]]:
    """As XREAD answers: one inbox after the other, in each the oldest first. They share one payload's memory."""
    payload = b"x" * size
    return [
        (f"inbox:{inbox}", EntryId(f"{100 + inbox + number * inboxes}-0"), payload)
        for inbox in range(inboxes)
        for number in range(each)
    ]


@pytest.mark.parametrize("inboxes", [1, 2, 7, 64, 500])
@pytest.mark.parametrize("each", [1, 3, 200])
@pytest.mark.parametrize("size", [1, 4000, 2 * PAYLOAD_BYTES])
def test_a_batch_is_bounded_and_keeps_the_order_of_each_inbox(inboxes, each, size):
    read = busy(inboxes, each, size)
    taken = fair(read)
    assert 1 <= len(taken) <= ENTRIES
    assert len(taken) == 1 or sum(len(one[2]) for one in taken) <= PAYLOAD_BYTES
    assert taken == sorted(taken, key=lambda one: order_of(one[1]))
    for inbox in {one[0] for one in read}:
        own = [one for one in taken if one[0] == inbox]
        assert own == [one for one in read if one[0] == inbox][: len(own)], "a position moves over nothing unhandled"


def test_each_inbox_has_its_turn_and_who_waits_longest_comes_first():
    flood = [entry("inbox:flood", moment) for moment in range(10_000)]
    others = [entry(f"inbox:{number}", 20_000 + number) for number in range(63)]
    taken = fair([*flood, *others])
    assert set(others) <= set(taken)
    assert len(taken) == ENTRIES
    many = [entry(f"inbox:{number}", 1000 - number) for number in range(500)]
    assert [one[0] for one in fair(many)] == [f"inbox:{number}" for number in range(499, 299, -1)]


def test_ids_are_ordered_as_numbers():
    taken = fair([("a", EntryId("9-2"), b""), ("a", EntryId("9-10"), b""), ("b", EntryId("10-0"), b"")])
    assert [one[1] for one in taken] == ["9-2", "9-10", "10-0"]


def test_little_is_read_in_vain_and_one_busy_line_gets_whole_batches():
    count = next_count(0, [], 64)
    assert 64 * count <= ENTRIES
    for _ in range(10):
        count = next_count(count, busy(1, count), 64)
    assert count == ENTRIES
    count = next_count(count, busy(64, count), 64)
    assert 64 * count <= ENTRIES
    assert next_count(ENTRIES, [], 64) * 64 <= ENTRIES
    chance = random.Random(7)
    for _ in range(1000):
        inboxes = chance.randint(1, 300)
        count = next_count(count, busy(chance.randint(1, inboxes), chance.randint(1, count)), inboxes)
        assert 1 <= count <= ENTRIES


class Weighed(Store):
    """A store that notes how heavy each commit is."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.commits: list[tuple[int, int]] = []

    async def run(self, call, **more):
        if call.script is COMMIT:
            words = call.words()
            self.commits.append((len(words), sum(len(one) for one in words if isinstance(one, bytes))))
        return await super().run(call, **more)


async def test_many_busy_lines_make_no_great_commit_and_none_waits_for_another(redis_url, keys):
    store = Weighed(redis_url, keys)
    intake = Intake(store, patience_ms=30_000)
    lines = [LineId(f"line{number}") for number in range(64)]
    handled: list[str] = []
    owner = Owner(
        store,
        intake,
        lines=lines,
        staff=STAFF,
        resolver=targets,
        clock=lambda: 0,
        observe=lambda inbox, *_: handled.append(inbox),
    )

    def words(line: LineId, number: int, text: str) -> Offer:
        who = ContactId(f"{line}.{number}")
        message = Message(native=NativeId(str(number)), text=text)
        command = c.Receive(contact=who, message=message, profile=Profile(name=who))
        return Offer(keys.inbox(line), SHOP, f"{who}", Entry(command, SHOP), who)

    flood = 1500
    await intake.offer([words(lines[0], number, "ж" * 2000) for number in range(flood)])
    for line in lines[1:]:
        await intake.offer([words(line, number, "Есть ли размер 42?") for number in range(20)])
    lease = await Lease.take(store, "owner", force=True)
    task = asyncio.create_task(owner.run(lease))
    total = flood + 63 * 20
    async with asyncio.timeout(60):
        while len(handled) < total and not task.done():
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await lease.release()
    await intake.close()
    await store.close()
    assert len(handled) == total
    commands, size = max(one[0] for one in store.commits), max(one[1] for one in store.commits)
    told = f"{total} entries of 64 lines: {len(store.commits)} commits, the largest {commands} words, {size} bytes"
    sys.stdout.write(f"{told}\n")
    assert commands < 60 * ENTRIES
    assert size < 4 * PAYLOAD_BYTES
    # Each of the quiet lines was done while the flood had hardly begun.
    last_quiet = max(at for at, inbox in enumerate(handled) if inbox != "inbox:line0")
    assert handled[:last_quiet].count("inbox:line0") < flood // 2


async def test_an_entry_that_makes_many_events_ends_its_batch(redis_url, keys):
    """What one entry brings about cannot be divided, but nothing more is put on top of it."""
    store = Weighed(redis_url, keys)
    intake = Intake(store)
    line, who = LineId("sales"), ContactId("1")
    inbox = keys.inbox(line)
    handled: list[str] = []
    natives = tuple(NativeId(str(number)) for number in range(EVENTS + 100))
    said = [c.Receive(who, Message(native=one, text="x"), Profile(name="x")) for one in natives]
    offers = [Offer(inbox, SHOP, f"m{at}", Entry(one, SHOP), who) for at, one in enumerate(said)]
    deletes = [Offer(inbox, SHOP, f"d{at}", Entry(c.ReceiveDelete(who, natives), SHOP), who) for at in range(5)]
    await intake.offer([*offers, *deletes])
    owner = Owner(
        store,
        intake,
        lines=[line],
        staff=STAFF,
        resolver=targets,
        clock=lambda: 0,
        observe=lambda _inbox, command, *_: handled.append(command),
    )
    lease = await Lease.take(store, "owner", force=True)
    task = asyncio.create_task(owner.run(lease))
    async with asyncio.timeout(60):
        while len(handled) < len(offers) + len(deletes) and not task.done():
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await lease.release()
    journal = await store.ask("XLEN", keys.journal)
    await intake.close()
    await store.close()
    assert journal == len(offers) + 1 + len(deletes) * len(natives)
    assert max(one[0] for one in store.commits) < 10 * (EVENTS + len(natives))


async def test_many_dialogs_full_of_words_make_no_great_commit(redis_url, keys):
    """A short word rewrites its dialog's whole row: the commit is weighed by what it writes, not by what it reads."""
    store = Weighed(redis_url, keys)
    intake = Intake(store, patience_ms=30_000)
    line, clients, long = LineId("sales"), 150, 8
    inbox = keys.inbox(line)
    handled: list[str] = []

    def words(client: int, number: int, text: str) -> Offer:
        who = ContactId(f"c{client}")
        command = c.Receive(who, Message(native=NativeId(f"{client}.{number}"), text=text), Profile(name=who))
        return Offer(inbox, SHOP, f"{client}.{number}", Entry(command, SHOP), who)

    owner = Owner(
        store,
        intake,
        lines=[line],
        staff=STAFF,
        resolver=targets,
        clock=lambda: 0,
        observe=lambda _inbox, command, *_: handled.append(command),
    )
    for number in range(long):
        await intake.offer([words(client, number, "ж" * 4000) for client in range(clients)])
    await intake.offer([words(client, long, "да") for client in range(clients)])
    lease = await Lease.take(store, "owner", force=True)
    task = asyncio.create_task(owner.run(lease))
    async with asyncio.timeout(100):
        while len(handled) < (long + 1) * clients and not task.done():
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await lease.release()
    await intake.close()
    await store.close()
    assert len(handled) == (long + 1) * clients
    size = max(one[1] for one in store.commits)
    sys.stdout.write(f"{len(store.commits)} commits, the largest of {size} bytes\n")
    assert size < 2 * ROW_BYTES
