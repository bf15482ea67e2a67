"""The shell around the core, on a real Redis: batches, takeovers, poison, timers, trimming."""

import asyncio
import contextlib

import pytest

from gateway.errors import StoreUnavailable
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Role
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, NativeId, OperatorId, SentId
from gateway.model.messages import Media, MediaKind, Message, Origin, Profile, Window
from gateway.model.outgoing import (
    AnswerPress,
    DeliveryStatus,
    Fetch,
    ListTemplates,
    Outbound,
    SendDelete,
    SendMessage,
    SendReaction,
    SendReadMark,
    SendTemplate,
    SendTyping,
    Template,
)
from gateway.model.state import DialogState, Line, Operator
from gateway.router.owner import DEADLY, Owner
from gateway.streams import dead, native_ids, queries
from gateway.streams.connection import Store
from gateway.streams.intake import Offer
from gateway.streams.journal import read_journal
from gateway.streams.ownership import Lease, commit, read_cursors
from gateway.streams.scripts import CAREFUL
from tests.streams.conftest import Wire

SALES, SHOP, STAFF = LineId("sales"), AccountId("shop"), AccountId("staff")
MARIA, ANNA = ContactId("9001"), OperatorId("501")


class Killed(BaseException):
    """What takes the process down: no `except Exception` stops it."""


class Words:
    """A resolver for tests: an update says in its own words what it is; `poison` raises, `kill` ends the process."""

    @staticmethod
    def lookups(update):
        return ContactId(update.get("who", "")), [NativeId(one) for one in update.get("refers", ())]

    @staticmethod
    def resolve(update, sent):
        if update.get("poison"):
            raise RuntimeError("this update cannot be handled")
        if update.get("kill"):
            raise Killed
        if update.get("do") == "claim":
            return c.Claim(operator=update["who"], dialog=update["dialog"], version=update.get("version", 1))
        if update.get("do") == "say":
            origin = Origin(ContactId(update["who"]), NativeId(update["native"]))
            return c.Reply(operator=update["who"], origin=origin, message=Message(text=update["text"]))
        found = sent.get(NativeId(update["refers"][0])) if "refers" in update else None
        if update.get("do") == "templates":
            return c.Look(operator=update["who"], view=c.View.TEMPLATES)
        if update.get("do") == "template":
            return c.SayTemplate(operator=update["who"], template=update["name"], values=tuple(update["values"]))
        if update.get("do") == "edit":
            return c.EditReply(operator=update["who"], message_id=found, message=Message(text=update["text"]))
        if update.get("do") == "delete":
            return c.DeleteReply(operator=update["who"], message_id=found)
        if update.get("do") == "react":
            return c.React(operator=update["who"], message_id=update["message"], emoji="👍")
        return None


@pytest.fixture
def clock():
    class Clock:
        now = None

        def __call__(self):
            import time  # noqa: PLC0415

            return self.now if self.now is not None else time.time_ns() // 1_000_000

    return Clock()


@pytest.fixture
def seen():
    return []


@pytest.fixture
def owner(store, intake, clock, seen):
    return Owner(
        store, intake, lines=[SALES], staff=STAFF, resolver=Words, clock=clock, observe=lambda *told: seen.append(told)
    )


@pytest.fixture
async def working(store, owner):
    """The owner at work; ends it cleanly. Yields a function that starts it."""
    tasks = []

    async def start(which=owner):
        lease = await Lease.take(store, "owner", force=True)
        task = asyncio.create_task(which.run(lease))
        tasks.append((task, lease))
        return task

    yield start
    for task, lease in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
        await lease.release()


@pytest.fixture
async def desk(store):
    """Anna is on duty."""
    anna = Operator(id=ANNA, name="Анна", role=Role.ADMIN, on_duty=True, entered=True)
    await store.note(
        [
            ("HSET", store.keys.people, ANNA, encode(anna)),
            ("HSET", store.keys.lines, SALES, encode(Line(id=SALES, title="Продажи"))),
        ]
    )


@pytest.fixture
def offer(store, intake):
    numbers = iter(range(1, 10_000))

    async def write(text="Добрый день", contact=MARIA, **more):
        number = next(numbers)
        message = Message(native=NativeId(str(number)), text=text, **more)
        command = c.Receive(contact=contact, message=message, profile=Profile(name="Мария"))
        entry = Entry(command=command, account=SHOP)
        await intake.offer([Offer(store.keys.inbox(SALES), SHOP, f"m{number}", entry, contact)])

    async def staff(**update):
        command = c.StaffUpdate(encode_raw(update))
        entry = Entry(command=command, account=STAFF)
        await intake.offer([Offer(store.keys.staff, STAFF, f"u{next(numbers)}", entry)])

    async def item(command):
        number = next(numbers)
        await intake.offer([Offer(store.keys.inbox(SALES), SHOP, f"i{number}", Entry(command, SHOP), MARIA)])

    write.staff, write.item = staff, item
    return write


def encode_raw(update):
    import json  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    return msgspec.Raw(json.dumps(update).encode())


async def journal(store):
    return [decode(payload, e.Recorded) for _, payload in await read_journal(store, 0, 1000, 0)]


async def outbox(store, account):
    found = await store.ask("XRANGE", store.keys.outbox(account), "-", "+")
    return [decode(fields[b"p"], Outbound) for _, fields in found]


async def until(condition, seconds=10):
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await condition()):
        assert asyncio.get_running_loop().time() < deadline, "it did not come true"
        await asyncio.sleep(0.01)
    return found


async def handled(store, count):
    async def enough():
        found = await journal(store)
        return found if len(found) >= count else None

    return await until(enough)


async def test_a_clients_words_become_a_dialog_in_the_journal_and_in_the_rows(store, desk, offer, working):
    await offer()
    await working()
    told = await handled(store, 2)
    assert [type(one.event).__name__ for one in told] == ["DialogOpened", "MessageReceived"]
    assert told[1].dialog.messages == 1
    dialog = await queries.dialog(store, DialogId("1"))
    assert (dialog.client, dialog.state) == ("Мария", DialogState.NEW)
    assert await queries.waiting(store) == ["1"]
    assert (await read_cursors(store))["journal"] == "2"


async def test_an_update_that_refers_to_nothing_new_is_understood_once(store, intake, desk, offer, working, clock):
    asked = []

    class Listening(Words):
        @staticmethod
        def resolve(update, sent):
            asked.append(update["native"])
            return Words.resolve(update, sent)

    owner = Owner(store, intake, lines=[SALES], staff=STAFF, resolver=Listening, clock=clock, observe=lambda *_: None)
    await offer.staff(do="say", who=ANNA, native="55", text="Есть кто?")
    await working(owner)
    await handled(store, 1)
    assert asked == ["55"]


async def test_a_claim_and_a_reply_end_in_the_clients_outbox(store, desk, offer, working):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="say", who=ANNA, native="55", text="Здравствуйте!")
    await working()
    await handled(store, 5)
    found = await outbox(store, SHOP)
    [outbound] = [one for one in found if isinstance(one.job, SendMessage)]
    assert outbound.contact == MARIA
    assert outbound.job == SendMessage(sent=SentId("1.2"), message=Message(text="Здравствуйте!"), author="Анна")
    assert outbound.report
    others = [one.job for one in found if one is not outbound]
    assert others in ([SendReadMark(NativeId("1"))], [SendReadMark(NativeId("1")), SendTyping(NativeId("1"))])
    assert await queries.waiting(store) == []
    assert await queries.mine(store, ANNA) == ["1"]


async def test_an_edit_in_the_same_batch_finds_the_words_it_corrects(store, desk, offer, working):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="say", who=ANNA, native="55", text="Здраствуйте!")
    await offer.staff(do="edit", who=ANNA, refers=["55"], text="Здравствуйте!")
    await working()
    told = await handled(store, 6)
    assert told[-1].event == e.ReplyEdited("1", "1.2", ANNA, Message(text="Здравствуйте!"))


async def test_what_a_client_has_read_is_told_where_it_was_written_long_after_its_result(store, desk, offer, working):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="say", who=ANNA, native="55", text="Здравствуйте!")
    await working()
    await handled(store, 5)
    await offer.item(c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=DeliveryStatus.SENT))
    await handled(store, 6)
    await offer.item(c.ReceiveRead(contact=MARIA, message=MessageId("1.9")))
    await offer.item(c.ReceiveRead(contact=MARIA, message=MessageId(f"{'9' * 9000}.1")))
    await offer.item(c.ReceiveRead(contact=MARIA, message=MessageId("1.2")))
    told = await handled(store, 7)
    origin = Origin(ContactId(ANNA), NativeId("55"))
    assert told[-1].event == e.DeliveryChanged("1", "1.2", DeliveryStatus.READ, origin=origin)
    assert (await queries.dialog(store, DialogId("1"))).read_to == 2
    assert await dead.list_dead(store) == []


async def test_a_mark_by_the_vendors_id_finds_its_dialog_and_its_operator(store, desk, offer, working):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="say", who=ANNA, native="55", text="Здравствуйте!")
    await working()
    at = (await handled(store, 5))[-1].at
    known = native_ids.native_commands(store.keys, SHOP, MARIA, SentId("1.2"), (NativeId("900"),), at)
    await store.note(known)
    await offer.item(c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=DeliveryStatus.SENT))
    await handled(store, 6)
    await offer.item(c.ReceiveRead(contact=MARIA, native=NativeId("900")))
    told = await handled(store, 7)
    assert (told[-1].event.id, told[-1].event.origin) == ("1.2", Origin(ContactId(ANNA), NativeId("55")))


async def test_an_emoji_finds_the_clients_message_by_the_native_map(store, desk, offer, working):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await working()
    await handled(store, 4)
    await offer.staff(do="react", who=ANNA, message="1.1")
    told = await handled(store, 5)
    assert told[-1].event == e.ReactionPut("1", "1.1", ANNA, NativeId("1"), "👍")
    assert SendReaction(NativeId("1"), "👍") in [one.job for one in await outbox(store, SHOP)]


async def test_words_taken_back_leave_the_client_by_the_same_outbox(store, desk, offer, working):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="say", who=ANNA, native="55", text="Не туда")
    await working()
    await handled(store, 5)
    await offer.staff(do="delete", who=ANNA, refers=["55"])
    told = await handled(store, 6)
    assert told[-1].event == e.ReplyDeleted("1", "1.2", ANNA)
    jobs = [one.job for one in await outbox(store, SHOP)]
    assert jobs[-1] == SendDelete(SentId("1.2"))


async def test_a_pressed_quick_reply_quotes_the_message_under_which_it_stood(store, desk, offer, working):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="say", who=ANNA, native="55", text="Удобно завтра?")
    await working()
    at = (await handled(store, 5))[-1].at
    await store.note(native_ids.native_commands(store.keys, SHOP, MARIA, SentId("1.2"), (NativeId("900"),), at))
    await offer.item(c.ReceivePress(contact=MARIA, press="p1", data="q:Да", native=NativeId("900")))
    said = (await handled(store, 6))[-1].event
    assert (said.message.text, said.message.reply_to.message) == ("Да", "1.2")
    answer = AnswerPress("p1", "✅ Да", native=NativeId("900"), chosen="Да")
    assert answer in [one.job for one in await outbox(store, SHOP)]
    assert await native_ids.natives_of(store, SHOP, MARIA, SentId("1.3")) == (), (
        "what cannot be quoted is not in the map"
    )


async def test_an_attachment_becomes_a_durable_job_of_its_account(store, desk, offer, working):
    photo = Media(kind=MediaKind.PHOTO, remote="file-1")
    await offer("вот", attachments=(photo,))
    await working()
    [outbound] = await until(lambda: outbox(store, SHOP))
    assert isinstance(outbound.job, Fetch)
    assert (outbound.job.message, outbound.job.file) == ("1.1", "1.1.0")


async def test_received_words_stand_in_the_native_map(store, desk, offer, working):
    await offer()
    await working()
    await handled(store, 2)
    assert await native_ids.sent_of(store, SHOP, [(MARIA, NativeId("1"))]) == {(MARIA, NativeId("1")): "1.1"}


async def test_an_update_that_raises_goes_to_the_dead_letters_and_the_rest_goes_on(store, desk, offer, working, seen):
    await offer("до")
    await offer.staff(poison=True)
    await offer("после")
    await working()
    told = await handled(store, 3)
    assert [one.event.message.text for one in told if isinstance(one.event, e.MessageReceived)] == ["до", "после"]
    [letter] = await until(lambda: dead.list_dead(store))  # of the same millisecond, it may be the last of the three
    assert (letter.inbox, letter.reason) == ("inbox:staff", "RuntimeError: this update cannot be handled")

    async def is_observed():
        return ("inbox:staff", "dead", "dead") in [one[:3] for one in seen]

    await until(is_observed)


async def test_an_unreadable_entry_goes_to_the_dead_letters(store, desk, offer, working):
    await store.note([("XADD", store.keys.inbox(SALES), "*", "p", b"0:{}")])
    await offer()
    await working()
    await handled(store, 2)
    [letter] = await until(lambda: dead.list_dead(store))
    assert "version 0" in letter.reason


async def test_a_dead_letter_replayed_after_the_mend_is_handled(store, desk, offer, working):
    await store.note([("XADD", store.keys.inbox(SALES), "*", "p", b"0:{}")])
    task = await working()
    [letter] = await until(lambda: dead.list_dead(store))
    assert not task.done()
    command = c.Receive(contact=MARIA, message=Message(native=NativeId("7"), text="позднее"), profile=Profile(name="М"))
    good = encode(Entry(command=command, account=SHOP))
    await store.note([("XDEL", store.keys.dead, letter.id)])
    entry = ("XADD", store.keys.dead, "*", "p", good, "from", "inbox:sales", "entry", "1-1", "reason", "was a fault")
    await store.note([entry])
    [mended] = await dead.list_dead(store)
    assert await dead.replay_dead(store, mended.id) is not None
    assert (await handled(store, 2))[1].event.message.text == "позднее"


async def test_an_entry_that_took_the_owner_down_three_times_is_put_aside(store, desk, offer, owner, working, seen):
    await offer("смертельная")
    await offer("здоровая")
    [(inbox, first, _), _] = await owner_entries(store)
    lease = await Lease.take(store, "owner", force=True)
    from gateway.streams.ownership import begin_careful  # noqa: PLC0415

    for _ in range(3):
        await begin_careful(store, lease, inbox, first)
    await lease.release()
    await working()
    told = await handled(store, 2)
    assert told[1].event.message.text == "здоровая"
    [letter] = await dead.list_dead(store)
    assert letter.reason == "took the owner down 3 times"


async def test_an_entry_that_kills_its_owner_takes_no_healthy_one_with_it(store, intake, desk, clock):
    def entry(command, account):
        return encode(Entry(command=command, account=account))

    words = c.Receive(MARIA, Message(native=NativeId("1"), text="здоровая"), Profile(name="М"))
    kill = entry(c.StaffUpdate(encode_raw({"kill": True})), STAFF)
    sales, staff = store.keys.inbox(SALES), store.keys.staff
    await store.note([("XADD", staff, "2000-0", "p", kill), ("XADD", sales, "3000-0", "p", entry(words, SHOP))])

    async def passed():
        return (await read_cursors(store)).get("inbox:sales") == "3000-0"

    endings = []
    for _ in range(DEADLY + 2):
        # One life after another: a process that was killed leaves its lease behind.
        lease = await Lease.take(store, "owner", force=True)
        life = Owner(store, intake, lines=[SALES], staff=STAFF, resolver=Words, clock=clock, observe=lambda *_: None)
        task = asyncio.create_task(life.run(lease))
        all_passed = asyncio.create_task(until(passed))
        await asyncio.wait({task, all_passed}, return_when=asyncio.FIRST_COMPLETED)
        endings.append(type(task.exception()) if task.done() else None)
        for one in (task, all_passed):
            one.cancel()
        await asyncio.gather(task, all_passed, return_exceptions=True)
        await lease.release()
    # Once with all that waits beside it, and then by itself.
    assert endings == [Killed] * (1 + DEADLY) + [None]
    assert [(one.inbox, one.entry) for one in await dead.list_dead(store)] == [("inbox:staff", "2000-0")]
    texts = [one.event.message.text for one in await journal(store) if isinstance(one.event, e.MessageReceived)]
    assert texts == ["здоровая"]


async def test_what_an_owner_left_is_taken_up_at_once(redis_url, store, desk, offer, intake, clock):
    for words in ("раз", "два", "три"):
        await offer(words)
    async with lossy(redis_url, store.keys) as (wire, wired):
        wire.losing = CAREFUL.sha
        lease = await Lease.take(wired, "owner", force=True)
        life = Owner(wired, intake, lines=[SALES], staff=STAFF, resolver=Words, clock=clock, observe=lambda *_: None)
        task = asyncio.create_task(life.run(lease))
        await handled(store, 4)
        assert wire.lost == 0, "an entry was handled by itself, and nobody had died of it"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await lease.release()


async def test_a_redis_that_loses_replies_makes_no_entry_a_dead_letter(redis_url, store, desk, offer, intake, clock):
    await offer("здоровая")
    lost = 0
    async with lossy(redis_url, store.keys) as (wire, wired):
        for _ in range(DEADLY + 2):
            # Between two lives nothing is heard of the client's row: each one breaks off on this entry.
            lease = await Lease.take(wired, "owner", force=True)
            life = Owner(
                wired, intake, lines=[SALES], staff=STAFF, resolver=Words, clock=clock, observe=lambda *_: None
            )
            wire.losing = b"contact:shop:"
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(20):
                    await life.run(lease)
            await lease.release()
            lost += 1
        assert wire.lost == lost == DEADLY + 2
    assert await dead.list_dead(store) == []
    lease = await Lease.take(store, "owner", force=True)
    life = Owner(store, intake, lines=[SALES], staff=STAFF, resolver=Words, clock=clock, observe=lambda *_: None)
    task = asyncio.create_task(life.run(lease))
    told = await handled(store, 2)
    assert told[1].event.message.text == "здоровая"
    assert await dead.list_dead(store) == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await lease.release()


@contextlib.asynccontextmanager
async def lossy(redis_url, keys):
    """A store whose wire loses the reply to the next request that holds `losing`."""
    wire = Wire(redis_url.removeprefix("unix://"))
    await wire.open()
    wired = Store(wire.url, keys)
    try:
        yield wire, wired
    finally:
        await wired.close()
        await wire.close()


async def owner_entries(store):
    found = await store.ask("XRANGE", store.keys.inbox(SALES), "-", "+")
    return [(store.keys.inbox(SALES), entry.decode(), fields) for entry, fields in found]


async def test_a_second_owner_goes_on_exactly_where_the_first_stopped(
    store, intake, desk, offer, owner, clock, working
):
    for number in range(20):
        await offer(str(number))
    first = await working()
    await handled(store, 5)
    first.cancel()
    another = Owner(store, intake, lines=[SALES], staff=STAFF, resolver=Words, clock=clock, observe=lambda *_: None)
    for number in range(20, 40):
        await offer(str(number))
    await working(another)
    told = await handled(store, 41)
    assert [one.event.message.text for one in told[1:]] == [str(number) for number in range(40)]
    assert [one.event.id for one in told[1:]] == [MessageId(f"1.{number}") for number in range(1, 41)]


async def _asked(store, command):
    """How often Redis was asked so since it began."""
    stats = await store.ask("INFO", "commandstats")
    return int(dict(stats).get(f"cmdstat_{command}", {}).get("calls", 0))


async def test_rows_at_hand_are_not_asked_for_again(store, desk, offer, working):
    await working()
    await offer()
    await handled(store, 2)
    before = await _asked(store, "mget")
    for number in range(3):
        await offer()
        await handled(store, 3 + number)
    assert (await queries.dialog(store, DialogId("1"))).messages == 4  # which asks once itself
    assert await _asked(store, "mget") == before + 1


async def test_rows_at_hand_do_not_outlive_the_lease(store, intake, desk, offer, owner, clock, working):
    first = await working()
    await offer()
    await handled(store, 2)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    another = Owner(store, intake, lines=[SALES], staff=STAFF, resolver=Words, clock=clock, observe=lambda *_: None)
    second = await working(another)
    await offer()
    await handled(store, 3)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await working(owner)
    await offer()
    await handled(store, 4)
    assert (await queries.dialog(store, DialogId("1"))).messages == 3


async def test_rows_at_hand_of_a_batch_that_raised_are_let_go(store, intake, desk, offer, working):
    await working()
    await offer()
    await handled(store, 2)
    said = [c.Receive(contact=MARIA, message=Message(native=NativeId(one), text=one)) for one in ("до", "и", "после")]
    # Of one batch; what came through no account raises when it is decided, after the one before it.
    accounts = (SHOP, None, SHOP)
    await intake.offer(
        [
            Offer(store.keys.inbox(SALES), SHOP, command.message.text, Entry(command, account), MARIA)
            for command, account in zip(said, accounts, strict=True)
        ]
    )
    await handled(store, 4)
    assert len(await dead.list_dead(store)) == 1
    assert (await queries.dialog(store, DialogId("1"))).messages == 3


async def test_a_paused_owner_that_lost_its_lease_changes_nothing(store, desk, offer, owner, working):
    from gateway.errors import LostLease  # noqa: PLC0415

    paused = await Lease.take(store, "owner", force=True)
    await offer()
    await working()
    await handled(store, 2)
    with pytest.raises(LostLease):
        await commit(store, paused, [("inbox:sales", "0-0", "5-0")], [("SET", store.keys.dialog(DialogId("1")), b"x")])
    assert (await queries.dialog(store, DialogId("1"))).client == "Мария"


async def test_a_due_timer_comes_back_through_the_inbox_and_closes_the_dialog(store, desk, offer, working, clock):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="say", who=ANNA, native="55", text="Здравствуйте!")
    await working()
    await handled(store, 5)
    [(member, due)] = await queries.due_timers(store, 1 << 53, 10)
    assert member == "sales|1|auto_close"
    clock.now = due
    told = await handled(store, 6)
    assert told[-1].event == e.DialogClosed(dialog="1", reason="auto")
    assert told[-1].cause.startswith("inbox:sales:")
    assert await queries.due_timers(store, 1 << 53, 10) == []


async def test_a_window_that_ends_within_the_hour_is_told_by_its_timer(store, desk, offer, working, clock):
    until_then = clock() + 1_800_000
    message = Message(native=NativeId("1"), text="?")
    await offer.item(c.Receive(MARIA, message, Profile("Мария"), window=Window(until_then)))
    await working()
    told = await handled(store, 4)
    assert told[3].event == e.WindowEnding(DialogId("1"), due=until_then - 3_600_000, until=until_then)
    timers = dict(await queries.due_timers(store, 1 << 53, 10))
    assert timers["sales|1|window"] == until_then, "the next moment is its end"
    assert set(timers) == {"sales|1|window", "sales|1|review"}


async def test_a_template_is_asked_for_kept_and_said(store, desk, offer, working):
    await offer()
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="templates", who=ANNA)
    await working()
    await handled(store, 5)
    assert ListTemplates(DialogId("1"), ANNA) in [one.job for one in await outbox(store, SHOP)]
    ready = Template("ready", "ru", "Заказ {{1}} готов", 1)
    await offer.item(c.RecordTemplates(DialogId("1"), ANNA, (ready,)))
    await handled(store, 6)
    assert (await queries.templates(store, [SHOP]))[SHOP].templates == (ready,)
    await offer.staff(do="template", who=ANNA, name="ready", values=["5"])
    told = await handled(store, 7)
    assert told[6].event.message.text == "Заказ 5 готов"
    assert (await outbox(store, SHOP))[-1].job == SendTemplate(SentId("1.2"), "ready", "ru", ("5",))
    await offer.staff(do="templates", who=ANNA)
    told = await handled(store, 8)
    assert told[7].event == e.TemplatesListed(account=SHOP, dialog=DialogId("1"), operator=ANNA), "it is still known"


async def test_inboxes_are_trimmed_behind_the_cursor_and_the_journal_behind_its_readers(store, desk, offer, owner):
    await offer()
    await offer()
    lease = await Lease.take(store, "owner", force=True)
    task = asyncio.create_task(owner.run(lease))
    await handled(store, 3)
    await store.note([("HSET", store.keys.cursors, "archive", "2", "notifier", "3")])
    await owner._trim(lease)
    assert [number for number, _ in await read_journal(store, 0, 10, 0)] == [2, 3]
    assert await store.ask("XLEN", store.keys.inbox(SALES)) <= 1
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await lease.release()


async def test_nothing_is_logged_of_what_was_said(store, desk, offer, working, caplog):
    caplog.set_level("INFO")
    await offer("номер карты 4276")
    await working()
    await handled(store, 2)

    async def told():
        return "handled" in caplog.text

    await until(told)
    assert "4276" not in caplog.text
    assert all("4276" not in str(vars(one)) for one in caplog.records)


async def test_a_batch_is_one_line_and_what_is_refused_in_it_has_its_own(store, desk, offer, working, caplog):
    caplog.set_level("INFO", logger="gateway.router")
    for number in range(3):
        await offer(f"слово {number}")
    await offer.staff(do="claim", who=ANNA, dialog=DialogId("77"))
    await working()

    async def told():
        found = [vars(one) for one in caplog.records if one.msg == "handled"]
        return found if any("entries" in one for one in found) else None

    told = await until(told)
    assert [(one["command"], one["outcome"]) for one in told if "command" in one] == [("Claim", "unknown_dialog")]
    (batch,) = [one for one in told if "entries" in one]
    assert (batch["entries"], batch["refused"]) == (4, 1)
    assert batch["up_to"].count("inbox:") == 2


async def test_statuses_and_a_new_number_find_their_dialog_through_redis(store, desk, offer, working):
    """Each step in a batch of its own, so that every row and id it needs is read from Redis."""
    new, hidden = ContactId("9555"), ContactId("RU.1")
    await working()
    said = Message(native=NativeId("w1"), text="Добрый день")
    await offer.item(c.Receive(contact=MARIA, message=said, profile=Profile(name="Мария"), also=hidden))
    await handled(store, 3)
    await offer.staff(do="claim", who=ANNA, dialog="1")
    await offer.staff(do="say", who=ANNA, native="55", text="Здравствуйте!")
    await handled(store, 6)
    message = MessageId("1.2")
    await offer.item(c.ReceiveStatus(hidden, NativeId("w2"), DeliveryStatus.SENT))
    await handled(store, 7)
    await offer.item(c.ReceiveStatus(hidden, NativeId("w2"), DeliveryStatus.DELIVERED, message=message))
    await handled(store, 8)
    assert await native_ids.sent_of(store, SHOP, [(MARIA, NativeId("w2"))]) == {(MARIA, "w2"): "1.2"}
    await offer.item(c.RecordDelivery(MARIA, message, DeliveryStatus.UNKNOWN, problem="lost"))
    await offer.item(c.ReceiveAlias(contact=new, former=MARIA))
    await handled(store, 9)
    await offer.item(c.ReceiveReaction(new, NativeId("w2"), ("👍",)))
    await handled(store, 10)
    await offer.item(c.ReceiveReaction(hidden, NativeId("w1"), ("🙏",)))
    await handled(store, 11)
    await offer.item(c.ReceiveStatus(new, NativeId("w2"), DeliveryStatus.READ))
    told = [one.event for one in await handled(store, 12)]
    assert [type(one).__name__ for one in told[6:]] == [
        "StatusHeard",
        "DeliveryChanged",
        "ContactMoved",
        "ReactionChanged",
        "ReactionChanged",
        "DeliveryChanged",
    ]
    assert [one.id for one in told[9:]] == ["1.2", "1.1", "1.2"]
    dialog = await queries.dialog(store, DialogId("1"))
    assert (dialog.contact, dialog.read_to) == (new, 2)
    await offer("Это снова я", new)
    told = await handled(store, 13)
    assert (told[-1].event.dialog, told[-1].dialog.contact) == ("1", new)
