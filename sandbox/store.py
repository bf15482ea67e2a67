"""Keeps the world in a folder: records by kind and id in one SQLite file, written behind in batches.

A call never waits for the disk; a kill loses at most what happened since the last batch (half a second).
Without a folder nothing is kept.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sandbox.wire import encode

_BATCH_EVERY_S = 0.5

Record = TypeVar("Record")

_log = logging.getLogger("sandbox.store")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID
"""


class StoreError(Exception):
    """The folder cannot be used; the text says why, for a person."""


class Store:
    """`put` and `drop` remember what changed; a background task writes it."""

    def __init__(self, folder: Path | None) -> None:
        self._changed: dict[tuple[str, str], object | None] = {}
        self._blobs: dict[Path, bytes] = {}
        self._task: asyncio.Task[None] | None = None
        self._connection: sqlite3.Connection | None = None
        self._worker: ThreadPoolExecutor | None = None
        self.folder = folder
        self.was_killed = False
        if folder is not None:
            self._connection = _open(folder)
            self._worker = ThreadPoolExecutor(1, "sandbox-store")
            self.was_killed = self._mark_open()

    def put(self, kind: str, record_id: str, record: object) -> None:
        """Writes `record` with the next batch, as it is then."""
        if self._connection is not None:
            self._changed[kind, record_id] = record

    def drop(self, kind: str, record_id: str) -> None:
        if self._connection is not None:
            self._changed[kind, record_id] = None

    def put_bytes(self, path: Path, content: bytes) -> None:
        """Writes a file with the next batch; until then `pending_bytes` has it."""
        self._blobs[path] = content

    def pending_bytes(self, path: Path) -> bytes | None:
        return self._blobs.get(path)

    def load(self, kind: str) -> list[bytes]:
        """Every record of a kind as it was written."""
        if self._connection is None:
            return []
        rows = self._connection.execute("SELECT body FROM records WHERE kind = ?", (kind,))
        return [body for (body,) in rows]

    def read(self, kind: str, record: type[Record], order: Callable[[Record], Any] | None = None) -> list[Record]:
        """The same as records of that type, sorted by `order`."""
        records = [msgspec.json.decode(body, type=record) for body in self.load(kind)]
        return records if order is None else sorted(records, key=order)

    def start(self, also: Callable[[], None]) -> None:
        """Begins writing behind; `also` runs with each batch."""
        self._task = asyncio.create_task(self._write_behind(also))

    async def stop(self) -> None:
        """Writes what is left and marks the folder as closed in order."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._connection is None or self._worker is None:
            return
        self._changed["meta", "open"] = None
        await self.flush()
        self._worker.shutdown()
        self._connection.close()
        self._connection = None

    async def flush(self) -> None:
        """Writes one batch now."""
        if self._worker is None or not (self._changed or self._blobs):
            return
        changed, self._changed = self._changed, {}
        upserts = [(*key, encode(record)) for key, record in changed.items() if record is not None]
        drops = [key for key, record in changed.items() if record is None]
        blobs = dict(self._blobs)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._worker, self._write, upserts, drops, blobs)
        except (OSError, sqlite3.Error) as error:
            self._changed = {**changed, **self._changed}  # with the next batch, and newer changes over it
            _log.error("The sandbox cannot write to %s: %s. It goes on, and tries again.", self.folder, error)
            return
        for path in blobs:
            self._blobs.pop(path, None)

    def _write(
        self, upserts: list[tuple[str, str, bytes]], drops: list[tuple[str, str]], blobs: dict[Path, bytes]
    ) -> None:
        for path, content in blobs.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        assert self._connection is not None
        with self._connection as transaction:
            transaction.executemany("REPLACE INTO records VALUES (?, ?, ?)", upserts)
            transaction.executemany("DELETE FROM records WHERE kind = ? AND id = ?", drops)

    async def _write_behind(self, also: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(_BATCH_EVERY_S)
            also()
            await asyncio.shield(self.flush())

    def _mark_open(self) -> bool:
        """Remembers that the folder is in use; True when the last user of it never closed it."""
        assert self._connection is not None
        was_open = bool(
            self._connection.execute("SELECT 1 FROM records WHERE kind = 'meta' AND id = 'open'").fetchone()
        )
        with self._connection as transaction:
            transaction.execute("REPLACE INTO records VALUES ('meta', 'open', 'true')")
        return was_open


def _open(folder: Path) -> sqlite3.Connection:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / "world.sqlite3", timeout=1, check_same_thread=False)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        with connection as transaction:
            transaction.execute(_SCHEMA)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"The sandbox cannot keep its world in {folder}: {error}. Is another sandbox using it?"
        ) from error
    return connection
