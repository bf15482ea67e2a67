"""Sending, changing, deleting, reading messages; answers to presses; what a bot is seen doing."""

from typing import Any

import pytest

from sandbox.max.records import Dialog
from sandbox.server import BotHandle, Sandbox
from tests.sandbox.max.running import max_of

Fixture = Any
DAY_MS = 24 * 3600 * 1000


def keyboard(*rows: Any) -> Any:
    return {"type": "inline_keyboard", "payload": {"buttons": list(rows)}}


def newest(sandbox: Sandbox, dialog: Dialog) -> Any:
    return next(iter(max_of(sandbox).max.world.history(dialog)))


async def test_a_text_is_sent_and_not_echoed(
    sandbox: Sandbox, send: Fixture, call: Fixture, poll: Fixture, dialog: Dialog, romashka: BotHandle, sofya: int,
    hands: Fixture,
) -> None:  # fmt: skip
    message = await send("Здравствуйте")
    assert message["recipient"] == {"chat_id": dialog.chat_id, "chat_type": "dialog", "user_id": sofya}
    assert (message["sender"]["user_id"], message["sender"]["is_bot"]) == (romashka.id, True)
    assert (message["timestamp"], message["body"]["text"]) == (hands.ms, "Здравствуйте")
    assert "attachments" not in message["body"]
    by_person = await call("POST", "/messages", params={"user_id": str(sofya)}, json={"text": "И вам"})
    assert by_person["message"]["recipient"] == message["recipient"]
    assert by_person["message"]["body"]["seq"] > message["body"]["seq"]
    assert await poll() == []
    assert [one.text for one in max_of(sandbox).max.world.history(dialog)] == ["И вам", "Здравствуйте"]


async def test_nobody_is_written_to_who_has_not_begun(sandbox: Sandbox, refused: Fixture, romashka: BotHandle) -> None:
    user_id = sandbox.user("sofya")
    by_person = await refused("POST", "/messages", params={"user_id": str(user_id)}, json={"text": "а"})
    assert by_person[:2] == (404, "dialog.not.found")
    chat_id = romashka.id ^ user_id
    assert (await refused("POST", "/messages", params={"chat_id": str(chat_id)}, json={"text": "а"}))[:2] == (
        404,
        "chat.not.found",
    )


async def test_the_two_ids_must_not_be_mixed_up(refused: Fixture, dialog: Dialog, sofya: int) -> None:
    for query, code in (({"chat_id": sofya}, "chat.not.found"), ({"user_id": dialog.chat_id}, "dialog.not.found")):
        params = {name: str(value) for name, value in query.items()}
        assert (await refused("POST", "/messages", params=params, json={"text": "а"}))[:2] == (404, code)
    assert (await refused("POST", "/messages", json={"text": "а"}))[:2] == (400, "proto.payload")
    assert (await refused("POST", "/messages", params={"chat_id": "x"}, json={"text": "а"}))[:2] == (
        400,
        "proto.payload",
    )


async def test_whoever_stopped_the_bot_is_not_reached_until_it_is_started(
    sandbox: Sandbox, send: Fixture, not_sent: Fixture, refused: Fixture, romashka: BotHandle, sofya: int,
    dialog: Dialog,
) -> None:  # fmt: skip
    mid = (await send("раз"))["body"]["mid"]
    max_of(sandbox).people.stop(sofya, romashka.id)
    status, code, message = await not_sent("два")
    assert (status, code) == (403, "chat.denied")
    assert "dialogs.suspended" in message
    assert (await refused("PUT", "/messages", params={"message_id": mid}, json={"text": "б"}))[:2] == (
        403,
        "chat.denied",
    )
    typing = await refused("POST", f"/chats/{dialog.chat_id}/actions", json={"action": "typing_on"})
    assert typing[:2] == (403, "chat.denied")
    max_of(sandbox).people.start(sofya, romashka.id)
    assert (await send("три"))["body"]["text"] == "три"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": "а" * 4001}, "text: size must be between 0 and 4000"),
        ({"text": ""}, "Message cannot be empty: text or attachments must be set"),
        ({}, "Message cannot be empty: text or attachments must be set"),
        ({"attachments": []}, "Message cannot be empty: text or attachments must be set"),
        ({"text": 5}, "Can't deserialize body"),
        ({"text": "а", "attachments": ["b"]}, "Can't deserialize body"),
        ({"text": "а", "format": "telegram"}, "format: must be one of markdown, html"),
        ({"text": "а", "link": {"type": "quote", "mid": "mid.1"}}, "link: type and mid must not be null"),
        ({"text": "а", "attachments": [{"type": "location"}]}, "location: latitude and longitude must be numbers"),
        ({"text": "а", "attachments": [{"type": "image"}]}, "payload must not be null"),
        ({"text": "а", "attachments": [{"type": "photo", "payload": {}}]}, "unsupported attachment: photo"),
        ({"text": "а", "attachments": [{"type": "image", "payload": {"token": "x"}}]}, "image: invalid token"),
        ({"text": "а", "attachments": [{"type": "image", "payload": {}}]}, "image: token must not be empty"),
        ({"text": "а", "attachments": [{"type": "contact", "payload": {"name": "О"}}]}, "contact: contact_id or vcf"),
    ],
)
async def test_a_wrong_message_is_refused(not_sent: Fixture, history: Fixture, body: Any, words: str) -> None:
    status, code, message = await not_sent(**body)
    assert (status, code) == (400, "proto.payload")
    assert words in message
    assert await history() == []


async def test_what_is_no_json_is_refused(refused: Fixture, dialog: Dialog) -> None:
    for data in (b"{", b"[]", b""):
        told = await refused("POST", "/messages", params={"chat_id": str(dialog.chat_id)}, data=data)
        assert told == (400, "proto.payload", "Can't deserialize body")
    params = {"chat_id": str(dialog.chat_id), "disable_link_preview": "maybe"}
    assert (await refused("POST", "/messages", params=params, json={"text": "а"}))[:2] == (400, "proto.payload")


async def test_four_thousand_characters_go_and_previews_may_be_off(call: Fixture, dialog: Dialog) -> None:
    params = {"chat_id": str(dialog.chat_id), "disable_link_preview": "true"}
    sent = await call("POST", "/messages", params=params, json={"text": "я" * 4000, "notify": False})
    assert len(sent["message"]["body"]["text"]) == 4000


async def test_html_and_markdown_become_markup(send: Fixture) -> None:
    sent = await send("<b>Раз</b> 🌼 <i><a href='https://a.example/'>два</a></i> <span>три</span>&lt;", format="html")
    assert sent["body"]["text"] == "Раз 🌼 два три<"
    assert sent["body"]["markup"] == [
        {"type": "strong", "from": 0, "length": 3},
        {"type": "link", "from": 7, "length": 3, "url": "https://a.example/"},
        {"type": "emphasized", "from": 7, "length": 3},
    ]
    sent = await send("**Раз _два_** `x*y*` [три](https://a.example/) ++ч++ 2*2=4", format="markdown")
    assert sent["body"]["text"] == "Раз два x*y* три ч 2*2=4"
    assert [(one["type"], one["from"], one["length"]) for one in sent["body"]["markup"]] == [
        ("strong", 0, 7),
        ("emphasized", 4, 3),
        ("monospaced", 8, 4),
        ("link", 13, 3),
        ("underline", 17, 1),
    ]
    assert (await send("<b>как есть</b>"))["body"]["text"] == "<b>как есть</b>"


async def test_a_reply_and_a_forward(
    sandbox: Sandbox, send: Fixture, not_sent: Fixture, romashka: BotHandle, sofya: int
) -> None:
    asked = max_of(sandbox).people.text(sofya, romashka.id, "Почём?").message
    assert asked is not None
    reply = await send("Даром", link={"type": "reply", "mid": asked.mid})
    assert (reply["link"]["type"], reply["link"]["message"]["text"]) == ("reply", "Почём?")
    assert reply["link"]["sender"]["user_id"] == sofya
    forward = await send(link={"type": "forward", "mid": asked.mid})
    assert (forward["link"]["type"], forward["link"]["chat_id"]) == ("forward", romashka.id ^ sofya)
    assert (await not_sent(link={"type": "reply", "mid": asked.mid}))[0] == 400
    assert (await not_sent("а", link={"type": "reply", "mid": "mid.00"}))[:2] == (404, "not.found")


async def test_attachments_by_token(sandbox: Sandbox, send: Fixture, not_sent: Fixture, upload: Fixture) -> None:
    image, film = await upload("image"), await upload("video", b"\x00\x00\x00\x18ftypmp42film", "a.mp4")
    sound, file = await upload("audio", b"ID3tune", "a.mp3"), await upload("file", b"%PDF-", "счёт.pdf")

    def of(kind: str, token: str) -> Any:
        return {"type": kind, "payload": {"token": token}}

    album = (await send("Вот", attachments=[of("image", image), of("video", film), of("image", image)]))["body"]
    assert [one["type"] for one in album["attachments"]] == ["image", "video", "image"]
    for one in (of("audio", sound), of("file", file)):
        (sent,) = (await send(attachments=[one]))["body"]["attachments"]
        assert sent["payload"]["token"] == one["payload"]["token"]
    assert (await not_sent(attachments=[of("audio", sound), of("image", image)]))[2].endswith("only attachment")
    assert (await not_sent(attachments=[of("file", file)] * 2))[0] == 400
    assert (await not_sent(attachments=[of("image", image)] * 13))[2] == "attachments: size must be between 0 and 12"
    assert (await not_sent(attachments=[of("image", file)]))[2] == "attachments: image: invalid token"
    photos = {"type": "image", "payload": {"photos": {"1": {"token": image}}}}
    assert (await send(attachments=[photos, keyboard([])]))["body"]["attachments"][0]["type"] == "image"
    button = {"type": "callback", "text": "а", "payload": "1"}
    both = (await send(attachments=[of("file", file), keyboard([button])]))["body"]["attachments"]
    assert [one["type"] for one in both] == ["file", "inline_keyboard"]


async def test_a_picture_by_its_address_of_this_machine_only(
    sandbox: Sandbox, send: Fixture, not_sent: Fixture, http: Fixture
) -> None:
    number = max_of(sandbox).max.world.bots[max_of(sandbox).bot("romashka_max_bot").id].avatar
    file = max_of(sandbox).max.files.get(number)
    assert file is not None
    url = max_of(sandbox).max.files.address(file)
    (sent,) = (await send(attachments=[{"type": "image", "payload": {"url": url}}]))["body"]["attachments"]
    async with http.get(sent["payload"]["url"]) as answer:
        assert await answer.read() == max_of(sandbox).max.files.content(file)
    for wrong in ("https://192.0.2.1/a.png", f"{sandbox.url}/nothing", f"{sandbox.url}/page/main.js"):
        told = await not_sent(attachments=[{"type": "image", "payload": {"url": wrong}}])
        assert told == (400, "proto.payload", "attachments: image: failed to upload by url")


async def test_things_without_bytes(send: Fixture, sofya: int) -> None:
    (place,) = (await send(attachments=[{"type": "location", "latitude": 1.5, "longitude": 2}]))["body"]["attachments"]
    assert place == {"type": "location", "latitude": 1.5, "longitude": 2}
    card = {"type": "contact", "payload": {"contact_id": sofya, "name": "С"}}
    (contact,) = (await send(attachments=[card]))["body"]["attachments"]
    assert "TEL;TYPE=cell:79161230008" in contact["payload"]["vcf_info"]
    (sticker,) = (await send(attachments=[{"type": "sticker", "payload": {"code": "happy"}}]))["body"]["attachments"]
    assert sticker["payload"]["code"] == "happy"
    (link,) = (await send(attachments=[{"type": "share", "payload": {"url": "https://a.example/"}}]))["body"][
        "attachments"
    ]
    assert link["payload"]["url"] == "https://a.example/"


async def test_a_file_in_work_is_not_sent(
    sandbox: Sandbox, call: Fixture, send: Fixture, not_sent: Fixture, upload: Fixture, hands: Fixture
) -> None:
    opened = await call("POST", "/uploads", params={"type": "video"})
    awaited = {"type": "video", "payload": {"token": opened["token"]}}
    assert (await not_sent(attachments=[awaited]))[:2] == (400, "attachment.not.ready")
    sandbox.change_settings({"max_processing_ms": 2000})
    attachment = {"type": "image", "payload": {"token": await upload("image")}}
    assert (await not_sent(attachments=[attachment]))[:2] == (400, "attachment.not.ready")
    hands.ms += 2000
    await send(attachments=[attachment])


async def test_an_edit_keeps_what_is_not_given(
    sandbox: Sandbox, call: Fixture, send: Fixture, upload: Fixture, history: Fixture, refused: Fixture, poll: Fixture
) -> None:
    image = {"type": "image", "payload": {"token": await upload("image")}}
    mid = (await send("<b>Раз</b>", format="html", attachments=[image]))["body"]["mid"]

    async def edit(**body: Any) -> Any:
        assert await call("PUT", "/messages", params={"message_id": mid}, json=body) == {"success": True}
        return (await history())[0]["body"]

    assert (await edit(attachments=None))["text"] == "Раз"
    body = await edit(text="Два")
    assert (body["text"], "markup" in body, len(body["attachments"])) == ("Два", False, 1)
    assert "attachments" not in await edit(attachments=[])
    for empty in ({"text": ""}, {"text": "", "attachments": []}):
        told = await refused("PUT", "/messages", params={"message_id": mid}, json=empty)
        assert told[:2] == (400, "proto.payload")
    assert (await history())[0]["body"]["mid"] == mid
    assert await poll() == []


async def test_edits_end_after_seven_days_unless_there_are_buttons(
    call: Fixture, send: Fixture, history: Fixture, hands: Fixture
) -> None:
    plain = (await send("раз"))["body"]["mid"]
    button = {"type": "callback", "text": "а", "payload": "1"}
    pressed = (await send("два", attachments=[keyboard([button])]))["body"]["mid"]
    hands.ms += 7 * DAY_MS
    assert await call("PUT", "/messages", params={"message_id": plain}, json={"text": "1"}) == {"success": True}
    hands.ms += 1
    told = await call("PUT", "/messages", params={"message_id": plain}, json={"text": "2"})
    assert (told["success"], told["code"]) == (False, "access.denied")
    assert await call("PUT", "/messages", params={"message_id": pressed}, json={"text": "2"}) == {"success": True}
    assert [one["body"]["text"] for one in await history()] == ["2", "1"]


async def test_only_own_messages_are_changed_and_deleted(
    sandbox: Sandbox, call: Fixture, refused: Fixture, send: Fixture, history: Fixture, romashka: BotHandle, sofya: int
) -> None:
    theirs = max_of(sandbox).people.text(sofya, romashka.id, "раз").message
    assert theirs is not None
    mid = (await send("два"))["body"]["mid"]
    for verb in ("PUT", "DELETE"):
        body = {"json": {"text": "а"}} if verb == "PUT" else {}
        assert (await refused(verb, "/messages", params={"message_id": theirs.mid}, **body))[:2] == (
            403,
            "access.denied",
        )
        assert (await refused(verb, "/messages", params={"message_id": "mid.0"}, **body))[:2] == (404, "not.found")
        assert (await refused(verb, "/messages", **body))[:2] == (400, "proto.payload")
    assert await call("DELETE", "/messages", params={"message_id": mid}) == {"success": True}
    assert (await refused("DELETE", "/messages", params={"message_id": mid}))[:2] == (404, "not.found")
    assert [one["body"]["text"] for one in await history()] == ["раз"]


async def test_a_chat_is_read_from_the_newest_back(
    sandbox: Sandbox, call: Fixture, refused: Fixture, send: Fixture, history: Fixture, hands: Fixture,
    romashka: BotHandle, sofya: int,
) -> None:  # fmt: skip
    begun = hands.ms
    for number in range(4):
        hands.ms = begun + number * 1000
        if number % 2:
            await send(str(number))
        else:
            max_of(sandbox).people.text(sofya, romashka.id, str(number))

    async def read(**query: Any) -> list[str]:
        return [one["body"]["text"] for one in await history(**query)]

    assert await read() == ["3", "2", "1", "0"]
    assert await read(count=2) == ["3", "2"]
    assert await read(from_=begun + 2000) == ["2", "1", "0"]
    assert await read(from_=begun + 2000, to=begun + 1000) == ["2", "1"]
    assert await read(from_=begun, to=begun + 3000) == []
    mids = [one["body"]["mid"] for one in await history()]
    by_ids = await call("GET", "/messages", params={"message_ids": f"{mids[1]},mid.0,{mids[3]}"})
    assert [one["body"]["text"] for one in by_ids["messages"]] == ["2", "0"]
    assert (await call("GET", f"/messages/{mids[0]}"))["body"]["text"] == "3"
    assert (await refused("GET", "/messages/mid.0"))[:2] == (404, "not.found")
    for query in ({"chat_id": "1"},):
        assert (await refused("GET", "/messages", params=query))[:2] == (404, "chat.not.found")
    chat_id = str(romashka.id ^ sofya)
    for query in ({}, {"chat_id": chat_id, "count": "101"}, {"chat_id": chat_id, "from": "x"}):
        assert (await refused("GET", "/messages", params=query))[:2] == (400, "proto.payload")


async def test_a_press_is_answered_with_words_or_another_message(
    sandbox: Sandbox, call: Fixture, refused: Fixture, send: Fixture, history: Fixture, poll: Fixture, dialog: Dialog,
    romashka: BotHandle, sofya: int,
) -> None:  # fmt: skip
    button = {"type": "callback", "text": "Да", "payload": "yes"}
    mid = (await send("Точно?", attachments=[keyboard([button])]))["body"]["mid"]
    number = newest(sandbox, dialog).number
    ids = [max_of(sandbox).presses.press(sofya, romashka.id, number, 0, 0).callback_id for _ in range(2)]
    first, second = [one["callback"] for one in await poll()]
    assert [first["callback_id"], second["callback_id"]] == ids
    assert (len(set(ids)), len(first["callback_id"]), first["payload"]) == (2, 116, "yes")
    events = sandbox.events.last
    assert await call("POST", "/answers", params={"callback_id": ids[0]}, json={"notification": "Ждём"}) == {
        "success": True
    }
    assert sandbox.events.last == events + 1
    changed = {"message": {"text": "Заказано", "attachments": []}}
    assert await call("POST", "/answers", params={"callback_id": ids[1]}, json=changed) == {"success": True}
    (body,) = [one["body"] for one in await history()]
    assert body == {"mid": mid, "seq": body["seq"], "text": "Заказано"}
    assert await poll() == []
    assert (await refused("POST", "/answers", params={"callback_id": "x"}, json={"notification": "а"}))[:2] == (
        404,
        "not.found",
    )
    for query, wrong in (
        ({}, {"notification": "а"}),
        ({"callback_id": ids[0]}, {}),
        ({"callback_id": ids[0]}, {"notification": 1}),
    ):
        assert (await refused("POST", "/answers", params=query, json=wrong))[:2] == (400, "proto.payload")
    await call("DELETE", "/messages", params={"message_id": mid})
    assert (await refused("POST", "/answers", params={"callback_id": ids[0]}, json=changed))[:2] == (404, "not.found")


async def test_actions_and_the_read_mark(
    sandbox: Sandbox, call: Fixture, refused: Fixture, dialog: Dialog, romashka: BotHandle, sofya: int
) -> None:
    asked = max_of(sandbox).people.text(sofya, romashka.id, "Ау").message
    assert asked is not None
    path = f"/chats/{dialog.chat_id}/actions"
    for action in ("typing_on", "sending_photo", "sending_video", "sending_audio", "sending_file"):
        assert await call("POST", path, json={"action": action}) == {"success": True}
    assert dialog.seen == 0
    assert await call("POST", path, json={"action": "mark_seen"}) == {"success": True}
    assert dialog.seen == asked.number
    assert (await refused("POST", path, json={"action": "typing_off"}))[:2] == (400, "proto.payload")
    assert (await refused("POST", "/chats/1/actions", json={"action": "typing_on"}))[:2] == (404, "chat.not.found")


async def test_a_dialog_tells_who_is_in_it(
    sandbox: Sandbox, call: Fixture, refused: Fixture, dialog: Dialog, romashka: BotHandle, sofya: int
) -> None:
    told = await call("GET", f"/chats/{dialog.chat_id}")
    assert (told["type"], told["status"], told["dialog_with_user"]["user_id"]) == ("dialog", "active", sofya)
    assert told["dialog_with_user"]["full_avatar_url"]
    max_of(sandbox).people.stop(sofya, romashka.id)
    assert (await call("GET", f"/chats/{dialog.chat_id}"))["status"] == "suspended"
    for path in ("/chats/1", "/chats/romashka"):
        assert (await refused("GET", path))[:2] == (404, "chat.not.found")


BUTTON = {"type": "callback", "text": "а", "payload": "1"}
LINK = {"type": "link", "text": "а", "url": "https://a.example/"}


@pytest.mark.parametrize(
    "rows",
    [
        [[BUTTON]] * 31,
        [[BUTTON] * 8],
        [[LINK] * 4],
        [[LINK, BUTTON, BUTTON, BUTTON]],
        [[{"type": "chat", "text": "Обсудить", "chat_title": "а"}]],
        [[{**BUTTON, "text": ""}]],
        [[{**BUTTON, "text": "а" * 129}]],
        [[{**BUTTON, "payload": "а" * 1025}]],
        [[{**BUTTON, "payload": ""}]],
        [[{**LINK, "url": "https://a.example/" + "а" * 2048}]],
        [[{**LINK, "url": "a.example"}]],
        [[{"type": "clipboard", "text": "а"}]],
        ["а"],
        "а",
    ],
)
async def test_a_wrong_keyboard_is_refused(not_sent: Fixture, rows: Any) -> None:
    attachment = {"type": "inline_keyboard", "payload": {"buttons": rows}}
    status, code, message = await not_sent("а", attachments=[attachment])
    assert (status, code) == (400, "proto.payload")
    assert "inline_keyboard" in message


async def test_keyboards_come_back_with_what_max_adds(send: Fixture, not_sent: Fixture) -> None:
    rows = [
        [BUTTON] * 7,
        [LINK, {"type": "request_contact", "text": "Номер"}, {"type": "request_geo_location", "text": "Место"}],
        [{"type": "message", "text": "Позвать"}, {"type": "clipboard", "text": "Код", "payload": "A1"}],
        [{"type": "open_app", "text": "Каталог", "web_app": "romashka"}],
    ]
    (told,) = (await send("Выбор", attachments=[keyboard(*rows)]))["body"]["attachments"]
    rows[1][2] = {"type": "request_geo_location", "text": "Место", "quick": False}
    assert told == keyboard(*rows)
    assert (await not_sent("а", attachments=[keyboard([BUTTON]), keyboard([BUTTON])]))[0] == 400
    assert "attachments" not in (await send("а", attachments=[keyboard()]))["body"]
    assert len((await send("а", attachments=[keyboard(*[[BUTTON] * 7] * 30)]))["body"]["attachments"]) == 1
