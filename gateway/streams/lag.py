"""How far behind every reader is, for health, metrics and alerts. It only reads."""

from msgspec import Struct

from gateway.errors import NewerVersion, Undecodable
from gateway.model.codec import decode
from gateway.model.events import Recorded
from gateway.model.ids import EntryId, moment_of
from gateway.streams.connection import Store
from gateway.streams.scripts import LAG, Call

COUNT_LIMIT = 1000
"""Past it the stream's whole length is told: near enough, and cheap."""
SCAN_AT_ONCE = 10_000


class Lag(Struct, frozen=True):
    """What one reader has before it: `inbox:<line>`, `outbox:<account>`, `journal:archive`, `journal:notifier`."""

    name: str
    entries: int
    oldest_ms: int | None
    """The moment of the oldest, in milliseconds since the epoch; None where nothing waits."""


async def lag(store: Store) -> list[Lag]:
    """Every stream's readers, whoever they are. Raises StoreUnavailable."""
    keys = store.keys
    cursors = {field.decode(): value.decode() for field, value in (await store.ask("HGETALL", keys.cursors)).items()}
    found = []
    for key in sorted({*await _boxes(store), keys.staff, keys.journal}):
        name = keys.name_of(key)
        if key == keys.journal:
            found += [await _journal(store, reader, cursors) for reader in ("archive", "notifier")]
        else:
            found.append(await _behind(store, key, name, cursors.get(name, "0-0")))
    return found


async def _behind(store: Store, key: str, name: str, position: str) -> Lag:
    call = Call(LAG, [key])
    call.add(position, COUNT_LIMIT)
    entries, oldest = await store.run(call)
    return Lag(name, entries, moment_of(EntryId(oldest.decode())) if entries else None)


async def _journal(store: Store, reader: str, cursors: dict[str, str]) -> Lag:
    """The journal is numbered, so its lag is a difference; the moment stands inside the entry."""
    end, position = (int(cursors.get(field, "0").split("-", 1)[0]) for field in ("journal", reader))
    oldest = None
    if end > position:
        first = await store.ask("XRANGE", store.keys.journal, f"({position}-0", "+", "COUNT", 1)
        try:
            oldest = decode(first[0][1][b"p"], Recorded).at if first else None
        except (NewerVersion, Undecodable):
            oldest = None
    return Lag(f"journal:{reader}", max(end - position, 0), oldest)


async def _boxes(store: Store) -> set[str]:
    """The streams that somebody works off; live logs, their feed and the dead letters only stand there."""
    found: set[str] = set()
    cursor = 0
    boxes = f"{_literal(store.keys.of_name(''))}[io]*box:*"
    while True:
        cursor, keys = await store.ask("SCAN", cursor, "MATCH", boxes, "COUNT", SCAN_AT_ONCE, "TYPE", "stream")
        found.update(key.decode() for key in keys)
        if not cursor:
            return found


def _literal(text: str) -> str:
    """The text as a pattern that matches only itself."""
    return "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in text)
