"""A real server whose memory is full: intake stops, and everything that drains goes on."""

from collections.abc import Callable

import pytest

from gateway.errors import StoreUnavailable
from gateway.model.codec import encode
from gateway.model.commands import Entry, Notice, RecordAccount
from gateway.model.ids import AccountId, ContactId, EntryId, LineId, NativeId, SentId
from gateway.model.outgoing import Outbound, SendTyping
from gateway.streams.connection import Store
from gateway.streams.dead import list_dead, put_dead, replay_dead
from gateway.streams.intake import Intake, Offer
from gateway.streams.journal import report_archive
from gateway.streams.outbox import Attempt, begin, hold, read_outbox, settle
from gateway.streams.ownership import Lease, begin_careful, commit, lag, read_inboxes, trim

SHOP = AccountId("shop")
ANNA = ContactId("anna")


async def limit(store: Store, maxmemory: int) -> None:
    """Makes the server as small as that; what it has, it keeps."""
    await store.ask("CONFIG", "SET", "maxmemory", maxmemory)


async def test_a_full_memory_stops_the_intake_and_nothing_that_drains(
    own_store: Store, wrote: Callable[..., Offer]
) -> None:
    store, keys = own_store, own_store.keys
    inbox, outbox = keys.inbox(LineId("sales")), keys.outbox(SHOP)
    intake = Intake(store)
    await intake.offer([wrote("1"), wrote("2")])
    sends = [("XADD", outbox, f"{n}-0", "p", encode(Outbound(ANNA, SendTyping()))) for n in (1, 2)]
    await store.note([*sends, ("XADD", outbox, "3-0", "p", "unreadable")])
    await limit(store, 1)

    with pytest.raises(StoreUnavailable, match="no memory left"):
        await intake.offer([wrote("3")])

    # What the gateway itself says goes in: an alert of just this, an invite, an account that works no more.
    own = [Entry(Notice("memory", "99 %", alarming=True)), Entry(RecordAccount(parked=True), SHOP)]
    told = [Offer(keys.staff, one.account, f"own {number}", one) for number, one in enumerate(own)]
    assert [one.outcome for one in await intake.offer(told)] == ["stored", "stored"]
    assert [one.outcome for one in await intake.offer(told)] == ["repeated", "repeated"]
    with pytest.raises(StoreUnavailable, match="no memory left"):
        await intake.offer([told[0], wrote("3")])

    async with await Lease.take(store, "owner") as owner:  # type: ignore[union-attr]
        assert await owner._ask("renew", patience_ms=1000)
        first, second = await read_inboxes(store, {inbox: "0"}, 10, 0)
        assert await begin_careful(store, owner, inbox, first[1]) == 1
        journal = ("XADD", keys.journal, "1-0", "p", b"e" * 4096)
        assert await commit(store, owner, [("inbox:sales", "0", first[1]), ("journal", "0", "1")], [journal]) == "done"
        await put_dead(store, owner, inbox, second[1], second[2], "no", [("inbox:sales", first[1], second[1])])
        await trim(store, owner, inbox, second[1])
    assert await Lease.take(store, "owner") is not None

    async with await Lease.take(store, "sender:shop") as sender:  # type: ignore[union-attr]
        (one, _), _ = await read_outbox(store, SHOP, EntryId("0-0"), 10, 0)
        await begin(store, sender, SHOP, one, Attempt(begun=0))
        natives = [(ANNA, SentId("1.1"), (NativeId("5"),))]
        assert await settle(store, sender, SHOP, one, natives=natives, now_ms=0) == "done"
    await hold(store, SHOP, ANNA, 5)
    await report_archive(store, 1)
    await intake.remember_poll(SHOP, "5")
    await lag(store)

    dead = await list_dead(store)
    assert [letter.inbox for letter in dead] == ["inbox:sales", "outbox:shop"]
    with pytest.raises(StoreUnavailable, match="no memory left"):
        await replay_dead(store, dead[0].id)
    assert await list_dead(store) == dead

    await limit(store, 1 << 30)
    assert [one.outcome for one in await intake.offer([wrote("3"), wrote("1")])] == ["stored", "repeated"]
    await intake.close()
