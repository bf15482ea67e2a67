from hypothesis import given
from hypothesis import strategies as st

from gateway.model.messages import Entity
from gateway.operator_bot.texts.formatted_text import BOLD, TEXT_LIMIT, FormattedText, cut, one_line, units

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


def test_emojis_count_twice_as_telegram_counts_them() -> None:
    assert (units("я"), units("🙂"), units("")) == (1, 2, 0)


def test_formatting_keeps_its_place_behind_whatever_is_put_before_it() -> None:
    formatted = FormattedText().write("🙂 Мария", BOLD).words("жирно", (Entity("bold", 0, 5),))

    message = formatted.message()

    assert message.text == "🙂 Мария\nжирно"
    assert message.entities == (Entity("bold", 0, 8), Entity("bold", 9, 5))


def test_what_does_not_fit_is_cut_with_an_ellipsis_and_its_formatting_with_it() -> None:
    message = FormattedText().write("а" * 20, BOLD).write("б", BOLD).message(limit=10)

    assert message.text == "а" * 9 + "…"
    assert message.entities == (Entity("bold", 0, 10),)


def test_empty_rows_of_buttons_are_left_out() -> None:
    assert FormattedText().write("x").message([[], []]).buttons == ()


@given(TEXT, st.integers(1, 60))
def test_cutting_never_exceeds_the_limit_nor_splits_a_character(text: str, limit: int) -> None:
    short = cut(text, limit)

    assert units(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
    short.encode("utf-8")


@given(TEXT)
def test_one_line_has_no_breaks(text: str) -> None:
    assert "\n" not in one_line(text, 40)


@given(st.lists(st.sampled_from(["слово ", "строка\n", "🙂", "x" * 900, " "]), max_size=60))
def test_a_long_text_becomes_several_messages_and_loses_nothing(pieces: list[str]) -> None:
    formatted = FormattedText()
    for piece in pieces:
        formatted.write(piece, BOLD)

    messages = formatted.messages()

    assert "".join(one.text for one in messages) == "".join(pieces)
    for one in messages:
        assert 0 < units(one.text) <= TEXT_LIMIT
        assert all(e.offset >= 0 and e.offset + e.length <= units(one.text) for e in one.entities)
    covered = sum(e.length for one in messages for e in one.entities)
    assert covered == units("".join(pieces))
