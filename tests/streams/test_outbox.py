from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.errors import LostLease
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, RecordDelivery
from gateway.model.ids import AccountId, ContactId, EntryId, LineId, MessageId, NativeId, SentId
from gateway.model.outgoing import DeliveryStatus, Outbound, SendTyping
from gateway.streams import outbox
from gateway.streams.connection import Store
from gateway.streams.dead import list_dead
from gateway.streams.keys import Keys
from gateway.streams.native_ids import WEEK_MS
from gateway.streams.outbox import Attempt, attempts, begin, hold, holds, read_outbox, settle
from gateway.streams.ownership import Lease

SHOP = AccountId("shop")
ANNA = ContactId("anna")
NOW = 3000 * WEEK_MS
RESULT = Entry(RecordDelivery(ANNA, MessageId("7.3"), DeliveryStatus.SENT), SHOP)
NATIVES = [(ANNA, SentId("7.3"), (NativeId("101"), NativeId("102")))]
Take = Callable[..., Awaitable[Lease]]
EntriesOf = Callable[[str], Awaitable[list[tuple[EntryId, bytes]]]]
Wire = Any
"""conftest's; test modules cannot import it."""


async def put(store: Store, *moments: int) -> list[EntryId]:
    """Work in the shop's outbox, whose `at` are these."""
    key = store.keys.outbox(SHOP)
    await store.note([("XADD", key, f"{at}-0", "p", encode(Outbound(ANNA, SendTyping(), at=at))) for at in moments])
    return [EntryId(f"{at}-0") for at in moments]


async def unfinished(store: Store) -> list[int]:
    """The moments of what a new sender finds."""
    return [one.at for _, one in await read_outbox(store, SHOP, EntryId("0-0"), 100, 0)]


async def test_work_is_read_in_order_and_ahead(store: Store) -> None:
    one, two, three = await put(store, 1, 2, 3)
    assert [entry for entry, _ in await read_outbox(store, SHOP, EntryId("0-0"), 2, 0)] == [one, two]
    assert await read_outbox(store, SHOP, two, 2, 0) == [(three, Outbound(ANNA, SendTyping(), at=3))]
    assert await read_outbox(store, SHOP, three, 2, 0) == []


async def test_a_new_sender_finds_all_that_is_unfinished_and_nothing_else(store: Store, take: Take) -> None:
    one, two, _ = await put(store, 1, 2, 3)
    old = await take("sender:shop")
    await begin(store, old, SHOP, one, Attempt(begun=0))
    await settle(store, old, SHOP, two, now_ms=NOW)
    new = await take("sender:shop", force=True)
    assert await unfinished(store) == [1, 3]
    assert await attempts(store, SHOP) == {one: Attempt(begun=0)}
    assert await settle(store, new, SHOP, one, now_ms=NOW) == "done"


async def test_a_sender_that_was_paused_begins_nothing(store: Store, stale: Lease) -> None:
    (entry,) = await put(store, 1)
    with pytest.raises(LostLease):
        await begin(store, stale, SHOP, entry, Attempt(begun=0))
    assert await attempts(store, SHOP) == {}


async def test_a_sender_that_was_paused_settles_nothing(
    store: Store, stale: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    (entry,) = await put(store, 1)
    inbox = keys.inbox(LineId("sales"))
    with pytest.raises(LostLease):
        await settle(store, stale, SHOP, entry, result=RESULT, inbox=inbox, now_ms=NOW)
    assert await unfinished(store) == [1]
    assert await entries_of(inbox) == []


async def test_an_intent_is_written_over_by_the_next_and_read_back_as_it_was(store: Store, sender: Lease) -> None:
    (entry,) = await put(store, 1)
    attempt = Attempt(parts=({"method": "sendMessage", "request": {"text": "Да"}},), begun=0, tries=1)
    await begin(store, sender, SHOP, entry, attempt)
    assert await attempts(store, SHOP) == {entry: attempt}
    later = Attempt(parts=attempt.parts, done=((NativeId("101"),),), problem="без подписи", tries=2)
    await begin(store, sender, SHOP, entry, later)
    assert await attempts(store, SHOP) == {entry: later}


async def test_an_intent_for_settled_work_is_refused_and_leaves_nothing(store: Store, sender: Lease) -> None:
    (entry,) = await put(store, 1)
    await settle(store, sender, SHOP, entry, now_ms=NOW)
    with pytest.raises(LostLease, match="settled already"):
        await begin(store, sender, SHOP, entry, Attempt(begun=0))
    assert await attempts(store, SHOP) == {}
    assert sender.alive


async def test_settling_does_all_at_once(store: Store, sender: Lease, keys: Keys, entries_of: EntriesOf) -> None:
    entry, _ = await put(store, 1, 2)
    await begin(store, sender, SHOP, entry, Attempt(begun=0))
    inbox = keys.inbox(LineId("sales"))
    done = await settle(store, sender, SHOP, entry, result=RESULT, inbox=inbox, natives=NATIVES, now_ms=NOW)
    assert done == "done"
    assert [decode(payload, Entry) for _, payload in await entries_of(inbox)] == [RESULT]
    assert await outbox.natives_of(store, SHOP, ANNA, SentId("7.3"), NOW) == ("101", "102")
    assert await outbox.sent_of(store, SHOP, [(ANNA, NativeId("102"))], NOW) == {(ANNA, "102"): "7.3"}
    assert await attempts(store, SHOP) == {}
    assert await unfinished(store) == [2]


async def test_settling_again_changes_nothing(store: Store, sender: Lease, keys: Keys, entries_of: EntriesOf) -> None:
    (entry,) = await put(store, 1)
    inbox = keys.inbox(LineId("sales"))
    for expected in ("done", "already"):
        assert await settle(store, sender, SHOP, entry, result=RESULT, inbox=inbox, now_ms=NOW) == expected
    assert len(await entries_of(inbox)) == 1


async def test_after_a_lost_reply_the_result_is_told_once(
    wired: Store, wire: Wire, keys: Keys, entries_of: EntriesOf
) -> None:
    async with await Lease.take(wired, "sender:shop") as lease:  # type: ignore[union-attr]
        first, second = await put(wired, 1, 2)
        inbox = keys.inbox(LineId("sales"))
        await settle(wired, lease, SHOP, first, now_ms=NOW)
        wire.losing = b"EVALSHA"
        assert await settle(wired, lease, SHOP, second, result=RESULT, inbox=inbox, now_ms=NOW) == "already"
        assert wire.lost == 1
        assert len(await entries_of(inbox)) == 1


async def test_work_that_cannot_be_read_becomes_a_dead_letter_and_the_rest_goes_on(store: Store, sender: Lease) -> None:
    await put(store, 1)
    await store.note([("XADD", store.keys.outbox(SHOP), "2-0", "p", "0:{}")])
    await put(store, 3)
    await begin(store, sender, SHOP, EntryId("2-0"), Attempt(begun=0))
    assert await unfinished(store) == [1, 3]
    assert await unfinished(store) == [1, 3]
    (letter,) = await list_dead(store)
    assert (letter.inbox, letter.entry, letter.payload) == ("outbox:shop", "2-0", b"0:{}")
    assert "version 0" in letter.reason
    assert await attempts(store, SHOP) == {}


async def test_the_vendors_wait_is_remembered_per_contact_and_per_account_and_never_shortened(store: Store) -> None:
    assert await holds(store, SHOP) == {}
    await hold(store, SHOP, ANNA, NOW + 5000)
    await hold(store, SHOP, None, NOW + 7000)
    await hold(store, SHOP, ANNA, NOW + 1000)
    assert await holds(store, SHOP) == {ANNA: NOW + 5000, None: NOW + 7000}
    assert await holds(store, AccountId("other")) == {}


async def test_waits_of_long_ago_are_not_kept(store: Store, keys: Keys) -> None:
    await hold(store, SHOP, ANNA, NOW)
    await hold(store, SHOP, ContactId("boris"), NOW + outbox.HOLDS_SECONDS * 1000 + 1)
    assert list(await holds(store, SHOP)) == ["boris"]
    assert 0 < await store.ask("TTL", keys.holds(SHOP)) <= outbox.HOLDS_SECONDS
