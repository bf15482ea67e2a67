"""What Redis refuses is not half done, a repeat after the mend is done once, and the sentence says what to do."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from gateway.errors import CommandRejected, StoreUnavailable
from gateway.model.codec import encode
from gateway.model.commands import Entry, Notice
from gateway.model.ids import AccountId, ContactId, EntryId, LineId, MessageId, NativeId, sent_to_client
from gateway.model.outgoing import Outbound, SendTyping
from gateway.streams import dead, journal, live, outbox
from gateway.streams.connection import Store
from gateway.streams.intake import DueTimer, Intake, Offer
from gateway.streams.keys import Keys
from gateway.streams.ownership import Lease, begin_careful, commit, read_cursors, resume, trim
from gateway.streams.rejections import rejection

SHOP, SALES, MARIA = AccountId("shop"), LineId("sales"), ContactId("9001")
Wrote = Callable[..., Offer]


class Rights:
    """A user of Redis whose rights a test takes and gives back; `store` is what the gateway has with them."""

    def __init__(self, admin: Store, user: str, store: Store) -> None:
        self._admin, self._user, self.store = admin, user, store

    async def set(self, *rules: str) -> None:
        await self._admin.ask("ACL", "SETUSER", self._user, *rules)

    async def take(self, *commands: str) -> None:
        await self.set(*(f"-{one}" for one in commands))

    async def give_back(self) -> None:
        await self.set("+@all", "~*")


@pytest.fixture
async def rights(store: Store, redis_url: str) -> AsyncIterator[Rights]:
    user = f"user-{secrets.token_hex(4)}"
    await store.ask("ACL", "SETUSER", user, "on", ">secret", "+@all", "~*", "&*")
    limited = Store(f"unix://{user}:secret@{urlsplit(redis_url).path}", store.keys)
    yield Rights(store, user, limited)
    await limited.close()
    await store.ask("ACL", "DELUSER", user)


async def everything(store: Store, keys: Keys) -> dict[bytes, bytes]:
    """All keys of this test but leases, as they stand."""
    found = sorted(await store.ask("KEYS", f"{keys.prefix}:*"))
    names = [one for one in found if b":lease:" not in one]
    return dict(zip(names, await store.ask_all([("DUMP", one.decode()) for one in names]), strict=True))


Act = Callable[[Store, Lease, Wrote], Awaitable[object]]
"""One write of the gateway, which may be repeated as it is."""


async def offers(store: Store, _: Lease, wrote: Wrote) -> object:
    intake = Intake(store, patience_ms=30_000)
    try:
        return [one.outcome for one in await intake.offer([wrote("1"), wrote("2")])]
    finally:
        await intake.close()


async def commits(store: Store, lease: Lease, _: Wrote) -> object:
    keys = store.keys
    commands = [
        ("SET", keys.dialog("1"), "row"),  # type: ignore[arg-type]
        ("HSET", keys.people, "501", "row"),
        ("ZADD", keys.waiting, 5, "1"),
        ("XADD", keys.outbox(SHOP), "*", "p", "send"),
        ("SADD", keys.shown("1"), "501"),  # type: ignore[arg-type]
        ("EXPIRE", keys.people, 1000),
        ("XADD", keys.journal, "1-0", "p", "one"),
        ("XADD", keys.journal, "2-0", "p", "two"),
    ]
    return await commit(store, lease, [("inbox:sales", "0", "5-0"), ("journal", "0", "2")], commands)


async def settles(store: Store, lease: Lease, _: Wrote) -> object:
    natives = [(MARIA, sent_to_client(MessageId("1.1")), [NativeId("77")])]
    return await outbox.settle(
        store, lease, SHOP, EntryId("1-0"), result=Entry(Notice("x"), SHOP), inbox=store.keys.inbox(SALES),
        natives=natives, now_ms=1_700_000_000_000,
    )  # fmt: skip


async def appends(store: Store, _: Lease, __: Wrote) -> object:
    return (await live.append(store, SHOP, MARIA, "k1", b"words"))[1]


async def buries(store: Store, _: Lease, __: Wrote) -> object:
    return await outbox.read_outbox(store, SHOP, EntryId("0-0"), 10, 0)


async def replays(store: Store, _: Lease, __: Wrote) -> object:
    return await dead.replay_dead(store, EntryId("7-0")) is not None


async def expires(store: Store, lease: Lease, _: Wrote) -> object:
    intake, keys = Intake(store, patience_ms=30_000), store.keys
    try:
        due = DueTimer("expire|1", 5, inbox=keys.inbox(SALES), payload=encode(Entry(Notice("x"))))
        await intake.take_timers(lease, [DueTimer("odd", 5, later=9), DueTimer("gone", 5), due])
        return await store.ask("ZRANGE", keys.timers, 0, -1)
    finally:
        await intake.close()


async def hints(store: Store, _: Lease, __: Wrote) -> object:
    await live.hint(store, SHOP, MARIA, b"typing")
    return await store.ask("XLEN", store.keys.feed(SHOP))


WRITES: dict[str, tuple[Act, tuple[str, ...]]] = {
    "intake": (offers, ("xadd", "hset", "expire", "evalsha", "hget")),
    "commit": (commits, ("set", "hset", "zadd", "xadd", "sadd", "expire", "evalsha", "get", "hget", "hdel")),
    "settle": (settles, ("xadd", "hset", "expire", "hdel", "xdel", "xrange", "get")),
    "live log": (appends, ("xadd", "hset", "expire", "xlen", "xrevrange", "hget", "xtrim", "hdel")),
    "bury": (buries, ("xadd", "hdel", "xdel", "xread", "xrange")),
    "replay": (replays, ("xadd", "xdel", "xrange")),
    "timers": (expires, ("xadd", "zadd", "zrem", "zscore", "get")),
    "hint": (hints, ("xadd", "expire", "xrevrange")),
}


async def stage(store: Store) -> None:
    """What the writes work on."""
    keys = store.keys
    send = encode(Outbound(MARIA, SendTyping()))
    await store.note(
        [
            ("XADD", keys.outbox(SHOP), "1-0", "p", send),
            ("XADD", keys.dead, "7-0", "p", send, "from", "outbox:shop", "entry", "1-0", "reason", "x"),
            ("HSET", keys.attempts(SHOP), "1-0", "1:{}"),
            *(("ZADD", keys.timers, 5, one) for one in ("odd", "gone", "expire|1")),
        ]
    )


@pytest.mark.parametrize(("name", "right"), [(name, right) for name, (_, all_) in WRITES.items() for right in all_])
async def test_a_write_without_one_of_its_rights_changes_nothing_and_is_done_once_when_it_is_back(
    store: Store, rights: Rights, wrote: Wrote, name: str, right: str, keys: Keys
) -> None:
    act, _ = WRITES[name]
    await stage(store)
    if act is buries:
        await store.note([("XADD", keys.outbox(SHOP), "2-0", "p", "0:{}")])
    before = await everything(store, keys)
    lease = await Lease.take(rights.store, "owner")
    assert lease is not None
    try:
        await rights.take(right)
        try:
            await act(rights.store, lease, wrote)
        except CommandRejected as error:
            told = str(error)
            assert "refused" in told
            assert "has no right to it" in told
            assert f"~{keys.of_name('*')}" in told
            assert "secret" not in told
            assert await everything(store, keys) == before
        else:
            pytest.fail(f"{name} works without {right}")
        for _ in range(2):
            with pytest.raises(CommandRejected):
                await act(rights.store, lease, wrote)
        await rights.give_back()
        outcome = await act(rights.store, lease, wrote)
        whole = await everything(store, keys)
        assert whole != before
    finally:
        await rights.give_back()
        await lease.release()
    counted = {
        "intake": (["stored", "stored"], keys.inbox(SALES), 2),
        "commit": ("done", keys.journal, 2),
        "settle": ("done", keys.inbox(SALES), 1),
        "live log": (b"words", keys.live(SHOP, MARIA), 1),
        "bury": ([(EntryId("1-0"), Outbound(MARIA, SendTyping()))], keys.dead, 2),
        "replay": (True, keys.outbox(SHOP), 2),
        "timers": ([b"odd"], keys.inbox(SALES), 1),
        "hint": (1, keys.feed(SHOP), 1),
    }
    wanted, stream, entries = counted[name]
    assert outcome == wanted
    assert await store.ask("XLEN", stream) == entries


@pytest.mark.parametrize("name", WRITES)
async def test_a_key_of_another_type_is_found_before_anything_is_written(
    store: Store, owner: Lease, wrote: Wrote, name: str, keys: Keys
) -> None:
    act, _ = WRITES[name]
    await stage(store)
    last = {
        "intake": keys.seen(SHOP, Intake(store)._clock() // 86_400_000),
        "commit": keys.waiting,
        "settle": keys.native(SHOP, 1_700_000_000_000 // (7 * 86_400_000)),
        "live log": keys.feed(SHOP),
        "bury": keys.attempts(SHOP),
        "replay": None,
        "timers": keys.inbox(SALES),
        "hint": keys.feed(SHOP),
    }[name]
    if act is buries:
        await store.note([("XADD", keys.outbox(SHOP), "2-0", "p", "0:{}")])
    if last is None:
        last = keys.of_name("inbox:gone")
        letter = ("p", encode(Entry(Notice("x"))), "from", "inbox:gone", "entry", "1-0", "reason", "x")
        await store.note([("XDEL", keys.dead, "7-0"), ("XADD", keys.dead, "8-0", *letter)])
    await store.note([("DEL", last), ("SET", last, "somebody else's")])
    before = await everything(store, keys)
    for _ in range(2):
        with pytest.raises(CommandRejected, match=r"another type stands under that key.*RENAME"):
            if act is replays:
                await dead.replay_dead(store, EntryId("8-0"))
            else:
                await act(store, owner, wrote)
    assert await everything(store, keys) == before


async def test_a_commit_whose_numbers_the_journal_has_passed_does_nothing(
    store: Store, owner: Lease, wrote: Wrote, keys: Keys
) -> None:
    await store.note([("XADD", keys.journal, "1-0", "p", "of a commit that was cut")])
    before = await everything(store, keys)
    with pytest.raises(CommandRejected, match="begins behind them"):
        await commits(store, owner, wrote)
    assert await everything(store, keys) == before
    assert await journal.journal_top(store) == await journal.journal_end(store) == 1


async def test_the_journals_top_counts_what_was_deleted_from_it(store: Store, keys: Keys) -> None:
    assert await journal.journal_top(store) == 0
    await store.note([("XADD", keys.journal, "4-0", "p", "x"), ("XDEL", keys.journal, "4-0")])
    assert await journal.journal_top(store) == 4


async def test_the_journals_top_without_the_right_to_ask_is_its_newest_entry(rights: Rights, keys: Keys) -> None:
    await rights.store.note([("XADD", keys.journal, "4-0", "p", "x")])
    await rights.take("xinfo")
    assert await journal.journal_top(rights.store) == 4


async def test_only_the_owners_commit_forgets_what_the_owner_notes(store: Store, owner: Lease, keys: Keys) -> None:
    assert await resume(store, owner)
    await begin_careful(store, owner, keys.staff, EntryId("1-0"))
    noted = await store.ask("HGETALL", keys.attempts_owner)
    assert set(noted) == {b"at once", b"inbox:staff"}
    notifier = await Lease.take(store, "notifier")
    assert notifier is not None
    async with notifier:
        await commit(store, notifier, [("notifier", "0", "1"), ("inbox:staff", "0", "0-1")], [])
    assert await store.ask("HGETALL", keys.attempts_owner) == noted
    await commit(store, owner, [("inbox:staff", "0-1", "1-0")], [])
    assert await store.ask("HGETALL", keys.attempts_owner) == {}


async def test_reading_and_trimming_without_the_right_say_so(rights: Rights, keys: Keys) -> None:
    store = rights.store
    lease = await Lease.take(store, "owner")
    assert lease is not None
    async with lease:
        await store.note([("XADD", keys.staff, "1-0", "p", "x")])
        await rights.take("hgetall", "xtrim", "xread")
        with pytest.raises(CommandRejected, match=r"refused HGETALL on \S+:cursors: its user has no right"):
            await read_cursors(store)
        with pytest.raises(CommandRejected, match="refused the script trim on"):
            await trim(store, lease, keys.staff, "0-0")
        for block_ms in (0, 50):
            with pytest.raises(CommandRejected, match=r"refused XREAD on \S+outbox:shop"):
                await outbox.read_outbox(store, SHOP, EntryId("0-0"), 1, block_ms)
        await rights.give_back()
        assert lease.alive


async def test_no_right_to_the_keys_is_told_with_their_pattern(rights: Rights, keys: Keys) -> None:
    await rights.set("resetkeys", "~other:*")
    with pytest.raises(CommandRejected, match=rf"~{keys.prefix}:\{{main\}}:\*"):
        await rights.store.note([("SET", keys.journal, "x")])
    with pytest.raises(CommandRejected, match="refused the script lease on"):
        await Lease.take(rights.store, "owner")


async def test_a_password_that_is_no_longer_right_is_no_network_trouble(store: Store, redis_url: str) -> None:
    stranger = Store(f"unix://nobody:secret@{urlsplit(redis_url).path}", store.keys)
    with pytest.raises(CommandRejected, match=r"does not let the gateway in.*redis_url") as told:
        await stranger.ask("GET", "x")
    assert "secret" not in str(told.value)
    await stranger.close()


async def test_of_offers_that_go_together_only_the_refused_one_hears_it(store: Store, wrote: Wrote, keys: Keys) -> None:
    intake = Intake(store)
    bad = Offer(keys.inbox(LineId("wrong")), SHOP, "w", Entry(Notice("x"), SHOP))
    await store.note([("SET", bad.inbox, "x")])
    answers = await asyncio.gather(
        *(intake.offer([one]) for one in (wrote("1"), bad, wrote("2"))), return_exceptions=True
    )
    assert [type(one) for one in answers] == [list, CommandRejected, list]
    await intake.close()


@pytest.mark.parametrize(
    ("said", "command", "told"),
    [
        ("REFUSED NOPERM ZADD g:{m}:timers script: on x", ("the script commit", "k"), "ZADD on g:{m}:timers"),
        ("ACL failure in script: User default has no permissions to run", ("the script settle", "k"), "no right to it"),
        ("The user executing the script can't run this command", ("the script settle",), "no right to it"),
        ("WRONGTYPE Operation against a key", ("MGET", "x", b"g:{m}:people"), "MGET on g:{m}:people"),
        ("NOAUTH Authentication required.", ("GET",), "does not let the gateway in"),
        ("value is not an integer or out of range", ("HINCRBY", "g:{m}:k"), "HINCRBY on g:{m}:k: value is not"),
        ("", ("GET", "k"), "without a word"),
    ],
)  # fmt: skip
def test_each_refusal_is_a_sentence(said: str, command: tuple[object, ...], told: str) -> None:
    sentence = str(rejection(said, command, "localhost:6379", Keys("g", "m")))  # type: ignore[arg-type]
    assert sentence.startswith("Redis at localhost:6379 ")
    assert told in sentence
    assert issubclass(CommandRejected, StoreUnavailable)
