"""What sender, poller, webhooks and fetcher of one account share: its connector, its place in Redis, its health."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec import Struct

from gateway.connectors.contract import Connector
from gateway.connectors.registry import Channel
from gateway.connectors.runtime.batch_log import BatchLog
from gateway.connectors.toolkit.rates import backoff_ms
from gateway.errors import CommandRejected, StoreUnavailable
from gateway.files import Files
from gateway.model.ids import AccountId, LineId
from gateway.model.outgoing import Urgency
from gateway.stalls import Stalls
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.ownership import Lease

T = TypeVar("T")

log = logging.getLogger("gateway.connectors")

_MINUTE_MS = 60 * 1000
_HOUR_MS = 60 * _MINUTE_MS


class Pace(Struct, frozen=True, kw_only=True):
    """How much at once, and how patient."""

    read_ahead: int = 4096
    """Outbox entries held in memory at most."""
    sends_at_once: int = 32
    fetches_at_once: int = 4
    grace_seconds: float = 5.0
    """How long a stop waits for sends that are on their way."""
    poll_seconds: float = 25.0
    """How long the vendor may keep a poll waiting."""
    block_ms: int = 2000
    """How long a read of an empty outbox waits."""
    words_patience_ms: int = 24 * _HOUR_MS
    """How long words and cards are tried again, whatever holds them back, before they count as failed."""
    transient_patience_ms: int = 10 * _MINUTE_MS
    """How long words are tried again while the vendor is in trouble, from the first try on."""
    told_after_ms: int = _MINUTE_MS
    """After how long the author of words that have not gone hears of it."""
    look_at_delays_seconds: float = 5.0
    """How often it is looked for such words."""
    cosmetic_patience_ms: int = 5 * 60 * 1000
    file_patience_ms: int = 10 * 60 * 1000
    """How long a message waits for a file of its own that is not there yet."""
    fetch_patience_ms: int = 24 * _HOUR_MS
    """How long a file is asked for again where the vendor asks for slower calls."""
    fetch_transient_patience_ms: int = 30 * _MINUTE_MS
    """The same while the vendor is in trouble."""
    recheck_ms: int = 5_000
    """The first pause before a suspended account is tried again; it doubles to five minutes."""
    register_seconds: float = 10.0
    """How long receiving waits for the first try to set it up at the vendor."""
    look_after_seconds: float = 300.0
    """How often a registered webhook is looked after."""
    backfill_seconds: float = 60.0
    """The same where what was not delivered can be asked for: nobody should wait longer for a delivery that failed."""
    lease_ttl_ms: int = 10_000

    def patience_ms(self, urgency: Urgency) -> int:
        """How long a send of this urgency is tried again."""
        return self.cosmetic_patience_ms if urgency is Urgency.COSMETIC else self.words_patience_ms


def wall_clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Trouble(Struct, frozen=True):
    """Since when (milliseconds) something of the vendor's fails, and what it said last."""

    since: int
    problem: str


class WayTaken(Struct, frozen=True):
    """A further way to the vendor: its number, counted from 1, of how many, its host and its proxy, without secrets."""

    number: int
    count: int
    host: str
    proxy: str = ""

    @property
    def told(self) -> str:
        """For an alert."""
        if self.proxy:
            return f"way {self.number} of {self.count}: {self.host} through the proxy {self.proxy}"
        return f"way {self.number} of {self.count}: {self.host}"


class AccountContext:
    """One account at work. `counts` says what was handled, for health and metrics."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        connector: Connector,
        *,
        channel: Channel,
        account: AccountId,
        inbox: str,
        raw: bool,
        files: Files,
        line: LineId | None = None,
        clock: Callable[[], int] = wall_clock,
        chance: Callable[[], float] = random.random,
        pace: Pace | None = None,
        stalls: Stalls | None = None,
    ) -> None:
        self.store = store
        self.intake = intake
        self.connector = connector
        self.channel = channel
        self.account = account
        self.inbox = inbox
        self.raw = raw
        self.files = files
        self.line = line
        self.clock = clock
        self.chance = chance
        self.pace = pace or Pace()
        self.stalls = stalls or Stalls()
        self.counts: Counter[str] = Counter()
        self.items = BatchLog(account)
        """Tells the log what became of single items."""
        self.on_stored: Callable[[Sequence[Offer]], None] = lambda _: None
        """Is told what was stored of what came, at once and without being waited for."""
        self.on_limit: Callable[[int, str], None] = lambda _until, _why: None
        """Is told that the vendor wants no call for the whole account before a moment, and why."""
        self.problem: str | None = None
        """Why the account is suspended; None: it works."""
        self.suspended = asyncio.Event()
        self.working = asyncio.Event()
        self.working.set()
        self.troubles: dict[str, Trouble] = {}
        """What of sending, receiving and registering fails again and again, and since when."""
        self.way: WayTaken | None = None
        """By which further way the vendor is reached, where it is not the first one."""
        self.way_changed = asyncio.Event()
        self.missed = asyncio.Event()
        """A delivery was not stored: what the vendor has is to be asked for (backfill)."""

    def take_way(self, way: WayTaken | None) -> None:
        """The vendor is reached by another way than before; None: by the first one again."""
        self.way = way
        self.way_changed.set()
        number = 1 if way is None else way.number
        log.warning("the messenger is reached by way %d", number, extra={"account": self.account})

    def suspend(self, problem: str) -> None:
        """The credentials do not work: nothing is called until `resume`."""
        if self.problem is None:
            self.problem = problem
            self.working.clear()
            self.suspended.set()
            log.error("account parked: %s", problem, extra={"account": self.account})

    def resume(self) -> None:
        """The credentials work again."""
        self.problem = None
        self.suspended.clear()
        self.working.set()

    def fails(self, what: str, problem: str) -> "Trouble":
        """Something of the vendor's failed, by no fault of what was asked; answers since when it does."""
        before = self.troubles.get(what)
        self.troubles[what] = Trouble(self.clock() if before is None else before.since, problem)
        return self.troubles[what]

    def works(self, what: str) -> None:
        """It works again."""
        self.troubles.pop(what, None)

    def backoff_ms(self, failures: int) -> int:
        """How long to wait after so many failures in a row."""
        return backoff_ms(failures, self.chance())

    async def pause(self, failures: int) -> None:
        """Waits as long as `backoff_ms` says."""
        await asyncio.sleep(self.backoff_ms(failures) / 1000)

    async def write_until_stored(self, lease: Lease, write: Callable[[], Awaitable[T]]) -> T:
        """Repeats a write, one that is safe to repeat, until the store takes it or the lease ends.

        Raises:
            LostLease: it did not take it in time; somebody else may own this work.
            CommandRejected: it refuses this until somebody has mended it.
        """
        failures = 0
        while True:
            lease.check()
            try:
                return await write()
            except CommandRejected:
                raise
            except StoreUnavailable:
                failures += 1
                await self.pause(failures)


def described(error: BaseException) -> str:
    """A connector's own fault in few words: its kind and place, not its text, which may quote a customer."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}{where}"
