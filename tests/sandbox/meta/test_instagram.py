"""Instagram's API and webhooks: what is refused and how, windows, echoes, the shapes of the vendor's description."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from sandbox.instagram.people import People
from sandbox.meta.faults import FaultRule
from sandbox.meta.records import Account, Dialog, Person
from sandbox.server import Sandbox
from sandbox.toolkit.uploads import sample_file

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

HOUR_MS = 3600 * 1000
TEXT: dict[str, Any] = {"message": {"text": "Есть пионы"}}
HUMAN = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}

REFUSED: list[tuple[dict[str, Any], int, int | None]] = [
    ({"recipient": {}, **TEXT}, 100, None),
    ({"recipient": {"id": "9000000000000000"}, **TEXT}, 100, 2534014),
    ({}, 100, None),
    ({"message": {}}, 100, None),
    ({"message": {"text": "я" * 501}}, 100, None),
    ({"message": {"text": ""}}, 100, None),
    ({"message": {"text": "a", "attachment": {"type": "image", "payload": {"url": "x"}}}}, 100, None),
    ({"message": {"attachment": {"type": "image", "payload": {"url": "http://127.0.0.1:9/x"}}}}, 100, 2018047),
    ({"message": {"attachment": {"type": "image", "payload": {"attachment_id": "5"}}}}, 100, 2018074),
    ({"message": {"attachment": {"type": "poem", "payload": {"url": "x"}}}}, 100, None),
    (
        {"message": {"text": "a", "quick_replies": [{"content_type": "text", "title": "x", "payload": "p"}] * 14}},
        100,
        None,
    ),
    ({"reply_to": {"mid": "nothing"}, **TEXT}, 100, None),
    ({"messaging_type": "PROMOTION", **TEXT}, 100, None),
    ({"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE", **TEXT}, 100, None),
    ({"sender_action": "typing_on", **TEXT}, 100, None),
    ({"sender_action": "dance"}, 100, None),
    ({"sender_action": "react", "payload": {"message_id": "x", "reaction": "love"}}, 100, None),
]


async def test_what_cannot_be_sent_is_refused(say: Fixture, thread: Dialog) -> None:
    for body, code, subcode in REFUSED:
        status, told = await say(**body)
        error = told["error"]
        refused = (status, error["code"], error.get("error_subcode"), error["type"])
        assert refused == (400, code, subcode, "IGApiException"), body


def sent_kinds(people: People, ids: tuple[int, str], hello: str) -> list[tuple[str, Callable[[], Any], dict[str, Any]]]:
    """Acts with the field of messaging and what of it is known beforehand."""
    return [
        ("message", lambda: people.text(*ids, "Мир", reply_to=hello), {"text": "Мир", "reply_to": {"mid": hello}}),
        ("message", lambda: people.thing(*ids, "unsupported"), {"is_unsupported": True}),
        ("message", lambda: people.unsend(*ids, hello), {"mid": hello, "is_deleted": True}),
        ("postback", lambda: people.ice_breaker(*ids, "Где вы?", "WHERE"), {"title": "Где вы?", "payload": "WHERE"}),
        ("referral", lambda: people.open_link(*ids, "promo"),
         {"ref": "promo", "source": "SHORTLINK", "type": "OPEN_THREAD"}),
    ]  # fmt: skip


async def test_what_a_person_does_is_told_in_the_vendors_shapes(
    sandbox: Sandbox, profile: Account, karina: Person, thread: Dialog, ear: Fixture, eventually: Fixture
) -> None:
    people, ids = sandbox.instagram_people, (karina.id, profile.id)
    (hello,) = sandbox.meta.world.history(thread)
    people.edit(*ids, hello.id, "Добрый день")
    people.react(*ids, hello.id, "❤")
    people.react(*ids, hello.id, None)
    for _, act, _ in (kinds := sent_kinds(people, ids, hello.id)):
        act()
    await eventually(lambda: len(ear.events()) == 4 + len(kinds))
    _, edited, loved, unloved, *rest = ear.events()
    assert edited["message_edit"] == {"mid": hello.id, "num_edit": 1}  # without the words
    assert loved["reaction"] == {"mid": hello.id, "action": "react", "reaction": "love", "emoji": "❤"}
    assert unloved["reaction"] == {"mid": hello.id, "action": "unreact"}
    for event, (field, _, known) in zip(rest, kinds, strict=True):
        assert (event["sender"]["id"], event["recipient"]["id"]) == (karina.igsid, profile.id)
        assert isinstance(event["timestamp"], int)
        assert known.items() <= event[field].items()


@pytest.mark.parametrize(
    "kind", ["story_mention", "story_reply", "share", "ig_reel", "ig_post", "like_heart", "ephemeral"]
)
async def test_things_of_instagrams_own(
    sandbox: Sandbox,
    profile: Account,
    karina: Person,
    ear: Fixture,
    eventually: Fixture,
    http: aiohttp.ClientSession,
    kind: str,
) -> None:
    sandbox.instagram_people.thing(karina.id, profile.id, kind)
    await eventually(lambda: len(ear.events()) == 2)
    message = ear.events()[1]["message"]
    if kind in {"like_heart", "ephemeral"}:
        assert message["attachments"] == [{"type": kind, "payload": {}}]
        return
    if kind == "story_reply":
        assert message["text"]
        url = message["reply_to"]["story"]["url"]
    else:
        (attachment,) = message["attachments"]
        assert attachment["type"] == kind
        url = attachment["payload"]["url"]
    async with http.get(url) as answer:  # without a token
        assert (answer.status, answer.content_type) == (200, "image/png")
    sandbox.clock.advance(24 * HOUR_MS)
    async with http.get(url) as answer:
        assert answer.status == 404


async def test_several_files_come_as_one_message(
    sandbox: Sandbox, profile: Account, karina: Person, ear: Fixture, eventually: Fixture
) -> None:
    sandbox.instagram_people.files(karina.id, profile.id, [sample_file("photo"), sample_file("video")])
    await eventually(lambda: len(ear.events()) == 2)
    assert [one["type"] for one in ear.events()[1]["message"]["attachments"]] == ["image", "video"]


async def test_a_human_hand_has_seven_days_and_everybody_else_one(
    sandbox: Sandbox, profile: Account, karina: Person, thread: Dialog, say: Fixture
) -> None:
    thread.opened_at = 0
    sandbox.instagram_people.text(karina.id, profile.id, "Позавчерашнее", hours_ago=23)
    assert (await say(**TEXT))[0] == 200
    sandbox.clock.advance(2 * HOUR_MS)
    (mine, *_) = [one for one in sandbox.meta.world.history(thread) if not one.is_out]
    sandbox.instagram_people.unsend(karina.id, profile.id, mine.id)  # looks like a message, and opens nothing
    status, told = await say(**TEXT)
    assert (status, told["error"]["message"]) == (403, "This message is sent outside of allowed window.")
    assert (told["error"]["code"], told["error"]["error_subcode"]) == (10, 2534022)
    assert (await say(**HUMAN, **TEXT))[0] == 200
    profile.may_tag_human = False
    assert (await say(**HUMAN, **TEXT))[1]["error"]["code"] == 10
    profile.may_tag_human = True
    sandbox.clock.advance(6 * 24 * HOUR_MS)
    assert (await say(**HUMAN, **TEXT))[1]["error"]["error_subcode"] == 2534022


@pytest.mark.parametrize("mode", ["after", "before", "none"])
async def test_echoes_come_after_the_answer_or_before_it(
    sandbox: Sandbox, profile: Account, karina: Person, say: Fixture, ear: Fixture, eventually: Fixture, mode: str
) -> None:
    await eventually(lambda: len(ear.events()) == 1)
    sandbox.change_settings({"instagram_echoes": mode})
    _, told = await say(**TEXT)
    if mode == "before":
        assert len(ear.events()) == 2
    by_hand = sandbox.instagram_staff.answer(karina.id, profile.id, "Сама отвечу").message
    assert by_hand is not None
    await eventually(lambda: len(ear.events()) == (2 if mode == "none" else 3))
    *echoes, last = ear.events()[1:]
    assert [one["message"]["mid"] for one in echoes] == ([] if mode == "none" else [told["message_id"]])
    assert all("app_id" in one["message"] for one in echoes)
    assert (last["sender"]["id"], last["recipient"]["id"]) == (profile.id, karina.igsid)
    assert last["message"] == {"mid": by_hand.id, "text": "Сама отвечу", "is_echo": True}
    sandbox.instagram_staff.unsend(karina.id, profile.id, by_hand.id)
    await eventually(lambda: ear.events()[-1]["message"] == {"mid": by_hand.id, "is_deleted": True, "is_echo": True})


async def test_reading_names_the_message_and_nobody(
    sandbox: Sandbox, profile: Account, karina: Person, say: Fixture, ear: Fixture, eventually: Fixture
) -> None:
    sandbox.change_settings({"instagram_echoes": "none"})
    _, told = await say(**TEXT)
    sandbox.instagram_people.read(karina.id, profile.id)
    await eventually(lambda: ear.events() and "read" in ear.events()[-1])
    assert ear.events()[-1] == {"timestamp": sandbox.clock.now_ms(), "read": {"mid": told["message_id"]}}


async def test_buttons_quick_replies_and_answers_to_a_message(
    sandbox: Sandbox, profile: Account, karina: Person, thread: Dialog, say: Fixture, ear: Fixture, eventually: Fixture
) -> None:
    people, (hello,) = sandbox.instagram_people, sandbox.meta.world.history(thread)
    quick = [{"content_type": "text", "title": "Да", "payload": "YES"}]
    _, asked = await say(message={"text": "Берёте?", "quick_replies": quick}, reply_to={"mid": hello.id})
    message = sandbox.meta.world.message(thread, asked["message_id"])
    assert message is not None
    assert message.reply_to == hello.id
    people.press(karina.id, profile.id, message.id, 0)
    await eventually(lambda: "quick_reply" in ear.events()[-1].get("message", {}))
    assert ear.events()[-1]["message"]["quick_reply"] == {"payload": "YES"}
    assert message.buttons == []
    button = {"type": "postback", "title": "Беру", "payload": "TAKE"}
    generic = {"template_type": "generic", "elements": [{"title": "Пионы", "buttons": [button]}]}
    _, card = await say(message={"attachment": {"type": "template", "payload": generic}})
    people.press(karina.id, profile.id, card["message_id"], 0)
    await eventually(lambda: "postback" in ear.events()[-1])
    assert ear.events()[-1]["postback"]["payload"] == "TAKE"
    for action, seen in (("react", "❤"), ("unreact", "")):
        payload = {"message_id": hello.id, "reaction": "love"}
        assert (await say(sender_action=action, payload=payload))[1] == {"recipient_id": karina.igsid}
        assert hello.reaction_out == seen
    await say(sender_action="mark_seen")
    assert hello.status == "read"


async def test_files_by_address_and_by_upload(
    sandbox: Sandbox, profile: Account, thread: Dialog, say: Fixture, graph: Fixture
) -> None:
    picture = sample_file("photo")
    kept = sandbox.meta.media.add(profile.id, picture, lives_ms=HOUR_MS)
    url = sandbox.meta.media.link(kept, HOUR_MS)
    _, by_url = await say(message={"attachment": {"type": "image", "payload": {"url": url}}})
    form = aiohttp.FormData({"message": '{"attachment":{"type":"image","payload":{"is_reusable":true}}}'})
    form.add_field("filedata", picture.content, filename="a.png", content_type="image/png")
    _, uploaded = await graph(profile, "POST", "me/message_attachments", data=form)
    payload = {"attachment_id": uploaded["attachment_id"]}
    _, by_id = await say(message={"attachment": {"type": "image", "payload": payload}})
    for told in (by_url, by_id):
        message = sandbox.meta.world.message(thread, told["message_id"])
        assert message is not None
        file = sandbox.meta.media.known(message.files[0])
        assert file is not None
        assert sandbox.meta.media.content(file) == picture.content
    form = aiohttp.FormData({"message": '{"attachment":{"type":"audio"}}'})
    form.add_field("filedata", picture.content, filename="a.png", content_type="image/png")
    _, wrong = await graph(profile, "POST", "me/message_attachments", data=form)
    assert wrong["error"]["error_subcode"] == 2534068


async def test_an_edit_is_read_again_by_its_mid(
    sandbox: Sandbox, profile: Account, karina: Person, thread: Dialog, graph: Fixture
) -> None:
    (hello,) = sandbox.meta.world.history(thread)
    sandbox.instagram_people.edit(karina.id, profile.id, hello.id, "Добрый день")
    _, told = await graph(profile, "GET", f"{hello.id}?fields=message,from,to,created_time")
    assert (told["message"], told["from"]["id"]) == ("Добрый день", karina.igsid)
    assert told["created_time"].endswith("+0000")
    sandbox.instagram_people.unsend(karina.id, profile.id, hello.id)
    assert (await graph(profile, "GET", hello.id))[0] == 400


async def test_while_another_app_holds_the_thread_events_stand_by(
    sandbox: Sandbox, profile: Account, karina: Person, say: Fixture, ear: Fixture, eventually: Fixture
) -> None:
    people = sandbox.instagram_people
    people.hand_over(karina.id, profile.id, to_other=True)
    people.text(karina.id, profile.id, "Кому?")
    await eventually(lambda: len(ear.events("standby")) == 1)
    assert ear.events("standby")[0]["message"]["text"] == "Кому?"
    assert "take_thread_control" in ear.events()[-1]
    assert (await say(**TEXT))[1]["error"]["error_subcode"] == 2018300
    people.hand_over(karina.id, profile.id, to_other=False)
    await eventually(lambda: "pass_thread_control" in ear.events()[-1])
    assert (await say(**TEXT))[0] == 200


async def test_the_account_by_either_login(sandbox: Sandbox, profile: Account, karina: Person, graph: Fixture) -> None:
    _, told = await graph(profile, "GET", "me?fields=user_id,username")
    assert (told["user_id"], told["username"], told["id"] == profile.id) == (profile.id, "romashka.flowers", False)
    _, token = await graph(profile, "GET", "refresh_access_token?grant_type=ig_refresh_token")
    assert token["access_token"] == profile.token
    assert (await graph(profile, "POST", "me/subscribed_apps?subscribed_fields=poems"))[0] == 400
    await graph(profile, "POST", "me/subscribed_apps?subscribed_fields=messages,messaging_seen")
    assert (await graph(profile, "GET", "me/subscribed_apps"))[1]["data"][0]["subscribed_fields"] == [
        "messages",
        "messaging_seen",
    ]
    assert sandbox.instagram_people.ice_breaker(karina.id, profile.id, "?").event_id is None  # of no subscribed field
    profile.token = "EAAof0the0page"
    _, told = await graph(profile, "GET", f"{profile.owner_id}?fields=instagram_business_account")
    assert told["instagram_business_account"]["id"] == profile.id
    body = {"recipient": {"id": karina.igsid}, "message": {"text": "я" * 501}}
    _, refused = await graph(profile, "POST", f"{profile.owner_id}/messages", json=body)
    assert refused["error"]["type"] == "OAuthException"


async def test_faults_and_rates(sandbox: Sandbox, thread: Dialog, say: Fixture) -> None:
    given = {"method": "messages", "messenger": "instagram", "times": 1}
    sandbox.meta.faults.replace([FaultRule(fault="error", error_code=551, error_subcode=1545041, **given)])
    assert (await say(**TEXT))[1]["error"]["error_subcode"] == 1545041
    sandbox.meta.faults.replace([FaultRule(fault="502", **given)])
    with pytest.raises(aiohttp.ContentTypeError):
        await say(**TEXT)
    sandbox.change_settings({"limits": True, "instagram_per_second": 1})
    assert [(await say(**TEXT))[0] for _ in range(2)] == [200, 429]
