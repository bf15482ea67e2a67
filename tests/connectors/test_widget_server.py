"""The widget's server on the real runtime and a real Redis: sessions, sockets, polls, files, strangers at the edge."""

import asyncio
import hashlib
import hmac
import io
import json
import logging
import socket as plain
import struct
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.connectors.contract import Known, Tools
from gateway.connectors.live_contract import Accepted, LiveTools
from gateway.connectors.runtime.context import AccountContext
from gateway.connectors.runtime.live import LiveLogs, LiveReception
from gateway.connectors.runtime.webhook_server import WebhookServer
from gateway.connectors.toolkit.http import HttpClient
from gateway.connectors.widget.connector import WidgetConnector
from gateway.connectors.widget.reading import Reading
from gateway.connectors.widget.settings import Settings
from gateway.connectors.widget.site import Timings
from gateway.errors import FileProblem, TryLater
from gateway.files import Files
from gateway.model.codec import decode
from gateway.model.commands import Entry, Inbound, Receive, ReceivePress, ReceiveRead
from gateway.model.ids import AccountId, ContactId, FileId, LineId, NativeId, SentId
from gateway.model.messages import Button, FileState, Media, MediaKind, Message
from gateway.model.outgoing import (
    Outgoing,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
    SendReadMark,
    SendTyping,
)
from gateway.streams.connection import Store
from gateway.streams.intake import Intake

Told = Any
"""conftest's; test modules cannot import it."""
Json = dict[str, Any]
ORIGIN = "https://shop.example.com"
SECRET, IDENTITY = "a secret of the tests that is long enough", "the secret of the site's own server, too"
START = 1_790_000_000_000
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03\x08\x02\x00\x00\x00"
    b"\x00\x00\x00\x00\x00\x00\x00\x00IEND\xaeB`\x82"
)
QUICK = Timings(hello=30, slow=30, heartbeat=300, rounds=0.02, again=0.02, penalty=0.0, poll=600)


class Front:
    """The real reception; whether somebody is on duty is the test's to say, and whether anything can be stored."""

    def __init__(self, inner: LiveReception) -> None:
        self.inner = inner
        self.online = False
        self.works = True
        self.listeners = 0
        """How many sockets and polls there were."""
        self.stalls: dict[str, asyncio.Event] = {}
        """Messages that are stored, and heard of only when their event is set."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def is_attended(self) -> bool:
        return self.online

    def listen(self, contact: ContactId) -> Any:
        self.listeners += 1
        return self.inner.listen(contact)

    async def accept(self, items: Sequence[Inbound]) -> Sequence[Accepted]:
        if not self.works:
            raise TryLater("as the test says", after=1)
        accepted = await self.inner.accept(items)
        for one in items:
            if (stall := self.stalls.get(one.key.rpartition(":")[2])) is not None:
                await stall.wait()
        return accepted


class Pages:
    """The real logs; whether they can be read is the test's to say."""

    def __init__(self, inner: LiveLogs) -> None:
        self.inner = inner
        self.works = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def after(self, contact: ContactId, seq: str | None, limit: int) -> Any:
        if not self.works:
            raise TryLater("as the test says", after=1)
        return await self.inner.after(contact, seq, limit)


class Connected(WidgetConnector):
    """Opened at a `Front`."""

    front: Front

    def open(self, reception: Any) -> None:
        self.front = Front(reception)
        super().open(self.front)


class Site:
    """A running account and a browser's manners."""

    def __init__(self, server: WebhookServer, context: AccountContext, connector: Connected, clock: list[int]) -> None:
        self.server, self.context, self.connector, self.clock = server, context, connector, clock
        self.session = aiohttp.ClientSession()
        self.port = 0

    @property
    def front(self) -> Front:
        return self.connector.front

    @property
    def logs(self) -> Any:
        return self.connector._live.logs

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/widget/site"

    async def ask(self, path: str, method: str = "POST", **more: Any) -> tuple[int, Any, Any]:
        """Status, body and headers."""
        headers = {"Origin": ORIGIN, **more.pop("headers", {})}
        async with self.session.request(method, f"{self.base}/{path}", headers=headers, **more) as answer:
            body = await answer.read()
            told = json.loads(body) if answer.content_type == "application/json" else body
            return answer.status, told, answer.headers

    async def visitor(self, **body: Any) -> Json:
        status, told, _ = await self.ask("session", json=body)
        assert status == 200, told
        found: Json = told
        return found

    @asynccontextmanager
    async def page(self, who: Json, after: str | None = None, **hello: Any) -> AsyncIterator["Page"]:
        async with self.session.ws_connect(f"{self.base}/socket", origin=ORIGIN) as link:
            page = Page(link)
            await page.say(type="hello", token=who["token"], after=after, **hello)
            yield page

    async def operator(self, who: Json, *outgoing: Outgoing, known: Known | None = None) -> None:
        """As the runtime's sender does."""
        contact = ContactId(who["visitor"])
        for one in outgoing:
            for part in self.connector.render(contact, one, known or Known()):
                await self.connector.send(contact, part)

    async def inbox(self) -> list[Any]:
        found = await self.context.store.ask("XRANGE", self.context.inbox, "-", "+")
        return [decode(fields[b"p"], Entry).command for _, fields in found]


class Page:
    """A page's end of a socket."""

    def __init__(self, link: aiohttp.ClientWebSocketResponse) -> None:
        self.link = link
        self.seen: list[Json] = []

    async def say(self, **frame: Any) -> None:
        await self.link.send_str(json.dumps(frame))

    async def until(self, kind: str, **fields: Any) -> Json:
        """The next frame of this kind with these fields."""
        while True:
            async with asyncio.timeout(30):
                message = await self.link.receive()
            assert message.type is aiohttp.WSMsgType.TEXT, f"{message}; {self.seen}"
            frame: Json = json.loads(message.data)
            self.seen.append(frame)
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def closed(self) -> int | None:
        """The code that it is closed with."""
        async with asyncio.timeout(30):
            while (message := await self.link.receive()).type is aiohttp.WSMsgType.TEXT:
                self.seen.append(json.loads(message.data))
        return int(message.data) if message.type is aiohttp.WSMsgType.CLOSE else self.link.close_code


Start = Callable[..., Any]


@pytest.fixture
async def start(store: Store, intake: Intake, files: Files, tmp_path: Path) -> AsyncIterator[Start]:
    running: list[Site] = []

    async def begin(timings: Timings = QUICK, **changes: Any) -> Site:
        table = {"secret": SECRET, "identity_secret": IDENTITY, "origins": [ORIGIN], "address_per_minute": 100_000}
        settings = Settings.model_validate({
            **table, "messages_per_minute": 100_000, "sessions_per_address_minute": 100_000, **changes
        })  # fmt: skip
        account, clock = AccountId("site"), [START]
        uploads = Files(tmp_path / "uploads", reserve=0)
        logs = Pages(LiveLogs(store, account))
        tools = LiveTools(account=account, http=HttpClient(api_url=""), files=files, logs=logs, uploads=uploads)
        connector = Connected(settings, tools, clock=lambda: clock[0], timings=timings)
        context = AccountContext(
            store, intake, connector, channel=None, account=account, inbox=store.keys.inbox(LineId("sales")),
            raw=False, files=files, line=LineId("sales"),
        )  # fmt: skip
        server = WebhookServer("127.0.0.1", 0, uploads=uploads)
        site = Site(server, context, connector, clock)
        running.append(site)
        site.port = await server.start()
        server.add(context)
        return site

    yield begin
    for site in running:
        await site.session.close()
        await site.server.stop()
        await site.connector.close()


@pytest.fixture
async def site(start: Start) -> Site:
    found: Site = await start()
    return found


def signature(text: str) -> str:
    return hmac.new(IDENTITY.encode(), text.encode(), hashlib.sha256).hexdigest()


def words(text: str, number: int = 1, **more: Any) -> SendMessage:
    return SendMessage(SentId(f"7.{number}"), Message(text=text, **more), author="Анна")


# ── sessions ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_first_visit_gets_a_visitor_and_how_the_chat_is_to_look(start: Start) -> None:
    site = await start(title="Магазин", ask="name!, phone", policy_url="https://shop.example.com/privacy")
    status, told, headers = await site.ask("session", json={"language": "ru-RU"})
    assert status == 200
    assert told["visitor"].startswith("v-")
    assert len(told["visitor"]) == 24
    assert told["expires_at"] == START // 1000 + 3600
    assert told["online"] is False
    look = told["look"]
    assert (look["title"], look["policy"]) == ("Магазин", "https://shop.example.com/privacy")
    assert look["ask"] == [{"field": "name", "required": True}, {"field": "phone", "required": False}]
    assert (look["upload_limit"], look["text_limit"]) == (20 * 1024 * 1024, 4096)
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Origin" in headers["Vary"]
    assert SECRET not in json.dumps(told)
    assert (await site.visitor())["visitor"] != told["visitor"]


async def test_a_token_renews_until_it_ends_and_then_is_nobody(site: Site) -> None:
    first = await site.visitor()
    site.clock[0] += 3600 * 1000
    assert (await site.ask("poll", json={"token": first["token"], "after": None}))[0] == 401
    assert (await site.ask("session", json={"token": first["token"]}))[:2] == (401, {"error": "token"})
    assert (await site.ask("poll", json={"token": first["renew"], "after": None}))[:2] == (401, {"error": "token"})
    second = await site.visitor(token=first["renew"])
    assert second["visitor"] == first["visitor"]
    assert (await site.ask("poll", json={"token": second["token"], "after": None}))[0] == 200
    site.clock[0] += 180 * 24 * 3600 * 1000
    assert (await site.ask("session", json={"token": second["renew"]}))[0] == 401


async def test_a_signed_user_has_one_history_and_a_forged_one_none(site: Site) -> None:
    user = {"id": "17", "name": "Мария", "signature": signature("17")}
    anonymous, known = await site.visitor(), await site.visitor(user=user)
    assert known["visitor"].startswith("u-")
    again = await site.visitor(user=user, token=anonymous["token"])
    assert again["visitor"] == known["visitor"], "a token beside the signature opens nothing of its own"
    for forged in ({**user, "id": "18"}, {"id": "17"}, {**user, "signature": signature("18")}, "17", 17, [], True):
        status, told, _ = await site.ask("session", json={"user": forged, "token": known["token"]})
        assert (status, told) == (403, {"error": "identity"})
    await site.operator(known, words("only for Maria"))
    async with site.page(anonymous) as page:
        await page.until("caught_up")
        assert "only for Maria" not in json.dumps(page.seen)


async def test_without_the_sites_secret_nobody_is_identified(start: Start) -> None:
    site = await start(identity_secret="")
    assert (await site.ask("session", json={"user": {"id": "1", "signature": signature("1")}}))[0] == 403


# ── talking ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_is_stored_once_shown_in_every_tab_and_found_on_return(site: Site) -> None:
    who = await site.visitor(language="ru")
    async with site.page(who) as one, site.page(who) as two:
        ready = await one.until("ready")
        assert (ready["visitor"], ready["torn"], ready["online"]) == (who["visitor"], False, False)
        await one.until("caught_up")
        await two.until("caught_up")
        visit = {"url": "https://shop.example.com/tea?x=1", "title": "  Чай\n", "referrer": "javascript:alert(1)"}
        await one.say(type="message", id="c1", text=" Здравствуйте!\r\nЕсть чай? ", visit=visit)
        stored = await one.until("stored")
        await one.say(type="message", id="c1", text="Здравствуйте!\nЕсть чай?")
        assert (await one.until("stored"))["seq"] == stored["seq"]
        shown = await two.until("message")
        assert shown == {
            "type": "message", "seq": stored["seq"], "id": "c1", "from": "visitor", "at": START,
            "text": "Здравствуйте!\nЕсть чай?",
        }  # fmt: skip
    (received,) = await site.inbox()
    assert isinstance(received, Receive)
    assert received.message.native == "c1"
    assert received.message.at == START
    assert received.profile is not None
    assert received.profile.name == f"Гость {who['visitor'][2:6]}"
    assert received.visit is not None
    assert (received.visit.url, received.visit.title) == ("https://shop.example.com/tea?x=1", "Чай")
    assert received.visit.referrer is None
    async with site.page(who) as again:
        await again.until("caught_up")
        assert [frame["id"] for frame in again.seen if frame["type"] == "message"] == ["c1"]
    async with site.page(who, after=stored["seq"]) as later:
        await later.until("caught_up")
        assert [frame["type"] for frame in later.seen] == ["ready", "caught_up"]


async def test_all_that_an_operator_does_reaches_the_page_in_order(site: Site) -> None:
    who = await site.visitor()
    known = Known(target=(NativeId("7.1"),))
    async with site.page(who) as page:
        await page.until("caught_up")
        await page.say(type="message", id="c1", text="hello")
        await page.until("stored")
        buttons = ((Button("Да", data="q:Да"), Button("x", url="javascript:alert(1)")),)
        await site.operator(who, words("Добрый день", buttons=buttons), SendReadMark(NativeId("c1")))
        await site.operator(who, SendEdit(SentId("7.1"), Message(text="B")), known=known)
        await site.operator(who, SendEdit(SentId("7.1"), Message(text="A")), known=known)
        await site.operator(who, SendEdit(SentId("7.1"), Message(text="B")), known=known)
        await site.operator(who, SendReaction(NativeId("press:c1"), "👍"), SendReaction(NativeId("c1"), None))
        await site.operator(who, SendDelete(SentId("7.1")), known=known)
        await page.until("delete", id="7.1")
        log = [frame for frame in page.seen if "seq" in frame and frame["type"] != "stored"][1:]
    assert log[0]["from"] == "operator"
    assert log[0]["author"] == "Анна"
    assert log[0]["at"] == START
    assert log[0]["buttons"] == [[{"text": "Да", "data": "q:Да"}]]
    assert [(one["type"], one["id"]) for one in log[1:]] == [
        ("read", "c1"), ("edit", "7.1"), ("edit", "7.1"), ("edit", "7.1"),
        ("reaction", "c1"), ("reaction", "c1"), ("delete", "7.1"),
    ]  # fmt: skip
    assert [one["text"] for one in log if one["type"] == "edit"] == ["B", "A", "B"]


async def test_a_repeated_send_shows_nothing_twice(site: Site) -> None:
    who = await site.visitor()
    contact = ContactId(who["visitor"])
    (part,) = site.connector.render(contact, words("once"), Known())
    receipts = [await site.connector.send(contact, part) for _ in range(3)]
    assert {one.natives for one in receipts} == {(NativeId("7.1"),)}
    async with site.page(who) as page:
        await page.until("caught_up")
    assert [frame["text"] for frame in page.seen if frame["type"] == "message"] == ["once"]


async def test_typing_goes_both_ways_and_is_kept_nowhere(site: Site) -> None:
    who = await site.visitor()
    async with site.page(who) as page:
        await page.until("caught_up")
        await site.operator(who, SendTyping())
        assert (await page.until("typing"))["seconds"] == 5
        for _ in range(3):
            await page.say(type="typing")
        await page.say(type="ping", n=7)
        assert await page.until("pong") == {"type": "pong", "n": 7}
    assert await site.inbox() == []
    assert len(await site.context.store.ask("XRANGE", site.context.store.keys.typing, "-", "+")) == 1


async def test_what_a_visitor_has_read_and_pressed_reaches_the_inbox(site: Site) -> None:
    who = await site.visitor()
    async with site.page(who) as page:
        await page.say(type="read", id="7.1#2")
        await page.say(type="read", id="somebody-elses")
        await page.say(type="press", id="p1", message="7.1", data="q:Да, конечно")
        stored = await page.until("stored")
        await page.say(type="press", id="p2", message="7.1", data="other")
        assert "seq" not in await page.until("stored", id="p2")
        # An entry may come before the answer or behind it.
        shown = next((one for one in page.seen if one["type"] == "message"), None) or await page.until("message")
        assert shown["seq"] == stored["seq"]
        assert (shown["text"], shown["reply_to"], shown["id"]) == ("Да, конечно", "7.1", "p1")
    read, one, two = await site.inbox()
    assert isinstance(read, ReceiveRead)
    assert read.message == "7.1"
    assert isinstance(one, ReceivePress)
    assert (one.press, one.data, one.native) == ("p1", "q:Да, конечно", "7.1")
    assert isinstance(two, ReceivePress)


async def test_claims_of_a_visitor_go_along_and_consent_has_our_clock_and_policy(start: Start) -> None:
    site = await start(ask="name!, email", policy_url="https://shop.example.com/privacy")
    who = await site.visitor(user={"id": 17, "signature": signature("17")})
    async with site.page(who, language="en-GB") as page:
        profile = {"name": "Мария\u202e  С.", "phone": "+7 900", "email": "m@example.com", "consent": True}
        await page.say(type="message", id="c1", text="1", profile=profile)
        await page.say(type="message", id="c2", text="2")
        await page.until("stored", id="c2")
    first, second = (one.profile for one in await site.inbox())
    assert (first.name, first.username, first.language) == ("Мария С.", "17", "en-GB")
    assert (first.phone, first.email) == ("+7 900", "m@example.com")
    assert (first.consent.at, first.consent.policy) == (START, "https://shop.example.com/privacy")
    assert (second.name, second.email, second.consent) == ("Мария С.", "m@example.com", None)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ({"type": "message", "id": "c1", "text": "x" * 4097}, "too_long"),
        ({"type": "message", "id": "c1", "text": "🦊" * 2049}, "too_long"),
        ({"type": "message", "id": "c1", "text": " \n\x00"}, "bad"),
        ({"type": "message", "id": "c1"}, "bad"),
        ({"type": "message", "id": "c1", "text": 5}, "bad"),
        ({"type": "message", "id": "c1", "text": "x", "files": [{"upload": "u1.e30.x"}]}, "upload"),
        ({"type": "message", "id": "c1", "text": "x", "files": [{}] * 11}, "bad"),
        ({"type": "press", "id": "c1", "message": "7.1", "data": ""}, "bad"),
        ({"type": "press", "id": "c1", "message": "7.1", "data": "q:" + "ж" * 32}, "bad"),
        ({"type": "message", "id": "a b", "text": "x"}, "bad"),
        ({"type": "message", "id": "c1\n", "text": "x"}, "bad"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_its_reason(site: Site, frame: Json, why: str) -> None:
    who = await site.visitor()
    async with site.page(who) as page:
        await page.say(**frame)
        refused = await page.until("refused")
        assert refused["why"] == why
        assert refused.get("id") == (frame["id"] if frame["id"] == "c1" else None)
        await page.say(type="ping", n=1)
        await page.until("pong")
    assert await site.inbox() == []


async def test_nonsense_is_refused_and_unknown_kinds_are_passed_over(site: Site) -> None:
    who = await site.visitor()
    async with site.page(who) as page:
        await page.until("caught_up")
        for text in ("", "{", "[]", "17", "null", '"x"', '{"type":5}', "[" * 5000, '{"type":"message","id":NaN}', "{}"):
            await page.link.send_str(text)
            assert (await page.until("refused"))["why"] == "bad"
        await page.link.send_bytes(b'{"type":"message"}')
        await page.say(type="of the future", id="c1", text="x")
        await page.say(type="hello", token="again", after=None)
        await page.say(type="ping", n=1)
        await page.until("pong")
        assert [one["type"] for one in page.seen[2:-1]] == ["refused"] * 10


async def test_while_it_cannot_be_stored_a_message_is_refused_as_busy_and_its_resend_lands(site: Site) -> None:
    who = await site.visitor()
    async with site.page(who) as page:
        site.front.works = False
        await page.say(type="message", id="c1", text="x")
        assert await page.until("refused") == {"type": "refused", "why": "busy", "id": "c1", "retry_after": 1}
        site.front.works = True
        await page.say(type="message", id="c1", text="x")
        await page.until("stored")
    assert len(await site.inbox()) == 1


async def test_the_log_has_the_order_of_the_inbox_whoever_is_slow(site: Site, told: Told) -> None:
    who = await site.visitor()
    talk: Any = site.connector._http_api._sockets._talk
    async with site.page(who) as one, site.page(who) as two:
        await two.until("caught_up")
        site.front.stalls["c1"] = asyncio.Event()
        await one.say(type="message", id="c1", text="first")
        await told.until(site.inbox)
        await two.say(type="message", id="c2", text="second")
        await told.until(lambda: talk._locks[who["visitor"]]._waiters)
        site.front.stalls["c1"].set()
        await two.until("stored")
        await one.until("stored")
    assert [command.message.native for command in await site.inbox()] == ["c1", "c2"]
    found = await site.logs.after(ContactId(who["visitor"]), None, 10)
    assert [entry.body["id"] for entry in found.entries] == ["c1", "c2"]


async def test_of_a_log_that_was_empty_nothing_is_left_out_later(site: Site) -> None:
    visitor = ContactId("v-anna")
    http_api: Any = site.connector._http_api
    reading = Reading(http_api._site, visitor, None)
    assert (await reading.next()).frames == []
    for number in range(250):
        await site.logs.append(visitor, f"k{number}", {"type": "message", "n": number})
    shown: list[Any] = []
    while (piece := await reading.next()).more:
        shown += piece.frames
    assert [one["n"] for one in [*shown, *piece.frames]] == list(range(250))


async def test_while_the_log_cannot_be_read_a_page_waits_and_a_poll_hears_so(site: Site) -> None:
    who = await site.visitor()
    site.logs.works = False
    status, body, _ = await site.ask("poll", json={"token": who["token"], "after": None})
    assert (status, body) == (503, {"error": "busy", "retry_after": 1})
    async with site.page(who) as page:
        await page.say(type="ping", n=1)
        await page.until("pong")
        site.logs.works = True
        await page.until("caught_up")
        assert [one["type"] for one in page.seen] == ["pong", "ready", "caught_up"]


async def test_a_blocked_visitor_hears_so_and_nothing_is_shown(site: Site) -> None:
    who = await site.visitor()
    store = site.context.store
    await store.note([("HSET", store.keys.contact(AccountId("site"), ContactId(who["visitor"])), "blocked", 1)])
    async with site.page(who) as page:
        await page.say(type="message", id="c1", text="x")
        assert (await page.until("refused"))["why"] == "blocked"
        assert all(one["type"] != "message" for one in page.seen)


# ── tokens of open sockets ────────────────────────────────────────────────────────────────────────────


async def test_a_socket_is_asked_for_a_new_token_in_time_and_closed_without(site: Site) -> None:
    who = await site.visitor()
    async with site.page(who) as renewed, site.page(who) as silent:
        await renewed.until("caught_up")
        await silent.until("caught_up")
        site.clock[0] += (3600 - 299) * 1000
        await renewed.until("renew")
        await silent.until("renew")
        fresh = await site.visitor(token=who["renew"])
        await renewed.say(type="token", token=fresh["token"])
        await renewed.say(type="ping", n=1)
        await renewed.until("pong")
        site.clock[0] += 300 * 1000
        assert await silent.closed() == 4001
        await renewed.say(type="ping", n=2)
        await renewed.until("pong", n=2)


@pytest.mark.parametrize(
    "first", ["", "{}", '{"type":"ping"}', '{"type":"hello","token":"x"}', '{"type":"hello"}', "[1"]
)
async def test_who_does_not_say_hello_is_shown_out(site: Site, first: str) -> None:
    async with site.session.ws_connect(f"{site.base}/socket", origin=ORIGIN) as link:
        await link.send_str(first)
        assert await Page(link).closed() == 4001


async def test_who_says_nothing_is_shown_out(start: Start) -> None:
    site = await start(timings=Timings(hello=0.05))
    async with site.session.ws_connect(f"{site.base}/socket", origin=ORIGIN) as link:
        assert await Page(link).closed() == 4001


async def test_a_token_of_somebody_else_closes_the_socket(site: Site) -> None:
    who, other = await site.visitor(), await site.visitor()
    async with site.page(who) as page:
        await page.say(type="token", token=other["token"])
        assert await page.closed() == 4001


# ── presence, dismissal, numbers ──────────────────────────────────────────────────────────────────────


async def test_pages_hear_when_somebody_comes_on_duty(site: Site) -> None:
    who = await site.visitor()
    async with site.page(who) as page:
        await page.until("caught_up")
        site.front.online = True
        assert (await page.until("online"))["online"] is True
        poll = asyncio.create_task(site.ask("poll", json={"token": who["token"], "after": "0-0", "wait": 600}))
        await wait_for_poll(site)
        site.front.online = False
        assert (await page.until("online"))["online"] is False
        assert (await poll)[1]["frames"][0]["online"] is False


async def wait_for_poll(site: Site) -> None:
    http_api: Any = site.connector._http_api
    async with asyncio.timeout(30):
        while not http_api._polls._waiting:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(("reason", "code", "status"), [("gone", 4004, 404), ("restart", 1001, 503)])
async def test_all_are_sent_away_at_once(site: Site, reason: Any, code: int, status: int) -> None:
    who = await site.visitor()
    async with site.page(who) as one, site.page(who) as two:
        await one.until("caught_up")
        await two.until("caught_up")
        poll = asyncio.create_task(site.ask("poll", json={"token": who["token"], "after": "0-0", "wait": 600}))
        await wait_for_poll(site)
        await site.connector.dismiss(reason)
        assert await one.closed() == code
        assert await two.closed() == code
        assert (one.seen[-1]["type"] == "gone") is (reason == "gone")
        assert (await poll)[:2] == (status, {"error": reason})
    assert (await site.ask("session", json={}))[:2] == (status, {"error": reason})


async def test_a_visitor_and_an_address_have_so_many_sockets(start: Start) -> None:
    site = await start(sockets_per_visitor=2, sockets_per_address=3)
    who, other = await site.visitor(), await site.visitor()
    async with site.page(who) as one, site.page(who) as two:
        await one.until("caught_up")
        await two.until("caught_up")
        async with site.page(who) as third:
            assert await third.closed() == 4009
        async with site.page(other) as page:
            await page.until("caught_up")
            async with site.page(other) as fourth:
                assert await fourth.closed() == 4009


async def test_who_writes_too_fast_hears_when_to_go_on(start: Start) -> None:
    site = await start(messages_per_minute=4)
    who, other = await site.visitor(), await site.visitor()
    async with site.page(who) as page, site.page(other) as neighbour:
        for number in range(3):
            await page.say(type="message", id=f"c{number}", text="x")
        refused = await page.until("refused")
        assert (refused["id"], refused["why"], refused["retry_after"]) == ("c2", "too_fast", 15)
        await neighbour.say(type="message", id="n1", text="x")
        await neighbour.until("stored")
        site.clock[0] += 15_000
        await page.say(type="message", id="c2", text="x")
        await page.until("stored", id="c2")
    assert len(await site.inbox()) == 4


async def test_an_address_and_the_whole_account_have_their_limits_too(start: Start) -> None:
    site = await start(address_per_minute=4)
    async with site.page(await site.visitor()) as one, site.page(await site.visitor()) as two:
        for number in range(2):
            await one.say(type="message", id=f"c{number}", text="x")
            await one.until("stored")
        await two.say(type="message", id="n1", text="x")
        assert (await two.until("refused"))["why"] == "too_fast"
    site = await start(account_per_second=1)
    async with site.page(await site.visitor()) as one, site.page(await site.visitor()) as two:
        await one.say(type="message", id="c1", text="x")
        await one.until("stored")
        await two.say(type="message", id="n1", text="x")
        assert (await two.until("refused"))["why"] == "busy"


async def test_sessions_and_calls_of_an_address_are_counted(start: Start) -> None:
    site = await start(sessions_per_address_minute=4)
    found = [await site.ask("session", json={}) for _ in range(3)]
    assert [one[0] for one in found] == [200, 200, 429]
    assert found[2][1] == {"error": "too_fast", "retry_after": 15}
    assert found[2][2]["Retry-After"] == "15"
    site = await start(address_per_minute=1)
    statuses = [(await site.ask("widget.js", "GET"))[0] for _ in range(6)]
    assert statuses[-1] == 429


async def test_what_is_read_and_typed_has_a_limit_of_its_own(start: Start) -> None:
    site = await start(messages_per_minute=2)
    async with site.page(await site.visitor()) as page:
        for number in range(3):
            await page.say(type="read", id=f"7.{number}")
        assert (await page.until("refused"))["why"] == "too_fast"
        await page.say(type="message", id="c1", text="x")
        await page.until("stored")
    assert len(await site.inbox()) == 3


async def test_an_address_uploads_so_many_megabytes_in_one_go(start: Start) -> None:
    site = await start(address_per_minute=120, upload_limit_mb=1)
    who = await site.visitor()
    http_api: Any = site.connector._http_api
    for _ in range(19):
        http_api._site.quotas.uploaded("127.0.0.1", 1024 * 1024, START)
    assert (await upload(site, who, PIXEL))[0] == 200
    assert await upload(site, who, PIXEL, client_id="f2") == (429, {"error": "too_fast", "retry_after": 6})
    site.clock[0] += 6000
    assert (await upload(site, who, PIXEL, client_id="f2"))[0] == 200


async def test_who_has_not_said_hello_yet_is_sent_away_as_well(site: Site) -> None:
    who = await site.visitor()
    async with site.session.ws_connect(f"{site.base}/socket", origin=ORIGIN) as link:
        await site.connector.dismiss("gone")
        page = Page(link)
        await page.say(type="hello", token=who["token"], after=None)
        assert await page.closed() == 4004
        assert page.seen == [{"type": "gone"}]


async def test_who_floods_a_socket_is_read_more_slowly(site: Site) -> None:
    async with site.page(await site.visitor()) as page:
        await page.until("caught_up")
        begun = time.monotonic()
        for number in range(70):
            await page.say(type="ping", n=number)
        await page.until("pong", n=69)
        assert time.monotonic() - begun >= 0.4, "60 at once, then 20 a second"


async def test_who_was_too_fast_is_left_unread_for_a_moment(start: Start) -> None:
    site = await start(timings=Timings(penalty=0.3), messages_per_minute=2)
    async with site.page(await site.visitor()) as page:
        begun = time.monotonic()
        await page.say(type="message", id="c1", text="x")
        await page.say(type="message", id="c2", text="x")
        await page.say(type="ping", n=1)
        await page.until("pong")
        assert time.monotonic() - begun >= 0.3
    who = await site.visitor()
    begun = time.monotonic()
    sent = [{"type": "message", "id": f"c{number}", "text": "x"} for number in range(2)]
    _, told, _ = await site.ask("frames", json={"token": who["token"], "frames": sent})
    assert told["frames"][1]["why"] == "too_fast"
    assert time.monotonic() - begun >= 0.3


async def test_a_connection_that_is_dead_is_noticed(start: Start, told: Told) -> None:
    site = await start(timings=Timings(heartbeat=0.2))
    who = await site.visitor()
    sockets: Any = site.connector._http_api._sockets
    async with site.session.ws_connect(f"{site.base}/socket", origin=ORIGIN, autoping=False) as link:
        await Page(link).say(type="hello", token=who["token"], after=None)
        await told.until(lambda: site.front.listeners == 1)
        await told.until(lambda: not sockets._addresses)


async def test_a_page_that_does_not_read_is_cut(start: Start, told: Told) -> None:
    site = await start(timings=Timings(slow=0.2, close=0.1, rounds=0.05))
    who = await site.visitor()
    contact = ContactId(who["visitor"])
    for number in range(300):
        await site.connector._live.logs.append(contact, f"k{number}", {"type": "message", "text": "ж" * 20_000})
    with plain.socket() as link:
        link.setsockopt(plain.SOL_SOCKET, plain.SO_RCVBUF, 4096)
        link.connect(("127.0.0.1", site.port))
        lines = ["GET /widget/site/socket HTTP/1.1", "Host: x", f"Origin: {ORIGIN}", "Upgrade: websocket"]
        lines += ["Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]
        hello = json.dumps({"type": "hello", "token": who["token"], "after": "0-0"}).encode()
        frame = b"\x81" + struct.pack(">BH", 0x80 | 126, len(hello)) + b"\x00" * 4 + hello
        link.sendall("\r\n".join([*lines, "", ""]).encode() + frame)
        sockets: Any = site.connector._http_api._sockets
        await told.until(lambda: site.front.listeners == 1)
        await told.until(lambda: not sockets._addresses)


async def test_a_frame_that_is_too_large_ends_the_socket(site: Site) -> None:
    async with site.page(await site.visitor()) as page:
        await page.until("caught_up")
        await page.link.send_str(json.dumps({"type": "message", "id": "c1", "text": "x" * 40_000}))
        assert await page.closed() == 1009


async def test_nothing_is_left_behind_by_those_who_leave(site: Site, told: Told) -> None:
    before = asyncio.all_tasks()
    who = await site.visitor()
    for _ in range(5):
        async with site.page(who) as page:
            await page.until("caught_up")
    sockets: Any = site.connector._http_api._sockets
    await told.until(lambda: not sockets._open and not sockets._addresses)
    await site.connector.close()
    theirs = ("RequestHandler", "name='redis'")  # aiohttp's connections, and the store's own reader
    await told.until(
        lambda: not {one for one in asyncio.all_tasks() - before if not any(word in repr(one) for word in theirs)}
    )


# ── without a socket ──────────────────────────────────────────────────────────────────────────────────


async def test_the_same_talk_goes_by_plain_requests(site: Site) -> None:
    who = await site.visitor()
    token = who["token"]
    _, told, _ = await site.ask("poll", json={"token": token, "after": None, "wait": 600})
    assert [one["type"] for one in told["frames"]] == ["ready", "caught_up"]
    assert told["frames"][0]["after"] == "0-0", "where to go on from"
    sent = [
        {"type": "message", "id": "c1", "text": "one"}, {"type": "message", "id": "c2", "text": ""},
        {"type": "ping", "n": 3}, {"type": "typing"}, {"type": "what is this"}, 17,
    ]  # fmt: skip
    status, told, _ = await site.ask("frames", json={"token": token, "frames": sent})
    assert status == 200
    assert [(one["type"], one.get("id"), one.get("why")) for one in told["frames"]] == [
        ("stored", "c1", None), ("refused", "c2", "bad"), ("pong", None, None), ("refused", None, "bad"),
    ]  # fmt: skip
    seq = told["frames"][0]["seq"]
    waiting = asyncio.create_task(site.ask("poll", json={"token": token, "after": seq, "wait": 600}))
    await wait_for_poll(site)
    await site.operator(who, words("answer"))
    _, told, _ = await waiting
    assert [one["type"] for one in told["frames"]] == ["ready", "message", "caught_up"]
    assert told["frames"][1]["text"] == "answer"
    _, told, _ = await site.ask("poll", json={"token": token, "after": "what is this", "wait": 600})
    assert told["frames"][0]["torn"] is True
    assert [one["text"] for one in told["frames"] if one["type"] == "message"] == ["one", "answer"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("poll", {"after": None}, 401), ("poll", {"token": "x"}, 401), ("frames", {"token": 5, "frames": []}, 401),
        ("poll", {"after": 5}, 400), ("poll", {"after": "x" * 65}, 400), ("poll", {"wait": "x"}, 400),
        ("frames", {}, 400), ("frames", {"frames": {}}, 400), ("frames", {"frames": [{}] * 21}, 400),
    ],
)  # fmt: skip
async def test_requests_that_are_not_as_they_should_be(site: Site, path: str, body: Json, status: int) -> None:
    who = await site.visitor()
    given = body if status == 401 else {"token": who["token"], **body}
    assert (await site.ask(path, json=given))[0] == status


async def test_a_visitor_and_an_address_have_so_many_polls(start: Start, told: Told) -> None:
    site = await start(sockets_per_visitor=1, sockets_per_address=2)
    who, other, third = [await site.visitor() for _ in range(3)]
    polls: Any = site.connector._http_api._polls

    async def ask(asks: Json) -> tuple[int, Any, Any]:
        return await site.ask("poll", json={"token": asks["token"], "after": "0-0", "wait": 600})

    held = []
    for asks, refused in ((who, who), (other, third)):
        held.append(asyncio.create_task(ask(asks)))
        await told.until(lambda: len(polls._waiting) == len(held))
        assert (await ask(refused))[:2] == (429, {"error": "too_many", "retry_after": 5})
    polls.wake()
    assert [status for status, _, _ in await asyncio.gather(*held)] == [200, 200]
    assert not polls._visitors
    assert not polls._addresses


async def test_a_wake_up_without_news_ends_no_poll(site: Site, told: Told) -> None:
    who = await site.visitor()
    polls: Any = site.connector._http_api._polls
    poll = asyncio.create_task(site.ask("poll", json={"token": who["token"], "after": "0-0", "wait": 600}))
    await wait_for_poll(site)
    (first,) = polls._waiting
    site.front.inner._wake(site.front.inner._listeners)
    await told.until(lambda: polls._waiting and polls._waiting != {first})
    await site.operator(who, words("news"))
    assert [one["type"] for one in (await poll)[1]["frames"]] == ["ready", "message", "caught_up"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"17", b"\xff", b"[" * 5000])
async def test_bodies_that_are_no_objects(site: Site, body: bytes) -> None:
    for path in ("session", "poll", "frames"):
        assert (await site.ask(path, data=body))[:2] == (400, {"error": "bad"})


async def test_bodies_have_a_limit(site: Site) -> None:
    for path in ("session", "poll", "frames"):
        assert (await site.ask(path, data=b" " * 200_000))[:2] == (413, {"error": "too_large"})

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 10_000

    assert (await site.ask("session", data=unannounced()))[:2] == (413, {"error": "too_large"})
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(
        b"POST /widget/site/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
        + f"Origin: {ORIGIN}\r\n\r\n".encode()
    )
    # Not a byte of it is waited for.
    async with asyncio.timeout(30):
        assert b" 413 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────


async def upload(site: Site, who: Json, body: Any, name: str = "photo.png", client_id: str = "f1") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {who['token']}", "X-Upload-Id": client_id, "X-File-Name": name}
    status, told, _ = await site.ask("upload", data=body, headers=headers)
    return status, told


async def take(site: Site, who: Json, file: str, grant: str, **headers: str) -> tuple[int, Any, Any]:
    shown = {"Authorization": f"Bearer {who['token']}", "X-File-Grant": grant, **headers}
    return await site.ask(f"file/{file}", "GET", headers=shown)


async def test_a_photo_goes_to_the_operator_and_back_to_all_tabs(site: Site) -> None:
    who, other = await site.visitor(), await site.visitor()
    name = "%D1%87%D0%B0%D0%B9%2F..%2F%E2%80%AEgnp.exe"
    status, told = await upload(site, who, PIXEL, name)
    assert status == 200
    assert (told["kind"], told["mime"], told["size"], told["name"]) == ("photo", "image/png", len(PIXEL), "gnp.exe")
    assert (told["width"], told["height"]) == (2, 3)
    again = (await upload(site, who, PIXEL, name))[1]
    assert again["upload"] == told["upload"]
    async with site.page(who) as page, site.page(other) as stranger:
        await stranger.say(type="message", id="s1", text="mine", files=[{"upload": told["upload"], "name": "x"}])
        assert (await stranger.until("refused"))["why"] == "upload"
        await page.say(type="message", id="c1", text="", files=[{"upload": told["upload"], "name": "чай.png"}])
        await page.until("stored")
        shown = (await site.ask("poll", json={"token": who["token"], "after": None}))[1]["frames"][1]["files"][0]
    (received,) = await site.inbox()
    (media,) = received.message.media
    assert (media.kind, media.name, media.mime, media.size) == (MediaKind.PHOTO, "чай.png", "image/png", len(PIXEL))
    async with site.connector.fetch(media) as download:
        assert b"".join([chunk async for chunk in download.chunks]) == PIXEL
    status, body, headers = await take(site, who, shown["file"], shown["grant"])
    assert (status, body) == (200, PIXEL)
    assert headers["Content-Type"] == "image/png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Content-Disposition"] == "inline"
    status, body, _ = await take(site, who, shown["file"], shown["grant"], Range="bytes=1-3")
    assert (status, body) == (206, b"PNG")
    assert (await take(site, other, shown["file"], shown["grant"]))[:2] == (403, {"error": "grant"})
    assert (await take(site, who, shown["file"], "A" * 22))[:2] == (403, {"error": "grant"})
    even_granted = site.connector._signer.grant(ContactId(other["visitor"]), shown["file"])
    assert (await take(site, other, shown["file"], even_granted))[:2] == (404, {"error": "file"})
    for authorization in ("", "Bearer x", who["token"], f"Basic {who['token']}", f"Bearer {who['renew']}"):
        headers = {"Authorization": authorization, "X-File-Grant": shown["grant"]}
        assert (await site.ask(f"file/{shown['file']}", "GET", headers=headers))[:2] == (401, {"error": "token"})


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg"),
        (b"<!doctype html><script>alert(1)</script>", "a.png"),
        (b"%PDF-1.7 ...", "a.pdf"),
        (b"MZ\x90\x00 program", "a.jpg"),
    ],
)
async def test_what_could_run_is_a_download_and_nothing_else(site: Site, body: bytes, name: str) -> None:
    who = await site.visitor()
    _, told = await upload(site, who, body, name)
    assert told["kind"] == "document"
    sent = {"type": "message", "id": "c1", "text": "", "files": [{"upload": told["upload"], "name": name}]}
    await site.ask("frames", json={"token": who["token"], "frames": [sent]})
    shown = (await site.ask("poll", json={"token": who["token"], "after": None}))[1]["frames"][1]["files"][0]
    _, _, headers = await take(site, who, shown["file"], shown["grant"])
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment"


async def test_an_operators_file_waits_until_it_is_there_and_is_given_to_its_visitor(site: Site, files: Files) -> None:
    who = await site.visitor()

    async def chunks() -> AsyncIterator[bytes]:
        yield PIXEL

    media = Media(MediaKind.PHOTO, name="a.png", mime="image/png", file=FileId("7.1.0"), state=FileState.STORED)
    reply = words("вот", attachments=(media,))
    with pytest.raises(FileProblem):
        await site.operator(who, reply)
    await files.put(FileId("7.1.0"), chunks(), 1000)
    await site.operator(who, reply)
    async with site.page(who) as page:
        (shown,) = (await page.until("message"))["files"]
    assert (await take(site, who, shown["file"], shown["grant"]))[1] == PIXEL
    for file in ("7.1.1", "7.1.0..", "7.1.0/x", "..%2f7.1.0"):
        assert (await take(site, who, file, shown["grant"]))[0] in {403, 404}


async def test_an_upload_has_a_limit_and_a_proper_id(start: Start) -> None:
    site = await start(upload_limit_mb=1)
    who = await site.visitor()
    assert await upload(site, who, io.BytesIO(b"x" * (1024 * 1024 + 1))) == (413, {"error": "too_large"})
    assert await upload(site, who, b"") == (400, {"error": "empty"})
    for client_id in ("", "a b", "../x", "x" * 65):
        assert (await upload(site, who, b"x", client_id=client_id))[0] == 400

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    headers = {"Authorization": f"Bearer {who['token']}", "X-Upload-Id": "f2"}
    try:
        status, told, _ = await site.ask("upload", data=endless(), headers=headers)
    except (aiohttp.ClientError, ConnectionError):
        return  # it was hung up on before it had said all
    assert (status, told) == (413, {"error": "too_large"})


async def test_a_visitor_has_three_uploads_under_way_and_a_slow_one_ends(start: Start, told: Told) -> None:
    site = await start()
    who = await site.visitor()
    goes_on = asyncio.Event()
    uploads: Any = site.connector._http_api._uploads

    async def slow() -> AsyncIterator[bytes]:
        yield PIXEL
        await goes_on.wait()

    under_way = [asyncio.create_task(upload(site, who, slow(), client_id=f"f{number}")) for number in range(3)]
    await told.until(lambda: uploads._under_way[who["visitor"]] == 3)
    assert await upload(site, who, PIXEL, client_id="f4") == (429, {"error": "too_fast", "retry_after": 1})
    goes_on.set()
    assert [status for status, _ in await asyncio.gather(*under_way)] == [200, 200, 200]
    assert not uploads._under_way
    goes_on.clear()
    hasty = await start(timings=Timings(upload=0.05, body=0.05))
    assert await upload(hasty, who, slow()) == (408, {"error": "slow"})
    assert (await hasty.ask("session", data=slow()))[:2] == (408, {"error": "slow"})


async def test_a_file_that_is_gone_refuses_the_message_that_names_it(site: Site, tmp_path: Path) -> None:
    who = await site.visitor()
    _, told = await upload(site, who, PIXEL)
    for path in (tmp_path / "uploads").rglob("*-*"):
        path.unlink()
    sent = {"type": "message", "id": "c1", "text": "", "files": [{"upload": told["upload"]}]}
    _, answer, _ = await site.ask("frames", json={"token": who["token"], "frames": [sent]})
    assert answer["frames"][0]["why"] == "upload"
    with pytest.raises(FileProblem):
        async with site.connector.fetch(Media(MediaKind.PHOTO, remote="0" * 20 + "-" + "0" * 32)):
            pass


# ── strangers ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", f"{ORIGIN}.", f"{ORIGIN}:443", "file://"])
async def test_a_stranger_gets_no_further_than_a_code(site: Site, origin: str | None) -> None:
    who = await site.visitor()
    headers = {} if origin is None else {"Origin": origin}
    calls = [("POST", one) for one in ("session", "poll", "frames", "upload")] + [
        ("GET", "socket"),
        ("GET", "file/1.1.0"),
    ]
    for method, path in calls:
        body = None if method == "GET" else json.dumps({"token": who["token"], "frames": []})
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"} if path == "socket" else {}
        async with site.session.request(
            method, f"{site.base}/{path}", data=body, headers={**headers, **upgrade}
        ) as answer:
            assert (answer.status, await answer.json()) == (403, {"error": "origin"})
            assert "Access-Control-Allow-Origin" not in answer.headers
        async with site.session.request("OPTIONS", f"{site.base}/{path}", headers=headers) as answer:
            assert answer.status == 403


async def test_two_origins_are_none(site: Site) -> None:
    for second in (ORIGIN, "https://evil.example"):
        headers = [("Origin", ORIGIN), ("Origin", second)]
        async with site.session.post(f"{site.base}/session", json={}, headers=headers) as answer:
            assert (answer.status, await answer.json()) == (403, {"error": "origin"})


async def test_a_page_of_our_own_may_ask_without_an_origin(site: Site) -> None:
    async def status(**headers: str) -> int:
        async with site.session.get(f"{site.base}/file/1.1.0", headers=headers) as answer:
            return answer.status

    own = f"http://127.0.0.1:{site.port}"
    assert await status(**{"Sec-Fetch-Site": "same-origin"}) == 401
    assert await status(Referer=f"{own}/widget/site/") == 401
    assert await status(Origin=own) == 401
    for referer in ("https://evil.example/", f"{own}.evil.example/", f"{own}@evil.example/", ORIGIN):
        assert await status(Referer=referer) == 403
    for site_of in ("same-site", "cross-site", "none", ""):
        assert await status(**{"Sec-Fetch-Site": site_of}) == 403


async def test_a_preflight_of_the_site_is_answered(site: Site) -> None:
    status, _, headers = await site.ask("upload", "OPTIONS", headers={"Access-Control-Request-Method": "POST"})
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    allowed = {one.strip().lower() for one in headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "range", "x-file-grant", "x-file-name", "x-upload-id"} <= allowed
    assert "Access-Control-Allow-Credentials" not in headers


async def test_other_addresses_and_methods_are_not_there(site: Site) -> None:
    for path in ("nothing", "session/x", "file", "file/", "widget.js/x", "socket/", "session/", "avatar"):
        assert (await site.ask(path, "GET"))[0] == 404
    assert (await site.ask("socket", "GET"))[:2] == (400, {"error": "bad"})
    for method, path in (("GET", "session"), ("PUT", "poll"), ("DELETE", "widget.js"), ("POST", "socket")):
        assert (await site.ask(path, method))[0] == 405


async def test_no_secret_token_or_word_is_in_a_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    who = await site.visitor(user={"id": "17", "signature": signature("17"), "name": "Секретова"})
    async with site.page(who) as page:
        await page.say(type="message", id="c1", text="слово-никому", profile={"name": "Секретова"})
        await page.until("stored")
        site.front.works = False
        await page.say(type="message", id="c2", text="слово-никому")
        await page.until("refused")
    await site.ask("poll", json={"token": who["token"][:-1], "after": None})
    logged = str([vars(one) for one in caplog.records if one.name.startswith("gateway")])
    for hidden in (SECRET, IDENTITY, who["token"], who["renew"], signature("17"), "слово-никому", "Секретова"):
        assert hidden not in logged
    for shown in (
        repr(site.connector),
        repr(site.connector._http_api),
        repr(vars(site.connector)),
        repr(vars(site.connector._http_api)),
    ):
        assert SECRET not in shown
        assert IDENTITY not in shown


# ── the page and the script ───────────────────────────────────────────────────────────────────────────


async def test_the_script_is_for_everybody_and_is_kept_by_browsers(site: Site) -> None:
    async with site.session.get(f"{site.base}/widget.js", auto_decompress=False) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        etag = answer.headers["ETag"]
        packed = await answer.read()
    async with site.session.get(f"{site.base}/widget.js", headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert len(await answer.read()) > len(packed)
    async with site.session.get(f"{site.base}/widget.js", headers={"If-None-Match": f'"x", W/{etag}'}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with site.session.head(f"{site.base}/widget.js") as answer:
        assert answer.status == 200


async def test_the_page_runs_its_own_script_only_and_is_framed_by_the_list_only(start: Start) -> None:
    site = await start(title='<script>alert("1")</script>')
    async with site.session.get(f"{site.base}/", headers={"Accept-Language": "ru-RU,en"}) as answer:
        text, headers = await answer.text(), answer.headers
    assert '<html lang="ru">' in text
    assert "<script>alert" not in text
    policy = dict(one.split(" ", 1) for one in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == f"'self' {ORIGIN}"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_a_header_cannot_write_into_the_pages_policy(site: Site) -> None:
    async with site.session.get(f"{site.base}/", headers={"Host": "x; script-src *"}) as answer:
        assert "script-src *" not in answer.headers["Content-Security-Policy"]


async def test_the_avatar_is_an_image_or_not_there(start: Start, tmp_path: Path) -> None:
    image, text = tmp_path / "a.png", tmp_path / "b.png"
    image.write_bytes(PIXEL)
    text.write_bytes(b"<svg/>")
    site = await start(avatar=str(image))
    status, body, headers = await site.ask("avatar", "GET")
    assert (status, body, headers["Content-Type"]) == (200, PIXEL, "image/png")
    assert (await site.visitor())["look"]["avatar"] is True
    for other in (text, tmp_path / "missing.png"):
        assert (await (await start(avatar=str(other))).ask("avatar", "GET"))[0] == 404


async def test_a_connector_without_a_log_says_to_try_later(files: Files) -> None:
    settings = Settings(secret=SECRET, origins=[ORIGIN])
    connector = WidgetConnector(settings, Tools(account=AccountId("site"), http=HttpClient(api_url=""), files=files))
    (part,) = connector.render(ContactId("v-1"), words("x"), Known())
    with pytest.raises(TryLater):
        await connector.send(ContactId("v-1"), part)
    assert (await connector.attend(aiohttp_request(), "")).status == 503
    assert await connector.whoami() == ORIGIN
    await connector.close()


def aiohttp_request() -> web.Request:
    from aiohttp.test_utils import make_mocked_request  # noqa: PLC0415 - for this one

    return make_mocked_request("GET", "/")
