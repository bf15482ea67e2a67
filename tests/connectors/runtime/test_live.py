"""Live channels: who listens misses nothing and hears nothing twice, and routes close at once with their account."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
from aiohttp import web

from gateway.connectors.contract import Part, Polled, Registration
from gateway.connectors.live_contract import Listener, Live, Logs, Reception
from gateway.connectors.runtime.account_runtime import AccountRuntime
from gateway.connectors.runtime.context import AccountContext
from gateway.connectors.runtime.live import LiveLogs, LiveReception, LogListener
from gateway.connectors.runtime.live_routes import UPLOADS_SECONDS
from gateway.connectors.runtime.webhook_server import WebhookServer
from gateway.errors import FileProblem, TryLater
from gateway.files import Files
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Ignored, Inbound, Receive, ReceiveTyping, Role
from gateway.model.ids import ContactId, DeskId, FileId, LineId, NativeId, OperatorId
from gateway.model.messages import Message
from gateway.model.outgoing import Receipt
from gateway.model.state import Operator
from gateway.streams import live
from gateway.streams.connection import Store, connect
from gateway.streams.intake import Intake
from gateway.streams.keys import Keys

Account = RedisServer = Told = Vendor = Any
"""conftest's; test modules cannot import it."""
ANNA, BORIS = ContactId("anna"), ContactId("boris")
LINE = LineId("sales")


def wrote(key: str, contact: ContactId = ANNA) -> Inbound:
    return Inbound(f"m:{key}", Receive(contact, Message(native=NativeId(key), text=f"words {key}")))


@pytest.fixture
def context(store: Store, intake: Intake, files: Files, told: Told) -> AccountContext:
    return context_on(store, intake, files, told)


def context_on(store: Store, intake: Intake, files: Files, told: Told, connector: Any = None) -> AccountContext:
    return AccountContext(
        store,
        intake,
        connector or Page(able=told.ABLE),
        channel=None,  # a live channel's bodies are its own
        account=told.ACCOUNT,
        inbox=store.keys.inbox(LINE),
        raw=False,
        files=files,
        line=LINE,
    )


@pytest.fixture
def uploads(tmp_path: Path) -> Files:
    return Files(tmp_path / "uploads", reserve=0)


@contextlib.asynccontextmanager
async def running(reception: LiveReception) -> AsyncIterator[LiveReception]:
    task = asyncio.create_task(reception.run())
    try:
        yield reception
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def reception(context: AccountContext, uploads: Files) -> AsyncIterator[LiveReception]:
    async with running(LiveReception(context, uploads, attended_seconds=0.05)) as one:
        yield one


@pytest.fixture
def logs(context: AccountContext) -> LiveLogs:
    return LiveLogs(context.store, context.account)


# ── accepting ─────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_visitor_says_is_stored_once_and_each_item_hears_its_own_outcome(
    context: AccountContext, reception: LiveReception
) -> None:
    store, keys = context.store, context.store.keys
    await store.note([("HSET", keys.contact(context.account, BORIS), "blocked", 1)])
    given = [
        Inbound("i", Ignored("a sticker of the gods")),
        wrote("1"),
        Inbound("t", ReceiveTyping(ANNA)),
        wrote("2", BORIS),
        wrote("1"),
        wrote("3"),
    ]
    begin = await live.typing_end(store)
    outcomes = [one.outcome for one in await reception.accept(given)]
    assert outcomes == ["left out", "stored", "left out", "blocked", "repeated", "stored"]
    stored = [decode(fields[b"p"], Entry).command for _, fields in await store.ask("XRANGE", context.inbox, "-", "+")]
    assert [one.message.text for one in stored if isinstance(one, Receive)] == ["words 1", "words 3"]
    assert len(stored) == 2
    assert [one.contact for one in await live.read_typing(store, begin, 10, 0)] == [ANNA]
    assert context.counts["ignored"] == 1
    assert [one.outcome for one in await reception.accept([wrote("3")])] == ["repeated"]


async def test_typing_alone_is_told_and_never_stored(context: AccountContext, reception: LiveReception) -> None:
    begin = await live.typing_end(context.store)
    typing = Inbound("t", ReceiveTyping(ANNA))
    assert [one.outcome for one in await reception.accept([typing, typing])] == ["left out", "left out"]
    found = await live.read_typing(context.store, begin, 10, 0)
    assert [(one.account, one.contact) for one in found] == [(context.account, ANNA)]
    assert await context.store.ask("EXISTS", context.inbox) == 0


async def test_typing_is_told_by_polled_and_by_delivered_channels_too(
    account: Account, vendor: Vendor, told: Told
) -> None:
    begin = await live.typing_end(account.store)
    typing = {"update_id": 1, "typing": "ann"}
    server = WebhookServer("127.0.0.1", 0)
    port = await server.start()
    server.add(account.start(address="https://desk.example.com").context)
    url = f"http://127.0.0.1:{port}/hooks/scripted/shop"
    async with (
        aiohttp.ClientSession(headers={"X-Secret": told.SECRET}) as session,
        session.post(url, json=typing) as answer,
    ):
        assert answer.status == 200
    await server.stop()
    await account.stop()
    vendor.say({"typing": "bob"})
    vendor.say({"from": "bob", "text": "hello"})
    account.start()

    async def typed() -> list[str]:
        return [one.contact for one in await live.read_typing(account.store, begin, 10, 0)]

    async def told_both() -> bool:
        return await typed() == ["ann", "bob"]

    await told.until(told_both)
    assert [one.message.text for one in await account.results()] == ["hello"]


async def test_no_words_of_a_visitor_are_in_the_log_lines(
    reception: LiveReception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await reception.accept([wrote("1")])
    assert "stored" in caplog.text
    assert "words" not in str([vars(one) for one in caplog.records])


async def test_while_redis_is_away_a_visitor_hears_to_try_later_and_the_repeat_lands_once(
    own_redis: RedisServer, files: Files, uploads: Files, told: Told
) -> None:
    store = connect(own_redis.url, Keys("own", DeskId("main")))
    intake = Intake(store)
    context = context_on(store, intake, files, told)
    reception, logs = LiveReception(context, uploads), LiveLogs(store, context.account)
    own_redis.kill()
    with pytest.raises(TryLater):
        await reception.accept([wrote("1")])
    assert (await reception.accept([Inbound("t", ReceiveTyping(ANNA))]))[0].outcome == "left out"
    for call in (logs.append(ANNA, "1", {}), logs.after(ANNA, None, 10), logs.hint(ANNA, {})):
        with pytest.raises(TryLater):
            await call
    assert context.counts["not stored"] == 1
    own_redis.start()

    async def lands() -> bool:
        with contextlib.suppress(TryLater):
            return bool(await reception.accept([wrote("1")]))
        return False

    await told.until(lands)
    assert await store.ask("XLEN", context.inbox) == 1
    await intake.close()
    await store.close()


# ── listening ─────────────────────────────────────────────────────────────────────────────────────────


async def test_the_log_says_what_was_appended_in_the_connectors_own_words(logs: LiveLogs) -> None:
    body = {"type": "message", "text": "Добрый день", "files": [{"size": 5}], "reply_to": None}
    first = await logs.append(ANNA, "1", body)
    assert (await logs.append(ANNA, "1", {"type": "other"})) == first
    page = await logs.after(ANNA, None, 10)
    assert [(one.seq, one.body) for one in page.entries] == [(first.seq, body)]
    assert (await logs.after(ANNA, first.seq, 0)).entries == []


async def test_who_listens_hears_of_their_contact_and_of_no_other(reception: LiveReception, logs: LiveLogs) -> None:
    async with reception.listen(ANNA) as anna, reception.listen(BORIS) as boris:
        await quiet(reception, logs, anna, boris)
        await logs.append(BORIS, "1", {})
        await boris.heard()
        waiting = asyncio.create_task(anna.heard())
        await logs.hint(BORIS, {"n": 1})
        # A word about Anna, sent after it, is the first that she hears.
        await logs.hint(ANNA, {"n": 2})
        assert list(await waiting) == [{"n": 2}]


async def quiet(reception: LiveReception, logs: LiveLogs, *listeners: Listener) -> None:
    """Waits until the feed is read, and what woke everybody at its start is heard."""
    probe = ContactId("probe")
    async with reception.listen(probe) as listener:
        async with asyncio.timeout(30):
            while True:
                await logs.hint(probe, {})
                if await listener.heard():
                    break
    for one in listeners:
        assert isinstance(one, LogListener)
        one.tell()
        await one.heard()


async def test_hints_come_in_order_are_kept_by_nobody_and_only_the_newest_wait(
    reception: LiveReception, logs: LiveLogs
) -> None:
    async with reception.listen(ANNA) as listener:
        await quiet(reception, logs, listener)
        for n in range(20):
            await logs.hint(ANNA, {"n": n})
        await quiet(reception, logs)
        heard = await listener.heard()
        assert [one["n"] for one in heard] == list(range(12, 20))
        await logs.append(ANNA, "1", {})
        assert list(await listener.heard()) == []
    assert len((await logs.after(ANNA, None, 10)).entries) == 1


async def test_news_between_the_look_and_the_listening_is_heard(reception: LiveReception, logs: LiveLogs) -> None:
    async with reception.listen(ANNA) as listener:
        await quiet(reception, logs, listener)
        assert (await logs.after(ANNA, "0-0", 10)).entries == []
        await logs.append(ANNA, "1", {"n": 1})
        # The word of it has come and gone before anybody waits.
        await quiet(reception, logs)
        await listener.heard()
        assert [one.body for one in (await logs.after(ANNA, "0-0", 10)).entries] == [{"n": 1}]


async def test_news_while_somebody_waits_is_heard(reception: LiveReception, logs: LiveLogs) -> None:
    async with reception.listen(ANNA) as listener:
        await quiet(reception, logs, listener)
        waiting = asyncio.create_task(listener.heard())
        await asyncio.sleep(0)
        await logs.append(ANNA, "1", {"n": 1})
        await waiting
        assert len((await logs.after(ANNA, "0-0", 10)).entries) == 1


async def test_news_before_the_feed_is_read_for_the_first_time_is_heard(
    context: AccountContext, uploads: Files, logs: LiveLogs
) -> None:
    reception = LiveReception(context, uploads)
    async with reception.listen(ANNA) as listener:
        await logs.append(ANNA, "1", {})
        async with running(reception), asyncio.timeout(60):
            await listener.heard()


async def test_who_is_cancelled_as_the_news_comes_hears_it_the_next_time() -> None:
    listeners: dict[ContactId, tuple[LogListener, ...]] = {}
    async with LogListener(listeners, ANNA) as listener:
        waiting = asyncio.create_task(listener.heard())
        await asyncio.sleep(0)
        listener.tell({"n": 1})
        waiting.cancel()
        assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
        assert list(await listener.heard()) == [{"n": 1}]
        waiting = asyncio.create_task(listener.heard())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        listener.tell({"n": 2})
        assert list(await listener.heard()) == [{"n": 2}]


async def test_thousands_who_listen_are_entries_of_a_dict_and_no_tasks(reception: LiveReception) -> None:
    tasks = len(asyncio.all_tasks())
    async with contextlib.AsyncExitStack() as stack:
        listeners = [await stack.enter_async_context(reception.listen(ContactId(f"c{n % 2500}"))) for n in range(5000)]
        assert len(asyncio.all_tasks()) == tasks
        assert len(reception._listeners) == 2500
        assert all(not hasattr(one, "__dict__") for one in listeners)
    assert reception._listeners == {}


class Screen:
    """What one page of a visitor shows: it reads behind its own position, whenever it hears of news."""

    def __init__(self, reception: Reception, logs: Logs, contact: ContactId) -> None:
        self.shown: list[Any] = []
        self._reception, self._logs, self._contact = reception, logs, contact
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        seq = "0-0"
        async with self._reception.listen(self._contact) as listener:
            while True:
                try:
                    page = await self._logs.after(self._contact, seq, 3)
                except TryLater:
                    await asyncio.sleep(0.02)
                    continue
                assert not page.torn
                self.shown += [one.body["n"] for one in page.entries]
                seq = page.entries[-1].seq if page.entries else seq
                if not page.more:
                    await listener.heard()

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


async def insist(logs: LiveLogs, contact: ContactId, n: int) -> None:
    while True:
        try:
            await logs.append(contact, f"{n}", {"n": n})
        except TryLater:
            await asyncio.sleep(0.02)
        else:
            return


async def talk(logs: LiveLogs, contact: ContactId, numbers: Sequence[int]) -> None:
    for n in numbers:
        await insist(logs, contact, n)


async def test_many_pages_show_everything_once_and_in_order(
    reception: LiveReception, logs: LiveLogs, context: AccountContext, redis_of_all: RedisServer, told: Told
) -> None:
    # Whoever sends sits in another process: other connections, the same Redis.
    elsewhere = connect(redis_of_all.url, context.store.keys)
    sender = LiveLogs(elsewhere, context.account)
    contacts = [ContactId(f"c{n}") for n in range(20)]
    screens = [Screen(reception, logs, one) for one in contacts for _ in range(3)]
    await asyncio.gather(*(talk(sender, one, range(25)) for one in contacts))
    await told.until(lambda: all(len(one.shown) >= 25 for one in screens), seconds=60)
    assert [one.shown for one in screens] == [list(range(25))] * 60
    for one in screens:
        await one.close()
    await elsewhere.close()


async def test_a_gap_in_the_feed_wakes_everybody(
    reception: LiveReception, logs: LiveLogs, context: AccountContext
) -> None:
    store = context.store
    async with reception.listen(ANNA) as listener:
        await quiet(reception, logs, listener)
        # The word about Boris says that it came behind another one, and nobody has heard that.
        waiting = asyncio.create_task(listener.heard())
        await asyncio.sleep(0)
        await store.note([("XADD", store.keys.feed(context.account), "*", "b", "1-1", "c", BORIS)])
        async with asyncio.timeout(30):
            await waiting


async def test_redis_killed_in_the_middle_loses_and_doubles_nothing(
    own_redis: RedisServer, files: Files, uploads: Files, told: Told
) -> None:
    store = connect(own_redis.url, Keys("own", DeskId("main")))
    intake = Intake(store)
    context = context_on(store, intake, files, told)
    logs = LiveLogs(store, context.account)
    contacts = [ContactId(f"c{n}") for n in range(5)]
    async with running(LiveReception(context, uploads)) as reception:
        screens = [Screen(reception, logs, one) for one in contacts]
        talks = [asyncio.create_task(talk(logs, one, range(60))) for one in contacts]
        for border in (5, 25):
            await told.until(lambda border=border: all(len(one.shown) > border for one in screens))
            own_redis.kill()
            own_redis.start()
        await asyncio.gather(*talks)
        await told.until(lambda: all(len(one.shown) >= 60 for one in screens), seconds=60)
        assert [one.shown for one in screens] == [list(range(60))] * 5
        for one in screens:
            await one.close()
    await intake.close()
    await store.close()


# ── on duty, files, addresses ─────────────────────────────────────────────────────────────────────────


async def test_a_line_is_attended_while_one_of_its_operators_is_on_duty(
    context: AccountContext, reception: LiveReception, told: Told
) -> None:
    async def people(**more: Any) -> None:
        row = Operator(**{"id": OperatorId("7"), "name": "Анна", "role": Role.OPERATOR, "entered": True, **more})
        await context.store.note([("HSET", context.store.keys.people, row.id, encode(row))])

    assert not reception.is_attended()
    await people(on_duty=True, lines=(LineId("sales"), LineId("help")))
    await told.until(reception.is_attended)
    for away in ({"on_duty": False}, {"lines": (LineId("help"),)}, {"gone": True}, {"entered": False}):
        await people(**{"on_duty": True, **away})
        await told.until(lambda: not reception.is_attended())
        await people(on_duty=True)
        await told.until(reception.is_attended)


async def chunks(*found: bytes) -> AsyncIterator[bytes]:
    for one in found:
        yield one


async def test_what_a_visitor_sends_is_kept_under_its_name_and_told_by_its_content(reception: LiveReception) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
    kept = await reception.keep("v-1", chunks(png[:5], png[5:]), 200)
    assert (kept.size, kept.mime) == (108, "image/png")
    assert reception.kept("v-1").read_bytes() == png
    assert (await reception.keep("v-1", chunks(b"again"), 200)).size == 5
    with pytest.raises(FileProblem, match="larger"):
        await reception.keep("v-2", chunks(b"x" * 150, b"x" * 51), 200)
    for name in ("v-2", "../secrets", "", "incoming"):
        with pytest.raises(FileProblem):
            reception.kept(name)


# ── live routes ───────────────────────────────────────────────────────────────────────────────────────


class Page:
    """A live channel at test level: its paths are what a test asks for."""

    channel = "page"

    def __init__(self, logs: Logs | None = None, able: Any = None) -> None:
        self.capabilities = able
        self.reception: Reception | None = None
        self.dismissed: list[str] = []
        self.inside = 0
        self.ended: list[str] = []
        self.calls: list[str] = []
        self._logs = logs
        self._sockets: set[web.WebSocketResponse] = set()

    def open(self, reception: Reception) -> None:
        assert self.reception is None, "opened twice"
        self.reception = reception

    async def attend(self, request: web.Request, path: str) -> web.StreamResponse:
        assert self.reception is not None
        self.inside += 1
        try:
            return await self._attend(request, path)
        except asyncio.CancelledError:
            self.ended.append(path)
            raise
        finally:
            self.inside -= 1

    async def _attend(self, request: web.Request, path: str) -> web.StreamResponse:
        assert self.reception is not None
        match path:
            case "socket" | "deaf":
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                if path == "socket":
                    self._sockets.add(socket)
                async for _ in socket:
                    pass
                return socket
            case "stay":
                await asyncio.Event().wait()
            case "upload":
                kept = await self.reception.keep("big", request.content.iter_any(), 1 << 30)
                return web.json_response({"size": kept.size})
            case "address":
                return web.Response(text=self.reception.address_of(request))
            case "fail":
                raise RuntimeError("the visitor's own words")
            case "left":
                raise ConnectionResetError("the visitor has left")
            case "fail midway":
                answer = web.StreamResponse()
                answer.content_length = 100
                await answer.prepare(request)
                await answer.write(b"begun")
                raise RuntimeError("the visitor's own words")
            case "refuse":
                return web.Response(status=403)
            case "http":
                raise web.HTTPNotModified
        return web.Response(text=f"{request.method} {path}")

    async def dismiss(self, reason: Literal["gone", "restart"]) -> None:
        self.dismissed.append(reason)
        code = {"gone": 4004, "restart": 1001}[reason]
        await asyncio.gather(*(one.close(code=code) for one in tuple(self._sockets)))

    def render(self, contact: ContactId, outgoing: Any, known: Any) -> Sequence[Part]:
        return [Part("message", {"text": outgoing.message.text})]

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        assert self._logs is not None
        logged = await self._logs.append(contact, part.request["text"], part.request)
        return Receipt((NativeId(logged.seq),))

    def fetch(self, media: Any) -> Any:
        raise FileProblem("there are none")

    async def close(self) -> None:
        pass


class Greedy(Page):
    """One that could also poll and register."""

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        self.calls.append("poll")
        return Polled((), None)

    async def register(self, address: str | None) -> None:
        self.calls.append("register")

    async def registration(self, address: str | None) -> Registration:
        self.calls.append("registration")
        return Registration("none")


class Site:
    """A server with one live account, and a client of it."""

    def __init__(
        self, server: WebhookServer, context: AccountContext, session: aiohttp.ClientSession, port: int
    ) -> None:
        self.server, self.context, self.session = server, context, session
        self.port = port
        self.root = f"http://127.0.0.1:{port}"
        self.base = f"{self.root}/page/{context.account}"

    @property
    def page(self) -> Any:
        return self.context.connector

    async def get(self, path: str, method: str = "GET", **more: Any) -> tuple[int, str]:
        async with self.session.request(method, f"{self.base}/{path}", **more) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def site(context: AccountContext, uploads: Files) -> AsyncIterator[Site]:
    async def healthy(_request: web.Request) -> web.Response:
        return web.Response(text="fine")

    def extend(app: web.Application) -> None:
        app.router.add_get("/healthz", healthy)
        app.router.add_get("/fixed/health/page", healthy)

    trusted = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]
    server = WebhookServer("127.0.0.1", 0, extend=extend, uploads=uploads, trusted=trusted)
    port = await server.start()
    server.add(context)
    async with aiohttp.ClientSession() as session:
        yield Site(server, context, session, port)
    await server.stop()


async def test_every_method_and_path_below_an_accounts_address_is_the_connectors(site: Site) -> None:
    for method in ("GET", "POST", "OPTIONS", "PUT", "DELETE"):
        assert await site.get("file/a%20b/c", method) == (200, f"{method} file/a b/c")
    assert await site.get("") == (200, "GET ")
    assert await site.get("refuse") == (403, "")
    assert site.context.counts["refused 403"] == 1
    assert (await site.get("http"))[0] == 304


async def test_other_addresses_stay_what_they_were(site: Site) -> None:
    async def status(method: str, path: str) -> int:
        async with site.session.request(method, f"{site.root}{path}") as answer:
            return answer.status

    assert await status("GET", "/healthz") == 200
    assert await status("GET", "/fixed/health/page") == 200
    for path in ("/", "/page", "/page/shop", "/page/other/", "/other/shop/", "/fixed/health/other"):
        assert (path, await status("GET", path)) == (path, 404)
    # A webhook of a live account there is none, and other methods are not the live addresses' business.
    assert await status("POST", "/hooks/page/shop") == 404
    assert await status("PUT", "/hooks/page/shop") == 405
    assert await status("GET", "/hooks/page/shop/socket") == 404


async def test_uploads_are_not_cut_by_the_webhooks_limit(site: Site) -> None:
    status, text = await site.get("upload", "POST", data=chunks(*[b"x" * (1 << 20)] * 3))
    assert (status, json.loads(text)) == (200, {"size": 3 << 20})


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ([], "127.0.0.1"),
        (["203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1, 203.0.113.7, 10.0.0.1"], "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
    ],
)
async def test_a_visitors_address_is_what_the_trusted_proxies_say(site: Site, headers: list[str], address: str) -> None:
    given = [("X-Forwarded-For", one) for one in headers]
    assert await site.get("address", headers=given) == (200, address)


async def test_without_trusted_proxies_a_visitor_cannot_choose_an_address(
    context: AccountContext, uploads: Files
) -> None:
    server = WebhookServer("127.0.0.1", 0, uploads=uploads)
    port = await server.start()
    server.add(context)
    async with aiohttp.ClientSession() as session:
        site = Site(server, context, session, port)
        assert await site.get("address", headers={"X-Forwarded-For": "203.0.113.7"}) == (200, "127.0.0.1")
    await server.stop()


async def test_a_visitor_who_left_ends_what_waited_for_them(site: Site, told: Told) -> None:
    visit = asyncio.create_task(site.get("stay"))
    await told.until(lambda: site.page.inside == 1)
    visit.cancel()
    await asyncio.gather(visit, return_exceptions=True)
    await told.until(lambda: site.page.ended == ["stay"])


async def test_a_vendor_that_hung_up_is_stored_all_the_same(account: Account, told: Told) -> None:
    server = WebhookServer("127.0.0.1", 0)
    port = await server.start()
    context = account.start(address="https://desk.example.com").context
    server.add(context)
    body = json.dumps({"update_id": 1, "from": "ann", "text": "hello"}).encode()
    head = ["POST /hooks/scripted/shop HTTP/1.1", "Host: x", f"X-Secret: {told.SECRET}", f"Content-Length: {len(body)}"]
    serving, goes_on = asyncio.Event(), asyncio.Event()
    serve = context.connector.serve

    async def serve_slowly(call: Any) -> Any:
        serving.set()
        await goes_on.wait()
        return await serve(call)

    context.connector.serve = serve_slowly
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    await serving.wait()
    writer.transport.abort()
    await told.until(lambda: server._runner.server.connections == [])
    goes_on.set()

    async def stored() -> bool:
        return bool(await account.results())

    await told.until(stored)
    await server.stop()


async def test_a_connectors_mistake_is_500_and_its_words_are_in_no_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await site.get("fail"))[0] == 500
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"GET /page/{site.context.account}/fail%20midway HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    seen = b""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(1000):
            seen += piece
    writer.close()
    assert b" 500 " not in seen, "a second answer stands in the middle of the first"
    with pytest.raises(aiohttp.ClientError):
        await site.get("left")
    assert caplog.text.count("page failed") == 2, "that somebody leaves is no failure"
    assert "own words" not in caplog.text
    assert "own words" not in str([vars(one) for one in caplog.records])
    assert (await site.get("well"))[0] == 200


async def test_an_account_that_is_taken_off_closes_its_sockets_at_once(site: Site) -> None:
    async with site.session.ws_connect(f"{site.base}/socket") as socket:
        receiving = asyncio.create_task(socket.receive())
        await site.server.remove(site.context)
        assert (await receiving).data == 4004
    assert site.page.dismissed == ["gone"]
    assert (await site.get("socket"))[0] == 404
    await site.server.remove(site.context)
    assert site.page.dismissed == ["gone"]


async def test_who_does_not_go_by_themselves_is_cut_off_with_the_account(site: Site, told: Told) -> None:
    visit = asyncio.create_task(site.get("stay"))
    await told.until(lambda: site.page.inside == 1)
    async with site.session.ws_connect(f"{site.base}/deaf") as socket:
        await site.server.remove(site.context)
        assert site.page.inside == 0
        assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    assert sorted(site.page.ended) == ["deaf", "stay"]
    await asyncio.gather(visit, return_exceptions=True)


async def test_a_server_that_stops_tells_its_sockets_and_waits_for_none(site: Site, told: Told) -> None:
    visit = asyncio.create_task(site.get("stay"))
    await told.until(lambda: site.page.inside == 1)
    async with (
        site.session.ws_connect(f"{site.base}/socket") as told_socket,
        site.session.ws_connect(f"{site.base}/deaf") as deaf,
    ):
        receiving = asyncio.create_task(told_socket.receive())
        # A minute is for a slow machine; whoever waited for these sockets would wait for ever.
        async with asyncio.timeout(60):
            await site.server.stop()
        assert site.page.inside == 0
        assert (await receiving).data == 1001
        await deaf.receive()
    assert site.page.dismissed == ["restart"]
    await asyncio.gather(visit, return_exceptions=True)
    with pytest.raises(aiohttp.ClientConnectorError):
        await site.get("well")


async def test_while_the_process_ends_visitors_are_told_to_come_back(site: Site) -> None:
    await site.server.dismiss()
    async with site.session.get(f"{site.base}/well") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    async with site.session.get(f"{site.root}/healthz") as answer:
        assert answer.status == 200
    assert site.page.dismissed == ["restart"]


async def test_while_the_process_starts_an_account_that_is_not_there_yet_is_no_reason_to_give_up(
    context: AccountContext, uploads: Files
) -> None:
    server = WebhookServer("127.0.0.1", 0, uploads=uploads, is_starting=True)
    port = await server.start()
    async with aiohttp.ClientSession() as session:
        site = Site(server, context, session, port)

        async def statuses() -> tuple[int, int]:
            async with session.post(f"{site.root}/hooks/page/shop") as answer:
                return (await site.get("well"))[0], answer.status

        assert await statuses() == (503, 503)
        server.add(context)
        assert await statuses() == (200, 404)
        await server.remove(context)
        server.complete()
        assert await statuses() == (404, 404)
    await server.stop()


async def test_a_connector_that_cannot_dismiss_does_not_keep_the_server(site: Site, told: Told) -> None:
    async def hang(reason: str) -> None:
        site.page.dismissed.append(reason)
        await asyncio.Event().wait()

    site.page.dismiss = hang
    visit = asyncio.create_task(site.get("stay"))
    await told.until(lambda: site.page.inside == 1)
    async with asyncio.timeout(60):
        await site.server.stop()
    assert (site.page.inside, site.page.dismissed) == (0, ["restart"])
    await asyncio.gather(visit, return_exceptions=True)


async def test_a_connector_in_place_of_a_parked_one_has_the_reception_too(site: Site) -> None:
    site.context.connector = Page()
    assert await site.get("address") == (200, "127.0.0.1")
    assert (await site.get("address"))[0] == 200


async def test_a_live_account_needs_a_folder_for_uploads(context: AccountContext) -> None:
    with pytest.raises(ValueError, match="uploads"):
        WebhookServer("127.0.0.1", 0).add(context)


async def test_stopping_leaves_no_task_behind(context: AccountContext, uploads: Files) -> None:
    before = asyncio.all_tasks()
    server = WebhookServer("127.0.0.1", 0, uploads=uploads)
    await server.start()
    server.add(context)
    assert len(asyncio.all_tasks()) > len(before)
    await server.remove(context)
    context.connector = Page()
    server.add(context)
    await server.stop()
    assert asyncio.all_tasks() - before == set()


async def test_uploads_of_more_than_a_month_are_swept_away(context: AccountContext, uploads: Files, told: Told) -> None:
    for name in ("old", "young"):
        await uploads.put(FileId(name), chunks(b"bytes"), 10)
    seconds = uploads.path(FileId("old")).stat().st_mtime - UPLOADS_SECONDS
    os.utime(uploads.path(FileId("old")), (seconds - 60, seconds - 60))
    os.utime(uploads.path(FileId("young")), (seconds + 3600, seconds + 3600))
    server = WebhookServer("127.0.0.1", 0, uploads=uploads)
    await server.start()
    server.add(context)
    await told.until(lambda: not uploads.has(FileId("old")))
    assert uploads.has(FileId("young"))
    await server.stop()


# ── sending ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_live_account_sends_to_its_log_and_is_never_polled_or_registered(
    store: Store, intake: Intake, files: Files, uploads: Files, told: Told
) -> None:
    logs = LiveLogs(store, told.ACCOUNT)
    # The web process and the sender's have a connector each.
    page, sender = Page(), Greedy(logs, able=told.replace(told.ABLE, resend_ms=24 * 3600 * 1000))
    assert isinstance(sender, Live)
    runtime = AccountRuntime(
        store, intake, sender, channel=None, account=told.ACCOUNT, inbox=store.keys.inbox(LINE), files=files, line=LINE
    )
    outbox = store.keys.outbox(told.ACCOUNT)

    async def settled() -> bool:
        return bool(await store.ask("XLEN", outbox) == 0)

    async with (
        running(LiveReception(context_on(store, intake, files, told, page), uploads)) as reception,
        reception.listen(ANNA) as listener,
    ):
        await quiet(reception, logs, listener)
        work = asyncio.create_task(runtime.run())
        await store.note([("XADD", outbox, "*", "p", encode(told.say("anna", "Здравствуйте")))])
        async with asyncio.timeout(60):
            await listener.heard()
        assert [one.body["text"] for one in (await logs.after(ANNA, None, 5)).entries] == ["Здравствуйте"]
        await told.until(settled)
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert f"sender:{told.ACCOUNT}" in names
        assert f"poller:{told.ACCOUNT}" not in names
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert sender.calls == []
