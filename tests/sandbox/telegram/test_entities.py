import pytest

from sandbox.telegram.entities import find_entities, trimmed, utf16_length, utf16_slice


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start ref1", [("bot_command", "/start")]),
        ("нажмите /my или /on@shop_bot.", [("bot_command", "/my"), ("bot_command", "/on@shop_bot")]),
        ("путь a/b/c и 1/2", []),
        ("👍 https://ya.ru/a?b=c, вот", [("url", "https://ya.ru/a?b=c")]),
        ("сайт romashka.ru/rozy!", [("url", "romashka.ru/rozy")]),
        ("пишите @maria или на m@example.com", [("mention", "@maria"), ("email", "m@example.com")]),
        ("звоните +7 999 000-00-00", [("phone_number", "+7 999 000-00-00")]),
        ("#розы и #1", [("hashtag", "#розы")]),
        ("просто текст. И ещё", []),
        ("версия 3.14 или т.е. так", []),
    ],
)
def test_the_server_sees_by_itself(text: str, found: list[tuple[str, str]]) -> None:
    entities = find_entities(text)
    assert [(one["type"], utf16_slice(text, one["offset"], one["length"])) for one in entities] == found


def test_nothing_is_looked_for_inside_code() -> None:
    marked = [{"type": "code", "offset": 0, "length": 14}]
    assert find_entities("https://ya.ru/ и ya.ru", marked) == [*marked, {"type": "url", "offset": 17, "length": 5}]


def test_lengths_are_utf16_units() -> None:
    assert [utf16_length(text) for text in ("abc", "я", "👍", "👨‍💻")] == [3, 1, 2, 5]


def test_trimming_cuts_entities_at_both_ends() -> None:
    entities = [{"type": "bold", "offset": 0, "length": 4}, {"type": "code", "offset": 6, "length": 5}]
    assert trimmed("  ab  cd   ", entities) == (
        "ab  cd",
        [{"type": "bold", "offset": 0, "length": 2}, {"type": "code", "offset": 4, "length": 2}],
    )
