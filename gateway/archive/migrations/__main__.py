"""For developers: writes the migration from the last one to the tables as they are now."""

import sys
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from gateway.archive.migrations import config_for


def main(what: str) -> None:
    """Compares an empty archive of the last migration with `tables`."""
    number = len(list(Path(__file__).with_name("versions").glob("*.py"))) + 1
    with create_engine("sqlite://").connect() as connection:
        config = config_for(connection)
        command.upgrade(config, "head")
        command.revision(config, message=what, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    main(sys.argv[1])
