import asyncio
import json
from typing import Any

import pytest

from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload, sample_file
from sandbox.vk.contents import FILE_KINDS, THINGS

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

KEYBOARD = json.dumps(
    {
        "inline": True,
        "buttons": [
            [
                {"action": {"type": "callback", "label": "Да", "payload": '{"q":1}'}, "color": "positive"},
                {"action": {"type": "text", "label": "Нет", "payload": {"q": 2}}},
                {"action": {"type": "open_link", "label": "Сайт", "link": "https://romashka.example/"}},
            ]
        ],
    }
)


@pytest.mark.parametrize("kind", FILE_KINDS)
async def test_every_kind_of_file_comes_with_a_link_that_works(
    *, sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture, http: Fixture, kind: str, hands: Fixture
) -> None:
    upload = sample_file(kind if kind != "graffiti" else "photo")
    sandbox.vk_people.files(irina, romashka.id, kind, [upload], caption="вот", duration=3)
    message = (await poll.one("message_new"))["message"]
    assert message["text"] == "вот"
    (attachment,) = message["attachments"]
    assert attachment["type"] == FILE_KINDS[kind]
    thing = attachment[attachment["type"]]
    link = thing["sizes"][-1]["url"] if kind == "photo" else thing.get("url") or thing["link_ogg"]
    async with http.get(link) as answer:
        assert await answer.read() == upload.content
    async with http.get(link.replace("sign=", "sign=0")) as answer:
        assert answer.status == 404
    hands.ms += 24 * 3600 * 1000
    async with http.get(link) as answer:
        assert answer.status == 404


async def test_a_message_read_again_brings_fresh_links(
    sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture, vk: Fixture, http: Fixture, hands: Fixture
) -> None:
    sandbox.vk_people.files(irina, romashka.id, "document", [sample_file("document")])
    told = (await poll.one("message_new"))["message"]
    hands.ms += 24 * 3600 * 1000
    (again,) = (await vk("messages.getById", message_ids=told["id"]))["items"]
    async with http.get(again["attachments"][0]["doc"]["url"]) as answer:
        assert answer.status == 200
    assert again["attachments"][0]["doc"]["title"] == "заметка.txt"


async def test_several_photos_are_one_message_and_a_cropped_one_is_read_again(
    sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture, vk: Fixture
) -> None:
    sandbox.vk_people.files(irina, romashka.id, "photo", [sample_file("photo")] * 3, is_cropped=True)
    told = (await poll.one("message_new"))["message"]
    assert (told["is_cropped"], len(told["attachments"])) == (True, 1)
    cmid = told["conversation_message_id"]
    (whole,) = (await vk("messages.getByConversationMessageId", peer_id=irina, conversation_message_ids=cmid))["items"]
    assert "is_cropped" not in whole
    assert [len(one["photo"]["sizes"]) for one in whole["attachments"]] == [3, 3, 3]


@pytest.mark.parametrize("kind", THINGS)
async def test_what_has_no_bytes_comes_as_its_own_kind(
    *, sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture, kind: str
) -> None:
    sandbox.vk_people.thing(irina, romashka.id, kind)
    (attachment,) = (await poll.one("message_new"))["message"]["attachments"]
    assert attachment["type"] == kind
    assert attachment[kind]


async def test_a_place_a_reply_forwarded_words_a_referral_and_a_payload(
    sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture
) -> None:
    people = sandbox.vk_people
    people.location(irina, romashka.id, 55.75, 37.61, "Москва")
    people.text(irina, romashka.id, "про это", reply_to=1, ref="ad_17", payload='{"command":"start"}')
    people.text(irina, romashka.id, "", forward=[1, 2])
    place, reply, forwarded = [one["object"]["message"] for one in await poll()]
    assert place["geo"]["coordinates"] == {"latitude": 55.75, "longitude": 37.61}
    assert reply["reply_message"]["text"] == "Здравствуйте"
    assert (reply["ref"], reply["ref_source"], reply["payload"]) == ("ad_17", "vk_me", '{"command":"start"}')
    assert [one["id"] for one in forwarded["fwd_messages"]] == [1, 2]


async def test_an_edit_a_reaction_a_look_and_typing_are_told_and_a_deletion_is_not(
    sandbox: Sandbox, romashka: BotHandle, irina: int, send: Fixture, poll: Fixture
) -> None:
    people, number = sandbox.vk_people, await send(message="Добрый день")
    await poll()
    people.edit(irina, romashka.id, 1, "Здравствуйте!")
    people.react(irina, romashka.id, number, 1)
    people.react(irina, romashka.id, number, None)
    people.read(irina, romashka.id)
    people.read(irina, romashka.id)  # nothing new to read
    people.type(irina, romashka.id)
    people.delete(irina, romashka.id, 1)
    told = [(one["type"], one["object"]) for one in await poll()]
    assert [kind for kind, _ in told] == [
        "message_edit", "message_reaction_event", "message_reaction_event", "message_read", "message_typing_state",
    ]  # fmt: skip
    assert (told[0][1]["text"], "update_time" in told[0][1]) == ("Здравствуйте!", True)
    assert told[1][1] == {"reacted_id": irina, "peer_id": irina, "cmid": 2, "reaction_id": 1}
    assert "reaction_id" not in told[2][1]
    assert told[3][1]["read_message_id"] == number
    assert told[4][1] == {"state": "typing", "from_id": irina, "to_id": -romashka.id}


async def test_denying_and_allowing(sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture) -> None:
    people = sandbox.vk_people
    people.deny(irina, romashka.id)
    with pytest.raises(ActError, match="already"):
        people.deny(irina, romashka.id)
    people.allow(irina, romashka.id, "k")
    people.deny(irina, romashka.id)
    people.text(irina, romashka.id, "Я передумала")  # whoever writes lets the community answer
    told = [(one["type"], one["object"]) for one in await poll()]
    assert [kind for kind, _ in told] == ["message_deny", "message_allow", "message_deny", "message_new"]
    assert told[1][1] == {"user_id": irina, "key": "k"}
    assert sandbox.vk.world.dialogs[romashka.id, irina].is_allowed


async def test_the_staff_answers_past_the_bot(sandbox: Sandbox, romashka: BotHandle, irina: int, poll: Fixture) -> None:
    staff = sandbox.vk_staff
    number = staff.answer(irina, romashka.id, "Отвечу сам", reply_to=1).message
    assert number is not None
    staff.edit(irina, romashka.id, number.id, "Отвечу сама")
    staff.ban(irina, romashka.id)
    with pytest.raises(ActError, match="blacklist"):
        sandbox.vk_people.text(irina, romashka.id, "Почему?")
    staff.unban(irina, romashka.id)
    told = [(one["type"], one["object"]) for one in await poll()]
    assert [kind for kind, _ in told] == ["message_reply", "message_edit", "user_block", "user_unblock"]
    echo = told[0][1]
    assert (echo["admin_author_id"], echo["random_id"], echo["from_id"]) == (1, 0, -romashka.id)
    assert echo["reply_message"]["id"] == 1


async def test_a_callback_button_waits_for_its_answer(
    sandbox: Sandbox, romashka: BotHandle, irina: int, send: Fixture, poll: Fixture, vk: Fixture, refused: Fixture
) -> None:
    number = await send(message="Подойдёт?", keyboard=KEYBOARD)
    await poll()
    pressing = asyncio.create_task(sandbox.vk_people.press(irina, romashka.id, number, 0, 0))
    await asyncio.sleep(0)
    event = await poll.one("message_event")
    assert (event["payload"], event["user_id"], event["conversation_message_id"]) == ({"q": 1}, irina, 2)
    give = {"event_id": event["event_id"], "user_id": irina, "peer_id": irina}
    data = json.dumps({"type": "show_snackbar", "text": "Записали"})
    assert (await refused("messages.sendMessageEventAnswer", **{**give, "event_id": "x"}))[0] == 100
    assert (await refused("messages.sendMessageEventAnswer", **{**give, "user_id": 7}))[0] == 100
    assert await vk("messages.sendMessageEventAnswer", **give, event_data=data) == 1
    assert (await pressing).answer == {"type": "show_snackbar", "text": "Записали"}
    assert (await refused("messages.sendMessageEventAnswer", **give))[0] == 100


async def test_a_text_button_writes_its_label_and_a_link_opens(
    sandbox: Sandbox, romashka: BotHandle, irina: int, send: Fixture, poll: Fixture
) -> None:
    number = await send(message="Подойдёт?", keyboard=KEYBOARD)
    await poll()
    await sandbox.vk_people.press(irina, romashka.id, number, 0, 1)
    message = (await poll.one("message_new"))["message"]
    assert (message["text"], json.loads(message["payload"])) == ("Нет", {"q": 2})
    assert (await sandbox.vk_people.press(irina, romashka.id, number, 0, 2)).url == "https://romashka.example/"
    with pytest.raises(ActError, match="no button"):
        await sandbox.vk_people.press(irina, romashka.id, number, 3, 0)


async def test_a_keyboard_under_the_input_goes_after_one_press_if_it_says_so(
    sandbox: Sandbox, romashka: BotHandle, irina: int, send: Fixture
) -> None:
    dialog = sandbox.vk.world.dialogs[romashka.id, irina]
    buttons = [[{"action": {"type": "text", "label": "Да"}}]]
    await send(message="?", keyboard=json.dumps({"one_time": True, "buttons": buttons}))
    assert dialog.keyboard is not None
    await sandbox.vk_people.press(irina, romashka.id, 0, 0, 0)
    assert dialog.keyboard is None
    await send(message="?", keyboard=json.dumps({"buttons": buttons}))
    await sandbox.vk_people.press(irina, romashka.id, 0, 0, 0)
    assert dialog.keyboard is not None
    await send(message="!", keyboard=json.dumps({"buttons": []}))
    assert dialog.keyboard is None


async def test_a_raw_event_of_any_kind_is_given_out(sandbox: Sandbox, romashka: BotHandle, poll: Fixture) -> None:
    sandbox.vk_staff.inject(romashka.id, {"type": "wall_reply_new", "object": {"id": 9}})
    (event,) = await poll()
    assert (event["type"], event["group_id"], event["object"]) == ("wall_reply_new", romashka.id, {"id": 9})
    with pytest.raises(ActError, match="type"):
        sandbox.vk_staff.inject(romashka.id, {"object": {}})


def test_wrong_acts_are_sentences(sandbox: Sandbox, romashka: BotHandle, irina: int) -> None:
    people = sandbox.vk_people
    for wrong in (
        lambda: people.text(irina, romashka.id, " "),
        lambda: people.text(irina, romashka.id, "я" * 4097),
        lambda: people.text(1, romashka.id, "кто я"),
        lambda: people.text(irina, 1, "где я"),
        lambda: people.text(irina, romashka.id, "о чём", reply_to=99),
        lambda: people.files(irina, romashka.id, "song", [sample_file("photo")]),
        lambda: people.files(irina, romashka.id, "photo", [Upload("p.png", "image/png", b"")]),
        lambda: people.thing(irina, romashka.id, "spaceship"),
        lambda: people.edit(irina, romashka.id, 1, "Здравствуйте"),
        lambda: people.react(irina, romashka.id, 1, 17),
        lambda: people.allow(irina, romashka.id),
    ):
        with pytest.raises(ActError, match=r"\w{3,}.*\.$"):
            wrong()
