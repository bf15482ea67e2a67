"""The way of one process to Redis: a TCP proxy that knows which script passes, and does harm at a moment that is named.

A process is killed around a script without a line in the product: before the script is passed on, after it was done
and before its answer is heard, or right after the answer. A reply may also be lost: the connection ends in its place.
"""

import asyncio
import contextlib
import hashlib
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from chaos.wire import is_error, is_push, read_command, reply_end
from gateway.streams import scripts

Moment = Literal["before", "done", "answered"]
MOMENTS: tuple[Moment, ...] = ("before", "done", "answered")
_CHUNK = 256 * 1024

NAMES: Mapping[bytes, str] = {one.sha: one.name for one in vars(scripts).values() if isinstance(one, scripts.Script)}
"""A script's name by the digest by which it is called."""


class Point(NamedTuple):
    """A moment of a script's way. `marker` wants these bytes in the command, `spared` none of these."""

    script: str
    moment: Moment
    marker: bytes = b""
    spared: bytes | None = None

    def __str__(self) -> str:
        return f"{self.script}.{self.moment}"


class Gate:
    """Listens on `port` for one process. What is done at a point is up to `strike`, and happens before all else."""

    def __init__(self, server: Path, chance: random.Random) -> None:
        self.port = 0
        self.seen: Counter[str] = Counter()
        """Scripts that passed, by name."""
        self.hits: Counter[str] = Counter()
        """Points that were struck at."""
        self.dropped = self.replies = self.delayed = 0
        self.drop_share = self.delay_share = 0.0
        """Of all replies: how many are lost, how many come late."""
        self.delay_seconds = 0.05
        self.leases: dict[bytes, bytes] = {}
        """Lease → the token by which the process has asked for it last."""
        self.strike: Callable[[], None] = lambda: None
        self.struck = asyncio.Event()
        self._point: Point | None = None
        self._server_path, self._chance = server, chance
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.cut()

    async def cut(self) -> None:
        """Ends all connections."""
        for line in list(self._lines):
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def arm(self, point: Point | None) -> None:
        """Strikes once, when this point is passed; None: never."""
        self._point = point
        self.struck.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        try:
            with contextlib.suppress(OSError):
                await self._connect(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            self._lines.discard(task)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(self._server_path, limit=2**20)
        line = _Line(self)
        pumps = [
            asyncio.create_task(line.up(reader, server_writer)),
            asyncio.create_task(line.down(server_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server_writer.transport.abort()  # first: what waits can be cancelled
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    def wants(self, script: str, moment: Moment, command: bytes) -> bool:
        """Whether this is the point."""
        point = self._point
        if point is None or point.script != script or point.moment != moment or point.marker not in command:
            return False
        return point.spared is None or point.spared not in command

    def passes(self, script: str, moment: Moment, command: bytes) -> bool:
        """Whether this is the point; the process has been struck then."""
        if not self.wants(script, moment, command):
            return False
        self._point = None
        self.strike()
        self.hits[f"{script}.{moment}"] += 1
        self.struck.set()
        return True

    async def answers(self) -> bool:
        """Counts a reply, and holds it where it shall be late; False: it is lost."""
        self.replies += 1
        if self.drop_share and self._chance.random() < self.drop_share:
            self.dropped += 1
            return False
        if self.delay_share and self._chance.random() < self.delay_share:
            self.delayed += 1
            await asyncio.sleep(self.delay_seconds)
        return True

    def is_marked(self) -> bool:
        """Whether the point looks into commands."""
        return self._point is not None and bool(self._point.marker)


class _Line:
    """One connection through the gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._owed: deque[tuple[str, bytes]] = deque()
        """What each reply to come answers: the script's name, and where it is looked at the command."""

    async def up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gate, buffer = self._gate, bytearray()
        while data := await reader.read(_CHUNK):
            buffer += data
            at = 0
            while (command := read_command(buffer, at)) is not None:
                script = script_of(command.head)
                if script:
                    gate.seen[script] += 1
                    self._note_lease(script, command.head)
                raw = bytes(buffer[at : command.end]) if gate.is_marked() else b""
                if script and gate.passes(script, "before", raw):
                    return
                self._owed.append((script, raw))
                at = command.end
            writer.write(buffer[:at])
            del buffer[:at]
            await writer.drain()

    async def down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gate, buffer = self._gate, bytearray()
        while data := await reader.read(_CHUNK):
            buffer += data
            at = start = 0
            while at < len(buffer) and (end := reply_end(buffer, at)) is not None:
                if not is_push(buffer, at):
                    script, raw = self._owed.popleft()
                    is_done = bool(script) and not is_error(buffer, at)
                    if is_done and gate.passes(script, "done", raw):
                        return
                    if not await gate.answers():
                        writer.write(buffer[start:at])
                        await writer.drain()
                        return
                    if is_done and self._is_next(script, raw, writer, bytes(buffer[start:end])):
                        return
                at = end
            writer.write(buffer[start:at])
            del buffer[:at]
            await writer.drain()

    def _is_next(self, script: str, raw: bytes, writer: asyncio.StreamWriter, answer: bytes) -> bool:
        """Struck right after the answer: the socket has it before the process ends."""
        gate = self._gate
        if not gate.wants(script, "answered", raw):
            return False
        writer.write(answer)
        return gate.passes(script, "answered", raw)

    def _note_lease(self, script: str, head: tuple[bytes, ...]) -> None:
        if script == "lease" and len(head) > 5 and head[4] != b"release":  # noqa: PLR2004 - verb and token
            self._gate.leases[head[3]] = head[5]


def script_of(head: tuple[bytes, ...]) -> str:
    """The name of the script that a command calls; empty: it is none of ours."""
    if len(head) < 2:  # noqa: PLR2004 - a name and what is called
        return ""
    if head[0] == b"EVALSHA":
        return NAMES.get(head[1], "")
    if head[0] == b"EVAL":
        return NAMES.get(hashlib.sha1(head[1], usedforsecurity=False).hexdigest().encode(), "")
    return ""
