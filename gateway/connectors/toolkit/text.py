"""Cutting texts for vendors, each with a limit in a unit of its own. Pure, and the only place that cuts.

A cut falls where a reader would pause. It never takes a visible sign apart (a flag, a family, a letter with its
accents, a Hangul syllable, an Indic conjunct, a CR LF), and no link and no short piece of formatting, as long as
these fit into a piece of their own. Offsets of entities are UTF-16 code units, whatever the unit of the limit is.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

import regex

from gateway.model.messages import Entity

ELLIPSIS = "…"
_SIGN = regex.compile(r"\X")
"""One visible sign: an extended grapheme cluster (Unicode's annex 29)."""
_ADDRESS = regex.compile(
    r"(?:\b(?:https?|tg|tel|mailto|ftp):|\bwww\.)[^\s<>\"«»]+|(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+"
)
_PAUSES = ("\n\n", "\n", ". ", "! ", "? ", "… ", "; ", ", ", " ")
"""Where to cut, the best first."""
_WORTH = 0.5
"""A pause is taken only in the later part of a piece, or pieces get too many."""
_LINKS = frozenset({"text_link", "text_mention", "mention", "url", "email", "phone_number", "hashtag", "custom_emoji"})
_SHOWN = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote"})
_ASTRAL = 0x10000


class Unit(StrEnum):
    """What a vendor counts."""

    UTF16 = "utf16"
    CHARS = "chars"
    BYTES = "bytes"


class Piece(NamedTuple):
    """A part of a text and the formatting that falls on it, counted from its own beginning."""

    text: str
    entities: tuple[Entity, ...] = ()


Span = tuple[int, int]


def size(text: str, unit: str = Unit.UTF16) -> int:
    """The text's length in this unit."""
    match unit:
        case Unit.BYTES:
            return len(text.encode("utf-8", "replace"))
        case Unit.CHARS:
            return len(text)
        case _:
            return len(text) + sum(ord(char) >= _ASTRAL for char in text)


def split(text: str, limit: int, unit: str = Unit.UTF16, entities: Sequence[Entity] = ()) -> list[Piece]:
    """Pieces of at most `limit` units; together they say the whole text, but for white space at the cuts.

    A text without a visible character gives no piece. Formatting that is longer than a piece goes on in the next one.
    """
    offsets = _offsets(text, Unit.UTF16)
    trimmed = (_trimmed(text, begin, end) for begin, end in spans(text, limit, unit, entities))
    return [
        Piece(text[begin:end], tuple(_clipped(entities, offsets[begin], offsets[end])))
        for begin, end in trimmed
        if begin < end
    ]


def spans(text: str, limit: int, unit: str = Unit.UTF16, entities: Sequence[Entity] = ()) -> Iterator[Span]:
    """Where the pieces begin and end in the text, in characters; together they are all of it."""
    offsets = _offsets(text, unit)
    if offsets[-1] <= limit:
        if text:
            yield 0, len(text)
        return
    whole = _Whole(text, offsets, sorted({*_links(text, entities), *_formatted(text, entities, limit * _WORTH)}))
    begin = 0
    while begin < len(text):
        end = len(text) if offsets[-1] - offsets[begin] <= limit else whole.cut(begin, limit)
        yield begin, end
        begin = end


def shorten(text: str, limit: int, unit: str = Unit.UTF16) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` units; half an address is no address."""
    if size(text, unit) <= limit:
        return text
    room = limit - size(ELLIPSIS, unit)
    end = len(head(text, room, unit))
    torn = next((begin for begin, last in _links(text, ()) if 0 < begin < end < last), end)
    return f"{text[:torn].rstrip() or text[:end].rstrip()}{ELLIPSIS}" if room >= 0 else ""


def head(text: str, limit: int, unit: str = Unit.UTF16) -> str:
    """The beginning of the text: as many whole signs as `limit` units hold."""
    last = bisect_right(_offsets(text, unit), limit) - 1
    return text[: max((one for one in _boundaries(text, 0, last) if one <= last), default=0)]


def addresses(text: str) -> Iterator[Span]:
    """Where addresses stand in the text, in characters."""
    yield from (one.span() for one in _ADDRESS.finditer(text))


def plain(text: str, entities: Sequence[Entity]) -> str:
    """The text with each address that hides behind words in brackets after them, for where nothing can hide."""
    encoded, said, at = text.encode("utf-16-le", "surrogatepass"), [], 0
    for one in sorted(entities, key=lambda one: one.offset):
        end = 2 * (one.offset + one.length)
        if one.kind != "text_link" or not one.url or 2 * one.offset < at or end > len(encoded):
            continue
        words = encoded[at:end].decode("utf-16-le", "replace")
        said.append(words if words.endswith(one.url) else f"{words} ({one.url})")
        at = end
    return "".join([*said, encoded[at:].decode("utf-16-le", "replace")])


def is_formatted(entities: Iterable[Entity]) -> bool:
    """Whether somebody chose how it looks, and it is lost where nothing is formatted."""
    return any(one.kind in _SHOWN for one in entities)


class _Whole(NamedTuple):
    """A text that is being cut: where its characters end in the unit of the limit, and what is better left whole."""

    text: str
    offsets: Sequence[int]
    kept: Sequence[Span]

    def cut(self, begin: int, limit: int) -> int:
        """Where the piece that begins there ends."""
        last = begin
        while last < len(self.text) and self.offsets[last + 1] - self.offsets[begin] <= limit:
            last += 1
        last = max(last, begin + 1)
        signs = sorted(one for one in _boundaries(self.text, begin, last) if begin < one <= last)
        if not signs:
            # One sign of endless joiners: it is cut all the same.
            return last
        free = {one for one in signs if not self._is_inside(one)}
        later = begin + int((last - begin) * _WORTH)
        found = self._pause(free, later, last)
        if found is None and (before := self._before_what_is_kept(begin, last, limit)) in free:
            return before
        if found is None and signs[-1] not in free:
            found = self._pause(set(signs), later, last)
        return signs[-1] if found is None else found

    def _pause(self, allowed: set[int], least: int, last: int) -> int | None:
        """Behind the best pause from there on."""
        for pause in _PAUSES:
            found = self.text.rfind(pause, least, last)
            while found >= 0:
                if (end := found + len(pause)) in allowed:
                    return end
                found = self.text.rfind(pause, least, end - 1)
        return None

    def _before_what_is_kept(self, begin: int, last: int, limit: int) -> int:
        """Where that begins which the limit would take apart, though it fits into a piece of its own."""
        torn = ((first, end) for first, end in self.kept if begin < first < last < end)
        return next((first for first, end in torn if self.offsets[end] - self.offsets[first] <= limit), -1)

    def _is_inside(self, place: int) -> bool:
        return any(first < place < end for first, end in self.kept)


def _boundaries(text: str, begin: int, last: int | None = None) -> Iterator[int]:
    """Where visible signs end, from `begin` on, which is a boundary; up to the first that is behind `last`."""
    for one in _SIGN.finditer(text, begin):
        yield one.end()
        if last is not None and one.end() > last:
            return


def _offsets(text: str, unit: str) -> list[int]:
    match unit:
        case Unit.BYTES:
            return [0, *accumulate(len(char.encode("utf-8", "replace")) for char in text)]
        case Unit.CHARS:
            return list(range(len(text) + 1))
        case _:
            return [0, *accumulate(2 if ord(char) >= _ASTRAL else 1 for char in text)]


def _links(text: str, entities: Sequence[Entity]) -> Iterator[Span]:
    """Addresses, as they stand there or hidden behind words."""
    yield from addresses(text)
    yield from _places(text, [one for one in entities if one.kind in _LINKS])


def _formatted(text: str, entities: Sequence[Entity], most: float) -> Iterator[Span]:
    """Short pieces of formatting: longer ones cannot be kept in one piece anyway."""
    yield from _places(text, [one for one in entities if one.kind not in _LINKS and one.length <= most])


def _places(text: str, entities: Sequence[Entity]) -> Iterator[Span]:
    if not entities:
        return
    at = {offset: place for place, offset in enumerate(_offsets(text, Unit.UTF16))}
    for one in entities:
        begin, end = at.get(one.offset), at.get(one.offset + one.length)
        if begin is not None and end is not None and begin < end:
            yield begin, end


def _trimmed(text: str, begin: int, end: int) -> Span:
    while begin < end and text[begin].isspace():
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    return begin, end


def _clipped(entities: Iterable[Entity], begin: int, end: int) -> Iterator[Entity]:
    for one in entities:
        first, last = max(one.offset, begin), min(one.offset + one.length, end)
        if first < last:
            yield Entity(kind=one.kind, offset=first - begin, length=last - first, url=one.url, language=one.language)
