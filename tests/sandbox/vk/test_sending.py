import json
from typing import Any

import pytest

from sandbox.server import BotHandle, Sandbox
from sandbox.vk.faults import FaultRule

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

FEW = {"one_time": False, "inline": True, "buttons": [[{"action": {"type": "text", "label": "Да", "payload": "{}"}}]]}


async def test_a_text_reaches_the_phone_and_comes_back_as_an_echo(
    sandbox: Sandbox, romashka: BotHandle, irina: int, send: Fixture, poll: Fixture
) -> None:
    number = await send(message="Добрый день", random_id=77)
    echo = await poll.one("message_reply")
    assert (echo["id"], echo["text"], echo["out"], echo["random_id"]) == (number, "Добрый день", 1, 77)
    assert (echo["from_id"], echo["peer_id"]) == (-romashka.id, irina)
    assert "admin_author_id" not in echo
    dialog = sandbox.vk.world.dialogs[romashka.id, irina]
    assert [one.body["text"] for one in sandbox.vk.world.history(dialog)] == ["Добрый день", "Здравствуйте"]


async def test_a_repeated_random_id_sends_nothing_within_its_hour(
    sandbox: Sandbox, romashka: BotHandle, irina: int, send: Fixture, hands: Fixture
) -> None:
    first = await send(message="раз", random_id=5)
    assert await send(message="раз", random_id=5) == first
    assert await send(message="раз", random_id=5 + (1 << 32)) == first  # 32 bits are looked at
    hands.ms += 3600 * 1000
    assert await send(message="раз", random_id=5) == first + 1
    assert await send(message="раз", random_id=0) != await send(message="раз", random_id=0)


async def test_several_peers_are_answered_one_by_one(
    sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture
) -> None:
    stranger = 404_000_001
    sent = await vk("messages.send", peer_ids=f"{irina},{stranger}", random_id=9, message="всем")
    assert (sent[0]["peer_id"], sent[0]["conversation_message_id"]) == (irina, 2)
    assert (sent[1]["peer_id"], sent[1]["error"]["code"]) == (stranger, 901)


@pytest.mark.parametrize(
    ("parameters", "code", "words"),
    [
        ({"random_id": None}, 100, "random_id is a required parameter"),
        ({"peer_id": None}, 100, "you should specify peer_id, user_id, domain, chat_id or user_ids param"),
        ({"message": ""}, 100, "message is empty or invalid"),
        ({"message": "я" * 4097}, 914, "Message is too long"),
        ({"peer_id": 404_000_001}, 901, "without permission"),
        ({"peer_id": 2_000_000_001}, 917, "access to this chat"),
        ({"peer_id": -5}, 932, "interact with this peer"),
        ({"peer_id": "ирина"}, 100, "peer_id not integer"),
        ({"payload": "x" * 1001}, 100, "payload"),
        ({"reply_to": 999}, 100, "reply_to"),
        ({"forward": "[]"}, 100, "forward"),
        ({"forward": '{"conversation_message_ids":[99]}'}, 921, "forward"),
        ({"forward": json.dumps({"conversation_message_ids": list(range(101))})}, 913, "forwarded"),
        ({"keyboard": "["}, 911, "Keyboard format is invalid"),
        ({"v": None}, 8, "v is required"),
        ({"v": "5.50"}, 8, "versions below 5.81 are deprecated"),
        ({"access_token": None}, 5, "no access_token passed"),
        ({"access_token": "vk1.a.somebody-elses"}, 5, "invalid access_token"),
    ],
)
async def test_a_wrong_send_is_refused_as_vk_refuses_it(
    refused: Fixture, irina: int, parameters: dict[str, object], code: int, words: str
) -> None:
    given = {"peer_id": irina, "random_id": 1, "message": "слова", **parameters}
    told, sentence = await refused("messages.send", **given)
    assert told == code
    assert words in sentence


async def test_a_refusal_echoes_the_call_without_its_token(raw: Fixture, irina: int, romashka: BotHandle) -> None:
    error = (await raw("messages.send", peer_id=irina, message="привет"))["error"]
    echoed = {one["key"]: one["value"] for one in error["request_params"]}
    assert echoed == {"method": "messages.send", "oauth": "1", "v": "5.199", "peer_id": str(irina), "message": "привет"}
    assert romashka.token not in json.dumps(error)


async def test_whom_a_community_may_not_write_to(
    sandbox: Sandbox, romashka: BotHandle, irina: int, refused: Fixture, send: Fixture
) -> None:
    people, staff = sandbox.vk_people, sandbox.vk_staff
    give = {"peer_id": irina, "random_id": 3, "message": "слова"}
    people.deny(irina, romashka.id)
    assert (await refused("messages.send", **give))[0] == 901
    people.allow(irina, romashka.id)
    staff.ban(irina, romashka.id)
    assert (await refused("messages.send", **give))[0] == 900
    staff.unban(irina, romashka.id)
    people.set_private(irina, is_private=True)
    assert (await refused("messages.send", **give))[0] == 902
    people.set_private(irina, is_private=False)
    people.set_deactivated(irina, is_deactivated=True)
    assert (await refused("messages.send", **give))[0] == 18
    people.set_deactivated(irina, is_deactivated=False)
    assert await send(message="снова можно")


async def test_a_stranger_may_be_written_to_once_they_allow_it(
    sandbox: Sandbox, romashka: BotHandle, vk: Fixture, refused: Fixture
) -> None:
    irina = sandbox.user("irina")  # has a dialog, and has written nothing yet
    give = {"peer_id": irina, "random_id": 3, "message": "слова"}
    assert (await refused("messages.send", **give))[0] == 901
    assert await vk("messages.isMessagesFromGroupAllowed", group_id=romashka.id, user_id=irina) == {"is_allowed": 0}
    sandbox.vk_people.allow(irina, romashka.id)
    assert await vk("messages.send", **give) == 1


async def test_twenty_calls_a_second_and_then_six(sandbox: Sandbox, irina: int, raw: Fixture, hands: Fixture) -> None:
    sandbox.change_settings({"limits": True})
    answers = [await raw("utils.getServerTime") for _ in range(21)]
    assert ["error" in one for one in answers] == [False] * 20 + [True]
    assert answers[-1]["error"]["error_code"] == 6
    hands.ms += 1000
    assert "response" in await raw("utils.getServerTime")


async def test_the_same_words_again_and_again_are_a_flood(
    sandbox: Sandbox, send: Fixture, refused: Fixture, irina: int, hands: Fixture
) -> None:
    sandbox.change_settings({"limits": True, "vk_same_text_per_minute": 2})
    await send(message="Алло?")
    await send(message="Алло?")
    assert (await refused("messages.send", peer_id=irina, random_id=99, message="Алло?"))[0] == 9
    await send(message="Другое")
    hands.ms += 60_000
    await send(message="Алло?")


async def test_a_reply_a_quote_and_forwarded_words(
    sandbox: Sandbox, romashka: BotHandle, irina: int, send: Fixture, vk: Fixture
) -> None:
    asked = sandbox.vk_people.text(irina, romashka.id, "Есть пионы?").message
    assert asked is not None
    answered = await send(message="Есть", reply_to=asked.id)
    quoted = await send(
        message="Да",
        forward=json.dumps({"peer_id": irina, "conversation_message_ids": [asked.cmid], "is_reply": 1}),
    )
    passed = await send(forward=json.dumps({"peer_id": irina, "conversation_message_ids": [1, 2]}))
    told = (await vk("messages.getById", message_ids=f"{answered},{quoted},{passed}"))["items"]
    assert [one.get("reply_message", {}).get("text") for one in told] == ["Есть пионы?", "Есть пионы?", None]
    assert [one["text"] for one in told[2]["fwd_messages"]] == ["Здравствуйте", "Есть пионы?"]


async def test_an_edit_changes_the_phone_and_is_told(
    sandbox: Sandbox, irina: int, send: Fixture, vk: Fixture, poll: Fixture, refused: Fixture, hands: Fixture
) -> None:
    number = await send(message="2590")
    await poll()
    assert await vk("messages.edit", peer_id=irina, message_id=number, message="2490") == 1
    edited = await poll.one("message_edit")
    assert (edited["id"], edited["text"], edited["update_time"]) == (number, "2490", hands.ms // 1000)
    assert (await refused("messages.edit", peer_id=irina, message_id=1, message="чужое"))[0] == 920
    assert (await refused("messages.edit", peer_id=irina, message_id=number, message=""))[0] == 100
    hands.ms += 24 * 3600 * 1000 + 1
    assert (await refused("messages.edit", peer_id=irina, message_id=number, message="2390"))[0] == 909


async def test_a_deletion_for_both_takes_it_off_the_phone(
    sandbox: Sandbox, romashka: BotHandle, irina: int, send: Fixture, vk: Fixture
) -> None:
    number = await send(message="ошибка")
    told = await vk("messages.delete", message_ids=f"{number},1,999", delete_for_all=1)
    assert [one["response"] for one in told] == [1, 0, 0]
    assert told[1]["error"]["code"] == 924
    dialog = sandbox.vk.world.dialogs[romashka.id, irina]
    assert [one.body["text"] for one in sandbox.vk.world.history(dialog) if not one.is_gone] == ["Здравствуйте"]
    assert (await vk("messages.getById", message_ids=number))["count"] == 0


async def test_reactions_typing_and_read_marks(
    sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture, refused: Fixture
) -> None:
    dialog = sandbox.vk.world.dialogs[romashka.id, irina]
    (message,) = sandbox.vk.world.history(dialog)
    assert await vk("messages.sendReaction", peer_id=irina, cmid=1, reaction_id=4) == 1
    assert [(one.by, one.reaction_id) for one in message.reactions] == [(-romashka.id, 4)]
    assert (await refused("messages.sendReaction", peer_id=irina, cmid=1, reaction_id=17))[0] == 1009
    assert await vk("messages.deleteReaction", peer_id=irina, cmid=1) == 1
    assert message.reactions == []
    assert await vk("messages.setActivity", peer_id=irina, type="typing") == 1
    assert (await refused("messages.setActivity", peer_id=irina, type="singing"))[0] == 100
    assert dialog.in_read == 0
    assert await vk("messages.markAsRead", peer_id=irina, start_message_id=1) == 1
    assert dialog.in_read == 1


async def test_what_truly_happened_stands_in_the_ledger_whatever_was_answered(
    sandbox: Sandbox, irina: int, send: Fixture, http: Fixture
) -> None:
    sandbox.vk.faults.replace([FaultRule(method="messages.send", fault="lost_reply", times=1)])
    with pytest.raises(Exception, match="disconnected"):
        await send(message="дошло", random_id=8)
    again = await send(message="дошло", random_id=8)
    rows = [row for row in sandbox.ledger.since(0) if row["kind"] == "call" and row["method"] == "messages.send"]
    assert [(row["outcome"], row["message_ids"], row.get("fault")) for row in rows] == [
        ("accepted", [again], "lost_reply"),
        ("accepted", [again], None),
    ]
