"""What every group of the bench is given: a folder, how much to do, and the words to tell the terminal."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from bench.table import Row
from gateway.streams.embedded import EmbeddedServer


class Bench:
    """One group's run."""

    def __init__(self, folder: Path, *, quick: bool, repeats: int) -> None:
        self.folder = folder
        """Empty at first, gone afterwards."""
        self.quick = quick
        self.repeats = repeats
        self._folders = 0

    def pick(self, whole: int, quick: int) -> int:
        """A size: of a whole run, or of a quick one."""
        return quick if self.quick else whole

    def fresh(self) -> Path:
        """A folder that nobody has used."""
        self._folders += 1
        folder = self.folder / str(self._folders)
        folder.mkdir()
        return folder

    @contextlib.asynccontextmanager
    async def redis(self) -> AsyncIterator[str]:
        """The address of an embedded server of its own, empty, with AOF always as every gateway's."""
        server = EmbeddedServer()
        url = await server.start(self.fresh())
        try:
            yield url
        finally:
            await server.stop()

    def tell(self, sentence: str) -> None:
        """A line for who waits at the terminal."""
        print(f"  {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - for the person at the terminal


class Group(NamedTuple):
    """A part of the table: its title and what measures it."""

    title: str
    rows: Callable[[Bench], Awaitable[list[Row]]]


async def until(
    condition: Callable[[], Awaitable[bool]], what: str, *, seconds: float = 120.0, every: float = 0.01
) -> None:
    """Waits for a condition, looking `every` so many seconds.

    Raises:
        TimeoutError: it did not come true; says what.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await condition():
        if loop.time() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(every)


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
