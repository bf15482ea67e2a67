"""Words for VK, which shows no formatting: addresses hidden behind words come out, and a long text is cut. Pure.

Lengths are UTF-16 code units: what VK counts is not published, and no other count gives more.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from gateway.model.messages import Entity

_PAUSES = ("\n\n", "\n", ". ", "! ", "? ", "… ", "; ", ", ", " ")
"""Where to cut, the best first."""
_WORTH = 0.5
"""A pause is taken only in the later part of a piece, or pieces get too many."""
_JOINERS = frozenset({"\u200d", "\ufe0f", "\u20e3"})
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_ASTRAL = 0x10000
_SHOWN = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote"})


def units(text: str) -> int:
    """The text's length in UTF-16 code units."""
    return len(text) + sum(ord(char) >= _ASTRAL for char in text)


def plain(text: str, entities: Sequence[Entity]) -> str:
    """The text with each hidden address in brackets behind its words."""
    links = sorted((one for one in entities if one.kind == "text_link" and one.url), key=lambda one: one.offset)
    encoded, said, at = text.encode("utf-16-le"), [], 0
    for one in links:
        end = 2 * (one.offset + one.length)
        if 2 * one.offset < at or end > len(encoded):
            continue
        words = encoded[at:end].decode("utf-16-le", "replace")
        said += [words, "" if one.url is None or words.endswith(one.url) else f" ({one.url})"]
        at = end
    said.append(encoded[at:].decode("utf-16-le", "replace"))
    return "".join(said)


def is_formatted(entities: Sequence[Entity]) -> bool:
    """Whether somebody chose how it looks, and VK will not show it."""
    return any(one.kind in _SHOWN for one in entities)


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` units; together they say the whole text, but for white space at the cuts."""
    return list(_pieces(text.strip(), limit))


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` units."""
    if units(text) <= limit:
        return text
    while units(text) > limit - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _pieces(text: str, limit: int) -> Iterator[str]:
    offsets = [0, *accumulate(2 if ord(char) >= _ASTRAL else 1 for char in text)]
    begin = 0
    while offsets[-1] - offsets[begin] > limit:
        cut = _cut(text, offsets, begin, limit)
        if piece := text[begin:cut].strip():
            yield piece
        begin = cut
    if rest := text[begin:].strip():
        yield rest


def _cut(text: str, offsets: Sequence[int], begin: int, limit: int) -> int:
    last = begin
    while last < len(text) and offsets[last + 1] - offsets[begin] <= limit:
        last += 1
    least = begin + int((last - begin) * _WORTH)
    for pause in _PAUSES:
        found = text.rfind(pause, least, last)
        if found >= 0:
            return found + len(pause)
    end = last
    while end > begin + 1 and _is_joined(text, end):
        end -= 1
    # A sign of endless joiners is cut all the same.
    return end if end > begin + 1 else last


def _is_joined(text: str, index: int) -> bool:
    """Whether a cut before `index` would take one visible sign apart."""
    after, before = text[index], text[index - 1]
    return after in _JOINERS or before == "\u200d" or _SKIN_TONES[0] <= after <= _SKIN_TONES[1]
