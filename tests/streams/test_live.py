"""Live logs on a real server: each key once, a cap that says what it cut, and a feed that says what was missed."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import StoreUnavailable
from gateway.model.ids import AccountId, ContactId, EntryId
from gateway.streams import live
from gateway.streams.connection import Store
from gateway.streams.embedded import EmbeddedServer
from gateway.streams.intake import Intake, Offer
from gateway.streams.keys import Keys

Wire = Any
"""conftest's; test modules cannot import it."""
SHOP = AccountId("shop")
ANNA = ContactId("anna")
BORIS = ContactId("boris")


async def append(store: Store, key: str, *, kept: int = live.KEPT, contact: ContactId = ANNA) -> EntryId:
    entry, _ = await live.append(store, SHOP, contact, key, f"words of {key}".encode(), kept=kept)
    return entry


async def shown(store: Store, position: str | None = "0-0", limit: int = live.KEPT) -> list[bytes]:
    piece = await live.after(store, SHOP, ANNA, position, limit)
    return [payload.removeprefix(b"words of ") for _, payload in piece.entries]


async def test_what_is_appended_is_read_in_its_order(store: Store) -> None:
    entries = [await append(store, f"{n}") for n in range(5)]
    piece = await live.after(store, SHOP, ANNA, None, 500)
    assert [entry for entry, _ in piece.entries] == entries
    assert [payload for _, payload in piece.entries] == [b"words of %d" % n for n in range(5)]
    assert (piece.torn, piece.more) == (False, False)
    assert await shown(store, entries[2]) == [b"3", b"4"]
    assert await shown(store, entries[4]) == []


async def test_a_key_stands_once_and_its_repeat_hears_the_first_ones_entry(store: Store) -> None:
    first = await live.append(store, SHOP, ANNA, "in:1", b"first")
    await append(store, "other")
    assert await live.append(store, SHOP, ANNA, "in:1", b"another body") == first
    assert len(await shown(store)) == 2


async def test_contacts_and_accounts_have_logs_of_their_own(store: Store) -> None:
    await append(store, "1")
    await append(store, "1", contact=BORIS)
    await live.append(store, AccountId("other"), ANNA, "1", b"there")
    assert await shown(store) == [b"1"]


async def test_a_key_after_a_lost_reply_stands_once(store: Store, wire: Wire, wired: Store) -> None:
    await append(store, "0")
    wire.losing = b"words of 1"
    entry = await append(wired, "1")
    assert wire.lost == 1
    piece = await live.after(store, SHOP, ANNA, "0-0", 10)
    assert [one for one, _ in piece.entries][1:] == [entry]


async def test_concurrent_appends_stand_once_each(store: Store) -> None:
    await asyncio.gather(*(append(store, f"{n % 20}") for n in range(100)))
    assert sorted(await shown(store), key=int) == [b"%d" % n for n in range(20)]


async def test_a_log_is_capped_and_its_keys_with_it(store: Store) -> None:
    for n in range(8):
        await append(store, f"{n}", kept=5)
    assert await shown(store, None) == [b"3", b"4", b"5", b"6", b"7"]
    fields = await store.ask("HKEYS", store.keys.live_keys(SHOP, ANNA))
    assert sorted(fields) == [b"k3", b"k4", b"k5", b"k6", b"k7", b"trimmed"]
    # Within the cap a key is known, and what was cut off is new again.
    await append(store, "3", kept=5)
    assert await shown(store, None) == [b"3", b"4", b"5", b"6", b"7"]
    await append(store, "2", kept=5)
    assert await shown(store, None) == [b"4", b"5", b"6", b"7", b"2"]


async def test_a_smaller_cap_cuts_all_that_is_too_much(store: Store) -> None:
    for n in range(8):
        await append(store, f"{n}")
    await append(store, "8", kept=2)
    assert await shown(store, None) == [b"7", b"8"]
    assert await store.ask("HLEN", store.keys.live_keys(SHOP, ANNA)) == 3


async def test_a_key_that_looks_like_the_scripts_own_field_is_one_like_any(store: Store) -> None:
    for key in ("trimmed", "ktrimmed", "rimmed", "a", "b"):
        await append(store, key, kept=3)
    assert await shown(store, None) == [b"rimmed", b"a", b"b"]
    await append(store, "rimmed", kept=3)
    assert len(await shown(store, None)) == 3


async def test_a_position_that_was_cut_off_is_torn_and_the_newest_follow(store: Store) -> None:
    entries = [await append(store, f"{n}", kept=3) for n in range(6)]
    cut_off = [await live.after(store, SHOP, ANNA, one, 10) for one in ("0-0", entries[0], entries[1])]
    assert [one.torn for one in cut_off] == [True, True, True]
    assert {len(one.entries) for one in cut_off} == {3}
    # The last one cut off is the border: behind it nothing is missing.
    border = await live.after(store, SHOP, ANNA, entries[2], 10)
    assert (border.torn, [entry for entry, _ in border.entries]) == (False, entries[3:])


@pytest.mark.parametrize(
    "claim",
    [
        "", "0", "x", "1-1", "-", "+", "(0-0", "0-0 ", "1-1-1", "-1-1", "9" * 20 + "-0", "18446744073709551615-0",
        "18446744073709551615-18446744073709551615", "18446744073709551616-0", "0-0\n", "١-١", "$", "*", "00-0",
        "1" * 70_000,
    ],
)  # fmt: skip
async def test_a_position_that_somebody_made_up_is_torn(store: Store, claim: str) -> None:
    for n in range(4):
        await append(store, f"{n}")
    piece = await live.after(store, SHOP, ANNA, claim, 2)
    assert (piece.torn, piece.more) == (True, False)
    assert [payload for _, payload in piece.entries] == [b"words of 2", b"words of 3"]


async def test_an_empty_log_is_read_from_its_beginning_and_not_torn(store: Store) -> None:
    for position in (None, live.BEGINNING):
        assert await live.after(store, SHOP, ANNA, position, 10) == live.Piece([], torn=False, more=False)
    for n in range(20):
        await append(store, f"{n}")
    assert await shown(store, live.BEGINNING) == [b"%d" % n for n in range(20)]


async def test_a_log_that_has_expired_is_torn_for_whoever_knew_it(store: Store) -> None:
    entry = await append(store, "1")
    await store.note([("DEL", key) for key in (store.keys.live(SHOP, ANNA), store.keys.live_keys(SHOP, ANNA))])
    assert await live.after(store, SHOP, ANNA, entry, 10) == live.Piece([], torn=True, more=False)


async def test_a_log_and_its_keys_expire_together_ninety_days_after_the_last_entry(store: Store) -> None:
    keys = store.keys.live(SHOP, ANNA), store.keys.live_keys(SHOP, ANNA)
    await append(store, "1")
    await store.note([("EXPIRE", key, 10) for key in keys])
    await append(store, "2")
    assert {await store.ask("TTL", key) for key in keys} <= set(range(live.KEPT_SECONDS - 60, live.KEPT_SECONDS + 1))


async def test_a_long_log_is_read_in_pieces_without_a_seam(store: Store) -> None:
    entries = [await append(store, f"{n}") for n in range(10)]
    found, position, pieces = [], live.BEGINNING, 0
    while True:
        piece = await live.after(store, SHOP, ANNA, position, 3)
        found += [entry for entry, _ in piece.entries]
        position, pieces = found[-1], pieces + 1
        if not piece.more:
            break
    assert (found, pieces) == (entries, 4)
    assert (await live.after(store, SHOP, ANNA, entries[6], 3)).more is False


# ── the feed ──────────────────────────────────────────────────────────────────────────────────────────


async def test_the_feed_tells_of_entries_and_hints_and_keeps_no_hint_in_the_log(store: Store) -> None:
    begin = await live.feed_end(store, SHOP)
    await append(store, "1")
    await live.hint(store, SHOP, BORIS, b"typing")
    news = await live.read_feed(store, SHOP, begin, 10, 0)
    assert (news.entries, news.gap) == ([live.FeedEntry(ANNA), live.FeedEntry(BORIS, b"typing")], False)
    assert await live.read_feed(store, SHOP, news.position, 10, 0) == live.FeedBatch(news.position)
    assert await store.ask("EXISTS", store.keys.live(SHOP, BORIS)) == 0


async def test_a_repeated_key_is_told_once(store: Store) -> None:
    for _ in range(3):
        await append(store, "1")
    assert len((await live.read_feed(store, SHOP, live.BEGINNING, 10, 0)).entries) == 1


async def test_who_waits_for_the_feed_hears_at_once(store: Store) -> None:
    reading = asyncio.create_task(live.read_feed(store, SHOP, await live.feed_end(store, SHOP), 10, 5000))
    while await _blocked(store) == 0:
        await asyncio.sleep(0.01)
    await append(store, "1")
    assert (await reading).entries == [live.FeedEntry(ANNA)]


async def _blocked(store: Store) -> int:
    return int((await store.ask("INFO", "clients"))["blocked_clients"])


async def test_a_reader_that_was_away_too_long_is_told_of_the_gap(store: Store) -> None:
    await append(store, "before")
    begin = await live.feed_end(store, SHOP)
    for n in range(2 * live.FEED_KEPT + 200):
        await live.hint(store, SHOP, ANNA, b"%d" % n)
    assert await store.ask("XLEN", store.keys.feed(SHOP)) < 2 * live.FEED_KEPT
    news = await live.read_feed(store, SHOP, begin, 10, 0)
    assert news.gap
    # What is read from there on has none.
    assert not (await live.read_feed(store, SHOP, news.position, 5000, 0)).gap


async def test_a_feed_that_has_expired_is_a_gap(store: Store) -> None:
    # A day ago: a stream begun anew within the same millisecond could have smaller ids.
    await store.note([("XADD", store.keys.feed(SHOP), "1-0", "b", "0-0", "c", ANNA)])
    begin = await live.feed_end(store, SHOP)
    await store.note([("DEL", store.keys.feed(SHOP))])
    await append(store, "2")
    assert (await live.read_feed(store, SHOP, begin, 10, 0)).gap


async def test_the_first_word_of_a_new_feed_is_no_gap(store: Store) -> None:
    begin = await live.feed_end(store, SHOP)
    assert begin == live.BEGINNING
    await append(store, "1")
    assert not (await live.read_feed(store, SHOP, begin, 10, 0)).gap


async def test_feeds_and_typing_are_capped_and_expire(store: Store) -> None:
    await live.hint(store, SHOP, ANNA, b"typing")
    for _ in range(10):
        await live.publish_typing(store, SHOP, [ANNA] * 100)
    assert await store.ask("XLEN", store.keys.typing) < 2 * live.TYPING_KEPT
    for key in (store.keys.feed(SHOP), store.keys.typing):
        assert 0 < await store.ask("TTL", key) <= live.HINTS_SECONDS


async def test_who_is_typing_is_read_by_whoever_tails_it(store: Store) -> None:
    assert await live.typing_end(store) == live.BEGINNING
    await live.publish_typing(store, SHOP, [ANNA])
    begin = await live.typing_end(store)
    await live.publish_typing(store, SHOP, [BORIS, ANNA])
    found = await live.read_typing(store, begin, 10, 0)
    assert [(one.account, one.contact) for one in found] == [(SHOP, BORIS), (SHOP, ANNA)]
    assert await live.read_typing(store, found[-1].id, 10, 0) == []


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────────


async def test_a_full_memory_stops_no_reply_on_its_way_to_the_log(
    own_store: Store, wrote: Callable[..., Offer]
) -> None:
    store = own_store
    await append(store, "1")
    await store.ask("CONFIG", "SET", "maxmemory", 1)
    intake = Intake(store)
    with pytest.raises(StoreUnavailable, match="no memory left"):
        await intake.offer([wrote("1")])
    begin = await live.feed_end(store, SHOP)
    await append(store, "2")
    await live.hint(store, SHOP, ANNA, b"typing")
    await live.publish_typing(store, SHOP, [ANNA])
    assert await shown(store) == [b"1", b"2"]
    assert len((await live.read_feed(store, SHOP, begin, 10, 0)).entries) == 2
    await intake.close()


async def test_what_was_appended_survives_the_servers_sigkill_and_repeats_find_it(keys: Keys, tmp_path: Path) -> None:
    server = EmbeddedServer()
    store = Store(await server.start(tmp_path), keys)
    try:
        entries = [await append(store, f"{n}", kept=5) for n in range(8)]
        pid = server.pid
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            while server.pid == pid:
                await asyncio.sleep(0.01)
        again = [await _until_there(lambda n=n: append(store, f"{n}", kept=5)) for n in range(3, 8)]  # type: ignore[misc]
        assert again == entries[3:]
        assert await append(store, "8", kept=5) > entries[-1]
        piece = await live.after(store, SHOP, ANNA, entries[5], 10)
        assert [payload for _, payload in piece.entries] == [b"words of 6", b"words of 7", b"words of 8"]
        assert not piece.torn
    finally:
        await store.close()
        await server.stop()


async def _until_there(write: Callable[[], Awaitable[EntryId]]) -> EntryId:
    async with asyncio.timeout(30):
        while True:
            try:
                return await write()
            except StoreUnavailable:
                await asyncio.sleep(0.05)


async def test_another_process_appends_to_the_same_log_and_is_heard(store: Store, redis_url: str) -> None:
    entry = await append(store, "1")
    begin = await live.feed_end(store, SHOP)
    program = f"""
import asyncio
from gateway.streams import live
from gateway.streams.connection import Store
from gateway.streams.keys import Keys

async def main():
    store = Store({redis_url!r}, Keys({store.keys.prefix!r}, "main"))
    for key in ("1", "2"):
        await live.append(store, "shop", "anna", key, b"words of " + key.encode())
    await store.close()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0
    assert await shown(store, entry) == [b"2"]
    assert (await live.read_feed(store, SHOP, begin, 10, 0)).entries == [live.FeedEntry(ANNA)]
