"""Words for Instagram, which shows no formatting and counts bytes: hidden addresses come out, long texts are cut. Pure.

A letter outside ASCII counts two bytes and more, an emoji up to some dozens; none is cut in two.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from gateway.model.messages import Entity

_PAUSES = ("\n\n", "\n", ". ", "! ", "? ", "… ", "; ", ", ", " ")
"""Where to cut, the best first."""
_WORTH = 0.5
"""A pause is taken only in the later part of a piece, or pieces get too many."""
_JOINERS = frozenset({"\u200d", "\ufe0f", "\u20e3"})
_MARKS = ("\u0300", "\u036f")
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_FLAGS = ("\U0001f1e6", "\U0001f1ff")
_SHOWN = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote"})


def size(text: str) -> int:
    """The text's length in bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))


def plain(text: str, entities: Sequence[Entity]) -> str:
    """The text with each hidden address in brackets behind its words."""
    links = sorted((one for one in entities if one.kind == "text_link" and one.url), key=lambda one: one.offset)
    encoded, said, at = text.encode("utf-16-le", "replace"), [], 0
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
    """Whether somebody chose how it looks, and Instagram will not show it."""
    return any(one.kind in _SHOWN for one in entities)


def shorten(text: str, signs: int) -> str:
    """The text, or its beginning with an ellipsis, in at most so many signs."""
    return text if len(text) <= signs else f"{text[: signs - 1].rstrip()}…"


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` bytes; together they say the whole text, but for white space at the cuts."""
    return list(_pieces(text.strip(), limit))


def _pieces(text: str, limit: int) -> Iterator[str]:
    offsets = [0, *accumulate(size(char) for char in text)]
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
    if after in _JOINERS or before == "\u200d" or _MARKS[0] <= after <= _MARKS[1]:
        return True
    return _SKIN_TONES[0] <= after <= _SKIN_TONES[1] or _is_inside_a_flag(text, index)


def _is_inside_a_flag(text: str, index: int) -> bool:
    """A flag is two letters of their own kind; which two belong together is counted from their beginning."""
    if not _FLAGS[0] <= text[index] <= _FLAGS[1]:
        return False
    begin = index
    while begin and _FLAGS[0] <= text[begin - 1] <= _FLAGS[1]:
        begin -= 1
    return (index - begin) % 2 == 1
