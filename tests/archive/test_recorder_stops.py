"""What Redis refuses, and what a newer gateway wrote, stops the recorder: nothing is skipped or put aside for it."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.archive.recorder import Recorder
from gateway.archive.writer import Writer
from gateway.model.codec import VERSION
from gateway.model.ids import DeskId
from gateway.stalls import Stalls
from gateway.streams.connection import Store

Tale = Any
"""conftest's."""
RowsOf = Callable[..., Awaitable[list[dict[str, Any]]]]
TAG = b'1:{"event":{"type":"dialog_snoozed","dialog":"1"},"at":1,"cause":"x"}'


@contextlib.asynccontextmanager
async def working(store: Store, writer: Writer, stalls: Stalls) -> AsyncIterator[None]:
    task = asyncio.create_task(Recorder(store, writer, stalls=stalls).run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def stands_still(stalls: Stalls) -> str:
    async with asyncio.timeout(20):
        while not stalls.now:
            await asyncio.sleep(0.01)
    return stalls.now["archive"].about


@pytest.mark.parametrize("payload", [b"%d:{}" % (VERSION + 1), TAG], ids=["a version", "a tag"])
async def test_the_recorder_stops_at_what_a_newer_gateway_wrote_and_writes_all_before_it(
    store: Store, url: str, writer: Writer, tale: Tale, rows_of: RowsOf, write_journal: Any, payload: bytes
) -> None:
    tale.opened(1)
    for number in range(4):
        tale.received(1, f"слово {number}")
    payloads = tale.payloads
    await write_journal([*payloads[:3], (4, payload), payloads[4]])
    for _ in range(3):
        stalls = Stalls()
        async with working(store, writer, stalls):
            assert await stands_still(stalls) == "newer"
    assert [row["seq"] for row in await rows_of("journal")] == [1, 2, 3]
    assert await rows_of("unreadable") == []
    assert writer.position == 3
    # A newer gateway comes and writes it: here it is as if it had.
    newer, stalls = Writer(url, DeskId("main")), Stalls()
    await newer.open()
    await newer.write([payloads[3]])
    await newer.close()
    async with working(store, writer, stalls), asyncio.timeout(20):
        while writer.position < 5:
            await asyncio.sleep(0.01)
    assert [row["seq"] for row in await rows_of("journal")] == [1, 2, 3, 4, 5]
    assert await rows_of("unreadable") == []
    assert not stalls.now


@pytest.mark.parametrize("right", ["xread", "hget", "hset", "evalsha", "set", "xrevrange"])
async def test_a_right_that_is_missing_stops_the_recorder_and_everything_is_written_once(
    store: Store, redis_url: str, writer: Writer, tale: Tale, rows_of: RowsOf, write_journal: Any, right: str
) -> None:
    user, stalls = f"user-{secrets.token_hex(4)}", Stalls()
    await store.ask("ACL", "SETUSER", user, "on", ">x", "+@all", "~*", "&*", f"-{right}")
    limited = Store(f"unix://{user}:x@{urlsplit(redis_url).path}", store.keys)
    tale.opened(1)
    for number in range(20):
        tale.received(1, f"слово {number}")
    await write_journal(tale.payloads)
    async with working(limited, writer, stalls):
        assert await stands_still(stalls) == "rejected"
        assert "has no right to it" in stalls.now["archive"].sentence
        await store.ask("ACL", "SETUSER", user, "+@all")
        async with asyncio.timeout(30):
            while int(await store.ask("HGET", store.keys.cursors, "archive") or 0) < 21:
                await asyncio.sleep(0.01)
    await limited.close()
    await store.ask("ACL", "DELUSER", user)
    assert [row["seq"] for row in await rows_of("journal")] == list(range(1, 22))
    assert await rows_of("unreadable") == []
