"""What is no entry's fault stops the owner with a sentence: nothing is buried or skipped, and it goes on later."""

import asyncio
import contextlib
import secrets
import time
from urllib.parse import urlsplit

import pytest

from gateway.errors import CommandRejected, NewerVersion
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import VERSION, decode, encode
from gateway.model.commands import Entry, Role
from gateway.model.ids import AccountId, ContactId, LineId, NativeId, OperatorId
from gateway.model.messages import Message, Profile
from gateway.model.state import Line, Operator
from gateway.router.owner import DEADLY, Owner
from gateway.streams import dead, queries
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.journal import read_journal
from gateway.streams.ownership import Lease, read_cursors

SALES, SHOP, STAFF, ANNA = LineId("sales"), AccountId("shop"), AccountId("staff"), OperatorId("501")
NEWER = b"%d:{}" % (VERSION + 1)
TAG = b'1:{"command":{"type":"rate","contact":"x","stars":5},"account":"shop"}'


class Nobody:
    """A resolver for desks on which nobody does anything."""

    @staticmethod
    def lookups(_):
        return None, []

    @staticmethod
    def resolve(*_):
        return None


class Desk:
    """A desk whose owner may be another user of Redis than whoever writes."""

    def __init__(self, admin, keys, redis_url, user):
        self.admin, self.keys, self.user = admin, keys, user
        self.limited = Store(f"unix://{user}:x@{urlsplit(redis_url).path}", keys)
        self.intake, self.limited_intake = Intake(admin, patience_ms=30_000), Intake(self.limited, patience_ms=5_000)
        self.numbers = iter(range(1, 10_000))
        self.life = Owner(
            self.limited,
            self.limited_intake,
            lines=[SALES],
            staff=STAFF,
            resolver=Nobody,
            clock=lambda: time.time_ns() // 1_000_000,
            observe=lambda *_: None,
        )

    async def rights(self, *rules):
        await self.admin.ask("ACL", "SETUSER", self.user, *rules)

    async def words(self, *texts, contact="9001"):
        for text in texts:
            number = str(next(self.numbers))
            said = c.Receive(ContactId(contact), Message(native=NativeId(number), text=text), Profile(name="М"))
            offer = Offer(self.keys.inbox(SALES), SHOP, number, Entry(said, SHOP), ContactId(contact))
            await self.intake.offer([offer])

    async def raw(self, payload):
        await self.admin.note([("XADD", self.keys.inbox(SALES), "*", "p", payload)])

    @contextlib.asynccontextmanager
    async def working(self):
        lease = await Lease.take(self.admin, "owner", force=True)
        task = asyncio.create_task(self.life.run(lease))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await lease.release()

    async def stops(self, kind, seconds=20):
        """Lets an owner work until it stops; answers its sentence."""
        async with self.working() as task, asyncio.timeout(seconds):
            with pytest.raises(kind) as told:
                await task
        return str(told.value)

    async def goes_on(self, *texts):
        """Lets an owner work until the journal tells of all these words, each once and in this order."""
        async with self.working() as task, asyncio.timeout(20):
            while len(found := await self.told()) < len(texts):
                assert not task.done(), task.exception()
                await asyncio.sleep(0.01)
        assert found == list(texts)

    async def told(self):
        found = [decode(payload, e.Recorded).event for _, payload in await read_journal(self.admin, 0, 10_000, 0)]
        return [one.message.text for one in found if isinstance(one, e.MessageReceived)]

    async def buried(self):
        return await dead.list_dead(self.admin)


@pytest.fixture
async def desk(store, keys, redis_url):
    user = f"user-{secrets.token_hex(4)}"
    await store.ask("ACL", "SETUSER", user, "on", ">x", "+@all", "~*", "&*")
    anna = Operator(id=ANNA, name="Анна", role=Role.ADMIN, on_duty=True, entered=True)
    await store.note(
        [
            ("HSET", keys.people, ANNA, encode(anna)),
            ("HSET", keys.lines, SALES, encode(Line(id=SALES, title="Продажи"))),
        ]
    )
    desk = Desk(store, keys, redis_url, user)
    yield desk
    await desk.intake.close()
    await desk.limited_intake.close()
    await desk.limited.close()
    await store.ask("ACL", "DELUSER", user)


RIGHTS = ["xadd", "set", "hset", "zadd", "hdel", "evalsha", "hgetall", "hget", "xread", "xrevrange"]


@pytest.mark.parametrize("right", RIGHTS)
async def test_a_right_that_is_missing_stops_the_owner_and_buries_nothing(desk, right):
    texts = [f"слово {number}" for number in range(20)]
    await desk.words(*texts[:10])
    await desk.rights(f"-{right}")
    for _ in range(DEADLY + 2):
        sentence = await desk.stops(CommandRejected)
        assert "has no right to it" in sentence
        assert "goes on by itself" in sentence
    await desk.words(*texts[10:])
    assert await desk.buried() == []
    await desk.rights("+@all")
    await desk.goes_on(*texts)
    assert await desk.buried() == []
    assert await desk.admin.ask("HGETALL", desk.keys.attempts_owner) == {}


async def test_a_right_that_is_taken_while_entries_are_handled_counts_none_of_them_out(desk):
    """`hset` is needed by the count itself: what was counted before is taken back when it may be."""
    await desk.words("раз", "два")
    await desk.admin.note([("HSET", desk.keys.attempts_owner, "at once", "somebody died")])
    for right in ("zadd", "xadd", "zadd", "xadd", "zadd", "xadd"):
        await desk.rights(f"-{right}")
        await desk.stops(CommandRejected)
        await desk.rights("+@all")
    await desk.goes_on("раз", "два")
    assert await desk.buried() == []


@pytest.mark.parametrize("name", ["waiting", "timers", "contact:shop:9001", "outbox:shop", "desk", "cursors"])
async def test_a_key_of_another_type_stops_the_owner_and_buries_nothing(desk, name):
    media = name == "outbox:shop"
    kind = ("SADD", desk.keys.of_name(name), "foreign")
    await desk.words("раз", "два")
    if media:
        from gateway.model.messages import Media, MediaKind  # noqa: PLC0415

        photo = Message(native=NativeId("p"), text="фото", attachments=(Media(kind=MediaKind.PHOTO, remote="r"),))
        said = c.Receive(ContactId("9001"), photo, Profile(name="М"))
        await desk.intake.offer([Offer(desk.keys.inbox(SALES), SHOP, "p", Entry(said, SHOP), ContactId("9001"))])
    await desk.admin.note([kind])
    for _ in range(2):
        sentence = await desk.stops(CommandRejected)
        assert "another type stands under that key" in sentence
        assert desk.keys.of_name(name) in sentence
    assert await desk.buried() == []
    await desk.admin.note([("DEL", desk.keys.of_name(name))])
    await desk.goes_on("раз", "два", *(["фото"] if media else []))
    assert await desk.buried() == []


@pytest.mark.parametrize("ahead", [1, 7])
async def test_a_journal_ahead_of_its_position_is_gone_on_behind(desk, ahead, caplog):
    await desk.words("раз")
    await desk.goes_on("раз")
    seq = int((await read_cursors(desk.admin))["journal"])
    cut = [
        ("XADD", desk.keys.journal, f"{seq + one}-0", "p", encode(e.Recorded(e.NoticeRaised(None, "cut"), 1, "")))
        for one in range(1, ahead + 1)
    ]
    await desk.admin.note(cut)
    texts = [f"слово {number}" for number in range(50)]
    await desk.words(*texts)
    await desk.goes_on("раз", *texts)
    assert await desk.buried() == []
    assert f"entries up to {seq + ahead}, and its position says {seq}" in caplog.text
    numbers = [number for number, _ in await read_journal(desk.admin, 0, 1000, 0)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (await read_cursors(desk.admin))["journal"] == str(numbers[-1])


async def test_a_journal_that_gets_ahead_while_the_owner_works_stops_it_once(desk):
    await desk.words("раз")
    async with desk.working() as task, asyncio.timeout(20):
        while not await desk.told():
            await asyncio.sleep(0.01)
        seq = int((await read_cursors(desk.admin))["journal"])
        payload = encode(e.Recorded(e.NoticeRaised(None, "cut"), 1, ""))
        await desk.admin.note([("XADD", desk.keys.journal, f"{seq + 1}-0", "p", payload)])
        await desk.words("два", "три")
        with pytest.raises(CommandRejected, match="begins behind them"):
            await task
    await desk.goes_on("раз", "два", "три")
    assert await desk.buried() == []


async def test_a_journal_that_was_taken_away_is_said_and_no_number_is_used_twice(desk, caplog):
    await desk.words("раз", "два")
    await desk.goes_on("раз", "два")
    seq = int((await read_cursors(desk.admin))["journal"])
    await desk.admin.note([("DEL", desk.keys.journal)])
    await desk.words("три")
    await desk.goes_on("три")
    assert f"the journal ends at 0, and its position says {seq}" in caplog.text
    assert [number for number, _ in await read_journal(desk.admin, 0, 1000, 0)] == [seq + 1]


async def test_a_trimmed_journal_is_nothing_to_be_told_of(desk, caplog):
    await desk.words("раз")
    await desk.goes_on("раз")
    seq = int((await read_cursors(desk.admin))["journal"])
    await desk.admin.note([("XTRIM", desk.keys.journal, "MAXLEN", 0), ("HSET", desk.keys.cursors, "archive", seq)])
    await desk.words("два")
    await desk.goes_on("два")
    assert "its position says" not in caplog.text


@pytest.mark.parametrize("payload", [NEWER, TAG], ids=["a version", "a tag"])
async def test_the_owner_stops_at_what_a_newer_gateway_wrote_and_handles_all_before_it(desk, payload):
    await desk.words("раз", "два")
    await desk.raw(payload)
    await desk.words("три")
    for _ in range(DEADLY + 2):
        assert "newer" in await desk.stops(NewerVersion)
    assert await desk.told() == ["раз", "два"]
    assert await desk.buried() == []
    # A newer gateway comes and handles it: here it is as if it had.
    [(entry, _)] = (await desk.admin.ask("XREAD", "COUNT", 1, "STREAMS", *await position(desk)))[
        desk.keys.inbox(SALES).encode()
    ]
    await desk.admin.note([("HSET", desk.keys.cursors, "inbox:sales", entry)])
    await desk.goes_on("раз", "два", "три")
    assert await desk.buried() == []


async def position(desk):
    return desk.keys.inbox(SALES), (await read_cursors(desk.admin))["inbox:sales"]


@pytest.mark.parametrize("which", ["dialog", "contact", "operator", "line"])
async def test_the_owner_stops_at_a_row_that_a_newer_gateway_wrote(desk, which):
    await desk.words("раз")
    await desk.goes_on("раз")
    keys = desk.keys
    place = {
        "dialog": ("SET", keys.dialog("1")),
        "contact": ("HSET", keys.contact(SHOP, ContactId("9001")), "row"),
        "operator": ("HSET", keys.people, ANNA),
        "line": ("HSET", keys.lines, SALES),
    }[which]
    get = ("GET" if place[0] == "SET" else "HGET", *place[1:])
    before = await desk.admin.ask(*get)
    await desk.admin.note([(*place, NEWER)])
    await desk.words("до", contact="9002")
    await desk.words("два")
    for _ in range(DEADLY + 2):
        assert "newer" in await desk.stops(NewerVersion)
    assert await desk.buried() == []
    # What does not need that row, and came before, was handled.
    assert await desk.told() == (["раз", "до"] if which in {"dialog", "contact"} else ["раз"])
    assert await desk.admin.ask(*get) == NEWER
    await desk.admin.note([(*place, before)])
    await desk.goes_on("раз", "до", "два")


async def test_what_an_entrys_own_handling_raises_still_buries_it_alone(desk):
    await desk.words("раз")
    await desk.raw(b"1:{}")
    await desk.raw(b'1:{"command":{"type":"expire"}}')
    await desk.words("два")
    await desk.goes_on("раз", "два")
    assert [letter.reason[:11] for letter in await desk.buried()] == ["Undecodable"] * 2


async def test_without_the_right_to_trim_everything_else_goes_on(desk, caplog):
    await desk.rights("-xtrim", "-hmget")
    await desk.words("раз")
    lease = await Lease.take(desk.limited, "owner", force=True)
    async with lease:
        await desk.life._trim(lease)
    assert "refused" in caplog.text
    await desk.goes_on("раз")
    assert await queries.waiting(desk.admin) == ["1"]
