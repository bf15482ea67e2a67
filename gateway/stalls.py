"""Which parts of this process stand still for what somebody must mend: a refusal of Redis', a newer gateway's entry.

Parts note it here themselves; /readyz, the log and the admins are told from here. It decides nothing.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from msgspec import Struct

from gateway.errors import CommandRejected, NewerVersion

log = logging.getLogger("gateway.stalls")

WELL_SECONDS = 3.0
"""A part that has worked for so long since it stood still goes on: it meets what stopped it at once otherwise."""


class Stall(Struct, frozen=True):
    """One part that stands still: `about` says why, `what` names it in a few words, `sentence` tells what to do."""

    part: str
    about: Literal["rejected", "newer"]
    what: str
    sentence: str


class Stalls:
    """One per process."""

    def __init__(self) -> None:
        self._now: dict[str, Stall] = {}
        self._untold: dict[str, Stall] = {}

    @property
    def now(self) -> Mapping[str, Stall]:
        """What stands still, by its name."""
        return self._now

    @property
    def untold(self) -> list[Stall]:
        """What the admins have not been told of, whether it goes on by now or not."""
        return list(self._untold.values())

    def tell(self, stall: Stall) -> None:
        """The admins were told of it."""
        if self._untold.get(stall.part) == stall:
            del self._untold[stall.part]

    @contextmanager
    def watching(self, part: str) -> Iterator[None]:
        """Around one try of a part's work. What stops it is noted; once a try goes on for a while it is forgotten.

        Raises:
            CommandRejected, NewerVersion: as they come.
        """
        well = asyncio.get_running_loop().call_later(WELL_SECONDS, self.clear, part)
        try:
            yield
        except (CommandRejected, NewerVersion) as error:
            self.note(part, error)
            raise
        finally:
            well.cancel()

    def note(self, part: str, error: CommandRejected | NewerVersion) -> None:
        """The part stands still for this. It is logged once, as long as it is the same."""
        about: Literal["rejected", "newer"] = "newer" if isinstance(error, NewerVersion) else "rejected"
        stall = Stall(part, about, error.what, str(error))
        if self._now.get(part) != stall:
            log.error("%s stands still: %s", part, error)
            self._now[part] = self._untold[part] = stall

    def clear(self, part: str) -> None:
        """The part goes on."""
        if self._now.pop(part, None) is not None:
            log.info("%s goes on", part)
