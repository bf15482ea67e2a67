"""Texts are cut between visible signs, in the unit of each vendor, and nothing of them is lost."""

import json
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as some

from gateway.connectors.contract import Known, Tools
from gateway.connectors.registry import channel, channel_names
from gateway.connectors.toolkit.http import HttpClient
from gateway.connectors.toolkit.text import Piece, Unit, is_formatted, plain, shorten, size, spans, split
from gateway.model.ids import AccountId, ContactId, SentId
from gateway.model.messages import Button, Entity, Message
from gateway.model.outgoing import SendMessage
from gateway.operator_bot.texts.formatted_text import CAPTION_LIMIT, TEXT_LIMIT, FormattedText, cut, units

FIXTURES = Path(__file__).parents[1]
SIGNS = (
    "🇷🇺", "👨‍👩‍👧‍👦", "👍🏽", "1️⃣", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "❤️",
    "e\u0301", "и\u0306", "\u1112\u1161\u11ab", "각", "क्षि", "நி", "กำ", "\r\n", "a\u0300\u0323\u0331",
)  # fmt: skip
"""What a reader sees as one: flags, families, tones, keycaps, combined letters, Hangul, Indic, Thai, a line's end."""
texts = some.lists(some.sampled_from([*SIGNS, *"абв xyz.,!?\n ", "https://romashka.example/цена?а=1 "])).map("".join)
every_unit = pytest.mark.parametrize("unit", list(Unit))


def signs_of(text: str) -> list[str]:
    return regex.findall(r"\X", text)


def is_between_signs(text: str, place: int) -> bool:
    ends = {0}
    for one in signs_of(text):
        ends.add(max(ends) + len(one))
    return place in ends


@every_unit
@settings(max_examples=200, deadline=None)
@given(texts, some.integers(60, 120))
def test_pieces_fit_are_whole_signs_and_say_the_whole_text(unit: Unit, text: str, limit: int) -> None:
    pieces = split(text, limit, unit)
    assert all(0 < size(piece.text, unit) <= limit for piece in pieces)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split())
    for begin, end in spans(text, limit, unit):
        assert is_between_signs(text, begin)
        assert is_between_signs(text, end)
        assert size(text[begin:end], unit) <= limit


@every_unit
@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
def test_a_sign_is_never_taken_apart_wherever_the_limit_falls(unit: Unit, sign: str) -> None:
    text = "я" * 12 + sign * 3 + "ю" * 12
    whole = size(sign, unit)
    for limit in range(whole, whole + 30):
        cuts = [end for _, end in spans(text, limit, unit)]
        assert all(is_between_signs(text, end) for end in cuts), (limit, cuts)
        short = shorten(text, limit, unit)
        assert size(short, unit) <= limit
        assert is_between_signs(text, len(short.removesuffix("…")))


@every_unit
@settings(max_examples=200, deadline=None)
@given(texts, some.integers(0, 60))
def test_a_shortened_text_fits_and_ends_behind_a_whole_sign(unit: Unit, text: str, limit: int) -> None:
    short = shorten(text, limit, unit)
    assert size(short, unit) <= limit
    kept = short.removesuffix("…")
    assert short == text or (text.startswith(kept) and is_between_signs(text, len(kept)))


@every_unit
def test_a_sign_larger_than_a_piece_is_cut_all_the_same(unit: Unit) -> None:
    text = "a" + "\u0301" * 500
    pieces = split(text, 40, unit)
    assert "".join(piece.text for piece in pieces) == text
    assert all(size(piece.text, unit) <= 40 for piece in pieces)


@every_unit
@pytest.mark.parametrize(
    "link", ["https://romashka.example/roses?a=1;b=2,c.", "www.romashka.example/роза", "a@b.example"]
)
def test_an_address_stays_in_one_piece_wherever_it_stands(unit: Unit, link: str) -> None:
    limit = 3 * size(link, unit)
    for before in range(2 * limit):
        pieces = split("ф" * before + " " + link + " " + "ы" * 30, limit, unit)
        assert any(link in piece.text for piece in pieces), before


@every_unit
def test_a_link_behind_words_stays_in_one_piece(unit: Unit) -> None:
    words = "наша страница доставки"
    limit = 3 * size(words, unit)
    for before in range(limit):
        text = "ф" * before + words + "ы" * 30
        link = Entity("text_link", before, len(words), url="https://romashka.example")
        pieces = split(text, limit, unit, [link])
        (found,) = [one for piece in pieces for one in piece.entities]
        assert found.length == len(words), before


def test_formatting_goes_on_in_the_next_piece() -> None:
    text = "я" * 50
    pieces = split(text, 20, Unit.CHARS, [Entity("bold", 0, 50)])
    assert pieces == [Piece("я" * n, (Entity("bold", 0, n),)) for n in (20, 20, 10)]


def test_a_shortened_text_shows_no_half_of_an_address() -> None:
    assert shorten("Букет https://romashka.example/bouquet", 30) == "Букет…"
    assert shorten("https://romashka.example/bouquet/of/roses", 30) == "https://romashka.example/bouq…"


def test_words_with_a_hidden_address_tell_it_where_nothing_can_hide() -> None:
    link = Entity("text_link", 3, 7, url="https://a.example")
    assert plain("👍 сюда на", (link,)) == "👍 сюда на (https://a.example)"
    assert (
        plain("👍 https://a.example", (Entity("text_link", 3, 17, url="https://a.example"),)) == "👍 https://a.example"
    )
    assert not is_formatted([link])
    assert is_formatted([Entity("bold", 0, 1)])


# ── every channel, and what operators see ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sign", SIGNS[:-2], ids=ascii)
@pytest.mark.parametrize("name", channel_names())
async def test_no_channel_takes_a_sign_apart(name: str, sign: str) -> None:
    settings_of = json.loads((FIXTURES / name / "settings.json").read_text("utf-8"))
    http = HttpClient(api_url="http://127.0.0.1:9")
    connector = channel(name).connect(
        channel(name).Settings.model_validate(settings_of),
        Tools(account=AccountId("a"), http=http, files=None),  # type: ignore[arg-type]
    )
    try:
        rule = connector.capabilities.text
        for shift in range(size(sign, rule.unit) + 1):
            text = "x" * shift + sign * (rule.limit // size(sign, rule.unit) + 3)
            outgoing = SendMessage(SentId("1.1"), Message(text=text))
            parts = connector.render(ContactId("512034567"), outgoing, Known())
            said = [one for part in parts for one in strings_of(part.request) if sign in one]
            assert len(said) > 1
            assert all(set(signs_of(one)) <= {sign, "x"} for one in said), shift
            assert all(size(one, rule.unit) <= rule.limit for one in said)
        label = Button(sign * 60, data="q:да")
        outgoing = SendMessage(SentId("1.1"), Message(text="буква", buttons=((label,),)))
        for part in connector.render(ContactId("512034567"), outgoing, Known()):
            for one in strings_of(part.request):
                assert not set(sign).intersection(one.replace(sign, "")) - {"1", "a", "e"}, one
    finally:
        await connector.close()


def strings_of(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [one for inner in value.values() for one in strings_of(inner)]
        case list() | tuple():
            return [one for inner in value for one in strings_of(inner)]
        case _:
            return []


@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
def test_operators_copies_and_captions_take_no_sign_apart(sign: str) -> None:
    for shift in range(units(sign) + 1):
        text = "x" * shift + sign * (TEXT_LIMIT // units(sign) + 3)
        for one in FormattedText().write(text).messages():
            assert set(signs_of(one.text)) <= {sign, "x"}
            assert units(one.text) <= TEXT_LIMIT
        caption = FormattedText().write(text).message(limit=CAPTION_LIMIT).text
        assert set(signs_of(caption)) <= {sign, "x", "…"}
        assert set(signs_of(cut(text, 60))) <= {sign, "x", "…"}


def test_an_empty_text_is_left_alone() -> None:
    assert (split("", 5), split(" \r\n ", 1), shorten("", 0)) == ([], [], "")
