"""The Telegram connector against the sandbox, which answers as the real server, with its refusals and faults.

What arrives is fetched, and what was fetched is sent back, so that one look at the person's phone shows both ways.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from gateway.connectors.contract import Call, Connector, Known, Part, Polled, Served, Tools
from gateway.connectors.telegram import Settings, connect, parse
from gateway.connectors.telegram.connector import PollingConnector, ServingConnector
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import FileProblem, Refused, TryLater, Unauthorized, Uncertain
from gateway.model.commands import (
    Ignored,
    Receive,
    ReceiveDelete,
    ReceiveEcho,
    ReceiveEdit,
    ReceivePress,
    ReceiveReach,
    ReceiveReaction,
)
from gateway.model.ids import AccountId, ContactId, FileId, NativeId, SentId
from gateway.model.messages import Button, Entity, FileState, Location, Media, MediaKind, Message, ReplyTo, Window
from gateway.model.outgoing import (
    AnswerPress,
    Outgoing,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
    SendReadMark,
    SendTyping,
)
from sandbox.server import Sandbox
from sandbox.telegram.business import Business
from sandbox.telegram.faults import FaultRule
from sandbox.telegram.people import Act
from sandbox.toolkit.uploads import Upload, sample_file

KINDS = ("photo", "document", "voice", "video", "video_note", "animation", "audio", "sticker")
SENT = SentId("1.2")


class Shelf:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, file: FileId) -> Path:
        return self.folder / file


class Desk:
    """One bot of the sandbox, a person who writes to it, and our connector in between."""

    def __init__(self, sandbox: Sandbox, shelf: Shelf) -> None:
        self.sandbox = sandbox
        self.shelf = shelf
        self.bot = sandbox.bot("shop_bot")
        self.maria = sandbox.user("maria")
        self.anna = sandbox.user("anna")
        self.contact = ContactId(str(self.maria))
        settings = Settings.model_validate({"token": self.bot.token, "api_url": sandbox.url})
        http = HttpClient(api_url=sandbox.url, timeouts=Timeouts(connect=2, read=2, total=4))
        connector = connect(settings, Tools(account=AccountId("shop"), http=http, files=shelf))
        assert isinstance(connector, PollingConnector)
        self.connector = connector
        self.cursor: str | None = None

    async def arrived(self) -> list[Any]:
        """What came since the last time, as items."""
        polled: Polled = await self.connector.poll(self.cursor, 0)
        self.cursor = polled.cursor
        return [inbound.item for update in polled.updates for inbound in parse(update)]

    async def one(self) -> Any:
        (item,) = await self.arrived()
        return item

    async def say(
        self, outgoing: Outgoing, known: Known | None = None, *, to: ContactId | None = None
    ) -> list[NativeId]:
        contact = to or self.contact
        parts = self.connector.render(contact, outgoing, known or Known())
        return [native for part in parts for native in (await self.connector.send(contact, part)).natives]

    async def text(self, text: str, **more: Any) -> NativeId:
        (native,) = await self.say(SendMessage(sent=SENT, message=Message(text=text, **more)))
        return native

    def shown(self, native: NativeId) -> dict[str, Any]:
        """The message as the person's phone has it; empty when it is gone."""
        chat = self.sandbox.telegram.world.chats[(self.bot.id, self.maria)]
        message = self.sandbox.telegram.world.message(chat, int(native))
        return {} if message is None else message.body

    def fault(self, method: str, fault: Any, **more: Any) -> None:
        self.sandbox.telegram.faults.replace([FaultRule(method=method, fault=fault, times=1, **more)])

    def calls(self, method: str) -> list[dict[str, Any]]:
        rows = self.sandbox.ledger.since(0)
        return [row for row in rows if row["kind"] == "call" and row["method"].lower() == method.lower()]


@asynccontextmanager
async def closing(connector: Connector) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await connector.close()


def native_of(act: Act) -> NativeId:
    assert act.message is not None
    return NativeId(str(act.message.message_id))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Sandbox(limits=False, same_offset_hold_ms=0, same_offset_single_ms=0) as sandbox:
        desk = Desk(sandbox, Shelf(tmp_path))
        sandbox.people.start(desk.maria, desk.bot.id, "promo")
        start = await desk.one()
        assert isinstance(start, Receive)
        assert (start.start, start.profile.name if start.profile else "") == ("promo", "Мария Соколова")
        yield desk
        await desk.connector.close()


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_words_go_both_ways_with_quotes_and_formatting(desk: Desk) -> None:
    act = desk.sandbox.people.text(desk.maria, desk.bot.id, "Есть ли скатерть? https://romashka.example")
    came = await desk.one()
    assert isinstance(came, Receive)
    assert [one.kind for one in came.message.entities] == ["url"]
    entities = (Entity("bold", 0, 2), Entity("text_link", 4, 8, url="https://romashka.example/"))
    message = Message(text="Да, смотрите", entities=entities, reply_to=ReplyTo(quote="скатерть"))
    known = Known(quoted=came.message.native)
    (native,) = await desk.say(SendMessage(sent=SENT, message=message), known)
    shown = desk.shown(native)
    assert shown["text"] == "Да, смотрите"
    assert [one["type"] for one in shown["entities"]] == ["bold", "text_link"]
    assert shown["reply_to_message"]["message_id"] == int(native_of(act))
    assert shown["quote"]["text"] == "скатерть"
    answer = desk.sandbox.people.text(desk.maria, desk.bot.id, "Беру", reply_to=int(native))
    replied = await desk.one()
    assert replied.message.reply_to == ReplyTo(native=native, told="Да, смотрите")
    assert replied.message.native == native_of(answer)


async def test_a_quote_of_what_is_gone_costs_the_quote_only(desk: Desk) -> None:
    (native,) = await desk.say(SendMessage(sent=SENT, message=Message(text="Да")), Known(quoted=NativeId("987654321")))
    assert "reply_to_message" not in desk.shown(native)


async def test_a_long_text_arrives_whole(desk: Desk) -> None:
    text = "\n".join(f"{number}. Лён стирают при тридцати градусах 👍🏽" for number in range(300))
    natives = await desk.say(SendMessage(sent=SENT, message=Message(text=text)))
    assert len(natives) > 1
    assert "\n".join(desk.shown(one)["text"] for one in natives) == text


async def test_edits_go_both_ways(desk: Desk) -> None:
    act = desk.sandbox.people.text(desk.maria, desk.bot.id, "Две скатерти")
    await desk.one()
    desk.sandbox.people.edit(desk.maria, desk.bot.id, int(native_of(act)), text="Три скатерти")
    changed = await desk.one()
    assert isinstance(changed, ReceiveEdit)
    assert (changed.message.native, changed.message.text) == (native_of(act), "Три скатерти")
    native = await desk.text("Отложил две")
    edit = SendEdit(sent=SENT, message=Message(text="Отложил три"))
    for _ in range(2):  # the second changes nothing, which is as good
        await desk.say(edit, Known(target=(native,)))
        assert desk.shown(native)["text"] == "Отложил три"


async def test_a_long_text_that_is_edited_short_loses_its_rest(desk: Desk) -> None:
    natives = await desk.say(SendMessage(sent=SENT, message=Message(text="слово " * 1000)))
    assert len(natives) == 2
    await desk.say(SendEdit(sent=SENT, message=Message(text="Коротко")), Known(target=tuple(natives)))
    assert [desk.shown(one).get("text") for one in natives] == ["Коротко", None]
    await desk.say(SendDelete(sent=SENT), Known(target=tuple(natives)))
    assert [desk.shown(one) for one in natives] == [{}, {}]


async def test_buttons_are_pressed_and_answered(desk: Desk) -> None:
    rows = ((Button("Беру", data="1:yes", style="success"), Button("Каталог", url="https://romashka.example")),)
    native = await desk.text("Отложить?", buttons=rows)
    pressing = desk.sandbox.people.press(desk.maria, desk.bot.id, int(native), row=0, column=0)
    waiting = asyncio.create_task(pressing)
    await asyncio.sleep(0)
    press = await desk.one()
    assert isinstance(press, ReceivePress)
    assert (press.data, press.native, press.contact) == ("1:yes", native, desk.contact)
    await desk.say(AnswerPress(press=press.press, text="Отложено до завтра", alert=True))
    answer = (await waiting).answer
    assert answer is not None
    assert (answer.text, answer.is_alert) == ("Отложено до завтра", True)
    await desk.say(AnswerPress(press="7777", text="Поздно"))


async def test_reactions_and_typing(desk: Desk) -> None:
    act = desk.sandbox.people.text(desk.maria, desk.bot.id, "Спасибо!")
    await desk.one()
    await desk.say(SendReaction(native_of(act), "✅"))
    assert act.message is not None
    assert [one.emoji for one in act.message.reactions] == ["👍"]
    await desk.say(SendReaction(native_of(act), None))
    assert act.message.reactions == []
    await desk.say(SendTyping())
    assert len(desk.calls("sendChatAction")) == 1
    desk.sandbox.change_settings({"reactions_in_private": True})
    native = await desk.text("Ждём вас")
    desk.sandbox.people.react(desk.maria, desk.bot.id, int(native), "❤")
    assert await desk.one() == ReceiveReaction(desk.contact, native, ("❤",))


# ── attachments ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_of_every_kind_goes_both_ways(desk: Desk, kind: str) -> None:
    upload = sample_file(kind)
    has_caption = kind not in {"video_note", "sticker"}
    desk.sandbox.people.file(desk.maria, desk.bot.id, kind, upload, caption="Подпись" if has_caption else "")
    came = await desk.one()
    (media,) = came.message.media
    assert (media.kind, came.message.text) == (kind, "Подпись" if has_caption else "")
    async with desk.connector.fetch(media) as download:
        content = b"".join([chunk async for chunk in download.chunks])
    assert content == upload.content
    assert download.size == len(content)

    file = FileId("1.2.1")
    desk.shelf.path(file).write_bytes(content)
    stored = replace(media, remote="", file=file, size=len(content), state=FileState.STORED, mime=upload.mime)
    if kind == "sticker":
        stored = replace(stored, mime="image/webp")
    (native,) = await desk.say(SendMessage(sent=SENT, message=replace(came.message, attachments=(stored,))))
    shown = desk.shown(native)
    assert kind in shown
    assert shown.get("caption", "") == came.message.text


async def test_an_album_stays_single_messages_of_one_group(desk: Desk) -> None:
    upload = sample_file("photo")
    desk.sandbox.people.album(desk.maria, desk.bot.id, [("photo", upload), ("photo", upload)], caption="Две")
    first, second = await desk.arrived()
    assert first.message.group == second.message.group is not None
    assert (first.message.text, second.message.text) == ("Две", "")


async def test_places_and_phone_book_entries_go_both_ways(desk: Desk) -> None:
    people = desk.sandbox.people
    people.location(desk.maria, desk.bot.id, 55.75, 37.62)
    people.venue(desk.maria, desk.bot.id, (55.74, 37.62), "Галерея", "Лаврушинский пер., 10")
    people.contact(desk.maria, desk.bot.id, "+79161234567", "Пётр")
    for came, field in zip(await desk.arrived(), ("location", "venue", "contact"), strict=True):
        (native,) = await desk.say(SendMessage(sent=SENT, message=came.message))
        assert field in desk.shown(native)


async def test_a_photo_that_is_none_goes_as_a_file(desk: Desk) -> None:
    file = FileId("1.2.1")
    desk.shelf.path(file).write_bytes(b"%PDF-1.7 not a picture")
    media = Media(kind=MediaKind.PHOTO, file=file, state=FileState.STORED, name="скан.pdf", mime="application/pdf")
    (native,) = await desk.say(SendMessage(sent=SENT, message=Message(text="Скан", attachments=(media,))))
    shown = desk.shown(native)
    assert (shown["document"]["file_name"], shown["caption"]) == ("скан.pdf", "Скан")


async def test_captions_and_photos_are_edited_in_place(desk: Desk) -> None:
    file = FileId("1.2.1")
    desk.shelf.path(file).write_bytes(sample_file("photo").content)
    stored = Media(kind=MediaKind.PHOTO, file=file, state=FileState.STORED, mime="image/png")
    (native,) = await desk.say(SendMessage(sent=SENT, message=Message(text="Старая", attachments=(stored,))))
    before = desk.shown(native)["photo"]
    there = Media(kind=MediaKind.PHOTO, remote="whatever")
    known = Known(target=(native,))
    await desk.say(SendEdit(sent=SENT, message=Message(text="Новая", attachments=(there,))), known)
    assert (desk.shown(native)["caption"], desk.shown(native)["photo"]) == ("Новая", before)
    await desk.say(SendEdit(sent=SENT, message=Message(text="И снимок", attachments=(stored,))), known)
    assert desk.shown(native)["caption"] == "И снимок"
    assert desk.shown(native)["photo"] != before


async def test_a_file_above_the_limit_is_a_problem_in_words(desk: Desk) -> None:
    desk.sandbox.change_settings({"max_download_bytes": 10})
    desk.sandbox.people.file(desk.maria, desk.bot.id, "document", Upload("план.txt", "text/plain", b"x" * 11))
    (media,) = (await desk.one()).message.media
    with pytest.raises(FileProblem, match="20 MB"):
        async with desk.connector.fetch(media):
            pass


async def test_an_expired_link_is_asked_for_again(desk: Desk) -> None:
    desk.sandbox.people.file(desk.maria, desk.bot.id, "document", sample_file("document"))
    (media,) = (await desk.one()).message.media
    desk.fault("file", "expired")
    with pytest.raises(FileProblem):
        async with desk.connector.fetch(media):
            pass
    async with desk.connector.fetch(media) as download:
        assert b"".join([chunk async for chunk in download.chunks])


# ── refusals and faults ───────────────────────────────────────────────────────────────────────────────


async def test_blocking_is_told_both_ways(desk: Desk) -> None:
    desk.sandbox.people.block(desk.maria, desk.bot.id)
    gone = await desk.one()
    assert isinstance(gone, ReceiveReach)
    assert not gone.reachable
    with pytest.raises(Refused, match="blocked the bot") as caught:
        await desk.text("Вы здесь?")
    assert caught.value.gone
    desk.sandbox.people.unblock(desk.maria, desk.bot.id)
    assert (await desk.one()).reachable


async def test_nobody_is_written_to_before_they_pressed_start(desk: Desk) -> None:
    ivan = ContactId(str(desk.sandbox.user("Иван")))
    part = Part("sendMessage", {"chat_id": ivan, "text": "Здравствуйте"})
    with pytest.raises(Refused) as caught:
        await desk.connector.send(ivan, part)
    assert caught.value.gone


async def test_a_flood_says_how_long(desk: Desk) -> None:
    desk.fault("sendMessage", "429", retry_after=7)
    with pytest.raises(TryLater) as caught:
        await desk.text("Быстро")
    assert (caught.value.after, caught.value.everyone) == (7, False)


@pytest.mark.parametrize("fault", ["reset", "lost_reply", "malformed"])
async def test_an_answer_that_was_lost_is_uncertain_and_not_repeated(desk: Desk, fault: str) -> None:
    desk.fault("sendMessage", fault)
    with pytest.raises(Uncertain):
        await desk.text("Дошло ли?")
    assert [row["outcome"] for row in desk.calls("sendMessage")] == ["accepted"]
    native = await desk.text("Ещё раз")
    desk.fault("editMessageText", fault)
    edit = SendEdit(sent=SENT, message=Message(text="Правка"))
    with pytest.raises(TryLater):
        await desk.say(edit, Known(target=(native,)))
    await desk.say(edit, Known(target=(native,)))
    assert desk.shown(native)["text"] == "Правка"


async def test_a_silent_server_is_uncertain_too(desk: Desk) -> None:
    desk.fault("sendMessage", "timeout", accepted=True)
    with pytest.raises(Uncertain, match="no answer in time"):
        await desk.text("Дошло ли?")


async def test_a_revoked_token_parks_the_account(desk: Desk) -> None:
    desk.sandbox.revoke_token(desk.bot.id)
    with pytest.raises(Unauthorized):
        await desk.text("Кто я?")
    with pytest.raises(Unauthorized):
        await desk.connector.poll(None, 0)
    with pytest.raises(Unauthorized):
        await desk.connector.whoami()


async def test_an_older_server_does_without_reactions_and_with_files_for_stickers(desk: Desk) -> None:
    desk.sandbox.change_settings({"unknown_methods": ["setMessageReaction", "sendSticker"]})
    act = desk.sandbox.people.text(desk.maria, desk.bot.id, "Спасибо!")
    for _ in range(2):
        await desk.say(SendReaction(native_of(act), "👌"))
    file = FileId("1.2.1")
    desk.shelf.path(file).write_bytes(sample_file("sticker").content)
    media = Media(kind=MediaKind.STICKER, file=file, state=FileState.STORED, mime="image/webp")
    (native,) = await desk.say(SendMessage(sent=SENT, message=Message(attachments=(media,))))
    assert "document" in desk.shown(native)
    assert await desk.text("Дальше")


async def test_a_batch_comes_again_until_the_next_poll_confirms_it(desk: Desk) -> None:
    desk.sandbox.people.text(desk.maria, desk.bot.id, "Первое")
    first = await desk.connector.poll(None, 0)
    assert (await desk.connector.poll(None, 0)).updates == first.updates
    desk.sandbox.people.text(desk.maria, desk.bot.id, "Второе")
    second = await desk.connector.poll(first.cursor, 0)
    assert [one["message"]["text"] for one in second.updates] == ["Второе"]
    assert (await desk.connector.poll(second.cursor, 0)).cursor is None


async def test_a_webhook_set_elsewhere_is_seen_and_taken_away(desk: Desk) -> None:
    desk.cursor = None
    webhook = Part("sendMessage", {"chat_id": desk.contact, "text": "Пока опрашиваем"})
    assert await desk.connector.send(desk.contact, webhook)
    await desk.connector._calls.call_raw("setWebhook", {"url": "http://127.0.0.1:9/elsewhere"}, wait=0)
    with pytest.raises(Refused, match="a webhook is set"):
        await desk.connector.poll(None, 0)
    registration = await desk.connector.registration(None)
    assert registration.drift is not None
    assert "127.0.0.1" in registration.drift
    await desk.connector.register(None)
    assert (await desk.connector.registration(None)).drift is None
    assert await desk.connector.poll(None, 0)


async def test_groups_are_not_answered_and_being_added_to_one_is_an_alarm(desk: Desk) -> None:
    group = {"id": -1001900000001, "type": "supergroup", "title": "Соседи"}
    member = {"user": {"id": desk.bot.id, "is_bot": True, "first_name": "Ромашка"}}
    sender = {"id": desk.maria, "is_bot": False, "first_name": "Мария"}
    change = {
        "chat": group,
        "from": sender,
        "date": 1790000000,
        "old_chat_member": {**member, "status": "left"},
        "new_chat_member": {**member, "status": "member"},
    }
    desk.sandbox.inject(desk.bot.id, {"my_chat_member": change})
    words = {"message_id": 5, "date": 1790000000, "chat": group, "from": sender, "text": "Всем привет"}
    desk.sandbox.inject(desk.bot.id, {"message": words})
    alarm, ignored = await desk.arrived()
    assert (alarm.about, alarm.alarming) == ("added to a group", True)
    assert "only private" in ignored.reason


async def test_a_place_with_an_address_is_a_venue(desk: Desk) -> None:
    place = Location(latitude=55.74, longitude=37.62, title="Ромашка", address="Лаврушинский пер., 12")
    (native,) = await desk.say(SendMessage(sent=SENT, message=Message(attachments=(place,))))
    assert desk.shown(native)["venue"]["title"] == "Ромашка"


async def test_a_webhook_is_registered_and_delivers(desk: Desk, tmp_path: Path) -> None:
    arrived: asyncio.Queue[Served] = asyncio.Queue()

    async def hook(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        served = await serving.serve(Call(request.method, headers, {}, await request.read()))
        await arrived.put(served)
        return web.Response(status=served.status, text=served.body)

    app = web.Application()
    app.router.add_post("/hooks/telegram/shop", hook)
    settings = Settings.model_validate({"token": desk.bot.token, "api_url": desk.sandbox.url, "mode": "webhook"})
    http = HttpClient(api_url=desk.sandbox.url)
    serving = connect(settings, Tools(account=AccountId("shop"), http=http, files=Shelf(tmp_path)))
    assert isinstance(serving, ServingConnector)
    await desk.arrived()  # confirms what came by polling
    async with TestServer(app) as server, closing(serving):
        address = str(server.make_url("/hooks/telegram/shop"))
        assert "no webhook" in ((await serving.registration(address)).drift or "")
        for _ in range(2):  # registering is idempotent
            await serving.register(address)
        assert (await serving.registration(address)).drift is None
        desk.sandbox.people.text(desk.maria, desk.bot.id, "По вебхуку")
        served = await asyncio.wait_for(arrived.get(), 10)
        assert [one.item.message.text for one in served.items if isinstance(one.item, Receive)] == ["По вебхуку"]


# ── business chats ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def business(desk: Desk) -> Business:
    """Anna has connected the bot to her own account."""
    business = Business(desk.sandbox.telegram)
    business.connect(desk.anna, desk.bot.id)
    notice = await desk.one()
    assert (notice.about, notice.alarming) == ("business account connected", False)
    return business


async def test_a_client_of_a_business_account_is_answered_in_that_persons_name(desk: Desk, business: Business) -> None:
    wrote = business.write(desk.maria, desk.anna, desk.bot.id, "Это Анна?")
    came = await desk.one()
    assert isinstance(came, Receive)
    assert came.contact != desk.contact, "another contact than the same person at the bot"
    assert came.window == Window(came.message.at + 24 * 3600 * 1000)
    assert await desk.say(SendReadMark(native_of(wrote)), to=came.contact) == []
    assert await desk.say(SendTyping(), to=came.contact) == []
    buttons = ((Button("Да", data="q:Да"),),)
    [native] = await desk.say(SendMessage(SENT, Message(text="Да", buttons=buttons)), to=came.contact)
    world = desk.sandbox.telegram.world
    chat = next(one for one in world.chats.values() if one.connection)
    shown = world.message(chat, int(native))
    assert shown is not None
    assert (shown.body["from"]["id"], shown.body["text"]) == (desk.anna, "Да")
    echo = await desk.one()
    assert isinstance(echo, Ignored)
    await desk.say(SendEdit(SENT, Message(text="Да, это я")), Known(target=(native,)), to=came.contact)
    await desk.say(SendDelete(SENT), Known(target=(native,)), to=came.contact)
    assert world.message(chat, int(native)) is None
    assert await desk.arrived() == [ReceiveDelete(came.contact, (native,))]
    assert [row["outcome"] for row in desk.calls("readBusinessMessage")] == ["accepted"]


async def test_what_happens_in_a_business_chat_is_told(desk: Desk, business: Business) -> None:
    wrote = business.write(desk.maria, desk.anna, desk.bot.id, "Это Анна?")
    business.edit(desk.maria, desk.anna, desk.bot.id, int(native_of(wrote)), "Это Анна? Здравствуйте")
    business.answer(desk.anna, desk.maria, desk.bot.id, "Я сама отвечу")
    business.delete(desk.maria, desk.anna, desk.bot.id, int(native_of(wrote)))
    came, edited, answered, deleted = await desk.arrived()
    assert isinstance(edited, ReceiveEdit)
    assert isinstance(answered, ReceiveEcho)
    assert (answered.message.text, answered.author) == ("Я сама отвечу", "Анна Орлова")
    assert {edited.contact, answered.contact, deleted.contact} == {came.contact}
    assert deleted.natives == (native_of(wrote),)


async def test_the_window_and_the_connection_of_a_business_chat_end_in_words(desk: Desk, business: Business) -> None:
    business.write(desk.maria, desk.anna, desk.bot.id, "Это Анна?", ago_s=23 * 3600)
    contact = (await desk.one()).contact
    hello = SendMessage(SENT, Message(text="Здравствуйте!"))
    assert await desk.say(hello, to=contact)
    desk.sandbox.clock.advance(3_600_000)
    with pytest.raises(Refused, match="24 hours"):
        await desk.say(hello, to=contact)
    with pytest.raises(Refused, match="no reactions"):
        await desk.say(SendReaction(NativeId("1"), "👍"), to=contact)
    business.connect(desk.anna, desk.bot.id)
    business.write(desk.maria, desk.anna, desk.bot.id, "Вы тут?")
    _, gone, _, came = await desk.arrived()
    assert (gone.about, gone.alarming) == ("business account disconnected", True)
    with pytest.raises(Refused, match="connected it anew"):
        await desk.say(hello, to=contact)
    assert await desk.say(hello, to=came.contact), "the new connection is in the new contact"
    business.connect(desk.anna, desk.bot.id, can_reply=False)
    business.write(desk.maria, desk.anna, desk.bot.id, "Ау")
    *_, told, came = await desk.arrived()
    assert (told.about, told.alarming) == ("business account without replies", True)
    with pytest.raises(Refused, match="not given the bot the right"):
        await desk.say(hello, to=came.contact)
