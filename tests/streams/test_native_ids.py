from gateway.model.ids import AccountId, ContactId, NativeId, SentId
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from gateway.streams.native_ids import KEEP_SECONDS, WEEK_MS, native_commands, natives_of, sent_of

SHOP = AccountId("shop")
ANNA, BORIS = ContactId("anna"), ContactId("boris")
NOW = 3000 * WEEK_MS + 5
ONE, TWO = NativeId("101"), NativeId("102")
SENT = SentId("7.3")


async def remember(store: Store, contact: ContactId, sent: SentId, *natives: NativeId, now_ms: int = NOW) -> None:
    await store.note(native_commands(store.keys, SHOP, contact, sent, natives, now_ms))


async def test_what_was_sent_is_found_both_ways(store: Store) -> None:
    await remember(store, ANNA, SENT, ONE, TWO)
    assert await natives_of(store, SHOP, ANNA, SENT, NOW) == (ONE, TWO)
    assert await sent_of(store, SHOP, [(ANNA, ONE), (ANNA, TWO)], NOW) == {(ANNA, ONE): SENT, (ANNA, TWO): SENT}


async def test_the_same_number_in_another_chat_or_account_is_another_message(store: Store) -> None:
    await remember(store, ANNA, SENT, ONE)
    assert await sent_of(store, SHOP, [(BORIS, ONE)], NOW) == {}
    assert await sent_of(store, AccountId("other"), [(ANNA, ONE)], NOW) == {}
    assert await natives_of(store, SHOP, BORIS, SENT, NOW) == ()


async def test_it_is_found_for_four_weeks_and_then_forgotten(store: Store) -> None:
    await remember(store, ANNA, SENT, ONE)
    for weeks, known in ((0, True), (1, True), (4, True), (5, False)):
        now = NOW + weeks * WEEK_MS
        assert await natives_of(store, SHOP, ANNA, SENT, now) == ((ONE,) if known else ())
        assert await sent_of(store, SHOP, [(ANNA, ONE)], now) == ({(ANNA, ONE): SENT} if known else {})


async def test_the_newest_week_wins(store: Store) -> None:
    await remember(store, ANNA, SENT, ONE)
    await remember(store, ANNA, SENT, TWO, now_ms=NOW + WEEK_MS)
    await remember(store, ANNA, SentId("9.1"), ONE, now_ms=NOW + WEEK_MS)
    later = NOW + 2 * WEEK_MS
    assert await natives_of(store, SHOP, ANNA, SENT, later) == (TWO,)
    assert await sent_of(store, SHOP, [(ANNA, ONE)], later) == {(ANNA, ONE): SentId("9.1")}


async def test_what_a_clock_ahead_of_ours_wrote_at_the_weeks_end_is_found(store: Store) -> None:
    await remember(store, ANNA, SENT, ONE, now_ms=3001 * WEEK_MS)
    assert await natives_of(store, SHOP, ANNA, SENT, 3001 * WEEK_MS - 1) == (ONE,)


async def test_a_week_goes_by_itself(store: Store, keys: Keys) -> None:
    await remember(store, ANNA, SENT, ONE)
    assert KEEP_SECONDS - 60 < await store.ask("TTL", keys.native(SHOP, 3000)) <= KEEP_SECONDS


async def test_nothing_sent_is_nothing_remembered(store: Store, keys: Keys) -> None:
    assert native_commands(keys, SHOP, ANNA, SENT, (), NOW) == []
    assert await sent_of(store, SHOP, [], NOW) == {}


async def test_without_a_moment_this_machines_clock_is_taken(store: Store) -> None:
    assert await natives_of(store, SHOP, ANNA, SENT) == ()
    assert await sent_of(store, SHOP, [(ANNA, ONE)]) == {}
