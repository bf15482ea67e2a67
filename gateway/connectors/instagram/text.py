"""Words for Instagram, which shows no formatting and counts bytes. Pure.

A letter outside ASCII counts two bytes and more, an emoji up to some dozens; none is cut in two.
"""

from gateway.connectors.toolkit import text as toolkit
from gateway.connectors.toolkit.text import Unit, is_formatted, plain

__all__ = ["is_formatted", "plain", "shorten", "size", "split"]


def size(text: str) -> int:
    """The text's length in bytes of UTF-8."""
    return toolkit.size(text, Unit.BYTES)


def shorten(text: str, signs: int) -> str:
    """The text, or its beginning with an ellipsis, in at most so many characters (of a button)."""
    return toolkit.shorten(text, signs, Unit.CHARS)


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` bytes, see toolkit/text.py."""
    return [piece.text for piece in toolkit.split(text, limit, Unit.BYTES)]
