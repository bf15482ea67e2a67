"""Cutting long texts: nothing is lost, nothing is taken apart, and every piece fits."""

from hypothesis import given, settings
from hypothesis import strategies as some

from gateway.connectors.telegram.text import shorten, split, units
from gateway.model.messages import Entity

signs = some.sampled_from([*"абв xyz.,!?\n", "👍", "👍🏽", "👨‍👩‍👧", "é", "❤️", " "])
texts = some.lists(signs, max_size=120).map("".join)


def utf16(text: str, offset: int, length: int) -> str:
    raw = text.encode("utf-16-le")
    return raw[offset * 2 : (offset + length) * 2].decode("utf-16-le")


@settings(max_examples=400, deadline=None)
@given(texts, some.integers(12, 40))
def test_pieces_fit_and_say_the_whole_text(text: str, limit: int) -> None:
    pieces = split(text, (), limit)
    assert all(0 < units(piece.text) <= limit for piece in pieces)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split())
    for piece in pieces:
        piece.text.encode("utf-16", "strict")


@settings(max_examples=400, deadline=None)
@given(texts, some.integers(12, 40), some.data())
def test_formatting_goes_on_over_the_cuts(text: str, limit: int, data: some.DataObject) -> None:
    ends = [units(text[:index]) for index in range(len(text) + 1)]
    first, last = sorted(data.draw(some.tuples(some.sampled_from(ends), some.sampled_from(ends))))
    entities = (Entity("bold", first, last - first),)
    bold = ""
    for piece in split(text, entities, limit):
        for one in piece.entities:
            assert one.offset >= 0
            assert one.length > 0
            assert one.offset + one.length <= units(piece.text)
            bold += utf16(piece.text, one.offset, one.length)
    assert "".join(bold.split()) == "".join(utf16(text, first, last - first).split())


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert [piece.text for piece in split("Да.\n\nНет.", (), 4096)] == ["Да.\n\nНет."]


def test_a_cut_falls_where_a_reader_would_pause() -> None:
    text = "Первое предложение. Второе, подлиннее.\nНовый абзац кончается тут"
    assert [piece.text for piece in split(text, (), 45)] == [
        "Первое предложение. Второе, подлиннее.",
        "Новый абзац кончается тут",
    ]


def test_a_short_link_is_not_taken_apart() -> None:
    text = "Вся подробная информация есть на странице доставки и оплаты"
    begin = text.index("странице")
    pieces = split(text, (Entity("text_link", begin, 17, url="https://romashka.example"),), 45)
    assert [piece.text for piece in pieces] == ["Вся подробная информация есть на", "странице доставки и оплаты"]
    assert pieces[1].entities == (Entity("text_link", 0, 17, url="https://romashka.example"),)


def test_a_joined_emoji_is_not_taken_apart() -> None:
    family = "👨‍👩‍👧"
    pieces = split(f"{'а' * 8}{family}{'б' * 8}", (), 13)
    assert any(family in piece.text for piece in pieces)


def test_a_text_without_a_visible_sign_gives_nothing() -> None:
    assert split(" \n\t ", (), 10) == []


def test_shortening_counts_as_telegram_does() -> None:
    assert shorten("Взято", 200) == "Взято"
    short = shorten("👍" * 150, 200)
    assert units(short) <= 200
    assert short.endswith("…")
