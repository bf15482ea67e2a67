"""Visitors of a site's widget on bare asyncio protocols: sessions and sockets that cost the load next to nothing.

Good for loopback only, as bench/wire.py is: frames of the server are taken to be whole, unmasked and uncompressed.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from bench.product import Gateway
from bench.wire import request

ORIGIN = "https://shop.example.com"
SITE = "/widget/site"
_END = b"\r\n\r\n"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_SHORT, _MIDDLE, _LONG = 126, 127, 65536
_LOST = "the server hung up"
_UPGRADE = "\r\n".join(
    (
        f"GET {SITE}/socket HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
        f"Origin: {ORIGIN}",
        "\r\n",
    )
).encode()


def site(line: str = "LINE1", **settings: object) -> dict[str, str]:
    """The gateway's settings for a site with the widget; without `settings` its visitors may do as they like."""
    wanted = {
        "channel": "widget",
        "secret": secrets.token_urlsafe(32),
        "origins": msgspec.json.encode([ORIGIN]).decode(),
        "messages_per_minute": 100_000,
        "address_per_minute": 1_000_000,
        "account_per_second": 10_000,
        "sockets_per_address": 100_000,
        "sessions_per_address_minute": 100_000,
        **settings,
    }
    return {f"GATEWAY_LINES__{line}__ACCOUNTS__SITE__{name.upper()}": str(value) for name, value in wanted.items()}


class Guest(asyncio.Protocol):
    """One visitor's socket. `stored` answers how long a message took to be confirmed; refusals are counted."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._transport: Any = None
        self._buffer = b""
        self._is_open = False
        self._sent: dict[str, tuple[float, asyncio.Future[float | None] | None]] = {}
        self.is_lost = False
        self.refused = 0
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the server has told the whole history."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.write(_UPGRADE)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, end, rest = self._buffer.partition(_END)
            if not end:
                return
            if b" 101 " not in head[:20]:
                self.connection_lost(ConnectionError(f"no socket: {head[:40]!r}"))
                self._transport.close()
                return
            self._is_open, self._buffer = True, rest
            self.send({"type": "hello", "token": self._token, "after": None})
        while frame := _frame(self._buffer):
            kind, body, whole = frame
            self._buffer = self._buffer[whole:]
            if kind == _TEXT:
                self._hear(msgspec.json.decode(body))
            elif kind == _PING:
                self._write(_PONG, body)
            elif kind == _CLOSE:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        waiting: list[asyncio.Future[Any]] = [self.ready, *(one for _, one in self._sent.values() if one is not None)]
        for one in waiting:
            if not one.done():
                one.set_exception(exc or ConnectionResetError(_LOST))

    def send(self, frame: Mapping[str, object]) -> None:
        """Sends a frame, whatever becomes of it."""
        self._write(_TEXT, msgspec.json.encode(frame))

    def shout(self, text: str) -> None:
        """Says something without waiting for an answer."""
        self.send({"type": "message", "id": secrets.token_hex(8), "text": text})

    async def stored(self, text: str) -> float | None:
        """Says something, and answers after how many milliseconds it was confirmed; None: it was refused."""
        cid = secrets.token_hex(8)
        waiter: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._sent[cid] = (time.perf_counter(), waiter)
        self.send({"type": "message", "id": cid, "text": text})
        return await waiter

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _hear(self, frame: Mapping[str, Any]) -> None:
        kind = frame["type"]
        if kind == "caught_up" and not self.ready.done():
            self.ready.set_result(None)
        elif kind in {"stored", "refused"}:
            self.refused += kind == "refused"
            began, waiter = self._sent.pop(str(frame.get("id")), (0.0, None))
            if waiter is not None and not waiter.done():
                waiter.set_result((time.perf_counter() - began) * 1000 if kind == "stored" else None)

    def _write(self, kind: int, body: bytes) -> None:
        # A mask of zeros is a mask: the bytes go as they are.
        size = len(body)
        if size < _SHORT:
            head = bytes((0x80 | kind, 0x80 | size))
        elif size < _LONG:
            head = bytes((0x80 | kind, 0x80 | _SHORT)) + size.to_bytes(2)
        else:
            head = bytes((0x80 | kind, 0x80 | _MIDDLE)) + size.to_bytes(8)
        self._transport.write(head + b"\0\0\0\0" + body)


async def come(gateway: Gateway, address: str = "127.0.0.1") -> Guest:
    """A new visitor from a loopback address: begins a session, opens a socket, and has heard the history.

    Raises:
        ConnectionError: the server refused.
    """
    token = await session(gateway, address)
    loop = asyncio.get_running_loop()
    _, guest = await loop.create_connection(lambda: Guest(token), "127.0.0.1", gateway.port, local_addr=(address, 0))
    await guest.ready
    return guest


async def session(gateway: Gateway, address: str = "127.0.0.1") -> str:
    """A new visitor's token. Raises ConnectionError: the server refused."""
    status, body = await post(gateway, "session", {}, address)
    if status != HTTPStatus.OK:
        raise ConnectionError(f"no session: {status} {body[:100]!r}")
    return str(msgspec.json.decode(body)["token"])


async def post(gateway: Gateway, path: str, body: object, address: str = "127.0.0.1") -> tuple[int, bytes]:
    """Status and body of one request on a connection of its own. Raises ConnectionError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, local_addr=(address, 0))
    try:
        headers = {"Origin": ORIGIN, "Connection": "close"}
        writer.write(request(f"{SITE}/{path}", msgspec.json.encode(body), headers))
        head, _, given = (await reader.read()).partition(_END)
    finally:
        writer.close()
    if not head:
        raise ConnectionResetError(_LOST)
    return int(head[9:12]), given


def _frame(buffer: bytes) -> tuple[int, bytes, int] | None:
    """The first whole frame: its kind, its body, and how many bytes it took."""
    if len(buffer) < 2:  # noqa: PLR2004 - RFC 6455's shortest
        return None
    size, start = buffer[1] & 0x7F, 2
    if size in {_SHORT, _MIDDLE}:
        start = 4 if size == _SHORT else 10
        size = int.from_bytes(buffer[2:start])
    whole = start + size
    return (buffer[0] & 0x0F, buffer[start:whole], whole) if len(buffer) >= whole > 1 else None
