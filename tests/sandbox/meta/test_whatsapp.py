"""WhatsApp's API: what is refused and how, windows, statuses in any order, media with its five minutes, rates."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from sandbox.meta.faults import FaultRule
from sandbox.meta.records import Account, App, Dialog, Message, Person
from sandbox.meta.signing import proof
from sandbox.server import Sandbox
from sandbox.toolkit.uploads import sample_file

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

HOUR_MS = 3600 * 1000
TEXT = {"type": "text", "text": {"body": "Есть пионы"}}
BUTTON = {"type": "reply", "reply": {"id": "a", "title": "Да"}}


def interactive(kind: str, text: str = "Берёте?", **action: Any) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}


def template(name: str = "order_ready", *values: str, code: str = "ru", **more: Any) -> dict[str, Any]:
    parameters = [{"type": "text", "text": one} for one in values]
    components = [{"type": "body", "parameters": parameters}] if values else []
    whole = {"name": name, "language": {"code": code}, "components": components, **more}
    return {"type": "template", "template": whole}


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"messaging_product": "telegram", **TEXT}, 100, "messaging_product is required"),
    ({"to": "", **TEXT}, 100, "parameter to is required"),
    ({"to": "maria", **TEXT}, 131009, "phone number"),
    ({"recipient": "79161230007", **TEXT}, 131009, "business-scoped"),
    ({"type": "text"}, 131008, "text is required"),
    ({"type": "text", "text": {"preview_url": True}}, 131008, "body"),
    ({"type": "text", "text": {"body": "а" * 4097}}, 100, "4096"),
    ({"type": "poem", "poem": {"a": 1}}, 100, "must be one of"),
    ({"type": "image", "image": {"id": "1"}}, 100, "not a valid"),
    ({"type": "image", "image": {"id": "1", "link": "x"}}, 100, "exactly one"),
    ({"type": "audio", "audio": {"id": "1", "caption": "x"}}, 100, "Unexpected key"),
    ({"type": "image", "image": {"id": "1", "caption": "а" * 1025}}, 100, "1024"),
    (interactive("button", buttons=[BUTTON] * 4), 131009, "Invalid buttons count"),
    (interactive("button", buttons=[BUTTON, BUTTON]), 131009, "Duplicate"),
    (interactive("button", buttons=[{"reply": {"id": "a", "title": "а" * 21}}]), 131009, "Max length: 20"),
    (interactive("button", "а" * 1025, buttons=[BUTTON]), 131009, "Body text length"),
    (interactive("list", button="Ещё", sections=[{"rows": [{"id": "1", "title": "а" * 25}]}]), 131009, "Row title"),
    (interactive("list", button="Ещё", sections=[{"rows": [{"id": str(n), "title": "x"} for n in range(11)]}]),
     131009, "Max rows: 10"),
    (interactive("cta_url", parameters={"display_text": "Сайт", "url": "ftp://x"}), 131009, "Invalid url"),
    (interactive("carousel"), 131009, "Unsupported"),
    ({"type": "location", "location": {"latitude": "x"}}, 131009, "must be numbers"),
    ({"type": "contacts", "contacts": [{"name": {}}]}, 131008, "formatted_name"),
    ({"type": "reaction", "reaction": {"emoji": "👍"}}, 131008, "message_id"),
    ({**TEXT, "biz_opaque_callback_data": "x" * 513}, 100, "512"),
    ({"to": "74951230001", **TEXT}, 131021, ""),
    (template("order_ready", "Олег"), 132000, "(1) does not match the expected number of params (2)"),
    (template("nothing"), 132001, "does not exist in ru"),
    (template("come_back", code="fr"), 132001, "does not exist in fr"),
    (template("fresh_news"), 132001, ""), (template("bad_news"), 132001, ""),
    (template("old_news"), 132015, ""), (template("lost_news"), 132016, ""),
    (template("order_ready", "Олег", "а\nб"), 100, "new-line"),
    (template("order_ready", "Олег", "а" * 1024), 132005, "exceeds"),
    (template("courier", "Пётр", "12:00"), 100, "Parameter name"),
    ({"type": "template", "template": {"name": "come_back"}}, 100, "language"),
    ({"status": "delivered", "message_id": "x"}, 131009, "read"),
    ({"status": "read"}, 100, "message_id is required"),
    ({"status": "read", "message_id": "wamid.x"}, 131009, "not found"),
]  # fmt: skip


async def test_what_cannot_be_sent_is_refused(send: Fixture, dialog: Dialog) -> None:
    for body, code, words in REFUSED:
        status, told = await send(**body)
        error = told["error"]
        assert (status >= 400, error["code"], error["type"]) == (True, code, "OAuthException"), body
        assert words in json.dumps(error, ensure_ascii=False), body
        assert error["fbtrace_id"]


async def test_who_asks_must_be_known(
    sandbox: Sandbox, graph: Fixture, phone: Account, app: App, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{sandbox.url}/v23.0/{phone.id}") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (401, 190)
    assert (await graph(phone, "GET", "999"))[1]["error"]["error_subcode"] == 33
    assert (await graph(phone, "DELETE", f"{phone.id}/messages"))[0] == 400
    assert (await graph(phone, "GET", phone.id))[1]["verified_name"] == "Цветы «Ромашка»"
    assert (await graph(phone, "GET", f"{phone.owner_id}/phone_numbers"))[1]["data"][0]["id"] == phone.id
    app.is_proof_wanted = True
    assert (await graph(phone, "GET", phone.id))[1]["error"]["code"] == 100
    assert (await graph(phone, "GET", f"{phone.id}?appsecret_proof={proof(app.secret, phone.token)}"))[0] == 200


async def test_the_window_closes_a_day_after_what_was_written(
    sandbox: Sandbox, phone: Account, oleg: Person, dialog: Dialog, send: Fixture, ear: Fixture, eventually: Fixture
) -> None:
    people, now_ms = sandbox.whatsapp_people, sandbox.clock.now_ms()
    dialog.opened_at = 0
    written = people.text(oleg.id, phone.id, "Вчерашнее", hours_ago=23.5).message
    assert written is not None
    assert written.at == now_ms - 23.5 * HOUR_MS
    await eventually(lambda: str(written.at // 1000) in [one["timestamp"] for one in ear.values("messages")])
    assert (await send(**TEXT))[0] == 200
    sandbox.clock.advance(HOUR_MS)
    status, told = await send(**TEXT, biz_opaque_callback_data="our-5")
    assert status == 200  # accepted, and not delivered
    await eventually(lambda: ear.values("statuses") and ear.values("statuses")[-1]["status"] == "failed")
    failed = ear.values("statuses")[-1]
    assert (failed["id"], failed["biz_opaque_callback_data"]) == (told["messages"][0]["id"], "our-5")
    assert failed["errors"][0]["code"] == 131047
    people.edit(oleg.id, phone.id, written.id, "Другое")  # opens nothing
    assert not sandbox.meta.is_open(dialog, sandbox.settings.meta_window_ms)
    _, told = await send(**template("order_ready", "Олег", "№ 5"))
    assert told["messages"][0]["message_status"] == "accepted"
    sent = sandbox.meta.world.message(dialog, told["messages"][0]["id"])
    assert sent is not None
    assert (sent.text, sent.status) == ("Здравствуйте, Олег! Заказ № 5 готов.", "delivered")
    people.press(oleg.id, phone.id, sent.id, 0)
    assert sandbox.meta.is_open(dialog, sandbox.settings.meta_window_ms)
    await eventually(lambda: ear.values("messages")[-1]["type"] == "button")
    assert ear.values("messages")[-1]["button"] == {"payload": "Да, актуально", "text": "Да, актуально"}


@pytest.mark.parametrize(
    ("mode", "steps"),
    [
        ("usual", ["sent", "delivered"]),
        ("reversed", ["delivered", "sent"]),
        ("early", ["sent", "delivered"]),
        ("silent", []),
    ],
)
async def test_statuses_come_in_the_order_that_is_asked_for(
    sandbox: Sandbox,
    oleg: Person,
    phone: Account,
    dialog: Dialog,
    send: Fixture,
    ear: Fixture,
    eventually: Fixture,
    mode: str,
    steps: list[str],
) -> None:
    await eventually(lambda: len(ear.bodies) == 1)
    sandbox.change_settings({"whatsapp_statuses": mode})
    _, told = await send(**TEXT, biz_opaque_callback_data="our-1")
    known_at_the_answer = len(ear.values("statuses"))
    assert known_at_the_answer == 1 if mode == "early" else known_at_the_answer <= len(steps)
    await eventually(lambda: len(ear.values("statuses")) == len(steps))
    sandbox.whatsapp_people.read(oleg.id, phone.id)
    await eventually(lambda: len(ear.values("statuses")) == len(steps) + 1)
    assert [one["status"] for one in ear.values("statuses")] == [*steps, "read"]
    assert {one["biz_opaque_callback_data"] for one in ear.values("statuses")} == {"our-1"}
    assert {one["id"] for one in ear.values("statuses")} == {told["messages"][0]["id"]}


async def test_what_goes_wrong_after_it_was_accepted(
    sandbox: Sandbox, oleg: Person, phone: Account, dialog: Dialog, send: Fixture, ear: Fixture, eventually: Fixture
) -> None:
    def failures() -> list[int]:
        return [one["errors"][0]["code"] for one in ear.values("statuses") if one["status"] == "failed"]

    await send(to="+7 999 000-00-00", **TEXT)
    await eventually(lambda: failures() == [131026])
    sandbox.whatsapp_people.set_blocked(oleg.id, phone.id, is_blocked=True)
    await send(**TEXT)
    await eventually(lambda: failures() == [131026, 131026])
    sandbox.whatsapp_people.set_blocked(oleg.id, phone.id, is_blocked=False)
    await send(type="image", image={"link": "http://127.0.0.1:9/nothing.png"})
    await eventually(lambda: failures()[2:] == [131053])
    sandbox.meta.faults.replace(
        [FaultRule(method="status", fault="failed", messenger="whatsapp", error_code=131049, times=1)]
    )
    await send(**TEXT)
    await eventually(lambda: failures()[3:] == [131049])
    assert [one for one in sandbox.meta.world.history(dialog) if one.is_out and one.status != "failed"] == []
    phone.is_test_number = True
    assert (await send(to="79990000000", **TEXT))[1]["error"]["code"] == 131030


async def test_rates_are_refused(sandbox: Sandbox, dialog: Dialog, send: Fixture) -> None:
    sandbox.change_settings({"limits": True, "whatsapp_pair_burst": 2, "whatsapp_per_second": 3})
    assert [(await send(**TEXT))[0] for _ in range(2)] == [200, 200]
    assert (await send(**TEXT))[1]["error"]["code"] == 131056
    assert (await send(to="79990000001", **TEXT))[1]["error"]["code"] == 130429
    sandbox.clock.advance(6000)
    assert (await send(**TEXT))[0] == 200


async def test_media_lives_five_minutes_and_wants_the_token(
    sandbox: Sandbox, phone: Account, oleg: Person, send: Fixture, graph: Fixture, http: aiohttp.ClientSession
) -> None:
    picture = sample_file("photo")
    form = aiohttp.FormData({"messaging_product": "whatsapp", "type": "image/png"})
    form.add_field("file", picture.content, filename="пион.png", content_type="image/png")
    _, uploaded = await graph(phone, "POST", f"{phone.id}/media", data=form)
    _, told = await send(type="image", image={"id": uploaded["id"], "caption": "Вот"})
    assert told["messages"]
    sent = sandbox.whatsapp_people.file(oleg.id, phone.id, "image", picture).message
    assert sent is not None
    _, media = await graph(phone, "GET", sent.files[0])
    assert (media["mime_type"], media["file_size"]) == ("image/png", len(picture.content))
    headers = {"Authorization": f"Bearer {phone.token}"}
    async with http.get(media["url"]) as answer:
        assert answer.status == 401
    async with http.get(media["url"], headers=headers) as answer:
        assert await answer.read() == picture.content
    sandbox.clock.advance(301_000)
    async with http.get(media["url"], headers=headers) as answer:
        assert answer.status == 404
    _, media = await graph(phone, "GET", sent.files[0])
    sandbox.meta.faults.replace([FaultRule(method="file", fault="expired", messenger="whatsapp", times=1)])
    for status in (404, 200):
        async with http.get(media["url"], headers=headers) as answer:
            assert answer.status == status
    sandbox.clock.advance(7 * 24 * HOUR_MS)
    assert (await graph(phone, "GET", sent.files[0]))[1]["error"]["code"] == 100
    assert (await graph(phone, "DELETE", uploaded["id"]))[1] == {"success": True}
    assert (await graph(phone, "GET", uploaded["id"]))[0] == 400


@pytest.mark.parametrize(
    ("mime", "content", "code"),
    [
        ("application/zip", b"PK", 100),
        ("image/png", b"GIF89a", 131053),
        ("image/webp", b"x" * 600_000, 131053),
        ("text/plain", b"", 131053),
    ],
)
async def test_uploads_that_are_refused(phone: Account, graph: Fixture, mime: str, content: bytes, code: int) -> None:
    form = aiohttp.FormData({"messaging_product": "whatsapp", "type": mime})
    form.add_field("file", content, filename="x", content_type=mime)
    assert (await graph(phone, "POST", f"{phone.id}/media", data=form))[1]["error"]["code"] == code


async def test_templates_are_listed_in_pages(
    sandbox: Sandbox, phone: Account, graph: Fixture, http: aiohttp.ClientSession
) -> None:
    _, page = await graph(
        phone, "GET", f"{phone.owner_id}/message_templates?limit=4&status=APPROVED&fields=name,status"
    )
    names = [one["name"] for one in page["data"]]
    async with http.get(page["paging"]["next"], headers={"Authorization": f"Bearer {phone.token}"}) as answer:
        rest = await answer.json()
    names += [one["name"] for one in rest["data"]]
    assert names == ["order_ready", "come_back", "courier", "order_ready", "login_code"]
    assert "next" not in rest["paging"]
    assert set(page["data"][0]) == {"name", "status", "id"}


async def test_faults_of_calls(
    sandbox: Sandbox, phone: Account, dialog: Dialog, send: Fixture, eventually: Fixture
) -> None:
    def shown() -> list[Message]:
        return [one for one in sandbox.meta.world.history(dialog) if one.is_out]

    def rule(fault: Any, **more: Any) -> None:
        given = {"method": "messages", "messenger": "whatsapp", "times": 1, **more}
        sandbox.meta.faults.replace([FaultRule(fault=fault, **given)])

    rule("error", error_code=130429)
    assert (await send(**TEXT))[0] == 429
    rule("500")
    assert (await send(**TEXT))[1]["error"]["code"] == 1
    assert shown() == []
    rule("lost_reply")
    with pytest.raises(aiohttp.ClientError):
        await send(**TEXT)
    rule("reset")
    with pytest.raises(aiohttp.ClientError):
        await send(**TEXT)
    assert len(shown()) == 2
    rule("malformed")
    with pytest.raises(ValueError, match="char"):
        await send(**TEXT)
    for accepted, count in ((False, 3), (True, 4)):
        rule("timeout", accepted=accepted)
        asked = asyncio.create_task(send(**TEXT))
        await eventually(lambda count=count: sandbox.meta.faults.rules[0].fired and len(shown()) == count)
        assert not asked.done()
        asked.cancel()
    rule("error", account_id="other")
    assert (await send(**TEXT))[0] == 200


async def test_typing_and_reading_is_one_call(sandbox: Sandbox, dialog: Dialog, send: Fixture) -> None:
    (hello,) = sandbox.meta.world.history(dialog)
    seen = sandbox.events.last
    body = {"status": "read", "message_id": hello.id, "typing_indicator": {"type": "text"}}
    assert await send(**body) == (200, {"success": True})
    assert hello.status == "read"
    assert sandbox.events.last > seen
    assert (await send(**{**body, "typing_indicator": {"type": "voice"}}))[0] == 400
