import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.errors import CommandRejected, SettingsError, StoreRefused, StoreUnavailable
from gateway.streams.binary import find_binary
from gateway.streams.connection import Store, connect
from gateway.streams.keys import Keys
from gateway.streams.scripts import LEASE, NOTE, Call

Wire = Any
"""conftest's; test modules cannot import it."""


def appending(keys: Keys, *values: str) -> Call:
    """A call whose repeats can be counted."""
    call = Call(NOTE)
    call.add_commands([("RPUSH", keys.of_name("list"), value) for value in values])
    return call


async def test_the_embedded_server_passes_the_check(store: Store) -> None:
    info = await store.check()
    assert (info.name, info.aof, info.fsync) == (find_binary().name, True, "always")
    assert info.maxmemory > info.used_memory > 0


@pytest.fixture
async def guest(store: Store) -> AsyncIterator[str]:
    """The name of a user who may do what a managed server lets one do; goes with the test."""
    name = store.keys.prefix
    await store.redis.execute_command(  # type: ignore[no-untyped-call]
        "ACL", "SETUSER", name, "on", ">word", "~*", "+@all", "-config"
    )
    yield name
    await store.redis.execute_command("ACL", "DELUSER", name)  # type: ignore[no-untyped-call]


async def test_a_server_that_hides_its_configuration_is_judged_by_info(redis_url: str, keys: Keys, guest: str) -> None:
    store = Store(f"unix://{guest}:word@{redis_url.removeprefix('unix://')}", keys)
    try:
        assert (await store.check()).fsync is None
    finally:
        await store.close()


async def test_a_wrong_password_is_refused_without_telling_it(wire: Wire, keys: Keys) -> None:
    store = Store(wire.url.replace("redis://", "redis://nobody:secret@"), keys)
    try:
        with pytest.raises(StoreRefused, match=r"127\.0\.0\.1:\d+ does not let us in") as caught:
            await store.check()
        assert "secret" not in str(caught.value)
    finally:
        await store.close()


@pytest.mark.parametrize(
    "url", ["http://:secret@redis", "redis://:secret@host:port", "", "unix://", "secret@127.0.0.1:6379"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str, keys: Keys) -> None:
    with pytest.raises(SettingsError, match="redis_url is not an address") as caught:
        connect(url, keys)
    assert "secret" not in str(caught.value)


async def test_a_server_that_is_not_there_is_unavailable(keys: Keys) -> None:
    store = Store("redis://:secret@127.0.0.1:1/0", keys)
    for ask in (store.check(), store.ask("PING"), store.run(appending(keys, "a"), patience_ms=100)):
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1 does not answer") as caught:
            await ask
        assert "secret" not in str(caught.value)
    await store.close()


async def test_reads_and_plain_writes_are_never_repeated_by_themselves(wired: Store, wire: Wire) -> None:
    wire.losing = b"INCR"
    with pytest.raises(StoreUnavailable):
        await wired.ask("INCR", wired.keys.of_name("count"))
    assert await wired.ask("GET", wired.keys.of_name("count")) == b"1"


async def test_a_script_is_repeated_after_a_lost_reply(wired: Store, wire: Wire, store: Store) -> None:
    await wired.run(appending(wired.keys, "a"))
    wire.losing = b"EVALSHA"
    await wired.run(appending(wired.keys, "b"))
    assert wire.lost == 1
    assert await store.ask("LRANGE", store.keys.of_name("list"), 0, -1) == [b"a", b"b", b"b"]


async def test_a_script_that_the_server_forgot_is_sent_again(store: Store) -> None:
    await store.run(appending(store.keys, "a"))
    await store.ask("SCRIPT", "FLUSH")
    await store.run(appending(store.keys, "b"))
    await store.ask("SCRIPT", "FLUSH")
    assert await store.run_batch([appending(store.keys, "c"), appending(store.keys, "d")]) == [b"done", b"done"]
    assert await store.ask("LRANGE", store.keys.of_name("list"), 0, -1) == [b"a", b"b", b"c", b"d"]


async def test_a_failing_script_stands_in_its_place_and_the_others_run(store: Store) -> None:
    broken = Call(LEASE)
    first, failed, last = await store.run_batch([appending(store.keys, "a"), broken, appending(store.keys, "b")])
    assert (first, last) == (b"done", b"done")

    assert isinstance(failed, CommandRejected)


async def test_a_blocked_reader_hears_news_at_once_and_outlives_an_idle_wait(store: Store) -> None:
    stream = store.keys.staff
    reader = asyncio.create_task(store.ask_and_wait(5000, ("XREAD",), ("STREAMS", stream, "0")))
    await asyncio.sleep(0)
    await store.note([("XADD", stream, "1-0", "p", "x")])
    assert await reader == {stream.encode(): [(b"1-0", {b"p": b"x"})]}
    started = time.monotonic()
    assert not await store.ask_and_wait(200, ("XREAD",), ("STREAMS", stream, "1-0"))
    assert time.monotonic() - started >= 0.19
    assert not await store.ask_and_wait(0, ("XREAD",), ("STREAMS", stream, "1-0"))


async def test_blocked_readers_do_not_keep_scripts_waiting(store: Store) -> None:
    read = (("XREAD",), ("STREAMS", store.keys.staff, "0"))
    readers = [asyncio.create_task(store.ask_and_wait(5000, *read)) for _ in range(60)]
    started = time.monotonic()
    await asyncio.gather(*(store.run(appending(store.keys, "a")) for _ in range(300)))
    assert time.monotonic() - started < 4
    await store.note([("XADD", store.keys.staff, "1-0", "p", "x")])
    assert all(await asyncio.gather(*readers))


async def test_a_silent_server_is_given_up_in_time_and_used_again_when_it_speaks(wired: Store, wire: Wire) -> None:
    await wired.ask("PING")
    wire.is_silent = True
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await wired.ask("PING")
    assert time.monotonic() - started < 3
    wire.is_silent = False
    assert await wired.ask("PING")


async def test_a_reader_that_is_cancelled_just_as_an_answer_comes_stops(store: Store) -> None:
    async def read() -> None:
        while True:
            await store.ask("PING")

    for turn in range(100):
        reader = asyncio.create_task(read())
        await asyncio.sleep(turn / 50_000)
        reader.cancel()
        done, _ = await asyncio.wait([reader], timeout=5)
        assert done, "the cancellation was lost"
