"""Long polling: markers, limits, kinds, waiting, forgetting; and what each update has."""

import asyncio
import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from sandbox.max.faults import FaultRule
from sandbox.max.records import Dialog
from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.uploads import Upload, sample_file
from tests.sandbox.max.running import max_of

Fixture = Any


def texts(updates: list[Any]) -> list[str]:
    return [one["message"]["body"]["text"] for one in updates]


@pytest.fixture
def say(sandbox: Sandbox, romashka: BotHandle, sofya: int) -> Fixture:
    def say(*words: str) -> None:
        for one in words:
            max_of(sandbox).people.text(sofya, romashka.id, one)

    return say


async def test_a_marker_commits_all_before_it(poll: Fixture, say: Fixture) -> None:
    say("раз", "два", "три")
    first = await poll.ask()
    assert texts(first["updates"]) == ["раз", "два", "три"]
    assert await poll.ask() == first  # nothing was committed
    second = await poll.ask(marker=first["marker"] - 1)
    assert texts(second["updates"]) == ["три"]
    assert texts((await poll.ask())["updates"]) == ["три"]
    assert texts((await poll.ask(marker=0))["updates"]) == ["три"]  # what was read is gone
    assert await poll.ask(marker=first["marker"]) == {"updates": [], "marker": first["marker"]}
    assert await poll.ask() == {"updates": [], "marker": first["marker"]}


async def test_a_bot_without_any_update_has_no_marker(call: Fixture) -> None:
    assert await call("GET", "/updates", params={"timeout": "0"}) == {"updates": [], "marker": None}


async def test_without_a_marker_only_the_latest_may_come(sandbox: Sandbox, poll: Fixture, say: Fixture) -> None:
    sandbox.change_settings({"max_without_marker": "latest"})
    say("раз", "два")
    assert texts((await poll.ask())["updates"]) == ["два"]


async def test_limits_and_kinds(poll: Fixture, sandbox: Sandbox, say: Fixture, romashka: BotHandle, sofya: int) -> None:
    say("раз", "два")
    max_of(sandbox).people.mute(sofya, romashka.id)
    say("три")
    assert texts(await poll(limit=1)) == ["раз"]
    (muted,) = await poll(types="dialog_muted,bot_started")
    assert muted["update_type"] == "dialog_muted"
    assert await poll() == []  # the others were passed over
    say(*map(str, range(3)))
    sandbox.change_settings({"max_updates_at_once": 2})
    assert texts(await poll(limit=1000)) == ["0", "1"]


async def test_wrong_numbers_are_refused(refused: Fixture) -> None:
    for query in ({"limit": "0"}, {"limit": "1001"}, {"timeout": "91"}, {"timeout": "-1"}, {"marker": "x"}):
        assert (await refused("GET", "/updates", params=query))[:2] == (400, "proto.payload")


async def test_a_poll_waits_for_the_first_update(poll: Fixture, say: Fixture, sandbox: Sandbox) -> None:
    asked = asyncio.create_task(poll.ask(timeout=30))
    while not max_of(sandbox).max.feed._news:
        await asyncio.sleep(0.005)
    say("раз")
    assert texts((await asked)["updates"]) == ["раз"]
    sandbox.change_settings({"max_poll_s": 0})
    say()
    assert (await poll.ask(marker=10**6, timeout=90))["updates"] == []


async def test_updates_are_kept_for_a_day(poll: Fixture, say: Fixture, sandbox: Sandbox, hands: Fixture) -> None:
    say("раз")
    hands.ms += 24 * 3600 * 1000 - 1
    say("два")
    assert texts((await poll.ask())["updates"]) == ["раз", "два"]
    hands.ms += 1
    assert texts((await poll.ask())["updates"]) == ["два"]
    assert [one["kind"] for one in sandbox.ledger.since()].count("update_dropped") == 1


async def test_there_is_no_polling_beside_a_subscription(
    call: Fixture, refused: Fixture, subscribed: Fixture, romashka: BotHandle
) -> None:
    assert (await refused("GET", "/updates"))[:2] == (405, "method.not.allowed")
    await call("DELETE", "/subscriptions", params={"url": subscribed.url})
    assert (await call("GET", "/updates", params={"timeout": "0"}))["updates"] == []


async def test_what_waits_and_the_marker_outlive_a_restart(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path) as before:
        bot, user_id = max_of(before).bot("romashka_max_bot"), before.user("sofya")
        max_of(before).people.start(user_id, bot.id)
        max_of(before).people.text(user_id, bot.id, "раз")
        marker = max_of(before).max.world.bots[bot.id].next_event
    async with Sandbox(folder=tmp_path) as after:
        known = max_of(after).max.world.bots[bot.id]
        batch = await max_of(after).max.feed.get(known, None, 10, 0, frozenset())
        assert batch.marker == marker
        assert [one.kind for one in batch.events] == ["bot_started", "message_created"]
        assert max_of(after).people.text(user_id, bot.id, "два").event_id == str(marker)


async def test_a_text_as_it_was_seen_live(
    poll: Fixture, sandbox: Sandbox, dialog: Dialog, romashka: BotHandle, sofya: int, hands: Fixture
) -> None:
    act = max_of(sandbox).people.text(sofya, romashka.id, " Здравствуйте ")
    assert act.message is not None
    update = await poll.one("message_created")
    seq = act.message.seq
    assert (seq >> 16, seq > 2**53) == (hands.ms, True)
    assert update == {
        "update_type": "message_created",
        "timestamp": hands.ms,
        "user_locale": "ru",
        "message": {
            "recipient": {"chat_id": dialog.chat_id, "chat_type": "dialog", "user_id": romashka.id},
            "timestamp": hands.ms,
            "body": {"mid": f"mid.{dialog.chat_id:016x}{seq:016x}", "seq": seq, "text": "Здравствуйте"},
            "sender": {
                "user_id": sofya,
                "first_name": "Софья",
                "last_name": "Белова",
                "username": "sofya",
                "is_bot": False,
                "last_activity_time": hands.ms // 1000 * 1000,
                "name": "Софья Белова",
            },
        },
    }
    assert dialog.chat_id == romashka.id ^ sofya


async def test_files_places_contacts_and_links(
    poll: Fixture, sandbox: Sandbox, romashka: BotHandle, sofya: int, http: Fixture
) -> None:
    people, ids = max_of(sandbox).people, (sofya, romashka.id)
    photo = sample_file("photo")
    people.files(*ids, "photo", [photo, sample_file("video")], caption="Вот")
    people.files(*ids, "document", [Upload("счёт.pdf", "application/pdf", b"%PDF-")])
    for kind in ("audio", "sticker"):
        people.sample(*ids, kind)
    people.location(*ids, 56.98, 40.97)
    people.contact(*ids)
    people.contact(*ids, "Ольга", "+7 999 000-10-42")
    people.share(*ids)
    bodies = [one["message"]["body"] for one in await poll()]
    assert [one["text"] for one in bodies] == ["Вот", *[""] * 7]
    image, film = bodies[0]["attachments"]
    assert set(image["payload"]) == {"photo_id", "token", "url"}
    assert set(film) == {"type", "payload", "thumbnail", "width", "height", "duration"}
    rest = [one["attachments"][0] for one in bodies[1:]]
    assert [one["type"] for one in rest] == ["file", "audio", "sticker", "location", "contact", "contact", "share"]
    assert (rest[0]["filename"], rest[0]["size"], set(rest[0]["payload"])) == (
        "счёт.pdf",
        5,
        {"url", "token", "fileId"},
    )
    assert rest[3] == {"type": "location", "latitude": 56.98, "longitude": 40.97}
    own, other = rest[4]["payload"], rest[5]["payload"]
    assert "TEL;TYPE=cell:79161230008" in own["vcf_info"]
    assert own["max_info"]["user_id"] == sofya
    signed = hmac.new(romashka.token.encode(), own["vcf_info"].encode(), hashlib.sha256).hexdigest()
    assert own["hash"] == signed
    assert ("TEL;TYPE=cell:79990001042" in other["vcf_info"], "max_info" in other) == (True, False)
    async with http.get(image["payload"]["url"]) as answer:
        assert (answer.status, await answer.read()) == (200, photo.content)
    async with http.get(rest[0]["payload"]["url"]) as answer:
        assert "%25D1%2581%25D1%2587" in answer.headers["Content-Disposition"]  # percent-encoded twice


async def test_a_voice_message_has_no_message_and_is_in_no_list(
    poll: Fixture, sandbox: Sandbox, history: Fixture, romashka: BotHandle, sofya: int, hands: Fixture
) -> None:
    act = max_of(sandbox).people.sample(sofya, romashka.id, "voice")
    assert act.message is not None
    assert await poll.one("message_created") == {
        "update_type": "message_created",
        "timestamp": hands.ms,
        "user_locale": "ru",
    }
    assert await history() == []


async def test_markup_quotes_and_forwards(
    poll: Fixture, send: Fixture, sandbox: Sandbox, romashka: BotHandle, sofya: int
) -> None:
    people, ids = max_of(sandbox).people, (sofya, romashka.id)
    bold = [{"type": "strong", "from": 0, "length": 3}]
    first = people.text(*ids, "Раз два", markup=bold).message
    answered = await send("Ответ")
    number = next(
        iter(max_of(sandbox).max.world.history(max_of(sandbox).max.world.dialogs[romashka.id ^ sofya]))
    ).number
    assert first is not None
    people.text(*ids, "Ещё", reply_to=number)
    people.forward(*ids, first.number)
    people.forward(*ids)
    told, reply, own, others = [one["message"] for one in await poll()]
    assert told["body"]["markup"] == bold
    assert (reply["link"]["type"], reply["link"]["message"]["mid"]) == ("reply", answered["body"]["mid"])
    assert reply["link"]["sender"]["is_bot"] is True
    assert "chat_id" not in reply["link"]
    assert (own["body"]["text"], own["link"]["message"]["text"]) == ("", "Раз два")
    assert own["link"]["message"]["markup"] == bold
    assert others["link"]["chat_id"] < 0
    assert others["link"]["message"]["mid"].startswith("mid.ffff")


async def test_edits_and_deletions(poll: Fixture, sandbox: Sandbox, romashka: BotHandle, sofya: int) -> None:
    people, ids = max_of(sandbox).people, (sofya, romashka.id)
    message = people.text(*ids, "Раз").message
    assert message is not None
    people.edit(*ids, message.number, "Два")
    people.delete(*ids, message.number)
    _, edited, removed = await poll()
    assert (edited["update_type"], edited["message"]["body"]["text"]) == ("message_edited", "Два")
    assert edited["message"]["body"]["mid"] == message.mid
    assert {name: removed[name] for name in ("update_type", "message_id", "chat_id", "user_id")} == {
        "update_type": "message_removed",
        "message_id": message.mid,
        "chat_id": romashka.id ^ sofya,
        "user_id": sofya,
    }


async def test_what_is_done_with_the_dialog(
    poll: Fixture, sandbox: Sandbox, romashka: BotHandle, sofya: int, hands: Fixture
) -> None:
    people, ids = max_of(sandbox).people, (sofya, romashka.id)
    people.mute(*ids, 2)
    people.mute(*ids, 0)
    people.clear(*ids)
    people.stop(*ids)
    people.start(*ids)
    people.start(*ids, "ref-7")
    updates = await poll()
    assert [one["update_type"] for one in updates] == [
        "dialog_muted", "dialog_unmuted", "dialog_cleared", "bot_stopped", "dialog_removed",
        "bot_started", "bot_started",
    ]  # fmt: skip
    assert updates[0]["muted_until"] == hands.ms + 2 * 3600 * 1000
    assert {one["chat_id"] for one in updates} == {romashka.id ^ sofya}
    assert all(one["user"]["avatar_url"] and one["user_locale"] == "ru" for one in updates)
    assert [one.get("payload") for one in updates[5:]] == [None, "ref-7"]


async def test_updates_are_spoilt_on_request(
    poll: Fixture, send: Fixture, sandbox: Sandbox, romashka: BotHandle, sofya: int
) -> None:
    people, ids = max_of(sandbox).people, (sofya, romashka.id)
    await send("Жми", attachments=[keyboard({"type": "callback", "text": "a", "payload": "1"})])
    number = next(
        iter(max_of(sandbox).max.world.history(max_of(sandbox).max.world.dialogs[romashka.id ^ sofya]))
    ).number
    rules = [
        ("message_created", "no_message"),
        ("message_created", "null_body"),
        ("message_created", "no_username"),
        ("message_edited", "null_message"),
        ("message_callback", "null_message"),
        ("message_callback", "no_username"),
    ]
    max_of(sandbox).max.faults.replace([FaultRule(method=one, fault=fault, times=1) for one, fault in rules])
    people.text(*ids, "раз")
    people.forward(*ids)
    last = people.text(*ids, "три").message
    assert last is not None
    people.edit(*ids, last.number, "четыре")
    for _ in range(2):
        max_of(sandbox).presses.press(*ids, number, 0, 0)
    bare, bodiless, nameless, edited, pressed, again = await poll()
    assert "message" not in bare
    assert (bodiless["message"]["body"], bodiless["message"]["link"]["type"]) == (None, "forward")
    assert "username" not in nameless["message"]["sender"]
    assert edited["message"] is None
    assert (pressed["message"], pressed["callback"]["payload"]) == (None, "1")
    assert "username" not in again["callback"]["user"]
    people.text(*ids, "пять")
    assert (await poll.one("message_created"))["message"]["sender"]["username"] == "sofya"


async def test_a_raw_update_of_any_kind(poll: Fixture, sandbox: Sandbox, romashka: BotHandle) -> None:
    max_of(sandbox).staff.inject(romashka.id, {"update_type": "future_feature", "timestamp": 1, "some": [1]})
    assert await poll() == [{"update_type": "future_feature", "timestamp": 1, "some": [1]}]


def keyboard(*buttons: Any) -> Any:
    return {"type": "inline_keyboard", "payload": {"buttons": [list(buttons)]}}
