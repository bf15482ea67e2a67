"""What a walk knows by itself of what it has done, and what it saw in Redis; both must always agree.

Streams are trimmed and this is not: whatever stood in one of them once is judged to the end.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import decode
from gateway.model.commands import Entry
from gateway.model.ids import ContactId, EntryId, entry_after
from gateway.model.outgoing import Fetch, Outbound, SendMessage
from gateway.router.owner import DEADLY
from gateway.streams.intake import Offer

Place = tuple[str, EntryId]
"""Where an entry stands: an inbox's name, and its id there."""
Stream = dict[EntryId, dict[str, bytes]]


@dataclass(frozen=True)
class Look:
    """Redis at one moment."""

    inboxes: dict[str, Stream]
    journal: Stream
    outbox: Stream
    dead: Stream
    cursors: dict[str, str]
    attempts: set[EntryId]


@dataclass
class Ledger:
    offers: dict[str, Offer] = field(default_factory=dict)
    """All that was ever offered, by what it is."""
    stored: dict[str, Place] = field(default_factory=dict)
    """What the vendor was told is stored, and where."""
    poison: set[str] = field(default_factory=set)
    deaths: Counter[Place] = field(default_factory=Counter)
    """How often an owner went while this entry was the first to be handled."""
    settled: dict[EntryId, dict[str, Any]] = field(default_factory=dict)
    inbox: dict[Place, str] = field(default_factory=dict)
    """What was seen in an inbox, and what it is."""
    journal: dict[int, tuple[bytes, e.Recorded]] = field(default_factory=dict)
    jobs: dict[EntryId, Outbound] = field(default_factory=dict)
    """What was seen in the outbox."""
    dead: set[Place] = field(default_factory=set)

    def check(self, look: Look) -> None:
        """Raises AssertionError with what is wrong."""
        self._enter(look)
        self._inboxes_are_right(look)
        self._order_is_kept()
        self._journal_is_right(look)
        self._outbox_is_right(look)
        self._dead_are_rightly_so()

    def events(self, kind: type[e.Event]) -> list[Any]:
        return [one.event for _, (_, one) in sorted(self.journal.items()) if isinstance(one.event, kind)]

    def _enter(self, look: Look) -> None:
        for stream, entries in look.inboxes.items():
            for entry, fields in entries.items():
                self.inbox.setdefault((stream, entry), _name(fields["p"]))
        for entry, fields in look.journal.items():
            number, payload = int(entry.removesuffix("-0")), fields["p"]
            before, _ = self.journal.setdefault(number, (payload, decode(payload, e.Recorded)))
            assert before == payload, f"entry {number} of the journal has changed"
        for entry, fields in look.outbox.items():
            self.jobs.setdefault(entry, decode(fields["p"], Outbound))
        self.dead = {(one["from"].decode(), EntryId(one["entry"].decode())) for one in look.dead.values()}

    def _inboxes_are_right(self, look: Look) -> None:
        doubled = [name for name, times in Counter(self.inbox.values()).items() if times > 1]
        assert not doubled, f"{doubled} stand twice in an inbox"
        told = Counter(one.message.native for one in self.events(e.MessageReceived))
        assert all(times == 1 for times in told.values()), f"the journal has something twice: {told}"
        positions = {stream: EntryId(look.cursors.get(stream, "0-0")) for stream in look.inboxes}
        for stream, at in positions.items():
            assert at == "0-0" or (stream, at) in self.inbox, f"the cursor of {stream} is at {at}, where nothing was"
        for name, (stream, entry) in self.stored.items():
            if entry_after(entry, positions[stream]):
                assert entry in look.inboxes[stream], f"{name} is lost: it was not handled and is not there"
                assert name not in told, f"{name} is in the journal, and the cursor is before it"
            elif isinstance(self.offers[name].entry.command, c.Receive):
                times = told[name] + ((stream, entry) in self.dead)
                assert times == 1, f"{name} is lost: the cursor is past it, and it was told {times} times"

    def _order_is_kept(self) -> None:
        order = {name: entry for (_, entry), name in self.inbox.items()}
        heard: dict[ContactId, EntryId] = {}
        for one in self.events(e.MessageReceived):
            who = self.offers[one.message.native].contact
            assert who is not None
            entry = order[one.message.native]
            assert who not in heard or entry_after(entry, heard[who]), f"{one.message.native} overtook {heard[who]}"
            heard[who] = entry

    def _journal_is_right(self, look: Look) -> None:
        end = int(look.cursors.get("journal", "0"))
        assert sorted(self.journal) == list(range(1, end + 1)), "the journal's numbers are not its cursor's"
        readers = [int(look.cursors.get(one, "0")) for one in ("archive", "notifier")]
        assert max(readers) <= end, "a reader is ahead of the journal"
        for number in range(min(readers) + 1, end + 1):
            assert f"{number}-0" in look.journal, f"entry {number} of the journal was trimmed before it was read"

    def _outbox_is_right(self, look: Look) -> None:
        there = look.outbox.keys()
        assert look.attempts <= there, f"attempts at what is not there: {look.attempts - there}"
        assert self.jobs.keys() - there == self.settled.keys(), "what is not in the outbox is not what was settled"
        sends = Counter(one.job.sent for one in self.jobs.values() if isinstance(one.job, SendMessage))
        accepted = Counter(one.id for one in self.events(e.ReplyAccepted))
        assert sends == accepted, f"replies {accepted} became sends {sends}"
        fetches = Counter(one.job.file for one in self.jobs.values() if isinstance(one.job, Fetch))
        heard = self.events(e.MessageReceived)
        photos = Counter(media.file for one in heard for media in one.message.attachments)
        assert fetches == photos, f"photos {photos} became fetches {fetches}"
        results = Counter(one.id for one in self.events(e.DeliveryChanged))
        assert all(times == 1 for times in results.values()), f"a result was told twice: {results}"

    def _dead_are_rightly_so(self) -> None:
        for one in self.dead:
            is_poison = self.inbox[one] in self.poison
            assert is_poison or self.deaths[one] >= DEADLY, f"{self.inbox[one]} is dead, and it was healthy"

    def close(self) -> None:
        """The same at the very end, when everything is handled."""
        dead = {self.inbox[one] for one in self.dead}
        told = {str(one.message.native) for one in self.events(e.MessageReceived)}
        told |= {f"result of {one.id}" for one in self.events(e.DeliveryChanged)}
        written = {name for name in self.stored if isinstance(self.offers[name].entry.command, c.Receive)}
        settled = {_result_of(one["result"].command) for one in self.settled.values() if "result" in one}
        missing = (written | settled) - told - dead
        assert not missing, f"nobody ever heard of {missing}"


def _result_of(command: c.RecordDelivery) -> str:
    return f"result of {command.message}"


def _name(payload: bytes) -> str:
    """What an inbox entry is, the same for a doubled one."""
    command = decode(payload, Entry).command
    match command:
        case c.Receive():
            return str(command.message.native)
        case c.StaffUpdate():
            return f"u{json.loads(bytes(command.update))['number']}"
        case c.RecordDelivery():
            return _result_of(command)
        case _:
            raise AssertionError(command)
