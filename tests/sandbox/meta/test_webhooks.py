"""How events leave: the handshake, signatures over escaped bytes, repeats, batches, and what goes wrong on request."""

import json
from typing import Any

import pytest

from sandbox.meta.faults import FaultRule
from sandbox.meta.records import Account, App, Person
from sandbox.meta.signing import signatures, written
from sandbox.server import Sandbox
from sandbox.toolkit.faults import FaultError

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


def rule(fault: Any, method: str = "webhook", **more: Any) -> FaultRule:
    return FaultRule(method=method, fault=fault, messenger="whatsapp", **more)


def test_json_is_written_as_meta_writes_it() -> None:
    body = written({"text": "Мир / дом 🌷", "n": 1})
    assert body == b'{"text":"\\u041c\\u0438\\u0440 \\/ \\u0434\\u043e\\u043c \\ud83c\\udf37","n":1}'
    assert json.loads(body) == {"text": "Мир / дом 🌷", "n": 1}
    assert (
        signatures("s", body)["X-Hub-Signature-256"]
        != signatures("s", json.dumps(json.loads(body)).encode())["X-Hub-Signature-256"]
    )


async def test_a_callback_is_taken_only_if_it_shakes_hands(
    sandbox: Sandbox, app: App, ear: Fixture, control: Fixture
) -> None:
    ear.is_deaf = True
    status, told = await control("POST", f"meta/apps/{app.name}", {"callback_url": ear.url})
    assert (status, "couldn't be validated" in told["error"], app.callback_url) == (400, True, "")
    ear.is_deaf = False
    status, told = await control("POST", f"meta/apps/{app.name}", {"callback_url": ear.url})
    assert (status, told["app"]["status"], app.callback_url) == (200, "ok", ear.url)
    assert not await sandbox.meta.set_callback(app, ear.url.replace("127.0.0.1", "127.0.0.2"))  # not ours to call
    await sandbox.meta.set_callbacks("http://127.0.0.1:9")
    assert app.callback_url == ear.url  # one that was set by hand stays


async def test_nothing_is_told_without_a_subscription(sandbox: Sandbox, app: App, ear: Fixture, graph: Fixture) -> None:
    account = sandbox.account("romashka_wa")
    await sandbox.meta.set_callback(app, ear.url)
    lost = sandbox.whatsapp_people.text(sandbox.user("oleg"), account.id, "Никто не слышит")
    assert lost.event_id is None
    assert await graph(account, "GET", f"{account.owner_id}/subscribed_apps") == (200, {"data": []})
    assert await graph(account, "POST", f"{account.owner_id}/subscribed_apps") == (200, {"success": True})
    _, told = await graph(account, "GET", f"{account.owner_id}/subscribed_apps")
    assert told["data"][0]["whatsapp_business_api_data"]["id"] == app.id
    assert sandbox.whatsapp_people.text(sandbox.user("oleg"), account.id, "Слышно").event_id is not None
    override = {"override_callback_uri": ear.url, "verify_token": "wrong"}
    status, refused = await graph(account, "POST", f"{account.owner_id}/subscribed_apps", json=override)
    assert (status, refused["error"]["error_subcode"]) == (400, 2200)


async def test_what_is_not_taken_comes_again_byte_for_byte(
    sandbox: Sandbox, oleg: Person, phone: Account, ear: Fixture, eventually: Fixture
) -> None:
    sandbox.change_settings({"meta_retry_ms": 5})
    await eventually(lambda: len(ear.bodies) == 1)
    ear.status = 500
    sandbox.whatsapp_people.text(oleg.id, phone.id, "раз")
    sandbox.whatsapp_people.text(oleg.id, phone.id, "два")
    await eventually(lambda: len(ear.bodies) >= 4)
    assert len(set(ear.bodies[1:])) == 1  # the second waits for the first
    ear.status = 200
    await eventually(lambda: [one["text"]["body"] for one in ear.values("messages")][-2:] == ["раз", "два"])
    kinds = [row["kind"] for row in sandbox.ledger.since() if row["kind"].startswith("update_")]
    assert kinds.count("update_confirmed") == 3


async def test_after_its_time_a_post_is_given_up(
    sandbox: Sandbox, oleg: Person, phone: Account, ear: Fixture, eventually: Fixture
) -> None:
    await eventually(lambda: len(ear.bodies) == 1)
    sandbox.change_settings({"meta_retry_ms": 1, "meta_retry_for_ms": 0})
    ear.status = 500
    sandbox.whatsapp_people.text(oleg.id, phone.id, "зря")
    await eventually(lambda: sandbox.ledger.since()[-1]["kind"] == "update_dropped")
    assert len(ear.bodies) == 2


async def test_events_that_are_held_leave_in_one_post(
    sandbox: Sandbox, oleg: Person, karina: Person, phone: Account, profile: Account, ear: Fixture, eventually: Fixture
) -> None:
    await eventually(lambda: len(ear.bodies) == 2)
    second = sandbox.meta.world.accounts[phone.id]
    sandbox.meta.sender.hold()
    sandbox.whatsapp_people.text(oleg.id, phone.id, "раз")
    sandbox.whatsapp_people.text(oleg.id, second.id, "два")
    sandbox.instagram_people.text(karina.id, profile.id, "три")
    sandbox.instagram_people.text(karina.id, profile.id, "четыре")
    sandbox.whatsapp_staff.inject(phone.id, {"field": "account_update", "value": {"event": "VERIFIED"}})
    assert len(sandbox.meta.sender.release()) == 2
    await eventually(lambda: len(ear.bodies) == 4)
    whatsapp, instagram = sorted(ear.heard[2:], key=lambda one: one["object"], reverse=True)
    (entry,) = whatsapp["entry"]
    assert [change["field"] for change in entry["changes"]] == ["messages", "account_update"]
    value = entry["changes"][0]["value"]
    assert [one["text"]["body"] for one in value["messages"]] == ["раз", "два"]
    assert len(value["contacts"]) == 1
    (entry,) = instagram["entry"]
    assert [one["message"]["text"] for one in entry["messaging"]] == ["три", "четыре"]


async def test_faults_of_webhooks(
    sandbox: Sandbox, oleg: Person, phone: Account, ear: Fixture, eventually: Fixture
) -> None:
    sandbox.change_settings({"meta_retry_ms": 5})
    faults, people = sandbox.meta.faults, sandbox.whatsapp_people
    await eventually(lambda: len(ear.bodies) == 1)
    for fault in ("duplicate", "lost_reply"):
        before = len(ear.bodies)
        faults.replace([rule(fault, times=1)])
        people.text(oleg.id, phone.id, fault)
        await eventually(lambda before=before: len(ear.bodies) == before + 2)
        assert ear.bodies[-1] == ear.bodies[-2]
    faults.replace([rule("wrong_signature", times=1)])
    people.text(oleg.id, phone.id, "чужое")
    await eventually(lambda: len(ear.forged) == 1)
    await eventually(lambda: sandbox.ledger.since()[-1]["kind"] == "update_confirmed")
    faults.replace([rule("malformed", times=1)])
    people.text(oleg.id, phone.id, "обрыв")
    await eventually(lambda: len(ear.bodies) == 6)
    with pytest.raises(ValueError, match="char"):
        json.loads(ear.bodies.pop())
    faults.replace([rule("delay", times=1, delay_ms=500)])
    people.text(oleg.id, phone.id, "первое")
    people.text(oleg.id, phone.id, "второе")
    await eventually(lambda: len(ear.bodies) == 7)
    assert [one["text"]["body"] for one in ear.values("messages")][-2:] == ["второе", "первое"]


def test_a_rule_that_can_never_fire_is_refused(sandbox: Sandbox) -> None:
    for impossible in (rule("expired", "messages"), rule("500"), rule("duplicate", "file"), rule("error", "status")):
        with pytest.raises(FaultError, match="is not possible"):
            sandbox.meta.faults.replace([impossible])


async def test_pending_posts_survive_a_restart(tmp_path: Any, ear: Fixture, eventually: Fixture) -> None:
    async with Sandbox(folder=tmp_path) as first:
        app, account = first.meta.world.apps["romashka_app"], first.account("romashka_wa")
        await first.meta.set_callback(app, ear.url)
        account.is_subscribed = True
        first.meta.world.keep_account(account)
        ear.status = 503
        first.whatsapp_people.text(first.user("oleg"), account.id, "Дойдёт потом")
        await eventually(lambda: len(ear.bodies) == 1)
    ear.status = 200
    async with Sandbox(folder=tmp_path) as again:
        await eventually(lambda: len(ear.bodies) == 2)
        assert ear.bodies[0] == ear.bodies[1]
        dialog = again.meta.world.dialogs[account.id, again.user("oleg")]
        assert [one.text for one in again.meta.world.history(dialog)] == ["Дойдёт потом"]
        assert again.meta.is_open(dialog, again.settings.meta_window_ms)
