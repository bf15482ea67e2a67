"""Meta's Graph API at the wire for the tests of the Instagram connector: a script, and what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.connectors.contract import Tools
from gateway.connectors.instagram import Settings, connect
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import FileProblem
from gateway.model.ids import AccountId, FileId

TOKEN = "IGAAFixtureTokenThatWasNeverIssued0123456789"
ME, CLIENT = "17841400000000101", "6120345670000001"
MARIA = {"id": CLIENT, "name": "Мария Соколова", "username": "maria.sokolova"}
RECEIVED = sorted(Path(__file__).parent.glob("instagram/received/*.json"))
BODIES = [path for path in RECEIVED if ".expected" not in path.name]
"""Updates in Meta's shape."""

Json = dict[str, Any]


def failure(code: int, subcode: int | None = None, words: str = "some words", status: int = 400) -> web.Response:
    error = {"message": words, "type": "IGApiException", "code": code, "error_subcode": subcode}
    return web.json_response({"error": error}, status=status)


class Graph:
    """Answers by method and path behind the version; what has no answer is unknown to it, as to Meta."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Json]] = []
        self.answers: dict[str, Any] = {}
        self.slow: set[str] = set()
        self.release = asyncio.Event()
        self.url = ""

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.asked]

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/v24.0/")
        if request.path.startswith("/files/"):
            assert "Authorization" not in request.headers, "files are signed, and the token is nobody's business"
            return self.answers[path]
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in str(request.url)
        body = await request.json() if request.content_type == "application/json" else {}
        self.asked.append((request.method, path, {**request.query, **body}))
        if path in self.slow:
            await self.release.wait()
        found = self.answers.get(f"{request.method} {path}")
        if callable(found):
            found = found(self.asked[-1][2])
        if found is None:
            return failure(100, 33, "Unsupported get request. Object with ID does not exist")
        return found if isinstance(found, web.Response) else web.json_response(found)


@asynccontextmanager
async def graph_server() -> AsyncIterator[Graph]:
    graph = Graph()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", graph.handle)
    server = TestServer(app)
    await server.start_server(access_log=None)
    graph.url = str(server.make_url("")).rstrip("/")
    graph.answers[f"GET {CLIENT}"] = MARIA
    try:
        yield graph
    finally:
        graph.release.set()
        await server.close()


class NoFiles:
    def path(self, file: FileId) -> Path:
        raise FileProblem(f"{file} is not there")


@asynccontextmanager
async def connected(graph: Graph, **changes: object) -> AsyncIterator[Any]:
    given = {"app": "meta", "token": TOKEN, "instagram_id": ME, "api_url": graph.url, **changes}
    settings = Settings.model_validate(given)
    http = HttpClient(api_url=settings.api_url, timeouts=Timeouts(connect=5, read=300, total=600))
    connector = connect(settings, Tools(account=AccountId("shop"), http=http, files=NoFiles()))
    try:
        yield connector
    finally:
        await connector.close()


def item(*, own: bool = False, client: str = CLIENT, **what: object) -> Json:
    sender, recipient = (ME, client) if own else (client, ME)
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": 1790000000000, **what}


def update(*items: object) -> Json:
    return {"object": "instagram", "entry": [{"id": ME, "time": 1790000000500, "messaging": list(items)}]}
