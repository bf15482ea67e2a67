"""Words for WhatsApp: its own marks for formatting, hidden addresses in brackets, long texts cut at a pause. Pure.

Lengths are characters. A mark stands only where WhatsApp would take it for one, and only in a text that goes whole: a
cut between two marks would show them both.
"""

from collections.abc import Sequence

from gateway.connectors.toolkit import text as toolkit
from gateway.connectors.toolkit.text import Unit
from gateway.model.messages import Entity

_MARKS = {"bold": "*", "italic": "_", "strikethrough": "~", "code": "`", "pre": "```"}
_LOST = frozenset({"underline", "spoiler", "blockquote"})


def written(text: str, entities: Sequence[Entity], *, marked: bool) -> str:
    """The text with each hidden address behind its words and, where `marked`, the formatting that WhatsApp knows."""
    encoded = text.encode("utf-16-le")
    put: dict[int, list[str]] = {}
    for one in sorted(entities, key=lambda entity: (entity.offset, -entity.length)):
        begin, end = 2 * one.offset, 2 * (one.offset + one.length)
        words = encoded[begin:end].decode("utf-16-le", "replace")
        if one.offset < 0 or end > len(encoded) or not words.strip():
            continue
        if one.kind == "text_link" and one.url and not words.endswith(one.url):
            put.setdefault(end, []).append(f" ({one.url})")
        mark = _MARKS.get(one.kind) if marked else None
        if mark is not None and (one.kind == "pre" or "\n" not in words):
            # Marks hold only without blanks inside of them.
            begin += 2 * _units(words[: len(words) - len(words.lstrip())])
            end -= 2 * _units(words[len(words.rstrip()) :])
            put.setdefault(begin, []).append(mark)
            put.setdefault(end, []).insert(0, mark)
    pieces, at = [], 0
    for place in sorted(put):
        pieces += [encoded[at:place].decode("utf-16-le", "replace"), *put[place]]
        at = place
    return "".join([*pieces, encoded[at:].decode("utf-16-le", "replace")])


def loses_formatting(entities: Sequence[Entity], *, marked: bool) -> bool:
    """Whether somebody chose how it looks, and WhatsApp will not show it."""
    return any(one.kind in _LOST or (one.kind in _MARKS and not marked) for one in entities)


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters, see toolkit/text.py."""
    return [piece.text for piece in toolkit.split(text, limit, Unit.CHARS)]


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` characters."""
    return toolkit.shorten(text, limit, Unit.CHARS)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
