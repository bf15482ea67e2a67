"""An Instagram account at work: what it asks for before an update is read, its subscription, name and files."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from gateway.connectors.contract import Checking, Known, Profiling, Registering, Routed
from gateway.connectors.instagram import Settings
from gateway.connectors.instagram.client import Client
from gateway.connectors.instagram.people import People
from gateway.connectors.instagram.registration import NEEDED, OF_A_PAGE, WELCOME, Subscription
from gateway.errors import FileProblem, TryLater, Unauthorized
from gateway.model.commands import Ignored, Notice, Receive, ReceiveEcho, ReceiveEdit, ReceiveRead
from gateway.model.ids import ContactId, SentId
from gateway.model.messages import Media, MediaKind, Message, Profile
from gateway.model.outgoing import SendMessage
from tests.connectors.instagram_wire import (
    CLIENT,
    MARIA,
    ME,
    TOKEN,
    Graph,
    connected,
    failure,
    graph_server,
    item,
    update,
)

PAGE = {"login": "facebook", "page_id": "1020304050"}
SUBSCRIBED = {"data": [{"id": "1", "subscribed_fields": [*NEEDED, *WELCOME]}]}


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with graph_server() as graph:
        yield graph


async def read(connector: Any, *items: object) -> list[Any]:
    return [one.item for one in await connector.read(update(*items))]


def said(mid: str = "m1", text: str = "Здравствуйте", **more: object) -> dict[str, Any]:
    return item(message={"mid": mid, "text": text, **more})


async def test_it_comes_through_its_app_by_its_own_id(graph: Graph) -> None:
    async with connected(graph) as connector:
        for protocol in (Routed, Registering, Checking, Profiling):
            assert isinstance(connector, protocol)
        assert (connector.app, connector.addresses) == ("meta", (f"instagram:{ME}",))


# ── who writes ────────────────────────────────────────────────────────────────────────────────────────


async def test_who_writes_is_asked_for_once(graph: Graph) -> None:
    async with connected(graph) as connector:
        for number in range(3):
            (found,) = await read(connector, said(f"m{number}"))
            assert found.profile == Profile(
                "Мария Соколова", username="maria.sokolova", link="https://instagram.com/maria.sokolova"
            )
        assert await connector.profile(ContactId(CLIENT)) == found.profile
    assert graph.asked == [("GET", CLIENT, {"fields": "name,username"})]


@pytest.mark.parametrize("answer", [failure(230), failure(100, 2018218), failure(551), {"id": CLIENT, "name": None}])
async def test_one_who_is_not_shown_writes_all_the_same_and_is_not_asked_for_again(graph: Graph, answer: Any) -> None:
    graph.answers[f"GET {CLIENT}"] = answer
    async with connected(graph) as connector:
        for number in range(2):
            (found,) = await read(connector, said(f"m{number}"))
            assert (found.message.text, found.profile) == ("Здравствуйте", None)
        assert await connector.profile(ContactId(CLIENT)) is None
    assert len(graph.asked) == 1


@pytest.mark.parametrize("answer", [failure(190, 463, status=401), failure(4), web.Response(status=502), None])
async def test_while_profiles_are_not_to_be_had_nobody_is_asked_about(graph: Graph, answer: Any) -> None:
    now = [100.0]
    graph.answers[f"GET {CLIENT}"] = answer or web.Response(text="<html>")
    async with connected(graph) as connector:
        people = People(connector._client, lambda: now[0])
        assert [await people.of(CLIENT), await people.of("7")] == [{}, {}]
        graph.answers[f"GET {CLIENT}"] = MARIA
        now[0] += 31
        assert (await people.of(CLIENT))["name"] == "Мария Соколова"
        now[0] += 3601
        graph.answers[f"GET {CLIENT}"] = {**MARIA, "name": "Мария Котова"}
        assert (await people.of(CLIENT))["name"] == "Мария Котова"
    assert len(graph.asked) == 3


async def test_a_slow_answer_keeps_nothing_waiting_and_is_there_the_next_time(graph: Graph) -> None:
    graph.slow.add(CLIENT)
    async with connected(graph) as connector:
        async with asyncio.timeout(5):
            (found,) = await read(connector, said())
        assert (found.message.text, found.profile) == ("Здравствуйте", None)
        graph.release.set()
        async with asyncio.timeout(5):
            while connector._lookup._asking:
                await asyncio.sleep(0.01)
        (found,) = await read(connector, said("m2"))
        assert found.profile.name == "Мария Соколова"
    assert graph.paths() == [f"GET {CLIENT}"]


async def test_nobody_is_asked_about_for_what_is_no_word_of_theirs(graph: Graph) -> None:
    async with connected(graph) as connector:
        await read(
            connector,
            item(message={"mid": "m1", "is_deleted": True}),
            item(read={"mid": "m2"}),
            item(reaction={"mid": "m3", "action": "react", "emoji": "❤"}),
        )
        (echo,) = await read(
            connector, item(own=True, client="unknown", message={"mid": "m4", "text": "Да", "is_echo": True})
        )
        assert isinstance(echo, ReceiveEcho)
        assert echo.contact == "unknown"
    assert graph.asked == []


async def test_what_is_no_update_passes_as_it_is(graph: Graph) -> None:
    async with connected(graph) as connector:
        for odd in ({}, {"entry": 7}, {"entry": [7, {"messaging": [None, 7, {}]}, {"id": ME, "messaging": 7}]}):
            assert await connector.read(odd)


# ── edits and read marks that say too little ──────────────────────────────────────────────────────────


def whole(text: str, *, own: bool = False) -> dict[str, Any]:
    sender, receiver = (ME, CLIENT) if own else (CLIENT, ME)
    people = {"from": {"id": sender}, "to": {"data": [{"id": receiver}]}}
    return {"id": "m1", "message": text, "created_time": "2026-09-21T14:13:20+0000", **people}


async def test_an_edit_without_its_words_is_read_again(graph: Graph) -> None:
    graph.answers["GET m1"] = whole("Скатерть 3 м")
    async with connected(graph) as connector:
        (found,) = await read(connector, item(message_edit={"mid": "m1", "num_edit": 1}))
    assert isinstance(found, ReceiveEdit)
    assert found.message.text == "Скатерть 3 м"
    assert ("GET", "m1", {"fields": "message,from,to,created_time"}) in graph.asked


async def test_an_edit_that_changes_nothing_is_the_message_itself(graph: Graph) -> None:
    graph.answers["GET m1"] = whole("Здравствуйте")
    async with connected(graph) as connector:
        (edit,) = await connector.read(update(item(message_edit={"mid": "m1", "num_edit": 0})))
        (message,) = await connector.read(update(said()))
    assert edit.key == message.key, "one of them is kept"
    assert isinstance(edit.item, Receive)
    assert (edit.item.message.text, edit.item.message.at) == ("Здравствуйте", 1790000000000)
    assert edit.item.window == message.item.window


async def test_an_edit_that_cannot_be_read_again_is_told_and_hides_no_message(graph: Graph) -> None:
    async with connected(graph) as connector:
        (first,) = await connector.read(update(item(message_edit={"mid": "m1", "num_edit": 0})))
        (later,) = await connector.read(update(item(message_edit={"mid": "m1", "num_edit": 2})))
        (message,) = await connector.read(update(said()))
    assert isinstance(first.item, Notice)
    assert isinstance(later.item, ReceiveEdit)
    assert len({first.key, later.key, message.key}) == 3


async def test_whose_a_read_mark_is_is_known_of_what_was_just_sent(graph: Graph) -> None:
    graph.answers["POST me/messages"] = {"recipient_id": CLIENT, "message_id": "ours"}
    async with connected(graph) as connector:
        (part,) = connector.render(ContactId(CLIENT), SendMessage(SentId("1.2"), Message(text="Да")), Known())
        assert (await connector.send(ContactId(CLIENT), part)).natives == ("ours",)
        (found,) = await read(connector, {"timestamp": 1790000000000, "read": {"mid": "ours"}})
    assert found == ReceiveRead(ContactId(CLIENT), "ours")
    assert graph.paths() == ["POST me/messages"]


async def test_whose_a_read_mark_is_is_looked_up_after_a_restart(graph: Graph) -> None:
    graph.answers["GET ours"] = whole("Да", own=True)
    async with connected(graph) as connector:
        (found,) = await read(connector, {"timestamp": 1790000000000, "read": {"mid": "ours"}})
        assert found == ReceiveRead(ContactId(CLIENT), "ours")
        (found,) = await read(connector, {"timestamp": 1790000000000, "read": {"mid": "gone"}})
        assert isinstance(found, Ignored)


# ── the subscription and the token ────────────────────────────────────────────────────────────────────


async def test_an_account_is_subscribed_once(graph: Graph) -> None:
    fields: list[str] = []

    def subscribe(asked: dict[str, Any]) -> Any:
        fields.extend(asked["subscribed_fields"].split(","))
        return {"success": True}

    graph.answers["GET me/subscribed_apps"] = lambda _: {"data": [{"id": "1", "subscribed_fields": fields}]}
    graph.answers["POST me/subscribed_apps"] = subscribe
    async with connected(graph) as connector:
        assert "does not bring messages, messaging_postbacks" in (await connector.registration(None)).drift
        await connector.register("https://chat.example.com/hooks/meta/meta")
        await connector.register("https://chat.example.com/hooks/meta/meta")
        assert (await connector.registration(None)).drift is None
    assert fields == [*NEEDED, *WELCOME]


async def test_a_field_that_the_app_does_not_know_takes_no_other_with_it(graph: Graph) -> None:
    graph.answers["GET me/subscribed_apps"] = {"data": []}
    graph.answers["POST me/subscribed_apps"] = lambda asked: (
        failure(100, None, "(#100) Param subscribed_fields[5] must be one of {…}")
        if "message_edit" in asked["subscribed_fields"]
        else {"success": True}
    )
    async with connected(graph) as connector:
        await connector.register(None)
    assert graph.asked[-1][2] == {"subscribed_fields": ",".join(NEEDED)}


async def test_a_page_is_subscribed_by_its_number(graph: Graph) -> None:
    graph.answers["GET 1020304050/subscribed_apps"] = {"data": [{"id": "1"}]}
    graph.answers["POST 1020304050/subscribed_apps"] = lambda asked: (
        failure(100) if "messaging_seen" in asked["subscribed_fields"] else {"success": True}
    )
    async with connected(graph, **PAGE) as connector:
        await connector.register(None)
    assert graph.asked[-1] == ("POST", "1020304050/subscribed_apps", {"subscribed_fields": ",".join(OF_A_PAGE)})


@pytest.mark.parametrize(
    ("age", "told"),
    [(0, None), (49, None), (50, "expires on 2026-12-01, in 10 days"), (60, "in 0 days"), (61, "the token expired on")],
)
async def test_the_tokens_end_is_told_in_time(graph: Graph, age: int, told: str | None) -> None:
    graph.answers["GET me/subscribed_apps"] = SUBSCRIBED
    made = date(2026, 10, 2)
    async with connected(graph) as connector:
        settings = Settings(app="meta", token=TOKEN, instagram_id=ME, token_made=made)
        subscription = Subscription(connector._client, settings)
        drift = (await subscription.registration(made + timedelta(days=age))).drift
    assert drift is None if told is None else told in str(drift)


async def test_it_says_who_it_is_and_until_when(graph: Graph) -> None:
    graph.answers["GET me"] = {"user_id": ME, "username": "shop.flowers", "id": "9988"}
    graph.answers["GET 1020304050"] = {
        "name": "Цветы", "instagram_business_account": {"id": ME, "username": "shop.flowers"}, "id": "1020304050",
    }  # fmt: skip
    today = date.today()  # noqa: DTZ011 - of whichever zone: the day is only written down
    async with (
        connected(graph) as unknown,
        connected(graph, token_made=today) as known,
        connected(graph, **PAGE) as page,
    ):
        assert "@shop.flowers; nobody knows when its token ends" in await unknown.whoami()
        assert (await known.whoami()).startswith(f"@shop.flowers; its token is good until {today + timedelta(days=60)}")
        assert await page.whoami() == "@shop.flowers"


@pytest.mark.parametrize("told", [{"user_id": "17841400000000999", "username": "other"}, {"id": "1"}])
async def test_a_token_of_another_account_is_found_out(graph: Graph, told: Any) -> None:
    graph.answers["GET me"] = told
    async with connected(graph) as connector:
        with pytest.raises(Unauthorized, match="do not belong together"):
            await connector.whoami()


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_file_is_fetched_without_the_token(graph: Graph) -> None:
    graph.answers["/files/a.jpg"] = web.Response(body=b"\xff\xd8picture", content_type="image/jpeg")
    async with (
        connected(graph) as connector,
        connector.fetch(Media(kind=MediaKind.VIDEO, remote=f"{graph.url}/files/a.jpg?signature=Ab")) as download,
    ):
        assert b"".join([chunk async for chunk in download.chunks]) == b"\xff\xd8picture"
        assert (download.mime, download.name) == ("image/jpeg", "a.jpg")


@pytest.mark.parametrize(
    ("status", "error"), [(403, FileProblem), (404, FileProblem), (410, FileProblem), (503, TryLater)]
)
async def test_a_file_that_is_gone_is_gone_and_a_broken_server_is_not(graph: Graph, status: int, error: Any) -> None:
    graph.answers["/files/a.jpg"] = web.Response(status=status)
    async with connected(graph) as connector:
        with pytest.raises(error):
            async with connector.fetch(Media(kind=MediaKind.PHOTO, remote=f"{graph.url}/files/a.jpg")):
                pass


@pytest.mark.parametrize(
    "remote",
    [
        "https://example.com/a.jpg",
        "https://lookaside.fbsbx.com.example.com/a",
        "https://evilfbsbx.com/a",
        "http://lookaside.fbsbx.com/a",
        "https://169.254.169.254/latest",
    ],
)
async def test_files_come_from_metas_hosts_only(graph: Graph, remote: str) -> None:
    async with connected(graph) as connector:
        with pytest.raises(FileProblem):
            async with connector.fetch(Media(kind=MediaKind.PHOTO, remote=remote)):
                pass


# ── settings ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_host_is_that_of_the_login() -> None:
    given = {"app": "meta", "token": TOKEN, "instagram_id": int(ME), "token_made": "", "page_id": ""}
    assert Settings.model_validate(given).api_url == "https://graph.instagram.com"
    assert Settings.model_validate({**given, **PAGE, "api_url": ""}).api_url == "https://graph.facebook.com"
    assert Settings.model_validate({**given, "api_url": "http://127.0.0.1:9/"}).api_url == "http://127.0.0.1:9"
    assert Settings.model_validate(given).addresses == (f"instagram:{ME}",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"login": "facebook"},
        {"token": "short"},
        {"token": f"{TOKEN} "},
        {"instagram_id": "shop.flowers"},
        {"login": "whatsapp"},
        {"api_url": "graph.instagram.com"},
        {"api_version": "24"},
        {"proxy": "ftp://x"},
        {"app": ""},
        {"token_made": "yesterday"},
    ],
)
def test_a_wrong_setting_is_refused_and_shows_nothing(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"app": "meta", "token": TOKEN, "instagram_id": ME, **wrong})
    assert TOKEN not in str(caught.value)


def test_a_client_shows_no_token() -> None:
    assert TOKEN not in repr(Client.__repr__) + json.dumps(
        Settings(app="a", token=TOKEN, instagram_id=ME).model_dump_json()
    )
