"""given(…).when(…).then(…) over the pure core: no Redis, no clock, no event loop."""

from collections.abc import Mapping, Sequence

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import decode
from gateway.model.commands import Role
from gateway.model.ids import AccountId, ContactId, DeskId, DialogId, LineId, NativeId, OperatorId
from gateway.model.messages import Message, Origin, Profile
from gateway.model.outgoing import Fetch, Outbound, Outgoing
from gateway.model.state import Dialog, Line, Operator
from gateway.model.timers import Timer
from gateway.router.decide import decide
from gateway.router.plan import EventInContext, plan
from gateway.router.state.evolve import evolve
from gateway.router.state.rows import Changes, Rows
from gateway.router.timers import deadlines
from gateway.streams.keys import Keys

SALES = LineId("sales")
SHOP = AccountId("shop")
STAFF = AccountId("staff")
ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
KEYS = Keys("test", DeskId("main"))


class Core:
    """The rows of a small shop, and a clock that only moves when told."""

    def __init__(self) -> None:
        self.rows = Rows(STAFF)
        self.rows.lines[SALES] = Line(id=SALES, title="Продажи")
        self.now = 1_700_000_000_000
        self.log: list[e.Event] = []
        self.left: list[Outbound] = []
        self._native = 100
        for operator, name, role in (
            (ANNA, "Анна", Role.ADMIN),
            (BORIS, "Борис", Role.OPERATOR),
            (VERA, "Вера", Role.SUPERVISOR),
        ):
            self.rows.operators[operator] = Operator(id=operator, name=name, role=role, on_duty=True, entered=True)

    def when(self, command: c.Command, *, after_ms: int = 0) -> list[e.Event]:
        """Decides and evolves; returns what happened."""
        self.now += after_ms
        return self.happens(*decide(self.rows, command, self.now, line=SALES, account=SHOP))

    def happens(self, *events: e.Event) -> list[e.Event]:
        """Folds these events."""
        changes, happened = Changes(), []
        for event in events:
            evolve(self.rows, changes, event, self.now)
            row = self.rows.dialogs.get(getattr(event, "dialog", None))
            happened.append(EventInContext(event=event, at=self.now, cause="inbox:sales:1-0", line=SALES, dialog=row))
        written = plan(KEYS, self.rows, changes, happened, sequence=0)
        self.left = [decode(one[-1], Outbound) for one in written if one[1] == KEYS.outbox(SHOP)]
        self.log.extend(events)
        return list(events)

    def passes(self, ms: int) -> list[e.Event]:
        """Time goes by, and each timer comes when it is due; returns what happened."""
        end, happened = self.now + ms, list[e.Event]()
        while due := min(self._running(end), default=None):
            self.now = max(self.now, due[0])
            before = due
            happened += self.when(c.Expire(dialog=due[1], timer=due[2], due=due[0]))
            assert before not in self._running(end), "a timer that has come runs no more, or it would come for ever"
        self.now = end
        return happened

    def deadlines(self, number: str = "1") -> Mapping[Timer, int]:
        """The dialog's timers, with their moments."""
        dialog = self.dialog(number)
        return deadlines(dialog, self.rows.line_of(dialog), self.rows.owner_of(dialog))

    def _running(self, end: int) -> list[tuple[int, DialogId, Timer]]:
        running = ((one, self.deadlines(one)) for one in self.rows.dialogs)
        return [(due, one, timer) for one, found in running for timer, due in found.items() if due <= end]

    def goes(self, operator: OperatorId, *, on: bool = False) -> list[e.Event]:
        """On or off duty."""
        return self.when(c.SetDuty(operator=operator, on=on))

    @property
    def jobs(self) -> list[Outgoing | Fetch]:
        """What the last command put into the shop's outbox."""
        return [one.job for one in self.left]

    def writes(
        self, contact: ContactId = MARIA, text: str = "Добрый день", *, name: str = "Мария", **more: object
    ) -> list[e.Event]:
        self._native += 1
        after = int(more.pop("after_ms", 0))  # type: ignore[call-overload]
        message = Message(native=NativeId(str(self._native)), at=self.now, text=text, **more)  # type: ignore[arg-type]
        return self.when(c.Receive(contact=contact, message=message, profile=Profile(name=name)), after_ms=after)

    def claims(self, operator: OperatorId, dialog: str = "1", version: int | None = None) -> list[e.Event]:
        row = self.rows.dialogs.get(DialogId(dialog))
        seen = version if version is not None else (row.version if row else 1)
        return self.when(c.Claim(operator=operator, dialog=DialogId(dialog), version=seen, press="p"))

    def says(
        self, operator: OperatorId, text: str = "Здравствуйте!", dialog: str | None = None, **more: object
    ) -> list[e.Event]:
        self._native += 1
        after = int(more.pop("after_ms", 0))  # type: ignore[call-overload]
        origin = Origin(contact=ContactId(operator), native=NativeId(str(self._native)))
        reply = c.Reply(
            operator=operator,
            origin=origin,
            message=Message(text=text, **more),  # type: ignore[arg-type]
            dialog=None if dialog is None else DialogId(dialog),
        )
        return self.when(reply, after_ms=after)

    def closes(self, operator: OperatorId, dialog: str = "1") -> list[e.Event]:
        version = self.dialog(dialog).version
        return self.when(c.Close(operator=operator, dialog=DialogId(dialog), version=version, press="p"))

    def dialog(self, number: str = "1") -> Dialog:
        return self.rows.dialogs[DialogId(number)]


@pytest.fixture
def core() -> Core:
    return Core()


@pytest.fixture
def kinds():
    def names(events: Sequence[e.Event]) -> list[str]:
        return [type(one).__name__ for one in events]

    return names


@pytest.fixture
def refusal():
    def why(events: Sequence[e.Event]) -> e.CommandRefused:
        assert len(events) == 1, events
        assert isinstance(events[0], e.CommandRefused)
        return events[0]

    return why
