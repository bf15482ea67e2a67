"""The operators' bot's name and menu: beside the work, only what changed, and never in anybody's way."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from gateway.connectors.contract import Connector, Tools
from gateway.connectors.telegram import Settings, connect
from gateway.connectors.toolkit.http import HttpClient
from gateway.files import Files
from gateway.model.ids import AccountId
from gateway.operator_bot.outbound.introduction import MENU_SECONDS, Introduction
from gateway.operator_bot.texts.phrases import Texts
from gateway.operator_bot.texts.sentences import commands_of

TOKEN = "7100000001:AAFixtureTokenThatWasNeverIssued01234"
SLOWER = (429, {"ok": False, "error_code": 429, "description": "slow", "parameters": {"retry_after": 900}})
UNKNOWN = (404, {"ok": False, "error_code": 404, "description": "Not Found"})
OLD = (404, {"ok": False, "error_code": 404, "description": "Not Found: method not found"})
NO_API = (404, {"detail": "not found"})


class Api:
    """A Bot API server that keeps menus; `faults` are a method's answers that come first."""

    def __init__(self) -> None:
        self.menus: dict[str, Any] = {}
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, list[tuple[int, Any]]] = {}
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2]
        is_json = request.content_type == "application/json"
        said: Any = await request.json() if is_json else dict(await request.post())
        self.calls[method] += 1
        if self.faults.get(method):
            status, body = self.faults[method].pop(0)
            return web.json_response(body, status=status)
        language = str(said.get("language_code", ""))
        result: Any = True
        if method == "getMe":
            result = {"id": 1, "is_bot": True, "first_name": "desk", "username": "desk_bot"}
        elif method == "getMyCommands":
            result = self.menus.get(language, [])
        else:
            told = said["commands"]
            self.menus[language] = msgspec.json.decode(told) if isinstance(told, str) else told
        return web.json_response({"ok": True, "result": result})


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    made = Api()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.handle)
    server = TestServer(app)
    await server.start_server(access_log=None)
    made.url = str(server.make_url("")).rstrip("/")
    yield made
    await server.close()


@pytest.fixture
async def bot(api: Api, tmp_path: Path) -> AsyncIterator[Connector]:
    tools = Tools(account=AccountId("staff"), http=HttpClient(api_url=api.url), files=Files(tmp_path))
    one = connect(Settings(token=SecretStr(TOKEN), api_url=api.url), tools)
    yield one
    await one.close()


async def introduced(bot: Connector, texts: Texts) -> tuple[list[str], list[float]]:
    """The names that were told, and for how long it waited between its tries."""
    names: list[str] = []
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    await Introduction(bot, texts, names.append, sleep).run()
    return names, waits


async def test_the_menu_is_set_where_it_is_another_and_only_there(api: Api, bot: Connector, texts: Texts) -> None:
    assert await introduced(bot, texts) == (["@desk_bot"], [])
    assert [(one["command"], one["description"]) for one in api.menus["ru"]] == commands_of(texts.of("ru"))
    assert (api.calls["getMyCommands"], api.calls["setMyCommands"]) == (3, 3)
    await introduced(bot, texts)
    assert api.calls["setMyCommands"] == 3
    api.menus["ru"][0]["description"] = "older words"
    await introduced(bot, texts)
    assert api.calls["setMyCommands"] == 4
    assert [(one["command"], one["description"]) for one in api.menus["ru"]] == commands_of(texts.of("ru"))


@pytest.mark.parametrize("fault", [SLOWER, UNKNOWN, NO_API, (500, {}), (200, {})])
async def test_a_menu_that_is_not_taken_is_tried_again_and_holds_back_neither_name_nor_others(
    api: Api, bot: Connector, texts: Texts, fault: tuple[int, Any]
) -> None:
    api.faults["setMyCommands"] = [fault] * 5
    names, waits = await introduced(bot, texts)
    assert names == ["@desk_bot"]
    assert len(waits) == 5
    assert set(api.menus) == {"", "ru", "en"}
    if fault is SLOWER:
        assert min(waits) == 900, "nothing inside the time that was asked for"


async def test_a_server_that_knows_no_menus_is_left_alone(api: Api, bot: Connector, texts: Texts) -> None:
    api.faults["setMyCommands"] = [OLD] * 3
    assert await introduced(bot, texts) == (["@desk_bot"], [])
    assert api.menus == {}


async def test_tries_become_rare(api: Api, bot: Connector, texts: Texts) -> None:
    api.faults["getMe"] = [UNKNOWN] * 12
    api.faults["setMyCommands"] = [(500, {})] * 60
    _, waits = await introduced(bot, texts)
    assert max(waits) == MENU_SECONDS
    assert sorted(waits)[: 4 + 4] == [1.0] * 4 + [2.0] * 4
