import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramServerError
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from sandbox.pictures import plain_png
from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.uploads import sample_file

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

Control = Callable[..., Awaitable[tuple[int, Any]]]

KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="Да", callback_data="yes")], [InlineKeyboardButton(text="?", url="https://a.ru")]]
)  # fmt: skip


@pytest.fixture
def act(control: Control, shop: BotHandle, maria: int) -> Callable[..., Awaitable[tuple[int, Any]]]:
    async def act(do: str, **fields: object) -> tuple[int, Any]:
        return await control("POST", "act", {"do": do, "bot_id": shop.id, "user_id": maria, **fields})

    return act


async def test_the_state_tells_the_cast_and_no_secret(sandbox: Sandbox, shop: BotHandle, control: Control) -> None:
    status, state = await control("GET", "state")
    assert status == 200
    assert [bot["username"] for bot in state["bots"]] == ["shop_bot", "desk_bot"]
    assert [(user["name"], user["role"]) for user in state["users"]] == [
        ("Мария Соколова", "customer"),
        ("Иван Петров", "customer"),
        ("Ирина Волкова", "customer"),
        ("Артём Гусев", "customer"),
        ("Софья Белова", "customer"),
        ("Олег Туманов", "customer"),
        ("Карина Лис", "customer"),
        ("Анна Орлова", "operator"),
        ("Борис Ким", "operator"),
    ]
    assert all({"bot_id", "user_id", "blocked", "started", "unread"} <= chat.keys() for chat in state["chats"])
    assert len(state["chats"]) == 4
    assert state["gateway"]["state"] == "stopped"
    assert shop.token not in json.dumps(state)


async def test_history_comes_page_by_page_oldest_first(
    sandbox: Sandbox, shop: BotHandle, maria: int, control: Control
) -> None:
    for number in range(7):
        sandbox.people.text(maria, shop.id, str(number))
    _, newest = await control("GET", f"chats/{shop.id}/{maria}?limit=3")
    assert ([one["text"] for one in newest["messages"]], newest["more"]) == (["4", "5", "6"], True)
    before = newest["messages"][0]["message_id"]
    _, older = await control("GET", f"chats/{shop.id}/{maria}?limit=5&before={before}")
    assert ([one["text"] for one in older["messages"]], older["more"]) == (["/start", "0", "1", "2", "3"], False)
    assert await control("GET", f"chats/{shop.id}/1") == (200, {"messages": [], "more": False})


async def test_a_message_shows_what_the_phone_knows(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, control: Control
) -> None:
    sent = await bot.send_message(maria, "?", reply_markup=KEYBOARD)
    await bot.edit_message_text("??", chat_id=maria, message_id=sent.message_id, reply_markup=KEYBOARD)
    sandbox.people.react(maria, shop.id, sent.message_id, "👍")
    _, page = await control("GET", f"chats/{shop.id}/{maria}")
    shown = page["messages"][-1]
    assert (shown["out"], shown["edited"], shown["deleted"]) == (True, True, False)
    assert shown["reactions"] == [{"emoji": "👍", "by": "user"}]
    assert shown["keyboard"] == [[{"text": "Да", "data": "yes"}], [{"text": "?", "url": "https://a.ru"}]]


async def test_unread_counts_until_the_chat_is_looked_at(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, control: Control
) -> None:
    async def unread() -> int:
        _, state = await control("GET", "state")
        return next(chat["unread"] for chat in state["chats"] if chat["user_id"] == maria)

    await bot.send_message(maria, "раз")
    await bot.send_message(maria, "два")
    assert await unread() == 2
    await control("GET", f"chats/{shop.id}/{maria}")
    assert await unread() == 0


async def test_texts_are_acted_over_http(act: Fixture, inbox: Fixture) -> None:
    status, done = await act("text", text="привет")
    assert (status, done["ok"], done["message"]["text"], done["message"]["out"]) == (200, True, "привет", False)
    update = await inbox.one()
    assert (update.update_id, update.message.message_id) == (done["update_id"], done["message"]["message_id"])


async def test_every_act_of_the_description_works(act: Fixture, inbox: Fixture, bot: Bot, maria: int) -> None:
    assert (await act("start", payload="ref"))[0] == 200
    _, text = await act("text", text="роза", entities=[{"type": "bold", "offset": 0, "length": 4}])
    message_id = text["message"]["message_id"]
    _, reply = await act("text", text="ответ", reply_to=message_id)
    assert reply["message"]["reply_to_message"]["message_id"] == message_id
    for kind in ("photo", "document", "voice", "video", "video_note", "animation", "audio", "sticker"):
        status, done = await act(kind, reply_to=message_id)
        assert (status, [file["kind"] for file in done["message"]["files"]]) == (200, [kind])
    for do, fields in (
        ("location", {"latitude": 55.75, "longitude": 37.62}),
        ("venue", {"latitude": 55.75, "longitude": 37.62, "title": "Магазин", "address": "Цветочная, 1"}),
        ("contact", {"phone_number": "+79990000000", "first_name": "Мария"}),
        ("edit", {"message_id": message_id, "text": "розы"}),
        ("react", {"message_id": message_id, "emoji": "👍"}),
        ("delete", {"message_id": message_id}),
        ("block", {}),
        ("unblock", {}),
        ("update", {"update": {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0,
                                        "is_closed": False, "is_anonymous": True, "type": "regular",
                                        "allows_multiple_answers": False, "allows_revoting": False,
                                        "members_only": False}}}),
    ):  # fmt: skip
        status, done = await act(do, **fields)
        assert (do, status, done["ok"]) == (do, 200, True)
    kinds = [update.event_type for update in await bot.get_updates()]
    assert kinds == ["message"] * 14 + ["edited_message", "my_chat_member", "my_chat_member", "poll"]


async def test_bytes_in_the_json_become_the_file(act: Fixture, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    content = plain_png(33, 44, "#123456")
    _, done = await act("photo", bytes_base64=base64.b64encode(content).decode(), file_name="r.png", caption="вот")
    (file,) = done["message"]["files"]
    assert (file["width"], file["height"], file["name"], file["size"]) == (33, 44, "r.png", len(content))
    async with http.get(sandbox.url + file["url"]) as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", content)
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_files_of_a_form_become_one_message_or_an_album(
    sandbox: Sandbox, shop: BotHandle, maria: int, http: aiohttp.ClientSession
) -> None:
    for count in (1, 3):
        form = aiohttp.FormData()
        acted = {"do": "photo", "bot_id": shop.id, "user_id": maria, "caption": "розы"}
        form.add_field("act", json.dumps(acted), content_type="application/json")
        for number in range(count):
            form.add_field("file", sample_file("photo").content, filename=f"{number}.png", content_type="image/png")
        async with http.post(f"{sandbox.url}/sandbox/api/act", data=form) as answer:
            done = await answer.json()
        assert answer.status == 200
        messages = done.get("messages", [done["message"]])
        assert [message.get("caption") for message in messages] == ["розы"] + [None] * (count - 1)
        assert len({message.get("media_group_id") for message in messages}) == 1
        assert ("media_group_id" in messages[0]) is (count > 1)


async def test_a_press_answers_with_what_the_bot_said(act: Fixture, bot: Bot, maria: int, inbox: Fixture) -> None:
    sent = await bot.send_message(maria, "?", reply_markup=KEYBOARD)
    press = asyncio.create_task(act("press", message_id=sent.message_id, row=0, column=0))
    while not (updates := await inbox()):
        pass
    await bot.answer_callback_query(updates[0].callback_query.id, "ага", show_alert=True)
    status, done = await press
    assert (status, done["answer"]) == (200, {"text": "ага", "show_alert": True})
    _, done = await act("press", message_id=sent.message_id, row=0, column=0, wait=False)
    assert done["answer"] is None
    _, done = await act("press", message_id=sent.message_id, row=1, column=0)
    assert done["url"] == "https://a.ru"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"do": "dance"}, "There is no act called dance"),
        ({"do": "text"}, "There is no text to send"),
        ({"do": "edit", "text": "x"}, "needs message_id"),
        ({"do": "location"}, "needs latitude and longitude"),
        ({"do": "contact"}, "needs phone_number and first_name"),
        ({"do": "photo", "bytes_base64": "***"}, "is no base64"),
        ({"do": "text", "text": 5}, "This is no act"),
        ({"do": "text", "words": "x"}, "unknown field `words`"),
        ({"do": "update"}, "needs update"),
    ],
)
async def test_a_wrong_act_is_a_400_with_a_sentence(act: Fixture, fields: dict[str, Any], sentence: str) -> None:
    status, body = await act(**fields)
    assert (status, body["ok"]) == (400, False)
    assert sentence in body["error"]


class Stream:
    """A reader of server-sent events."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.last_id = ""

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            while True:
                line = (await self._answer.content.readline()).decode()
                assert line
                if line.startswith("id: "):
                    self.last_id = line[4:].strip()
                if line.startswith("data: "):
                    event: dict[str, Any] = json.loads(line[6:])
                    return event


async def test_events_tell_everything_that_the_page_shows(
    *, sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, http: aiohttp.ClientSession, inbox: Fixture
) -> None:
    async with http.get(f"{sandbox.url}/sandbox/api/events") as answer:
        assert answer.content_type == "text/event-stream"
        stream = Stream(answer)
        sent = await bot.send_message(maria, "раз", reply_markup=KEYBOARD)
        event = await stream.next()
        assert (event["kind"], event["bot_id"], event["user_id"]) == ("message", shop.id, maria)
        assert (event["message"]["text"], event["message_id"]) == ("раз", sent.message_id)
        await bot.edit_message_text("два", chat_id=maria, message_id=sent.message_id, reply_markup=KEYBOARD)
        event = await stream.next()
        assert (event["kind"], event["message"]["text"]) == ("edited", "два")
        await bot.set_message_reaction(maria, sent.message_id, [{"type": "emoji", "emoji": "👍"}])  # type: ignore[list-item]
        assert (await stream.next())["kind"] == "reaction"
        await sandbox.people.press(maria, shop.id, sent.message_id, 0, 0, wait=False)
        await bot.answer_callback_query((await inbox.one()).callback_query.id, "ага")
        event = await stream.next()
        assert (event["kind"], event["text"], event["alert"]) == ("toast", "ага", False)
        await bot.delete_message(maria, sent.message_id)
        event = await stream.next()
        assert (event["kind"], event["message"]["deleted"]) == ("deleted", True)
        sandbox.people.block(maria, shop.id)
        event = await stream.next()
        assert (event["kind"], event["blocked"]) == ("blocked", True)
        sandbox.show_gateway("running", "http://127.0.0.1:1")
        assert (await stream.next())["kind"] == "state"


async def test_a_broken_stream_is_resumed_by_its_last_id(
    sandbox: Sandbox, shop: BotHandle, maria: int, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{sandbox.url}/sandbox/api/events") as answer:
        stream = Stream(answer)
        sandbox.people.text(maria, shop.id, "раз")
        await stream.next()
    sandbox.people.text(maria, shop.id, "два")
    sandbox.people.text(maria, shop.id, "три")
    headers = {"Last-Event-ID": stream.last_id}
    async with http.get(f"{sandbox.url}/sandbox/api/events", headers=headers) as answer:
        stream = Stream(answer)
        assert [(await stream.next())["message"]["text"] for _ in range(2)] == ["два", "три"]
    async with http.get(f"{sandbox.url}/sandbox/api/events", headers={"Last-Event-ID": "17"}) as answer:
        assert (await Stream(answer).next())["kind"] == "state"


async def test_faults_are_set_counted_and_cleared(control: Control, bot: Bot) -> None:
    rules = [{"method": "getMe", "fault": "500", "times": 1}]
    status, body = await control("POST", "faults", {"rules": rules})
    assert (status, body["rules"][0]["fired"]) == (200, 0)
    with pytest.raises(TelegramServerError):
        await bot.get_me()
    assert (await control("GET", "faults"))[1]["rules"][0]["fired"] == 1
    assert (await control("DELETE", "faults"))[1]["rules"] == []
    status, body = await control("POST", "faults", {"rules": [{"method": "getMe", "fault": "fire"}]})
    assert (status, body["ok"]) == (400, False)
    status, body = await control("POST", "faults", {"rules": [{"method": "webhook", "fault": "429"}]})
    assert "is not possible for webhook" in body["error"]


async def test_settings_are_changed_and_checked(sandbox: Sandbox, control: Control) -> None:
    status, body = await control("POST", "settings", {"limits": True, "chat_burst": 3})
    assert (status, body["settings"]["chat_burst"], sandbox.settings.limits) == (200, 3, True)
    for wrong in ({"limits": "perhaps"}, {"speed": 1}):
        status, body = await control("POST", "settings", wrong)
        assert (status, body["ok"]) == (400, False)


async def test_the_ledger_is_read_from_any_row(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, control: Control
) -> None:
    await bot.send_message(maria, "раз")
    _, body = await control("GET", "ledger")
    kinds = [row["kind"] for row in body["rows"]]
    assert kinds == ["act", "call"]
    last = body["rows"][-1]
    assert (last["method"], last["outcome"], last["text"]) == ("sendMessage", "accepted", "раз")
    assert await control("GET", f"ledger?since={last['seq']}") == (200, {"rows": []})


async def test_bots_and_people_are_added(sandbox: Sandbox, control: Control, make_bot: Callable[[str], Bot]) -> None:
    _, body = await control("POST", "bots", {"username": "second_bot", "name": "Второй"})
    bot = make_bot(body["token"])
    assert (await bot.get_me()).username == "second_bot"
    _, people = await control("POST", "users", {"count": 300, "role": "customer", "bots": ["second_bot"]})
    assert len({user["id"] for user in people["users"]}) == 300
    user_id = people["users"][-1]["id"]
    acted = {"do": "text", "bot_id": body["bot"]["id"], "user_id": user_id, "text": "здравствуйте"}
    assert (await control("POST", "act", acted))[0] == 200
    _, one = await control("POST", "users", {"name": "Ольга Сидорова", "role": "operator"})
    assert one["users"][0]["name"] == "Ольга Сидорова"
    _, revoked = await control("POST", "bots", {"revoke": body["bot"]["id"]})
    assert revoked["token"] != body["token"]
    assert (await make_bot(revoked["token"]).get_me()).username == "second_bot"


async def test_a_page_of_another_address_cannot_act(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    act = {"do": "start", "bot_id": 7000000001, "user_id": 418273645}
    for origin, status in (("https://evil.example", 403), ("null", 403), (sandbox.url, 200)):
        async with http.post(f"{sandbox.url}/sandbox/api/act", json=act, headers={"Origin": origin}) as answer:
            assert answer.status == status


async def test_the_clock_goes_forward_only(sandbox: Sandbox, control: Control) -> None:
    before = sandbox.clock.now_ms()
    assert (await control("POST", "clock", {"advance_ms": 5000}))[1]["now_ms"] == before + 5000
    status, body = await control("POST", "clock", {"advance_ms": -1})
    assert (status, body["ok"]) == (400, False)
