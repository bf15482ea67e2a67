"""One outbox entry on its way: what is rendered of it, what is done, and how it ended. PURE: data and questions."""

from typing import NamedTuple

from msgspec.structs import replace

from gateway.connectors.contract import Part
from gateway.errors import WINDOW_OVER
from gateway.model.ids import EntryId, NativeId, SentId, moment_of
from gateway.model.outgoing import (
    DeliveryStatus,
    Fetch,
    ListTemplates,
    Outbound,
    Outgoing,
    Receipt,
    SendDelete,
    SendEdit,
    SendMessage,
    Urgency,
    Words,
)


class Outcome(NamedTuple):
    """How an entry ended. `status` None: a newer one made it needless."""

    status: DeliveryStatus | None
    problem: str | None = None
    refused: bool = False
    """The vendor, or the channel before it, said no to what it is: in another form it may pass."""
    gone: bool = False
    """Nothing at all reaches that contact."""


WITHDRAWN = Outcome(DeliveryStatus.FAILED, "it was taken back before it was sent")
_EXPIRED = Outcome(DeliveryStatus.FAILED, "it was not sent in time")
_OVER = Outcome(DeliveryStatus.FAILED, WINDOW_OVER)


class OutboxEntry:
    """An entry, and how far it is."""

    __slots__ = (
        "ambiguous_attempts",
        "begun",
        "done",
        "entry",
        "first",
        "lost",
        "notes",
        "outbound",
        "outcome",
        "parts",
        "resumes",
        "since",
        "target",
        "told",
        "tries",
        "unclear",
        "urgency",
    )

    def __init__(self, entry: EntryId, outbound: Outbound) -> None:
        self.entry = entry
        self.outbound = outbound
        self.urgency: Urgency = outbound.urgency
        self.parts: tuple[Part, ...] | None = None
        self.target: tuple[NativeId, ...] = ()
        """The vendor's ids of what an edit changes."""
        self.done: list[tuple[NativeId, ...]] = []
        """The native ids that each finished part was given."""
        self.begun = False
        """A part's intent is written, and its result is not known."""
        self.tries = 0
        self.ambiguous_attempts = 0
        """How many answers were lost."""
        self.notes: list[str] = []
        self.lost: str | None = None
        """The last failure, in words."""
        self.since: int | None = None
        """When this process first wanted a file of it that was not there."""
        self.outcome: Outcome | None = None
        self.first: int | None = None
        """When it was first tried in vain, over restarts, in milliseconds."""
        self.resumes: int | None = None
        """Until when the vendor asked to wait with it; None: it did not."""
        self.unclear = False
        """An answer about its present part was lost: it may have arrived, whatever a later try hears."""
        self.told = False
        """Whether its author knows that it has not gone yet."""

    def take(self, receipt: Receipt) -> None:
        """The part whose intent is written has arrived."""
        self.done.append(receipt.natives)
        self.begun = self.unclear = False
        if receipt.note:
            self.notes.append(receipt.note)

    @property
    def is_started(self) -> bool:
        """Whether it goes before everything else of its contact: parts of one message stand together."""
        return self.begun or bool(self.done) or self.outcome is not None

    @property
    def is_careful(self) -> bool:
        """Whether a repeat could show: typing, marks, answers and a single edit may come twice."""
        return isinstance(self.outbound.job, Words) or len(self.parts or ()) > 1

    def too_late(self, now: int) -> Outcome | None:
        """How it ends if it may not be begun any more: it has waited for longer than it is worth, or may be."""
        expires_at, window = self.outbound.expires_at, self.outbound.window
        if expires_at is not None and now >= expires_at:
            return _EXPIRED
        return _OVER if window is not None and now >= window.end else None

    def job_at(self, now: int) -> Outgoing | Fetch | ListTemplates:
        """What is to be done if it is begun now: words behind the ordinary window are marked as a person's."""
        job, window = self.outbound.job, self.outbound.window
        if isinstance(job, SendMessage) and window is not None and now >= window.until:
            return replace(job, late=True)
        return job

    @property
    def sent(self) -> SentId | None:
        """What the native map calls the thing that it is about."""
        job = self.outbound.job
        return job.sent if isinstance(job, Words | SendEdit | SendDelete) else None

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
