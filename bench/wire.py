"""HTTP/1.1 on bare asyncio protocols, for load that must not be the bottleneck: requests built once, answers skimmed.

Good for loopback only: it trusts the other side to speak plain HTTP with Content-Length, and checks nothing else.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Self

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


def request(path: str, body: bytes, headers: Mapping[str, str] | None = None, *, method: str = "POST") -> bytes:
    """A whole request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in {"Content-Type": "application/json", **(headers or {})}.items()]
    return "\r\n".join(lines).encode() + _END + body


class _Line(asyncio.Protocol):
    """One connection of the client: one request at a time."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._buffer = b""
        self._waiter: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        whole = _whole(self._buffer)
        if whole and self._waiter is not None:
            status = int(self._buffer[9:12])
            self._buffer = self._buffer[whole:]
            if not self._waiter.done():
                self._waiter.set_result(status)
            self._waiter = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(exc or ConnectionResetError("the server hung up"))

    def send(self, raw: bytes) -> "asyncio.Future[int]":
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return self._waiter

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Caller:
    """A client with a fixed number of connections; a call waits for a free one."""

    def __init__(self, port: int, connections: int) -> None:
        self._port, self._connections = port, connections
        self._idle: asyncio.LifoQueue[_Line] = asyncio.LifoQueue()
        self._lines: list[_Line] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(self._connections):
            _, line = await loop.create_connection(_Line, "127.0.0.1", self._port)
            self._lines.append(line)
            self._idle.put_nowait(line)
        return self

    async def __aexit__(self, *_: object) -> None:
        for line in self._lines:
            line.close()

    async def call(self, raw: bytes) -> int:
        """Sends a request and answers the status."""
        line = await self._idle.get()
        try:
            return await line.send(raw)
        finally:
            self._idle.put_nowait(line)


Handle = Callable[[bytes, bytes], tuple[int, bytes]]
"""Path and body of a request to the status and body of its answer; synchronous, for it must be quick."""


class _Served(asyncio.Protocol):
    """One connection of the server."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._transport: Any = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while whole := _whole(self._buffer):
            raw, self._buffer = self._buffer[:whole], self._buffer[whole:]
            head, _, body = raw.partition(_END)
            status, answer = self._handle(head[: head.index(b"\r\n")].split(b" ")[1], body)
            self._transport.write(
                b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(answer), answer)
            )


class Server:
    """Serves one handler on a free port of loopback."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Served(self._handle), "127.0.0.1", 0, backlog=1024)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()


class Window:
    """At most so many of something on their way: the oldest one that is not back holds the next."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def give(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1


def _whole(buffer: bytes) -> int:
    """How many bytes the first whole message takes; 0: it is not here yet."""
    end = buffer.find(_END)
    if end < 0:
        return 0
    head = buffer[:end].lower()
    at = head.find(_LENGTH)
    length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    whole = end + len(_END) + length
    return whole if len(buffer) >= whole else 0
