"""The token, the paths, the bot itself, and how many calls a second there may be."""

from typing import Any

import pytest

from sandbox.max.records import Dialog
from sandbox.server import BotHandle, Sandbox
from tests.sandbox.max.running import max_of

Fixture = Any


async def test_the_token_stands_bare_in_the_header(refused: Fixture, romashka: BotHandle) -> None:
    wrong = (401, "verify.token", "Invalid access_token")
    for token in (None, "", "else", f"Bearer {romashka.token}", f" {romashka.token}x"):
        assert await refused("GET", "/me", token=token) == wrong
    assert await refused("GET", "/me", token=None, params={"access_token": romashka.token}) == wrong


async def test_a_revoked_token_is_worthless(sandbox: Sandbox, raw: Fixture, romashka: BotHandle) -> None:
    fresh = max_of(sandbox).staff.revoke_token(romashka.id)
    assert (await raw("GET", "/me")).status == 401
    assert (await raw("GET", "/me", token=fresh)).status == 200


async def test_the_bot_tells_of_itself(call: Fixture, romashka: BotHandle, hands: Fixture) -> None:
    me = await call("GET", "/me")
    faces = {me.pop("avatar_url"), me.pop("full_avatar_url")}
    assert all(one.startswith("http://127.0.0.1:") for one in faces)
    assert me == {
        "user_id": romashka.id,
        "first_name": "Ромашка, букеты",
        "name": "Ромашка, букеты",
        "username": "romashka_max_bot",
        "is_bot": True,
        "last_activity_time": hands.ms,
        "description": "Соберём и привезём букет. Напишите нам: ответит человек.",
        "commands": [],
    }


async def test_commands_are_replaced_and_checked(call: Fixture, refused: Fixture, sofya: int) -> None:
    menu = [{"name": "start", "description": "Начать"}, {"name": "help"}]
    assert await call("PATCH", "/me/commands", json={"commands": menu}) == {"success": True}
    assert (await call("GET", "/me"))["commands"] == menu
    bad = [
        {},
        {"commands": None},
        {"commands": [{"name": "a"}] * 33},
        {"commands": [{"name": ""}]},
        {"commands": [{"name": "a" * 65}]},
        {"commands": ["start"]},
        {"commands": [{"name": "a", "description": ""}]},
        {"commands": [{"name": "a", "description": "b" * 129}]},
    ]
    for body in bad:
        assert (await refused("PATCH", "/me/commands", json=body))[:2] == (400, "proto.payload")
    assert (await call("GET", "/me"))["commands"] == menu
    assert await call("PATCH", "/me/commands", json={"commands": [{"name": "a"}] * 32}) == {"success": True}


async def test_unknown_paths_and_verbs(refused: Fixture) -> None:
    assert await refused("GET", "/chats") == (404, "not.found", "Path /chats not found")
    assert (await refused("POST", "/me"))[:2] == (405, "method.not.allowed")
    assert (await refused("PATCH", "/messages"))[:2] == (405, "method.not.allowed")
    assert (await refused("POST", "/chats/1"))[:2] == (405, "method.not.allowed")


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("POST", "/messages", {"text": "раз"}),
        ("PUT", "/messages", {"text": "раз"}),
        ("DELETE", "/messages", None),
        ("POST", "/answers", {"notification": "раз"}),
    ],
)
async def test_two_calls_a_second_go_into_one_chat(
    sandbox: Sandbox, raw: Fixture, send: Fixture, dialog: Dialog, hands: Fixture, verb: str, path: str, body: Any
) -> None:
    sent = [(await send(f"м{number}"))["body"]["mid"] for number in range(4)]
    message = max_of(sandbox).max.world.by_mid(max_of(sandbox).max.world.bots[dialog.bot_id], sent[0])
    assert message is not None
    callback_id, _ = max_of(sandbox).max.tell_pressed(*message, "x")
    queries = {"POST/messages": {"chat_id": str(dialog.chat_id)}, "POST/answers": {"callback_id": callback_id}}
    sandbox.change_settings({"limits": True})

    async def once(mid: str) -> int:
        answer = await raw(verb, path, params=queries.get(verb + path, {"message_id": mid}), json=body)
        assert answer.status == 200 or answer.body["code"] == "too.many.requests"
        return int(answer.status)

    assert [await once(mid) for mid in sent[:3]] == [200, 200, 429]
    hands.ms += 1000
    assert await once(sent[3]) == 200


async def test_a_send_by_the_person_counts_for_the_same_chat(
    sandbox: Sandbox, raw: Fixture, dialog: Dialog, sofya: int
) -> None:
    sandbox.change_settings({"limits": True})
    queries = [{"chat_id": str(dialog.chat_id)}, {"user_id": str(sofya)}, {"user_id": str(sofya)}]
    answers = [await raw("POST", "/messages", params=query, json={"text": "а"}) for query in queries]
    assert [one.status for one in answers] == [200, 200, 429]
    assert "Retry-After" not in answers[2].headers


async def test_thirty_calls_a_second_are_a_bots_and_two_polls(sandbox: Sandbox, raw: Fixture, hands: Fixture) -> None:
    sandbox.change_settings({"limits": True})
    statuses = [(await raw("GET", "/me")).status for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    hands.ms += 1000
    polls = [(await raw("GET", "/updates", params={"timeout": "0"})).status for _ in range(3)]
    assert polls == [200, 200, 429]
