"""Words for WhatsApp: its own marks for formatting, hidden addresses in brackets, long texts cut at a pause. Pure.

Lengths are characters. A mark stands only where WhatsApp would take it for one, and only in a text that goes whole: a
cut between two marks would show them both.
"""

import re
from collections.abc import Iterator, Sequence

from gateway.connectors.toolkit import text as toolkit
from gateway.connectors.toolkit.text import Unit
from gateway.model.messages import Entity

_MARKS = {"bold": "*", "italic": "_", "strikethrough": "~", "code": "`", "pre": "```"}
_LOST = frozenset({"underline", "spoiler", "blockquote"})
_APART = "\u200b"
"""Shows nothing, and keeps what somebody wrote from being taken for a mark."""
_LITERAL = re.compile(
    r"(?<![^\W_])(?P<mark>```|[*_~`])(?=\S)(?P<words>[^\n]*?\S)(?P=mark)(?![^\W_])|^(?P<quote>[>])(?= )", re.MULTILINE
)
"""What WhatsApp would take for formatting: a pair of marks around words, a quote's sign before a line. A mark beside
another one, and one within another pair, counts too: only letters and digits keep it from being one.
"""


def written(text: str, entities: Sequence[Entity], *, marked: bool) -> str:
    """The text with each hidden address behind its words and, where `marked`, the formatting that WhatsApp knows.

    Signs that merely look like WhatsApp's marks are kept from being taken for them: the client reads what was written.
    """
    encoded = text.encode("utf-16-le")
    put: dict[int, list[str]] = {}
    shown = [one for one in entities if marked and _is_shown(encoded, one)]
    for place in dict.fromkeys(_literal(text, shown)):  # several signs may have the same one as their second
        put.setdefault(place, []).append(_APART)
    for one in sorted(entities, key=lambda entity: (entity.offset, -entity.length)):
        begin, end = 2 * one.offset, 2 * (one.offset + one.length)
        words = encoded[begin:end].decode("utf-16-le", "replace")
        if one.offset < 0 or end > len(encoded) or not words.strip():
            continue
        if one.kind == "text_link" and one.url and not words.endswith(one.url):
            put.setdefault(end, []).append(f" ({one.url})")
        if one in shown:
            mark = _MARKS[one.kind]
            begin, end = _bounds(encoded, one)
            put.setdefault(begin, []).append(mark)
            put.setdefault(end, []).insert(0, mark)
    pieces, at = [], 0
    for place in sorted(put):
        pieces += [encoded[at:place].decode("utf-16-le", "replace"), *put[place]]
        at = place
    return "".join([*pieces, encoded[at:].decode("utf-16-le", "replace")])


def loses_formatting(text: str, entities: Sequence[Entity], *, marked: bool) -> bool:
    """Whether somebody chose how it looks, and WhatsApp will not show it."""
    encoded = text.encode("utf-16-le")
    return any(
        one.kind in _LOST or (one.kind in _MARKS and not (marked and _is_shown(encoded, one))) for one in entities
    )


def _is_shown(encoded: bytes, one: Entity) -> bool:
    """Whether WhatsApp takes marks there for formatting: around whole words of one line, without the mark in them."""
    mark = _MARKS.get(one.kind)
    if mark is None or one.offset < 0 or 2 * (one.offset + one.length) > len(encoded):
        return False
    begin, end = _bounds(encoded, one)
    words = encoded[begin:end].decode("utf-16-le", "replace")
    if not words or mark[0] in words or ("\n" in words and one.kind != "pre"):
        return False
    before, after = (
        encoded[:begin].decode("utf-16-le", "replace")[-1:],
        encoded[end:].decode("utf-16-le", "replace")[:1],
    )
    return not (before.isalnum() or after.isalnum())


def _bounds(encoded: bytes, one: Entity) -> tuple[int, int]:
    """Where the marks stand, in bytes: they hold only without blanks inside of them."""
    begin, end = 2 * one.offset, 2 * (one.offset + one.length)
    words = encoded[begin:end].decode("utf-16-le", "replace")
    begin += 2 * _units(words[: len(words) - len(words.lstrip())])
    return begin, max(begin, end - 2 * _units(words[len(words.rstrip()) :]))


def _literal(text: str, shown: Sequence[Entity]) -> Iterator[int]:
    """Places, in bytes, where something that shows nothing keeps signs from being marks; never inside of a link."""
    kept = [*toolkit.addresses(text)]
    bare = [(2 * one.offset, 2 * (one.offset + one.length)) for one in shown if one.kind in {"code", "pre"}]
    at = 0
    while (found := _LITERAL.search(text, at)) is not None:
        begin, end = found.span()
        at = begin + 1
        place = 2 * _units(text[:begin])
        if any(first <= begin < last for first, last in kept) or any(first <= place < last for first, last in bare):
            continue
        if found["quote"]:
            yield place
            continue
        mark = 2 * len(found["mark"])
        yield place + mark
        yield 2 * _units(text[: end - len(found["mark"])])
        at = begin + len(found["mark"])


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters, see toolkit/text.py."""
    return [piece.text for piece in toolkit.split(text, limit, Unit.CHARS)]


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` characters."""
    return toolkit.shorten(text, limit, Unit.CHARS)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
