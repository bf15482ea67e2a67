"""The roles of one process: built, kept at work, and ended.

It holds no rule: what happens to a message is decided below. A part that fails begins again; only what somebody must
change first ends the process.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.dates import LOCALTZ

from gateway import provisioning
from gateway.accounts import connector, http_client, webhook_of
from gateway.archive.dialect import archive_url
from gateway.archive.history import History
from gateway.archive.migrations import upgrade
from gateway.archive.recorder import Recorder
from gateway.archive.writer import Writer
from gateway.bootstrap import Infrastructure, now_ms
from gateway.connectors.contract import Connector, Templating
from gateway.connectors.registry import channel
from gateway.connectors.runtime.account_runtime import AccountRuntime
from gateway.connectors.runtime.apps import App
from gateway.connectors.runtime.context import AccountContext, WayTaken
from gateway.connectors.runtime.live import LiveLogs
from gateway.connectors.runtime.webhook_server import WebhookServer
from gateway.connectors.toolkit.http import HttpClient
from gateway.errors import (
    LostLease,
    NewerVersion,
    SettingsError,
    StoreRefused,
    StoreUnavailable,
)
from gateway.files import Files
from gateway.health import Health, Measure, Metrics, Probe
from gateway.model.abilities import Abilities
from gateway.model.ids import AccountId, DeskId, LineId
from gateway.monitor import Monitor
from gateway.operator_bot.inbound import targets
from gateway.operator_bot.outbound.entry_notifier import NotifierContext
from gateway.operator_bot.outbound.introduction import Introduction
from gateway.operator_bot.outbound.notifier import Notifier
from gateway.operator_bot.outbound.typing_relay import TypingRelay
from gateway.operator_bot.texts.phrases import Texts
from gateway.router.owner import Owner
from gateway.settings import STAFF, AccountSettings, Settings
from gateway.stalls import Stalls
from gateway.streams.ownership import Lease

log = logging.getLogger("gateway.process")

STANDBY_SECONDS = 1.0
"""How often a process that waits for a lease asks for it."""
STEADY_SECONDS = 10.0
"""A part that worked for so long begins again at once; one that fails sooner waits longer each time."""
LONGEST_PAUSE = 5.0
GIVE_WAY_SECONDS = 3 * STANDBY_SECONDS
"""How long a part that cannot read what a newer gateway wrote leaves its work to others."""
LAST_WORD_SECONDS = 8.0
"""How long a part may take to end: sends on their way have five seconds."""


class Process:
    """The roles of one process: started in the order in which a message passes them, stopped the other way round."""

    def __init__(
        self,
        settings: Settings,
        infrastructure: Infrastructure,
        stack: AsyncExitStack,
        reload: Callable[[], Settings] | None,
    ) -> None:
        self._settings, self._infrastructure, self._stack, self._reload = settings, infrastructure, stack, reload
        self._archive_url = archive_url(settings.archive_url.get_secret_value(), settings.data_dir)
        self._metrics = Metrics()
        self._health = Health(self._metrics)
        self._files = Files(settings.data_dir / "files")
        self._uploads = Files(settings.data_dir / "uploads")
        self._webhook_server = WebhookServer(
            settings.http.host,
            settings.http.port,
            extend=self._add_health,
            uploads=self._uploads,
            trusted=settings.http.trusted_proxies,
            is_starting=True,
        )
        self._apps = [App(name, one.secret, one.verify_token) for name, one in settings.apps.items()]
        self._stalls = Stalls()
        accounts = [STAFF, *(one.account for one in settings.accounts())]
        self._monitor = Monitor(
            infrastructure.store, infrastructure.intake, settings.data_dir, now_ms, self._stalls, accounts=accounts
        )
        self._owner: Owner | None = None
        self._recorder: Recorder | None = None
        self._accounts: dict[AccountId, AccountContext] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_started = False

    async def start(self, roles: Sequence[str]) -> None:
        """Builds and starts the roles' parts."""
        self._health.add_probe("started", self._started)
        self._health.add_probe("redis", self._monitor.probe)
        self._health.add_probe("stalled", self._stalled)
        self._health.add_measure(self._monitor.measure)
        self._health.add_measure(self._measure_accounts)
        await self._listen()
        await provisioning.provision(self._settings, self._infrastructure)
        # What their channels can carry is known from the first decision on.
        runtimes = [self._runtime(one) for one in (self._settings.operators_account(), *self._settings.accounts())]
        self._accounts = {one.context.account: one.context for one in runtimes}
        if "archive" in roles:
            self._keep("archive", self._record)
        if "router" in roles:
            self._keep("router", self._holding("owner", self._own))
        if "operator-bot" in roles:
            self._keep("operator-bot", self._holding("notifier", self._notify))
            self._keep(
                "keystrokes", self._holding("keystrokes", TypingRelay(self._infrastructure.store, STAFF, now_ms).run)
            )
        for app in self._apps:
            self._webhook_server.add_app(app)
        for runtime in runtimes:
            if "web" in roles:
                self._webhook_server.add(runtime.context)
            if "connectors" in roles:
                self._keep(f"account {runtime.context.account}", runtime.run)
            else:
                self._stack.push_async_callback(runtime.context.connector.close)
                if "web" in roles:
                    self._keep(f"profiles {runtime.context.account}", runtime.profiles.run)
        self._webhook_server.complete()
        self._keep("watch", self._monitor.run)
        self._is_started = True

    async def work(self, stop: asyncio.Event) -> None:
        """Waits for the word to stop, or for a part that cannot go on, which ends the process; then stops all.

        Raises:
            GatewayError: why a part cannot go on.
        """
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait([stopping, *self._tasks.values()], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            # Before their account's connector is closed, and before anybody waits for a socket's end.
            await self._webhook_server.dismiss()
            ended = [task for task in self._tasks.values() if task.done()]
            for task in reversed(self._tasks.values()):
                await _end(task)
        for task in ended:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Keeps a part at work, and lets /healthz say whether it is."""
        task = self._tasks[name] = asyncio.create_task(_kept(name, work, self._stalls), name=name)

        async def probe() -> Probe:
            return Probe(ok=not task.done(), detail="ended" if task.done() else "")

        self._health.add_probe(name, probe, alive=True)

    def _holding(self, name: str, work: Callable[[Lease], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Work that one process of the desk does, while it holds the lease; the others stand by."""

        async def hold() -> None:
            lease = await Lease.take(self._infrastructure.store, name, force=self._infrastructure.is_ours)
            while lease is None:
                await asyncio.sleep(STANDBY_SECONDS)
                lease = await Lease.take(self._infrastructure.store, name)
            async with lease:
                await work(lease)

        return hold

    async def _own(self, lease: Lease) -> None:
        # One for all its lives in this process: it remembers what it could not write when it stopped.
        self._owner = self._owner or Owner(
            self._infrastructure.store,
            self._infrastructure.intake,
            lines=[LineId(line) for line in self._settings.lines],
            staff=STAFF,
            resolver=targets,
            clock=now_ms,
            observe=self._metrics.count_entry,
            abilities=self._abilities(),
        )
        await self._owner.run(lease)

    async def _notify(self, lease: Lease) -> None:
        history = History(self._archive_url)
        texts = Texts.load(self._settings.language)
        staff = connector(self._settings.operators_account(), self._files)
        introduction: asyncio.Task[None] | None = None
        try:
            context = NotifierContext(
                account=STAFF,
                username="",
                channels={one.account: one.channel for one in self._settings.accounts()},
                abilities=self._abilities(),
                templating={one for one, its in self._accounts.items() if isinstance(its.connector, Templating)},
                texts=texts,
                zone=ZoneInfo(self._settings.timezone) if self._settings.timezone else LOCALTZ,
                history=history,
                offers=self._infrastructure.intake,
                clock=now_ms,
            )

            def name(username: str) -> None:
                context.username = username

            introduction = asyncio.create_task(Introduction(staff, texts, name).run(), name="introduction")
            await Notifier(self._infrastructure.store, context).run(lease)
        finally:
            if introduction is not None:
                await _end(introduction)
            await staff.close()
            await history.close()

    def _abilities(self) -> dict[AccountId, Abilities]:
        return {account: one.connector.capabilities for account, one in self._accounts.items()}

    async def _started(self) -> Probe:
        return Probe(ok=self._is_started, detail="" if self._is_started else "starting")

    async def _stalled(self) -> Probe:
        """For /readyz: what stands still for what somebody must mend."""
        stalls = self._stalls.now.values()
        return Probe(ok=not stalls, detail="; ".join(f"{one.part}: {one.sentence}" for one in stalls))

    async def _record(self) -> None:
        """Records the journal. While the archive is away everything else goes on: what is to be recorded waits."""
        await upgrade(self._archive_url)
        if self._recorder is None:
            self._recorder = self._make_recorder()
        await self._recorder.run()

    def _make_recorder(self) -> Recorder:
        channels = {one.account: one.channel for one in self._settings.accounts()}
        writer = Writer(self._archive_url, DeskId(self._settings.desk), channels=channels, clock=now_ms)
        self._stack.push_async_callback(writer.close)
        return Recorder(
            self._infrastructure.store, writer, force_lease=self._infrastructure.is_ours, stalls=self._stalls
        )

    def _runtime(self, one: AccountSettings) -> AccountRuntime:
        store = self._infrastructure.store
        return AccountRuntime(
            store,
            self._infrastructure.intake,
            self._connector(one),
            channel=channel(one.channel),
            account=one.account,
            inbox=store.keys.staff if one.line is None else store.keys.inbox(one.line),
            raw=one.line is None,
            files=self._files,
            line=one.line,
            address=webhook_of(self._settings, one),
            reconnect=lambda: self._connector(self._again(one)),
            force=self._infrastructure.is_ours,
            clock=now_ms,
            stalls=self._stalls,
        )

    def _connector(self, one: AccountSettings) -> Connector:
        http = http_client(one)
        http.order.changed = lambda way: self._take_way(one.account, http, way)
        logs = LiveLogs(self._infrastructure.store, one.account)
        return connector(one, self._files, http=http, logs=logs, uploads=self._uploads)

    def _take_way(self, account: AccountId, http: HttpClient, number: int) -> None:
        """An account's client reaches its messenger by another of its ways."""
        if (context := self._accounts.get(account)) is not None:
            way = http.ways[number]
            taken = WayTaken(number + 1, len(http.ways), way.host, way.proxy_place)
            context.take_way(taken if number else None)

    def _again(self, one: AccountSettings) -> AccountSettings:
        """The account as the settings have it now: a token mended in the file works without a restart."""
        if self._reload is None:
            return one
        settings = self._reload()
        for found in (settings.operators_account(), *settings.accounts()):
            if found.account == one.account:
                return found
        raise SettingsError(f"account {one.account} is no longer in the settings")

    async def _listen(self) -> None:
        host, port = self._settings.http.host, self._settings.http.port
        try:
            port = await self._webhook_server.start()
        except OSError as error:
            raise SettingsError(
                f"http.port (GATEWAY_HTTP__PORT) {port} on {host} cannot be used: {error.strerror or error}; "
                "choose another one"
            ) from error
        self._stack.push_async_callback(self._webhook_server.stop)
        log.info("http: listening on %s:%d", host, port)

    def _add_health(self, app: web.Application) -> None:
        app.add_routes(self._health.routes())

    async def _measure_accounts(self) -> Sequence[Measure]:
        found = []
        for account, context in self._accounts.items():
            found.append(Measure("gateway_account_parked", float(context.problem is not None), (account,)))
            found += [Measure("gateway_account_outcomes", n, (account, what)) for what, n in context.counts.items()]
        for app in self._apps:
            found += [Measure("gateway_app_outcomes", n, (app.name, what)) for what, n in app.counts.items()]
        return found


async def _end(task: asyncio.Task[None]) -> None:
    """Cancels a part and waits for its end; again if some library swallowed it (Python 3.11's wait_for can)."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=LAST_WORD_SECONDS)


async def _kept(name: str, work: Callable[[], Awaitable[None]], stalls: Stalls) -> None:
    """Runs a part for ever; it ends only by what no new try would mend.

    Raises:
        StoreRefused, SettingsError: somebody must change something first.
    """
    pause = 0.1
    while True:
        began = time.monotonic()
        try:
            with stalls.watching(name):
                await work()
        except NewerVersion:
            # Whoever stands by with a newer version takes the lease meanwhile.
            pause = max(pause, GIVE_WAY_SECONDS)
        except (LostLease, StoreUnavailable) as error:
            log.warning("%s stands still: %s", name, error)
        except (StoreRefused, SettingsError):
            raise
        except Exception:
            log.exception("%s failed; it begins again", name)
        pause = 0.1 if time.monotonic() - began > STEADY_SECONDS else min(pause * 2, LONGEST_PAUSE)
        await asyncio.sleep(pause)
