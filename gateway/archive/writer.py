"""Writes the archive: a batch of journal entries, all their rows and the position, in one transaction.

A batch that was written before changes nothing, because the position moved with it. An entry that cannot be written
is put aside with its reason and never stops the ones behind it; a database that is away, and an entry of a newer
gateway, stop everything, so that nothing is put aside for their sake.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.archive import tables
from gateway.archive.dialect import insert_once, is_away, open_writer
from gateway.archive.entry import ArchiveRows
from gateway.archive.late import write_late
from gateway.archive.loading import load_rows, save_rows
from gateway.archive.projection import project
from gateway.archive.rows import UnreadableRow
from gateway.errors import NewerVersion, StoreRefused, StoreUnavailable, Undecodable
from gateway.model.codec import decode
from gateway.model.events import Recorded
from gateway.model.ids import AccountId, DeskId

log = logging.getLogger(__name__)

NOT_ASIDE = "no entry of that number is put aside"
JournalEntry = tuple[int, bytes]
"""A journal entry's number and payload."""


class Writer:
    """The archive's one writer. `position` is the last journal entry written; `set_aside` counts unreadable ones."""

    def __init__(
        self,
        url: str,
        desk: DeskId,
        *,
        channels: Mapping[AccountId, str] | None = None,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """Opens nothing yet. `channels` says which messenger an account is of; `clock` gives milliseconds."""
        self._engine = open_writer(url)
        self._desk, self._channels, self._clock = desk, dict(channels or {}), clock
        self.position = 0
        self.set_aside = 0

    async def open(self) -> None:
        """Reads the position.

        Raises:
            StoreRefused: the archive is another desk's.
            StoreUnavailable: the database does not answer.
        """
        with _translated():
            async with self._engine.begin() as connection:
                found = {row.desk: row.seq for row in await connection.execute(select(tables.positions))}
                if not found:
                    await connection.execute(insert_once(tables.positions), {"desk": self._desk, "seq": 0})
        if found and self._desk not in found:
            raise StoreRefused(
                f"the archive belongs to desk {', '.join(found)}, and this gateway's is {self._desk}: "
                "set archive_url or data_dir to another archive, or desk back"
            )
        self.position = found.get(self._desk, 0)

    async def close(self) -> None:
        await self._engine.dispose()

    async def write(self, entries: Sequence[JournalEntry]) -> None:
        """Writes what is behind the position; returns when it is durable.

        Raises:
            StoreUnavailable: the database is locked, full or away; nothing of what was not written is lost.
            NewerVersion: a newer gateway wrote one of them; those before it are written.
        """
        fresh = [entry for entry in entries if entry[0] > self.position]
        rows, readable, newer = self._read(fresh)
        fresh = fresh[: len(readable) + len(rows.unreadable)]
        if fresh:
            await self._write(fresh, rows, readable)
        if newer is not None:
            raise newer

    async def write_again(self, seq: int) -> str | None:
        """Writes an entry that was put aside, in its place; what later entries say stays.

        Answers None where it is written, or why it still stands aside.

        Raises:
            StoreUnavailable: the database is locked, full or away.
        """
        aside = tables.unreadable.c
        try:
            with _translated():
                async with self._engine.begin() as connection:
                    payload = await connection.scalar(select(aside.payload).where(aside.seq == seq))
                    if payload is None:
                        return NOT_ASIDE
                    recorded = decode(payload, Recorded)
                    await write_late(connection, ArchiveRows(channels=self._channels), seq, recorded)
                    await connection.execute(delete(tables.unreadable).where(aside.seq == seq))
        except (NewerVersion, Undecodable) as error:
            return str(error)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("journal entry stays aside", extra={"seq": seq})
            return f"{type(error).__name__} while it was written"
        log.info("journal entry written that was put aside", extra={"seq": seq})
        return None

    async def _write(
        self, fresh: Sequence[JournalEntry], rows: ArchiveRows, readable: Sequence[tuple[int, Recorded]]
    ) -> None:
        try:
            await self._commit(fresh[-1][0], rows, readable)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the entries behind
            if len(fresh) == 1:
                seq, payload = fresh[0]
                aside = self._unreadable(seq, payload, f"{type(error).__name__} while it was written")
                await self._commit(seq, ArchiveRows(unreadable=[aside]), [])
                return
            # One of them cannot be written: halving finds it, and everything else is written.
            await self.write(fresh[: len(fresh) // 2])
            await self.write(fresh[len(fresh) // 2 :])

    def _read(
        self, entries: Iterable[JournalEntry]
    ) -> tuple[ArchiveRows, list[tuple[int, Recorded]], NewerVersion | None]:
        """What can be read and what can not, up to an entry that only a newer gateway knows."""
        rows, readable = ArchiveRows(channels=self._channels), list[tuple[int, Recorded]]()
        for seq, payload in entries:
            try:
                readable.append((seq, decode(payload, Recorded)))
            except NewerVersion as newer:
                return rows, readable, newer
            except Undecodable as error:
                rows.unreadable.append(self._unreadable(seq, payload, str(error)))
        return rows, readable, None

    def _unreadable(self, seq: int, payload: bytes, reason: str) -> UnreadableRow:
        return UnreadableRow(seq, payload, reason, self._clock())

    async def _commit(self, position: int, rows: ArchiveRows, readable: Sequence[tuple[int, Recorded]]) -> None:
        with _translated():
            async with self._engine.begin() as connection:
                await self._move(connection, position)
                await load_rows(connection, rows, [recorded for _, recorded in readable])
                for seq, recorded in readable:
                    project(rows, seq, recorded)
                await save_rows(connection, rows)
        self.position = position
        self.set_aside += len(rows.unreadable)
        for row in rows.unreadable:
            log.error("journal entry put aside", extra={"seq": row.seq, "reason": row.reason})

    async def _move(self, connection: AsyncConnection, position: int) -> None:
        """Moves the position first: that locks the archive, and fails if another recorder was here since."""
        moved = await connection.execute(
            update(tables.positions)
            .where(tables.positions.c.desk == self._desk, tables.positions.c.seq == self.position)
            .values(seq=position)
        )
        if moved.rowcount != 1:
            raise StoreUnavailable("another recorder writes this archive: stop one of them")


@contextmanager
def _translated() -> Iterator[None]:
    """A database that is away, in our words; everything else stays what it is."""
    try:
        yield
    except Exception as error:
        if not is_away(error):
            raise
        cause = getattr(error, "orig", None) or type(error).__name__
        raise StoreUnavailable(f"the archive cannot be written: {cause}") from error
