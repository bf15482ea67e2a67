"""Reading the journal, by the desk's own sequence numbers. It is written by commits only."""

from gateway.streams.connection import Store
from gateway.streams.ownership import read_streams
from gateway.streams.scripts import ADVANCE, Call


async def read_journal(store: Store, after: int, count: int, block_ms: int) -> list[tuple[int, bytes]]:
    """Entries behind number `after`, with their numbers. Waits up to `block_ms`. Raises StoreUnavailable."""
    found = await read_streams(store, {store.keys.journal: f"{after}-0"}, count, block_ms)
    return [(int(entry.split("-", 1)[0]), payload) for _, entry, payload in found]


async def journal_end(store: Store) -> int:
    """The last number given; 0 before the first. Raises StoreUnavailable."""
    found = await store.ask("HGET", store.keys.cursors, "journal")
    return int(found) if found else 0


async def report_archive(store: Store, seq: int) -> None:
    """Says that the archive has everything up to `seq`, so that it may be trimmed; a smaller one changes nothing."""
    call = Call(ADVANCE, [store.keys.cursors])
    call.add("archive", seq)
    await store.run(call)
