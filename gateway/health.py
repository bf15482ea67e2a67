"""What the gateway says of itself over HTTP: /healthz, /readyz and /metrics; never a secret or a customer's word.

It is fed: the app registers probes and measures, small callables that look at what they know. A probe that raises
or does not answer in time is a bad answer, never a failure of the page.

/healthz  the roles' tasks run and hold sane leases: if not, restart the process.
/readyz   besides, Redis and the archive answer and nothing waits too long: if not, something outside may be wrong.
/metrics  numbers for Prometheus; their names are in `GAUGES`, `COUNTERS` and `Metrics`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from aiohttp import web
from msgspec import Struct
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from gateway.errors import GatewayError
from gateway.logs import redact

log = logging.getLogger(__name__)

OLDEST_MS = 60_000
"""An entry that waits longer than this means that somebody is not doing their work."""
PATIENCE_SECONDS = 1.5


class Probe(Struct, frozen=True):
    """One part's answer. `age_ms`: how long its oldest unprocessed entry has waited; None: nothing waits there."""

    ok: bool
    detail: str = ""
    age_ms: int | None = None


class Measure(Struct, frozen=True):
    """A number of now; `name` is one of `GAUGES` or `COUNTERS`, `labels` are values in its labels' order."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "gateway_stream_entries": ("Entries that a reader has not processed yet.", ("stream",)),
    "gateway_stream_oldest_seconds": ("Age of the oldest entry not processed yet.", ("stream",)),
    "gateway_outbox_entries": ("Unfinished work of an account: sends and downloads.", ("account",)),
    "gateway_dead_letters": ("Entries that could not be handled; gateway dead list shows them.", ()),
    "gateway_account_parked": ("1: the account's token does not work and it waits for repair.", ("account",)),
    "gateway_dialogs_waiting": ("Dialogs that nobody has claimed.", ()),
    "gateway_operators_on_duty": ("Operators whom new dialogs ring.", ()),
    "gateway_redis_memory_bytes": ("Memory that Redis uses.", ()),
    "gateway_redis_memory_limit_bytes": ("Redis's maxmemory; 0: none.", ()),
    "gateway_disk_free_bytes": ("Free space where the data folder is.", ()),
}

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "gateway_account_outcomes": (
        (
            "What an account's work came to since the start: of updates stored, repeated, blocked, ignored, refused, "
            "not stored (503); of sends sent, failed, unknown, superseded, ambiguous, limited (429); of files fetched."
        ),
        ("account", "outcome"),
    ),
    "gateway_app_outcomes": (
        (
            "What became of a Meta app's webhooks since the start: stored, refused, not stored (503), verified; and of "
            "parts of accounts that nobody has here (nobody's)."
        ),
        ("app", "outcome"),
    ),
}
"""The same, for numbers that only grow."""

Ask = Callable[[], Awaitable[Probe]]
Look = Callable[[], Awaitable[Sequence[Measure]]]


class Metrics:
    """What is counted as it happens. Labels are names from the settings and closed lists: never contacts or dialogs."""

    def __init__(self) -> None:
        # Else every counter has a second series that no dashboard asks for.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # process_resident_memory_bytes and its kin
        PlatformCollector(registry=self.registry)
        self._entries = Counter(
            "gateway_entries_handled",
            "Inbox entries decided and committed: ok, refused (by a rule, told to the operator) or dead.",
            ("inbox", "command", "outcome"),
            registry=self.registry,
        )
        self._handling = Histogram(
            "gateway_entry_seconds",
            "From an entry's arrival in its inbox to the commit of its decision.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=self.registry,
        )

    def count_entry(self, inbox: str, command: str, outcome: str, waited_ms: int) -> None:
        """One decided entry; `waited_ms` since it arrived."""
        self._entries.labels(inbox, command, outcome).inc()
        self._handling.observe(max(waited_ms, 0) / 1000)


class Health:
    """Collects what parts say of themselves, and serves it."""

    def __init__(
        self, metrics: Metrics, *, oldest_ms: int = OLDEST_MS, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self.metrics = metrics
        self._oldest_ms = oldest_ms
        self._patience = patience_seconds
        self._alive: dict[str, Ask] = {}
        self._ready: dict[str, Ask] = {}
        self._looks: list[Look] = []

    def add_probe(self, name: str, ask: Ask, *, alive: bool = False) -> None:
        """Asks this at every /readyz; with `alive` at every /healthz too: only what a restart would mend."""
        self._ready[name] = ask
        if alive:
            self._alive[name] = ask

    def add_measure(self, look: Look) -> None:
        """Looks at this at every /metrics; one that fails is left out and logged."""
        self._looks.append(look)

    def routes(self) -> list[web.RouteDef]:
        """What the HTTP server mounts."""
        return [
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
            web.get("/metrics", self._metrics),
        ]

    async def _healthz(self, _: web.Request) -> web.Response:
        return _answer(await self._ask(self._alive))

    async def _readyz(self, _: web.Request) -> web.Response:
        return _answer(await self._ask(self._ready))

    async def _metrics(self, _: web.Request) -> web.Response:
        answers = await asyncio.gather(*(self._look(look) for look in self._looks))
        measures = [measure for answer in answers for measure in answer]
        text = generate_latest(self.metrics.registry) + generate_latest(_registry_of(measures))
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _ask(self, asks: Mapping[str, Ask]) -> dict[str, Probe]:
        # While a process starts, parts are still added to what is asked.
        names, asked = list(asks), list(asks.values())
        answers = await asyncio.gather(*(self._answer_of(ask) for ask in asked))
        return dict(zip(names, answers, strict=True))

    async def _answer_of(self, ask: Ask) -> Probe:
        try:
            async with asyncio.timeout(self._patience):
                probe = await ask()
        except TimeoutError:
            return Probe(ok=False, detail=f"no answer within {self._patience:g} s")
        except GatewayError as error:
            return Probe(ok=False, detail=str(error))
        except Exception as error:
            log.exception("a probe failed")
            return Probe(ok=False, detail=type(error).__name__)
        if probe.ok and probe.age_ms is not None and probe.age_ms > self._oldest_ms:
            return Probe(ok=False, detail="its oldest entry waits too long", age_ms=probe.age_ms)
        return probe

    async def _look(self, look: Look) -> Sequence[Measure]:
        try:
            async with asyncio.timeout(self._patience):
                return await look()
        except Exception as error:  # noqa: BLE001 - the other numbers are worth having
            log.warning("a measure failed", extra={"problem": type(error).__name__})
            return ()


def _answer(probes: Mapping[str, Probe]) -> web.Response:
    """200 with each part, or 503 where `wrong` names the parts that are."""
    ages = [probe.age_ms for probe in probes.values() if probe.age_ms is not None]
    wrong = [name for name, probe in probes.items() if not probe.ok]
    body = {
        "ok": not wrong,
        "wrong": wrong,
        "oldest_ms": max(ages, default=0),
        "parts": {
            name: {"ok": probe.ok, "detail": redact(probe.detail), "age_ms": probe.age_ms}
            for name, probe in probes.items()
        },
    }
    return web.json_response(body, status=503 if wrong else 200, headers={"Cache-Control": "no-store"})


class _Snapshot:
    """The measures of one look, as a collector."""

    def __init__(self, measures: Sequence[Measure]) -> None:
        self._measures = measures

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for measure in self._measures:
            if measure.name not in families and measure.name in GAUGES:
                text, labels = GAUGES[measure.name]
                families[measure.name] = GaugeMetricFamily(measure.name, text, labels=labels)
            elif measure.name not in families:
                text, labels = COUNTERS[measure.name]
                families[measure.name] = CounterMetricFamily(measure.name, text, labels=labels)
            families[measure.name].add_metric(measure.labels, measure.value)
        yield from families.values()


def _registry_of(measures: Sequence[Measure]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Snapshot(measures))
    return registry
