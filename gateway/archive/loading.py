"""The rows of some journal entries, out of the archive and back into it."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Table, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.archive import tables
from gateway.archive.dialect import insert_once, upsert
from gateway.archive.entry import ArchiveRows
from gateway.archive.rows import ContactRow, DialogRow, MessageRow, OperatorRow
from gateway.archive.wanted import NativeKey, wanted
from gateway.model.events import Recorded
from gateway.model.ids import MessageId

R = TypeVar("R", bound=Struct)
AT_ONCE = 500
"""Keys in one question: databases limit a statement's parameters."""


async def load_rows(connection: AsyncConnection, rows: ArchiveRows, entries: Sequence[Recorded]) -> None:
    """Puts what these entries may change into `rows`."""
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


async def save_rows(connection: AsyncConnection, rows: ArchiveRows) -> None:
    """Writes what is new and what was changed."""
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
