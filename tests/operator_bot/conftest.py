"""A small desk: the router's own rules and plan over a real server, the notifier behind them, its outbox to look at."""

import asyncio
import contextlib
import gettext
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC

import pytest
from msgspec.structs import replace

from gateway.archive.history import HistoryLine, HistoryPage
from gateway.errors import StoreUnavailable
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import decode
from gateway.model.commands import Role
from gateway.model.ids import (
    AccountId,
    ContactId,
    DialogId,
    LineId,
    MessageId,
    NativeId,
    OperatorId,
    SentId,
    card_at,
    file_id,
    message_of_sent,
)
from gateway.model.messages import Message, Origin, Profile
from gateway.model.outgoing import (
    AnswerPress,
    Fetch,
    Outbound,
    Outgoing,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
)
from gateway.model.state import Dialog, Line, Operator
from gateway.operator_bot.outbound.entry_notifier import NotifierContext
from gateway.operator_bot.outbound.notifier import Notifier
from gateway.operator_bot.texts.phrases import LANGUAGES, Texts
from gateway.router.decide import decide
from gateway.router.plan import EventInContext, plan
from gateway.router.state.evolve import evolve
from gateway.router.state.rows import Changes, Rows
from gateway.streams.connection import Store
from gateway.streams.intake import Intake
from gateway.streams.journal import journal_end
from gateway.streams.native_ids import native_commands
from gateway.streams.ownership import Lease, commit

SALES, SHOP, STAFF = LineId("sales"), AccountId("shop"), AccountId("staff")
ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
NAMES = {MARIA: "Мария", IVAN: "Иван"}
NOON = 1_700_049_600_000
"""15 November 2023, 12:00 UTC."""


class Archive:
    """What the archive answers; None: it cannot be read."""

    def __init__(self) -> None:
        self.pages: list[HistoryPage] | None = []
        self.asked: list[tuple[AccountId, ContactId, int]] = []

    async def page(self, account: AccountId, contact: ContactId, page: int, size: int) -> HistoryPage:
        del size
        self.asked.append((account, contact, page))
        if self.pages is None:
            raise StoreUnavailable("the archive cannot be read")
        return self.pages[page]


class Desk:
    """Commands in, sends to operators out. Anna is an admin; all three are on duty."""

    def __init__(self, store: Store, owner: Lease, teller: Lease, context: NotifierContext) -> None:
        self.store, self.context = store, context
        self.notifier = Notifier(store, context)
        self.rows = Rows(STAFF)
        self.now = NOON
        self.hostile = False
        """A stranger here has chosen what could be taken for a command; else none of the bot's own is ever spoilt."""
        self._owner, self._teller = owner, teller
        self._sequence, self._step, self._native, self._read = 0, "", 100, b"0"

    async def open(self) -> None:
        """People and a line, as the router would have them."""
        self.rows.lines[SALES] = Line(id=SALES, title="Продажи")
        roles = ((ANNA, "Анна", Role.ADMIN), (BORIS, "Борис", Role.OPERATOR), (VERA, "Вера", Role.SUPERVISOR))
        changes = Changes()
        changes.lines.add(SALES)
        for operator, name, role in roles:
            self.rows.operators[operator] = Operator(id=operator, name=name, role=role, on_duty=True, entered=True)
            changes.operators.add(operator)
        await self._commit(changes, [])

    def restart(self) -> None:
        """Another notifier goes on."""
        self.notifier = Notifier(self.store, self.context)

    # ── what happens ──────────────────────────────────────────────────────────────────────────────────

    async def change(self, operator: OperatorId, **changed: object) -> None:
        """An operator's row is otherwise."""
        self.rows.operators[operator] = replace(self.rows.operators[operator], **changed)
        changes = Changes()
        changes.operators.add(operator)
        await self._commit(changes, [])

    async def do(self, command: c.Command, *, after_ms: int = 0) -> list[e.Event]:
        """Decides and commits as the owner would; answers what happened."""
        self.now += after_ms
        events = decide(self.rows, command, self.now, line=SALES, account=SHOP)
        await self.happen(*events)
        return events

    async def happen(self, *events: e.Event) -> None:
        """Commits these events."""
        changes, happened = Changes(), []
        for event in events:
            evolve(self.rows, changes, event, self.now)
            number = getattr(event, "dialog", None)
            row = self.rows.dialogs.get(number) if number is not None else None
            happened.append(EventInContext(event=event, at=self.now, cause="test:1-0", line=SALES, dialog=row))
        await self._commit(changes, happened)

    async def _commit(self, changes: Changes, happened: Sequence[EventInContext]) -> None:
        commands = plan(self.store.keys, self.rows, changes, happened, sequence=self._sequence)
        end = self._sequence + len(happened)
        step = f"{self.now}-{secrets.randbelow(10**9)}"
        cursors = [("inbox:test", self._step, step), ("journal", str(self._sequence), str(end))]
        await commit(self.store, self._owner, [one for one in cursors if one[1] != one[2]], commands)
        self._sequence, self._step = end, step

    async def writes(
        self, contact: ContactId = MARIA, text: str = "Добрый день", *, after_ms: int = 0, **more: object
    ) -> Message:
        """A client writes; answers the message as the router knows it."""
        message = Message(native=self._next(), at=self.now, text=text, **more)  # type: ignore[arg-type]
        profile = Profile(name=NAMES[contact])
        events = await self.do(c.Receive(contact=contact, message=message, profile=profile), after_ms=after_ms)
        return next(one.message for one in events if isinstance(one, e.MessageReceived))

    async def claims(self, operator: OperatorId = BORIS, dialog: str = "1") -> list[e.Event]:
        version = self.dialog(dialog).version
        return await self.do(c.Claim(operator=operator, dialog=DialogId(dialog), version=version, press="press"))

    async def says(
        self, operator: OperatorId = BORIS, text: str = "Здравствуйте!", dialog: str | None = None, after_ms: int = 0
    ) -> Origin:
        """An operator writes; answers where."""
        origin = Origin(ContactId(operator), self._next())
        number = None if dialog is None else DialogId(dialog)
        reply = c.Reply(operator=operator, origin=origin, message=Message(text=text), dialog=number)
        await self.do(reply, after_ms=after_ms)
        return origin

    async def closes(self, operator: OperatorId = BORIS, dialog: str = "1") -> None:
        version = self.dialog(dialog).version
        await self.do(c.Close(operator=operator, dialog=DialogId(dialog), version=version, press="press"))

    async def stored(self, message: str, place: int = 0, problem: str | None = None) -> None:
        """A file of a message has come, or will not."""
        identity = MessageId(message)
        file = file_id(identity, place)
        await self.do(c.RecordFile(message=identity, file=file, size=900, mime="image/jpeg", problem=problem))

    def dialog(self, number: str = "1") -> Dialog:
        return self.rows.dialogs[DialogId(number)]

    def _next(self) -> NativeId:
        self._native += 1
        return NativeId(str(self._native))

    # ── what operators get ────────────────────────────────────────────────────────────────────────────

    async def knows(self, operator: OperatorId, sent: SentId, native: str) -> None:
        """The sender has sent this and remembers as what."""
        contact, natives = ContactId(operator), (NativeId(native),)
        await self.store.note(native_commands(self.store.keys, STAFF, contact, sent, natives, self.now))

    async def told(self) -> "Told":
        """What the notifier has put into the operators' outbox since this was last asked."""
        end = await journal_end(self.store)
        task = asyncio.create_task(self.notifier.run(self._teller))
        await asyncio.sleep(0)  # it begins, and has looked for nothing yet
        try:
            async with asyncio.timeout(10):
                while min(self.notifier.position, self.notifier.looked) < end and not task.done():
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        found = await self.store.ask("XRANGE", self.store.keys.outbox(STAFF), b"(" + self._read, "+")
        if found:
            self._read = found[-1][0]
        read = [decode(fields[b"p"], Outbound) for _, fields in found]
        assert self.hostile or not any("/\u2060" in str(one.job) for one in read), "a command of ours became words"
        return Told([one for one in read if not isinstance(one.job, Fetch)])


class Told:
    """What operators were sent, to be asked about."""

    def __init__(self, sends: Sequence[Outbound]) -> None:
        self.sends = sends

    def to(self, operator: OperatorId) -> list[Outgoing]:
        """Everything to one operator, in order."""
        return [one.job for one in self.sends if one.contact == operator]

    def texts(self, operator: OperatorId) -> list[str]:
        """Messages and edits to one operator, as text."""
        return [one.message.text for one in self.to(operator) if isinstance(one, SendMessage | SendEdit)]

    def card(self, operator: OperatorId, dialog: str = "1") -> SendMessage | SendEdit:
        """The dialog's card, as it was sent or edited; exactly once."""
        sent = card_at(DialogId(dialog), operator)
        (card,) = [one for one in self.to(operator) if isinstance(one, SendMessage | SendEdit) and one.sent == sent]
        return card

    def copies(self, operator: OperatorId, message: str) -> list[SendMessage]:
        """What was sent of a client's message."""
        return [
            one for one in self.to(operator) if isinstance(one, SendMessage) and message_of_sent(one.sent) == message
        ]

    def toasts(self, operator: OperatorId) -> list[str]:
        return [one.text for one in self.to(operator) if isinstance(one, AnswerPress)]

    def reactions(self, operator: OperatorId) -> list[tuple[str, str | None]]:
        return [(one.native, one.emoji) for one in self.to(operator) if isinstance(one, SendReaction)]

    def deleted(self, operator: OperatorId) -> list[str]:
        return [one.sent for one in self.to(operator) if isinstance(one, SendDelete)]


@pytest.fixture
def archive() -> Archive:
    return Archive()


class Untranslated(gettext.NullTranslations):
    """Where a text is looked for that stands in no catalog."""

    def gettext(self, message: str) -> str:
        raise LookupError(f"not in the catalog: {message}")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        del msgid2, n
        raise LookupError(f"not in the catalog: {msgid1}")


@pytest.fixture(scope="session")
def texts() -> Texts:
    """The bot's texts; one without a translation raises."""
    texts = Texts.load("ru")
    for language in LANGUAGES:
        texts.of(language)._translations.add_fallback(Untranslated())
    return texts


@pytest.fixture
async def desk(store: Store, intake: Intake, archive: Archive, texts: Texts) -> AsyncIterator[Desk]:
    owner, teller = await Lease.take(store, "owner"), await Lease.take(store, "notifier")
    assert owner is not None
    assert teller is not None
    context = NotifierContext(
        account=STAFF,
        username="desk_bot",
        channels={SHOP: "telegram"},
        templating={SHOP},
        texts=texts,
        zone=UTC,
        history=archive,
        offers=intake,
        clock=lambda: desk.now,
    )
    desk = Desk(store, owner, teller, context)
    await desk.open()
    yield desk
    await owner.release()
    await teller.release()


@pytest.fixture
def history_page() -> Callable[..., HistoryPage]:
    """A page with one line of a client in it."""

    def page(page: int = 0, pages: int = 1, **more: object) -> HistoryPage:
        line = HistoryLine(
            id=MessageId("1.1"),
            dialog=DialogId("1"),
            side="client",
            operator=None,
            author=None,
            at=NOON,
            message=Message(text="Добрый день"),
            status=None,
            problem=None,
            edited_at=None,
            deleted_at=None,
            reactions=(),
        )
        return HistoryPage((replace(line, **more),), page, pages, pages)

    return page
