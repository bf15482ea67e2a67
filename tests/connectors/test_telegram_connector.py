"""Telegram at the wire, beside what the contract shows: polling, registering, files, old servers, secrets."""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from gateway.connectors.contract import Call, Checking, Known, Part, Polled, Polling, Registering, Serving, Tools
from gateway.connectors.telegram import Settings, connect
from gateway.connectors.telegram.connector import PollingConnector, ServingConnector
from gateway.connectors.telegram.reactions import REACTIONS, nearest_reaction
from gateway.connectors.telegram.receiving import ALLOWED_UPDATES
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import FileProblem, Refused, SettingsError, TryLater, Unauthorized, Uncertain
from gateway.model.ids import AccountId, ContactId, FileId, NativeId
from gateway.model.messages import Media, MediaKind
from gateway.model.outgoing import SendReaction, SendTyping

TOKEN = "7100000001:AAFixtureTokenThatWasNeverIssued01234"
CONTACT = ContactId("512034567")

Json = dict[str, Any]


class BotApi:
    """A scripted Bot API server: the next answer of each method, or the last one again."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Json]] = []
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, list[tuple[int, Json]]] = {}
        self.url = ""

    def answer(self, method: str, result: object) -> None:
        self.answers.setdefault(method, []).append((200, {"ok": True, "result": result}))

    def refuse(self, method: str, code: int, description: str) -> None:
        body = {"ok": False, "error_code": code, "description": description}
        self.answers.setdefault(method, []).append((code, body))

    async def handle(self, request: web.Request) -> web.Response:
        if (found := re.fullmatch(f"/file/bot{TOKEN}/(.+)", request.path)) is not None:
            body = self.files.get(found[1])
            return web.Response(status=404) if body is None else web.Response(body=body)
        method = request.path.rpartition("/")[2]
        assert request.path == f"/bot{TOKEN}/{method}"
        is_json = request.content_type == "application/json"
        self.calls.append((method, await request.json() if is_json else dict(await request.post())))
        script = self.answers[method]
        status, answer = script.pop(0) if len(script) > 1 else script[0]
        return web.json_response(answer, status=status)


class NoFiles:
    def path(self, file: FileId) -> Path:
        raise FileProblem(f"{file} is not there")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    api = BotApi()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", api.handle)
    server = TestServer(app)
    # Its log is the vendor's own, not ours.
    await server.start_server(access_log=None)
    api.url = str(server.make_url("")).rstrip("/")
    yield api
    await server.close()


AnyConnector = Any
"""A connector, with whatever its mode offers."""
Connect = Callable[..., Awaitable[AnyConnector]]


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Connect]:
    opened = []

    async def connected(**changes: object) -> AnyConnector:
        settings = Settings.model_validate({"token": TOKEN, "api_url": api.url, **changes})
        http = HttpClient(api_url=settings.api_url, timeouts=Timeouts(connect=2, read=2, total=4))
        opened.append(connect(settings, Tools(account=AccountId("shop"), http=http, files=NoFiles())))
        return opened[-1]

    yield connected
    for one in opened:
        await one.close()


def update(number: int) -> Json:
    return {"update_id": number, "hologram": {"depth": number}}


# ── polling ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_mode_is_seen_by_what_the_connector_can_do(bot: Connect) -> None:
    polling, serving = await bot(), await bot(mode="webhook")
    assert isinstance(polling, PollingConnector)
    assert isinstance(serving, ServingConnector)
    assert (isinstance(polling, Polling), isinstance(polling, Serving)) == (True, False)
    assert (isinstance(serving, Polling), isinstance(serving, Serving)) == (False, True)
    assert all(isinstance(one, Registering) and isinstance(one, Checking) for one in (polling, serving))


async def test_an_offset_goes_only_right_after_a_stored_batch(api: BotApi, bot: Connect) -> None:
    # After a silent week ids are chosen at random: a remembered offset would confirm smaller ones unseen.
    for batch in ([update(70), update(71)], [], [update(12)]):
        api.answer("getUpdates", batch)
    connector = await bot()
    first = await connector.poll(None, 0)
    second = await connector.poll(first.cursor, 0)
    third = await connector.poll(second.cursor, 0)
    assert [first.cursor, second.cursor, third.cursor] == ["72", None, "13"]
    assert [call.get("offset") for _, call in api.calls] == [None, 72, None]


async def test_a_cursor_from_before_a_restart_or_an_empty_batch_is_not_sent(api: BotApi, bot: Connect) -> None:
    for batch in ([update(70)], [], []):
        api.answer("getUpdates", batch)
    connector = await bot()
    await connector.poll("55", 0)
    await connector.poll("71", 0)
    await connector.poll("71", 0)
    assert [call.get("offset") for _, call in api.calls] == [None, 71, None]


async def test_updates_come_as_they_are_with_kinds_that_nobody_knows(api: BotApi, bot: Connect) -> None:
    api.answer("getUpdates", [update(5)])
    assert await (await bot()).poll(None, 0) == Polled((update(5),), "6")


async def test_the_kinds_of_updates_are_asked_for_by_name(api: BotApi, bot: Connect) -> None:
    api.answer("getUpdates", [])
    await (await bot()).poll(None, 90)
    ((_, request),) = api.calls
    assert request == {
        "timeout": 50,
        "limit": 100,
        "allowed_updates": list(ALLOWED_UPDATES),
    }


@pytest.mark.parametrize(
    ("refusal", "error", "says"),
    [
        ("409 Conflict: terminated by other getUpdates request; make sure that only one …", Refused, "another program"),
        ("409 Conflict: can't use getUpdates method while webhook is active; use …", Refused, "a webhook is set"),
        ("409 Conflict: terminated by setWebhook request", Refused, "another program"),
        ("401 Unauthorized", Unauthorized, "token"),
        ("404 Not Found", Unauthorized, "token"),
        ("429 Too Many Requests: retry after 3", TryLater, "slower"),
        ("502 Bad Gateway", TryLater, "failed at getUpdates"),
    ],
)
async def test_a_poll_says_what_is_wrong(
    api: BotApi, bot: Connect, refusal: str, error: type[Exception], says: str
) -> None:
    code, _, words = refusal.partition(" ")
    api.refuse("getUpdates", int(code), words)
    with pytest.raises(error, match=says):
        await (await bot()).poll(None, 0)


@pytest.mark.parametrize("result", [{"not": "a list"}, ["text"], [{"no": "update_id"}], None])
async def test_a_batch_of_something_else_is_tried_again(api: BotApi, bot: Connect, result: object) -> None:
    api.answer("getUpdates", result)
    with pytest.raises(TryLater):
        await (await bot()).poll(None, 0)


# ── registering, checking ─────────────────────────────────────────────────────────────────────────────


async def test_polling_takes_a_webhook_away_and_keeps_the_updates(api: BotApi, bot: Connect) -> None:
    api.answer("deleteWebhook", result=True)
    await (await bot()).register("https://gateway.example/hooks/telegram/shop")
    assert api.calls == [("deleteWebhook", {"drop_pending_updates": "false"})]


async def test_a_webhook_is_set_with_its_secret_and_serves_what_it_was_told(api: BotApi, bot: Connect) -> None:
    api.answer("setWebhook", result=True)
    connector = await bot(mode="webhook")
    await connector.register("https://gateway.example/hooks/telegram/shop")
    ((_, request),) = api.calls
    assert request["url"] == "https://gateway.example/hooks/telegram/shop"
    assert request["drop_pending_updates"] == "false"
    assert re.fullmatch("[A-Za-z0-9_-]{1,256}", request["secret_token"])
    headers = {"x-telegram-bot-api-secret-token": request["secret_token"]}
    served = await connector.serve(Call("POST", headers, {}, b'{"update_id": 7, "hologram": {}}'))
    assert (served.status, [one.key for one in served.items]) == (200, ["hologram:7"])
    for body in (b"[]", b'{"message_id": 1, "chat": {"id": 1, "type": "private"}}', b"{"):
        assert (await connector.serve(Call("POST", headers, {}, body))).status == 400


async def test_webhook_mode_needs_a_public_address(bot: Connect) -> None:
    with pytest.raises(SettingsError, match="public_url"):
        await (await bot(mode="webhook")).register(None)


OURS = {
    "url": "https://gateway.example/hooks/telegram/shop",
    "allowed_updates": sorted(ALLOWED_UPDATES),
    "pending_update_count": 0,
}


@pytest.mark.parametrize(
    ("mode", "info", "drift"),
    [
        ("polling", {"url": ""}, None),
        ("polling", {"url": "https://other.example/secret-path"}, "a webhook at other.example takes the updates"),
        ("webhook", OURS, None),
        ("webhook", {"url": ""}, "no webhook is set yet"),
        ("webhook", {**OURS, "url": "https://other.example/secret-path"}, "the webhook is set to other.example"),
        ("webhook", {**OURS, "allowed_updates": ["message"]}, "other kinds of updates"),
        (
            "webhook",
            {**OURS, "pending_update_count": 3, "last_error_message": "Connection refused"},
            "could not deliver lately (Connection refused); 3 updates wait",
        ),
    ],
)
async def test_drift_is_told_in_words(api: BotApi, bot: Connect, mode: str, info: Json, drift: str | None) -> None:
    api.answer("getWebhookInfo", info)
    found = await (await bot(mode=mode)).registration("https://gateway.example/hooks/telegram/shop")
    assert found.mode == mode
    if drift is None:
        assert found.drift is None
    else:
        assert drift in found.drift
        assert "secret-path" not in found.drift


async def test_the_account_says_who_it_is(api: BotApi, bot: Connect) -> None:
    api.answer("getMe", {"id": 7100000001, "is_bot": True, "first_name": "Ромашка", "username": "romashka_shop_bot"})
    assert await (await bot()).whoami() == "@romashka_shop_bot"


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────


async def fetched(
    connector: AnyConnector, name: str | None = None, size: int | None = None
) -> tuple[bytes, str | None, int | None]:
    media = Media(kind=MediaKind.DOCUMENT, remote="document-file-1", name=name, size=size)
    async with connector.fetch(media) as download:
        return b"".join([chunk async for chunk in download.chunks]), download.name, download.size


async def test_a_file_is_asked_for_and_streamed(api: BotApi, bot: Connect) -> None:
    api.answer("getFile", {"file_id": "document-file-1", "file_path": "documents/file_1.pdf"})
    api.files["documents/file_1.pdf"] = b"%PDF" * 50_000
    connector = await bot()
    assert await fetched(connector) == (b"%PDF" * 50_000, "file_1.pdf", 200_000)
    assert (await fetched(connector, name="Счёт.pdf"))[1] == "Счёт.pdf"
    assert api.calls[0] == ("getFile", {"file_id": "document-file-1"})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("Bad Request: file is too big", "larger than 20 MB"),
        ("Bad Request: wrong file_id or the file is temporarily unavailable", "no longer has the file"),
        ("Bad Request: invalid file_id", "no longer has the file"),
    ],
)
async def test_a_file_that_telegram_does_not_give_is_a_problem_in_words(
    api: BotApi, bot: Connect, words: str, says: str
) -> None:
    api.refuse("getFile", 400, words)
    with pytest.raises(FileProblem, match=says):
        await fetched(await bot())


async def test_too_large_a_file_is_not_even_asked_for(api: BotApi, bot: Connect) -> None:
    with pytest.raises(FileProblem, match="20 MB"):
        await fetched(await bot(), size=20 * 1024 * 1024 + 1)
    assert api.calls == []


async def test_a_link_that_leads_nowhere_is_a_problem(api: BotApi, bot: Connect) -> None:
    api.answer("getFile", {"file_id": "document-file-1", "file_path": "documents/gone.pdf"})
    with pytest.raises(FileProblem, match="no longer has"):
        await fetched(await bot())
    api.answers["getFile"] = []
    api.answer("getFile", {"file_id": "document-file-1"})
    with pytest.raises(FileProblem, match="no longer has"):
        await fetched(await bot())


async def test_files_on_the_servers_own_disk_are_taken_if_it_serves_them(api: BotApi, bot: Connect) -> None:
    path = "var/lib/telegram-bot-api/documents/file_1.pdf"
    api.answer("getFile", {"file_id": "document-file-1", "file_path": f"/{path}"})
    connector = await bot()
    with pytest.raises(FileProblem, match="--local"):
        await fetched(connector)
    api.files[path] = b"here"
    assert (await fetched(connector))[0] == b"here"


async def test_an_upload_without_its_file_is_a_file_problem(bot: Connect) -> None:
    request = {"chat_id": CONTACT, "document": {"attach": 0, "name": "счёт.pdf"}}
    with pytest.raises(FileProblem):
        await (await bot()).send(CONTACT, Part("sendDocument", request, (FileId("1.1.1"),)))


# ── old servers, lost answers, secrets ────────────────────────────────────────────────────────────────


async def test_a_method_that_the_server_lacks_is_noticed_once_and_done_without(
    api: BotApi, bot: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    api.refuse("setMessageReaction", 404, "Not Found: method not found")
    connector = await bot()
    (part,) = connector.render(CONTACT, SendReaction(NativeId("5"), "👀"), Known())
    for _ in range(3):
        assert "does not know setMessageReaction" in (await connector.send(CONTACT, part)).note
    assert len(api.calls) == 1
    assert [one.message for one in caplog.records if one.levelno == logging.WARNING] == [
        "the Bot API server is too old for setMessageReaction: done without"
    ]
    api.answer("sendChatAction", result=True)
    (typing,) = connector.render(CONTACT, SendTyping(), Known())
    assert (await connector.send(CONTACT, typing)).note is None


async def test_what_can_be_repeated_is_never_uncertain(api: BotApi, bot: Connect) -> None:
    lost = Part("sendMessage", {"chat_id": CONTACT, "text": "Да"})
    again = Part("editMessageText", {"chat_id": CONTACT, "message_id": 5, "text": "Да"})
    for method in ("sendMessage", "editMessageText"):
        api.refuse(method, 503, "Service Unavailable")
    connector = await bot()
    with pytest.raises(Uncertain):
        await connector.send(CONTACT, lost)
    with pytest.raises(TryLater) as caught:
        await connector.send(CONTACT, again)
    assert caught.value.after == 0


async def test_the_token_stands_in_no_log_and_no_repr(
    api: BotApi, bot: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.answer("getUpdates", [])
    api.refuse("getMe", 401, "Unauthorized")
    api.answer("getFile", {"file_id": "document-file-1", "file_path": "documents/gone.pdf"})
    connector = await bot(proxy=None)
    await connector.poll(None, 0)
    said = [repr(connector), repr(vars(connector)), repr(vars(connector._calls))]
    for ask in (connector.whoami(), fetched(connector)):
        with pytest.raises((Unauthorized, FileProblem)) as caught:
            await ask
        said += [str(caught.value), repr(caught.value.__cause__), repr(caught.value.__context__)]
    secret = TOKEN.partition(":")[2]
    assert not [one for one in (*said, caplog.text) if secret in one]


def test_settings_say_what_is_wrong_and_repeat_nothing() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(
            {"token": "not-a-token", "proxy": "ftp://user:password@proxy:1", "api_url": "telegram", "mode": "push"}
        )
    said = str(caught.value)
    assert "looks like 123456789:AAE" in said
    assert "http://host:port or socks5://" in said
    assert "https://host" in said
    assert "not-a-token" not in said
    assert "password@proxy" not in said


def test_an_empty_proxy_is_none_and_an_address_loses_its_slash() -> None:
    settings = Settings.model_validate({"token": TOKEN, "proxy": "", "api_url": "http://127.0.0.1:8080/"})
    assert settings.proxy is None
    assert settings.api_url == "http://127.0.0.1:8080"


def test_every_substitute_is_a_reaction_that_bots_may_set() -> None:
    assert nearest_reaction("❤️") == "❤"
    assert nearest_reaction("😂") == "🤣"
    assert nearest_reaction("🧦") is None
    assert {nearest_reaction(one) for one in REACTIONS} == REACTIONS
