import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.errors import StoreError, StoreUnavailable
from gateway.model.codec import decode
from gateway.model.commands import (
    Entry,
    FromChannel,
    Receive,
    ReceiveDelete,
    ReceiveEdit,
    ReceivePress,
    ReceiveReach,
    ReceiveReaction,
)
from gateway.model.ids import AccountId, ContactId, EntryId, LineId, NativeId
from gateway.model.messages import Message, Profile
from gateway.streams import queries
from gateway.streams.connection import Store
from gateway.streams.intake import DAY_MS, STOPPED_BYTES, STOPPED_MOST, STOPPED_SECONDS, Intake, Offer, OfferResult
from gateway.streams.keys import Keys

SALES = LineId("sales")
SHOP = AccountId("shop")
ANNA = ContactId("anna")
TODAY = 20_000 * DAY_MS

Wire = Any
"""conftest's; test modules cannot import it."""
Wrote = Callable[..., Offer]
EntriesOf = Callable[[str], Awaitable[list[tuple[EntryId, bytes]]]]


async def test_what_is_offered_stands_in_the_inbox_as_it_was(
    intake: Intake, keys: Keys, wrote: Wrote, entries_of: EntriesOf
) -> None:
    offer = wrote()
    (taken,) = await intake.offer([offer])
    ((entry, payload),) = await entries_of(keys.inbox(SALES))
    assert taken == OfferResult(entry, "stored")
    assert decode(payload, Entry) == offer.entry


async def test_a_repeat_adds_nothing_and_hears_the_first_ones_id(
    intake: Intake, keys: Keys, wrote: Wrote, entries_of: EntriesOf
) -> None:
    (first,) = await intake.offer([wrote("1")])
    again = await intake.offer([wrote("1"), wrote("2"), wrote("2")])
    assert [one.outcome for one in again] == ["repeated", "stored", "repeated"]
    assert again[0].entry == first.entry
    assert again[1].entry == again[2].entry != first.entry
    assert len(await entries_of(keys.inbox(SALES))) == 2


async def test_the_same_key_of_another_account_is_another_thing(intake: Intake, wrote: Wrote) -> None:
    taken = await intake.offer([wrote("1"), wrote("1", account=AccountId("other")), wrote("1")])
    assert [one.outcome for one in taken] == ["stored", "stored", "repeated"]


async def test_a_repeat_is_known_for_as_many_days_as_the_vendor_repeats_and_then_forgotten(
    store: Store, wrote: Wrote
) -> None:
    outcomes = []
    for age in (0, 1, 2, 3):
        intake = Intake(store, clock=lambda age=age: TODAY + age * DAY_MS)  # type: ignore[misc]
        outcomes.append((await intake.offer([wrote("1", keep_days=2)]))[0].outcome)
    assert outcomes == ["stored", "repeated", "repeated", "stored"]


@pytest.mark.parametrize(("first", "second"), [(-1, 1), (1, -1), (-500, 0), (0, -500), (-1, 0), (0, -1)])
@pytest.mark.parametrize("keep_days", [0, 1, 2])
async def test_clocks_that_differ_at_midnight_store_nothing_twice(
    store: Store, wrote: Wrote, first: int, second: int, keep_days: int
) -> None:
    one, another = (Intake(store, clock=lambda moment=moment: TODAY + moment) for moment in (first, second))  # type: ignore[misc]
    offer = wrote("1", keep_days=keep_days)
    expected = ["stored", "repeated"] if keep_days or first >= second else ["stored", "stored"]
    assert [(await intake.offer([offer]))[0].outcome for intake in (one, another)] == expected


async def test_what_is_remembered_goes_by_itself_but_not_before_its_time(
    store: Store, keys: Keys, wrote: Wrote
) -> None:
    await Intake(store, clock=lambda: TODAY).offer([wrote("1", keep_days=2)])
    seconds = await store.ask("TTL", keys.seen(SHOP, TODAY // DAY_MS))
    assert 3 * 86400 < seconds <= 4 * 86400


async def test_items_of_one_offer_may_be_repeated_for_different_times(intake: Intake, wrote: Wrote) -> None:
    offers = [
        wrote("1", keep_days=0),
        wrote("2", keep_days=7, contact=ContactId("boris")),
        wrote("3", keep_days=1, account=AccountId("other")),
    ]
    assert [one.outcome for one in await intake.offer(offers)] == ["stored"] * 3
    assert [one.outcome for one in await intake.offer(offers)] == ["repeated"] * 3


async def test_nothing_is_remembered_of_what_could_not_be_added(
    store: Store, intake: Intake, keys: Keys, wrote: Wrote
) -> None:
    """Lua does not roll back: a key remembered before its entry was added would drop the vendor's repeat."""
    # A stream whose last number is given refuses, and no look at rights and types foresees it.
    last = f"{2**64 - 1}-{2**64 - 1}"
    await store.note([("XADD", keys.inbox(SALES), last, "p", "x")])
    with pytest.raises(StoreError):
        await intake.offer([wrote("1")])
    await store.note([("DEL", keys.inbox(SALES))])
    assert [one.outcome for one in await intake.offer([wrote("1")])] == ["stored"]


async def test_each_of_many_at_once_hears_its_own_answer(
    intake: Intake, keys: Keys, wrote: Wrote, entries_of: EntriesOf
) -> None:
    texts = [f"{number % 150}" for number in range(300)]
    answers = await asyncio.gather(*(intake.offer([wrote(text, text=text)]) for text in texts))
    stored = {entry: decode(payload, Entry) for entry, payload in await entries_of(keys.inbox(SALES))}
    assert len(stored) == 150
    for text, (taken,) in zip(texts, answers, strict=True):
        assert taken.entry is not None
        assert stored[taken.entry].command.message.text == text  # type: ignore[union-attr]


async def test_many_at_once_share_round_trips(wired: Store, wire: Wire, wrote: Wrote) -> None:
    intake = Intake(wired)
    before = int((await wired.ask("INFO", "stats"))["total_commands_processed"])
    reads = int((await wired.ask("INFO", "stats"))["total_reads_processed"])
    await asyncio.gather(*(intake.offer([wrote(f"{number}")]) for number in range(256)))
    stats = await wired.ask("INFO", "stats")
    assert int(stats["total_commands_processed"]) - before > 256
    assert int(stats["total_reads_processed"]) - reads < 40
    await intake.close()


async def test_one_failing_call_does_not_poison_the_others(
    store: Store, intake: Intake, keys: Keys, wrote: Wrote
) -> None:
    broken = Offer(keys.people, SHOP, "x", wrote().entry)
    await store.note([("HSET", keys.people, "a", "b")])
    results = await asyncio.gather(
        intake.offer([wrote("1")]), intake.offer([broken]), intake.offer([wrote("2")]), return_exceptions=True
    )
    assert [isinstance(one, StoreError) for one in results] == [False, True, False]


async def test_a_caller_that_went_away_leaves_the_others_their_answers(intake: Intake, wrote: Wrote) -> None:
    gone, there = (asyncio.create_task(intake.offer([wrote(key)])) for key in "12")
    await asyncio.sleep(0)
    gone.cancel()
    assert (await there)[0].outcome == "stored"
    with pytest.raises(asyncio.CancelledError):
        await gone


@pytest.mark.parametrize(
    ("item", "passes"),
    [
        (None, False),
        (ReceiveEdit(ANNA, Message(text="спам")), False),
        (ReceiveReaction(ANNA, NativeId("1"), ("👎",)), False),
        (ReceivePress(ANNA, "press", "data"), True),
        (ReceiveReach(ANNA, reachable=False), True),
        (ReceiveDelete(ANNA, (NativeId("1"),)), True),
    ],
)
async def test_a_blocked_contacts_words_are_stopped_and_counted_and_the_rest_passes(
    store: Store,
    intake: Intake,
    keys: Keys,
    wrote: Wrote,
    item: FromChannel | None,
    passes: bool,
) -> None:
    await store.note([("HSET", keys.contact(SHOP, ANNA), "row", "…", "blocked", 1)])
    taken = await intake.offer([wrote("1", item=item), wrote("2", contact=ContactId("boris"))])
    assert [one.outcome for one in taken] == ["stored" if passes else "blocked", "stored"]
    assert (taken[0].entry is None) is not passes
    assert await queries.count_stopped(store, SHOP, ANNA) == (0 if passes else 1)


async def test_an_unblocked_contact_is_heard_again(store: Store, intake: Intake, keys: Keys, wrote: Wrote) -> None:
    for blocked, outcome in ((1, "blocked"), (0, "stored")):
        await store.note([("HSET", keys.contact(SHOP, ANNA), "blocked", blocked)])
        assert (await intake.offer([wrote("1")]))[0].outcome == outcome


async def test_what_was_stopped_can_be_read_newest_first_and_its_repeat_is_not_counted(
    store: Store, intake: Intake, keys: Keys, wrote: Wrote
) -> None:
    await store.note([("HSET", keys.contact(SHOP, ANNA), "blocked", 1)])
    items = [Receive(ANNA, Message(text=text), Profile("Анна")) for text in ("Алло", "Ответьте", "Ответьте")]
    taken = [await intake.offer([wrote(key, item=item)]) for key, item in zip("122", items, strict=True)]
    assert [one.outcome for (one,) in taken] == ["blocked"] * 3
    assert await queries.count_stopped(store, SHOP, ANNA) == 2
    found = await queries.stopped(store, SHOP, ANNA)
    assert [one.command for one in found] == [items[1], items[0]]


async def test_a_flood_of_a_blocked_contact_is_counted_and_takes_no_more_room_than_that(
    store: Store, intake: Intake, keys: Keys, wrote: Wrote
) -> None:
    await store.note([("HSET", keys.contact(SHOP, ANNA), "blocked", 1)])
    texts = [*map(str, range(STOPPED_MOST + 20)), "длинно" * STOPPED_BYTES]
    for text in texts:
        await intake.offer([wrote(text[:9], item=Receive(ANNA, Message(text=text), Profile("Анна")))])
    assert await queries.count_stopped(store, SHOP, ANNA) == len(texts)
    kept = await queries.stopped(store, SHOP, ANNA)
    assert [one.command.message.text for one in kept] == texts[-2 : -2 - STOPPED_MOST : -1]
    assert 0 < await store.ask("TTL", keys.stopped(SHOP, ANNA)) <= STOPPED_SECONDS


async def test_a_repeat_after_a_lost_reply_is_not_added_twice(
    wired: Store, wire: Wire, wrote: Wrote, keys: Keys, entries_of: EntriesOf
) -> None:
    intake = Intake(wired)
    await intake.offer([wrote("0")])
    wire.losing = b"EVALSHA"
    taken = await asyncio.gather(*(intake.offer([wrote(key)]) for key in "123"))
    assert wire.lost == 1
    entries = await entries_of(keys.inbox(SALES))
    assert [one.entry for (one,) in taken] == [entry for entry, _ in entries[1:]]
    assert len(entries) == 4
    await intake.close()


async def test_offers_survive_a_server_that_forgot_the_scripts(store: Store, intake: Intake, wrote: Wrote) -> None:
    await intake.offer([wrote("1")])
    await store.ask("SCRIPT", "FLUSH")
    taken = await asyncio.gather(intake.offer([wrote("1")]), intake.offer([wrote("2")]))
    assert [one.outcome for (one,) in taken] == ["repeated", "stored"]


@pytest.mark.parametrize("manner", ["refuses", "silent"])
async def test_while_redis_is_away_an_offer_is_told_so_within_1500_ms_and_lands_when_it_is_back(
    wired: Store, wire: Wire, wrote: Wrote, manner: str
) -> None:
    intake = Intake(wired)
    await intake.offer([wrote("0")])
    port = wire.port
    if manner == "silent":
        wire.is_silent = True
    else:
        await wire.close()
    for _ in range(2):
        started = time.monotonic()
        results = await asyncio.gather(*(intake.offer([wrote(key)]) for key in "123"), return_exceptions=True)
        assert time.monotonic() - started < 2.5  # 1.5 s, and one for a busy machine
        assert all(isinstance(one, StoreUnavailable) for one in results)
    if manner == "silent":
        wire.is_silent = False
    else:
        await wire.open(port)
    outcomes: list[str] = []
    async with asyncio.timeout(5):
        while not outcomes:
            with contextlib.suppress(StoreUnavailable):
                outcomes = [one.outcome for one in await intake.offer([wrote("1")])]
    assert outcomes == ["stored"]
    await intake.close()


async def test_a_short_absence_is_waited_out(wired: Store, wire: Wire, wrote: Wrote) -> None:
    intake = Intake(wired)
    await intake.offer([wrote("0")])
    port = wire.port
    await wire.close()
    waiting = asyncio.create_task(intake.offer([wrote("1")]))
    await asyncio.sleep(0.3)
    await wire.open(port)
    assert (await waiting)[0].outcome == "stored"
    await intake.close()


async def test_closing_tells_who_still_waits(wired: Store, wire: Wire, wrote: Wrote) -> None:
    intake = Intake(wired)
    wire.is_silent = True
    waiting = asyncio.create_task(intake.offer([wrote("1")]))
    await asyncio.sleep(0.05)
    await intake.close()
    with pytest.raises(StoreUnavailable):
        await waiting


async def test_no_offers_need_no_redis(keys: Keys) -> None:
    store = Store("redis://127.0.0.1:1", keys)
    assert await Intake(store).offer([]) == []
    await store.close()


async def test_a_polls_cursor_is_remembered(intake: Intake) -> None:
    assert await intake.poll_cursor(SHOP) is None
    await intake.remember_poll(SHOP, "717")
    assert await intake.poll_cursor(SHOP) == "717"
