import asyncio

from gateway.streams.connection import Store
from gateway.streams.journal import journal_end, read_journal, report_archive
from gateway.streams.keys import Keys
from gateway.streams.ownership import Lease, commit, read_cursors


async def test_the_journal_is_read_by_its_own_numbers(store: Store, owner: Lease, keys: Keys) -> None:
    assert await journal_end(store) == 0
    assert await read_journal(store, 0, 10, 0) == []
    commands = [("XADD", keys.journal, f"{number}-0", "p", f"e{number}") for number in (1, 2, 3)]
    await commit(store, owner, [("journal", "0", "3")], commands)
    assert await journal_end(store) == 3
    assert await read_journal(store, 0, 2, 0) == [(1, b"e1"), (2, b"e2")]
    assert await read_journal(store, 2, 2, 0) == [(3, b"e3")]


async def test_a_reader_waits_for_the_next_one(store: Store, owner: Lease, keys: Keys) -> None:
    waiting = asyncio.create_task(read_journal(store, 0, 10, 5000))
    await asyncio.sleep(0.02)
    await commit(store, owner, [("journal", "0", "1")], [("XADD", keys.journal, "1-0", "p", "e")])
    assert await waiting == [(1, b"e")]


async def test_the_archives_position_only_grows(store: Store) -> None:
    for number in (5, 12, 9):
        await report_archive(store, number)
    assert await read_cursors(store) == {"archive": "12"}
