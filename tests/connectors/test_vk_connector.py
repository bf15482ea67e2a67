"""VK at the wire, beside what the contract shows: its client in threads, files and their addresses, repeats."""

import asyncio
import logging
import re
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from gateway.connectors.contract import Known
from gateway.connectors.toolkit.http import HttpClient
from gateway.connectors.vk import Settings
from gateway.connectors.vk.client import Client
from gateway.connectors.vk.reactions import REACTIONS, number_of_reaction
from gateway.errors import ChannelError, FileProblem, Refused, TryLater, Uncertain
from gateway.model.ids import ContactId, NativeId, SentId
from gateway.model.messages import Media, MediaKind, Message
from gateway.model.outgoing import SendEdit, SendMessage, SendReaction, SendTyping
from tests.connectors.vk_wire import GROUP, TOKEN, USER, Refusal, VkServer, connected, message, vk_server

CONTACT = ContactId(str(USER))


@pytest.fixture
async def vk() -> AsyncIterator[VkServer]:
    async with vk_server() as vk:
        yield vk


def words(text: str, sent: str = "17.2") -> SendMessage:
    return SendMessage(sent=SentId(sent), message=Message(text=text))


# ── vk_api in its threads ─────────────────────────────────────────────────────────────────────────────


async def test_calls_go_side_by_side(vk: VkServer) -> None:
    # vk_api holds a lock while it calls: here the first call ends only after the second one did.
    vk.hang.add("messages.setActivity")
    vk.answer("messages.setActivity", 1)
    vk.answer("messages.send", [{"peer_id": USER, "message_id": 1, "conversation_message_id": 2}])
    async with connected(vk) as connector:
        typing, *_ = connector.render(CONTACT, SendTyping(), Known())
        hello, *_ = connector.render(CONTACT, words("Добрый день"), Known())
        first = asyncio.create_task(connector.send(CONTACT, typing))
        await vk.held.wait()
        assert (await connector.send(CONTACT, hello)).natives == ("2",)
        assert not first.done()
        vk.release.set()
        await first


async def test_closing_ends_a_call_that_hangs_and_its_thread(vk: VkServer) -> None:
    vk.hang.add("messages.send")
    before = set(threading.enumerate())
    async with connected(vk) as connector:
        part, *_ = connector.render(CONTACT, words("Добрый день"), Known())
        sending = asyncio.create_task(connector.send(CONTACT, part))
        await vk.held.wait()
        await connector.close()
        with pytest.raises(Uncertain):
            await sending
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("vk"):
            thread.join(timeout=30)
            assert not thread.is_alive()


async def test_a_closed_connector_can_call_again(vk: VkServer) -> None:
    vk.answer("groups.getById", {"groups": [{"id": GROUP, "name": "Ромашка"}]})
    async with connected(vk) as connector:
        await connector.whoami()
        await connector.close()
        assert await connector.whoami()


async def test_a_redirect_is_not_followed(vk: VkServer) -> None:
    elsewhere = web.Response(status=302, headers={"Location": f"{vk.url}/method/elsewhere"})
    vk.answer("groups.getById", elsewhere)
    async with connected(vk) as connector:
        with pytest.raises(TryLater):
            await connector.whoami()
    assert vk.methods() == ["groups.getById"]


async def test_calls_go_through_the_accounts_proxy(vk: VkServer) -> None:
    async with connected(vk, proxy="http://user:pass-word@127.0.0.1:9") as connector:
        with pytest.raises(TryLater, match="the proxy 127") as caught:
            await connector.whoami()
    assert "pass-word" not in str(caught.value)
    assert vk.calls == []


@pytest.mark.parametrize("code", [5, 6, 9, 14, 17, 100, 10, 999])
async def test_an_error_is_told_at_once_and_by_vk_api_neither_slept_over_nor_asked_again(
    vk: VkServer, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vk.answer("messages.send", Refusal(code))
    async with connected(vk) as connector:
        part, *_ = connector.render(CONTACT, words("Тайное слово"), Known())
        with pytest.raises(ChannelError) as caught:
            await connector.send(CONTACT, part)
    assert vk.methods() == ["messages.send"]
    for text in (str(caught.value), caplog.text, repr(connector)):
        assert TOKEN not in text
        assert "Тайное" not in text


async def test_more_calls_than_vk_allows_wait_for_their_turn(vk: VkServer) -> None:
    vk.answer("test", 1)
    now, pauses = [0.0], list[float]()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    http = HttpClient(api_url=vk.url)
    client = Client(SecretStr(TOKEN), vk.url, http, 20.0, clock=lambda: now[0], pause=pause)
    for _ in range(60):
        await client.call("test")
    await client.close()
    await http.close()
    assert len(vk.calls) == 60
    assert 1.9 <= sum(pauses) <= 2.1, "twenty at once, then twenty a second"


async def test_what_is_written_into_a_form(vk: VkServer) -> None:
    vk.answer("test", 1)
    async with connected(vk) as connector:
        client: Client = connector._client
        await client.call("test", a=[1, 2], b=None, c=True, d=False, e="ж&=", f=1.5)
        assert vk.last("test") == {"a": "1,2", "c": "1", "d": "0", "e": "ж&=", "f": "1.5"}
        with pytest.raises(TypeError):
            await client.call("test", g={"json": 1})


# ── repeats ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_part_that_is_sent_again_has_the_same_key_and_every_other_one_another(vk: VkServer) -> None:
    async with connected(vk) as connector:
        long = "слово " * 3000
        rendered = [
            (contact, part)
            for contact in ("1", "2", str(USER))
            for sent in ("17.2", "17.3", "172")
            for part in connector.render(ContactId(contact), words(long, sent), Known())
        ]
        again = connector.render(CONTACT, words(long), Known())
        edit = SendEdit(sent=SentId("17.2"), message=Message(text=long))
        changed = connector.render(CONTACT, edit, Known(target=(NativeId("5"),)))
        assert connector.capabilities.resend_ms < 3_600_000
    keys = [part.request["random_id"] for _, part in rendered]
    assert len(keys) > 20
    assert len(set(keys)) == len(keys)
    assert all(0 < key < 2**31 for key in keys)
    assert [part.request["random_id"] for part in again] == keys[-3 * len(again) : -2 * len(again)]
    assert {part.request["random_id"] for part in changed[1:]}.isdisjoint(keys)


async def test_a_lost_answer_is_uncertain_and_the_repeat_hears_the_first_ones_id(vk: VkServer) -> None:
    made: dict[str, int] = {}

    def once(values: Any) -> Any:
        number = made.setdefault(values["random_id"], 200 + len(made))
        return [{"peer_id": USER, "message_id": 7000 + number, "conversation_message_id": number}]

    def lost(values: Any) -> Any:
        once(values)
        return web.Response(status=502)

    vk.answer("messages.send", lost, once)
    async with connected(vk) as connector:
        part, *_ = connector.render(CONTACT, words("Добрый день"), Known())
        with pytest.raises(Uncertain):
            await connector.send(CONTACT, part)
        assert (await connector.send(CONTACT, part)).natives == ("200",)
    assert len(made) == 1


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────


def photo(url: str, **fields: Any) -> Media:
    return Media(kind=MediaKind.PHOTO, remote=f"{url}#{USER}/101/0/0", **fields)


async def fetched(connector: Any, media: Media) -> bytes:
    async with connector.fetch(media) as download:
        return b"".join([chunk async for chunk in download.chunks])


async def test_a_file_is_fetched_by_its_address(vk: VkServer) -> None:
    vk.files["/p/1.jpg"] = web.Response(body=b"\xff\xd8picture", content_type="image/jpeg")
    async with connected(vk) as connector, connector.fetch(photo(f"{vk.url}/p/1.jpg?sign=a")) as download:
        assert (download.name, download.mime) == ("1.jpg", "image/jpeg")
        assert b"".join([chunk async for chunk in download.chunks]) == b"\xff\xd8picture"
    assert vk.calls == []


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_an_address_that_has_grown_old_is_asked_for_anew(vk: VkServer, status: int) -> None:
    vk.files["/old.jpg"] = web.Response(status=status)
    vk.files["/new.jpg"] = web.Response(body=b"picture")
    sizes = [{"type": "x", "url": f"{vk.url}/new.jpg", "width": 10, "height": 10}]
    attachments = [{"type": "photo", "photo": {"id": 1, "owner_id": USER, "sizes": sizes}}]
    vk.answer("messages.getByConversationMessageId", {"items": [message(101, "", attachments=attachments)]})
    async with connected(vk) as connector:
        assert await fetched(connector, photo(f"{vk.url}/old.jpg")) == b"picture"
    assert vk.last("messages.getByConversationMessageId")["conversation_message_ids"] == "101"


@pytest.mark.parametrize("answer", [{"items": []}, {"items": [{"attachments": "none"}]}, Refusal(15), {}])
async def test_a_file_that_vk_no_longer_has_is_a_file_problem(vk: VkServer, answer: Any) -> None:
    vk.answer("messages.getByConversationMessageId", answer)
    async with connected(vk) as connector:
        with pytest.raises(FileProblem):
            await fetched(connector, photo(f"{vk.url}/gone.jpg"))


async def test_while_vk_fails_a_file_is_for_later(vk: VkServer) -> None:
    vk.files["/p.jpg"] = web.Response(status=503)
    async with connected(vk) as connector:
        with pytest.raises(TryLater):
            await fetched(connector, photo(f"{vk.url}/p.jpg"))


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/a.jpg",
        "https://userapi.com.example.com/a.jpg",
        "https://evil-userapi.com/a.jpg",
        "http://sun9-1.userapi.com/a.jpg",
        "https://127.0.0.2/a.jpg",
        "https://[::1]/a.jpg",
        "file:///etc/passwd",
        "",
    ],
)
async def test_files_come_from_vk_alone(vk: VkServer, url: str) -> None:
    async with connected(vk) as connector:
        with pytest.raises(FileProblem):
            await fetched(connector, photo(url))
    assert vk.calls == []


async def test_a_redirect_of_a_file_leads_nowhere_else(vk: VkServer) -> None:
    vk.files["/p.jpg"] = web.Response(status=302, headers={"Location": "https://files.example.com/a.jpg"})
    async with connected(vk) as connector:
        with pytest.raises(FileProblem, match=r"files do not come from files\.example\.com"):
            await fetched(connector, photo(f"{vk.url}/p.jpg"))


# ── the rest ──────────────────────────────────────────────────────────────────────────────────────────


async def test_every_reaction_of_vk_can_be_put(vk: VkServer) -> None:
    async with connected(vk) as connector:
        for number, emoji in REACTIONS.items():
            for written in (emoji, f"{emoji}\ufe0f"):
                part, *_ = connector.render(CONTACT, SendReaction(NativeId("101"), written), Known())
                assert part.request["reaction_id"] == number
        assert connector.capabilities.reactions.emojis == frozenset(REACTIONS.values())
    assert number_of_reaction("🦄") is None
    assert number_of_reaction("") is None


@pytest.mark.parametrize("native", ["", "x", "m", "-1", "1e5", "press:7"])
async def test_an_id_that_is_not_vks_is_refused(vk: VkServer, native: str) -> None:
    async with connected(vk) as connector:
        with pytest.raises(Refused):
            connector.render(CONTACT, SendEdit(SentId("1.1"), Message(text="да")), Known(target=(NativeId(native),)))


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "short"},
        {"token": "with space" * 5},
        {"group_id": 0},
        {"group_id": -5},
        {"api_url": "ftp://vk"},
        {"proxy": "localhost:1"},
        {"mode": "callback"},
    ],
)
def test_wrong_settings_are_refused_without_a_secret(changes: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"token": TOKEN, "group_id": GROUP, **changes})
    assert TOKEN not in str(caught.value)
    assert not re.search("with space|localhost", str(caught.value))


async def test_profile_of_nobody_is_none(vk: VkServer) -> None:
    vk.answers["users.get"] = [[]]
    async with connected(vk) as connector:
        assert await connector.profile(ContactId("not a number")) is None
        assert await connector.profile(CONTACT) is None
