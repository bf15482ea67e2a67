"""The embedded server: a real Redis-protocol server in the data folder, for who has none.

It runs in its own session and outlives a crash of the gateway, whose next start adopts it: what it acknowledged is
never in doubt. It is never started where another one may still be alive.
"""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
from pathlib import Path

from gateway.errors import StoreRefused
from gateway.streams.binary import Binary, find_binary
from gateway.streams.server_folder import ServerFolder

log = logging.getLogger("gateway.streams")

START_SECONDS = 30.0
"""For an answer; while it says that it is loading its file, as long as that takes."""
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.02
RESTART_PAUSE = 0.1
RESTART_PAUSE_LIMIT = 5.0

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
"""A connection to the server; its end is how we hear that the server died."""


class EmbeddedServer:
    """One server in one data folder. Whoever runs it may force leases: nobody else can be alive on this folder."""

    force_leases = True

    def __init__(self, *, memory_bytes: int | None = None) -> None:
        """`memory_bytes`: where intake stops; None: half of what the machine or container has."""
        self.pid = 0
        """The server's process; 0 while there is none."""
        self.adopted = False
        """Whether it was found running."""
        self._memory_bytes = memory_bytes or _memory_bytes() // 2
        self._folder = ServerFolder(Path())
        self._lock = -1
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Line | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def start(self, data_dir: Path) -> str:
        """Starts the server in `data_dir`, or adopts the one running there; answers its address.

        Raises:
            StoreRefused: another gateway uses the folder, no server program was found, or it will not start.
        """
        self._folder = ServerFolder(data_dir)
        self._folder.make()
        self._lock = self._folder.lock_for_us()
        try:
            self._line = await self._bring_up()
        except BaseException:
            await self.stop()
            raise
        self._watcher = asyncio.create_task(self._watch(self._line), name="embedded server")
        return self._folder.url

    async def stop(self) -> None:
        """Ends the server, waits until it is gone, and says so. Everything it acknowledged stays on disk."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        await self._hang_up()
        pid, self.pid = self.pid if self._process is None else self._process.pid, 0
        for sign in (signal.SIGTERM, signal.SIGKILL) if pid and self._folder.is_served else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            if await self._is_gone(STOP_SECONDS):
                log.info("embedded server stopped (process %d)", pid)
                self._folder.clear()
                break
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    async def _bring_up(self) -> Line:
        """Starts a server, unless one is alive here, and waits for its answer."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + START_SECONDS
        self.adopted = True
        while True:
            server_lock = self._folder.try_server_lock() if self._process is None else None
            if server_lock is not None:
                self.adopted = False
                self._spawn(server_lock)
            line, is_loading = await _call(self._folder.socket)
            if line is not None:
                self.pid = await _process_id(line)
                log.info("embedded server %s (process %d)", "adopted" if self.adopted else "runs", self.pid)
                return line
            if is_loading:
                deadline = clock() + START_SECONDS
            if self._process is not None and self._process.poll() is not None:
                self._process = None
                raise StoreRefused(
                    f"the embedded server in {self._folder.path} does not start: {self._folder.last_words()}"
                )
            if clock() > deadline:
                raise StoreRefused(
                    f"a server runs in {self._folder.path} and does not answer; end the process whose number is in"
                    f" {self._folder.pid_file} and start again"
                )
            await asyncio.sleep(LOOK_SECONDS)

    def _spawn(self, server_lock: int) -> None:
        try:
            self._process = self._run(find_binary(), server_lock)
        finally:
            os.close(server_lock)

    def _run(self, binary: Binary, server_lock: int) -> subprocess.Popen[bytes]:
        log.info("embedded server: %s %s (%s)", binary.name, binary.version, binary.path)
        settings = {
            "port": "0",
            "unixsocket": str(self._folder.socket),
            "unixsocketperm": "700",
            "dir": str(self._folder.path),
            "pidfile": str(self._folder.pid_file),
            "daemonize": "no",
            "loglevel": "warning",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "aof-load-truncated": "yes",
            "maxmemory": str(self._memory_bytes),
            "maxmemory-policy": "noeviction",
        }
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with self._folder.log.open("wb") as told:
            return subprocess.Popen(  # noqa: S603 - the program found above, our own arguments
                [binary.path, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                start_new_session=True,
                pass_fds=(server_lock,),
            )

    async def _watch(self, line: Line) -> None:
        """Starts the server again whenever it dies."""
        while True:
            await line[0].read()
            await self._hang_up()
            log.error("the embedded server (process %d) is gone; starting it again", self.pid)
            line = self._line = await self._bring_back()

    async def _bring_back(self) -> Line:
        pause = RESTART_PAUSE
        while True:
            await self._is_gone(START_SECONDS)
            try:
                return await self._bring_up()
            except (StoreRefused, OSError, EOFError) as error:
                log.error("%s; trying again in %.1f s", error, pause)  # noqa: TRY400 - a sentence says it all
                await asyncio.sleep(pause)
                pause = min(pause * 2, RESTART_PAUSE_LIMIT)

    async def _is_gone(self, seconds: float) -> bool:
        """Waits until no server is alive in the folder, and ours is reaped."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while clock() < deadline:
            if self._process is not None and self._process.poll() is not None:
                self._process = None
            if self._process is None and not self._folder.is_served:
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    async def _hang_up(self) -> None:
        if self._line is not None:
            (_, writer), self._line = self._line, None
            await _close(writer)


def running_url(data_dir: Path) -> str | None:
    """The address of the embedded server that runs in this folder, for commands beside a gateway; None: none runs."""
    folder = ServerFolder(data_dir)
    return folder.url if folder.is_served else None


async def _call(socket: Path) -> tuple[Line | None, bool]:
    """A connection on which the server answered, if it did, and whether it is still loading its file."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return None, False
    answer = b""
    with contextlib.suppress(OSError):
        answer = await _say((reader, writer), b"PING")
    if answer.startswith(b"+PONG"):
        return (reader, writer), False
    await _close(writer)
    return None, answer.startswith(b"-LOADING")


async def _say(line: Line, words: bytes) -> bytes:
    reader, writer = line
    writer.write(words + b"\r\n")
    async with asyncio.timeout(START_SECONDS):
        return await reader.readline()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _process_id(line: Line) -> int:
    size = int((await _say(line, b"INFO server")).strip(b"$\r\n") or 0)
    for told in (await line[0].readexactly(size + 2)).splitlines():
        if told.startswith(b"process_id:"):
            return int(told.split(b":")[1])
    raise StoreRefused("the embedded server does not tell its process id")


def _memory_bytes() -> int:
    """What the machine has, or the container may use, whichever is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(physical, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no cgroup, or "max"
        return physical
