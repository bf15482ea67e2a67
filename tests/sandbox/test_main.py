"""`python -m sandbox` as people start it: a real process, and beside it a stand-in for the gateway's command line."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.product import free_port

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

ROOT = Path(__file__).parents[2]

# What the gateway promises on its command line and no more: `run` serves /readyz, `invite` prints a link.
STAND_IN = """
import asyncio, json, os, signal, sys, pathlib
from aiohttp import web

diary = pathlib.Path(os.environ["GATEWAY_DATA_DIR"], "diary.jsonl")

def note(what):
    with diary.open("a", encoding="utf-8") as file:
        settings = {key: value for key, value in os.environ.items() if key.startswith("GATEWAY_")}
        file.write(json.dumps({"what": what, "pid": os.getpid(), "settings": settings}) + "\\n")

async def run():
    mood = pathlib.Path(os.environ["GATEWAY_DATA_DIR"], "mood")
    if mood.exists():
        sys.exit(int(mood.read_text()))
    child = await asyncio.create_subprocess_exec("sleep", "600")
    note(f"grandchild {child.pid}")
    app = web.Application()
    async def ready(request):
        return web.Response(text="ok")
    app.router.add_get("/readyz", ready)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["GATEWAY_HTTP__PORT"])).start()
    note("run")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    note("stopped in order")
    await runner.cleanup()

match sys.argv[1:]:
    case ["run"]:
        asyncio.run(run())
    case ["invite", "--role", "operator"]:
        note("invite")
        print("Ссылка / link: https://t.me/desk_bot?start=inv_Abc-123")
    case other:
        sys.exit(f"unknown: {other}")
"""


class Started:
    """A running `python -m sandbox`; `url` is the first address that it printed."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.lines: list[str] = []
        self.url = ""

    async def read_address(self) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while not self.url:
                line = (await self.process.stdout.readline()).decode()
                assert line, self.lines
                self.lines.append(line)
                found = re.search(r"http://\S+", line)
                self.url = found.group() if found else ""

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.result()

    async def result(self) -> int:
        """Waits until it ends by itself; the exit code."""
        async with asyncio.timeout(60):
            output, _ = await self.process.communicate()
        self.lines += output.decode().splitlines()
        assert self.process.returncode is not None
        return self.process.returncode

    def diary(self) -> list[dict[str, Any]]:
        file = self.folder / "data" / "diary.jsonl"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []

    def noted(self, what: str) -> int:
        return sum(row["what"] == what for row in self.diary())

    async def state(self) -> Fixture:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/sandbox/api/state") as answer:
            return await answer.json()

    async def until(self, is_so: Callable[[Any], bool]) -> Fixture:
        async with asyncio.timeout(20):
            while not is_so(state := await self.state()):
                await asyncio.sleep(0.05)
        return state


Start = Callable[..., Awaitable[Started]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts it in an empty folder where `gateway` is the stand-in above."""
    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / "__init__.py").touch()  # a whole package, so that it is found before the real one
    (tmp_path / "gateway" / "__main__.py").write_text(STAND_IN, "utf-8")
    (tmp_path / "data").mkdir()
    running: list[Started] = []

    async def start(*arguments: str) -> Started:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sandbox",
            *arguments,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        running.append(Started(process, tmp_path))
        return running[-1]

    yield start
    for started in running:
        await started.end()


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def _is_running(state: Fixture) -> bool:
    return state["gateway"]["state"] == "running"


def _started(state: Fixture) -> list[int]:
    return [chat["user_id"] for chat in state["chats"] if chat["started"]]


async def test_alone_it_prints_one_address_first_and_stops_at_ctrl_c(start: Start) -> None:
    started = await start("--only", "--port", "0")
    await started.read_address()
    assert len(started.lines) == 1
    async with aiohttp.ClientSession() as session, session.get(started.url) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    assert (await started.state())["gateway"]["state"] == "stopped"
    assert await started.end(signal.SIGINT) == 0


async def test_a_busy_port_is_one_sentence(start: Start) -> None:
    first = await start("--only", "--port", "0")
    await first.read_address()
    port = first.url.rpartition(":")[2]
    second = await start("--port", port)
    assert await second.result() == 1
    (sentence,) = second.lines
    assert port in sentence
    assert "Traceback" not in sentence


async def test_a_wrong_cast_is_one_sentence(start: Start, tmp_path: Path) -> None:
    (tmp_path / "cast.toml").write_text("[[bots]]\nid = 'x'", "utf-8")
    started = await start("--only", "--port", "0", "--cast", "cast.toml")
    assert await started.result() == 1
    (sentence,) = started.lines
    assert sentence.startswith("The cast file cast.toml cannot be used")


async def test_it_runs_the_gateway_with_its_own_addresses_and_introduces_the_operators_once(start: Start) -> None:
    started = await start("--port", "0", "--data", "data")
    await started.read_address()
    anna, boris = 601928374, 1203948576
    state = await started.until(lambda state: _is_running(state) and {anna, boris} <= set(_started(state)))
    assert set(_started(state)) == {anna, boris}
    settings = next(row["settings"] for row in started.diary() if row["what"] == "run")
    account = "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__"
    assert settings["GATEWAY_DATA_DIR"] == str(started.folder / "data")
    assert settings["GATEWAY_OPERATOR_BOT__API_URL"] == settings[f"{account}API_URL"] == started.url
    assert settings["GATEWAY_OPERATOR_BOT__ADMINS"] == f"[{anna}]"
    assert settings["GATEWAY_OPERATOR_BOT__TOKEN"].startswith("7000000002:")
    assert settings[f"{account}TOKEN"].startswith("7000000001:")
    assert (settings[f"{account}CHANNEL"], settings["GATEWAY_LINES__SALES__TITLE"]) == ("telegram", "Продажи")
    site = {
        name.removeprefix("GATEWAY_LINES__SALES__ACCOUNTS__SITE__"): value
        for name, value in settings.items()
        if "__SITE__" in name
    }
    port = started.url.rpartition(":")[2]
    assert site["CHANNEL"] == "widget"
    assert site["ORIGINS"].split(", ") == [started.url, f"http://localhost:{port}"]
    assert min(len(site["SECRET"]), len(site["IDENTITY_SECRET"])) >= 32
    assert site["SECRET"] != site["IDENTITY_SECRET"]
    assert Path(site["AVATAR"]).is_file()
    assert not [name for name in site if name.endswith(("_MINUTE", "_SECOND"))]
    community = "GATEWAY_LINES__SALES__ACCOUNTS__ROMASHKA__"
    assert (settings[f"{community}CHANNEL"], settings[f"{community}GROUP_ID"]) == ("vk", "219000001")
    assert settings[f"{community}TOKEN"].startswith("vk1.a.")
    assert settings[f"{community}API_URL"] == started.url
    chat = f"{started.url}/sandbox/api/chats/7000000002/{boris}"
    async with aiohttp.ClientSession() as session, session.get(chat) as answer:
        messages = (await answer.json())["messages"]
    assert [message["text"] for message in messages] == ["/start inv_Abc-123"]
    assert await started.end() == 0
    assert started.noted("stopped in order") == 1

    again = await start("--port", "0", "--data", "data")
    await again.read_address()
    await again.until(_is_running)
    await again.end()
    assert again.noted("run") == 2
    assert again.noted("invite") == 1
    first, second = (row["settings"] for row in again.diary() if row["what"] == "run")
    kept = [f"GATEWAY_LINES__SALES__ACCOUNTS__SITE__{name}" for name in ("SECRET", "IDENTITY_SECRET")]
    assert [first[name] for name in kept] == [second[name] for name in kept]  # visitors stay who they are


def test_the_gateways_port_is_the_one_of_before_unless_it_is_taken() -> None:
    with socket.socket() as taken:
        for port in range(20_000, 30_000):  # below those that the system gives out by itself
            with contextlib.suppress(OSError):
                taken.bind(("127.0.0.1", port))
                break
        taken.listen()
        assert free_port(port) not in (0, port)
    assert free_port(port) == port


async def test_without_limits_neither_telegram_nor_the_chat_has_any(start: Start) -> None:
    started = await start("--port", "0", "--data", "data", "--no-limits")
    await started.read_address()
    state = await started.until(_is_running)
    assert state["settings"]["limits"] is False
    settings = next(row["settings"] for row in started.diary() if row["what"] == "run")
    lifted = {name.partition("__SITE__")[2] for name, value in settings.items() if value == "1000000"}
    assert lifted == {
        "MESSAGES_PER_MINUTE", "ADDRESS_PER_MINUTE", "ACCOUNT_PER_SECOND", "SOCKETS_PER_VISITOR",
        "SOCKETS_PER_ADDRESS", "SESSIONS_PER_ADDRESS_MINUTE",
    }  # fmt: skip


async def test_stopping_leaves_no_process_of_the_childs_group(start: Start, eventually: Fixture) -> None:
    started = await start("--port", "0", "--data", "data")
    await started.read_address()
    await started.until(_is_running)
    grandchild = next(int(row["what"].split()[1]) for row in started.diary() if row["what"].startswith("grandchild"))
    assert _is_alive(grandchild)
    assert await started.end(signal.SIGINT) == 0
    await eventually(lambda: not _is_alive(grandchild))


async def test_a_sandbox_that_is_killed_takes_the_gateway_along_in_order(start: Start, eventually: Fixture) -> None:
    started = await start("--port", "0", "--data", "data")
    await started.read_address()
    await started.until(_is_running)
    gateway = next(row["pid"] for row in started.diary() if row["what"] == "run")
    grandchild = next(int(row["what"].split()[1]) for row in started.diary() if row["what"].startswith("grandchild"))
    started.process.kill()
    try:
        await eventually(lambda: not _is_alive(gateway))
        assert started.noted("stopped in order") == 1
    finally:
        os.killpg(os.getpgid(grandchild), signal.SIGKILL)  # this stand-in never ends what it started
    assert await started.result() == -signal.SIGKILL


async def test_nothing_runs_for_a_parent_that_is_gone_already() -> None:
    program = ROOT / "sandbox" / "end_with_parent.py"
    for starter, said in [(os.getpid(), b"ran\n"), (os.getppid(), b"")]:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(program), str(starter), "echo", "ran", stdout=asyncio.subprocess.PIPE
        )
        output, _ = await child.communicate()
        assert (output, child.returncode) == (said, 0 if said else 1)


async def test_a_gateway_that_dies_is_started_again(start: Start, eventually: Fixture) -> None:
    started = await start("--port", "0", "--data", "data")
    await started.read_address()
    await started.until(_is_running)
    first = next(row["pid"] for row in started.diary() if row["what"] == "run")
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: started.noted("run") == 2)
    await started.until(_is_running)
    assert await started.end() == 0
    assert any("The gateway died (exit code -9)" in line for line in started.lines)


async def test_a_gateway_that_always_dies_is_given_up(start: Start, tmp_path: Path) -> None:
    (tmp_path / "data" / "mood").write_text("3", "utf-8")
    started = await start("--port", "0", "--data", "data")
    await started.read_address()
    assert await started.result() == 1
    assert sum("starting it again" in line for line in started.lines) == 5
    assert "giving up" in started.lines[-1]


async def test_the_ledger_goes_to_a_file_when_asked(start: Start, tmp_path: Path) -> None:
    started = await start("--only", "--port", "0", "--ledger", "ledger.jsonl")
    await started.read_address()
    async with aiohttp.ClientSession() as session:
        act = {"do": "start", "bot_id": 7000000001, "user_id": 418273645}
        async with session.post(f"{started.url}/sandbox/api/act", json=act) as answer:
            assert answer.status == 200
    await started.end()
    (row,) = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text("utf-8").splitlines()]
    assert (row["kind"], row["text"]) == ("act", "/start")
