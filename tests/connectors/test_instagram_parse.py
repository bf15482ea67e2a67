"""What Instagram's updates become: whatever stands in them, nothing is raised and nothing vanishes; and its words."""

import json
import random
from itertools import pairwise
from unicodedata import combining

import pytest

from gateway.connectors.instagram import parse, unpack
from gateway.connectors.instagram.render import TEXT_LIMIT
from gateway.connectors.instagram.text import plain, size, split
from gateway.connectors.toolkit import meta
from gateway.model.codec import decode, encode, to_builtins
from gateway.model.commands import Entry, Ignored, Receive
from gateway.model.ids import AccountId
from gateway.model.messages import Entity
from tests.connectors.instagram_wire import BODIES, ME, item, update
from tests.connectors.vk_wire import mutated


@pytest.mark.parametrize("seed", range(12))
def test_whatever_stands_in_an_update_it_is_read_and_can_be_stored(seed: int) -> None:
    chance = random.Random(seed)
    for path in BODIES:
        for _ in range(3):
            body = json.dumps(mutated(json.loads(path.read_bytes()), chance)).encode()
            try:
                updates = unpack(body)
            except ValueError:
                continue
            for one in updates:
                items = parse(one)
                assert items, (path.name, body)
                for found in items:
                    assert found.key
                    if not isinstance(found.item, Ignored):
                        entry = Entry(found.item, AccountId("shop"))
                        assert decode(encode(entry), Entry) == entry, (path.name, body)


def test_a_body_and_its_accounts_parts_say_the_same() -> None:
    for one in (one for path in BODIES for one in unpack(path.read_bytes())):
        if one.get("object") == "instagram" and one.get("entry"):
            parts = [found for part in meta.split(one) for found in parse(part.update)]
            assert parts == list(parse(one))


def test_what_is_asked_for_beside_an_update_changes_no_key() -> None:
    bare = item(message={"text": "Без номера"})
    told = {**bare, "sender": {**bare["sender"], "name": "Мария", "username": "maria"}}
    assert parse(update(bare))[0].key == parse(update(told))[0].key


def test_only_words_and_presses_of_a_client_open_the_window() -> None:
    opening = {
        path.stem.split("__")[0]
        for path in BODIES
        for one in unpack(path.read_bytes())
        for found in parse(one)
        if getattr(found.item, "window", None) is not None
    }
    assert not opening & {"unsent", "reaction", "read", "echo", "standby", "handover", "test", "comment"}
    assert {"text", "photo", "quick_reply", "postback", "story_reply", "unsupported_type"} <= opening
    (bare,) = parse(update(item(referral={"ref": "osen"})))
    assert isinstance(bare.item, Receive)
    assert (bare.item.start, bare.item.window) == ("osen", None)


def test_the_accounts_own_id_is_never_a_client() -> None:
    for own in (True, False):
        (found,) = parse(update(item(own=own, client=ME, message={"mid": "m", "text": "сам себе"})))
        assert "Unsupported" in json.dumps(to_builtins(found))


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────

PIECES = [
    "слово ",
    "Да. ",
    "\n",
    "ß",
    "ё",
    "e\u0301",
    "👍🏽",
    "👨\u200d👩\u200d👧",
    "🇷🇺",
    "🇰🇿",
    "❤️",
    "1️⃣",
    "длинноеслово",
    "a" * 300,
]
BROKEN = ("\u200d", "\ufe0f", "\u20e3", "🏽")


@pytest.mark.parametrize("seed", range(20))
def test_a_text_is_cut_by_bytes_and_never_inside_a_sign(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choices(PIECES, k=chance.randint(50, 400)))
    found = split(text, TEXT_LIMIT)
    assert all(0 < len(one.encode()) <= TEXT_LIMIT for one in found)
    assert "".join("".join(found).split()) == "".join(text.split())
    for before, after in pairwise(found):
        assert not after.startswith(BROKEN)
        assert not combining(after[0])
        assert not before.endswith("\u200d")
        flags = len(before) - len(before.rstrip("🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿"))
        assert flags % 2 == 0


def test_a_sign_without_end_is_cut_all_the_same() -> None:
    found = split("👨" + "\u200d👨" * 500, TEXT_LIMIT)
    assert len(found) > 1
    assert all(size(one) <= TEXT_LIMIT for one in found)


def test_a_hidden_address_comes_out_once_and_nonsense_hides_none() -> None:
    link = Entity("text_link", 3, 4, url="https://example.com/a")
    assert plain("🙂 сайт", (link,)) == "🙂 сайт (https://example.com/a)"
    assert plain("сайт", (Entity("text_link", 0, 90, url="https://example.com/a"),)) == "сайт"
