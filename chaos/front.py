"""One address before several processes: a connection goes to the first of them that listens, and ends with it."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence

_CHUNK = 64 * 1024
_CANDIDATES = iter(range(18_000 + os.getpid() * 7 % 8_000, 32_000))
"""Each is tried once: a port that was given stays given, whoever listens on it meanwhile."""


class Front:
    """Takes connections on `port` to one of `ports`, each time beginning with another."""

    def __init__(self) -> None:
        self.port = 0
        self.ports: Sequence[int] = ()
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for way in list(self._ways):
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._ways.add(task)
        try:
            await self._carry(reader, writer)
        except (asyncio.CancelledError, OSError):
            pass
        finally:
            self._ways.discard(task)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        for number in range(len(self.ports)):
            port = self.ports[(self._turn + number) % len(self.ports)]
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            pumps = [
                asyncio.create_task(_pump(reader, far_writer)),
                asyncio.create_task(_pump(far_reader, writer)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                far_writer.transport.abort()  # first: what waits can be cancelled
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
            return


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


def free_port() -> int:
    """Below the ports that the machine gives to outgoing connections, so that nobody takes it meanwhile.

    Raises:
        OSError: there is none.
    """
    for port in _CANDIDATES:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
