"""Carries the journal into the archive: reads on from the archive's own position, writes, and only then tells Redis,
which may trim what was told.

A crash between the two repeats the telling, never the writing. Redis or the archive being away only makes it wait.
"""

import asyncio
import logging
import time
from contextlib import suppress

from gateway.archive.writer import JournalEntry, Writer
from gateway.errors import CommandRejected, LostLease, StoreRefused, StoreUnavailable
from gateway.stalls import Stalls
from gateway.streams.connection import Store
from gateway.streams.journal import answer_again, asked_again, journal_end, read_journal, report_archive
from gateway.streams.lease import Lease

log = logging.getLogger(__name__)

BATCH = 1000
GATHER_SECONDS = 0.1
"""How long a batch that is not full waits for more: a commit costs as much for one entry as for many."""
BLOCK_MS = 1000
TURN_SECONDS = 1.0
"""How often somebody who does not have the lease asks for it."""
AGAIN_SECONDS = 1.0
"""How often it is looked whether somebody asks for what was put aside."""
PAUSES = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds between tries while Redis or the archive is away; the last one goes on."""


class Recorder:
    """The archive's role: one of them at a time, by the lease `recorder`."""

    def __init__(
        self, store: Store, writer: Writer, *, force_lease: bool = False, stalls: Stalls | None = None
    ) -> None:
        """`force_lease`: whoever had it is known to be dead (embedded server); `stalls`: where a refusal is noted."""
        self._stalls = stalls or Stalls()
        self._store, self._writer, self._force = store, writer, force_lease
        self.missing = 0
        """Journal entries that were trimmed before they could be written: never, unless the archive was replaced."""

    async def run(self) -> None:
        """Records until cancelled.

        Raises:
            StoreRefused: the archive and Redis do not belong together.
        """
        failures = 0
        while True:
            before = self._writer.position
            try:
                with self._stalls.watching("archive"):
                    await self._take_turn()
            except StoreUnavailable as error:
                failures = 1 if self._writer.position > before else failures + 1
                pause = PAUSES[min(failures, len(PAUSES)) - 1]
                log.warning("recorder waits", extra={"reason": str(error), "pause_s": pause})
                await asyncio.sleep(pause)
            except LostLease:
                log.warning("recorder lost its lease")

    async def _take_turn(self) -> None:
        lease = await Lease.take(self._store, "recorder", force=self._force)
        if lease is None:
            await asyncio.sleep(TURN_SECONDS)
            return
        async with lease:
            await self._begin()
            looked = -AGAIN_SECONDS
            while True:
                if time.monotonic() - looked >= AGAIN_SECONDS:
                    looked = time.monotonic()
                    await self._write_again()
                entries = await self._gather()
                lease.check()
                if entries:
                    await self._writer.write(entries)
                    await report_archive(self._store, self._writer.position)

    async def _write_again(self) -> None:
        """What was put aside and is asked for (`gateway dead replay archive:…`)."""
        with suppress(CommandRejected):  # it may never keep the journal waiting
            for seq, why in (await asked_again(self._store)).items():
                if not why:
                    await answer_again(self._store, seq, await self._writer.write_again(seq))

    async def _begin(self) -> None:
        await self._writer.open()
        position, end = self._writer.position, await journal_end(self._store)
        if position > end:
            raise StoreRefused(
                f"the archive has the journal up to {position}, but Redis' journal ends at {end}: they do not belong "
                "together. Bring back the Redis data of this archive, or name another one by archive_url"
            )
        # A crash may have come between a commit and its telling.
        await report_archive(self._store, position)

    async def _gather(self) -> list[JournalEntry]:
        position = self._writer.position
        entries = await read_journal(self._store, position, BATCH, BLOCK_MS)
        if 0 < len(entries) < BATCH:
            await asyncio.sleep(GATHER_SECONDS)
            entries += await read_journal(self._store, entries[-1][0], BATCH - len(entries), 0)
        missing = entries[-1][0] - position - len(entries) if entries else 0
        if missing:
            self.missing += missing
            log.error("journal entries are missing: the archive will not have them", extra={"entries": missing})
        return entries
