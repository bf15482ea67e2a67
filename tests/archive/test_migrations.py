"""Archives are made and upgraded at start, and the tables in code are those that the migrations make."""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from msgspec.structs import fields as columns_of
from sqlalchemy import Connection, create_engine

from gateway.archive import rows, tables
from gateway.archive.dialect import archive_url
from gateway.archive.entry import ArchiveRows
from gateway.archive.history import History
from gateway.archive.migrations import config_for, upgrade
from gateway.errors import SettingsError, StoreRefused, StoreUnavailable
from gateway.model.ids import DialogId

RowsOf = Callable[..., Awaitable[list[dict[str, Any]]]]

ROWS = {
    "journal": rows.JournalRow,
    "unreadable": rows.UnreadableRow,
    "dialogs": rows.DialogRow,
    "messages": rows.MessageRow,
    "message_versions": rows.VersionRow,
    "orphan_edits": rows.OrphanEditRow,
    "contacts": rows.ContactRow,
    "operators": rows.OperatorRow,
    "lines": rows.LineRow,
}


def test_the_migrations_make_the_tables_of_the_code(url: str) -> None:
    engine = create_engine(url.replace("+aiosqlite", ""))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, tables.metadata))

    with engine.connect() as connection:
        assert differences(connection) == []
        connection.exec_driver_sql("DROP INDEX ix_messages_dialog_seq")
        connection.exec_driver_sql("ALTER TABLE lines ADD COLUMN surplus TEXT")
        assert len(differences(connection)) == 2, "the comparison sees what differs"
    engine.dispose()


def test_every_column_is_a_field_of_its_row_and_every_row_is_saved() -> None:
    assert {name: [one.name for one in columns_of(kind)] for name, kind in ROWS.items()} == {
        name: list(table.columns.keys()) for name, table in tables.metadata.tables.items() if name != "positions"
    }
    gathered = {one.name for one in fields(ArchiveRows)} - {"channels", "natives", "moves"}
    assert gathered == {name.removeprefix("message_") if name == "message_versions" else name for name in ROWS}


async def test_an_upgrade_may_be_repeated_and_keeps_what_is_there(tmp_path: Path) -> None:
    url = archive_url("", tmp_path / "новая папка 100%")
    await upgrade(url)
    with closing(sqlite3.connect(tmp_path / "новая папка 100%" / "archive.db")) as file:
        file.execute("INSERT INTO lines VALUES ('sales', 'Продажи')")
        file.commit()
        await upgrade(url)
        assert file.execute("SELECT * FROM lines").fetchall() == [("sales", "Продажи")]


async def test_an_archive_of_the_first_version_is_brought_up_with_all_that_is_in_it(
    url: str, tmp_path: Path, rows_of: RowsOf
) -> None:
    old = archive_url("", tmp_path / "old")
    engine = create_engine(old.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        command.upgrade(config_for(connection), "0001")
        connection.exec_driver_sql(
            "INSERT INTO contacts (account, id, name, phone, first_seen_at, blocked, reachable) "
            "VALUES ('shop', 'ivan', 'Иван', '+7900', 5, 0, 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO messages (id, seq, dialog, side, at, text, content, attachments) "
            "VALUES ('7.1', 2, 7, 'client', 5, 'одно', '1:{}', 0)"
        )
        connection.exec_driver_sql(
            "INSERT INTO dialogs (number, line, account, contact, client, state, opened_at, client_messages, "
            "operator_messages, notes, answers, answers_ms, longest_answer_ms) "
            "VALUES (7, 'sales', 'shop', 'ivan', 'Иван', 'new', 5, 1, 0, 0, 0, 0, 0)"
        )
    engine.dispose()
    await upgrade(old)
    [contact] = await rows_of("contacts", old)
    assert (contact["name"], contact["phone"], contact["email"], contact["consent_at"]) == ("Иван", "+7900", None, None)
    [message] = await rows_of("messages", old)
    assert (message["text"], message["our_reaction"]) == ("одно", None)
    history = History(old)
    found = await history.dialog(DialogId("7"))
    await history.close()
    assert found is not None
    assert (found.row.client, found.row.visit_url, len(found.lines)) == ("Иван", None, 1)


async def test_two_gateways_that_start_at_once_make_one_archive(tmp_path: Path) -> None:
    url = archive_url("", tmp_path)
    await asyncio.gather(*(upgrade(url) for _ in range(4)))
    with closing(sqlite3.connect(tmp_path / "archive.db")) as file:
        assert file.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]


async def test_a_broken_upgrade_leaves_nothing_half_made(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db")) as file:
        file.execute("CREATE TABLE messages (mine TEXT)")
        file.commit()
        with pytest.raises((StoreRefused, StoreUnavailable), match="already exists"):
            await upgrade(archive_url("", tmp_path))
        assert file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("messages",)]


async def test_the_archive_of_a_newer_gateway_is_refused(tmp_path: Path, empty_archive: Path) -> None:
    shutil.copy(empty_archive, tmp_path / "archive.db")
    with closing(sqlite3.connect(tmp_path / "archive.db")) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
        file.commit()
    with pytest.raises(StoreRefused, match="newer version"):
        await upgrade(archive_url("", tmp_path))


async def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_text("no database at all, however long it may be" * 100)
    with pytest.raises((StoreRefused, StoreUnavailable), match="not a database"):
        await upgrade(archive_url("", tmp_path))


def test_the_archives_address_is_sqlite_in_the_data_folder_unless_set(tmp_path: Path) -> None:
    assert archive_url("", tmp_path / "data") == f"sqlite+aiosqlite:///{tmp_path}/data/archive.db"
    assert (tmp_path / "data").is_dir()
    assert archive_url("sqlite+aiosqlite:////srv/archive.db", tmp_path) == "sqlite+aiosqlite:////srv/archive.db"


@pytest.mark.parametrize("url", ["postgresql://me:secret@db/gateway", "secret", "sqlite:///archive.db"])
def test_an_address_that_the_gateway_does_not_speak_is_told_without_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="archive_url") as caught:
        archive_url(url, tmp_path)
    assert "secret" not in str(caught.value)
