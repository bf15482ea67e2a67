"""What every room of the fault run is given, and what it answers."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec


class Injected(msgspec.Struct, frozen=True):
    """A kind of fault: how often it really happened, and below which number the room proves nothing."""

    count: int
    least: int


class Outcome(msgspec.Struct, frozen=True):
    """What a room came to."""

    load: str
    """In words: who did what, how often."""
    said: Mapping[str, int]
    """What the load amounted to, by what it is."""
    injected: Mapping[str, Injected]
    faults: Sequence[str]
    """What contradicts the promises; empty is clean."""
    notes: Sequence[str] = ()

    @property
    def problems(self) -> list[str]:
        """Why the room is not passed."""
        few = [
            f"{one.count} × {kind}, at least {one.least} are needed"
            for kind, one in self.injected.items()
            if one.count < one.least
        ]
        return [*few, *self.faults]


class Run:
    """One run of one room."""

    def __init__(self, folder: Path, *, seed: int, is_short: bool) -> None:
        self.folder = folder
        """Empty at first, gone afterwards."""
        self.seed = seed
        self.is_short = is_short

    def pick(self, whole: int, short: int) -> int:
        """A size: of the whole run, or of a short one."""
        return short if self.is_short else whole

    def tell(self, sentence: str) -> None:
        """A line for who waits at the terminal."""
        print(f"  {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - for the person at the terminal


class Room(NamedTuple):
    """A part of the fault run: its title, and what is done in it."""

    title: str
    enter: Callable[[Run], Awaitable[Outcome]]
