"""The one file that knows which SQL database the archive is in: column types, upsert, locks, durability.

Everything else in archive/ is SQLAlchemy Core that any of them understands.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Insert, Integer, Table, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.errors import SettingsError

BigKey = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key; SQLite's INTEGER is one, and only by that name it is the table's own order."""
READERS = 4

_WRITER = {"journal_mode": "WAL", "synchronous": "FULL"}
# FULL: the journal in Redis may be trimmed once a position is told, so a commit must survive a power loss.
_READER = {"query_only": "ON"}


def archive_url(archive_url: str, data_dir: Path) -> str:
    """The archive's address: as set, or SQLite in the data folder, which is made if need be.

    Raises:
        SettingsError: it is no address, or of a database that the gateway does not speak.
    """
    if not archive_url:
        data_dir.mkdir(parents=True, exist_ok=True)
        return f"sqlite+aiosqlite:///{(data_dir / 'archive.db').absolute()}"
    try:
        driver = make_url(archive_url).drivername
    except ArgumentError:
        driver = ""
    if driver != "sqlite+aiosqlite":
        raise SettingsError(
            "archive_url (GATEWAY_ARCHIVE_URL) should begin with sqlite+aiosqlite:///; empty means data_dir/archive.db"
        )
    return archive_url


def is_there(url: str) -> bool:
    """Whether there is an archive at this address: a look would make an empty one."""
    name = make_url(url).database
    return bool(name) and Path(str(name)).exists()


def open_writer(url: str) -> AsyncEngine:
    """One connection, which alone writes: SQLite before 3.51.3 may spoil a file that several write and checkpoint."""
    return _engine(url, _WRITER, connections=1)


def open_reader(url: str) -> AsyncEngine:
    """Connections that cannot write."""
    return _engine(url, _READER, connections=READERS)


def upsert(table: Table) -> Insert:
    """Inserts a row, or replaces all of the one with its key."""
    key = [column.name for column in table.primary_key]
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in table.columns.keys() if name not in key}  # noqa: SIM118
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


def insert_once(table: Table) -> Insert:
    """Inserts a row unless its key is there."""
    return insert(table).on_conflict_do_nothing()


def lock(connection: Connection) -> None:
    """Begins a transaction that nobody else can write beside: two gateways may start at once."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def is_away(error: BaseException) -> bool:
    """Whether the database cannot be used now (locked, full, damaged, without a table), whatever is written.

    Only a value that it does not take is a fault of what is written.
    """
    if isinstance(error, PoolTimeout | OSError):
        return True
    return isinstance(error, DBAPIError) and not isinstance(error, DataError | IntegrityError)


def _engine(url: str, pragmas: dict[str, str], *, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # an error's text would quote customers' words
    )

    def configure(connection: DBAPIConnection, _: Any) -> None:  # noqa: ANN401 - SQLAlchemy's record
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", configure)
    return engine
