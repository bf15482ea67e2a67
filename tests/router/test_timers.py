"""Timers: the rules of each kind, and that none which cannot act stands before the others, on a real Redis."""

import asyncio
import time

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Role
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, NativeId, OperatorId
from gateway.model.messages import Message, Window
from gateway.model.state import CloseReason, Dialog, DialogState, HeldEcho, Line, Operator
from gateway.model.timers import ArmedTimer, Timer, timer_of_member
from gateway.operator_bot.inbound import targets
from gateway.router import timers
from gateway.router.decide import decide
from gateway.router.loader import PAGE
from gateway.router.owner import TIMERS, Owner
from gateway.router.state.rows import Rows
from gateway.streams import dead, queries
from gateway.streams.intake import DueTimer, Intake, Offer
from gateway.streams.keys import Keys
from gateway.streams.ownership import Lease
from tests.router.conftest import KEYS

SALES, SERVICE, SHOP, STAFF = LineId("sales"), LineId("service"), AccountId("shop"), AccountId("staff")
ANNA = OperatorId("501")
HOUR = 3600_000
NOW = time.time_ns() // 1_000_000
"""Entries have the server's own moments: the clock that a test moves begins there."""
MANY = 2 * TIMERS + 50
"""More than are looked at in one go."""


def answered(number: int, *, at: int = NOW, line: LineId = SALES, **more: object) -> Dialog:
    """A dialog whose last words are Anna's."""
    return Dialog(
        id=DialogId(str(number)),
        line=line,
        account=SHOP,
        contact=ContactId(f"c{number}"),
        client="Мария",
        opened_at=at - 1,
        **{"state": DialogState.ANSWERED, "owner": ANNA, "last_reply_at": at, "messages": 2, **more},  # type: ignore[arg-type]
    )


@pytest.fixture
def rows() -> Rows:
    rows = Rows(STAFF)
    rows.lines = {SALES: Line(id=SALES, title="Продажи"), SERVICE: Line(id=SERVICE, title="Сервис", auto_close_ms=HOUR)}
    return rows


# ── the rules ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", DialogState)
@pytest.mark.parametrize("name", ["kpi_first_reply", "", "AUTO_CLOSE", "auto_close ", "*"])
def test_a_timer_of_an_unknown_kind_changes_nothing(rows, state, name):
    window, echo = Window(NOW + 1), HeldEcho(Message(native=NativeId("1"), text="x"), None, NOW)
    rows.dialogs[DialogId("1")] = answered(1, state=state, window=window, echoes=(echo,))
    assert decide(rows, c.Expire(DialogId("1"), name, NOW + 100 * HOUR), NOW + 100 * HOUR) == []


@pytest.mark.parametrize("timer", Timer)
def test_each_kind_has_its_own_rule_and_none_closes_but_auto_close(rows, timer):
    echo = HeldEcho(Message(native=NativeId("1"), text="x"), None, NOW + HOUR)
    dialog = answered(1, window=Window(NOW + 2 * HOUR), echoes=(echo,))
    owner = Operator(id=ANNA, name="Анна", role=Role.ADMIN, on_duty=True, entered=True, gone=timer is Timer.ABSENCE)
    if timer is Timer.REVIEW:
        dialog = replace(dialog, owner=None, state=DialogState.NEW, waiting_since=NOW)
    rows.operators[ANNA], rows.dialogs[DialogId("1")] = owner, dialog
    due = timers.deadlines(dialog, rows.lines[SALES], rows.owner_of(dialog))[timer]
    assert decide(rows, c.Expire(DialogId("1"), timer, due - 1), due - 1) == []
    events = decide(rows, c.Expire(DialogId("1"), timer, due), due)
    assert len(events) == 1
    assert isinstance(events[0], e.DialogClosed) is (timer is Timer.AUTO_CLOSE)


@pytest.mark.parametrize(
    ("allowed", "closes"), [(4 * HOUR, True), (HOUR, True), (4 * HOUR + 1, False), (8 * HOUR, False), (0, False)]
)
def test_auto_close_goes_by_the_lines_rule_of_the_moment_when_it_acts(rows, allowed, closes):
    rows.dialogs[DialogId("1")] = answered(1)
    rows.lines[SALES] = Line(id=SALES, title="Продажи", auto_close_ms=allowed)
    now = NOW + 4 * HOUR
    closed = [e.DialogClosed(dialog=DialogId("1"), reason=CloseReason.AUTO)]
    assert decide(rows, c.Expire(DialogId("1"), Timer.AUTO_CLOSE, now), now) == (closed if closes else [])


@pytest.mark.parametrize(
    "state", [one for one in DialogState if one not in (DialogState.ANSWERED, DialogState.RETURNED)]
)
def test_auto_close_goes_by_the_dialogs_state_of_the_moment_when_it_acts(rows, state):
    rows.dialogs[DialogId("1")] = answered(1, state=state)
    assert decide(rows, c.Expire(DialogId("1"), Timer.AUTO_CLOSE, NOW + 4 * HOUR), NOW + 9 * HOUR) == []


def test_a_timer_whose_clock_was_ahead_of_the_servers_acts_and_does_not_come_again(rows):
    rows.dialogs[DialogId("1")] = answered(1)
    due = NOW + 4 * HOUR
    assert decide(rows, c.Expire(DialogId("1"), Timer.AUTO_CLOSE, due), due - 5000) != []


def test_a_dialog_that_goes_to_another_line_takes_its_timer_with_it(rows):
    rows.operators[ANNA] = Operator(id=ANNA, name="Анна", role=Role.ADMIN, on_duty=True, entered=True)
    before, after = answered(1), answered(1, line=SERVICE)
    commands = list(timers.changed(KEYS, timers.armed(rows, before), timers.armed(rows, after)))
    assert commands == [
        ("ZADD", KEYS.timers, NOW + HOUR, "service|1|auto_close"),
        ("ZREM", KEYS.timers, "sales|1|auto_close"),
    ]
    waits = answered(1, line=SERVICE, state=DialogState.WAITING_AGAIN)
    assert list(timers.changed(KEYS, timers.armed(rows, before), timers.armed(rows, waits))) == [
        ("ZREM", KEYS.timers, "sales|1|auto_close")
    ]


@pytest.mark.parametrize("line", ["sales", "a|b", ""])
@pytest.mark.parametrize("dialog", [DialogId("17"), None])
def test_a_timers_name_reads_back(line, dialog):
    timer = ArmedTimer(LineId(line), dialog, "window")
    assert timer_of_member(timer.member) == timer
    assert timer_of_member("no timer|at all") is None


# ── on a real Redis ───────────────────────────────────────────────────────────────────────────────────


class Clock:
    """The owner's clock; it only moves when told."""

    now = NOW

    def __call__(self) -> int:
        return self.now


class Desk:
    """A desk whose rows a test writes as an owner of this version would have left them, and its owner at work."""

    def __init__(self, store, intake):
        self.store, self.intake, self.clock = store, intake, Clock()
        self.handled: list[str] = []
        self.dies_after: int | None = None

    def _observe(self, _inbox, command, _outcome, _waited):
        self.handled.append(command)
        if len(self.handled) == self.dies_after:
            raise Died

    async def has(self, *dialogs: Dialog, lines: tuple[Line, ...] = (Line(id=SALES, title="Продажи"),)):
        """Writes the rows of these dialogs, all of them Anna's."""
        keys = self.store.keys
        mine = tuple(one.id for one in dialogs if one.owner == ANNA)
        queued = [one for one in dialogs if one.queued_since is not None]
        anna = Operator(id=ANNA, name="Анна", role=Role.ADMIN, on_duty=True, entered=True, dialogs=mine)
        await self.store.note(
            [
                *(("SET", keys.dialog(one.id), encode(one)) for one in dialogs),
                *(("ZADD", keys.waiting, one.queued_since, one.id) for one in queued),
                *(("ZADD", keys.waiting_on(one.line), one.queued_since, one.id) for one in queued),
                ("HSET", keys.cursors, "repairs", "1"),
                *(("HSET", keys.lines, one.id, encode(one)) for one in lines),
                ("HSET", keys.people, ANNA, encode(anna)),
                ("HSET", keys.desk, "number", len(dialogs)),
            ]
        )

    async def armed(self, timers: dict[str, int]):
        await self.store.note([("ZADD", self.store.keys.timers, due, member) for member, due in timers.items()])

    async def timers(self) -> dict[str, int]:
        return dict(await queries.due_timers(self.store, 1 << 53, 1 << 20))

    async def works(self, until, lines: tuple[LineId, ...] = (SALES,)):
        """An owner works until something is true; what ends it by itself is raised."""
        lease = await Lease.take(self.store, "owner", force=True)
        owner = Owner(
            self.store,
            self.intake,
            lines=lines,
            staff=STAFF,
            resolver=targets,
            clock=self.clock,
            observe=self._observe,
        )
        task = asyncio.create_task(owner.run(lease))
        try:
            async with asyncio.timeout(60):
                while not await until():
                    if task.done():
                        task.result()
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await lease.release()

    async def is_closed(self, number: int) -> bool:
        row = await queries.dialog(self.store, DialogId(str(number)))
        return row is not None and not row.is_open

    async def configures(self, auto_close_ms: int):
        command = c.ConfigureLine(SALES, "Продажи", auto_close_ms=auto_close_ms, quiet_ms=60_000)
        offer = Offer(self.store.keys.staff, None, f"line {auto_close_ms}", Entry(command))
        await self.intake.offer([offer])


class Died(BaseException):
    """The process is gone: no `except Exception` stops it."""


@pytest.fixture
def desk(store, intake):
    return Desk(store, intake)


@pytest.mark.parametrize(
    ("members", "stay"),
    [
        ([f"sales|{number}|auto_close" for number in range(2, MANY)], 0),
        ([f"sales|{number}|window" for number in range(2, MANY)], 0),
        ([f"sales|{number}|kpi_first_reply" for number in range(2, MANY)], MANY - 2),
        ([f"sales||kpi {number}" for number in range(2, MANY)], MANY - 2),
        ([f"sales|{number + MANY}|auto_close" for number in range(2, MANY)], 0),
        ([f"sold|{number}|auto_close" for number in range(2, MANY)], 0),
        ([f"nonsense {number}" for number in range(2, MANY)], 0),
        ([f"staff|x{number}|auto_close" for number in range(2, MANY)], 0),
    ],
    ids=[
        "stale",
        "never ran",
        "unknown kinds",
        "unknown of a line",
        "no dialog",
        "no line",
        "none at all",
        "no number",
    ],
)
async def test_no_number_of_timers_that_do_nothing_hides_the_others(desk, members, stay):
    """Those of unknown kinds are put off, since a newer gateway may know them; all others go."""
    waits = [answered(number, state=DialogState.WAITING_AGAIN) for number in range(2, MANY)]
    await desk.has(answered(1), *waits)
    await desk.armed({**dict.fromkeys(members, NOW - 1), "sales|1|auto_close": NOW + 4 * HOUR})
    desk.clock.now = NOW + 4 * HOUR
    await desk.works(lambda: desk.is_closed(1))

    async def quiet():
        return len(await desk.timers()) == stay

    await desk.works(quiet)
    assert all(due > desk.clock.now for due in (await desk.timers()).values())
    assert await dead.list_dead(desk.store) == []
    assert not await desk.is_closed(2)


async def test_a_stale_timer_is_armed_for_its_right_moment(desk):
    lines = (Line(id=SALES, title="Продажи", auto_close_ms=8 * HOUR), Line(id=SERVICE, title="Сервис"))
    await desk.has(*(answered(number) for number in range(1, MANY)), answered(MANY, line=SERVICE), lines=lines)
    await desk.armed({f"sales|{number}|auto_close": NOW for number in range(1, MANY + 1)})
    right = {f"sales|{number}|auto_close": NOW + 8 * HOUR for number in range(1, MANY)}
    right[f"service|{MANY}|auto_close"] = NOW + 4 * HOUR

    async def mended():
        return await desk.timers() == right

    await desk.works(mended, lines=(SALES, SERVICE))
    desk.clock.now = NOW + 8 * HOUR
    await desk.works(lambda: desk.is_closed(MANY - 1), lines=(SALES, SERVICE))
    await desk.works(lambda: desk.is_closed(MANY), lines=(SALES, SERVICE))


async def test_timers_whose_entries_went_to_the_dead_letters_hide_no_others(desk):
    await desk.has(answered(1))
    keys = desk.store.keys
    await desk.store.note([("SET", keys.dialog(DialogId(str(number))), b"1:{}") for number in range(2, 230)])
    stuck = {f"sales|{number}|auto_close": NOW for number in range(2, 230)}
    await desk.armed({**stuck, "sales|1|auto_close": NOW + 4 * HOUR})
    desk.clock.now = NOW + 4 * HOUR
    await desk.works(lambda: desk.is_closed(1))
    letters = await dead.list_dead(desk.store, 1000)
    assert len(letters) == 228
    assert await desk.timers() == {}
    # The row is mended, and the letter replayed: nothing was forgotten.
    number = decode(letters[0].payload, Entry).command.dialog
    await desk.store.note([("SET", keys.dialog(number), encode(answered(int(number))))])
    await dead.replay_dead(desk.store, letters[0].id)
    await desk.works(lambda: desk.is_closed(int(number)))


@pytest.mark.parametrize("allowed", [HOUR, 8 * HOUR, 0])
@pytest.mark.parametrize("dies_after", [None, 1, 2, 3])
async def test_other_rules_of_a_line_plan_its_dialogs_anew_a_page_at_a_time(desk, allowed, dies_after):
    """Whenever the owner dies in between, the next one goes on."""
    count = 2 * PAGE + 10
    dialogs = [answered(number, owner=ANNA if number % 3 else None) for number in range(1, count)]
    await desk.has(*dialogs, answered(count, line=SERVICE))
    await desk.armed({f"sales|{number}|auto_close": NOW + 4 * HOUR for number in range(1, count)})
    await desk.armed({f"service|{count}|auto_close": NOW + 4 * HOUR})
    await desk.configures(allowed)
    right = {f"sales|{number}|auto_close": NOW + allowed for number in range(1, count)} if allowed else {}
    right[f"service|{count}|auto_close"] = NOW + 4 * HOUR

    async def planned():
        return await desk.timers() == right and desk.handled.count("PlanTimers") == 4

    desk.dies_after = dies_after
    if dies_after is not None:
        with pytest.raises(Died):
            await desk.works(planned)
    await desk.works(planned)


async def test_a_full_memory_stops_no_timer(own_store):
    intake = Intake(own_store)
    desk = Desk(own_store, intake)
    await desk.has(*(answered(number) for number in range(1, 300)))
    await desk.armed({f"sales|{number}|auto_close": NOW + 4 * HOUR for number in range(1, 300)})
    await own_store.ask("CONFIG", "SET", "maxmemory", 1)
    desk.clock.now = NOW + 4 * HOUR

    async def all_are_closed():
        return await desk.timers() == {} and await desk.is_closed(299)

    await desk.works(all_are_closed)
    assert desk.handled == ["Expire"] * 299
    await intake.close()


async def test_a_timer_enters_its_inbox_once_and_one_armed_anew_stays(store, intake, keys: Keys):
    lease = await Lease.take(store, "owner", force=True)
    await store.note([("ZADD", keys.timers, 5, "sales|1|window", 9, "sales|2|window")])
    due = [DueTimer(f"sales|{n}|window", 5, inbox=keys.inbox(SALES), payload=b"p") for n in (1, 2)]
    for _ in range(3):  # as after a lost reply
        await intake.take_timers(lease, due)
    assert await store.ask("XLEN", keys.inbox(SALES)) == 1
    assert await queries.due_timers(store, 10, 10) == [("sales|2|window", 9)]
    await lease.release()
