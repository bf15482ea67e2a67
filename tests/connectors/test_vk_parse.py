"""What VK's events become: whatever stands in them, nothing is raised and nothing vanishes."""

import json
import random
from typing import Any

import pytest

from gateway.connectors.vk import parse, unpack
from gateway.connectors.vk.attachments import place_of
from gateway.connectors.vk.text import plain, shorten, split, units
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Ignored, Notice, Receive, ReceiveTyping
from gateway.model.ids import AccountId
from gateway.model.messages import Entity, Unsupported
from tests.connectors.vk_wire import BODIES, USER, event, message, mutated, new


@pytest.mark.parametrize("seed", range(20))
def test_whatever_stands_in_an_event_it_is_read_and_can_be_stored(seed: int) -> None:
    chance = random.Random(seed)
    for path in BODIES:
        for _ in range(3):
            body = json.dumps(mutated(json.loads(path.read_bytes()), chance)).encode()
            try:
                updates = unpack(body)
            except ValueError:
                continue
            for update in updates:
                items = parse(update)
                assert items, (path.name, body)
                assert len({one.key for one in items}) == len(items), (path.name, body)
                for one in items:
                    assert one.key
                    if not isinstance(one.item, Ignored | ReceiveTyping):
                        entry = Entry(one.item, AccountId("shop"))
                        assert decode(encode(entry), Entry) == entry, (path.name, body)


@pytest.mark.parametrize("secret", ["abc123xyz"])
def test_a_secret_that_stands_in_an_event_is_in_no_item(secret: str) -> None:
    for path in BODIES:
        for update in unpack(path.read_bytes()):
            assert secret not in repr(parse({**update, "secret": secret}))


def test_both_ways_and_history_give_a_message_one_key() -> None:
    bare = message(5, "Здравствуйте")
    ways = [
        event("message_new", {"message": bare, "client_info": {"lang_id": 0}}),
        event("message_new", bare, v="5.80"),
        event("message_new", {"message": bare}, secret="s", event_id="other"),
        bare,
    ]
    assert len({one.key for way in ways for one in parse(way)}) == 1


def test_edits_of_one_second_differ_by_what_they_say() -> None:
    keys = [parse(event("message_edit", message(5, text, update_time=7)))[0].key for text in ("а", "б", "а")]
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]


def test_a_message_of_endless_forwards_ends() -> None:
    inner: Any = {"from_id": 1, "text": "дно"}
    for _ in range(200):
        inner = {"from_id": 1, "text": "ещё", "fwd_messages": [inner] * 1}
    wide = [{"from_id": 1, "text": str(number)} for number in range(500)]
    for forwarded in ([inner], wide):
        items = parse(new(5, "вот", fwd_messages=forwarded))
        assert 2 < len(items) <= 100
        assert len({one.item.message.native for one in items if isinstance(one.item, Receive)}) == len(items)


def test_a_link_is_told_before_the_words_that_came_by_it() -> None:
    started, said = (one.item for one in parse(new(5, "Сколько стоит?", ref="autumn")))
    assert isinstance(started, Receive)
    assert isinstance(said, Receive)
    assert (started.start, said.start, said.message.text) == ("autumn", None, "Сколько стоит?")


def test_where_a_files_fresh_address_is_found_stands_in_its_handle() -> None:
    photo = {
        "type": "photo",
        "photo": {"sizes": [{"url": "https://sun9-1.userapi.com/a.jpg#x", "width": 1, "height": 1}]},
    }
    items = parse(
        new(5, "", attachments=[{"type": "poll"}, photo], fwd_messages=[{"from_id": 2, "attachments": [photo]}])
    )
    remotes = [media.remote for one in items if isinstance(one.item, Receive) for media in one.item.message.media]
    assert [place_of(one) for one in remotes] == [(USER, "5", 0, 1), (USER, "5", 1, 0)]
    assert all(one.startswith("https://sun9-1.userapi.com/a.jpg#5") for one in remotes)
    assert [place_of(one) for one in ("https://vk.com/a", "a#1/2", "a#1/2/x/0", "a#1/2/3/4/5", "")] == [None] * 5


def test_a_number_that_is_nonsense_is_none() -> None:
    for number in (2**53, 2**70, -1, True, 1.5, "seven", "7.5", "9" * 30, "\u0667", ""):
        doc = {"url": "https://vk.com/doc1_1", "title": "прайс.pdf", "size": number}
        (found,) = parse(new(5, "", attachments=[{"type": "doc", "doc": doc}]))
        assert isinstance(found.item, Receive)
        assert found.item.message.media[0].size is None


def test_an_attachment_with_an_address_of_no_file_is_named_and_not_lost() -> None:
    for url in ("", "javascript:alert(1)", "ftp://x", 5, None):
        (found,) = parse(new(5, "", attachments=[{"type": "doc", "doc": {"url": url, "title": "прайс"}}]))
        assert isinstance(found.item, Receive)
        assert found.item.message.attachments == (Unsupported(of="doc", hint="прайс"),)


def test_a_body_that_is_nothing_of_vks_is_still_told() -> None:
    for body in ({}, {"type": 5, "object": {}}, {"type": "message_new"}, {"updates": [5]}, {"ts": 1}):
        (one,) = parse(body)
        assert isinstance(one.item, Notice)
        assert one.item.about.startswith("Unsupported")


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_long_text_is_cut_where_a_reader_would_pause_and_loses_nothing() -> None:
    text = "Первое предложение. Второе предложение! " * 300
    pieces = split(text, 4096)
    assert all(0 < units(one) <= 4096 for one in pieces)
    assert " ".join(pieces).split() == text.split()
    assert all(one.endswith((".", "!")) for one in pieces)


@pytest.mark.parametrize("sign", ["я", "😀", "👩‍👩‍👧", "👍🏽", "1️⃣", "\u200d"])
def test_no_visible_sign_is_taken_apart(sign: str) -> None:
    pieces = split(sign * 300, 50)
    assert all(0 < units(one) <= 50 for one in pieces)
    assert "".join(pieces) == sign * 300
    if sign != "\u200d":
        assert all(one.startswith(sign[0]) for one in pieces)


def test_an_address_behind_words_comes_out() -> None:
    text = "😀 Сайт и почта"
    link = Entity(kind="text_link", offset=3, length=4, url="https://shop.example.com")
    assert plain(text, (link,)) == "😀 Сайт (https://shop.example.com) и почта"
    same = Entity(kind="text_link", offset=0, length=9, url="https://a")
    assert plain("https://a", (same,)) == "https://a"
    beyond = Entity(kind="text_link", offset=900, length=5, url="https://a")
    assert plain("да", (beyond,)) == "да"
    assert plain("абв", (Entity(kind="text_link", offset=0, length=2, url="u:1"),) * 2) == "аб (u:1)в"


def test_what_is_shortened_says_so() -> None:
    assert shorten("коротко", 40) == "коротко"
    assert shorten("длинно " * 20, 20) == "длинно длинно длинн…"
    assert units(shorten("😀" * 50, 40)) <= 40
