"""The gateway as the child process that users would run, and waiting for what it brings about."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


class Gateway:
    """`gateway run` as a child in its own process group."""

    def __init__(self, environment: Mapping[str, str], port: int, log: Path) -> None:
        self.environment = {**_bare_environment(), **environment}
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        """All that it has printed so far."""
        return self._log.read_text() if self._log.exists() else ""

    async def start(self, *, wait: bool = True) -> None:
        with self._log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway",
                "run",
                env=self.environment,
                cwd=ROOT,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        if wait:
            await self.ready()

    async def ready(self) -> None:
        """Waits until /readyz says 200; a child that ends before is told with its log."""

        async def ok() -> bool:
            assert self._process is not None
            assert self._process.returncode is None, f"the gateway ended:\n{self.log[-4000:]}"
            return await self.status("/readyz") == 200

        await until(ok, "the gateway is ready", seconds=60)

    async def status(self, path: str) -> int | None:
        """The status that a path answers with; None if nobody answers."""
        try:
            async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
                return answer.status
        except aiohttp.ClientError:
            return None

    async def unfinished(self) -> list[str]:
        """Work that is still to be done, by the gateway's own numbers; empty: none."""
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
                text = await answer.text()
        except aiohttp.ClientError as error:
            return [f"no numbers: {error}"]
        return [
            line
            for line in text.splitlines()
            if line.startswith(("gateway_outbox_entries", "gateway_dead_letters", "gateway_stream_entries"))
            and not line.endswith(" 0.0")
        ]

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM, as an init system does; returns the exit code."""
        return await self._end(signal.SIGTERM)

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Another command of the same command line: code, output, errors."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway",
            *arguments,
            env=self.environment,
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    def argv(self, *arguments: str) -> list[str]:
        """The words of a command of the same command line."""
        return [sys.executable, "-m", "gateway", *arguments]

    def child(self) -> dict[str, Any]:
        """How a process of this gateway is started: its environment and its folder."""
        return {"env": self.environment, "cwd": ROOT, "stdout": asyncio.subprocess.DEVNULL}

    async def _end(self, number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        return await process.wait()


async def until(
    condition: Callable[[], Awaitable[bool]], what: str | Callable[[], str], *, seconds: float = PATIENCE
) -> None:
    """Waits for a condition, with a deadline; on failure says what did not come true."""
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what if isinstance(what, str) else what()}")
        await asyncio.sleep(0.02)


def free_port() -> int:
    """A port that no outgoing connection is ever given, so that none can hold it while its server is away."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")


def _fixed_ports() -> Iterator[int]:
    """Ports below the system's own choice, each once; processes beside each other begin at different ones."""
    try:
        end = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        end = 32768
    ports = range(max(end - 20_000, 1025), end)
    begin = os.getpid() * 199 % len(ports)
    yield from (*ports[begin:], *ports[:begin])


_PORTS = _fixed_ports()


def _bare_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
