"""Avito at the wire for the tests of its connector: chats that change, faults by a script, and what was asked."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from gateway.connectors.avito import Settings, connect
from gateway.connectors.avito.webhook import webhook_secret
from gateway.connectors.contract import Call, Tools
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.model.ids import AccountId, FileId

ACCOUNT = AccountId("shop")
CLIENT_SECRET = "FixtureSecretThatWasNeverIssued-0123456789"
ME, MARIA, ITEM = 94000111, 51203456, 7400100200
CHAT, OTHER = "u2i-Qw3rTy~uI0p_aSdFgHjKlZ", "u2i-Other0000000000000000"
NOW = 1_790_000_600
ADDRESS = "https://desk.example.com/hooks/avito/shop"
PROFILE = "https://avito.ru/user/00ff00ff/profile"

Json = dict[str, Any]


class Fault(NamedTuple):
    """Instead of the ordinary answer, or after it was done (`lost`)."""

    status: int = 0
    body: Any = ""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = ""


LOST, SWALLOWED, HANG = Fault(kind="lost"), Fault(kind="swallowed"), Fault(kind="hang")


def refusal(status: int, message: str = "as scripted", **headers: str) -> Fault:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fault(status, {"error": {"code": status, "message": message}}, named)


class Asked(NamedTuple):
    what: str
    path: str
    query: Json
    body: Any
    token: str


class AvitoServer:
    """One account's API. `faults[what]` are used up one per call of that kind."""

    def __init__(self) -> None:
        self.url = ""
        self.now = NOW
        self.asked: list[Asked] = []
        self.faults: dict[str, deque[Fault | None]] = defaultdict(deque)
        self.headers: Json = {}
        self.tokens = 0
        self.dead: set[str] = set()
        """Tokens that are not accepted, with 403."""
        self.life = 86400
        self.chats: dict[str, Json] = {}
        self.messages: dict[str, list[Json]] = defaultdict(list)
        self.unread: set[str] = set()
        self.subscriptions: list[Json] = []
        self.voices: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.release = asyncio.Event()
        self.in_list = False
        """Messages come as a bare list, as the documentation has it."""
        self.number = 0

    # ── what happens in Avito ─────────────────────────────────────────────────────────────────────────

    def write(self, text: str = "", *, chat: str = CHAT, by: int = MARIA, at: int | None = None, **more: Any) -> Json:
        """Somebody writes into a chat; answers the message."""
        self.number += 1
        self.open(chat)
        message = {
            "id": f"{self.number:032x}",
            "author_id": by,
            "created": self.now if at is None else at,
            "type": "text",
            "direction": "out" if by == ME else "in",
            "content": {"text": text},
            "is_read": False,
            **more,
        }
        self.messages[chat].insert(0, message)
        self.chats[chat] |= {"updated": message["created"], "last_message": message}
        if by != ME:
            self.unread.add(chat)
        return message

    def open(self, chat: str) -> None:
        users = [
            {"id": MARIA, "name": "Мария", "public_user_profile": {"user_id": MARIA, "url": PROFILE}},
            {"id": ME, "name": "Лавка тканей", "public_user_profile": {"user_id": ME}},
        ]
        value = {
            "id": ITEM,
            "title": "Скатерть льняная",
            "price_string": "2 500 ₽",
            "url": f"https://avito.ru/tula/skatert_{ITEM}",
            "location": {"title": "Тула"},
        }
        self.chats.setdefault(
            chat, {"id": chat, "users": users, "context": {"type": "item", "value": value}, "created": 1}
        )

    def count(self, what: str) -> int:
        return [one.what for one in self.asked].count(what)

    def last(self, what: str) -> Asked:
        return [one for one in self.asked if one.what == what][-1]

    # ── the API ───────────────────────────────────────────────────────────────────────────────────────

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        if request.path.startswith("/file/"):
            fault = self.faults["file"].popleft() if self.faults["file"] else None
            found = self.files.get(name)
            status = fault.status if fault is not None else 200 if found is not None else 404
            return web.Response(status=status, body=found if status == 200 else b"")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        what, act = self._meant(request)
        body = (await request.post() if what in {"token", "upload"} else await request.read()) or None
        parsed = json.loads(body) if isinstance(body, bytes) else body
        self.asked.append(Asked(what, request.path, dict(request.query), parsed, token))
        headers = {"Date": formatdate(self.now, usegmt=True), **self.headers}
        fault = self.faults[what].popleft() if self.faults[what] else None
        if fault is not None and fault.status:
            text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
            return web.Response(status=fault.status, text=text, headers={**headers, **dict(fault.headers)})
        if what != "token" and (not token or token in self.dead):
            return web.json_response({"error": {"code": 403, "message": "Forbidden"}}, status=403, headers=headers)
        if fault is HANG:
            await self.release.wait()
        answer = None if fault is SWALLOWED else act(request, parsed)
        if fault in {LOST, SWALLOWED}:
            assert request.transport is not None
            request.transport.abort()
        if answer is None:
            return web.json_response({"error": {"code": 404, "message": "Not found"}}, status=404, headers=headers)
        return web.json_response(answer, headers=headers)

    def _meant(self, request: web.Request) -> tuple[str, Callable[[web.Request, Any], Any]]:
        steps, mine = request.path.strip("/").split("/"), f"/accounts/{ME}/"
        method = request.method
        if (method, request.path) == ("POST", "/token"):
            return "token", self._token
        if (method, request.path) == ("GET", "/core/v1/accounts/self"):
            return "self", lambda *_: {"id": ME, "name": "Лавка тканей"}
        if (method, request.path) == ("POST", "/messenger/v1/subscriptions"):
            return "subscriptions", lambda *_: {"subscriptions": self.subscriptions}
        if (method, request.path) == ("POST", "/messenger/v3/webhook"):
            return "webhook", self._subscribe
        if (method, request.path) == ("POST", "/messenger/v1/webhook/unsubscribe"):
            return "unsubscribe", self._unsubscribe
        if mine in request.path:
            match method, steps[1], steps[4:]:
                case "GET", "v2", ["chats"]:
                    return "chats", self._list
                case "GET", "v2", ["chats", chat]:
                    return "chat", lambda *_: self.chats.get(chat)
                case "GET", "v3", ["chats", chat, "messages"] if request.path.endswith("/"):
                    return "messages", lambda asked, _: self._page(chat, asked)
                case "POST", "v1", ["chats", chat, "messages"]:
                    return "send", lambda _, body: self.write(body["message"]["text"], chat=chat, by=ME)
                case "POST", "v1", ["chats", chat, "messages", "image"]:
                    return "image", lambda *_: self.write(
                        chat=chat, by=ME, type="image", content={"image": {"sizes": {}}}
                    )
                case "GET", "v1", ["getVoiceFiles"]:
                    return "voice", lambda *_: {"voices_urls": self.voices}
                case "POST", "v1", ["uploadImages"]:
                    return "upload", lambda *_: {"10.picture": {"640x480": "https://10.img.avito.st/1"}}
                case _:
                    pass
        return "nothing", lambda *_: None

    def _token(self, _request: web.Request, form: Any) -> Json:
        assert dict(form)["grant_type"] == "client_credentials"
        assert dict(form)["client_secret"] == CLIENT_SECRET
        self.tokens += 1
        return {"access_token": f"token-{self.tokens}", "expires_in": self.life, "token_type": "Bearer"}

    def _list(self, request: web.Request, _body: Any) -> Json:
        limit, offset = int(request.query["limit"]), int(request.query.get("offset", 0))
        assert limit <= 100, "Avito takes no larger page"
        assert offset <= 1000, "nor a larger offset"
        wanted = self.unread if request.query.get("unread_only") == "true" else set(self.chats)
        kinds = request.query.get("chat_types", "u2i").split(",")
        found = [one for name, one in self.chats.items() if name in wanted and name[:3] in kinds]
        found.sort(key=lambda one: -one.get("updated", 0))
        return {"chats": found[offset : offset + limit]}

    def _page(self, chat: str, request: web.Request) -> Any:
        if chat not in self.chats:
            return None
        limit, offset = int(request.query["limit"]), int(request.query.get("offset", 0))
        assert limit <= 100, "Avito takes no larger page"
        assert offset <= 1000, "nor a larger offset"
        page = self.messages[chat][offset : offset + limit]
        return page if self.in_list else {"messages": page, "meta": {"has_more": False}}

    def _subscribe(self, _request: web.Request, body: Any) -> Json:
        self.subscriptions = [{"url": body["url"], "version": "3"}]
        return {"ok": True}

    def _unsubscribe(self, _request: web.Request, body: Any) -> Json:
        self.subscriptions = [one for one in self.subscriptions if one["url"] != body["url"]]
        return {"ok": True}


@asynccontextmanager
async def avito_server() -> AsyncIterator[AvitoServer]:
    avito = AvitoServer()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", avito.handle)
    server = TestServer(app)
    await server.start_server(access_log=None)
    avito.url = str(server.make_url("")).rstrip("/")
    try:
        yield avito
    finally:
        avito.release.set()
        await server.close()


class Pictures:
    """Every file is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, file: FileId) -> Path:
        path = self._folder / file
        path.write_bytes(b"\xff\xd8\xff picture")
        return path


@asynccontextmanager
async def connected(avito: AvitoServer, folder: Path = Path(), **changes: object) -> AsyncIterator[Any]:
    """The connector of an account; what it polls is not paced."""
    table = {"client_id": "FixtureClientId01", "client_secret": CLIENT_SECRET, "api_url": avito.url}
    settings = Settings.model_validate({**table, "poll_seconds": 0.01, **changes})
    http = HttpClient(api_url=settings.api_url, timeouts=Timeouts(connect=5, read=300, total=600))
    connector = connect(settings, Tools(account=ACCOUNT, http=http, files=Pictures(folder)))
    try:
        yield connector
    finally:
        await connector.close()


def ours() -> int:
    """The moment at which a send was decided, by our clock; Avito's shows another year here."""
    return time.time_ns() // 1_000_000


def key() -> str:
    """The secret of our address."""
    return webhook_secret(SecretStr(CLIENT_SECRET), ACCOUNT)


def told_of(message: Json, chat: str = CHAT, **more: Any) -> Json:
    """The webhook's body for a message."""
    value = {name: message[name] for name in ("id", "author_id", "created", "type", "content")}
    value |= {"chat_id": chat, "user_id": ME, "chat_type": chat[:3], "item_id": ITEM, "read": None, **more}
    return {
        "id": f"hook-{message['id']}",
        "version": "v3.0.0",
        "timestamp": message["created"],
        "payload": {"type": "message", "value": value},
    }


def call(body: object, secret: str | None = None, **headers: str) -> Call:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call("POST", named, {"key": key() if secret is None else secret}, raw)
