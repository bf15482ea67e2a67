"""One outbox entry on its way: what is rendered of it, what is done, and how it ended. PURE: data and questions."""

from typing import NamedTuple

from gateway.connectors.contract import Part
from gateway.model.ids import EntryId, NativeId, SentId, moment_of
from gateway.model.outgoing import DeliveryStatus, Outbound, Receipt, SendDelete, SendEdit, SendMessage, Urgency


class Outcome(NamedTuple):
    """How an entry ended. `status` None: a newer one made it needless."""

    status: DeliveryStatus | None
    problem: str | None = None


class Work:
    """An entry, and how far it is."""

    __slots__ = (
        "begun",
        "done",
        "doubts",
        "entry",
        "lost",
        "notes",
        "outbound",
        "outcome",
        "parts",
        "since",
        "tries",
        "urgency",
    )

    def __init__(self, entry: EntryId, outbound: Outbound) -> None:
        self.entry = entry
        self.outbound = outbound
        self.urgency: Urgency = outbound.urgency
        self.parts: tuple[Part, ...] | None = None
        self.done: list[tuple[NativeId, ...]] = []
        """The native ids that each finished part was given."""
        self.begun = False
        """A part's intent is written, and its result is not known."""
        self.tries = 0
        self.doubts = 0
        """How many answers were lost."""
        self.notes: list[str] = []
        self.lost: str | None = None
        """The last failure, in words."""
        self.since: int | None = None
        """When this process first wanted a file of it that was not there."""
        self.outcome: Outcome | None = None

    def take(self, receipt: Receipt) -> None:
        """The part whose intent is written has arrived."""
        self.done.append(receipt.natives)
        self.begun = False
        if receipt.note:
            self.notes.append(receipt.note)

    @property
    def is_started(self) -> bool:
        """Whether it goes before everything else of its contact: parts of one message stand together."""
        return self.begun or bool(self.done) or self.outcome is not None

    @property
    def is_careful(self) -> bool:
        """Whether a repeat could show: typing, marks, answers and a single edit may come twice."""
        return isinstance(self.outbound.job, SendMessage) or len(self.parts or ()) > 1

    @property
    def sent(self) -> SentId | None:
        """What the native map calls the thing that it is about."""
        job = self.outbound.job
        return job.sent if isinstance(job, SendMessage | SendEdit | SendDelete) else None

    @property
    def natives(self) -> tuple[NativeId, ...]:
        """The vendor's ids of all that arrived."""
        return tuple(one for part in self.done for one in part)

    @property
    def decided_at(self) -> int:
        """When it was decided, in milliseconds: before it was first tried."""
        return self.outbound.at or moment_of(self.entry)

    @property
    def arrived(self) -> str:
        """What a failure leaves behind, in words; empty where nothing did."""
        if not self.done or self.parts is None:
            return ""
        return f" ({len(self.done)} of its {len(self.parts)} parts arrived)"
