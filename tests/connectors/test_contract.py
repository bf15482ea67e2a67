"""What every channel's folder must show, by its fixtures: `tests/connectors/<channel>/` is data only.

```
settings.json                     a valid account's table; `api_url` is replaced by the scripted vendor's address
opening.json                      what the vendor answers whenever it is asked for it, beside every script (a token): by
                                  the end of the path
hook.json                         a genuine call of the webhook (headers, query, body), for channels that have one;
                                  `secret`: the body's field that proves who sends, where no header and no parameter
                                  does; `vendor`: what is asked for to believe it, as in opening.json; `update`: what
                                  is believed then, where it is not the body itself. The run of mutations reads it too,
                                  and a few fields more: chaos/webhooks.py
strangers.json                    requests of a live channel's pages, and the origin of its site: none of them is let in
received/<kind>__<variant>.json   a payload in the vendor's shape   → .expected.json: the items of `parse`
sent/<kind>__<variant>.json       contact, outgoing, known, answers → .expected.json: parts, requests, receipts
failed/<name>.json                the vendor's answer (or `answers`), and which error of gateway.errors it is, in which
                                  words
```
`<vendor>` in an answer becomes the address of the scripted vendor.

A live channel has no vendor (and no `api_url`): what it sends goes into its contacts' logs, so its goldens' requests
are what was written there, and in `failed/` the log itself fails: `"answer": {"after": <seconds>, "problem": <words>}`.

`WRITE_GOLDENS=1 pytest tests/connectors/test_contract.py` writes the `.expected.json` anew: read the difference.
"""

import asyncio
import copy
import json
import logging
import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from gateway.connectors.contract import (
    Call,
    Connector,
    Known,
    Part,
    Polling,
    Registering,
    Routed,
    Serving,
    Templating,
)
from gateway.connectors.live_contract import Accepted, Listener, Live, LiveTools, Logged, Page, Upload
from gateway.connectors.registry import Channel, channel, channel_names
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import ChannelError, FileProblem, Refused, TryLater, Unauthorized, Uncertain
from gateway.model.codec import decode, encode, to_builtins
from gateway.model.commands import Entry, Ignored, Inbound, ReceiveTyping
from gateway.model.ids import AccountId, ContactId, DialogId, FileId, LineId, NativeId, SentId
from gateway.model.messages import Entity, FileState, Media, MediaKind, Message
from gateway.model.outgoing import Outgoing, SendMessage, SendReaction, SendTemplate
from gateway.model.state import Dialog
from gateway.router.rules.degradation import foreseen
from gateway.router.rules.permissions import Refuse

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "gateway" / "connectors"
ACCOUNT = AccountId("shop")
FILE_SIZE = 1234
ERRORS = {one.__name__: one for one in (TryLater, Refused, Uncertain, Unauthorized)}

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


# ── fixtures as data ──────────────────────────────────────────────────────────────────────────────────


def fixtures(kind: str) -> list[Any]:
    found = ((name, path) for name in channel_names() for path in sorted((HERE / name / kind).glob("*.json")))
    return [
        pytest.param(name, path, id=f"{name}-{path.stem}")
        for name, path in found
        if not path.name.endswith(".expected.json")
    ]


def compare(path: Path, found: object) -> None:
    """Against the golden beside `path`."""
    golden, found = path.with_name(f"{path.stem}.expected.json"), json.loads(json.dumps(found))
    if os.environ.get("WRITE_GOLDENS"):
        golden.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert golden.exists(), f"{golden.name} is missing"
    assert found == json.loads(golden.read_text(encoding="utf-8"))


def load(path: Path) -> Json:
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found


def table(name: str) -> Json:
    return load(HERE / name / "settings.json")


def secrets_of(name: str) -> list[str]:
    settings = channel(name).Settings.model_validate(table(name))
    values = (getattr(settings, field) for field in type(settings).model_fields)
    return [one.get_secret_value() for one in values if isinstance(one, SecretStr)]


def outgoing_of(raw: Json) -> Outgoing:
    return msgspec.convert(raw, Outgoing)


# ── the vendor at the wire, and a connector that talks to it ──────────────────────────────────────────


class Vendor:
    """An HTTP server that records what it is asked, and answers by a script; without one it answers 500."""

    def __init__(self, secrets: list[str], standing: Json | None = None) -> None:
        self.requests: list[Json] = []
        self.script: list[Handler] = []
        self.standing: Json = dict(standing or {})
        """What is answered without a script and not recorded, by the end of the path."""
        self.url = ""
        self._secrets = secrets

    def answer(self, status: int, body: object) -> None:
        text = (body if isinstance(body, str) else json.dumps(body)).replace("<vendor>", self.url)

        async def handler(_request: web.Request) -> web.Response:
            return web.Response(status=status, text=text, content_type="application/json")

        self.script.append(handler)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        for end, body in self.standing.items():
            if path.endswith(end):
                return web.json_response(body)
        for secret in self._secrets:
            path = path.replace(secret, "<secret>")
        self.requests.append({"method": request.method, "path": path, **await self._body(request)})
        if not self.script:
            return web.Response(status=500, text="the script is at its end")
        return await self.script.pop(0)(request)

    async def _body(self, request: web.Request) -> Json:
        if request.content_type == "application/json":
            return {"json": await request.json()}
        fields: Json = {}
        files: Json = {}
        for key, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[key] = {"name": value.filename, "size": len(value.file.read())}
            else:
                fields[key] = value
        # Names of uploads are made up anew each time; what they point to is what matters.
        text = json.dumps(fields, ensure_ascii=False)
        for number, key in enumerate(files):
            text = text.replace(key, f"upload {number}")
        return {"fields": json.loads(text), "files": list(files.values())}


class Diary:
    """The logs of a live channel, in memory: what is written there is what its visitors are shown."""

    def __init__(self) -> None:
        self.requests: list[Json] = []
        self.failure: TryLater | None = None
        self._entries: dict[str, Logged] = {}

    @property
    def shown(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    async def append(self, contact: ContactId, key: str, body: Mapping[str, Any]) -> Logged:
        if self.failure is not None:
            raise self.failure
        # Behind "~" stands what makes a change of mind an entry of its own; `at` is the moment. Both differ each time.
        lasting = {name: one for name, one in body.items() if name != "at"}
        self.requests.append({"contact": contact, "key": key.partition("~")[0], "body": lasting})
        return self._entries.setdefault(f"{contact} {key}", Logged(f"{len(self._entries) + 1}-0", body))

    async def after(self, contact: ContactId, seq: str | None, limit: int) -> Page:
        self.requests.append({"contact": contact, "after": seq})
        return Page(())

    async def hint(self, contact: ContactId, body: Mapping[str, Any]) -> None:
        if self.failure is not None:
            raise self.failure
        self.requests.append({"contact": contact, "hint": dict(body)})


class Doorman:
    """A live channel's reception that lets nobody pass unseen."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def accept(self, items: Sequence[Inbound]) -> Sequence[Accepted]:
        self.seen.append("accept")
        return [Accepted("stored") for _ in items]

    def listen(self, contact: ContactId) -> Any:
        self.seen.append("listen")
        return self._silence()

    @asynccontextmanager
    async def _silence(self) -> AsyncIterator[Listener]:
        yield self

    async def heard(self) -> Sequence[Mapping[str, Any]]:
        await asyncio.Event().wait()
        return ()

    def is_attended(self) -> bool:
        return True

    async def keep(self, name: str, chunks: AsyncIterable[bytes], limit: int) -> Upload:
        self.seen.append("keep")
        return Upload(sum([len(one) async for one in chunks]), None)

    def kept(self, name: str) -> Path:
        self.seen.append("kept")
        raise FileProblem("nothing is kept here")

    def address_of(self, request: web.Request) -> str:
        return "127.0.0.1"


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application(client_max_size=0)
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Shelf:
    """Every file is there, and holds the same number of bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, file: FileId) -> Path:
        path = self._folder / file
        path.write_bytes(b"\x00" * FILE_SIZE)
        return path


@asynccontextmanager
async def connected(
    name: str, url: str, folder: Path, *, diary: Diary | None = None, **changes: object
) -> AsyncIterator[Connector]:
    address = {"api_url": url} if has_vendor(name) else {}
    settings = channel(name).Settings.model_validate({**table(name), **address, **changes})
    http = HttpClient(api_url=url, timeouts=Timeouts(connect=2, read=2, total=4))
    shelf = Shelf(folder)
    tools = LiveTools(account=ACCOUNT, http=http, files=shelf, logs=diary or Diary(), uploads=shelf)
    connector = channel(name).connect(settings, tools)
    try:
        yield connector
    finally:
        await connector.close()


@asynccontextmanager
async def scripted(name: str, folder: Path, **changes: object) -> AsyncIterator[tuple[Vendor, Connector]]:
    opening = HERE / name / "opening.json"
    vendor = Vendor(secrets_of(name), load(opening) if opening.is_file() else None)
    async with serving(vendor.handle) as url:
        vendor.url = url
        async with connected(name, url, folder, **changes) as connector:
            yield vendor, connector


def has_vendor(name: str) -> bool:
    """Whether somebody else's server is called; a live channel has only its logs."""
    return "api_url" in channel(name).Settings.model_fields


def hello(connector: Connector) -> tuple[ContactId, Part]:
    outgoing = SendMessage(sent=SentId("1.1"), message=Message(text="Добрый день"))
    return ContactId("512034567"), connector.render(ContactId("512034567"), outgoing, Known())[0]


every_channel = pytest.mark.parametrize("name", channel_names())
every_channel_with_a_vendor = pytest.mark.parametrize("name", [one for one in channel_names() if has_vendor(one)])
every_live_channel = pytest.mark.parametrize("name", [one for one in channel_names() if not has_vendor(one)])


# ── shape ─────────────────────────────────────────────────────────────────────────────────────────────


@every_channel
def test_the_folder_holds_the_parts_of_a_channel(name: str) -> None:
    for part in ("__init__.py", "connector.py", "parse.py", "render.py", "README.md"):
        assert (SOURCES / name / part).is_file(), f"{name}/{part} is missing"
    package: Channel = channel(name)
    assert name == package.CHANNEL
    assert all(callable(getattr(package, one)) for one in ("parse", "unpack", "connect", "Settings"))
    assert package.__doc__, "the package says what the channel can and cannot do"


@every_channel
def test_the_fixture_folder_holds_data_only(name: str) -> None:
    files = [path for path in (HERE / name).rglob("*") if path.is_file()]
    assert all(path.suffix == ".json" or path.name == "sentences.toml" for path in files)
    for golden in (HERE / name).rglob("*.expected.json"):
        source = golden.with_name(golden.name.replace(".expected.json", ".json"))
        assert source.is_file(), f"{golden.name} belongs to no fixture"


@every_channel
def test_settings_never_show_a_secret(name: str) -> None:
    settings = channel(name).Settings.model_validate(table(name))
    secrets = secrets_of(name)
    assert secrets, "an account without a secret needs no connector"
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert not any(secret in text for secret in secrets)
    with pytest.raises(ValidationError) as caught:
        channel(name).Settings.model_validate({**table(name), "no such setting": secrets[0]})
    assert not any(secret in str(caught.value) for secret in secrets)


@every_channel
async def test_every_capability_has_a_fixture(name: str, tmp_path: Path) -> None:
    sent = [load(path) for path in (HERE / name / "sent").glob("*.json") if ".expected" not in path.name]
    outgoing = [outgoing_of(one["outgoing"]) for one in sent]
    kinds = {type(one).__name__ for one in outgoing}
    messages = [one.message for one in outgoing if isinstance(one, SendMessage)]
    async with connected(name, "http://127.0.0.1:9", tmp_path) as connector:
        can, templates = connector.capabilities, isinstance(connector, Templating)
    wanted = {
        "SendMessage": True,
        "SendTemplate": templates,
        "SendEdit": can.edits,
        "SendDelete": can.deletes,
        "SendReaction": can.reactions.are_possible,
        "SendTyping": can.typing,
        "SendReadMark": can.read_marks,
    }
    assert {kind for kind, wants in wanted.items() if wants} <= kinds
    assert set(can.media) <= {media.kind for message in messages for media in message.media}
    assert not can.buttons or any(message.buttons for message in messages)
    assert not can.quotes or any(one.get("known", {}).get("quoted") for one in sent)


@every_channel
async def test_a_channel_without_approved_texts_says_so_in_words(name: str, tmp_path: Path) -> None:
    async with connected(name, "http://127.0.0.1:9", tmp_path) as connector:
        if not isinstance(connector, Templating):
            with pytest.raises(Refused, match="own words"):
                connector.render(ContactId("1"), SendTemplate(SentId("1.2"), "hello"), Known())


@every_channel
def test_texts_photos_and_what_cannot_be_shown_are_among_the_received(name: str) -> None:
    stems = {path.stem.split("__")[0] for path in (HERE / name / "received").glob("*.json")}
    assert {"text", "photo", "unknown"} <= stems


# ── receiving ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "path"), fixtures("received"))
def test_a_payload_is_read_as_its_golden_says(name: str, path: Path) -> None:
    package, body = channel(name), path.read_bytes()
    updates = package.unpack(body)
    before = copy.deepcopy(updates)
    items = [item for update in updates for item in package.parse(update)]
    again = [item for update in updates for item in package.parse(update)]
    assert updates == before, "parse changed its input"
    assert items == again
    for one in items:
        if not isinstance(one.item, Ignored | ReceiveTyping):
            entry = Entry(one.item, ACCOUNT)
            assert decode(encode(entry), Entry) == entry
    if path.stem.startswith("unknown"):
        assert "Unsupported" in json.dumps(to_builtins(items))
    compare(path, to_builtins(items))


@every_channel
def test_no_two_fixtures_share_a_dedupe_key(name: str) -> None:
    package = channel(name)
    keys: dict[str, str] = {}
    for path in sorted((HERE / name / "received").glob("*.json")):
        if ".expected" in path.name:
            continue
        for update in package.unpack(path.read_bytes()):
            for one in package.parse(update):
                assert keys.setdefault(one.key, path.name) == path.name, f"{one.key}: {path.name}, {keys[one.key]}"


@every_channel
@pytest.mark.parametrize("body", [b"", b"{", b"17", b'"text"', b"null", b"[1]", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_update_is_told_in_a_sentence(name: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=" is ") as caught:
        channel(name).unpack(body)
    assert not isinstance(caught.value, UnicodeError)


@every_channel
async def test_a_stranger_at_the_webhook_is_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    hook = HERE / name / "hook.json"
    if not hook.is_file():
        async with connected(name, "http://127.0.0.1:9", tmp_path) as connector:
            assert not isinstance(connector, Serving), "a channel with a webhook needs hook.json"
        return
    genuine = load(hook)
    body = json.dumps(genuine["body"]).encode()
    query = genuine.get("query", {})
    async with scripted(name, tmp_path, **genuine["settings"]) as (vendor, connector):
        vendor.standing |= genuine.get("vendor", {})
        assert isinstance(connector, Serving)
        served = await connector.serve(Call("POST", genuine["headers"], query, body))
        assert served.status == 200
        believed = genuine.get("update", genuine["body"])
        assert to_builtins(served.items) == to_builtins(channel(name).parse(believed))
        for headers, asked, sent in strangers_calls(genuine):
            refused = await connector.serve(Call("POST", headers, asked, sent))
            assert (refused.status in {401, 403}, refused.items) == (True, ())
        broken = await connector.serve(Call("POST", genuine["headers"], query, b"not even JSON"))
        assert (broken.status, broken.items) == (400, ())


def strangers_calls(genuine: Json) -> list[tuple[dict[str, str], dict[str, str], bytes]]:
    """The genuine call without its proof, and with a wrong one: in a header, a parameter, or a field of the body."""
    body, headers, query = json.dumps(genuine["body"]).encode(), genuine["headers"], genuine.get("query", {})
    if query:
        (right,) = query.values()
        values = ("", altered(right), right.upper(), f"{right}0", "секрет", "\ud800")
        queries = ({}, {"other": right}, *(dict.fromkeys(query, one) for one in values))
        return [(headers, one, sent) for one in queries for sent in (body, b"not even JSON")]
    if "secret" not in genuine:
        forged = {header: altered(value) for header, value in headers.items()}
        wrong = ({}, forged, dict.fromkeys(headers, ""), dict.fromkeys(headers, "секрет"))
        return [(one, {}, sent) for one in wrong for sent in (body, b"not even JSON")]
    field = genuine["secret"]
    bare = {name: value for name, value in genuine["body"].items() if name != field}
    right = genuine["body"][field]
    wrong_values = (
        "",
        altered(right),
        right.upper(),
        f"{right}0",
        "секрет",
        "\ud800",
        None,
        0,
        True,
        [right],
        {field: right},
    )
    bodies = [
        bare,
        {**bare, "object": {**bare["object"], field: right}},
        *({**bare, field: one} for one in wrong_values),
    ]
    return [(headers, {}, json.dumps(one).encode()) for one in bodies]


def altered(value: str) -> str:
    return f"{value[:-1]}{'0' if value[-1] != '0' else '1'}"


@every_live_channel
async def test_a_stranger_at_a_live_channels_pages_is_refused_before_anything_is_done(
    name: str, tmp_path: Path
) -> None:
    strangers = load(HERE / name / "strangers.json")
    diary, doorman = Diary(), Doorman()
    async with (
        connected(name, "http://127.0.0.1:9", tmp_path, diary=diary) as connector,
        aiohttp.ClientSession() as client,
    ):
        assert isinstance(connector, Live)
        connector.open(doorman)

        async def attend(request: Any) -> Any:
            return await connector.attend(request, request.match_info["tail"])

        async with serving(attend) as url:

            async def status(asked: Json, origin: str | None, token: str | None) -> int:
                given = {} if origin is None else {"Origin": origin}
                body: Json = {}
                if "json" in asked:
                    body = {"json": asked["json"] if token is None else {**asked["json"], "token": token}}
                elif token is not None:
                    given["Authorization"] = f"Bearer {token}"
                async with client.request(
                    asked["method"], f"{url}/{asked['path']}", headers={**asked.get("headers", {}), **given}, **body
                ) as answer:
                    return answer.status

            for asked in strangers["requests"]:
                for origin in (None, "null", "", "https://stranger.example.org", f"{strangers['origin']}.example.org"):
                    assert (asked["path"], origin, await status(asked, origin, None)) == (asked["path"], origin, 403)
                for token in [None, "", "x", *strangers["forged"]] if asked["needs_token"] else ():
                    assert await status(asked, strangers["origin"], token) in {400, 401, 403}, (asked, token)
                if not asked["needs_token"]:
                    assert await status(asked, strangers["origin"], None) != 403, "the origin is the site's own"
    assert (doorman.seen, diary.requests) == ([], [])


# ── sending ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "path"), fixtures("sent"))
async def test_what_is_sent_is_as_its_golden_says(name: str, path: Path, tmp_path: Path) -> None:
    fixture = load(path)
    contact = ContactId(fixture["contact"])
    known = msgspec.convert(fixture.get("known", {}), Known)
    diary = Diary()
    async with scripted(name, tmp_path, diary=diary) as (vendor, connector):
        for one in fixture.get("answers", []):
            vendor.answer(one["status"], one["body"])
        try:
            parts = connector.render(contact, outgoing_of(fixture["outgoing"]), known)
        except Refused as refusal:
            compare(path, {"refused": str(refusal), "gone": refusal.gone})
            return
        for part in parts:
            assert msgspec.json.decode(msgspec.json.encode(part), type=Part) == part, "a part must be plain JSON"
        receipts = [await connector.send(contact, part) for part in parts]
        assert not vendor.script, "some of the scripted answers were not asked for"
    assert not (vendor.requests and diary.requests), "a channel has a vendor or logs, and not both"
    compare(
        path,
        {
            "parts": [to_builtins(part) for part in parts],
            "requests": vendor.requests or diary.requests,
            "receipts": [to_builtins(one) for one in receipts],
        },
    )


MIMES = {
    MediaKind.PHOTO: "image/jpeg", MediaKind.DOCUMENT: "application/pdf", MediaKind.VOICE: "audio/ogg",
    MediaKind.AUDIO: "audio/mpeg", MediaKind.VIDEO: "video/mp4", MediaKind.VIDEO_NOTE: "video/mp4",
    MediaKind.ANIMATION: "video/mp4", MediaKind.STICKER: "image/webp",
}  # fmt: skip
"""What an operator's messenger gives of each kind."""
BOLD = (Entity("bold", 0, 3),)


@every_channel
async def test_what_a_rendering_loses_is_foreseen_from_the_capabilities(name: str, tmp_path: Path) -> None:
    async with connected(name, "http://127.0.0.1:9", tmp_path) as connector:
        can = connector.capabilities
        contact, _ = hello(connector)
        dialog = Dialog(
            id=DialogId("1"), line=LineId("sales"), account=ACCOUNT, contact=contact, client="Мария", opened_at=1
        )

        def rendered(message: Message) -> Sequence[Part]:
            return connector.render(contact, SendMessage(sent=SentId("1.1"), message=message), Known())

        assert any(part.loses for part in rendered(Message(text="вот", entities=BOLD))) != can.text.formatting
        for kind, mime in MIMES.items():
            media = Media(kind, mime=mime, size=FILE_SIZE, file=FileId("1.1.0"), state=FileState.STORED)
            for text in ("", "вот"):
                message = Message(text=text, attachments=(media,))
                try:
                    losses = foreseen(can, message, dialog)
                except Refuse:
                    with pytest.raises(Refused):
                        rendered(message)
                    continue
                parts = rendered(message)
                told = [part.loses for part in parts if part.loses]
                assert not told or any(one.goes_as for one in losses), f"{kind} loses {told}: say so in its rule"
                apart = any(one.goes_as is None for one in losses)
                assert (len(parts) > 1) == apart, f"{kind} with words: what goes apart is not `captioned`"
        for emoji in sorted(can.reactions.emojis):
            connector.render(contact, SendReaction(NativeId("7"), emoji), Known())


@every_channel
async def test_a_long_text_is_split_and_not_cut(name: str, tmp_path: Path) -> None:
    async with connected(name, "http://127.0.0.1:9", tmp_path) as connector:
        words = [f"слово{number}" for number in range(connector.capabilities.text.limit // 4)]
        outgoing = SendMessage(sent=SentId("1.1"), message=Message(text=" ".join(words)))
        parts = connector.render(ContactId("1"), outgoing, Known())
    said = " ".join(json.dumps(part.request, ensure_ascii=False) for part in parts)
    assert len(parts) > 1
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(("name", "path"), fixtures("failed"))
async def test_a_failed_answer_gives_its_error(
    name: str, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fixture = load(path)
    diary = Diary()
    async with scripted(name, tmp_path, diary=diary) as (vendor, connector):
        contact, part = hello(connector)
        if "outgoing" in fixture:
            known = msgspec.convert(fixture.get("known", {}), Known)
            part = connector.render(contact, outgoing_of(fixture["outgoing"]), known)[0]
        if has_vendor(name):
            for answer in fixture.get("answers") or [fixture["answer"]]:
                vendor.answer(answer["status"], answer["body"])
        else:
            answer = fixture["answer"]
            diary.failure = TryLater(answer["problem"], after=answer["after"])
        with pytest.raises(ChannelError) as caught:
            await connector.send(contact, part)
    error = caught.value
    assert isinstance(error, ERRORS[fixture["raises"]])
    assert {"says": str(error), **{name: value for name, value in vars(error).items() if name in fixture}} == {
        name: fixture[name] for name in fixture if name in {"says", "gone", "after", "everyone"}
    }
    for secret in secrets_of(name):
        assert secret not in str(error)
        assert secret not in caplog.text


@every_channel_with_a_vendor
@pytest.mark.parametrize("status", [201, 302, 400, 401, 403, 404, 409, 418, 429, 451, 500, 502, 503, 504, 599])
@pytest.mark.parametrize("body", ["", "<html>", "{}", "[]", "null", '{"ok":false}', '{"ok":"?","error":[]}'])
async def test_an_answer_that_nobody_foresaw_is_still_one_of_the_four_errors(
    name: str, status: int, body: str, tmp_path: Path
) -> None:
    async with scripted(name, tmp_path) as (vendor, connector):
        contact, part = hello(connector)
        vendor.answer(status, body)
        with pytest.raises(ChannelError):
            await connector.send(contact, part)


@every_channel_with_a_vendor
async def test_a_lost_answer_is_uncertain_and_an_unreachable_server_is_not(name: str, tmp_path: Path) -> None:
    async def lose(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with scripted(name, tmp_path) as (vendor, connector):
        contact, part = hello(connector)
        vendor.script.append(lose)
        with pytest.raises(Uncertain):
            await connector.send(contact, part)
        assert len(vendor.requests) == 1, "a connector never repeats what may have been sent"
    async with connected(name, vendor.url, tmp_path) as connector:
        with pytest.raises(TryLater) as caught:
            await connector.send(contact, part)
    for secret in secrets_of(name):
        assert secret not in str(caught.value)


@every_live_channel
async def test_what_is_sent_again_to_a_live_channel_is_shown_once(name: str, tmp_path: Path) -> None:
    diary = Diary()
    async with connected(name, "http://127.0.0.1:9", tmp_path, diary=diary) as connector:
        assert connector.capabilities.resend_ms, "whatever is uncertain may be sent again"
        contact, part = hello(connector)
        diary.failure = TryLater("Redis is away", after=1)
        with pytest.raises(TryLater):
            await connector.send(contact, part)
        diary.failure = None
        first = await connector.send(contact, part)
        assert await connector.send(contact, part) == first
    assert (len(diary.requests), diary.shown) == (2, 1)


@every_channel
async def test_closing_leaves_no_task_behind(name: str, tmp_path: Path) -> None:
    async with serving(Vendor([]).handle) as url:
        before = asyncio.all_tasks()
        async with connected(name, url, tmp_path) as connector:
            contact, part = hello(connector)
            with suppress(ChannelError):
                await connector.send(contact, part)
            if isinstance(connector, Live):
                connector.open(Doorman())
                await connector.dismiss("restart")
            await connector.close()
        await asyncio.sleep(0)
        left = {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task)}
        assert not left


@every_channel
async def test_a_file_that_is_not_to_be_had_is_a_file_problem(name: str, tmp_path: Path) -> None:
    async with connected(name, "http://127.0.0.1:9", tmp_path) as connector:
        size = connector.capabilities.fetch_limit + 1
        media = Media(kind=MediaKind.DOCUMENT, remote="handle", size=size)
        with pytest.raises(FileProblem):
            async with connector.fetch(media):
                pass


@every_channel
async def test_what_the_connector_offers_is_in_the_contract(name: str, tmp_path: Path) -> None:
    async with connected(name, "http://127.0.0.1:9", tmp_path) as connector:
        assert connector.channel == name
        assert isinstance(connector, Polling | Serving | Routed | Live), "updates must reach us somehow"
        assert isinstance(connector, Live) is not has_vendor(name), "who is not called has pages of our own"
        assert not isinstance(connector, Serving | Routed) or isinstance(connector, Registering)
