"""VK at the wire for the tests of its connector: answers by a script, and remembers what it was asked."""

import asyncio
import copy
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.connectors.contract import Tools
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.connectors.vk import Settings, connect
from gateway.errors import FileProblem
from gateway.model.ids import AccountId, FileId

TOKEN = "vk1.a.FixtureKeyThatWasNeverIssued-0123456789"
GROUP = 215000001
USER = 512034567
MARIA = {"id": USER, "first_name": "Мария", "last_name": "Соколова", "screen_name": f"id{USER}"}

Json = dict[str, Any]
Answer = Json | list[Any] | int | str | Callable[[Json], Any]


class Refusal(Exception):
    """An answer of the script: VK's error."""

    def __init__(self, code: int, words: str = "some words") -> None:
        super().__init__(code)
        self.body = {"error": {"error_code": code, "error_msg": words, "request_params": []}}


class VkServer:
    """The API, a Long Poll server and files: the next answer of each method, or the last one again."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Json]] = []
        self.asked: list[Json] = []
        self.polls: list[Json] = []
        self.files: dict[str, web.Response] = {}
        self.answers: dict[str, list[Any]] = {}
        self.held = asyncio.Event()
        self.release = asyncio.Event()
        self.hang: set[str] = set()
        self.url = ""
        self.now = 1790000600
        """Seconds, by VK's clock."""

    def answer(self, method: str, *results: object) -> None:
        self.answers.setdefault(method, []).extend(results)

    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    def last(self, method: str) -> Json:
        return [values for name, values in self.calls if name == method][-1]

    async def handle(self, request: web.Request) -> web.Response:
        if request.path == "/poll":
            self.asked.append(dict(request.query))
            return web.json_response(self.polls.pop(0), headers={"Date": formatdate(self.now, usegmt=True)})
        if request.path in self.files:
            return self.files[request.path]
        if not request.path.startswith("/method/"):
            return web.Response(status=404)
        method, values = request.path.removeprefix("/method/"), dict(await request.post())
        assert "access_token" not in request.query
        assert (values.pop("access_token"), values.pop("v")) == (TOKEN, "5.199")
        self.calls.append((method, values))
        if method in self.hang:
            self.held.set()
            await self.release.wait()
        script = self.answers.get(method, [Refusal(3, "Unknown method passed")])
        found = script.pop(0) if len(script) > 1 else script[0]
        if callable(found):
            found = found(values)
        if isinstance(found, web.Response):
            return found
        body = found.body if isinstance(found, Refusal) else {"response": found}
        return web.json_response(body)


@asynccontextmanager
async def vk_server() -> AsyncIterator[VkServer]:
    vk = VkServer()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", vk.handle)
    server = TestServer(app)
    await server.start_server(access_log=None)
    vk.url = str(server.make_url("")).rstrip("/")
    vk.answer("groups.getLongPollServer", {"key": "secretkey", "server": f"{vk.url}/poll", "ts": "100"})
    vk.answer("users.get", [MARIA])
    try:
        yield vk
    finally:
        vk.release.set()
        await server.close()


class NoFiles:
    def path(self, file: FileId) -> Path:
        raise FileProblem(f"{file} is not there")


@asynccontextmanager
async def connected(vk: VkServer, *, proxy: str | None = None, **changes: object) -> AsyncIterator[Any]:
    settings = Settings.model_validate({"token": TOKEN, "group_id": GROUP, "api_url": vk.url, **changes})
    http = HttpClient(api_url=settings.api_url, proxy=proxy, timeouts=Timeouts(connect=5, read=300, total=600))
    connector = connect(settings, Tools(account=AccountId("shop"), http=http, files=NoFiles()))
    try:
        yield connector
    finally:
        await connector.close()


def message(number: int, text: str = "", **fields: object) -> Json:
    return {
        "id": 7000 + number,
        "conversation_message_id": number,
        "date": 1790000000 + number,
        "peer_id": USER,
        "from_id": USER,
        "out": 0,
        "text": text,
        "attachments": [],
        "fwd_messages": [],
        **fields,
    }


def event(kind: str, inner: object, **fields: object) -> Json:
    return {"type": kind, "object": inner, "group_id": GROUP, "event_id": json.dumps(inner)[:40], **fields}


def new(number: int, text: str = "", **fields: object) -> Json:
    return event("message_new", {"message": message(number, text, **fields), "client_info": {}})


# ── bodies that nobody wrote ──────────────────────────────────────────────────────────────────────────

RECEIVED = sorted(Path(__file__).parent.glob("vk/received/*.json"))
BODIES = [path for path in RECEIVED if ".expected" not in path.name]
"""Events in VK's shape."""
JUNK: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**64, 10**40, -(10**40), 0.5, 1e308, "", "x", "0", "-5", "\ud800",
    "\x00", "я" * 5000, [], [[]], [None], {}, {"type": "photo"}, {"": ""}, [{"type": []}], {"id": {}}, "https://", "http://[::1",
    "message_new",
    "https://sun9.userapi.com/" + "a" * 5000,
]  # fmt: skip


def mutated(found: Any, chance: random.Random) -> Any:
    """The same with a few places replaced, taken away, doubled or exchanged."""
    places: list[tuple[Any, Any]] = []

    def walk(one: Any) -> None:
        for key in one if isinstance(one, dict) else range(len(one)):
            places.append((one, key))
            if isinstance(one[key], dict | list):
                walk(one[key])

    copied = copy.deepcopy(found)
    for _ in range(chance.randint(1, 4)):
        places.clear()
        walk(copied)
        if not places:
            break
        where, key = chance.choice(places)
        match chance.randrange(4):
            case 0:
                where[key] = copy.deepcopy(chance.choice(JUNK))
            case 1 if isinstance(where, dict):
                del where[key]
            case 2 if isinstance(where, dict):
                where[chance.choice(list(where))] = copy.deepcopy(where[key])
            case _:
                where[key] = [copy.deepcopy(where[key])] * chance.randint(0, 3)
    return copied
