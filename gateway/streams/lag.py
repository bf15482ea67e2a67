"""How far behind every reader is, for health, metrics and alerts. It only reads."""

from collections.abc import Iterable

from msgspec import Struct

from gateway.errors import NewerVersion, Undecodable
from gateway.model.codec import decode
from gateway.model.events import Recorded
from gateway.model.ids import AccountId, EntryId, LineId, moment_of
from gateway.streams.connection import Store
from gateway.streams.scripts import LAG, Call

COUNT_LIMIT = 1000
"""Past it the stream's whole length is told: near enough, and cheap."""


class Lag(Struct, frozen=True):
    """What one reader has before it: `inbox:<line>`, `outbox:<account>`, `journal:archive`, `journal:notifier`."""

    name: str
    entries: int
    oldest_ms: int | None
    """The moment of the oldest, in milliseconds since the epoch; None where nothing waits."""


async def lag(store: Store, accounts: Iterable[AccountId] = ()) -> list[Lag]:
    """Every inbox's and the journal's readers, and the outboxes of these accounts. Raises StoreUnavailable.

    It asks for each stream by its name: how many clients there are does not count.
    """
    keys = store.keys
    cursors = {field.decode(): value.decode() for field, value in (await store.ask("HGETALL", keys.cursors)).items()}
    found = []
    lines = [LineId(line.decode()) for line in await store.ask("HKEYS", keys.lines)]
    boxes = {keys.of_name(field) for field in cursors if field.startswith("inbox:")}
    boxes |= {keys.inbox(line) for line in lines} | {keys.outbox(account) for account in accounts}
    for key in sorted({*boxes, keys.staff, keys.journal}):
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
