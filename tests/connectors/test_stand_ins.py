"""What the goldens of every channel send is sent to the sandbox's stand-in too: it refuses what its vendor refuses.

A golden alone shows what we send, not that anybody takes it: WhatsApp's documents once went out as `application/zip`.
Ids that a fixture makes up become those of real messages of the stand-in; files get bytes of the type they claim.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gateway.connectors.contract import Connector, Known, Tools
from gateway.connectors.registry import channel, channel_names
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import Refused
from gateway.model.file_types import mime_of
from gateway.model.ids import AccountId, ContactId, FileId, NativeId, SentId
from gateway.model.messages import FileState, Media, MediaKind, Message
from gateway.model.outgoing import AnswerPress, Outgoing, SendEdit, SendMessage, SendTemplate
from sandbox import registry as sandbox_registry
from sandbox.pictures import plain_png
from sandbox.server import Sandbox
from sandbox.toolkit.stand_in import SelfRegistered
from sandbox.toolkit.uploads import sample_file
from sandbox.vk.vk import Press

HERE = Path(__file__).parent
OFFICE = "application/vnd.openxmlformats-officedocument."
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc00011080028003c03012200021101031101ffd9")
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
WEBP = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3b\0\0\x27\0\0"
Json = dict[str, Any]


class Stage:
    """A stand-in with an account of ours, and a person who writes to it and presses its buttons.

    `write` and `press` answer the vendor's id of what was done; `approve` gives the account templates.
    """

    def __init__(
        self,
        settings: Json,
        contact: str,
        write: Callable[[], str],
        *,
        press: Callable[[], str] = lambda: "no such thing here",
        approve: Callable[[list[Json]], None] = lambda _: None,
    ) -> None:
        self.settings, self.contact = settings, ContactId(contact)
        self.write, self.press, self.approve = write, press, approve


def telegram(sandbox: Sandbox) -> Stage:
    bot, maria = sandbox.bot("shop_bot"), sandbox.user("maria")
    sandbox.people.start(maria, bot.id)

    def write() -> str:
        written = sandbox.people.text(maria, bot.id, "Есть розы?").message
        assert written is not None
        return str(written.message_id)

    def press() -> str:
        return sandbox.telegram.callbacks.press(sandbox.telegram.world.bots[bot.id], maria)[0]

    return Stage({"token": bot.token, "api_url": sandbox.url}, str(maria), write, press=press)


def vk(sandbox: Sandbox) -> Stage:
    romashka, irina = sandbox.community("romashka"), sandbox.user("irina")

    def write() -> str:
        written = sandbox.vk_people.text(irina, romashka.id, "Есть розы?").message
        assert written is not None
        return str(written.cmid)

    def press() -> str:
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        sandbox.vk.presses["5f1d"] = Press(romashka.id, irina, answer)
        return "5f1d"

    settings = {"token": romashka.token, "group_id": romashka.id, "api_url": sandbox.url}
    return Stage(settings, str(irina), write, press=press)


def whatsapp(sandbox: Sandbox) -> Stage:
    account, oleg = sandbox.account("romashka_wa"), sandbox.meta.world.people[sandbox.user("oleg")]

    def write() -> str:
        written = sandbox.whatsapp_people.text(oleg.id, account.id, "Есть розы?").message
        assert written is not None
        return written.id

    def approve(templates: list[Json]) -> None:
        account.templates.clear()
        for number, one in enumerate(templates):
            form = "NAMED" if re.search(r"\{\{[a-z]", json.dumps(one)) else "POSITIONAL"
            parts = [{**part, "type": part["type"].upper()} for part in one["components"]]
            known = {"id": f"1{number}", "category": "UTILITY", "parameter_format": form}
            account.templates.append({**known, **one, "components": parts})

    ids = {"app": account.app, "phone_number_id": account.id, "waba_id": account.owner_id}
    settings = {**ids, "token": account.token, "api_url": f"{sandbox.url}/v23.0"}
    return Stage(settings, oleg.phone, write, approve=approve)


def instagram(sandbox: Sandbox) -> Stage:
    account, karina = sandbox.account("romashka.flowers"), sandbox.meta.world.people[sandbox.user("karina.lis")]

    def write() -> str:
        written = sandbox.instagram_people.text(karina.id, account.id, "Есть розы?").message
        assert written is not None
        return written.id

    account.may_tag_human = True
    settings = {"app": account.app, "token": account.token, "instagram_id": account.id, "api_url": sandbox.url}
    return Stage(settings, karina.igsid, write)


def avito(sandbox: Sandbox) -> Stage:
    flowers, artem = sandbox.seller("flowers"), sandbox.user("artem")
    seller = sandbox.avito.world.sellers[flowers.id]

    def write() -> str:
        written = sandbox.avito_people.text(artem, flowers.listing, "Есть розы?").message
        assert written is not None
        return written.id

    write()
    chat = sandbox.avito.world.chat_at(artem, flowers.listing)
    assert chat is not None
    secrets = {"client_id": seller.client_id, "client_secret": seller.client_secret}
    return Stage({**secrets, "api_url": sandbox.url}, chat.id, write)


STAGES = {one.__name__: one for one in (telegram, vk, whatsapp, instagram, avito)}


def self_registered() -> list[str]:
    """The channels whose stand-in brings its own stage."""
    folders = Path(sandbox_registry.__file__).parent
    return [name for name in channel_names() if name not in STAGES and (folders / name / "stand_in.py").is_file()]


def stage_of(name: str, sandbox: Sandbox) -> Stage:
    if name in STAGES:
        return STAGES[name](sandbox)
    stand_in = sandbox.stand_in(name)
    assert isinstance(stand_in, SelfRegistered)
    brought = stand_in.stage(sandbox.url)
    return Stage(dict(brought.settings), brought.contact, brought.write, press=brought.press)


def content_of(media: Media) -> bytes:
    """Bytes of the type that the file claims, of the size that it claims."""
    mime = mime_of(media)
    sound, film = sample_file("audio").content, sample_file("video").content
    found = {
        "image/jpeg": JPEG, "image/png": plain_png(60, 40, "#7a9e7e"), "image/webp": WEBP,
        "image/gif": b"GIF89a\x3c\0\x28\0" + b"\0" * 40, "image/bmp": b"BM" + b"\0" * 40,
        "audio/ogg": sample_file("voice").content, "audio/mpeg": sound, "audio/mp4": b"\0\0\0\x20ftypM4A " + b"\0" * 40,
        "audio/wav": b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 40, "video/mp4": film,
        "video/quicktime": b"\0\0\0\x14ftypqt  " + b"\0" * 40, "application/pdf": b"%PDF-1.4\n%\xe2\xe3\n",
        "application/msword": OLE, "application/vnd.ms-excel": OLE, "application/vnd.ms-powerpoint": OLE,
        "text/plain": "привет\n".encode(), "text/csv": "а;б\n".encode(), "application/zip": b"PK\x03\x04",
    }.get(mime)  # fmt: skip
    if media.kind in {MediaKind.VOICE, MediaKind.AUDIO} and mime == "video/mp4":
        found = b"\0\0\0\x20ftypM4A " + b"\0" * 40  # a sound that looks like a film to whoever sees its frame only
    if found is None and mime.startswith(OFFICE):
        found = b"PK\x03\x04"
    if found is None:
        found = {
            MediaKind.PHOTO: JPEG, MediaKind.STICKER: WEBP, MediaKind.VOICE: sample_file("voice").content,
            MediaKind.AUDIO: sound,
        }.get(media.kind, film if media.kind is not MediaKind.DOCUMENT else b"?" * 20)  # fmt: skip
    return found + b"\0" * max((media.size or 0) - len(found), 0) if not mime.startswith("text/") else found


class Shelf:
    """The files that a message refers to, under their ids."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, found: Iterable[Media]) -> None:
        for media in found:
            if media.file is not None:
                (self._folder / media.file).write_bytes(content_of(media))

    def path(self, file: FileId) -> Path:
        return self._folder / file


@asynccontextmanager
async def connected(name: str, stage: Stage, shelf: Shelf) -> AsyncIterator[Connector]:
    settings = channel(name).Settings.model_validate(stage.settings)
    http = HttpClient(api_url=stage.settings["api_url"], timeouts=Timeouts(connect=5, read=10, total=20))
    connector = channel(name).connect(settings, Tools(account=AccountId("shop"), http=http, files=shelf))
    try:
        yield connector
    finally:
        await connector.close()


def fixtures() -> list[Any]:
    found = (
        (name, path) for name in [*STAGES, *self_registered()] for path in sorted((HERE / name / "sent").glob("*.json"))
    )
    return [
        pytest.param(name, path, id=f"{name}-{path.stem}")
        for name, path in found
        if not path.name.endswith(".expected.json")
    ]


def test_every_channel_with_a_vendor_has_its_stand_in() -> None:
    with_vendor = [one for one in channel_names() if "api_url" in channel(one).Settings.model_fields]
    assert sorted([*STAGES, *self_registered()]) == with_vendor


@pytest.mark.parametrize(("name", "path"), fixtures())
async def test_what_a_golden_sends_is_taken_by_the_stand_in(name: str, path: Path, tmp_path: Path) -> None:
    fixture, golden = load(path), load(path.with_name(f"{path.stem}.expected.json"))
    outgoing: Outgoing = msgspec.convert(fixture["outgoing"], Outgoing)
    async with Sandbox(limits=False) as sandbox:
        stage = stage_of(name, sandbox)
        if isinstance(outgoing, SendTemplate):
            stage.approve(fixture["answers"][0]["body"]["data"])
        native = NativeId(stage.write())
        shelf = Shelf(tmp_path)
        if isinstance(outgoing, SendMessage | SendEdit):
            shelf.put(outgoing.message.media)
        async with connected(name, stage, shelf) as connector:
            outgoing = with_natives(outgoing, native, stage)
            if isinstance(outgoing, AnswerPress) and outgoing.native is not None:
                outgoing = replace(outgoing, native=await said(connector, shelf, stage, outgoing, 9))
            known = msgspec.convert(fixture.get("known", {}), Known)
            target = [await said(connector, shelf, stage, outgoing, number) for number, _ in enumerate(known.target)]
            known = Known(tuple(target), native if known.quoted is not None else None)
            try:
                parts = connector.render(stage.contact, outgoing, known)
            except Refused as refusal:
                assert "refused" in golden, f"it is refused here only: {refusal}"
                return
            for part in parts:
                receipt = await connector.send(stage.contact, part)
                assert not (receipt.note or "").startswith("sent as a file"), "it was taken in a plainer form only"


async def said(connector: Connector, shelf: Shelf, stage: Stage, outgoing: Outgoing, number: int) -> NativeId:
    """A message of ours that can be changed or taken back: of the kind that it will be changed to."""
    before = Message(text=f"сказано {number}")
    if isinstance(outgoing, SendEdit) and number == 0:
        stored = [replace(one, state=FileState.STORED, file=FileId("before")) for one in outgoing.message.media[:1]]
        shelf.put(stored)
        before = Message(text="" if stored else before.text, attachments=tuple(stored))
    part, *_ = connector.render(stage.contact, SendMessage(SentId(f"9.{number + 1}"), before), Known())
    native, *_ = (await connector.send(stage.contact, part)).natives
    return native


def with_natives(outgoing: Outgoing, native: NativeId, stage: Stage) -> Outgoing:
    """The same about a message that the person has really written, or a button that they have pressed."""
    replaced: Json = {}
    if isinstance(outgoing, AnswerPress):
        replaced["press"] = stage.press()
    if getattr(outgoing, "native", None) is not None:
        replaced["native"] = native
    message = getattr(outgoing, "message", None)
    if message is not None and message.reply_to is not None and message.reply_to.native is not None:
        replaced["message"] = replace(message, reply_to=replace(message.reply_to, native=native, quote=None))
    return replace(outgoing, **replaced)


def load(path: Path) -> Json:
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found
