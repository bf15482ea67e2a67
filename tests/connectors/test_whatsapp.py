"""WhatsApp beside its fixtures: files in two steps, templates, the subscription, and bodies that nobody foresaw."""

import asyncio
import copy
import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web

from gateway.connectors.contract import Part, Registering, Routed, Template, Templating, Tools
from gateway.connectors.toolkit import meta
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.connectors.whatsapp import Settings, connect, parse, unpack
from gateway.connectors.whatsapp.connector import WhatsAppConnector
from gateway.connectors.whatsapp.text import loses_formatting, shorten, split, written
from gateway.errors import FileProblem, Refused, TryLater, Unauthorized, Uncertain
from gateway.files import Files
from gateway.model.codec import decode, encode, to_builtins
from gateway.model.commands import Entry, Ignored, Notice
from gateway.model.ids import AccountId, ContactId
from gateway.model.messages import Entity, Media, MediaKind

HERE = Path(__file__).parent / "whatsapp"
TABLE = json.loads((HERE / "settings.json").read_text("utf-8"))
TOKEN, NUMBER, WABA = TABLE["token"], TABLE["phone_number_id"], TABLE["waba_id"]
BYTES = b"the whole picture" * 1000
HASH = hashlib.sha256(BYTES).digest()
Said = dict[str, Any] | tuple[int, bytes | dict[str, Any]]
"""JSON, or a status and a body; of a redirect the body is where to."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Graph:
    """Meta's servers: answers by path, and remembers who asked with which token."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Said]] = {}
        self.asked: list[tuple[str, str, dict[str, str], str | None]] = []
        self.url = ""

    def say(self, path: str, *answers: Said) -> None:
        self.answers[path] = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path, dict(request.query), request.headers.get("Authorization")))
        waiting = self.answers.get(request.path)
        if not waiting:
            return (404, {"error": {"code": 100, "message": "no such path"}})
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, dict):
            return web.json_response(answer)
        status, body = answer
        if isinstance(body, dict):
            return web.json_response(body, status=status)
        headers = {"Location": body.decode()} if status == 302 else {}
        return web.Response(status=status, body=body, headers=headers)


@asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    yield f"http://{host}:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    made = Graph()
    async with serving(made.handle) as made.url:
        yield made


@pytest.fixture
async def number(graph: Graph, files: Files) -> AsyncIterator[WhatsAppConnector]:
    settings = Settings.model_validate({**TABLE, "api_url": graph.url})
    http = HttpClient(api_url=graph.url, timeouts=Timeouts(connect=2, read=3, total=5))
    made = connect(settings, Tools(account=AccountId("shop"), http=http, files=files))
    assert isinstance(made, WhatsAppConnector)
    yield made
    await made.close()


def payloads() -> list[Path]:
    return [one for one in sorted((HERE / "received").glob("*.json")) if ".expected" not in one.name]


# ── bodies ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_fragment_is_read_as_it_is_in_the_whole_body(number: WhatsAppConnector) -> None:
    assert isinstance(number, Routed)
    for path in payloads():
        (update,) = unpack(path.read_bytes())
        parts = meta.split(update)
        found = [item for part in parts for item in await number.read(part.update)]
        if parts and update.get("object") == "whatsapp_business_account":
            assert to_builtins(found) == to_builtins(list(parse(update))), path.stem
            assert {one.address for one in parts} <= {*number.addresses, meta.NOBODY}, path.stem


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, 1e308, "", "x", "\ud800", "9" * 5000, [], [None], [[]], {}, {"id": 1},
    {"body": {}}, {"messages": [1]}, "1767225600", [{"id": []}],
)  # fmt: skip


def mutated(value: Any, chance: Random, left: int) -> Any:
    """The same JSON with something odd at one place."""
    if left <= 0 or not isinstance(value, dict | list) or not value:
        return copy.deepcopy(chance.choice(ODD))
    changed = copy.copy(value)
    if isinstance(changed, dict):
        key = chance.choice(list(changed))
        if chance.random() < 0.2:
            del changed[key]
        else:
            changed[key] = mutated(changed[key], chance, left - 1)
    else:
        place = chance.randrange(len(changed))
        changed[place] = mutated(changed[place], chance, left - 1)
    return changed


def test_whatever_stands_in_a_body_nothing_raises_and_nothing_vanishes() -> None:
    chance = Random(6)
    bodies = [json.loads(path.read_text("utf-8")) for path in payloads()]
    for _ in range(3000):
        body = mutated(chance.choice(bodies), chance, chance.randrange(1, 12))
        if not isinstance(body, dict):
            continue
        (update,) = unpack(json.dumps(body).encode())
        found = parse(update)
        assert found, "something is always said"
        assert all(isinstance(one.update, dict) for one in meta.split(update))
        for one in found:
            if not isinstance(one.item, Ignored):
                entry = Entry(one.item, AccountId("shop"))  # type: ignore[arg-type] - nothing of it is typing
                assert decode(encode(entry), Entry) == entry


def test_what_stands_in_a_forms_own_json_is_as_harmless() -> None:
    for told in ('{"a": "\\ud800"}', '{"a": NaN}', "[" * 5000, '{"a": ' * 900 + "1" + "}" * 900, "17", "null"):
        reply = {"type": "nfm_reply", "nfm_reply": {"response_json": told, "body": "Готово"}}
        message = {
            "id": "wamid.1",
            "from": "79217654321",
            "timestamp": "1",
            "type": "interactive",
            "interactive": reply,
        }
        (update,) = unpack(json.dumps(message).encode())
        (one,) = parse(update)
        assert not isinstance(one.item, Ignored)
        assert encode(Entry(one.item, AccountId("shop")))  # type: ignore[arg-type]


def test_one_unreadable_item_loses_none_of_its_neighbours() -> None:
    (update,) = unpack((HERE / "received" / "several.json").read_bytes())
    told = [one.item for one in parse(update)]
    assert [type(one).__name__ for one in told].count("Receive") == 4
    assert sum(isinstance(one, Notice) and one.about.startswith("Unsupported(") for one in told) == 6


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────


def picture(told: str | None = None) -> Media:
    return Media(kind=MediaKind.PHOTO, remote="1479537139650973" + (f"#{told}" if told else ""), mime="image/jpeg")


async def fetched(number: WhatsAppConnector, media: Media) -> bytes:
    async with number.fetch(media) as download:
        return b"".join([chunk async for chunk in download.chunks])


@pytest.mark.parametrize("told", [None, b64encode(HASH).decode(), HASH.hex()])
async def test_a_file_comes_in_two_steps_with_the_token_in_both(
    graph: Graph, number: WhatsAppConnector, told: str | None
) -> None:
    place = {"url": f"{graph.url}/attachments/1", "mime_type": "image/jpeg", "sha256": HASH.hex(), "id": "1"}
    graph.say("/1479537139650973", place)
    graph.say("/attachments/1", (200, BYTES))
    assert await fetched(number, picture(told)) == BYTES
    assert [(path, token) for _, path, _, token in graph.asked] == [
        ("/1479537139650973", f"Bearer {TOKEN}"), ("/attachments/1", f"Bearer {TOKEN}"),
    ]  # fmt: skip
    assert TOKEN not in json.dumps([query for _, _, query, _ in graph.asked])


async def test_an_address_that_grew_old_is_asked_for_anew(graph: Graph, number: WhatsAppConnector) -> None:
    graph.say("/1479537139650973", {"url": f"{graph.url}/old"}, {"url": f"{graph.url}/fresh"})
    graph.say("/old", (404, b""))
    graph.say("/fresh", (200, BYTES))
    assert await fetched(number, picture()) == BYTES
    graph.say("/fresh", (401, b""))
    with pytest.raises(FileProblem, match="no longer has the file"):
        await fetched(number, picture())


async def test_bytes_that_are_not_those_that_were_told_are_no_file(graph: Graph, number: WhatsAppConnector) -> None:
    graph.say("/1479537139650973", {"url": f"{graph.url}/file"})
    graph.say("/file", (200, BYTES + b"!"))
    with pytest.raises(FileProblem, match="damaged"):
        await fetched(number, picture(b64encode(HASH).decode()))
    graph.say("/1479537139650973", {"url": f"{graph.url}/file", "sha256": HASH.hex()})
    with pytest.raises(FileProblem, match="damaged"):
        await fetched(number, picture())


async def test_the_token_goes_to_no_other_host_and_no_redirect_takes_it_there(
    graph: Graph, number: WhatsAppConnector
) -> None:
    heard: list[str | None] = []

    async def stranger(request: web.Request) -> web.Response:
        heard.append(request.headers.get("Authorization"))
        return web.Response(body=BYTES)

    async with serving(stranger, "127.0.0.2") as elsewhere:
        for url in (elsewhere, elsewhere.replace("http", "https"), "https://files.example.com/1", "", "file:///etc"):
            graph.say("/1479537139650973", {"url": url})
            with pytest.raises(FileProblem):
                await fetched(number, picture())
        graph.say("/1479537139650973", {"url": f"{graph.url}/moved"})
        graph.say("/moved", (302, f"{elsewhere}/1".encode()))
        with pytest.raises(FileProblem):
            await fetched(number, picture())
    assert heard == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, {"error": {"code": 100, "message": "does not exist"}}), FileProblem),
        ((401, {"error": {"code": 190, "message": "expired"}}), Unauthorized),
        ((400, {"error": {"code": 130429, "message": "slower"}}), TryLater),
        ((502, b"<html>"), TryLater),
        ({}, FileProblem),
    ],
)
async def test_a_file_that_cannot_be_asked_for_says_so(
    graph: Graph, number: WhatsAppConnector, answer: Said, error: type[Exception]
) -> None:
    graph.say("/1479537139650973", answer)
    with pytest.raises(error):
        await fetched(number, picture())


async def test_a_server_that_is_down_is_asked_again_later(graph: Graph, number: WhatsAppConnector) -> None:
    graph.say("/1479537139650973", {"url": f"{graph.url}/file"})
    graph.say("/file", (503, b""))
    with pytest.raises(TryLater):
        await fetched(number, picture())
    for remote in ("", "../me", "1?access_token=2", "1/../2", "вложение"):
        with pytest.raises(FileProblem):
            await fetched(number, Media(kind=MediaKind.PHOTO, remote=remote))


# ── templates ─────────────────────────────────────────────────────────────────────────────────────────


def template(name: str, *components: dict[str, Any], status: str = "APPROVED", language: str = "ru") -> dict[str, Any]:
    return {"name": name, "status": status, "language": language, "components": list(components)}


def body(text: str) -> dict[str, Any]:
    return {"type": "BODY", "text": text}


async def test_templates_are_listed_page_by_page_those_that_words_can_fill(
    graph: Graph, number: WhatsAppConnector
) -> None:
    head = {"type": "HEADER", "format": "TEXT", "text": "Заказ {{1}}"}
    link = {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Открыть", "url": "https://shop.example.com/{{1}}"}]}
    fixed = {
        "type": "BUTTONS",
        "buttons": [{"type": "URL", "url": "https://shop.example.com"}, {"type": "QUICK_REPLY"}],
    }
    first = {
        "data": [
            template("ready", head, body("{{2}}, заберите до {{1}}. {{2}}!"), {"type": "FOOTER", "text": "Магазин"}),
            template("waiting", body("x"), status="PENDING"),
            template("picture", {"type": "HEADER", "format": "IMAGE"}, body("x")),
            template("code", body("{{1}}"), {"type": "BUTTONS", "buttons": [{"type": "OTP"}]}),
            template("address", body("x"), link),
            template("carousel", body("x"), {"type": "CAROUSEL", "cards": []}),
            template("headless", {"type": "FOOTER", "text": "x"}),
            "odd",
        ],
        "paging": {"cursors": {"after": "NEXT"}, "next": "https://elsewhere.example.com/steal?access_token=1"},
    }
    second = {"data": [template("named", body("Привет, {{ name }}"), fixed)], "paging": {"cursors": {"after": "END"}}}
    graph.say(f"/{WABA}/message_templates", first, second)
    assert isinstance(number, Templating)
    assert await number.templates() == [
        Template("named", "ru", "Привет, {{1}}", 1),
        Template("ready", "ru", "Заказ {{1}}\n{{3}}, заберите до {{2}}. {{3}}!\nМагазин", 3),
    ]
    assert [query.get("after") for _, _, query, _ in graph.asked] == [None, "NEXT"]


async def test_a_list_without_end_is_left_off(graph: Graph, number: WhatsAppConnector) -> None:
    page = {"data": [template("one", body("x"))], "paging": {"cursors": {"after": "SAME"}, "next": "more"}}
    graph.say(f"/{WABA}/message_templates", page)
    assert len(await number.templates()) == 2


# ── the account ───────────────────────────────────────────────────────────────────────────────────────


async def test_the_app_is_subscribed_and_a_lost_subscription_is_seen(graph: Graph, number: WhatsAppConnector) -> None:
    address, path = "https://chat.example.com/hooks/meta/meta", f"/{WABA}/subscribed_apps"
    assert isinstance(number, Registering)
    app: dict[str, Any] = {"whatsapp_business_api_data": {"id": "1", "name": "Shop"}}
    graph.say(path, {"success": True})
    await number.register(address)
    graph.say(path, {"data": [app]})
    assert (await number.registration(address)).drift is None
    graph.say(path, {"data": [{**app, "override_callback_uri": address}]})
    assert (await number.registration(address)).drift is None
    graph.say(path, {"data": [{**app, "override_callback_uri": "https://crm.example.com/hook?key=secret"}]})
    drift = (await number.registration(address)).drift or ""
    assert "crm.example.com" in drift
    assert "secret" not in drift
    graph.say(path, {"data": []})
    assert "no app is subscribed" in ((await number.registration(address)).drift or "")
    graph.say(path, {"success": False})
    with pytest.raises(TryLater):
        await number.register(address)
    assert {method for method, *_ in graph.asked} == {"GET", "POST"}


async def test_the_number_says_who_it_is(graph: Graph, number: WhatsAppConnector) -> None:
    graph.say(f"/{NUMBER}", {"display_phone_number": "+7 931 000-11-22", "verified_name": "Магазин", "id": NUMBER})
    assert await number.whoami() == "+7 931 000-11-22 (Магазин)"
    graph.say(f"/{NUMBER}", {"id": NUMBER})
    with pytest.raises(Unauthorized, match="of one business"):
        await number.whoami()
    assert TOKEN not in repr(number)


async def test_a_lost_upload_may_go_again_and_a_lost_message_may_not(
    graph: Graph, number: WhatsAppConnector, files: Files
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield BYTES

    await files.put("17.2.0", chunks(), 10**6)  # type: ignore[arg-type] - any id will do
    part = Part(
        "messages",
        {"to": "79217654321", "type": "image", "image": {}, "upload": {"name": "a.jpg", "mime": "image/jpeg"}},
        ("17.2.0",),  # type: ignore[arg-type]
    )
    graph.say(f"/{NUMBER}/media", (502, b""))
    with pytest.raises(TryLater):
        await number.send(ContactId("79217654321"), part)
    graph.say(f"/{NUMBER}/media", {"id": "1"})
    graph.say(f"/{NUMBER}/messages", (502, b""))
    with pytest.raises(Uncertain):
        await number.send(ContactId("79217654321"), part)
    graph.say(f"/{NUMBER}/media", (400, {"error": {"code": 131053, "message": "no"}}))
    with pytest.raises(Refused, match="could not take the file"):
        await number.send(ContactId("79217654321"), part)
    await asyncio.sleep(0)


def test_ids_stand_in_the_file_with_or_without_quotes() -> None:
    settings = Settings.model_validate({**TABLE, "phone_number_id": int(NUMBER)})
    assert settings.addresses == (f"whatsapp:{NUMBER}", f"whatsapp:account:{WABA}")
    for wrong in ("+79310001122", "", True, 1.5, "1" * 33):
        with pytest.raises(ValueError, match="phone_number_id"):
            Settings.model_validate({**TABLE, "phone_number_id": wrong})


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "entities", "told"),
    [
        ("жирно", [Entity("bold", 0, 5)], "*жирно*"),
        ("оба сразу", [Entity("bold", 0, 9), Entity("italic", 0, 9)], "*_оба сразу_*"),
        ("😀 да нет", [Entity("bold", 3, 3)], "😀 *да* нет"),
        ("  края  ", [Entity("italic", 0, 8)], "  _края_  "),
        ("а\nб", [Entity("bold", 0, 3)], "а\nб"),
        ("а\nб", [Entity("pre", 0, 3)], "```а\nб```"),
        ("сайт", [Entity("text_link", 0, 4, url="https://x.example.com")], "сайт (https://x.example.com)"),
        ("сайт", [Entity("text_link", 0, 4, url="https://x.example.com"), Entity("bold", 0, 4)], "*сайт* (https://x.example.com)"),
        ("мимо", [Entity("bold", 2, 9), Entity("bold", -1, 2), Entity("bold", 1, 0)], "мимо"),
        ("под", [Entity("underline", 0, 3)], "под"),
    ],
)  # fmt: skip
def test_formatting_is_written_with_whatsapps_marks(text: str, entities: list[Entity], told: str) -> None:
    assert written(text, entities, marked=True) == told


def test_without_marks_the_words_stand_alone_and_it_is_said() -> None:
    entities = [Entity("bold", 0, 5), Entity("text_link", 0, 5, url="https://x.example.com")]
    assert written("жирно", entities, marked=False) == "жирно (https://x.example.com)"
    assert loses_formatting("жирно", entities, marked=False)
    assert not loses_formatting("жирно", entities, marked=True)
    assert loses_formatting("жирно", [Entity("underline", 0, 5)], marked=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("цена ~5000~, `код`", "цена ~|5000|~, `|код|`"),
        ("*важно* и _очень_", "*|важно|* и _|очень|_"),
        ("> цитата\nслово", "|> цитата\nслово"),
        ("```вот```", "```|вот|```"),
        ("*два*_три_", "*|два|*_|три|_"),
        ("*_оба_* и ~*так*~", "*|_|оба|_|* и ~|*|так|*|~"),
        ("(*раз*, _два_!)", "(*|раз|*, _|два|_!)"),
        ("*раз *два *три*", "*|раз *|два *|три|*"),
        ("цена *5*000, имя_файла_", "цена *5*000, имя_файла_"),
        ("5 * 3 * 2, a_b_c, 2*3*4", "5 * 3 * 2, a_b_c, 2*3*4"),
        ("https://shop.example/_a_/ тут", "https://shop.example/_a_/ тут"),
    ],
)
def test_signs_that_only_look_like_marks_reach_the_client_as_they_were_written(text, told):
    assert written(text, [], marked=True).replace("\u200b", "|") == told
    assert written(text, [], marked=False).replace("\u200b", "|") == told


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("привет мир", Entity("bold", 3, 3)),
        ("дважды два", Entity("italic", 0, 3)),
        ("2*3", Entity("bold", 0, 3)),
        ("одно\nдва", Entity("bold", 0, 8)),
    ],
)
def test_a_mark_stands_only_where_whatsapp_shows_it_and_else_its_loss_is_said(text, entity):
    assert written(text, [entity], marked=True).replace("\u200b", "") == text
    assert loses_formatting(text, [entity], marked=True)


def test_long_texts_are_cut_at_pauses_and_never_inside_a_sign() -> None:
    assert split("раз. два. три", 9) == ["раз.", "два. три"]
    assert split("абвгд", 2) == ["аб", "вг", "д"]
    family = "👨\u200d👩\u200d👧"
    assert split(f"аб{family}", 5) == ["аб", family]
    assert split("   ", 5) == []
    assert shorten("абвгд", 5) == "абвгд"
    assert shorten("абвгде", 5) == "абвг…"
