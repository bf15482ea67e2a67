"""Words for VK, which shows no formatting: addresses hidden behind words come out, and a long text is cut. Pure.

Lengths are UTF-16 code units: what VK counts is not published, and no other count gives more.
"""

from gateway.connectors.toolkit import text as toolkit
from gateway.connectors.toolkit.text import Unit, is_formatted, plain

__all__ = ["is_formatted", "plain", "shorten", "split", "units"]


def units(text: str) -> int:
    """The text's length in UTF-16 code units."""
    return toolkit.size(text, Unit.UTF16)


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` units, see toolkit/text.py."""
    return [piece.text for piece in toolkit.split(text, limit, Unit.UTF16)]


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` units."""
    return toolkit.shorten(text, limit, Unit.UTF16)
