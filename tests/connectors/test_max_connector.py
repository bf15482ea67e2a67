"""MAX's connector against the sandbox's stand-in, over real HTTP: what only shows in more than one call."""

import hashlib
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.connectors.contract import Call, Known, Part, Polled
from gateway.connectors.contract import Tools as GivenTools
from gateway.connectors.max import Settings, connect, parse
from gateway.connectors.max.connector import ROOT, PollingConnector, ServingConnector
from gateway.connectors.max.uploads import Uploads
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import FileProblem, Refused, TryLater, Unauthorized, Uncertain
from gateway.model.commands import Notice, Receive, ReceiveDelete, ReceiveEdit, ReceivePress, ReceiveReach
from gateway.model.ids import AccountId, ContactId, FileId, NativeId, SentId
from gateway.model.messages import Button, Entity, FileState, Media, MediaKind, Message
from gateway.model.outgoing import AnswerPress, SendDelete, SendEdit, SendMessage, SendReadMark, SendTyping
from sandbox.max.faults import FaultRule
from sandbox.max.records import Dialog
from sandbox.pictures import plain_png
from sandbox.server import Sandbox
from tests.sandbox.max.running import max_of

ADDRESS = "http://127.0.0.1:9/hooks/max/shop"


class Shelf:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, file: FileId, content: bytes) -> None:
        (self._folder / file).write_bytes(content)

    def path(self, file: FileId) -> Path:
        return self._folder / file


@dataclass
class Stage:
    sandbox: Sandbox
    bot: int
    sofya: int
    dialog: Dialog
    shelf: Shelf
    settings: dict[str, Any]

    @property
    def contact(self) -> ContactId:
        return ContactId(str(self.dialog.chat_id))

    @asynccontextmanager
    async def connected(self, **changes: object) -> AsyncIterator[Any]:
        settings = Settings.model_validate({**self.settings, **changes})
        http = HttpClient(api_url=settings.api_url, timeouts=Timeouts(connect=5, read=2, total=10))
        connector = connect(settings, GivenTools(account=AccountId("shop"), http=http, files=self.shelf))
        try:
            yield connector
        finally:
            await connector.close()

    def fault(self, method: str, fault: str, **more: Any) -> None:
        """From now on this goes wrong, once, and nothing else."""
        max_of(self.sandbox).max.faults.replace([FaultRule(**{"method": method, "fault": fault, "times": 1, **more})])

    def said(self) -> list[str]:
        """The bot's words as Софья sees them."""
        history = max_of(self.sandbox).max.world.seen_by_bot(self.dialog)
        return [one.text for one in reversed(list(history)) if one.sender_id == self.bot]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Sandbox(limits=False) as sandbox:
        bot, sofya = max_of(sandbox).bot("romashka_max_bot"), sandbox.user("sofya")
        max_of(sandbox).people.start(sofya, bot.id)
        dialog = max_of(sandbox).max.world.dialog_of(bot.id, sofya)
        assert dialog is not None
        settings = {"token": bot.token, "api_url": f"{sandbox.url}/max"}
        yield Stage(sandbox, bot.id, sofya, dialog, Shelf(tmp_path), settings)


def rendered(connector: Any, contact: ContactId, message: Message, known: Known = Known()) -> Part:  # noqa: B008
    (part,) = connector.render(contact, SendMessage(sent=SentId("1.1"), message=message), known)
    assert isinstance(part, Part)
    return part


async def heard(connector: Any, cursor: str | None = None) -> tuple[list[Any], str | None]:
    polled: Polled = await connector.poll(cursor, 0)
    return [one.item for update in polled.updates for one in parse(update)], polled.cursor


async def subscribed(connector: Any, address: str = ADDRESS) -> str | None:
    """Registers as the runtime does: what waits is read until nothing is left. The marker behind it."""
    await connector.register(address)
    polled: Polled = await connector.backfill(None)
    while polled.again:
        polled = await connector.backfill(polled.cursor)
    return polled.cursor


async def fetched(connector: Any, media: Media) -> bytes:
    async with connector.fetch(media) as download:
        return b"".join([chunk async for chunk in download.chunks])


async def say(connector: Any, stage: Stage, text: str = "Добрый день", **more: Any) -> NativeId:
    """The bot's message, sent: its id."""
    receipt = await connector.send(stage.contact, rendered(connector, stage.contact, Message(text=text, **more)))
    (native,) = receipt.natives
    return NativeId(native)


def stored(kind: MediaKind, file: str, **more: Any) -> Media:
    return Media(kind, file=FileId(file), state=FileState.STORED, **more)


# ── what goes both ways ───────────────────────────────────────────────────────────────────────────────


async def test_a_client_starts_by_a_link_writes_edits_and_takes_back(stage: Stage) -> None:
    people, ids = max_of(stage.sandbox).people, (stage.sofya, stage.bot)
    async with stage.connected() as connector:
        _, cursor = await heard(connector)
        people.start(*ids, payload="hydrangea-7")
        written = people.text(*ids, "Есть розы?").message
        assert written is not None
        people.edit(*ids, written.number, "Есть белые розы?")
        people.delete(*ids, written.number)
        people.stop(*ids)
        items, _ = await heard(connector, cursor)
    reach, start, words, edit, gone, stopped, *_ = items
    assert isinstance(reach, ReceiveReach)
    assert (reach.reachable, reach.contact) == (True, stage.contact)
    assert isinstance(start, Receive)
    assert (start.start, start.message.text) == ("hydrangea-7", "")
    assert isinstance(words, Receive)
    assert (words.contact, words.message.text, words.message.native) == (stage.contact, "Есть розы?", written.mid)
    assert isinstance(edit, ReceiveEdit)
    assert (edit.message.native, edit.message.text) == (written.mid, "Есть белые розы?")
    assert isinstance(gone, ReceiveDelete)
    assert gone.natives[0] == written.mid
    assert isinstance(stopped, ReceiveReach)
    assert not stopped.reachable


async def test_an_answer_is_seen_edited_and_taken_back(stage: Stage) -> None:
    bold = (Entity("bold", 0, 4),)
    async with stage.connected() as connector:
        native = await say(connector, stage, "Есть <белые> & красные", entities=bold)
        assert stage.said() == ["Есть <белые> & красные"]
        sent = SentId("1.1")
        for job in (SendEdit(sent, Message(text="Есть белые")), SendDelete(sent)):
            (part,) = connector.render(stage.contact, job, Known(target=(native,)))
            await connector.send(stage.contact, part)
            assert stage.said() == (["Есть белые"] if isinstance(job, SendEdit) else [])
        for gesture in (SendTyping(), SendReadMark(native)):
            (part,) = connector.render(stage.contact, gesture, Known())
            await connector.send(stage.contact, part)


async def test_a_photo_goes_both_ways_and_a_quote_names_it(stage: Stage) -> None:
    picture = plain_png(60, 40, "#7a9e7e")
    stage.shelf.put(FileId("1.1.0"), picture)
    async with stage.connected() as connector:
        _, cursor = await heard(connector)
        max_of(stage.sandbox).people.sample(stage.sofya, stage.bot, "photo")
        (words,), cursor = await heard(connector, cursor)
        (media,) = words.message.attachments
        assert (await fetched(connector, media))[:4] == b"\x89PNG"
        photo = Message(text="Вот она", attachments=(stored(MediaKind.PHOTO, "1.1.0", mime="image/png"),))
        part = rendered(connector, stage.contact, photo, Known(quoted=words.message.native))
        await connector.send(stage.contact, part)
        last = next(iter(max_of(stage.sandbox).max.world.seen_by_bot(stage.dialog)))
        assert last.link is not None
        assert (last.text, last.link.mid) == ("Вот она", words.message.native)
        assert [one["type"] for one in last.attachments] == ["image"]
        max_of(stage.sandbox).people.text(stage.sofya, stage.bot, "Беру", reply_to=last.number)
        (answer,), _ = await heard(connector, cursor)
    assert answer.message.reply_to.native == last.mid
    assert answer.message.reply_to.told == "Вот она"


async def test_a_file_is_fetched_from_a_fresh_address_when_the_first_has_grown_old(stage: Stage) -> None:
    async with stage.connected() as connector:
        _, cursor = await heard(connector)
        for kind in ("document", "video"):
            max_of(stage.sandbox).people.sample(stage.sofya, stage.bot, kind)
        items, _ = await heard(connector, cursor)
        for one in items:
            (media,) = one.message.attachments
            stage.fault("file", "expired")
            assert await fetched(connector, media)
            bare = media.remote.partition("#")[0]
            stage.fault("file", "expired")
            with pytest.raises(FileProblem, match="no longer has the file"):
                await fetched(connector, Media(kind=media.kind, remote=bare))


async def test_a_press_is_answered_and_belongs_to_who_pressed_even_where_its_message_is_gone(stage: Stage) -> None:
    async with stage.connected() as connector:
        _, cursor = await heard(connector)
        await say(connector, stage, "Отложить?", buttons=((Button("Да", data="q:Да"),),))
        last = next(iter(max_of(stage.sandbox).max.world.seen_by_bot(stage.dialog)))
        for fault in ("", "null_message"):
            if fault:
                stage.fault("message_callback", fault)
            max_of(stage.sandbox).presses.press(stage.sofya, stage.bot, last.number, 0, 0)
            (press,), cursor = await heard(connector, cursor)
            assert isinstance(press, ReceivePress)
            assert (press.contact, press.data) == (stage.contact, "q:Да")
            (part,) = connector.render(stage.contact, AnswerPress(press.press, "✅ Да"), Known())
            await connector.send(stage.contact, part)


async def test_a_recorded_voice_is_an_alarm_and_not_a_silence(stage: Stage) -> None:
    async with stage.connected() as connector:
        _, cursor = await heard(connector)
        max_of(stage.sandbox).people.sample(stage.sofya, stage.bot, "voice")
        (told,), _ = await heard(connector, cursor)
    assert isinstance(told, Notice)
    assert (told.about, told.alarming) == ("gap", True)


# ── polling ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_batch_that_was_not_stored_comes_again(stage: Stage) -> None:
    async with stage.connected() as connector:
        max_of(stage.sandbox).people.text(stage.sofya, stage.bot, "Раз")
        first, cursor = await heard(connector)
        again, same = await heard(connector)
        assert (again, same) == (first, cursor)
        nothing, kept = await heard(connector, cursor)
        assert (nothing, kept) == ([], cursor)


async def test_polling_while_a_webhook_takes_the_updates_says_so_and_registering_mends_it(stage: Stage) -> None:
    async with stage.connected(mode="webhook") as other, stage.connected() as connector:
        await subscribed(other)
        with pytest.raises(Refused, match="a webhook takes the bot's updates"):
            await connector.poll(None, 0)
        found = await connector.registration(None)
        assert found.drift == "a webhook at 127.0.0.1 takes the updates; `gateway run` will remove it"
        await connector.register(None)
        assert (await connector.registration(None)).drift is None
        await connector.poll(None, 0)


# ── webhook ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_subscription_that_vanished_is_told_and_what_came_meanwhile_is_read_before_the_next(
    stage: Stage,
) -> None:
    async with stage.connected(mode="webhook") as connector:
        await connector.register(ADDRESS)
        first = await connector.backfill(None)
        assert first.again
        assert [one["update_type"] for one in first.updates] == ["bot_started"]
        last = await connector.backfill(first.cursor)
        assert (last.updates, last.again) == ((), False)
        assert (await connector.registration(ADDRESS)).drift is None
        assert await connector.backfill(last.cursor) == Polled((), last.cursor)

        max_of(stage.sandbox).staff.unsubscribe(stage.bot)
        max_of(stage.sandbox).people.text(stage.sofya, stage.bot, "Вы где?")
        found = await connector.registration(ADDRESS)
        assert found.drift is not None
        assert found.drift.startswith("MAX has no subscription to our address")
        await connector.register(ADDRESS)
        missed = await connector.backfill(last.cursor)
        (item,) = [one.item for update in missed.updates for one in parse(update)]
        assert isinstance(item, Receive)
        assert item.message.text == "Вы где?"
        assert missed.again
        assert not (await connector.backfill(missed.cursor)).again
        assert (await connector.registration(ADDRESS)).drift is None


async def test_registering_ends_our_own_subscription_of_another_host_and_leaves_others_alone(stage: Stage) -> None:
    async with stage.connected(mode="webhook") as connector:
        for url in ("https://old.example.com/hooks/max/shop", "https://crm.example.com/max"):
            await subscribed(connector, url)
        await connector.register(ADDRESS)
        bot = max_of(stage.sandbox).max.world.bots[stage.bot]
        assert [one.url for one in bot.subscriptions] == ["https://crm.example.com/max"]
        await connector.backfill(None)
        assert ADDRESS in [one.url for one in bot.subscriptions]
        bot.subscriptions[-1].update_types = ["message_created"]
        found = await connector.registration(ADDRESS)
        assert found.drift is not None
        assert "message_edited" in found.drift


async def test_a_delivery_with_the_subscriptions_secret_is_taken(stage: Stage) -> None:
    async with stage.connected(mode="webhook") as connector:
        await subscribed(connector)
        (subscription,) = max_of(stage.sandbox).max.world.bots[stage.bot].subscriptions
        update = b'{"update_type": "dialog_muted", "timestamp": 1, "chat_id": 5}'
        for secret, status in ((subscription.secret, 200), ("", 401), (subscription.secret[:-1], 401)):
            served = await connector.serve(Call("POST", {"x-max-bot-api-secret": secret}, {}, update))
            assert served.status == status


# ── failures ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "message",
    [
        Message(text="Завтра в 10:00"),
        Message(text="Цена <5 & скидка", entities=(Entity("italic", 0, 4),)),
        Message(text="Вот", attachments=(stored(MediaKind.PHOTO, "1.1.0", mime="image/png"),)),
    ],
    ids=["words", "formatted", "photo"],
)
async def test_a_send_whose_answer_was_lost_is_found_in_the_chat(stage: Stage, message: Message) -> None:
    stage.shelf.put(FileId("1.1.0"), plain_png(60, 40, "#7a9e7e"))
    async with stage.connected() as connector:
        since = time.time_ns() // 1_000_000
        await say(connector, stage, "Что-то другое")
        part = rendered(connector, stage.contact, message)
        assert await connector.reconcile(stage.contact, part, since) == []
        stage.fault("send", "lost_reply")
        with pytest.raises(Uncertain):
            await connector.send(stage.contact, part)
        (found,) = await connector.reconcile(stage.contact, part, since)
        last = next(iter(max_of(stage.sandbox).max.world.seen_by_bot(stage.dialog)))
        assert found.natives == (last.mid,)
        stage.fault("send", "500")
        with pytest.raises(Uncertain):
            await connector.send(stage.contact, part)
        assert await connector.reconcile(stage.contact, part, since) == [found], "this one has not arrived"


async def test_a_lost_send_is_found_behind_more_messages_than_one_page_holds(stage: Stage) -> None:
    async with stage.connected() as connector:
        since = time.time_ns() // 1_000_000
        native = await say(connector, stage, "То самое")
        for number in range(150):
            max_of(stage.sandbox).people.text(stage.sofya, stage.bot, f"и ещё {number}")
        part = rendered(connector, stage.contact, Message(text="То самое"))
        (found,) = await connector.reconcile(stage.contact, part, since)
    assert found.natives == (native,)


async def test_a_file_that_is_not_ready_is_not_brought_again(stage: Stage) -> None:
    stage.shelf.put(FileId("1.1.0"), b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 100)
    async with stage.connected() as connector:
        film = Message(attachments=(stored(MediaKind.VIDEO, "1.1.0", mime="video/mp4"),))
        part = rendered(connector, stage.contact, film)
        for _ in range(2):
            stage.fault("send", "not_ready")
            with pytest.raises(TryLater, match="still working") as caught:
                await connector.send(stage.contact, part)
            assert (caught.value.after, caught.value.limited) == (0.0, False)
        before = max_of(stage.sandbox).max.files._next
        await connector.send(stage.contact, part)
        assert max_of(stage.sandbox).max.files._next == before


async def test_a_big_video_goes_in_pieces_and_arrives_whole(stage: Stage) -> None:
    content = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40
    path = stage.shelf.path(FileId("1.1.0"))
    path.write_bytes(content)
    async with stage.connected() as connector:
        uploads = Uploads(connector._client, connector._tools.http, piece=1000)
        token = await uploads.token(FileId("1.1.0"), "video", "букет 1.mp4", path)
        file = max_of(stage.sandbox).max.files.by_token(token)
        assert file is not None
        assert (max_of(stage.sandbox).max.files.content(file), file.name) == (content, "букет 1.mp4")
        assert await uploads.token(FileId("1.1.0"), "video", "букет 1.mp4", path) == token
        uploads.forget(FileId("1.1.0"))
        assert await uploads.token(FileId("1.1.0"), "video", "букет 1.mp4", path) != token


async def test_a_chat_that_is_not_found_is_tried_once_more_and_then_refused(stage: Stage) -> None:
    async with stage.connected() as connector:
        stranger = ContactId("77")
        part = rendered(connector, stranger, Message(text="Кто вы?"))
        with pytest.raises(TryLater) as caught:
            await connector.send(stranger, part)
        assert (caught.value.after, caught.value.limited) == (2.0, False)
        with pytest.raises(Refused) as refused:
            await connector.send(stranger, part)
        assert refused.value.gone


async def test_who_has_stopped_the_bot_is_gone_until_they_start_it_again(stage: Stage) -> None:
    async with stage.connected() as connector:
        max_of(stage.sandbox).people.stop(stage.sofya, stage.bot)
        with pytest.raises(Refused, match="has stopped the bot") as refused:
            await say(connector, stage)
        assert refused.value.gone
        max_of(stage.sandbox).people.start(stage.sofya, stage.bot)
        await say(connector, stage)


@pytest.mark.parametrize("retry_after", [None, 7])
async def test_a_rate_limit_waits_as_long_as_max_asks_or_longer_each_time(
    stage: Stage, retry_after: int | None
) -> None:
    async with stage.connected() as connector:
        stage.fault("send", "429", retry_after=retry_after)
        with pytest.raises(TryLater) as caught:
            await say(connector, stage)
    assert (caught.value.after, caught.value.limited, caught.value.perhaps) == (float(retry_after or 0), True, True)


async def test_a_token_that_was_revoked_parks_the_account(stage: Stage) -> None:
    async with stage.connected() as connector:
        max_of(stage.sandbox).staff.revoke_token(stage.bot)
        for call in (connector.whoami(), connector.poll(None, 0), say(connector, stage)):
            with pytest.raises(Unauthorized, match="does not accept the bot's token"):
                await call


# ── the bot ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_menu_is_set_and_read(stage: Stage) -> None:
    menu = [("start", "С начала"), ("hours", "")]
    async with stage.connected() as connector:
        await connector.set_commands(None, menu)
        assert list(await connector.commands(None)) == menu
        assert await connector.commands("ru") == ()
        with pytest.raises(Refused, match="one menu"):
            await connector.set_commands("ru", menu)
        assert "romashka_max_bot" in await connector.whoami()


async def test_only_this_channels_connections_trust_the_russian_root_certificate(stage: Stage) -> None:
    (pem,) = [ROOT.read_text(encoding="ascii")]
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    assert digest == "d26d2d0231b7c39f92cc738512ba54103519e4405d68b5bd703e9788ca8ecf31"
    async with stage.connected() as connector:
        assert isinstance(connector, PollingConnector)
        names = [dict(part[0] for part in one["subject"]) for one in connector._tools.http.context.get_ca_certs()]
        assert "Russian Trusted Root CA" in {one.get("commonName") for one in names}
    names = [dict(part[0] for part in one["subject"]) for one in ssl.create_default_context().get_ca_certs()]
    assert "Russian Trusted Root CA" not in {one.get("commonName") for one in names}
    async with stage.connected(mode="webhook") as connector:
        assert isinstance(connector, ServingConnector)
