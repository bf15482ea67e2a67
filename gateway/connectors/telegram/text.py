"""Cutting a text with formatting into pieces that Telegram takes, counted in UTF-16 code units. Pure.

Pieces end where a reader would pause. No piece ends inside a surrogate pair or a joined emoji; formatting that is
longer than a piece goes on in the next one.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from gateway.model.messages import Entity

_PAUSES = ("\n\n", "\n", ". ", "! ", "? ", "… ", "; ", ", ", " ")
"""Where to cut, the best first."""
_WORTH = 0.5
"""A pause is taken only in the later part of a piece, or pieces get too many."""
_JOINERS = frozenset({"\u200d", "\ufe0f", "\u20e3"})
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_ASTRAL = 0x10000


class Piece(NamedTuple):
    """A part of a text and the formatting that falls on it, counted from its own beginning."""

    text: str
    entities: tuple[Entity, ...]


def units(text: str) -> int:
    """The text's length as Telegram counts it."""
    return len(text) + sum(ord(char) >= _ASTRAL for char in text)


def split(text: str, entities: Sequence[Entity], limit: int) -> list[Piece]:
    """Pieces of at most `limit` units; together they say the whole text, but for white space at the cuts.

    A text without a visible character gives no piece.
    """
    offsets = [0, *accumulate(2 if ord(char) >= _ASTRAL else 1 for char in text)]
    pieces = []
    for begin, end in _spans(text, entities, offsets, limit):
        clipped = tuple(_clipped(entities, offsets[begin], offsets[end]))
        pieces.append(Piece(text[begin:end], clipped))
    return pieces


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` units."""
    if units(text) <= limit:
        return text
    while units(text) > limit - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _spans(text: str, entities: Sequence[Entity], offsets: Sequence[int], limit: int) -> Iterator[tuple[int, int]]:
    begin, end = _trimmed(text, 0, len(text))
    while begin < end:
        cut = end if offsets[end] - offsets[begin] <= limit else _cut(text, entities, offsets, begin, limit)
        piece = _trimmed(text, begin, cut)
        if piece[0] < piece[1]:
            yield piece
        begin = _trimmed(text, cut, end)[0]


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin].isspace():
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    return begin, end


def _cut(text: str, entities: Sequence[Entity], offsets: Sequence[int], begin: int, limit: int) -> int:
    """Where the piece that begins at `begin` ends: behind a pause if there is one, and outside of formatting."""
    last = begin
    while last < len(text) and offsets[last + 1] - offsets[begin] <= limit:
        last += 1
    least = begin + int((last - begin) * _WORTH)
    # Formatting longer than that cannot be kept in one piece anyway.
    short = [one for one in entities if one.length <= limit * _WORTH]
    for avoided in (short, []):
        for pause in _PAUSES:
            found = text.rfind(pause, least, last)
            while found >= 0:
                end = found + len(pause)
                if not _is_inside(avoided, offsets[end]):
                    return end
                found = text.rfind(pause, least, found + len(pause) - 1)
    while last > begin + 1 and _is_joined(text, last):
        last -= 1
    return last


def _is_inside(entities: Iterable[Entity], offset: int) -> bool:
    return any(one.offset < offset < one.offset + one.length for one in entities)


def _is_joined(text: str, index: int) -> bool:
    """Whether a cut before `index` would take one visible sign apart."""
    after, before = text[index], text[index - 1]
    return after in _JOINERS or before == "\u200d" or _SKIN_TONES[0] <= after <= _SKIN_TONES[1]


def _clipped(entities: Iterable[Entity], begin: int, end: int) -> Iterator[Entity]:
    for one in entities:
        first, last = max(one.offset, begin), min(one.offset + one.length, end)
        if first < last:
            yield Entity(kind=one.kind, offset=first - begin, length=last - first, url=one.url, language=one.language)
