"""A visitor's log on its way to one page: only what stands behind its cursor, so resuming and living are one path.

Grants of files are put in here and are not stored: they are good for this visitor's own token only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from gateway.connectors.widget.site import Site
from gateway.model.ids import ContactId

_PIECE = 100
"""Entries at once, and of the past for a page that knows nothing yet."""
_BEGINNING = "0-0"


class Piece(Struct, frozen=True):
    """Frames to show. `torn`: forget what is shown before them. `more`: there are further ones behind."""

    frames: Sequence[Mapping[str, Any]]
    torn: bool
    more: bool


class Reading:
    """One reader's place in a log."""

    __slots__ = ("_site", "_visitor", "cursor")

    def __init__(self, site: Site, visitor: ContactId, after: str | None) -> None:
        self._site = site
        self._visitor = visitor
        self.cursor = after

    async def next(self) -> Piece:
        """What stands behind the cursor, which moves on. Raises TryLater: then it has not moved."""
        page = await self._site.logs.after(self._visitor, self.cursor, _PIECE)
        if page.entries:
            self.cursor = page.entries[-1].seq
        elif page.torn or self.cursor is None:
            # Nothing was there: from now on nothing may be left out, however much comes at once.
            self.cursor = _BEGINNING
        return Piece([self._dressed(one.seq, one.body) for one in page.entries], page.torn, page.more)

    def _dressed(self, seq: str, body: Mapping[str, Any]) -> dict[str, Any]:
        frame = {"seq": seq, **body}
        if files := body.get("files"):
            frame["files"] = [one | {"grant": self._site.signer.grant(self._visitor, one["file"])} for one in files]
        return frame
