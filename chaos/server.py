"""A Redis of the run's own, for gateways that are given its address: it can be killed, told to go, its file torn.

AOF always, as the gateway demands. What it acknowledged may never be gone.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from gateway.streams.binary import find_binary
from sandbox import end_with_parent

_SECONDS = 60.0
_LOOK = 0.01
_TORN = b"*3\r\n$3\r\nSET\r\n$9\r\nchaos:cut\r\n$100\r\nonly the beginning of a write that nobody was told of"
"""The tail of a file whose server died while writing: the last command is not whole."""


def _ending_with_us(program: Path) -> list[str]:
    """The program so that it ends with this process, however that ends."""
    return [sys.executable, "-I", end_with_parent.__file__, str(os.getpid()), str(program)]


class RedisServer:
    """One server in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    async def start(self) -> None:
        """Waits until it answers. Raises RuntimeError if it will not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self.folder),
            "daemonize": "no",
            "loglevel": "warning",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "aof-load-truncated": "yes",
            "maxmemory": str(2 * 2**30),
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with (self.folder / "redis.log").open("ab") as told:
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - the program found by the gateway's own search
                [*_ending_with_us(find_binary().path), *words],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                start_new_session=True,
            )
        clock = asyncio.get_running_loop().time
        deadline = clock() + _SECONDS
        while not await self._answers():
            if self._process.poll() is not None or clock() > deadline:
                raise RuntimeError(f"Redis does not start:\n{(self.folder / 'redis.log').read_text()[-2000:]}")
            await asyncio.sleep(_LOOK)

    async def kill(self) -> None:
        """SIGKILL."""
        await self._end(signal.SIGKILL)

    async def shut_down(self) -> None:
        """SIGTERM: it says goodbye to its clients and to its file."""
        await self._end(signal.SIGTERM)

    def tear(self) -> None:
        """Puts half a command behind the file of a server that is not running."""
        [newest] = sorted(
            (self.folder / "appendonlydir").glob("*.incr.aof"), key=lambda one: int(one.suffixes[-3][1:])
        )[-1:]
        with newest.open("ab") as file:
            file.write(_TORN)

    async def stop(self) -> None:
        await self.shut_down()

    async def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        await asyncio.to_thread(process.wait)

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_unix_connection(self.socket)
            try:
                writer.write(b"PING\r\n")
                return (await reader.readline()).startswith(b"+PONG")
            finally:
                writer.close()
        return False
