import pytest

from gateway.model.text import is_blank


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "\u200b",
        "\u2800",
        "\u3164",
        "\u00ad\u2060",
        "\u202e\u200f ",
        "\u0301\u0301",
        "\ufe0f\u200d",
        "\u00a0",
    ],
)
def test_what_shows_no_sign_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", [".", " я ", "\u200b1", "e\u0301", "👨\u200d👩", "❤️", "ا", "\u202eabc", "0"])
def test_what_shows_any_sign_is_not(text: str) -> None:
    assert not is_blank(text)
