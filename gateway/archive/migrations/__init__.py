"""Brings an archive to the tables of this version. Runs at start, inside one transaction, and never loses a row.

After a change of `tables`: `python -m gateway.archive.migrations "what changed"` writes the next step; read it, then
run the tests.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.archive.dialect import is_away, lock, open_reader, open_writer
from gateway.errors import StoreRefused, StoreUnavailable

_NEWER = "the archive was written by a newer version of the gateway: run that one, or name another archive_url"


async def upgrade(url: str) -> None:
    """Makes the tables, or changes older ones.

    Raises:
        StoreRefused: the archive was written by a newer gateway, or is no archive.
        StoreUnavailable: the database does not answer, is locked or cannot be written.
    """
    engine = open_writer(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade)
            await connection.commit()
    except CommandError as error:
        raise StoreRefused(_NEWER) from error
    except SQLAlchemyError as error:
        if is_away(error):
            raise StoreUnavailable(f"the archive cannot be opened for writing: {_cause(error)}") from error
        raise StoreRefused(f"archive_url names a database that is no archive: {_cause(error)}") from error
    finally:
        await engine.dispose()


async def is_behind(url: str) -> bool:
    """Whether the archive's tables are older than this version's: a look, which changes nothing.

    Raises:
        StoreRefused: the archive was written by a newer gateway, or is no archive.
        StoreUnavailable: the database cannot be read.
    """
    engine = open_reader(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_is_behind)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"the archive cannot be read: {_cause(error)}") from error
    finally:
        await engine.dispose()


def config_for(connection: Connection) -> Config:
    """Alembic's configuration: these migrations, on this connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    lock(connection)
    command.upgrade(config_for(connection), "head")


def _is_behind(connection: Connection) -> bool:
    scripts = ScriptDirectory.from_config(config_for(connection))
    now = MigrationContext.configure(connection).get_current_revision()
    if now is not None and now not in {one.revision for one in scripts.walk_revisions()}:
        raise StoreRefused(_NEWER)
    return now != scripts.get_current_head()


def _cause(error: SQLAlchemyError) -> str:
    """The database's own words, without our statement."""
    return str(getattr(error, "orig", None) or type(error).__name__)
