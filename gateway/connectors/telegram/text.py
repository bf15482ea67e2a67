"""Texts as Telegram counts them, in UTF-16 code units. Pure."""

from collections.abc import Sequence

from gateway.connectors.toolkit import text as toolkit
from gateway.connectors.toolkit.text import Piece, Unit
from gateway.model.messages import Entity

__all__ = ["Piece", "shorten", "split", "units"]


def units(text: str) -> int:
    """The text's length as Telegram counts it."""
    return toolkit.size(text, Unit.UTF16)


def split(text: str, entities: Sequence[Entity], limit: int) -> list[Piece]:
    """Pieces of at most `limit` units, see toolkit/text.py."""
    return toolkit.split(text, limit, Unit.UTF16, entities)


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` units."""
    return toolkit.shorten(text, limit, Unit.UTF16)
