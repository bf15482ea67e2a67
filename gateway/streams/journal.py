"""Reading the journal, by the desk's own sequence numbers. It is written by commits only."""

from contextlib import suppress

from gateway.errors import CommandRejected
from gateway.streams.connection import Store
from gateway.streams.ownership import read_streams
from gateway.streams.scripts import ADVANCE, Call


async def read_journal(store: Store, after: int, count: int, block_ms: int) -> list[tuple[int, bytes]]:
    """Entries behind number `after`, with their numbers. Waits up to `block_ms`. Raises StoreUnavailable."""
    found = await read_streams(store, {store.keys.journal: f"{after}-0"}, count, block_ms)
    return [(int(entry.split("-", 1)[0]), payload) for _, entry, payload in found]


async def journal_end(store: Store) -> int:
    """The last number given; 0 before the first. Raises StoreUnavailable.

    Where a commit was cut, entries stand behind the journal's position; whoever read them has read the journal.
    """
    found = await store.ask("HGET", store.keys.cursors, "journal")
    return max(int(found) if found else 0, await journal_top(store))


async def journal_top(store: Store) -> int:
    """The number behind which the journal takes entries, its newest may be deleted. Raises StoreUnavailable."""
    key = store.keys.journal
    newest = await store.ask("XREVRANGE", key, "+", "-", "COUNT", 1)
    top: bytes = newest[0][0] if newest else b"0-0"
    if await store.ask("EXISTS", key):
        # Whoever may not ask for this goes by the newest entry.
        with suppress(CommandRejected):
            top = (await store.ask("XINFO", "STREAM", key))[b"last-generated-id"]
    return int(top.partition(b"-")[0])


async def report_archive(store: Store, seq: int) -> None:
    """Says that the archive has everything up to `seq`, so that it may be trimmed; a smaller one changes nothing."""
    call = Call(ADVANCE, [store.keys.cursors])
    call.add("archive", seq)
    await store.run(call)


async def ask_again(store: Store, seq: int) -> None:
    """Asks whoever writes the archive for an entry that it put aside. Raises StoreUnavailable."""
    await store.note([("HSET", store.keys.archive_again, str(seq), "")])


async def asked_again(store: Store) -> dict[int, str]:
    """Entries that the archive is asked for: empty, or why it cannot be written. Raises StoreUnavailable."""
    found = await store.ask("HGETALL", store.keys.archive_again)
    return {int(seq): why.decode() for seq, why in found.items()}


async def answer_again(store: Store, seq: int, why: str | None) -> None:
    """Tells who asked: None, it is written. Raises StoreUnavailable."""
    key = store.keys.archive_again
    await store.note([("HDEL", key, str(seq)) if why is None else ("HSET", key, str(seq), why)])
