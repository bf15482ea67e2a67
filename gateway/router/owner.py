"""The desk's one owner: reads the inboxes, lets `decide` decide, commits each batch in one fenced step.

It keeps nothing that a restart would lose. A batch that raises is rerun entry by entry; an entry whose own handling
raises, or that has taken the owner down three times by itself, goes to the dead letters with its reason, and the rest
goes on. What Redis refuses and what a newer gateway wrote is no entry's fault: the owner stops, nothing is put aside.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from gateway.errors import CommandRejected, LostLease, NewerVersion, StoreUnavailable
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.abilities import Abilities
from gateway.model.codec import decode, encode, raw_object
from gateway.model.ids import AccountId, ContactId, DialogId, EntryId, LineId, NativeId, SentId, moment_of
from gateway.model.timers import timer_of_member
from gateway.router import timers
from gateway.router.decide import decide
from gateway.router.loader import Loader
from gateway.router.plan import EventInContext, plan
from gateway.router.rules import batches
from gateway.router.rules.edits import overtaken
from gateway.router.state.evolve import evolve
from gateway.router.state.needs import further_needs, needs, page_of
from gateway.router.state.rows import Changes, Rows
from gateway.streams import dead, intake, journal, ownership, queries
from gateway.streams.connection import Store
from gateway.streams.ownership import Lease
from gateway.streams.scripts import RedisCommand

log = logging.getLogger("gateway.router")

TIMERS = 200
"""Due timers that are moved into their inboxes at a time."""
BLOCK_MS = 1000
"""How long a read waits for news: also how late a timer may be."""
KEEP_ROWS = 4096
"""Dialogs and contacts that stay at hand: only the owner writes them, so what it committed is what Redis has."""
DEADLY = 3
"""An entry that has taken the owner down this often while it was handled by itself goes to the dead letters."""
_PRESENCE = e.DutyChanged | e.HandedBack | e.OperatorGone | e.OperatorDismissed | e.PersonChanged | e.OperatorEntered
"""Events after which an operator's dialogs may have other timers."""
_REPAIRS = "repairs"
"""The cursor that moves when a queue was put right: how often that was."""
TRIM_EVERY = 10.0
"""Seconds between two trimmings."""


class StaffResolver(Protocol):
    """What an update of the operators' bot means; pure, given by the composition root."""

    def lookups(self, update: Mapping[str, Any]) -> tuple[ContactId | None, Sequence[NativeId]]:
        """Whose chat it is, and which messages there must be known to understand it."""
        ...

    def resolve(self, update: Mapping[str, Any], sent: Mapping[NativeId, SentId]) -> c.StaffCommand | None:
        """The command; None where there is none on purpose."""
        ...


class BatchEntry(msgspec.Struct, frozen=True):
    """An inbox entry as read."""

    inbox: str
    id: EntryId
    entry: c.Entry
    update: dict[str, Any] | None = None
    """The operators' bot's update, decoded."""
    points: Sequence[tuple[ContactId, NativeId]] = ()
    """Messages in an operator's chat that the update points at."""


Outcome = tuple[BatchEntry, c.Command | None, Sequence[e.Event]]
"""An entry, what it asked for (None: nothing, on purpose), and what came of it."""


class Owner:
    """Owns the desk while it holds the lease `owner`."""

    def __init__(
        self,
        store: Store,
        offers: intake.Intake,
        *,
        lines: Sequence[LineId],
        staff: AccountId,
        resolver: StaffResolver,
        clock: Callable[[], int],
        observe: Callable[[str, str, str, int], None],
        abilities: Mapping[AccountId, Abilities] | None = None,
    ) -> None:
        """`observe(inbox, command, outcome, waited_ms)` is told of every entry; `clock` gives milliseconds.

        `abilities` is what the accounts' channels can carry, so that nothing is lost without a word.
        """
        self._store, self._offers, self._staff, self._resolver = store, offers, staff, resolver
        self._clock, self._observe = clock, observe
        keys = store.keys
        self._inboxes: dict[str, LineId | None] = {keys.inbox(line): line for line in lines}
        self._inboxes[keys.staff] = None
        self._loader = Loader(store, staff, abilities)
        self._rows = Rows(staff)
        self._positions: dict[str, str] = {}
        self._sequence = self._journal = 0
        """The number given last, and the one that the journal's position says: behind it where a commit was cut."""
        self._unspared: list[tuple[str, EntryId]] = []
        """Entries that were counted as deadly while Redis refused something, and not yet taken back."""
        self._resolved: dict[EntryId, tuple[dict[NativeId, SentId], c.Command | None]] = {}
        """What the batch's updates of the operators' bot mean, by what was known when it was asked."""
        self.owns = False
        """Whether this process owns the desk now."""

    async def run(self, lease: Lease) -> None:
        """Works until the lease is lost.

        Raises:
            LostLease: somebody else owns the desk; whatever was not committed did not happen.
            StoreUnavailable: Redis is away, or refuses something, or a newer gateway wrote what comes next; take the
                lease again after a while.
        """
        await self._take_over(lease)
        self.owns = True
        trimmed = time.monotonic()
        count = batches.next_count(0, [], len(self._inboxes))
        try:
            while True:
                lease.check()
                found = await ownership.read_inboxes(self._store, self._positions, count, BLOCK_MS)
                count = batches.next_count(count, found, len(self._inboxes))
                if found:
                    await self._handle(lease, batches.fair(found))
                await self._offer_due_timers(lease)
                if time.monotonic() - trimmed > TRIM_EVERY:
                    trimmed = time.monotonic()
                    await self._trim(lease)
        finally:
            self.owns = False

    async def _take_over(self, lease: Lease) -> None:
        """Loads what is always at hand, and handles what the last owner left.

        At once at first, so that people wait for nothing; one by one where an owner has died of that too, to find
        the entry that kills.
        """
        await self._spare()
        cursors = await ownership.read_cursors(self._store)
        self._positions = {inbox: cursors.get(self._field(inbox)) or "0-0" for inbox in self._inboxes}
        await self._take_up_the_journal(cursors)
        await self._repair(lease, cursors.get(_REPAIRS) or "0")
        self._rows = await self._loader.desk()
        log.info("owner took the desk over: journal at %d", self._sequence)
        count = batches.next_count(0, [], len(self._inboxes))
        entries = batches.fair(await ownership.read_inboxes(self._store, self._positions, count, 0))
        if entries and await ownership.resume(self._store, lease):
            await self._handle(lease, entries)
            return
        for inbox, entry, payload in entries:
            lease.check()
            times = await ownership.begin_careful(self._store, lease, inbox, entry)
            if times > DEADLY:
                await self._bury(lease, inbox, entry, payload, f"took the owner down {times - 1} times")
            else:
                await self._handle_carefully(lease, inbox, entry, payload)

    async def _take_up_the_journal(self, cursors: Mapping[str, str]) -> None:
        """Numbers go on behind the journal's position and behind whatever stands there, so that none is used twice."""
        self._journal, top = int(cursors.get("journal") or "0"), await journal.journal_top(self._store)
        self._sequence = max(self._journal, top)
        if top > self._journal:
            log.error(
                "the journal has entries up to %d, and its position says %d: a commit was cut in the middle. Numbers go"
                " on behind them; what they tell of is decided again, and may be shown twice",
                top,
                self._journal,
            )
        read = min(int(cursors.get(reader) or "0") for reader in ownership.JOURNAL_READERS)
        if top < self._journal and read < self._journal:
            log.error(
                "the journal ends at %d, and its position says %d: its end was taken away. What was not read of it"
                " (up to %d is) is missing in the archive and on operators' screens",
                top,
                self._journal,
                read,
            )

    async def _spare(self) -> None:
        """Takes back what was counted while Redis, or somebody's newer version, was to blame."""
        while self._unspared:
            await ownership.spare(self._store, *self._unspared[0])
            del self._unspared[0]

    async def _repair(self, lease: Lease, done: str) -> None:
        """Puts right what a version before has left: each line's queue, and the timers that it did not know.

        Whoever was away then has clients, and clients wait, whom nothing would ever bring to anybody's attention. That
        it was at work, for the first time or again after going back, shows in the queues.
        """
        commands = await self._loader.repairs()
        if done != "0" and not commands:
            return
        if await queries.last_number(self._store):
            anew = c.Entry(command=c.PlanTimers(LineId("")))
            commands.append(("XADD", self._store.keys.staff, "*", "p", encode(anew)))
        await ownership.commit(self._store, lease, [(_REPAIRS, done, str(int(done) + 1))], commands)

    async def _handle_carefully(self, lease: Lease, inbox: str, entry: EntryId, payload: bytes) -> None:
        try:
            await self._handle_one(lease, inbox, entry, payload)
        except StoreUnavailable:
            # No fault of the entry: it would be counted out by a Redis that loses replies, and be healthy.
            self._unspared.append((inbox, entry))
            await self._spare()
            raise

    async def _handle(self, lease: Lease, entries: Sequence[tuple[str, EntryId, bytes]]) -> None:
        while len(entries) > 1:
            try:
                done = await self._commit(lease, [self._read(*one) for one in entries])
            except NewerVersion:
                # What stands before it is handled; there the owner stops.
                self._rows = await self._loader.desk()
                break
            except (LostLease, StoreUnavailable):
                raise
            except Exception:  # noqa: BLE001 - whichever entry it was is found below, and told there
                log.warning("a batch of %d entries failed; going entry by entry", len(entries))
                self._rows = await self._loader.desk()
                break
            entries = entries[done:]
        for one in entries:
            await self._handle_one(lease, *one)

    async def _handle_one(self, lease: Lease, inbox: str, entry: EntryId, payload: bytes) -> None:
        try:
            await self._commit(lease, [self._read(inbox, entry, payload)])
        except (LostLease, StoreUnavailable):
            raise
        except Exception as error:
            log.exception("entry %s of %s cannot be handled", entry, self._field(inbox))
            self._rows = await self._loader.desk()
            await self._bury(lease, inbox, entry, payload, f"{type(error).__name__}: {error}")

    async def _bury(self, lease: Lease, inbox: str, entry: EntryId, payload: bytes, reason: str) -> None:
        field = self._field(inbox)
        await dead.put_dead(self._store, lease, inbox, entry, payload, reason, [(field, self._positions[inbox], entry)])
        self._positions[inbox] = entry
        self._observe(field, "dead", "dead", self._clock() - moment_of(entry))
        log.error("entry %s of %s went to the dead letters: %s", entry, field, reason)

    async def _commit(self, lease: Lease, batch: Sequence[BatchEntry]) -> int:
        """Decides a batch, or as much of it as goes into one commit, and commits that; answers how many entries."""
        started = time.perf_counter()
        await self._loader.natives(self._rows, [point for taken in batch for point in taken.points])
        await self._load(batch)
        changes, happened, weight = Changes(), list[EventInContext](), batches.Weight()
        outcomes: list[Outcome] = []
        passed = overtaken([taken.entry for taken in batch])
        for number, taken in enumerate(batch):
            command = None if number in passed else self._command(taken)
            line = self._inboxes[taken.inbox]
            now = moment_of(taken.id)
            events = [] if command is None else decide(self._rows, command, now, line=line, account=taken.entry.account)
            cause = f"{self._field(taken.inbox)}:{taken.id}"
            for event in events:
                evolve(self._rows, changes, event, now)
                about = getattr(event, "dialog", None)
                row = self._rows.dialogs.get(about) if about is not None else None
                happened.append(
                    EventInContext(
                        event=event, at=now, cause=cause, line=row.line if row is not None else line, dialog=row
                    )
                )
                weight.add(row)
            outcomes.append((taken, command, events))
            if weight.is_full:
                break
        commands = plan(self._store.keys, self._rows, changes, happened, sequence=self._sequence)
        commands += [one for outcome in outcomes for one in self._timers(*outcome)]
        ends = {taken.inbox: taken.id for taken, _, _ in outcomes}
        cursors: list[tuple[str, str, str]] = [
            (self._field(inbox), self._positions[inbox], end) for inbox, end in ends.items()
        ]
        cursors.append(("journal", str(self._journal), str(self._sequence + len(happened))))
        await ownership.commit(self._store, lease, cursors, commands)
        self._positions.update(ends)
        self._sequence += len(happened)
        self._journal = self._sequence
        self._tell(outcomes, time.perf_counter() - started)
        return len(outcomes)

    async def _load(self, batch: Sequence[BatchEntry]) -> None:
        """The rows that the batch's decisions look at and that are not at hand yet, in a few rounds."""
        self._rows.evict(KEEP_ROWS)
        self._resolved.clear()
        named = [(self._command(taken), taken.entry.account) for taken in batch]
        known = [(command, account) for command, account in named if command is not None]
        first = [needs(self._rows, *one) for one in known]
        await self._loader.load(self._rows, first)
        # A block reaches a person's every id: the dialog's, the one that they have now, and those before.
        rounds = 3 if any(isinstance(one, c.Block | c.Unblock) for one, _ in known) else 2
        for _ in range(rounds):
            further = [further_needs(self._rows, *one, before) for one, before in zip(known, first, strict=True)]
            await self._loader.load(self._rows, further)

    def _read(self, inbox: str, entry: EntryId, payload: bytes) -> BatchEntry:
        read = decode(payload, c.Entry)
        if not isinstance(read.command, c.StaffUpdate):
            return BatchEntry(inbox, entry, read)
        update = raw_object(read.command.update)
        chat, natives = self._resolver.lookups(update)
        return BatchEntry(inbox, entry, read, update, [] if chat is None else [(chat, native) for native in natives])

    def _command(self, taken: BatchEntry) -> c.Command | None:
        """What the entry asks for; an operator's update is resolved by what is known at this point of the batch."""
        command = taken.entry.command
        if not isinstance(command, c.StaffUpdate):
            return command
        known = self._rows.natives
        found = {
            native: known[self._staff, chat, native]
            for chat, native in taken.points
            if (self._staff, chat, native) in known
        }
        told = self._resolved.get(taken.id)
        if told is None or told[0] != found:
            told = self._resolved[taken.id] = (found, self._resolver.resolve(taken.update or {}, found))
        return told[1]

    def _timers(
        self, taken: BatchEntry, command: c.Command | None, events: Sequence[e.Event]
    ) -> Iterator[RedisCommand]:
        """What an entry makes of timers beside what the rows' changes do."""
        keys, line = self._store.keys, self._inboxes[taken.inbox]
        if isinstance(command, c.Expire):
            armed_under = command.line or line or LineId("")
            yield from timers.rearmed(keys, self._rows, command, armed_under, moment_of(taken.id))
        # Other rules of a line, other timers of its dialogs: a page with each step, and where the next one begins.
        pages = [c.PlanTimers(one.line.id) for one in events if isinstance(one, e.LineConfigured)]
        # The same where somebody has come or gone: some of what they have goes back to the queue.
        pages += [c.PlanTimers(LineId(""), operator=one.operator) for one in events if isinstance(one, _PRESENCE)]
        if isinstance(command, c.PlanTimers):
            if command.operator is None:
                page = self._rows.pages.get(command.after, ())
            else:
                page = tuple(page_of(self._rows, command.operator, command.after))
            dialogs = [self._rows.dialogs[one] for one in page if one in self._rows.dialogs]
            of_line = [one for one in dialogs if command.line in ("", one.line)]
            yield from timers.armed_anew(keys, self._rows, of_line)
            pages += [replace(command, after=int(page[-1]))] if page else []
        for further in pages:
            yield ("XADD", self._inbox(further.line), "*", "p", encode(c.Entry(command=further)))

    def _inbox(self, line: LineId) -> str:
        """Where clocks speak of this line: the staff's inbox, where it is none of ours any more."""
        return next((inbox for inbox, one in self._inboxes.items() if one == line), self._store.keys.staff)

    async def _offer_due_timers(self, lease: Lease) -> None:
        """Moves timers whose moment has come into their inboxes: none stays before the others."""
        now = self._clock()
        due = []
        for member, moment in await queries.due_timers(self._store, now, TIMERS):
            armed = timer_of_member(member)
            if armed is None:
                log.error("%r stood among the timers and is none; it was removed", member)
                due.append(intake.DueTimer(member, moment))
                continue
            if armed.kind is None:
                log.warning("the timer %s is of a kind that this gateway does not know; it was put off", member)
                due.append(intake.DueTimer(member, moment, later=now + timers.UNKNOWN_MS))
                continue
            expire = c.Expire(dialog=armed.dialog or DialogId(""), timer=armed.timer, due=moment, line=armed.line)
            due.append(
                intake.DueTimer(member, moment, inbox=self._inbox(armed.line), payload=encode(c.Entry(command=expire)))
            )
        if due:
            await self._offers.take_timers(lease, due)

    async def _trim(self, lease: Lease) -> None:
        """Drops what everybody has passed. Where Redis refuses that, everything else goes on, and memory fills."""
        try:
            await self._trim_all(lease)
        except CommandRejected as error:
            log.warning("nothing is trimmed: %s", error)

    async def _trim_all(self, lease: Lease) -> None:
        for inbox, position in self._positions.items():
            await ownership.trim(self._store, lease, inbox, position)
        cursors = await ownership.read_cursors(self._store)
        read = min(int(cursors.get("archive", "0")), int(cursors.get("notifier", "0")))
        await ownership.trim(self._store, lease, self._store.keys.journal, f"{read}-0")

    def _field(self, inbox: str) -> str:
        """The inbox's name in the cursors."""
        return self._store.keys.name_of(inbox)

    def _tell(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        """One line for a batch; one of its own for an entry that stands alone, was refused, or comes late."""
        refused, each = 0, len(outcomes) == 1
        for taken, command, events in outcomes:
            kind = "ignored" if command is None else type(command).__name__
            why = next((one.why for one in events if isinstance(one, e.CommandRefused)), None)
            inbox = self._field(taken.inbox)
            self._observe(inbox, kind, "refused" if why else "ok", self._clock() - moment_of(taken.id))
            refused += why is not None
            level = logging.INFO if each or why or taken.entry.late else logging.DEBUG
            if log.isEnabledFor(level):
                dialog = next((number for one in events if (number := getattr(one, "dialog", None)) is not None), None)
                about = {"inbox": inbox, "entry": taken.id, "command": kind, "dialog": dialog, "outcome": why or "ok"}
                told = {"events": len(events), "ms": round(seconds * 1000 / len(outcomes), 1)}
                log.log(level, "handled", extra={**about, **told, **({"late": True} if taken.entry.late else {})})
        if not each:
            ends = {self._field(taken.inbox): taken.id for taken, _, _ in outcomes}
            log.info(
                "handled",
                extra={
                    "entries": len(outcomes),
                    "up_to": " ".join(f"{inbox}:{entry}" for inbox, entry in ends.items()),
                    "refused": refused,
                    "events": sum(len(events) for _, _, events in outcomes),
                    "ms": round(seconds * 1000, 1),
                },
            )
