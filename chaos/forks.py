"""The run's end of the fork server: starts gateways, and knows which of them are alive and how the others ended."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[1]
_SECONDS = 120.0


class Forks:
    """`async with Forks() as forks`: a fork server with the gateway imported, from the tree at `root`."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._process: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None
        self._starting: deque[asyncio.Future[int]] = deque()
        """Who waits for a process, in the order in which they have asked; so they are answered."""
        self._ready: asyncio.Future[None] | None = None
        self._endings: dict[int, asyncio.Future[int]] = {}

    async def __aenter__(self) -> Self:
        self._ready = asyncio.get_running_loop().create_future()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chaos.forkserver",
            cwd=self._root, env={**kept, "PYTHONPATH": str(self._root)},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._listener = asyncio.create_task(self._listen())
        async with asyncio.timeout(_SECONDS):
            await self._ready
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        if self._listener is not None:
            await self._listener

    async def start(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """Starts `gateway <words>` and answers its process id."""
        assert self._process is not None
        assert self._process.stdin is not None
        wanted = {"words": list(words), "environment": {**self._bare(), **environment}, "log": str(log)}
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._starting.append(started)
        self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
        async with asyncio.timeout(_SECONDS):
            return await asyncio.shield(started)

    async def ended(self, pid: int) -> int:
        """Waits for a process' end and answers its code; below 0 the signal."""
        return await asyncio.shield(self._endings[pid])

    def code(self, pid: int) -> int | None:
        """How a process ended; None: it is alive."""
        ending = self._endings[pid]
        return ending.result() if ending.done() else None

    @property
    def alive(self) -> list[int]:
        """Processes that have not ended."""
        return [pid for pid, ending in self._endings.items() if not ending.done()]

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Sends a signal, unless the process has ended."""
        if self.code(pid) is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _bare(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        return {**kept, "PYTHONPATH": str(self._root), "PYTHONUNBUFFERED": "1"}

    async def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._ready is not None
        async for line in self._process.stdout:
            told: dict[str, Any] = json.loads(line)
            if "ready" in told:
                self._ready.set_result(None)
            elif "started" in told:
                self._endings[told["started"]] = asyncio.get_running_loop().create_future()
                self._starting.popleft().set_result(told["started"])
            else:
                self._endings[told["ended"]].set_result(told["code"])
        ended = RuntimeError("the fork server has ended; what it said stands above")
        if not self._ready.done():
            self._ready.set_exception(ended)
        for started in self._starting:
            started.set_exception(ended)
