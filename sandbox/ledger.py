"""What truly happened at the sandbox, row by row, whatever its faults made the client believe.

A fault run compares this with what the product thinks happened. Rows are only ever added.
"""

from collections import deque
from pathlib import Path

from sandbox.clock import Clock
from sandbox.wire import Json, encode


class Ledger:
    """Rows since the start, numbered from 1; the oldest go once `kept` are there (None keeps all)."""

    def __init__(self, clock: Clock, kept: int | None = None, file: Path | None = None) -> None:
        self._clock = clock
        self._rows: deque[Json] = deque(maxlen=kept)
        self._last = 0
        self._file = file.open("ab") if file else None

    def add(self, kind: str, **fields: object) -> None:
        """Adds one row; fields that are None say nothing and are left out."""
        self._last += 1
        row: Json = {"seq": self._last, "at": self._clock.now_ms(), "kind": kind}
        row.update((name, value) for name, value in fields.items() if value is not None)
        self._rows.append(row)
        if self._file:
            self._file.write(encode(row) + b"\n")

    def since(self, seq: int = 0) -> list[Json]:
        """Rows with a number above `seq`, oldest first."""
        wanted = min(len(self._rows), self._last - seq)
        if wanted <= 0:
            return []
        if wanted == len(self._rows):
            return list(self._rows)
        newest_first = reversed(self._rows)
        return [next(newest_first) for _ in range(wanted)][::-1]

    def keep(self, rows: int | None) -> None:
        """Changes how many rows stay in memory."""
        self._rows = deque(self._rows, maxlen=rows)

    def flush(self) -> None:
        if self._file:
            self._file.flush()

    def close(self) -> None:
        if self._file:
            self._file.close()
