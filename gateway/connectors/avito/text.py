"""Words for Avito, which shows no formatting and takes a thousand signs. Pure.

Lengths are UTF-16 code units: what Avito counts is not published, and no other count gives more.
"""

from gateway.connectors.toolkit import text as toolkit
from gateway.connectors.toolkit.text import Unit, is_formatted, plain

__all__ = ["is_formatted", "plain", "split"]


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` units, see toolkit/text.py."""
    return [piece.text for piece in toolkit.split(text, limit, Unit.UTF16)]
