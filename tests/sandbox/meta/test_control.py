import json
from typing import Any

import aiohttp

from sandbox.meta.records import Account, App, Person
from sandbox.server import Sandbox

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


async def test_the_state_tells_apps_accounts_and_dialogs_and_no_secret(
    phone: Account, profile: Account, app: App, oleg: Person, karina: Person, control: Fixture
) -> None:
    _, state = await control("GET", "state")
    assert [(one["id"], one["messenger"], one["subscribed"]) for one in state["meta"]["accounts"]] == [
        (phone.id, "whatsapp", True), (profile.id, "instagram", True),
    ]  # fmt: skip
    assert [(one["user_id"], one["window_until"] is not None) for one in state["meta"]["dialogs"]] == [
        (oleg.id, True), (karina.id, True),
    ]  # fmt: skip
    for secret in (phone.token, profile.token, app.secret, app.verify_token):
        assert secret not in json.dumps(state)


async def test_what_a_person_does_on_whatsapp_through_the_page(
    sandbox: Sandbox, phone: Account, oleg: Person, send: Fixture, control: Fixture, ear: Fixture, eventually: Fixture
) -> None:
    act = {"messenger": "whatsapp", "account_id": phone.id, "user_id": oleg.id}
    _, told = await control(
        "POST", "act", {**act, "do": "text", "text": "Есть розы?", "hours_ago": 2, "referral": True}
    )
    mine = told["message"]["id"]
    buttons = [{"type": "reply", "reply": {"id": "a", "title": "Да"}}]
    body = {"type": "button", "body": {"text": "Берёте?"}, "action": {"buttons": buttons}}
    _, sent = await send(type="interactive", interactive=body)
    theirs = sent["messages"][0]["id"]
    deeds: list[dict[str, Any]] = [
        *[{"do": kind} for kind in ("image", "video", "audio", "voice", "document", "sticker")],
        {"do": "location", "latitude": 55.7, "longitude": 37.6, "title": "Здесь"},
        {"do": "contact", "name": "Анна Орлова", "phone": "+79990000000"},
        {"do": "order", "text": "быстрее"}, {"do": "unsupported"}, {"do": "flow"},
        {"do": "press", "message_id": theirs, "index": 0},
        {"do": "react", "message_id": theirs, "emoji": "👍"}, {"do": "react", "message_id": theirs},
        {"do": "edit", "message_id": mine, "text": "Есть пионы?"}, {"do": "delete", "message_id": mine},
        {"do": "change_number", "phone": "79990000008"}, {"do": "hide_phone"}, {"do": "show_phone"},
        {"do": "block"}, {"do": "unblock"}, {"do": "leave"}, {"do": "come_back"}, {"do": "read"},
        {"do": "staff_answer", "text": "С телефона"},
        {"do": "status", "message_id": theirs, "status": "sent"},
        {"do": "status", "message_id": theirs, "status": "failed", "error_code": 131026},
        {"do": "event", "event": {"field": "account_update", "value": {"event": "VERIFIED"}}},
    ]  # fmt: skip
    done = [await control("POST", "act", {**act, **deed}) for deed in deeds]
    assert [status for status, _ in done] == [200] * len(done), done
    await eventually(lambda: "VERIFIED" in str(ear.heard))
    kinds = [one["type"] for one in ear.values("messages")]
    assert kinds == ["text", "text", "image", "video", "audio", "audio", "document", "sticker", "location", "contacts",
                     "order", "unsupported", "interactive", "interactive", "reaction", "reaction", "edit", "revoke",
                     "system"]  # fmt: skip
    assert [one["status"] for one in ear.values("statuses")] == ["sent", "delivered", "read", "sent", "failed"]
    assert ear.values("message_echoes")[0]["text"] == {"body": "С телефона"}


async def test_what_a_person_does_on_instagram_through_the_page(
    sandbox: Sandbox, profile: Account, karina: Person, say: Fixture, control: Fixture
) -> None:
    act = {"messenger": "instagram", "account_id": profile.id, "user_id": karina.id}
    _, told = await control("POST", "act", {**act, "do": "text", "text": "Есть розы?", "ref": "osen"})
    mine = told["message"]["id"]
    quick = [{"content_type": "text", "title": "Да", "payload": "Y"}]
    _, sent = await say(message={"text": "Берёте?", "quick_replies": quick})
    _, answered = await control("POST", "act", {**act, "do": "staff_answer", "text": "Сама"})
    deeds: list[dict[str, Any]] = [
        {"do": "press", "message_id": sent["message_id"], "index": 0}, {"do": "image"}, {"do": "file"},
        {"do": "story_mention"}, {"do": "ice_breaker", "title": "Где вы?"}, {"do": "open_link", "ref": "x"},
        {"do": "react", "message_id": mine, "emoji": "❤"}, {"do": "edit", "message_id": mine, "text": "Есть пионы?"},
        {"do": "delete", "message_id": mine}, {"do": "hand_over"}, {"do": "hand_back"}, {"do": "close_profile"},
        {"do": "open_profile"}, {"do": "staff_unsend", "message_id": answered["message"]["id"]},
        {"do": "event", "event": {"place": "changes", "field": "comments", "value": {}}}, {"do": "read"},
    ]  # fmt: skip
    done = [await control("POST", "act", {**act, **deed}) for deed in deeds]
    assert [status for status, _ in done] == [200] * len(done), done


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("whatsapp", {"do": "dance"}, "no act called dance"),
    ("whatsapp", {"do": "text", "text": " "}, "no text"),
    ("whatsapp", {"do": "text", "text": "x", "hours_ago": -1}, "future"),
    ("whatsapp", {"do": "edit", "message_id": "x", "text": "y"}, "no message"),
    ("whatsapp", {"do": "press", "message_id": "x"}, "no message"),
    ("whatsapp", {"do": "status", "status": "sent"}, "needs message_id"),
    ("whatsapp", {"do": "event", "event": {}}, "needs field and value"),
    ("whatsapp", {"do": "text", "account_id": "5", "text": "x"}, "no account"),
    ("whatsapp", {"do": "image", "bytes_base64": "?"}, "no base64"),
    ("instagram", {"do": "dance"}, "no act called dance"),
    ("instagram", {"do": "text", "text": "я" * 1001}, "longer"),
    ("instagram", {"do": "event", "event": {}}, "place"),
    ("instagram", {"does": "text"}, "no act on instagram"),
]


async def test_a_wrong_act_is_refused_with_a_sentence(
    phone: Account, profile: Account, oleg: Person, karina: Person, control: Fixture
) -> None:
    for messenger, deed, words in WRONG:
        account, person = (phone, oleg) if messenger == "whatsapp" else (profile, karina)
        act = {"messenger": messenger, "account_id": account.id, "user_id": person.id, **deed}
        status, told = await control("POST", "act", act)
        assert (status, words in told["error"]) == (400, True), told


async def test_a_dialog_is_read_in_pages_and_its_files_never_run(
    sandbox: Sandbox, phone: Account, oleg: Person, control: Fixture, http: aiohttp.ClientSession
) -> None:
    act = {"messenger": "whatsapp", "account_id": phone.id, "user_id": oleg.id}
    _, sent = await control("POST", "act", {**act, "do": "image", "caption": "Вот"})
    _, page = await control("GET", f"meta/dialogs/{phone.id}/{oleg.id}?limit=1")
    assert (page["messages"][0]["text"], page["more"]) == ("Вот", True)
    _, rest = await control("GET", f"meta/dialogs/{phone.id}/{oleg.id}?before={page['messages'][0]['seq']}")
    assert ([one["text"] for one in rest["messages"]], rest["more"]) == (["Здравствуйте"], False)
    assert (await control("GET", f"meta/dialogs/{phone.id}/1"))[1] == {"messages": [], "more": False}
    async with http.get(sandbox.url + sent["message"]["files"][0]["url"]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    async with http.get(f"{sandbox.url}/sandbox/meta/files/1") as answer:
        assert answer.status == 404


async def test_accounts_rules_and_held_webhooks(
    phone: Account, oleg: Person, control: Fixture, ear: Fixture, eventually: Fixture
) -> None:
    await eventually(lambda: len(ear.bodies) == 1)
    assert (await control("POST", f"meta/accounts/{phone.id}", {"is_test_number": True}))[0] == 200
    assert phone.is_test_number
    assert (await control("POST", "meta/accounts/5", {}))[0] == 400
    assert (await control("POST", "meta/apps/5", {}))[0] == 400
    rules = [{"messenger": "whatsapp", "method": "messages", "fault": "500"},
             {"messenger": "instagram", "method": "webhook", "fault": "duplicate"}]  # fmt: skip
    _, told = await control("POST", "faults", {"rules": rules})
    assert [(one["messenger"], one["fault"]) for one in told["rules"]] == [
        ("whatsapp", "500"),
        ("instagram", "duplicate"),
    ]
    wrong = {"rules": [{"messenger": "whatsapp", "method": "file", "fault": "duplicate"}]}
    assert (await control("POST", "faults", wrong))[0] == 400
    assert (await control("POST", "faults", {"rules": [{"messenger": "icq"}]}))[0] == 400
    assert len((await control("GET", "faults"))[1]["rules"]) == 2  # the ones before
    assert (await control("DELETE", "faults"))[1]["rules"] == []
    await control("POST", "meta/hold")
    act = {"messenger": "whatsapp", "account_id": phone.id, "user_id": oleg.id, "do": "text"}
    for text in ("раз", "два"):
        assert (await control("POST", "act", {**act, "text": text}))[1]["event_id"] is None
    _, released = await control("POST", "meta/release")
    assert len(released["posts"]) == 1
    await eventually(lambda: len(ear.bodies) == 2)
