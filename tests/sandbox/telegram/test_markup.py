import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.telegram.entities import utf16_slice
from sandbox.telegram.errors import ApiError
from sandbox.telegram.markup import parse_markup


def _read(source: str, mode: str) -> tuple[str, list[tuple[object, ...]]]:
    text, entities = parse_markup(source, mode)
    extras = ("url", "language", "custom_emoji_id")
    found = [
        (one["type"], utf16_slice(text, one["offset"], one["length"]), *(one[name] for name in extras if name in one))
        for one in entities
    ]
    return text, found


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("👍 <b>жирно</b>", "👍 жирно", [("bold", "жирно")]),
        ("<strong>a<i>b</i></strong>", "ab", [("bold", "ab"), ("italic", "b")]),
        ("<u>a</u><s>b</s>", "ab", [("underline", "a"), ("strikethrough", "b")]),
        ("<tg-spoiler>c</tg-spoiler>", "c", [("spoiler", "c")]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", "x")]),
        ('<a href="https://ya.ru/?a=1&amp;b=2">сюда</a>', "сюда", [("text_link", "сюда", "https://ya.ru/?a=1&b=2")]),
        ('<pre><code class="language-python">x = 1</code></pre>', "x = 1", [("pre", "x = 1", "python")]),
        ("<code>a &lt; b</code> &#8364; &nbsp;", "a < b € &nbsp;", [("code", "a < b")]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", "q")]),
        ('<tg-emoji emoji-id="5368">👍</tg-emoji>', "👍", [("custom_emoji", "👍", "5368")]),
        ("<b></b>пусто", "пусто", []),
    ],
)
def test_html_is_read(source: str, text: str, found: list[tuple[object, ...]]) -> None:
    assert _read(source, "HTML") == (text, found)


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("*жирно* и _косо_", "жирно и косо", [("bold", "жирно"), ("italic", "косо")]),
        ("__u__~s~||h||", "ush", [("underline", "u"), ("strikethrough", "s"), ("spoiler", "h")]),
        ("*a _b_*", "a b", [("bold", "a b"), ("italic", "b")]),
        (r"1\.5 \- да\!", "1.5 - да!", []),
        (r"[роза](https://ya.ru/\)x)", "роза", [("text_link", "роза", "https://ya.ru/)x")]),
        ("`a.b*`", "a.b*", [("code", "a.b*")]),
        ("```python\nx = 1\n```", "x = 1\n", [("pre", "x = 1\n", "python")]),
        (">раз\n>два\nтри", "раз\nдва\nтри", [("blockquote", "раз\nдва")]),
        (">до конца", "до конца", [("blockquote", "до конца")]),
    ],
)
def test_markdown_v2_is_read(source: str, text: str, found: list[tuple[object, ...]]) -> None:
    assert _read(source, "MarkdownV2") == (text, found)


@pytest.mark.parametrize(
    ("source", "mode", "reason"),
    [
        ("<b>x", "HTML", 'Can\'t find end tag corresponding to start tag "b"'),
        ("я<b>x</i>", "HTML", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'),
        ("x</b>", "HTML", "Unexpected end tag at byte offset 1"),
        ("a < b", "HTML", "Unclosed start tag at byte offset 2"),
        ("<x>y</x>", "HTML", 'Unsupported start tag "x" at byte offset 0'),
        ("<span>y</span>", "HTML", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("a.b", "MarkdownV2", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("я *x", "MarkdownV2", "Can't find end of Bold entity at byte offset 3"),
        ("`x", "MarkdownV2", "Can't find end of Code entity at byte offset 0"),
        ("[x](y", "MarkdownV2", "Can't find end of a URL at byte offset 3"),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_real_words(source: str, mode: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_markup(source, mode)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


@given(st.text(), st.sampled_from(["HTML", "MarkdownV2"]))
def test_any_text_is_read_or_refused(source: str, mode: str) -> None:
    try:
        text, entities = parse_markup(source, mode)
    except ApiError:
        return
    for entity in entities:
        assert utf16_slice(text, entity["offset"], entity["length"])
