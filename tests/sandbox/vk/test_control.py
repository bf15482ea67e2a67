import json
from typing import Any

import aiohttp
import pytest

from sandbox.server import BotHandle, Sandbox

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


async def test_the_state_tells_communities_and_dialogs_and_no_secret(
    romashka: BotHandle, irina: int, control: Fixture
) -> None:
    _, state = await control("GET", "state")
    (community,) = state["vk"]["communities"]
    assert (community["id"], community["screen_name"], community["longpoll"]) == (romashka.id, "romashka", True)
    assert [(one["user_id"], one["allowed"]) for one in state["vk"]["dialogs"]] == [(irina, True)]
    assert romashka.token not in json.dumps(state)


async def test_what_a_person_does_through_the_page(
    sandbox: Sandbox, romashka: BotHandle, irina: int, control: Fixture, poll: Fixture
) -> None:
    act = {"messenger": "vk", "community_id": romashka.id, "user_id": irina}
    done = [
        await control("POST", "act", {**act, **deed})
        for deed in (
            {"do": "text", "text": "Есть розы?", "reply_to": 1},
            {"do": "photo", "caption": "такие"},
            {"do": "sticker"},
            {"do": "location", "latitude": 55.7, "longitude": 37.6, "title": "Здесь"},
            {"do": "edit", "message_id": 2, "text": "Есть пионы?"},
            {"do": "react", "message_id": 1, "reaction_id": 4},
            {"do": "type"},
            {"do": "staff_answer", "text": "Есть, отвечаю с телефона"},
            {"do": "staff_edit", "message_id": 6, "text": "Есть"},
            {"do": "read"},
            {"do": "deny"},
            {"do": "allow"},
            {"do": "join"},
            {"do": "ban"},
            {"do": "unban"},
            {"do": "delete", "message_id": 1},
            {"do": "event", "event": {"type": "photo_new", "object": {}}},
            {"do": "close_profile"},
            {"do": "open_profile"},
            {"do": "deactivate"},
            {"do": "reactivate"},
            {"do": "leave"},
        )
    ]
    assert [status for status, _ in done] == [200] * len(done), done
    assert [one["type"] for one in await poll()] == [
        "message_new", "message_new", "message_new", "message_new", "message_edit", "message_reaction_event",
        "message_typing_state", "message_reply", "message_edit", "message_read", "message_deny", "message_allow",
        "group_join", "user_block", "user_unblock", "photo_new", "group_leave",
    ]  # fmt: skip


async def test_a_wrong_act_is_a_sentence(romashka: BotHandle, irina: int, control: Fixture) -> None:
    act = {"messenger": "vk", "community_id": romashka.id, "user_id": irina}
    for wrong in ({"do": "fly"}, {"do": "text", "wings": 2}, {"do": "text"}, {"do": "photo", "bytes_base64": "?"}):
        status, told = await control("POST", "act", {**act, **wrong})
        assert (status, told["ok"]) == (400, False)
        assert told["error"].endswith(".")


async def test_a_dialog_by_pages_with_files_for_the_page(
    sandbox: Sandbox, romashka: BotHandle, irina: int, control: Fixture, http: aiohttp.ClientSession
) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field(
        "act", json.dumps({"messenger": "vk", "do": "document", "community_id": romashka.id, "user_id": irina})
    )
    form.add_field("file", "счёт".encode(), filename="счёт.txt", content_type="text/plain")
    async with http.post(f"{sandbox.url}/sandbox/api/act", data=form) as answer:
        assert answer.status == 200
    path = f"vk/dialogs/{romashka.id}/{irina}"
    _, page = await control("GET", f"{path}?limit=1")
    (message,) = page["messages"]
    assert page["more"]
    (file,) = message["files"]
    assert (file["kind"], file["name"], file["mime"]) == ("doc", "счёт.txt", "text/plain")
    async with http.get(f"{sandbox.url}{file['url']}") as answer:
        assert await answer.text() == "счёт"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    _, older = await control("GET", f"{path}?before={message['id']}")
    assert [one["text"] for one in older["messages"]] == ["Здравствуйте"]
    assert (await control("GET", "vk/dialogs/1/1"))[1] == {"messages": [], "more": False}
    async with http.get(f"{sandbox.url}/sandbox/vk/files/1") as answer:
        assert answer.status == 404


async def test_the_events_stream_tells_whose_they_are(
    sandbox: Sandbox, romashka: BotHandle, irina: int, http: aiohttp.ClientSession, send: Fixture
) -> None:
    last = sandbox.events.last
    await send(message="Добрый день")
    async with http.get(f"{sandbox.url}/sandbox/api/events", headers={"Last-Event-ID": str(last)}) as stream:
        async for line in stream.content:
            if line.startswith(b"data: "):
                event = json.loads(line.removeprefix(b"data: "))
                break
    assert (event["kind"], event["messenger"], event["bot_id"], event["user_id"]) == (
        "message", "vk", romashka.id, irina,
    )  # fmt: skip
    assert event["message"]["text"] == "Добрый день"


async def test_faults_of_both_messengers_live_side_by_side(sandbox: Sandbox, control: Fixture) -> None:
    rules = [
        {"method": "sendMessage", "fault": "500"},
        {"messenger": "vk", "method": "messages.send", "fault": "error"},
    ]
    status, told = await control("POST", "faults", {"rules": rules})
    assert status == 200
    assert [one.get("messenger", "telegram") for one in told["rules"]] == ["telegram", "vk"]
    wrong = {"messenger": "vk", "method": "callback", "fault": "error"}
    status, told = await control("POST", "faults", {"rules": [{"method": "getMe", "fault": "500"}, wrong]})
    assert (status, "not possible" in told["error"]) == (400, True)
    assert [rule.method for rule in sandbox.telegram.faults.rules] == ["sendMessage"]  # all of them or none
    await control("DELETE", "faults")
    assert (sandbox.telegram.faults.rules, sandbox.vk.faults.rules) == ([], [])


@pytest.mark.parametrize("text", ["", "  "])
async def test_the_staff_says_something_or_nothing(
    romashka: BotHandle, irina: int, control: Fixture, text: str
) -> None:
    act = {"messenger": "vk", "community_id": romashka.id, "user_id": irina, "do": "staff_answer", "text": text}
    assert (await control("POST", "act", act))[0] == 400
