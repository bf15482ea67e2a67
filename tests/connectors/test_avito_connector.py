"""What Avito's connector calls: with which token, how fast, and what it makes of lost answers, files and people."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.connectors.avito.answers import DENIED, KEYS, TARIFF
from gateway.connectors.avito.client import Client
from gateway.connectors.avito.tokens import Tokens
from gateway.connectors.contract import (
    Backfilling,
    Checking,
    Known,
    Part,
    Polling,
    Profiling,
    Reconciling,
    Registering,
    Serving,
)
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import FileProblem, Refused, TryLater, Unauthorized, Uncertain
from gateway.model.ids import ContactId, FileId, SentId
from gateway.model.messages import FileState, Media, MediaKind, Message, Profile
from gateway.model.outgoing import SendMessage
from tests.connectors.avito_wire import (
    CHAT,
    CLIENT_SECRET,
    LOST,
    ME,
    NOW,
    OTHER,
    PROFILE,
    SWALLOWED,
    AvitoServer,
    Fault,
    avito_server,
    connected,
    ours,
    refusal,
)


@pytest.fixture
async def avito() -> AsyncIterator[AvitoServer]:
    async with avito_server() as avito:
        yield avito


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.paused: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.paused.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
async def timed(avito: AvitoServer) -> AsyncIterator[tuple[Client, Clock]]:
    """A client whose time is the test's."""
    clock, http = Clock(), HttpClient(api_url=avito.url, timeouts=Timeouts(connect=2, read=5, total=10))
    tokens = Tokens("any-id", SecretStr(CLIENT_SECRET), avito.url, http, clock=clock)
    yield Client(tokens, avito.url, http, clock=clock, pause=clock.pause), clock
    await http.close()


def text(words: str = "Добрый день") -> Part:
    return Part("text", {"text": words})


def test_what_a_connector_can_do_is_seen_by_its_mode(tmp_path: Path) -> None:
    async def kinds(mode: str) -> list[bool]:
        async with connected(AvitoServerAway(), tmp_path, mode=mode) as connector:
            return [isinstance(connector, one) for one in (Polling, Serving, Backfilling)] + [
                all(isinstance(connector, one) for one in (Registering, Checking, Profiling, Reconciling))
            ]

    assert asyncio.run(kinds("polling")) == [True, False, False, True]
    assert asyncio.run(kinds("webhook")) == [False, True, True, True]


class AvitoServerAway(AvitoServer):
    def __init__(self) -> None:
        super().__init__()
        self.url = "http://127.0.0.1:9"


# ── tokens ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_token_is_asked_for_once_for_all_who_wait(avito: AvitoServer) -> None:
    async with connected(avito) as connector:
        avito.open(CHAT)
        await asyncio.gather(*(connector.send(ContactId(CHAT), text(str(n))) for n in range(20)))
    assert (avito.tokens, avito.count("self")) == (1, 1)
    assert sorted(one["content"]["text"] for one in avito.messages[CHAT]) == sorted(str(n) for n in range(20))


async def test_a_token_is_renewed_before_it_ends_and_a_failed_renewal_does_no_harm(
    avito: AvitoServer, timed: tuple[Client, Clock]
) -> None:
    client, clock = timed
    await client.me()
    clock.now += 86400 - 3601
    await client.chats(limit=1)
    assert avito.tokens == 1
    clock.now += 2
    avito.faults["token"].append(refusal(500))
    await client.chats(limit=1)
    await client.chats(limit=1)
    assert (avito.last("chats").token, avito.count("token")) == ("token-1", 2), (
        "it is still good, and not asked each time"
    )
    clock.now += 61
    await client.chats(limit=1)
    assert avito.last("chats").token == "token-2"
    clock.now += 2 * 86400
    avito.faults["token"].append(refusal(500))
    with pytest.raises(TryLater):
        await client.chats(limit=1)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_not_accepted_is_replaced_once(avito: AvitoServer, status: int) -> None:
    async with connected(avito) as connector:
        avito.open(CHAT)
        await connector.whoami()
        avito.faults["send"].append(refusal(status))
        await connector.send(ContactId(CHAT), text())
        assert [one.token for one in avito.asked if one.what == "send"] == ["token-1", "token-2"]
        assert len(avito.messages[CHAT]) == 1


async def test_a_key_that_was_taken_away_is_told(avito: AvitoServer) -> None:
    async with connected(avito) as connector:
        await connector.whoami()
        avito.dead |= {f"token-{n}" for n in range(10)}
        with pytest.raises(Unauthorized) as caught:
            await connector.send(ContactId(CHAT), text())
        assert str(caught.value) == DENIED
        with pytest.raises(Unauthorized):
            await connector.whoami()


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (refusal(400, "invalid_client"), Unauthorized, KEYS),
        (Fault(401, {"error": "invalid_client"}), Unauthorized, KEYS),
        (Fault(200, {"error": "access_denied", "error_description": "wrong key"}), Unauthorized, KEYS),
        (refusal(500), TryLater, "Avito's server failed at giving a token (500)"),
        (refusal(429, Retry_After="17"), TryLater, "Avito asks for slower sending: too many calls"),
        (Fault(403, "<html>"), TryLater, "answered 403 when asked for a token, and it is not Avito's API"),
        (
            Fault(200, {"access_token": "нет"}),
            TryLater,
            "answered 200 when asked for a token, and it is not Avito's API",
        ),
        (LOST, TryLater, "the connection broke off"),
    ],
)
async def test_a_token_that_is_not_given_is_an_instruction(
    avito: AvitoServer, fault: Fault, kind: type[Exception], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    avito.faults["token"].append(fault)
    async with connected(avito) as connector:
        with pytest.raises(kind) as caught:
            await connector.send(ContactId(CHAT), text())
    assert says in str(caught.value)
    assert CLIENT_SECRET not in str(caught.value) + caplog.text
    assert not isinstance(caught.value, TryLater) or caught.value.everyone


# ── how fast ──────────────────────────────────────────────────────────────────────────────────────────


async def test_nothing_is_called_inside_the_wait_that_avito_asks_for(
    avito: AvitoServer, timed: tuple[Client, Clock]
) -> None:
    client, clock = timed
    await client.me()
    avito.faults["chats"].append(refusal(429, Retry_After="30"))
    with pytest.raises(TryLater) as caught:
        await client.chats(limit=1)
    assert (caught.value.after, caught.value.everyone) == (30.0, True)
    clock.now += 10
    with pytest.raises(TryLater) as caught:
        await client.chats(limit=1)
    assert (caught.value.after, avito.count("chats")) == (20.0, 1)
    clock.now += 20
    await client.chats(limit=1)
    assert avito.count("chats") == 2


async def test_near_the_end_of_a_minutes_calls_they_are_spaced(avito: AvitoServer, timed: tuple[Client, Clock]) -> None:
    client, clock = timed
    avito.headers = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "30"}
    await client.me()
    await client.chats(limit=1)
    assert clock.paused == []
    avito.headers["X-RateLimit-Remaining"] = "5"
    await client.chats(limit=1)
    await client.chats(limit=1)
    await client.chats(limit=1)
    assert clock.paused == [1.0]
    avito.headers = {"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "-1"}
    await client.chats(limit=1)
    assert clock.paused == [1.0, 1.0], "a header that is no number changes nothing"


# ── sends ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_lost_answer_to_a_message_is_in_doubt_and_one_to_anything_else_is_not(
    avito: AvitoServer, tmp_path: Path
) -> None:
    avito.open(CHAT)
    async with connected(avito, tmp_path) as connector:
        for what, part, kind in (
            ("send", text(), Uncertain),
            ("image", Part("picture", {"name": "picture.jpg"}, (FileId("1.1.0"),)), Uncertain),
            ("upload", Part("picture", {"name": "picture.jpg"}, (FileId("1.1.0"),)), TryLater),
        ):
            avito.faults[what].append(LOST)
            with pytest.raises(kind):
                await connector.send(ContactId(CHAT), part)


async def test_a_picture_is_brought_again_with_a_new_token(avito: AvitoServer, tmp_path: Path) -> None:
    avito.open(CHAT)
    async with connected(avito, tmp_path) as connector:
        await connector.whoami()
        avito.faults["upload"].append(refusal(403))
        receipt = await connector.send(ContactId(CHAT), Part("picture", {"name": "p.png"}, (FileId("1.1.0"),)))
    assert (avito.count("upload"), len(receipt.natives)) == (2, 1)
    file = avito.last("upload").body["uploadfile[]"]
    assert (file.filename, file.content_type) == ("p.png", "image/png")
    assert avito.last("image").body == {"image_id": "10.picture"}


async def test_a_lost_send_is_found_by_its_words(avito: AvitoServer) -> None:
    async with connected(avito) as connector:
        chat = ContactId(CHAT)
        known = await connector.send(chat, text("да"))
        avito.write("да", by=ME, at=NOW - 3600)
        avito.write("да")
        avito.faults["send"].append(LOST)
        with pytest.raises(Uncertain):
            await connector.send(chat, text("да"))
        lost = avito.messages[CHAT][0]["id"]
        (receipt,) = await connector.reconcile(chat, text("да"), ours())
        assert receipt.natives == (lost,) != known.natives
        assert await connector.reconcile(chat, text("да"), ours()) == [receipt], (
            "also where it could not be noted before"
        )
        assert await connector.reconcile(chat, text("нет"), ours()) == []


async def test_a_send_that_was_swallowed_is_not_found(avito: AvitoServer) -> None:
    async with connected(avito) as connector:
        avito.open(CHAT)
        avito.faults["send"].append(SWALLOWED)
        with pytest.raises(Uncertain):
            await connector.send(ContactId(CHAT), text())
        assert await connector.reconcile(ContactId(CHAT), text(), ours()) == []
        with pytest.raises(Refused):
            await connector.reconcile(ContactId(OTHER), text(), ours())


async def test_a_lost_picture_is_any_that_no_answer_has_named(avito: AvitoServer, tmp_path: Path) -> None:
    picture = Part("picture", {"name": "picture.jpg"}, (FileId("1.1.0"),))
    avito.open(CHAT)
    async with connected(avito, tmp_path) as connector:
        first = await connector.send(ContactId(CHAT), picture)
        avito.faults["image"].append(LOST)
        with pytest.raises(Uncertain):
            await connector.send(ContactId(CHAT), picture)
        (receipt,) = await connector.reconcile(ContactId(CHAT), picture, ours())
    assert receipt.natives == (avito.messages[CHAT][0]["id"],) != first.natives


async def test_every_piece_is_within_avitos_limit(avito: AvitoServer) -> None:
    words = "слово 😀 " * 700
    async with connected(avito) as connector:
        sent = SendMessage(sent=SentId("1.1"), message=Message(text=words))
        parts = connector.render(ContactId(CHAT), sent, Known())
    lengths = [len(one.request["text"].encode("utf-16-le")) // 2 for one in parts]
    assert max(lengths) <= 1000
    assert "".join("".join(one.request["text"].split()) for one in parts) == "".join(words.split())


# ── files and people ──────────────────────────────────────────────────────────────────────────────────


def picture(avito: AvitoServer, name: str, chat: str = CHAT, message: str = "") -> Media:
    return Media(kind=MediaKind.PHOTO, remote=f"{avito.url}/file/{name}#{chat}/{message}", state=FileState.REMOTE)


async def fetched(connector: Any, media: Media) -> bytes:
    async with connector.fetch(media) as download:
        return b"".join([chunk async for chunk in download.chunks])


async def test_a_picture_is_fetched_and_at_a_fresh_address_when_the_old_one_is_gone(avito: AvitoServer) -> None:
    avito.files["new"] = b"picture"
    sizes = {"140x105": f"{avito.url}/file/small", "1280x960": f"{avito.url}/file/new"}
    message = avito.write(type="image", content={"image": {"sizes": sizes}})
    async with connected(avito) as connector:
        assert await fetched(connector, picture(avito, "new")) == b"picture"
        assert avito.count("messages") == 0
        assert await fetched(connector, picture(avito, "old", message=message["id"])) == b"picture"
        avito.files.clear()
        for gone in (
            picture(avito, "old", message=message["id"]),
            picture(avito, "old", OTHER, "1"),
            picture(avito, "old"),
        ):
            with pytest.raises(FileProblem):
                await fetched(connector, gone)
        avito.faults["file"].append(refusal(502))
        with pytest.raises(TryLater):
            await fetched(connector, picture(avito, "old"))


async def test_a_voice_message_is_asked_for_by_its_id(avito: AvitoServer) -> None:
    avito.files["voice"] = b"opus"
    avito.voices = {"v-1": f"{avito.url}/file/voice", "v-2": "https://elsewhere.example.com/voice"}
    async with connected(avito) as connector:
        assert await fetched(connector, Media(kind=MediaKind.VOICE, remote="voice:v-1")) == b"opus"
        assert avito.last("voice").query == {"voice_ids": "v-1"}
        for unknown in ("voice:v-2", "voice:v-3"):
            with pytest.raises(FileProblem):
                await fetched(connector, Media(kind=MediaKind.VOICE, remote=unknown))
        avito.faults["voice"].append(refusal(404))
        with pytest.raises(FileProblem):
            await fetched(connector, Media(kind=MediaKind.VOICE, remote="voice:v-1"))


async def test_who_writes_is_told_by_the_chat_and_remembered(avito: AvitoServer) -> None:
    avito.open(CHAT)
    async with connected(avito) as connector:
        wanted = Profile(name="Мария", link=PROFILE)
        assert [await connector.profile(ContactId(CHAT)) for _ in range(3)] == [wanted] * 3
        assert avito.count("chat") == 1
        with pytest.raises(Refused):
            await connector.profile(ContactId(OTHER))


async def test_who_we_are_is_told_and_a_tariff_without_the_api_in_words(avito: AvitoServer) -> None:
    async with connected(avito) as connector:
        assert await connector.whoami() == f"Лавка тканей (avito {ME})"
        avito.faults["chats"].append(refusal(402, "Payment required"))
        with pytest.raises(Unauthorized) as caught:
            await connector.whoami()
    assert str(caught.value) == TARIFF


async def test_an_account_that_does_not_say_who_it_is_is_asked_again(avito: AvitoServer) -> None:
    avito.faults["self"].append(Fault(200, {"name": "без номера"}))
    avito.open(CHAT)
    async with connected(avito) as connector:
        with pytest.raises(TryLater):
            await connector.send(ContactId(CHAT), text())
        await connector.send(ContactId(CHAT), text())
