"""What the fault run stands on: its own Redis, its fork server, its front."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from chaos.forks import Forks
from chaos.front import Front, free_port
from chaos.server import RedisServer
from gateway.model.ids import DeskId
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from tests.story.process import ROOT, until

STARTS = """
import asyncio, sys
from pathlib import Path
from chaos.server import RedisServer

async def main():
    await RedisServer(Path(sys.argv[1])).start()
    print("started", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_a_kill_and_a_torn_tail(tmp_path):
    server = RedisServer(tmp_path / "redis")
    await server.start()
    store = Store(server.url, Keys("gateway", DeskId("main")))
    try:
        await store.ask("SET", "kept", "1")
        await server.kill()
        server.tear()
        await server.start()
        assert await store.ask("GET", "kept") == b"1"
        assert await store.ask("EXISTS", "chaos:cut") == 0
        await store.ask("SET", "kept", "2")
        await server.shut_down()
        await server.start()
        assert await store.ask("GET", "kept") == b"2"
    finally:
        await store.close()
        await server.stop()


async def test_a_killed_run_leaves_no_redis(tmp_path):
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTS, str(tmp_path / "redis"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert await run.stdout.readline() == b"started\n"

        async def is_alive():
            return bool(processes_on(tmp_path))

        assert await is_alive()
    finally:
        run.kill()
        await run.communicate()

    async def is_gone():
        return not processes_on(tmp_path)

    await until(is_gone, "the server has ended with the run")


def processes_on(folder):
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line and b"valkey" in line.split(b"\0")[0]:
            found.append(int(entry.name))
    return found


@pytest.mark.timeout(240)  # everything of the gateway is imported first
async def test_forks_are_gateways_and_end_with_their_server(tmp_path):
    async with Forks() as forks:
        log = tmp_path / "log"
        told, wrong = await asyncio.gather(
            forks.start(["--version"], {}, log),
            forks.start(["run"], {"GATEWAY_NONSENSE": "1"}, tmp_path / "wrong"),
        )
        assert await forks.ended(told) == 0
        assert log.read_text().startswith("gateway ")
        assert await forks.ended(wrong) == 1
        assert "there is no setting GATEWAY_NONSENSE" in (tmp_path / "wrong").read_text()
        # A process that waits for its standard input would hang; one that reads it finds the end.
        held = await forks.start(["parse", "telegram"], {}, tmp_path / "held")
        await forks.ended(held)
        assert forks.alive == []
        assert forks.code(told) == 0
        environment = {
            "GATEWAY_DATA_DIR": str(tmp_path / "data"),
            "GATEWAY_HTTP__PORT": str(free_port()),
            "GATEWAY_OPERATOR_BOT__TOKEN": "7000000002:AAchaos-token-that-nobody-gave-desk-bot",
            "GATEWAY_OPERATOR_BOT__API_URL": "http://127.0.0.1:9",
        }
        killed = await forks.start(["run", "web"], environment, tmp_path / "killed")
        forks.signal(killed, signal.SIGKILL)
        assert await forks.ended(killed) == -signal.SIGKILL
        left = await forks.start(["run", "web"], environment, tmp_path / "left")
        assert forks.alive == [left]

    async def is_gone():
        return not Path(f"/proc/{left}").exists()

    await until(is_gone, "what was alive has ended with the server")


async def test_the_front_goes_to_who_listens(tmp_path):
    async def say(reader, writer):
        writer.write(b"here")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    front = Front()
    await front.open()
    try:
        front.ports = [free_port(), server.sockets[0].getsockname()[1]]
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
            assert await reader.read() == b"here"
            writer.close()
            await writer.wait_closed()
    finally:
        server.close()
        await front.close()


def test_a_port_is_given_once():
    assert len({free_port() for _ in range(20)}) == 20
