"""What clients share and answer, in every channel: links stay whole, what is quoted comes along, nobody is nameless."""

from typing import Any

import pytest

from gateway.connectors.instagram.parse import parse as instagram_parse
from gateway.connectors.telegram.parse import parse as telegram_parse
from gateway.connectors.vk.parse import parse as vk_parse
from gateway.connectors.whatsapp.attachments import read_contacts
from gateway.model.commands import Inbound, Receive
from gateway.model.messages import NAMELESS, ContactCard, Entity, Media, Message, Unsupported

Json = dict[str, Any]
KEY = "a1b2c3d4e5"
LONG = "Букет из тюльпанов 👨‍👩‍👧 " * 40


def vk(**more: Any) -> Message:
    raw = {
        "from_id": 8800777,
        "peer_id": 8800777,
        "conversation_message_id": 11,
        "date": 1795995000,
        "text": "",
        **more,
    }
    people = raw.pop("people", [])
    return said(vk_parse({"type": "message_new", "group_id": 1, "object": {"message": raw}, "profiles": people}))


def telegram(**more: Any) -> Message:
    chat = {"id": 5, "type": "private", "first_name": "Мария"}
    user = {"id": 5, "is_bot": False, "first_name": "Мария"}
    return said(
        telegram_parse(
            {"update_id": 1, "message": {"message_id": 9, "date": 1795995000, "chat": chat, "from": user, **more}}
        )
    )


def said(items: tuple[Inbound, ...]) -> Message:
    messages = [one.item.message for one in items if isinstance(one.item, Receive)]
    return messages[-1]


# ── links ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "body", "link"),
    [
        ("video", {"owner_id": 11, "id": 9, "title": LONG, "access_key": KEY}, f"video11_9?access_key={KEY}"),
        ("video", {"owner_id": 11, "id": 9, "title": LONG, "type": "short_video"}, "clip11_9"),
        ("wall", {"to_id": -1, "id": 5, "text": LONG, "access_key": KEY}, f"wall-1_5?access_key={KEY}"),
        ("market", {"owner_id": -1, "id": 77, "title": LONG, "price": {"text": "4 990 ₽"}}, "product-1_77"),
        ("story", {"owner_id": 11, "id": 3, "access_key": KEY}, f"story11_3?access_key={KEY}"),
        (
            "wall_reply",
            {"owner_id": -1, "post_id": 5, "id": 8, "text": LONG, "access_key": KEY},
            f"wall-1_5?reply=8&access_key={KEY}",
        ),
        ("photo", {"owner_id": 11, "id": 4, "access_key": KEY}, f"photo11_4?access_key={KEY}"),
        ("video", {"owner_id": "11", "id": "9", "title": "а"}, "video11_9"),
    ],
)
def test_what_vk_shows_keeps_its_whole_link_beside_a_title_that_may_be_cut(kind: str, body: Json, link: str) -> None:
    (found,) = vk(attachments=[{"type": kind, kind: body}]).attachments
    assert isinstance(found, Unsupported)
    assert found.link == f"https://vk.com/{link}"
    assert "vk.com" not in (found.hint or "")
    assert len(found.hint or "") <= 400
    if LONG in body.values():
        assert (found.hint or "").startswith("Букет из тюльпанов 👨‍👩‍👧")


def test_a_link_as_long_as_any_stays_whole() -> None:
    url = f"https://shop.example/a?{'q' * 3000}"
    (found,) = vk(attachments=[{"type": "link", "link": {"url": url, "title": LONG}}]).attachments
    assert isinstance(found, Unsupported)
    assert found.link == url
    shared = {"type": "ig_reel", "payload": {"title": LONG, "url": "https://www.instagram.com/reel/C1/"}}
    event = {"sender": {"id": "7"}, "recipient": {"id": "1"}, "message": {"mid": "m", "attachments": [shared]}}
    entry = {"id": "1", "time": 1795995000000, "messaging": [{**event, "timestamp": 1795995000000}]}
    items = instagram_parse({"object": "instagram", "entry": [entry]})
    (found,) = said(items).attachments
    assert isinstance(found, Unsupported)
    assert found.link == "https://www.instagram.com/reel/C1/"
    assert "instagram.com" not in (found.hint or "")


# ── mentions, numbers, transcripts ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "shown", "links"),
    [
        ("[id1|Пётр], привет", "Пётр, привет", [(0, 4, "id1")]),
        ("👋 [club219|Цветы | Доставка]!", "👋 Цветы | Доставка!", [(3, 16, "club219")]),
        ("[public5|а] [event6|б] [app7|в]", "а б в", [(0, 1, "public5"), (2, 1, "event6"), (4, 1, "app7")]),
        ("[id1:bp-5_6|Пётр] тут", "Пётр тут", [(0, 4, "id1")]),
        ("[https://vk.com/topic-1_2|тема]", "тема", [(0, 4, "topic-1_2")]),
        ("[https://evil.example/|vk]", "[https://evil.example/|vk]", []),
        ("a[0] = [id|x] [id1|] [id1|\n]", "a[0] = [id|x] [id1|] [id1|\n]", []),
    ],
)
def test_a_mention_reads_as_vk_shows_it(written: str, shown: str, links: list[tuple[int, int, str]]) -> None:
    message = vk(text=written, reply_message={"conversation_message_id": 7, "text": written})
    assert message.text == shown
    assert message.entities == tuple(
        Entity("text_link", at, length, url=f"https://vk.com/{page}") for at, length, page in links
    )
    assert message.reply_to is not None
    assert message.reply_to.quote == shown


def test_numbers_written_as_texts_are_numbers() -> None:
    numbers = {"date": "1795995000", "from_id": "8800777", "peer_id": "8800777", "conversation_message_id": "93"}
    (found,) = vk_parse({"type": "message_new", "group_id": "1", "object": {"message": {**numbers, "text": "да"}}})
    (same,) = vk_parse(
        {
            "type": "message_new",
            "group_id": 1,
            "object": {"message": {**{k: int(v) for k, v in numbers.items()}, "text": "да"}},
        }
    )
    assert found == same
    assert isinstance(found.item, Receive)
    assert found.item.message.at == 1795995000000


def test_what_vk_has_heard_in_a_voice_message_is_kept_with_and_without_its_sound() -> None:
    heard = {"transcript": "алло", "transcript_state": "done", "duration": 3}
    (without,) = vk(attachments=[{"type": "audio_message", "audio_message": heard}]).attachments
    assert without == Unsupported(of="audio_message", hint="алло")
    sound = {**heard, "link_ogg": "https://psv4.userapi.com/a.ogg"}
    (with_it,) = vk(attachments=[{"type": "audio_message", "audio_message": sound}]).attachments
    assert isinstance(with_it, Media)
    assert with_it.transcript == "алло"


# ── what is answered, who is forwarded ────────────────────────────────────────────────────────────────

PHOTO = {
    "type": "photo",
    "photo": {"id": 1, "sizes": [{"type": "x", "url": "https://a.example/1.png", "width": 1, "height": 1}]},
}


def test_what_is_answered_comes_as_far_as_the_vendor_tells() -> None:
    answered = vk(text="сколько?", reply_message={"conversation_message_id": 7, "attachments": [PHOTO]}).reply_to
    assert answered is not None
    (media,) = answered.attachments
    assert isinstance(media, Media)
    assert media.remote.endswith("#8800777/7/0/0")
    size = {"file_id": "F", "file_unique_id": "f", "width": 1, "height": 1}
    chat = {"id": 5, "type": "private"}
    old = {"message_id": 2, "date": 1, "chat": chat, "caption": "Роза", "photo": [size]}
    answered = telegram(text="сколько?", reply_to_message=old).reply_to
    assert answered is not None
    assert answered.told == "Роза"
    assert [one.remote for one in answered.attachments if isinstance(one, Media)] == ["F"]
    answered = telegram(
        text="да", reply_to_message={"message_id": 2, "date": 1, "chat": chat, "text": "ждать?"}
    ).reply_to
    assert answered is not None
    assert (answered.told, answered.attachments) == ("ждать?", ())


@pytest.mark.parametrize(
    "origin",
    [
        {"forward_origin": {"type": "hidden_user", "sender_user_name": "", "date": 1}},
        {"forward_origin": {"type": "user", "sender_user": {"id": 4, "is_bot": False, "first_name": ""}, "date": 1}},
        {"forward_origin": {"type": "hidden_user", "date": 1}},
        {"forward_from": {"id": 4, "is_bot": False, "first_name": ""}, "forward_date": 1},
        {"forward_sender_name": "", "forward_date": 1},
    ],
)
def test_words_of_an_account_that_was_deleted_are_still_forwarded(origin: Json) -> None:
    assert telegram(text="слово", **origin).forwarded_from == NAMELESS
    assert telegram(text="слово").forwarded_from is None


def test_a_forward_of_a_page_that_was_deleted_names_nobody() -> None:
    gone = {"id": 44, "first_name": "DELETED", "last_name": "", "deactivated": "deleted"}
    words = {"from_id": 44, "date": 1, "text": "слово"}
    assert vk(fwd_messages=[words], people=[gone]).forwarded_from == NAMELESS
    assert vk(fwd_messages=[words]).forwarded_from == "vk.com/id44"
    assert vk(fwd_messages=[{"text": "слово"}]).forwarded_from == NAMELESS


# ── contact cards ─────────────────────────────────────────────────────────────────────────────────────


def test_each_number_of_a_shared_contact_is_a_card() -> None:
    vcard = (
        "BEGIN:VCARD\r\nFN:Пётр\r\nTEL;TYPE=CELL:+7 900 111-22-33\r\nitem1.TEL:+74951112233\r\n"
        "TEL;VALUE=uri:tel:+78120000000\r\nEMAIL:a@b.example\r\nEND:VCARD"
    )
    contact = {"phone_number": "79001112233", "first_name": "Пётр", "vcard": vcard}
    cards = telegram(contact=contact).attachments
    assert [(one.phone, one.name) for one in cards if isinstance(one, ContactCard)] == [
        ("79001112233", "Пётр"),
        ("+74951112233", "Пётр"),
        ("+78120000000", "Пётр"),
    ]
    phones = [{"phone": "+7 900 111-22-33", "wa_id": "79001112233"}, {"wa_id": "74951112233"}, {"phone": ""}]
    read = [*read_contacts([{"name": {"formatted_name": "Пётр"}, "phones": phones}])]
    assert [one.phone for one in read if isinstance(one, ContactCard)] == ["+7 900 111-22-33", "+74951112233"]
