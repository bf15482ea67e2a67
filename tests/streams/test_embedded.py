import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.errors import StoreRefused
from gateway.streams.connection import Store
from gateway.streams.embedded import EmbeddedServer, running_url
from gateway.streams.keys import Keys
from gateway.streams.server_folder import ServerFolder

Start = Callable[..., Awaitable[tuple[EmbeddedServer, Store]]]


@pytest.fixture
async def start(keys: Keys) -> AsyncIterator[Start]:
    """Starts an embedded server in a folder; all are stopped at the end."""
    started: list[tuple[EmbeddedServer, Store]] = []

    async def start(data_dir: Path) -> tuple[EmbeddedServer, Store]:
        server = EmbeddedServer()
        store = Store(await server.start(data_dir), keys)
        started.append((server, store))
        return server, store

    yield start
    for server, store in started:
        await store.close()
        await server.stop()


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_it_runs_for_our_user_only_and_writes_every_entry_to_disk(start: Start, tmp_path: Path) -> None:
    server, store = await start(tmp_path)
    info = await store.check()
    assert (info.aof, info.fsync) == (True, "always")
    assert not server.adopted
    assert (tmp_path / "redis").stat().st_mode & 0o077 == 0
    assert await store.ask("CONFIG", "GET", "port") == {b"port": b"0"}
    assert os.getsid(server.pid) != os.getsid(0)


async def test_stopping_leaves_no_process_and_keeps_the_data(start: Start, tmp_path: Path) -> None:
    server, store = await start(tmp_path)
    pid = server.pid
    await store.note([("SET", store.keys.desk, "kept")])
    await store.close()
    await server.stop()
    assert not lives(pid)
    assert running_url(tmp_path) is None
    await server.stop()
    again, store = await start(tmp_path)
    assert await store.ask("GET", store.keys.desk) == b"kept"
    assert not again.adopted


async def test_what_was_acknowledged_survives_the_servers_sigkill_and_it_is_started_again(
    start: Start, tmp_path: Path
) -> None:
    server, store = await start(tmp_path)
    for times in range(3):
        pid = server.pid
        await store.note([("SET", store.keys.desk, f"{times}")])
        os.kill(pid, signal.SIGKILL)
        await until(lambda pid=pid: server.pid != pid)  # type: ignore[misc]
        assert await store.ask("GET", store.keys.desk) == f"{times}".encode()
        assert not lives(pid)


async def test_a_second_gateway_on_the_folder_is_refused_and_the_first_goes_on(start: Start, tmp_path: Path) -> None:
    server, store = await start(tmp_path)
    with pytest.raises(StoreRefused, match=rf"another gateway \(process {os.getpid()}\).*data_dir"):
        await start(tmp_path)
    assert await store.ask("PING")
    assert lives(server.pid)


async def test_the_server_of_a_killed_gateway_is_adopted_with_its_data(start: Start, tmp_path: Path) -> None:
    program = f"""
import asyncio
from pathlib import Path
from gateway.streams.connection import Store
from gateway.streams.embedded import EmbeddedServer
from gateway.streams.keys import Keys
from gateway.streams.ownership import Lease

async def main():
    server = EmbeddedServer()
    store = Store(await server.start(Path({str(tmp_path)!r})), Keys("gateway", "main"))
    await store.note([("SET", store.keys.desk, "kept")])
    await Lease.take(store, "owner", 60_000)
    print(server.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    os.killpg(pid, 0)  # its own session, so also its own group
    process.kill()
    await process.communicate()
    assert lives(pid)
    server, store = await start(tmp_path)
    assert (server.adopted, server.pid) == (True, pid)
    keys = Keys("gateway", store.keys.desk_id)
    assert await store.ask("GET", keys.desk) == b"kept"
    from gateway.streams.ownership import Lease  # noqa: PLC0415 - only here

    theirs = Store(running_url(tmp_path) or "", keys)
    assert await Lease.take(theirs, "owner") is None
    lease = await Lease.take(theirs, "owner", force=server.force_leases)
    assert lease is not None
    await lease.release()
    await theirs.close()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: server.pid != pid)
    assert not server.adopted


async def test_a_truncated_tail_of_the_file_loses_only_the_tail(start: Start, tmp_path: Path) -> None:
    server, store = await start(tmp_path)
    await store.note([("SET", store.keys.desk, "kept")])
    await store.close()
    await server.stop()
    (file,) = (tmp_path / "redis" / "appendonlydir").glob("*.incr.aof")
    with file.open("ab") as tail:
        tail.write(b"*3\r\n$3\r\nSET\r\n$5\r\nhal")
    _, store = await start(tmp_path)
    assert await store.ask("GET", store.keys.desk) == b"kept"


async def test_a_file_that_cannot_be_read_is_told_in_a_sentence_and_nothing_is_left(tmp_path: Path) -> None:
    server = EmbeddedServer()
    await server.start(tmp_path)
    await server.stop()
    (file,) = (tmp_path / "redis" / "appendonlydir").glob("*.incr.aof")
    file.write_bytes(b"not a file of ours\r\n" * 10)
    with pytest.raises(StoreRefused, match="does not start: "):
        await server.start(tmp_path)
    assert running_url(tmp_path) is None
    file.write_bytes(b"")
    await server.start(tmp_path)
    await server.stop()


async def test_a_server_that_will_not_start_again_is_tried_until_it_does(start: Start, tmp_path: Path) -> None:
    server, store = await start(tmp_path)
    await store.note([("SET", store.keys.desk, "kept")])
    pid = server.pid
    (file,) = (tmp_path / "redis" / "appendonlydir").glob("*.incr.aof")
    whole = file.read_bytes()
    file.write_bytes(b"not a file of ours\r\n" * 10)
    os.kill(pid, signal.SIGKILL)
    log = tmp_path / "redis" / "server.log"
    await until(lambda: "Bad file format" in log.read_text())
    file.write_bytes(whole)
    await until(lambda: server.pid != pid)
    assert await store.ask("GET", store.keys.desk) == b"kept"


async def test_a_path_too_long_for_a_socket_does_not_matter(start: Start, tmp_path: Path) -> None:
    data_dir = tmp_path / ("длинное имя " * 8)
    server, store = await start(data_dir)
    place = ServerFolder(data_dir).socket.parent
    assert place.parent != data_dir
    assert place.stat().st_mode & 0o077 == 0
    await store.note([("SET", store.keys.desk, "kept")])
    await store.close()
    await server.stop()
    assert not place.exists()


async def test_commands_beside_a_gateway_find_its_server(start: Start, tmp_path: Path) -> None:
    assert running_url(tmp_path / "nothing here") is None
    assert running_url(tmp_path) is None
    _, store = await start(tmp_path)
    url = running_url(tmp_path)
    assert url == f"unix://{store.address}"


async def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    data_dir = tmp_path / ("длинное имя " * 8)
    place = ServerFolder(data_dir).socket.parent
    place.mkdir(mode=0o755)
    try:
        with pytest.raises(StoreRefused, match="open to others"):
            await EmbeddedServer().start(data_dir)
    finally:
        place.rmdir()


async def test_the_memory_that_it_may_use_is_bounded(start: Start, tmp_path: Path) -> None:
    _, store = await start(tmp_path)
    limit = (await store.check()).maxmemory
    assert 0 < limit <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
