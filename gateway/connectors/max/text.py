"""Words for MAX: plain where nothing is formatted, else as the HTML that MAX reads; a long text is cut. Pure.

Lengths are UTF-16 code units of what is sent, tags and all: what MAX counts is not published, and no other count gives
more.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape, unescape
from itertools import pairwise
from typing import NamedTuple

from gateway.connectors.toolkit import text as toolkit
from gateway.connectors.toolkit.text import Unit
from gateway.model.messages import Entity

TEXT_LIMIT = 4000
_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
_LOST = frozenset({"spoiler"})
_ROOMS = (TEXT_LIMIT, 3000, 2000, 1000, 400)
"""How much of a formatted text is tried for one message, until it fits with its tags."""
_TAG = re.compile(r"<[^<>]*>")


class Piece(NamedTuple):
    """One message's text as it is sent; `html`: MAX is to read its tags."""

    text: str = ""
    html: bool = False


def pieces(text: str, entities: Sequence[Entity]) -> list[Piece]:
    """The text as one message or several."""
    shown = [one for one in entities if _opens(one)]
    for room in _ROOMS if shown else ():
        found = [_written(one) for one in toolkit.split(text, room, Unit.UTF16, shown)]
        if all(toolkit.size(one.text, Unit.UTF16) <= TEXT_LIMIT for one in found):
            return found
    bare = toolkit.plain(text, entities)
    return [Piece(one.text) for one in toolkit.split(bare, TEXT_LIMIT, Unit.UTF16)]


def loses_formatting(entities: Sequence[Entity]) -> bool:
    """Whether somebody chose how it looks, and MAX cannot show it."""
    return any(one.kind in _LOST for one in entities)


def said(piece: str, *, html: bool) -> str:
    """What a reader sees of a text that was sent, in one line: for finding it again in a chat's history."""
    return " ".join((unescape(_TAG.sub("", piece)) if html else piece).split())


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` units."""
    return toolkit.shorten(text, limit, Unit.UTF16)


def _written(piece: toolkit.Piece) -> Piece:
    if not piece.entities:
        return Piece(piece.text)
    return Piece("".join(_html(piece.text, piece.entities)), html=True)


def _html(text: str, entities: Sequence[Entity]) -> Iterator[str]:
    """The text with tags that are properly nested: at each bound all are closed, and those that go on opened anew."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    ordered = sorted(entities, key=lambda one: (one.offset, -one.length))
    bounds = sorted({0, len(encoded) // 2, *(at for one in ordered for at in (one.offset, one.offset + one.length))})
    for begin, end in pairwise(bounds):
        words = escape(encoded[2 * begin : 2 * end].decode("utf-16-le", "replace"), quote=False)
        around = [one for one in ordered if one.offset <= begin and end <= one.offset + one.length]
        yield "".join([*map(_opening, around), words, *map(_closing, reversed(around))])


def _opens(one: Entity) -> bool:
    return one.kind in _TAGS or (one.kind == "text_link" and bool(one.url))


def _opening(one: Entity) -> str:
    return f'<a href="{escape(one.url or "")}">' if one.kind == "text_link" else f"<{_TAGS[one.kind]}>"


def _closing(one: Entity) -> str:
    return "</a>" if one.kind == "text_link" else f"</{_TAGS[one.kind]}>"
