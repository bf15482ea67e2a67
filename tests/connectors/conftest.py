"""A channel made for these tests, its vendor as a real server that does as it is told, and a real Redis."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiohttp import web
from pydantic import BaseModel

from gateway.connectors.contract import (
    Call,
    Capabilities,
    Download,
    Known,
    Part,
    Polled,
    Rates,
    Registration,
    Served,
    Template,
)
from gateway.connectors.runtime.account_runtime import AccountRuntime
from gateway.connectors.runtime.context import Pace
from gateway.connectors.toolkit.http import Answer, HttpClient, Timeouts
from gateway.errors import FileProblem, Refused, SettingsError, StoreUnavailable, TryLater, Unauthorized, Uncertain
from gateway.files import Files
from gateway.model.abilities import MediaRule, Reactions, TextRule
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Inbound, Notice, Receive, ReceiveTyping
from gateway.model.ids import AccountId, ContactId, DeskId, EntryId, LineId, NativeId, SentId
from gateway.model.messages import Media, MediaKind, Message
from gateway.model.outgoing import Outbound, Outgoing, Receipt, SendEdit, SendMessage, Urgency
from gateway.streams.binary import find_binary
from gateway.streams.connection import Store, connect
from gateway.streams.intake import Intake
from gateway.streams.keys import Keys

ACCOUNT = AccountId("shop")
LINE = LineId("sales")
SECRET = "a-secret-of-the-tests"


# ── Redis ─────────────────────────────────────────────────────────────────────────────────────────────


class RedisServer:
    """A real server that can be killed and started again on its data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = (
            f"--port {self.port} --bind 127.0.0.1 --save '' --appendonly yes --appendfsync always"
            f" --maxmemory-policy noeviction --loglevel warning --dir {self.folder}"
        )
        command = [str(find_binary().path), *(word.strip("'") for word in words.split(" "))]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as link:
                link.sendall(b"PING\r\n")
                if link.recv(64).startswith(b"+PONG"):
                    return
            assert time.monotonic() < deadline, "the server of the tests did not start"
            time.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def redis_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """One that the test may kill."""
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def store(redis_of_all: RedisServer) -> AsyncIterator[Store]:
    opened = connect(redis_of_all.url, Keys(f"t{os.urandom(6).hex()}", DeskId("main")))
    yield opened
    await opened.close()


@pytest.fixture
async def intake(store: Store) -> AsyncIterator[Intake]:
    opened = Intake(store)
    yield opened
    await opened.close()


# ── the vendor ────────────────────────────────────────────────────────────────────────────────────────

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""What happens to one request after the vendor accepted it; None: the ordinary answer."""


@dataclass
class Sent:
    """What the vendor accepted: a customer would see it."""

    contact: str
    text: str
    at: float


@dataclass
class Vendor:
    """Does as scripted: `faults[contact]` are used up one per call, before (`refuse`) or after accepting."""

    url: str = ""
    sent: list[Sent] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: dict[str, deque[Any]] = field(default_factory=lambda: defaultdict(deque))
    updates: list[dict[str, Any]] = field(default_factory=list)
    polls: list[str | None] = field(default_factory=list)
    poll_faults: deque[int] = field(default_factory=deque)
    files: dict[str, bytes] = field(default_factory=dict)
    file_faults: deque[int] = field(default_factory=deque)
    templates: tuple[Template, ...] | Exception = ()
    registered: list[str | None] = field(default_factory=list)
    register_problem: str | None = None
    drift: str | None = None
    token_works: bool = True
    read_faults: deque[Exception] = field(default_factory=deque)
    """What reading a chat back raises."""
    missed: list[Polled] = field(default_factory=list)
    """What backfills find, one batch each; then nothing."""
    backfills: list[str | None] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: nothing hangs. A fault `hang` waits for it."""
    in_flight: int = 0
    most_in_flight: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    number: int = 0

    def texts(self, contact: str | None = None) -> list[str]:
        return [one.text for one in self.sent if contact in {None, one.contact}]

    def say(self, update: dict[str, Any]) -> None:
        """The vendor has an update for us."""
        self.number += 1
        self.updates.append({"update_id": self.number, **update})
        self.news.set()

    async def on_send(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        self.calls.append((request.path, said))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._answer(request, said)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
        if not self.token_works:
            return web.json_response({}, status=401)
        queue = self.faults[said["contact"]] or self.faults["*"]
        fault = queue.popleft() if queue else None
        if isinstance(fault, tuple):
            status, after = fault
            return web.json_response({"after": after, "problem": "as scripted"}, status=status)
        if isinstance(fault, int):
            return web.json_response({"problem": "as scripted"}, status=fault)
        if fault == "hang":
            await self.hold.wait()
        if fault == "swallowed":
            assert request.transport is not None
            request.transport.abort()
            return web.json_response({})
        self.sent.append(Sent(said["contact"], said["text"], time.monotonic()))
        if fault == "lost":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"id": f"n{len(self.sent)}"})

    async def on_updates(self, request: web.Request) -> web.StreamResponse:
        cursor = request.query.get("after")
        self.polls.append(cursor)
        if not self.token_works:
            return web.json_response({}, status=401)
        if self.poll_faults:
            return web.json_response({"problem": "somebody else polls"}, status=self.poll_faults.popleft())
        self.updates = [one for one in self.updates if one["update_id"] > int(cursor or 0)]
        if not self.updates:
            self.news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), float(request.query["wait"]))
        return web.json_response(self.updates)

    async def on_file(self, request: web.Request) -> web.StreamResponse:
        if self.file_faults:
            return web.Response(status=self.file_faults.popleft())
        found = self.files.get(request.match_info["name"])
        return web.Response(status=404) if found is None else web.Response(body=found)

    async def on_me(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"name": "@shop"}, status=200 if self.token_works else 401)


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    made = Vendor()
    app = web.Application()
    app.router.add_post("/bot-TOKEN/{verb}", made.on_send)
    app.router.add_get("/bot-TOKEN/updates", made.on_updates)
    app.router.add_get("/bot-TOKEN/me", made.on_me)
    app.router.add_get("/file/{name}", made.on_file)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    made.hold.set()
    made.news.set()
    await runner.cleanup()


# ── the channel ───────────────────────────────────────────────────────────────────────────────────────

ABLE = Capabilities(
    text=TextRule(limit=100, caption_limit=50, unit="chars"),
    media={MediaKind.PHOTO: MediaRule(limit=1000)},
    fetch_limit=1000,
    edits=True,
    deletes=True,
    quotes=True,
    buttons=False,
    reactions=Reactions(),
    typing=False,
    read_marks=False,
    resend_ms=None,
    repeats_days=2,
    rates=Rates(),
)


class Scripted:
    """The contract at test level. A message's lines are its parts; `?` in a line is what cannot be said."""

    channel = "scripted"

    def __init__(self, vendor: Vendor, files: Files, capabilities: Capabilities) -> None:
        self.capabilities = capabilities
        self.closed = False
        self._vendor = vendor
        self._files = files
        self.http = HttpClient(api_url=vendor.url, timeouts=Timeouts(connect=2, read=5, total=10))

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        if not isinstance(outgoing, SendMessage):
            target = ",".join(known.target)
            text = outgoing.message.text if isinstance(outgoing, SendEdit) else ""
            return [Part(type(outgoing).__name__, {"text": f"{type(outgoing).__name__}[{target}]{text}"})]
        if "?" in outgoing.message.text:
            raise Refused("this cannot be said here")
        quoted = f"[{known.quoted}]" if known.quoted else ""
        files = tuple(one.file for one in outgoing.message.media if one.file)
        lines = outgoing.message.text.split("\n")
        return [Part("send", {"text": quoted + one}, files if n == 0 else ()) for n, one in enumerate(lines)]

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        for file in part.files:
            self._files.path(file)
        answer = await self._asked("POST", part.method, {"contact": contact, **part.request})
        return Receipt((NativeId(json.loads(answer.body)["id"]),))

    @asynccontextmanager
    async def fetch(self, media: Media) -> AsyncIterator[Download]:
        async with self.http.download(f"{self._vendor.url}/file/{media.remote}") as stream:
            if stream.status >= 500:
                raise TryLater("the vendor is down", after=0)
            if stream.status != 200:
                raise FileProblem("the vendor has it no more")
            yield Download(stream.chunks, stream.size)

    async def templates(self) -> Sequence[Template]:
        if isinstance(self._vendor.templates, Exception):
            raise self._vendor.templates
        return self._vendor.templates

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        after = f"&after={cursor}" if cursor else ""
        answer = await self._asked("GET", f"updates?wait={wait_seconds}{after}")
        updates = json.loads(answer.body)
        return Polled(tuple(updates), str(updates[-1]["update_id"]) if updates else None)

    async def serve(self, call: Call) -> Served:
        if call.headers.get("x-secret") != SECRET:
            return Served(status=403 if "x-secret" in call.headers else 401)
        try:
            return Served(tuple(item for update in unpack(call.body) for item in parse(update)))
        except ValueError:
            return Served(status=400)

    async def register(self, public_url: str | None) -> None:
        if self._vendor.register_problem is not None:
            raise SettingsError(self._vendor.register_problem)
        self._vendor.registered.append(public_url)
        self._vendor.drift = None

    async def registration(self, public_url: str | None) -> Registration:
        return Registration("webhook", self._vendor.drift)

    async def whoami(self) -> str:
        return str(json.loads((await self._asked("GET", "me")).body)["name"])

    async def close(self) -> None:
        self.closed = True
        await self.http.close()

    async def _asked(self, method: str, path: str, body: object = None) -> Answer:
        answer = await self.http.request(method, f"{self._vendor.url}/bot-TOKEN/{path}", json=body)
        match answer.status:
            case 200:
                return answer
            case 401:
                raise Unauthorized("the token is not accepted")
            case 403:
                raise Refused("the contact has blocked us", gone=True)
            case 429:
                raise TryLater("too fast", after=json.loads(answer.body)["after"])
            case 500:
                raise TryLater("the vendor is down", after=0)
            case 502:
                raise Uncertain("the vendor's gateway broke off")
            case 503:
                raise TryLater("the vendor is down for everybody", after=0.05, everyone=True)
            case _:
                raise Refused(f"refused ({answer.status})")


class Reconciling(Scripted):
    """The chat can be read back."""

    async def reconcile(self, contact: ContactId, part: Part, since: int) -> Sequence[Receipt]:
        if self._vendor.read_faults:
            raise self._vendor.read_faults.popleft()
        sent = enumerate(self._vendor.sent, start=1)
        same = [n for n, one in sent if (one.contact, one.text) == (contact, part.request["text"])]
        return [Receipt((NativeId(f"n{n}"),)) for n in same]


class Backfilling(Scripted):
    """What was not delivered can be asked for."""

    async def backfill(self, cursor: str | None) -> Polled:
        self._vendor.backfills.append(cursor)
        if self._vendor.read_faults:
            raise self._vendor.read_faults.popleft()
        return self._vendor.missed.pop(0) if self._vendor.missed else Polled((), cursor)

    async def serve(self, call: Call) -> Served:
        if call.body == b"doubtful":
            return Served(status=403, missed=True)
        return await super().serve(call)


def parse(update: Mapping[str, Any]) -> Sequence[Inbound]:
    if "typing" in update:
        return (Inbound(f"t:{update['update_id']}", ReceiveTyping(ContactId(update["typing"]))),)
    if "text" not in update:
        return (Inbound(f"n:{update['update_id']}", Notice("other")),)
    words = Message(native=NativeId(str(update["update_id"])), text=update["text"])
    return (Inbound(f"m:{update['update_id']}", Receive(ContactId(update["from"]), words)),)


def unpack(body: bytes) -> Sequence[dict[str, Any]]:
    return [json.loads(body)]


CHANNEL: Any = SimpleNamespace(CHANNEL="scripted", Settings=BaseModel, parse=parse, unpack=unpack)

# ── the whole, running ────────────────────────────────────────────────────────────────────────────────


class Account:
    """A runtime of the fake channel on a store, and what a test wants to do with it."""

    def __init__(self, store: Store, vendor: Vendor, files: Files) -> None:
        self.store = store
        self.vendor = vendor
        self.files = files
        self.keys = store.keys
        self.inbox = store.keys.inbox(LINE)
        self.connectors: list[Scripted] = []
        self.intake = Intake(store)
        self.runtime: AccountRuntime | None = None
        self._runs: list[asyncio.Task[None]] = []

    def connect(self, able: Capabilities = ABLE, kind: type[Scripted] = Scripted) -> Scripted:
        self.connectors.append(kind(self.vendor, self.files, able))
        return self.connectors[-1]

    def prepare(
        self,
        *,
        able: Capabilities = ABLE,
        kind: type[Scripted] = Scripted,
        pace: Mapping[str, Any] | None = None,
        **more: object,
    ) -> AccountRuntime:
        """A runtime that does not run yet."""
        quick = {"block_ms": 200, "poll_seconds": 0.5, "grace_seconds": 2.0, "recheck_ms": 50, **(pace or {})}
        # The smallest waits there are: what a test waits for is a condition.
        more = {"chance": lambda: 0.99, **more}
        return AccountRuntime(
            self.store,
            self.intake,
            self.connect(able, kind),
            channel=CHANNEL,
            account=ACCOUNT,
            inbox=self.inbox,
            files=self.files,
            pace=Pace(**quick),
            **more,
        )

    def start(self, **options: Any) -> AccountRuntime:
        self.runtime = self.prepare(**options)
        self._runs.append(asyncio.create_task(self.runtime.run()))
        return self.runtime

    async def stop(self) -> None:
        """A graceful stop."""
        for run in self._runs:
            run.cancel()
        endings = await asyncio.gather(*self._runs, return_exceptions=True)
        self._runs.clear()
        for ending in endings:
            if not isinstance(ending, asyncio.CancelledError) and ending is not None:
                raise ending

    async def put(self, *outbounds: Outbound) -> list[EntryId]:
        """As the owner's commit does."""
        key = self.keys.outbox(ACCOUNT)
        return [EntryId((await self.store.redis.xadd(key, {"p": encode(one)})).decode()) for one in outbounds]

    async def results(self) -> list[Any]:
        """The commands that lie in the account's inbox."""
        found = await self.store.redis.xrange(self.inbox)
        return [decode(fields[b"p"], Entry).command for _, fields in found]

    async def left(self) -> int:
        """How many entries the outbox still holds."""
        return int(await self.store.redis.xlen(self.keys.outbox(ACCOUNT)))

    async def settled(self) -> None:
        await until(self.left, is_=0)

    async def close(self) -> None:
        await self.stop()
        await self.intake.close()
        for one in self.connectors:
            await one.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@pytest.fixture
async def account(store: Store, vendor: Vendor, files: Files) -> AsyncIterator[Account]:
    made = Account(store, vendor, files)
    yield made
    await made.close()


@pytest.fixture
async def account_on(vendor: Vendor, files: Files) -> AsyncIterator[Callable[[RedisServer], Account]]:
    """An account on a Redis of the test's own."""
    made: list[Account] = []

    def make(server: RedisServer) -> Account:
        opened = connect(server.url, Keys("own", DeskId("main")))
        made.append(Account(opened, vendor, files))
        return made[-1]

    yield make
    for one in made:
        await one.close()
        await one.store.close()


async def until(ask: Callable[[], Any], *, is_: object = None, seconds: float = 15.0) -> object:
    """Waits until what `ask` says is true, or is the value given. The deadline is for failures only."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = ask()
            if asyncio.iscoroutine(found):
                found = await found
        except StoreUnavailable:
            found = "no store"
        if found == is_ if is_ is not None else found:
            return found
        assert time.monotonic() < deadline, f"waited for {is_ if is_ is not None else 'it'}; it is {found}"
        await asyncio.sleep(0.01)


def say(contact: str, text: str, *, number: int = 0, **more: object) -> Outbound:
    """An outbox entry with words; reported, as an operator's are."""
    sent = SentId(f"7.{number}") if number else SentId(f"7.{abs(hash((contact, text))) % 10**6 + 1}")
    options = {"report": True, "at": time.time_ns() // 1_000_000, "urgency": Urgency.WORDS, **more}
    return Outbound(ContactId(contact), SendMessage(sent, Message(text=text)), **options)


@pytest.fixture
def told() -> SimpleNamespace:
    """What tests call: they cannot import this file."""
    return SimpleNamespace(
        until=until,
        say=say,
        ABLE=ABLE,
        ACCOUNT=ACCOUNT,
        SECRET=SECRET,
        Reconciling=Reconciling,
        Scripted=Scripted,
        Backfilling=Backfilling,
        replace=msgspec.structs.replace,
    )
