"""`parse` on what no fixture foresees: it never raises, never drops, and never changes what it was given."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from aiogram import types as tg
from hypothesis import given, settings
from hypothesis import strategies as some

from gateway.connectors.telegram import parse, unpack
from gateway.connectors.telegram.mend import read
from gateway.connectors.telegram.parse import is_service, read_message, read_profile
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Ignored, Inbound, Notice, Receive
from gateway.model.messages import Unsupported

RECEIVED = Path(__file__).parent / "telegram" / "received"
PAYLOADS = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(RECEIVED.glob("*.json"))
    if not path.name.endswith(".expected.json")
]
TEXT = next(one for one in PAYLOADS if one.get("message", {}).get("text", "").startswith("Здравствуйте"))

FIELDS = """
from sender_chat via_bot forward_origin reply_to_message external_reply quote edit_date media_group_id entities
link_preview_options reply_markup photo poll story rich_message voice venue contact is_topic_message unheard_of
"""

texts = some.text(alphabet=some.characters(exclude_categories=["Cs"]), max_size=8)
scalars = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | texts
anything = some.recursive(
    scalars, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner, max_size=3), max_leaves=8
)


def places(node: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


def put(node: dict[Any, Any], path: tuple[Any, ...], value: object) -> None:
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value


def message(**content: object) -> dict[str, Any]:
    chat = {"id": 512034567, "type": "private", "first_name": "Мария"}
    return {"message_id": 7, "date": 1790000000, "chat": chat, "from": {**chat, "is_bot": False}, **content}


def storable(items: tuple[Inbound, ...]) -> None:
    assert items
    for one in items:
        assert one.key
        if not isinstance(one.item, Ignored):
            entry = Entry(one.item)
            assert decode(encode(entry), Entry) == entry


@settings(max_examples=400, deadline=None)
@given(some.data())
def test_any_value_at_any_place_of_an_update_is_survived(data: some.DataObject) -> None:
    update = copy.deepcopy(data.draw(some.sampled_from(PAYLOADS)))
    for _ in range(data.draw(some.integers(1, 3))):
        put(update, data.draw(some.sampled_from(places(update))), data.draw(anything))
    before = copy.deepcopy(update)
    items = parse(update)
    assert update == before
    assert parse(update) == items
    storable(items)


@settings(max_examples=200, deadline=None)
@given(some.dictionaries(texts, anything, max_size=5))
def test_any_object_at_all_is_survived(update: dict[str, Any]) -> None:
    storable(parse(update))


@settings(max_examples=300, deadline=None)
@given(some.data())
def test_a_text_with_odd_fields_stays_a_text(data: some.DataObject) -> None:
    update = copy.deepcopy(TEXT)
    for name in data.draw(some.lists(some.sampled_from(FIELDS.split()), min_size=1, max_size=4)):
        update["message"][name] = data.draw(anything)
    (one,) = parse(update)
    # A caption, a photo or a poll beside the text is shown as well, but the words are there.
    assert isinstance(one.item, Receive)
    assert one.item.message.text == TEXT["message"]["text"]


def test_every_broken_field_of_content_is_named() -> None:
    for name in ("photo", "video", "voice", "audio", "document", "sticker", "location", "venue", "contact"):
        found = read_message(message(**{name: "broken"}, caption="Подпись"))
        assert found.text == "Подпись"
        assert Unsupported(of=name) in found.attachments


def test_a_message_that_cannot_be_read_at_all_is_still_somebodys_message() -> None:
    (one,) = parse({"update_id": 1, "message": message(message_id={}, text="Слова")})
    assert isinstance(one.item, Receive)
    assert one.item.contact == "512034567"
    assert one.item.message.text == "Слова"
    assert one.item.message.attachments == (Unsupported(of="message"),)


def test_a_value_of_no_shape_at_all_is_a_notice() -> None:
    (one,) = parse({"update_id": 1, "message": 17})
    assert one.item == Notice("Unsupported(message)")


def test_entities_that_fit_survive_one_that_does_not() -> None:
    good = {"type": "bold", "offset": 0, "length": 3}
    found = read_message(message(text="Да, конечно", entities=[good, {"type": "bold"}, {**good, "length": {}}, good]))
    assert [(one.kind, one.length) for one in found.entities] == [("bold", 3), ("bold", 3)]


def test_mending_leaves_the_callers_data_alone() -> None:
    raw = message(text="Да", via_bot={"id": 5})
    before = copy.deepcopy(raw)
    mended = read(tg.Message, raw)
    assert raw == before
    assert mended is not None
    assert mended.value.via_bot is not None, "a missing is_bot is given its default"


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("/start", ""),
        ("/start promo_7-A", "promo_7-A"),
        ("/start@romashka_shop_bot promo", "promo"),
        ("/start " + "a" * 65, ""),
        ("/started", None),
        (" /start", None),
        ("Нажал /start", None),
    ],
)
def test_the_payload_of_the_link_is_told(text: str, start: str | None) -> None:
    (one,) = parse({"update_id": 1, "message": message(text=text)})
    assert isinstance(one.item, Receive)
    assert one.item.start == start


def test_a_name_is_read_from_whatever_there_is() -> None:
    assert read_profile({"id": 5, "first_name": "Иван", "last_name": "Петров"}).name == "Иван Петров"
    assert read_profile({"id": 5, "username": "ivan"}).name == "ivan"
    assert read_profile({"id": 5, "first_name": None}).name == "5"


def test_the_words_of_a_bot_in_a_private_chat_are_not_put_into_its_mouth() -> None:
    raw = message(text="Слова бота")
    raw["from"] = {"id": 99, "is_bot": True, "first_name": "Робот"}
    (one,) = parse({"update_id": 1, "message": raw})
    assert isinstance(one.item, Receive)
    assert one.item.profile is not None
    assert one.item.profile.name == "Мария"


def test_a_service_message_has_nothing_to_show() -> None:
    raw = message(message_auto_delete_timer_changed={"message_auto_delete_time": 86400})
    assert is_service(raw)
    found = read_message(raw)
    assert (found.text, found.attachments) == ("", ())
    assert not is_service(message(text="Слова", pinned_message={}))


def test_a_redelivered_update_has_the_same_key_under_another_update_id() -> None:
    for payload in PAYLOADS:
        if "update_id" in payload and "message" in payload:
            again = {**payload, "update_id": payload["update_id"] + 1000}
            assert [one.key for one in parse(payload)] == [one.key for one in parse(again)]


def test_half_a_surrogate_pair_costs_one_sign_and_not_the_message() -> None:
    raw = {"update_id": 1, "message": message(text="Да \ud83d! 👍")}
    for body in (json.dumps(raw).encode(), json.dumps(raw, ensure_ascii=False).encode("utf-8", "surrogatepass")):
        (update,) = unpack(body)
        (one,) = parse(update)
        assert isinstance(one.item, Receive)
        assert one.item.message.text.startswith("Да �")
        assert one.item.message.text.endswith("! 👍")
        assert encode(one.item)


def test_numbers_that_json_does_not_know_are_no_json() -> None:
    with pytest.raises(ValueError, match="not JSON"):
        unpack(b'{"update_id": NaN}')


@settings(max_examples=200, deadline=None)
@given(some.data())
def test_plain_words_are_read_as_if_aiogram_had_read_them(data: some.DataObject) -> None:
    answered = data.draw(some.sampled_from([None, {"message_id": 6}, {"message_id": 6, "forum_topic_created": {}}, 5]))
    raw = message(text="Здравствуйте", **({} if answered is None else {"reply_to_message": answered}))
    for _ in range(data.draw(some.integers(0, 2))):
        put(raw, data.draw(some.sampled_from(places(raw))), data.draw(anything))
    assert read_message(raw) == read_message({**raw, "author_signature": None})


@pytest.mark.parametrize(
    "field", [{"date": 2**36}, {"date": 0}, {"date": True}, {"message_id": "7"}, {"chat": {"id": "x"}}, {"text": 5}]
)
def test_words_that_are_not_as_usual_are_left_to_aiogram(field: dict[str, Any]) -> None:
    raw = message(**{"text": "Здравствуйте", **field})
    assert read_message(raw) == read_message({**raw, "author_signature": None})


@pytest.mark.parametrize("body", ['{"a": 1e400}', '{"a": "\\ud83d"}', '\ufeff{"a": 1}', '{"a": "\\u0000"}', "[" * 5000])
def test_a_body_is_read_by_the_fast_reader_as_by_the_slow_one(body: str) -> None:
    try:
        slow = json.loads(body.encode().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        with pytest.raises(ValueError, match="the body is"):
            unpack(body.encode())
        return
    [found] = unpack(body.encode())
    assert found.keys() == slow.keys()
    assert encode(found)
