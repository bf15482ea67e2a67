import json

import pytest

from sandbox.vk.errors import VkError
from sandbox.vk.keyboards import read_keyboard

TEXT = {"action": {"type": "text", "label": "Да"}}


def keyboard(*rows: list[object], **more: object) -> str:
    return json.dumps({"buttons": rows, **more})


def test_a_right_one_is_kept_with_its_author_and_payloads_as_strings() -> None:
    given = keyboard(
        [{"action": {"type": "callback", "label": "Да", "payload": {"q": 1}}, "color": "primary"}],
        [{"action": {"type": "location"}}],
        inline=True,
    )
    assert read_keyboard(given, 5) == {
        "one_time": False,
        "inline": True,
        "author_id": -5,
        "buttons": [
            [{"action": {"type": "callback", "label": "Да", "payload": '{"q": 1}'}, "color": "primary"}],
            [{"action": {"type": "location"}}],
        ],
    }


def test_an_empty_one_takes_the_last_away() -> None:
    assert read_keyboard(keyboard(), 5) is None


@pytest.mark.parametrize(
    "wrong",
    [
        "{",
        "[]",
        json.dumps({"buttons": {"0": []}}),
        keyboard([{"label": "Да"}]),
        keyboard([{"action": {"type": "explode", "label": "Да"}}]),
        keyboard([{"action": {"type": "text", "label": ""}}]),
        keyboard([{"action": {"type": "text", "label": "Д" * 41}}]),
        keyboard([{"action": {"type": "text", "label": "Да", "payload": "не JSON"}}]),
        keyboard([{"action": {"type": "text", "label": "Да", "payload": json.dumps("x" * 255)}}]),
        keyboard([{"action": {"type": "open_link", "label": "Сайт", "link": "javascript:alert(1)"}}]),
        keyboard([{**TEXT, "color": "pink"}]),
        keyboard([TEXT] * 6),
        keyboard(*[[TEXT]] * 11),
        keyboard(*[[TEXT] * 5] * 9),
        keyboard(*[[TEXT]] * 7, inline=True),
        keyboard(*[[TEXT] * 4] * 3, inline=True),
        keyboard([TEXT], inline=True, one_time=True),
    ],
)
def test_a_wrong_one_is_refused(wrong: str) -> None:
    with pytest.raises(VkError, match="Keyboard format is invalid: ") as refusal:
        read_keyboard(wrong, 5)
    assert refusal.value.code == 911


@pytest.mark.parametrize(
    "largest",
    [keyboard(*[[TEXT] * 4] * 10), keyboard(*[[TEXT] * 2] * 5, inline=True), keyboard(*[[TEXT]] * 6, inline=True)],
)
def test_the_largest_ones_are_taken(largest: str) -> None:
    assert read_keyboard(largest, 5) is not None
