"""Words for Avito, which shows no formatting and takes a thousand signs. Pure.

Lengths are UTF-16 code units: what Avito counts is not published, and no other count gives more.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from gateway.model.messages import Entity

_PAUSES = ("\n\n", "\n", ". ", "! ", "? ", "… ", "; ", ", ", " ")
"""Where to cut, the best first."""
_JOINERS = frozenset({"\u200d", "\ufe0f", "\u20e3"})
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_SHOWN = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote"})


def plain(text: str, entities: Sequence[Entity]) -> str:
    """The text with each address that hides behind words in brackets after them."""
    encoded, said, at = text.encode("utf-16-le"), [], 0
    for one in sorted(entities, key=lambda one: one.offset):
        end = 2 * (one.offset + one.length)
        if one.kind != "text_link" or not one.url or 2 * one.offset < at or end > len(encoded):
            continue
        words = encoded[at:end].decode("utf-16-le", "replace")
        said.append(words if words.endswith(one.url) else f"{words} ({one.url})")
        at = end
    return "".join([*said, encoded[at:].decode("utf-16-le", "replace")])


def is_formatted(entities: Sequence[Entity]) -> bool:
    """Whether somebody chose how it looks, and Avito will not show it."""
    return any(one.kind in _SHOWN for one in entities)


def split(text: str, limit: int) -> Iterator[str]:
    """Pieces of at most `limit` units; together they say the whole text, but for white space at the cuts."""
    text = text.strip()
    ends = [0, *accumulate(len(char.encode("utf-16-le")) // 2 for char in text)]
    begin = 0
    while begin < len(text):
        last = begin
        while last < len(text) and ends[last + 1] - ends[begin] <= limit:
            last += 1
        cut = last if last == len(text) else _cut(text, begin, last)
        if piece := text[begin:cut].strip():
            yield piece
        begin = cut


def _cut(text: str, begin: int, last: int) -> int:
    """At the best pause of the piece's second half, or before a visible sign that would be taken apart."""
    for pause in _PAUSES:
        found = text.rfind(pause, begin + (last - begin) // 2, last)
        if found >= 0:
            return found + len(pause)
    end = last
    while end > begin + 1 and (text[end] in _JOINERS or text[end - 1] == "\u200d" or _is_tone(text[end])):
        end -= 1
    # A sign of endless joiners is cut all the same.
    return end if end > begin + 1 else last


def _is_tone(char: str) -> bool:
    return _SKIN_TONES[0] <= char <= _SKIN_TONES[1]
