from gateway.model.codec import encode
from gateway.model.events import DialogClosed, Recorded
from gateway.model.ids import AccountId, ContactId, DialogId, LineId
from gateway.model.state import CloseReason
from gateway.streams import lag as lag_module
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from gateway.streams.ownership import Lag, lag

CLOSED = DialogClosed(DialogId("7"), CloseReason.OPERATOR)


async def test_an_empty_desk_lags_nowhere(store: Store) -> None:
    names = ["inbox:staff", "journal:archive", "journal:notifier"]
    assert await lag(store) == [Lag(name, 0, None) for name in names]


async def test_every_reader_is_told_with_how_much_and_since_when(store: Store, keys: Keys) -> None:
    recorded = [encode(Recorded(event=CLOSED, at=1000 + number, cause="x")) for number in (1, 2, 3)]
    await store.note(
        [
            *[("XADD", keys.inbox(LineId("sales")), f"{number}-0", "p", "x") for number in (10, 20, 30)],
            *[("XADD", keys.outbox(AccountId("shop")), f"{number}-0", "p", "x") for number in (40, 50)],
            *[("XADD", keys.journal, f"{number}-0", "p", one) for number, one in enumerate(recorded, 1)],
            ("HSET", keys.cursors, "inbox:sales", "10-0", "journal", 3, "notifier", 2),
            ("XADD", keys.dead, "1-0", "p", "x"),
        ]
    )
    assert await lag(store, [AccountId("shop")]) == [
        Lag("inbox:sales", 2, 20),
        Lag("inbox:staff", 0, None),
        Lag("journal:archive", 3, 1001),
        Lag("journal:notifier", 1, 1003),
        Lag("outbox:shop", 2, 40),
    ]


async def test_what_nobody_works_off_is_no_lag(store: Store, keys: Keys) -> None:
    # A live log keeps what visitors were shown for months: told as a lag, it would alarm, and name its visitor.
    account, contact = AccountId("site"), ContactId("v-1")
    standing = (keys.live(account, contact), keys.feed(account), keys.typing, keys.dead)
    await store.note([("XADD", key, "1-0", "p", "x") for key in standing])
    assert {one.name for one in await lag(store)} == {"inbox:staff", "journal:archive", "journal:notifier"}


async def test_a_great_lag_is_told_by_the_streams_length(store: Store, keys: Keys) -> None:
    many = lag_module.COUNT_LIMIT + 500
    await store.note([("XADD", keys.staff, f"{number}-0", "p", "x") for number in range(1, many + 1)])
    assert (await lag(store))[0] == Lag("inbox:staff", many, 1)


async def test_a_prefix_that_looks_like_a_pattern_finds_only_itself(store: Store, redis_url: str) -> None:
    other = Store(redis_url, Keys(f"{store.keys.prefix[:-1]}?", store.keys.desk_id))
    await store.note([("XADD", store.keys.inbox(LineId("sales")), "*", "p", "x")])
    assert "inbox:sales" not in {one.name for one in await lag(other)}
    await other.close()
