"""Writes the archive: a batch of journal entries, all their rows and the position, in one transaction.

A batch that was written before changes nothing, because the position moved with it. An entry that cannot be written
is put aside with its reason and never stops the ones behind it; a database that is away, and an entry of a newer
gateway, stop everything, so that nothing is put aside for their sake.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Table, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.archive import tables
from gateway.archive.dialect import insert_once, is_away, open_writer, upsert
from gateway.archive.entry import Rows
from gateway.archive.fold import fold
from gateway.archive.rows import ContactRow, DialogRow, MessageRow, OperatorRow, UnreadableRow
from gateway.archive.wanted import NativeKey, wanted
from gateway.errors import NewerVersion, StoreRefused, StoreUnavailable, Undecodable
from gateway.model.codec import decode
from gateway.model.events import Recorded
from gateway.model.ids import AccountId, DeskId, MessageId

log = logging.getLogger(__name__)

JournalEntry = tuple[int, bytes]
"""A journal entry's number and payload."""
R = TypeVar("R", bound=Struct)
AT_ONCE = 500
"""Keys in one question: databases limit a statement's parameters."""


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

    async def _write(self, fresh: Sequence[JournalEntry], rows: Rows, readable: Sequence[tuple[int, Recorded]]) -> None:
        try:
            await self._commit(fresh[-1][0], rows, readable)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the entries behind
            if len(fresh) == 1:
                seq, payload = fresh[0]
                aside = self._unreadable(seq, payload, f"{type(error).__name__} while it was written")
                await self._commit(seq, Rows(unreadable=[aside]), [])
                return
            # One of them cannot be written: halving finds it, and everything else is written.
            await self.write(fresh[: len(fresh) // 2])
            await self.write(fresh[len(fresh) // 2 :])

    def _read(self, entries: Iterable[JournalEntry]) -> tuple[Rows, list[tuple[int, Recorded]], NewerVersion | None]:
        """What can be read and what can not, up to an entry that only a newer gateway knows."""
        rows, readable = Rows(channels=self._channels), list[tuple[int, Recorded]]()
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

    async def _commit(self, position: int, rows: Rows, readable: Sequence[tuple[int, Recorded]]) -> None:
        with _translated():
            async with self._engine.begin() as connection:
                await self._move(connection, position)
                await _load(connection, rows, [recorded for _, recorded in readable])
                for seq, recorded in readable:
                    fold(rows, seq, recorded)
                await _save(connection, rows)
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


async def _load(connection: AsyncConnection, rows: Rows, entries: Sequence[Recorded]) -> None:
    want = wanted(entries)
    dialogs = await _rows(connection, tables.dialogs, DialogRow, tables.dialogs.c.number, want.dialogs)
    rows.dialogs = {one.number: one for one in dialogs}
    rows.natives = await _find(connection, want.natives)
    known = {*want.messages, *rows.natives.values()}
    messages = await _rows(connection, tables.messages, MessageRow, tables.messages.c.id, known)
    rows.messages = {one.id: one for one in messages}
    person = tuple_(tables.contacts.c.account, tables.contacts.c.id)
    contacts = await _rows(connection, tables.contacts, ContactRow, person, want.contacts)
    rows.contacts = {(one.account, one.id): one for one in contacts}
    operators = await _rows(connection, tables.operators, OperatorRow, tables.operators.c.id, want.operators)
    rows.operators = {one.id: one for one in operators}


async def _rows(
    connection: AsyncConnection, table: Table, kind: type[R], key: ColumnElement[Any], keys: Iterable[object]
) -> list[R]:
    asked, found = list(keys), []
    for start in range(0, len(asked), AT_ONCE):
        answer = await connection.execute(select(table).where(key.in_(asked[start : start + AT_ONCE])))
        found += [kind(**row) for row in answer.mappings()]
    return found


async def _find(connection: AsyncConnection, natives: Iterable[NativeKey]) -> dict[NativeKey, MessageId]:
    """Messages by the vendor's id: one by one, since edits of messages that old are rare."""
    found: dict[NativeKey, MessageId] = {}
    dialogs, messages = tables.dialogs.c, tables.messages.c
    for account, contact, native in natives:
        answer = await connection.execute(
            select(messages.id)
            .join(tables.dialogs, dialogs.number == messages.dialog)
            .where(dialogs.account == account, dialogs.contact == contact, messages.native == native)
            .order_by(messages.seq.desc())
            .limit(1)
        )
        identity = answer.scalar()
        if identity is not None:
            found[(account, contact, native)] = MessageId(identity)
    return found


async def _save(connection: AsyncConnection, rows: Rows) -> None:
    new: tuple[tuple[Table, Iterable[Struct]], ...] = (
        (tables.journal, rows.journal),
        (tables.unreadable, rows.unreadable),
        (tables.message_versions, rows.versions),
        (tables.orphan_edits, rows.orphan_edits),
    )
    changed: tuple[tuple[Table, Iterable[Struct]], ...] = (
        (tables.dialogs, rows.dialogs.values()),
        (tables.messages, rows.messages.values()),
        (tables.contacts, rows.contacts.values()),
        (tables.operators, rows.operators.values()),
        (tables.lines, rows.lines.values()),
    )
    for statement, parts in ((insert_once, new), (upsert, changed)):
        for table, found in parts:
            written = [asdict(row) for row in found]
            if written:
                await connection.execute(statement(table), written)
    for account, former, contact in rows.moves:
        theirs = (tables.dialogs.c.account == account, tables.dialogs.c.contact == former)
        await connection.execute(update(tables.dialogs).where(*theirs).values(contact=contact))


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
