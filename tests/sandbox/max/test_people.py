"""What people can do on their phones, and what they cannot; the control API that plays them."""

import base64
from typing import Any

import pytest

from sandbox.cast import CastUser
from sandbox.max.records import Dialog
from sandbox.pictures import plain_png
from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload
from tests.sandbox.max.running import max_of

Fixture = Any


async def test_words_want_a_started_bot(sandbox: Sandbox, romashka: BotHandle) -> None:
    user_id, people = sandbox.user("sofya"), max_of(sandbox).people
    with pytest.raises(ActError, match="not started"):
        people.text(user_id, romashka.id, "раз")
    people.start(user_id, romashka.id)
    people.text(user_id, romashka.id, "раз")
    people.stop(user_id, romashka.id)
    for act in (lambda: people.text(user_id, romashka.id, "два"), lambda: people.stop(user_id, romashka.id)):
        with pytest.raises(ActError, match="stopped"):
            act()


async def test_wrong_acts_are_told_in_a_sentence(
    sandbox: Sandbox, romashka: BotHandle, sofya: int, send: Fixture, dialog: Dialog
) -> None:
    people, ids = max_of(sandbox).people, (sofya, romashka.id)
    await send("От бота")
    theirs = next(iter(max_of(sandbox).max.world.history(dialog)))
    own = people.text(*ids, "раз").message
    assert own is not None
    picture = Upload("a.png", "image/png", plain_png(1, 1, "#000000"))
    for act, words in (
        (lambda: people.text(*ids, " "), "no text"),
        (lambda: people.text(*ids, "а" * 4001), "longer than 4000"),
        (lambda: people.text(*ids, "а", reply_to=999), "no message 999"),
        (lambda: people.text(1, romashka.id, "а"), "no person 1"),
        (lambda: people.text(sofya, 1, "а"), "no bot 1"),
        (lambda: people.start(*ids, "а" * 129), "at most 128"),
        (lambda: people.files(*ids, "gif", []), "no kind of file called gif"),
        (lambda: people.files(*ids, "photo", [picture] * 13), "do not stand in one message"),
        (lambda: people.files(*ids, "document", [picture] * 2), "do not stand in one message"),
        (lambda: people.files(*ids, "photo", [Upload("a", "image/png", b"")]), "is empty"),
        (lambda: people.edit(*ids, theirs.number, "а"), "only one's own"),
        (lambda: people.edit(*ids, own.number, "раз"), "exactly that"),
        (lambda: max_of(sandbox).presses.press(*ids, own.number, 0, 0), "no button"),
    ):
        with pytest.raises(ActError, match=words):
            act()


async def test_the_bots_message_goes_from_the_own_phone_only(
    sandbox: Sandbox, romashka: BotHandle, sofya: int, send: Fixture, history: Fixture, dialog: Dialog, poll: Fixture
) -> None:
    await send("От бота")
    theirs = next(iter(max_of(sandbox).max.world.history(dialog)))
    max_of(sandbox).people.delete(sofya, romashka.id, theirs.number)
    assert (theirs.is_hidden, theirs.is_gone) == (True, False)
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    max_of(sandbox).people.clear(sofya, romashka.id)
    assert len(await history()) == 2
    assert [one["update_type"] for one in await poll()] == ["message_created", "dialog_cleared"]


async def test_every_kind_of_button_is_pressed(
    sandbox: Sandbox, romashka: BotHandle, sofya: int, send: Fixture, dialog: Dialog, poll: Fixture
) -> None:
    row = [
        {"type": "callback", "text": "Да", "payload": "yes"},
        {"type": "message", "text": "Позвать человека"},
        {"type": "clipboard", "text": "Код", "payload": "A1"},
    ]
    wide = [
        {"type": "link", "text": "Сайт", "url": "https://a.example/"},
        {"type": "request_contact", "text": "Номер"},
        {"type": "request_geo_location", "text": "Место"},
    ]
    apps = [{"type": "open_app", "text": "Каталог", "web_app": "x"}]
    keyboard = {"type": "inline_keyboard", "payload": {"buttons": [row, wide, apps]}}
    await send("Выбор", attachments=[keyboard])
    number = next(iter(max_of(sandbox).max.world.history(dialog))).number
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0)]
    pressed = [max_of(sandbox).presses.press(sofya, romashka.id, number, *place) for place in places]
    assert [one.url for one in pressed] == [None, None, None, "https://a.example/", None, None, None]
    callback, words, contact, place = await poll()
    assert (callback["update_type"], callback["callback"]["payload"]) == ("message_callback", "yes")
    assert callback["message"]["sender"]["user_id"] == romashka.id
    assert callback["message"]["recipient"]["user_id"] == sofya
    assert words["message"]["body"]["text"] == "Позвать человека"
    assert [one["message"]["body"]["attachments"][0]["type"] for one in (contact, place)] == ["contact", "location"]


async def test_somebody_without_a_username_comes_while_it_runs(
    sandbox: Sandbox, romashka: BotHandle, call: Fixture
) -> None:
    cast = CastUser(id=7_000_001, name="Глеб", max=["romashka_max_bot"])
    user_id = sandbox.add_user(cast).id
    max_of(sandbox).people.start(user_id, romashka.id)
    max_of(sandbox).people.text(user_id, romashka.id, "раз")
    started, told = (await call("GET", "/updates", params={"timeout": "0"}))["updates"]
    assert "username" not in started["user"]
    assert (told["message"]["sender"]["last_name"], "username" in told["message"]["sender"]) == ("", False)


ACTS: list[tuple[dict[str, Any], str]] = [
    ({"do": "text", "text": "раз", "markup": [{"type": "strong", "from": 0, "length": 3}]}, "message_created"),
    ({"do": "photo"}, "message_created"),
    ({"do": "voice"}, "message_created"),
    ({"do": "document", "bytes_base64": base64.b64encode(b"a").decode(), "file_name": "a.txt"}, "message_created"),
    ({"do": "location", "latitude": 1.0, "longitude": 2.0}, "message_created"),
    ({"do": "contact", "name": "О", "phone": "79990001042"}, "message_created"),
    ({"do": "share"}, "message_created"),
    ({"do": "forward"}, "message_created"),
    ({"do": "mute", "hours": 2}, "dialog_muted"),
    ({"do": "unmute"}, "dialog_unmuted"),
    ({"do": "clear"}, "dialog_cleared"),
    ({"do": "start", "payload": "ref"}, "bot_started"),
    ({"do": "update", "update": {"update_type": "any"}}, "any"),
]


@pytest.mark.parametrize(("act", "kind"), ACTS)
async def test_acts_of_the_control_api(
    control: Fixture, poll: Fixture, romashka: BotHandle, sofya: int, act: dict[str, Any], kind: str
) -> None:
    status, told = await control("POST", "act", {"messenger": "max", "bot_id": romashka.id, "user_id": sofya, **act})
    assert (status, told["ok"]) == (200, True)
    assert [one["update_type"] for one in await poll()] == [kind]
    assert ("message" in told) == (kind == "message_created")


async def test_the_control_api_shows_the_dialog(
    sandbox: Sandbox, control: Fixture, romashka: BotHandle, sofya: int, send: Fixture, dialog: Dialog, http: Fixture
) -> None:
    where = {"messenger": "max", "bot_id": romashka.id, "user_id": sofya}
    _, asked = await control("POST", "act", {**where, "do": "photo", "caption": "Есть такие?"})
    button = {"type": "link", "text": "Сайт", "url": "https://a.example/"}
    await send(
        "Есть",
        link={"type": "reply", "mid": asked["message"]["mid"]},
        attachments=[{"type": "inline_keyboard", "payload": {"buttons": [[button]]}}],
    )
    max_of(sandbox).max.world.mark_seen(dialog)
    _, shown = await control("GET", f"max/dialogs/{romashka.id}/{sofya}")
    photo, answer = shown["messages"]
    assert (photo["mine"], photo["is_read"], photo["files"][0]["kind"]) == (True, True, "photo")
    assert (answer["mine"], answer["quote"]["number"], answer["keyboard"]) == (False, photo["number"], [[button]])
    async with http.get(f"{sandbox.url}{photo['files'][0]['url']}") as file:
        assert (file.status, file.content_type) == (200, "image/png")
    status, pressed = await control("POST", "act", {**where, "do": "press", "message_id": answer["number"]})
    assert (status, pressed["url"]) == (200, "https://a.example/")
    _, state = await control("GET", "state")
    assert [one["username"] for one in state["max"]["bots"]] == ["romashka_max_bot"]
    assert "token" not in str(state["max"])
    assert [(one["started"], one["unread"]) for one in state["max"]["dialogs"]] == [(True, 0)]
    for act in ("edit", "delete"):
        body = {**where, "do": act, "message_id": photo["number"], "text": "Или такие?"}
        assert (await control("POST", "act", body))[0] == 200
    status, told = await control("POST", "act", {**where, "do": "dance"})
    assert (status, told["error"]) == (400, "There is no act called dance on MAX.")
    for act in ("read", "unsubscribe", "stop", "revoke_token"):
        assert (await control("POST", "act", {**where, "do": act}))[0] == 200
    assert (await control("GET", f"max/dialogs/{romashka.id}/1"))[1] == {"messages": [], "more": False}
    async with http.get(f"{sandbox.url}/sandbox/max/files/1") as file:
        assert file.status == 404
