import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.errors import LostLease, Undecodable
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry
from gateway.model.ids import EntryId, LineId
from gateway.streams.connection import Store
from gateway.streams.dead import list_dead, put_dead, replay_dead
from gateway.streams.intake import Intake, Offer
from gateway.streams.keys import Keys
from gateway.streams.ownership import Lease, read_cursors, read_inboxes

SALES = LineId("sales")
EntriesOf = Callable[[str], Awaitable[list[tuple[EntryId, bytes]]]]
Wire = Any
"""conftest's; test modules cannot import it."""
Wrote = Callable[..., Offer]


async def bury_first(store: Store, lease: Lease, inbox: str, position: str = "0-0") -> EntryId:
    _, entry, payload = (await read_inboxes(store, {inbox: position}, 1, 0))[0]
    cursor = (store.keys.name_of(inbox), position, entry)
    await put_dead(store, lease, inbox, entry, payload, "ValueError: no", [cursor])
    return entry


async def test_a_dead_letter_says_where_it_stood_and_why_and_the_reader_goes_on_behind_it(
    store: Store, owner: Lease, intake: Intake, keys: Keys, wrote: Wrote
) -> None:
    await intake.offer([wrote("1"), wrote("2")])
    entry = await bury_first(store, owner, keys.inbox(SALES))
    (letter,) = await list_dead(store)
    assert (letter.inbox, letter.entry, letter.reason) == ("inbox:sales", entry, "ValueError: no")
    assert decode(letter.payload, Entry) == wrote("1").entry
    assert letter.at > 1_600_000_000_000
    assert await read_cursors(store) == {"inbox:sales": entry}


async def test_only_the_owner_buries(
    store: Store, intake: Intake, keys: Keys, wrote: Wrote, take: Callable[..., Awaitable[Lease]]
) -> None:
    await intake.offer([wrote("1")])
    old = await take("owner")
    await take("owner", force=True)
    with pytest.raises(LostLease):
        await bury_first(store, old, keys.inbox(SALES))
    assert await list_dead(store) == []


async def test_a_replay_says_that_it_is_late_and_passes_the_dedupe(
    store: Store, owner: Lease, intake: Intake, keys: Keys, wrote: Wrote, entries_of: EntriesOf
) -> None:
    await intake.offer([wrote("1")])
    await bury_first(store, owner, keys.inbox(SALES))
    (letter,) = await list_dead(store)
    again = await replay_dead(store, letter.id)
    entry, payload = (await entries_of(keys.inbox(SALES)))[-1]
    replayed = decode(payload, Entry)
    assert again == entry
    assert replayed.late
    assert replayed.command == wrote("1").entry.command
    assert await list_dead(store) == []


async def test_a_second_replay_finds_nothing(
    store: Store, owner: Lease, intake: Intake, keys: Keys, wrote: Wrote, entries_of: EntriesOf
) -> None:
    await intake.offer([wrote("1")])
    await bury_first(store, owner, keys.inbox(SALES))
    (letter,) = await list_dead(store)
    await replay_dead(store, letter.id)
    assert await replay_dead(store, letter.id) is None
    assert await replay_dead(store, EntryId("1-0")) is None
    assert len(await entries_of(keys.inbox(SALES))) == 2


async def test_two_replays_at_once_are_one(
    store: Store, wired: Store, wire: Wire, keys: Keys, entries_of: EntriesOf
) -> None:
    letter, fields = EntryId("1-0"), ("p", "1:{}", "from", "outbox:shop", "entry", "1-0", "reason", "x")
    await store.note([("XADD", keys.dead, letter, *fields)])
    await wired.ask("PING")
    wire.flowing.clear()
    slow = asyncio.create_task(replay_dead(wired, letter))
    await wire.holding.wait()
    assert await replay_dead(store, letter) is not None
    wire.flowing.set()
    assert await slow is None
    assert len(await entries_of(keys.of_name("outbox:shop"))) == 1


async def test_what_still_cannot_be_read_stays_a_dead_letter(store: Store, owner: Lease, keys: Keys) -> None:
    await store.note([("XADD", keys.staff, "1-0", "p", "0:{}")])
    await bury_first(store, owner, keys.staff)
    (letter,) = await list_dead(store)
    with pytest.raises(Undecodable):
        await replay_dead(store, letter.id)
    assert await list_dead(store) == [letter]


async def test_what_left_an_outbox_goes_back_there_as_it_was(store: Store, keys: Keys, entries_of: EntriesOf) -> None:
    letter = ("XADD", keys.dead, "1-0", "p", "1:{}", "from", "outbox:shop", "entry", "1-0", "reason", "x")
    await store.note([letter])
    entry = await replay_dead(store, EntryId("1-0"))
    assert await entries_of(f"{keys.of_name('outbox:shop')}") == [(entry, b"1:{}")]


async def test_the_oldest_letters_are_listed_first(store: Store, keys: Keys) -> None:
    for number in range(1, 6):
        fields = ("p", encode(number), "from", "inbox:staff", "entry", "1-0", "reason", "x")
        await store.note([("XADD", keys.dead, f"{number}-0", *fields)])
    assert [one.id for one in await list_dead(store, 3)] == ["1-0", "2-0", "3-0"]
