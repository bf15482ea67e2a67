"""The recorder between a real Redis and a real file: whatever dies, every journal entry is archived exactly once."""

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from gateway.archive.recorder import Recorder
from gateway.archive.writer import Writer
from gateway.errors import StoreRefused
from gateway.model.ids import DeskId
from gateway.streams.connection import Store
from gateway.streams.journal import read_journal, report_archive
from gateway.streams.lease import Lease

Tale = Any
"""conftest's."""
RowsOf = Callable[..., Awaitable[list[dict[str, Any]]]]
WriteJournal = Callable[[list[tuple[int, bytes]]], Awaitable[None]]
Told = Callable[[], Awaitable[int]]
UntilTold = Callable[[int], Awaitable[None]]


@asynccontextmanager
async def running(store: Store, writer: Writer) -> AsyncIterator[Recorder]:
    recorder = Recorder(store, writer)
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def small_talk(tale: Tale, messages: int) -> None:
    tale.opened(1)
    for number in range(messages):
        tale.received(1, f"слово {number}")


async def test_what_the_journal_has_comes_into_the_archive_and_is_told(
    *, store: Store, writer: Writer, tale: Tale, rows_of: RowsOf, write_journal: WriteJournal, until_told: UntilTold
) -> None:
    small_talk(tale, 10)
    await write_journal(tale.payloads)
    async with running(store, writer):
        await until_told(len(tale.entries))
        tale.received(1, "и потом")
        await write_journal(tale.payloads[-1:])
        await until_told(len(tale.entries))
    assert len(await rows_of("journal")) == 12
    assert len(await rows_of("messages")) == 11
    assert not await store.ask("EXISTS", store.keys.lease("recorder")), "the next one need not wait"


async def test_a_backlog_longer_than_a_batch_is_written_whole(
    *, store: Store, writer: Writer, tale: Tale, rows_of: RowsOf, write_journal: WriteJournal, until_told: UntilTold
) -> None:
    small_talk(tale, 2500)
    await write_journal(tale.payloads)
    async with running(store, writer):
        await until_told(2501)
    assert [row["seq"] for row in await rows_of("journal")] == list(range(1, 2502))
    assert (await rows_of("dialogs"))[0]["client_messages"] == 2500


async def test_a_death_between_commit_and_telling_is_told_at_the_next_start(
    *,
    store: Store,
    writer: Writer,
    tale: Tale,
    rows_of: RowsOf,
    write_journal: WriteJournal,
    until_told: UntilTold,
    told: Told,
) -> None:
    small_talk(tale, 5)
    await write_journal(tale.payloads)
    await writer.write(await read_journal(store, 0, 100, 0))
    assert await told() == 0
    async with running(store, writer) as recorder:
        await until_told(6)
        assert recorder.missing == 0
    assert len(await rows_of("messages")) == 5


async def test_only_what_is_durable_is_told(
    *,
    store: Store,
    url: str,
    tale: Tale,
    write_journal: WriteJournal,
    rows_of: RowsOf,
    until_told: UntilTold,
    told: Told,
) -> None:
    writer = Writer(f"{url}?timeout=0.05", DeskId("main"))
    small_talk(tale, 5)
    await write_journal(tale.payloads)
    with closing(sqlite3.connect(url.split("///", 1)[1])) as other:
        await writer.open()
        other.execute("BEGIN IMMEDIATE")
        async with running(store, writer):
            await asyncio.sleep(0.5)
            assert await told() == 0
            other.rollback()

            await until_told(6)
    await writer.close()
    assert len(await rows_of("messages")) == 5
    assert await rows_of("unreadable") == []


async def test_a_second_recorder_waits_for_the_lease(
    *, store: Store, writer: Writer, tale: Tale, write_journal: WriteJournal, until_told: UntilTold, told: Told
) -> None:
    first = await Lease.take(store, "recorder")
    assert first is not None
    small_talk(tale, 1)
    await write_journal(tale.payloads)
    async with running(store, writer):
        await asyncio.sleep(0.3)
        assert await told() == 0
        await first.release()

        await until_told(2)


async def test_a_position_told_late_never_takes_back_a_newer_one(store: Store, told: Told) -> None:
    await report_archive(store, 10)
    await report_archive(store, 4)
    assert await told() == 10


async def test_entries_trimmed_too_early_are_counted_and_told_in_the_log(
    *,
    store: Store,
    writer: Writer,
    tale: Tale,
    write_journal: WriteJournal,
    caplog: pytest.LogCaptureFixture,
    until_told: UntilTold,
) -> None:
    small_talk(tale, 9)
    await write_journal(tale.payloads[4:])
    async with running(store, writer) as recorder:
        await until_told(10)
        assert recorder.missing == 4
    assert "journal entries are missing" in caplog.text


async def test_an_archive_that_knows_more_than_the_journal_is_refused(
    store: Store, writer: Writer, tale: Tale, write_journal: WriteJournal
) -> None:
    small_talk(tale, 5)
    await writer.write(tale.payloads)
    await write_journal(tale.payloads[:2])
    with pytest.raises(StoreRefused, match="up to 6, but Redis' journal ends at 2"):
        await Recorder(store, writer).run()


async def test_a_recorder_killed_again_and_again_writes_everything_once(
    *,
    store: Store,
    redis_url: str,
    url: str,
    new_tale: type[Tale],
    rows_of: RowsOf,
    write_journal: WriteJournal,
    until_told: UntilTold,
    told: Told,
) -> None:
    chance, tale = random.Random(7), new_tale()
    small_talk(tale, 6000)
    entries = tale.payloads

    def start() -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("recording.py")
        return subprocess.Popen(
            [sys.executable, script, redis_url, store.keys.prefix, url],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )

    last = 0
    for kills in range(5):
        process = start()
        try:
            for at in range(kills * 1200, kills * 1200 + 1200, 100):
                await write_journal(entries[at : at + 100])
            await until_told(last + 1)
            await asyncio.sleep(chance.random() * 0.1)
        finally:
            process.kill()
            process.wait()
        last = await told()
    await write_journal(entries[6000:])
    process = start()
    try:
        await until_told(6001)
    finally:
        process.kill()
        process.wait()
    assert [row["seq"] for row in await rows_of("journal")] == list(range(1, 6002))
    assert len(await rows_of("messages")) == 6000
    assert (await rows_of("dialogs"))[0]["client_messages"] == 6000
