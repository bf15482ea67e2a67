"""Words for WhatsApp: its own marks for formatting, hidden addresses in brackets, long texts cut at a pause. Pure.

Lengths are characters. A mark stands only where WhatsApp would take it for one, and only in a text that goes whole: a
cut between two marks would show them both.
"""

from collections.abc import Iterator, Sequence

from gateway.model.messages import Entity

_PAUSES = ("\n\n", "\n", ". ", "! ", "? ", "… ", "; ", ", ", " ")
"""Where to cut, the best first."""
_WORTH = 0.5
"""A pause is taken only in the later part of a piece, or pieces get too many."""
_MARKS = {"bold": "*", "italic": "_", "strikethrough": "~", "code": "`", "pre": "```"}
_LOST = frozenset({"underline", "spoiler", "blockquote"})
_JOINERS = frozenset({"\u200d", "\ufe0f", "\u20e3"})
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


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
    """Pieces of at most `limit` characters; together the whole text, but for white space at the cuts."""
    return list(_pieces(text.strip(), limit))


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def _pieces(text: str, limit: int) -> Iterator[str]:
    while len(text) > limit:
        cut = _cut(text, limit)
        if piece := text[:cut].strip():
            yield piece
        text = text[cut:].strip()
    if text:
        yield text


def _cut(text: str, limit: int) -> int:
    least = int(limit * _WORTH)
    for pause in _PAUSES:
        found = text.rfind(pause, least, limit)
        if found >= 0:
            return found + len(pause)
    end = limit
    while end > 1 and _is_joined(text[end - 1], text[end]):
        end -= 1
    # A sign of endless joiners is cut all the same.
    return end if end > 1 else limit


def _is_joined(before: str, after: str) -> bool:
    """Whether a cut here would take one visible sign apart."""
    return after in _JOINERS or before == "\u200d" or _SKIN_TONES[0] <= after <= _SKIN_TONES[1]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
