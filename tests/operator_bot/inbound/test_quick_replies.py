import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.events import Refusal
from gateway.model.messages import Button, Entity, Media, MediaKind, Message
from gateway.operator_bot.inbound import misunderstandings
from gateway.operator_bot.inbound.buttons import LIMIT
from gateway.operator_bot.inbound.quick_replies import with_quick_replies

PHOTO = Media(MediaKind.PHOTO, remote="f1")


@pytest.mark.parametrize(
    ("text", "left", "labels"),
    [
        ("Оформляем?\n[[Да]] [[Нет]]", "Оформляем?", [["Да", "Нет"]]),
        ("Какой?\n\n[[Чёрный]]\n[[Белый]][[ Любой ]]\n", "Какой?", [["Чёрный"], ["Белый", "Любой"]]),
        ("[[Да]] так [[Нет]]", "[[Да]] так [[Нет]]", []),
        ("[[Да]]\nВерно?", "[[Да]]\nВерно?", []),
        ("Массив\na[[0]]", "Массив\na[[0]]", []),
        ("Пусто\n[[]] [[ ]]", "Пусто\n[[]] [[ ]]", []),
        ("Просто слова\n", "Просто слова\n", []),
    ],
)
def test_only_last_lines_of_nothing_but_marks_are_buttons(text: str, left: str, labels: list[list[str]]) -> None:
    found = with_quick_replies(Message(text=text))

    assert isinstance(found, Message)
    assert found.text == left
    assert found.buttons == tuple(tuple(Button(one, data=f"q:{one}") for one in row) for row in labels)


def test_formatting_ends_where_the_words_end() -> None:
    message = Message(
        text="😀 Да?\n[[Да]]", entities=(Entity("bold", 0, 13), Entity("code", 7, 2), Entity("bold", 3, 2))
    )

    found = with_quick_replies(message)

    assert isinstance(found, Message)
    assert found.entities == (Entity("bold", 0, 6), Entity("bold", 3, 2))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[Да]] [[Нет]]", misunderstandings.ONLY_BUTTONS),
        ("Что?\n[[" + "я" * 32 + "]]", Refusal.BUTTON_TOO_LONG),
        ("Что?\n" + "[[а]]" * 9, misunderstandings.TOO_MANY_BUTTONS),
        ("Что?\n" + "[[а]]\n" * 13, misunderstandings.TOO_MANY_BUTTONS),
    ],
)
def test_buttons_that_cannot_be_are_refused_with_the_reason(text: str, why: str) -> None:
    assert with_quick_replies(Message(text=text)) == why


def test_the_longest_label_fits_and_a_photo_needs_no_words() -> None:
    found = with_quick_replies(Message(text="[[" + "я" * 31 + "]]", attachments=(PHOTO,)))

    assert isinstance(found, Message)
    assert found.text == ""
    assert len((found.buttons[0][0].data or "").encode()) == LIMIT


@given(st.text(alphabet="[]аб \n", max_size=60))
def test_whatever_is_typed_nothing_is_lost(text: str) -> None:
    found = with_quick_replies(Message(text=text))

    if isinstance(found, Message):
        said = found.text + "".join(button.text for row in found.buttons for button in row)
        assert sorted(said.replace(" ", "").replace("\n", "").replace("[", "").replace("]", "")) == sorted(
            char for char in text if char in "аб"
        )
