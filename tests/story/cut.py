"""The network between a browser and the gateway: a port that passes bytes on, until a test cuts it.

A cut network either refuses at once (no network at all), or is silent: it takes everything and answers nothing, as a
tunnel does to a phone. Whoever was connected then is forgotten when it comes back.
"""

import asyncio
import contextlib
from typing import Self

from tests.story.process import free_port

CHUNK = 65_536


class Network:
    """`async with Network(port)` serves on a port of its own and passes on to `port` of this machine."""

    def __init__(self, port: int) -> None:
        self.to = port
        self._port = free_port()
        self._ways: set[asyncio.StreamWriter] = set()
        self._works: set[asyncio.Task[None]] = set()
        self._passes = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        await asyncio.gather(*self._works, return_exceptions=True)

    async def refuse(self) -> None:
        """Ends every connection and takes no new one."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        self._forget()

    def hush(self) -> None:
        """Nothing comes through any more, and nothing is closed."""
        self._passes.clear()

    async def mend(self) -> None:
        """New connections come through; those that hung are gone."""
        if not self._passes.is_set():
            self._forget()
            self._passes.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._take, "127.0.0.1", self._port)

    def _forget(self) -> None:
        for way in self._ways:
            way.transport.abort()
        for work in self._works:
            work.cancel()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        work = asyncio.current_task()
        assert work is not None
        self._works.add(work)
        self._ways.add(writer)
        try:
            await self._passes.wait()
            further, back = await asyncio.open_connection("127.0.0.1", self.to)
            self._ways.add(back)
            try:
                await asyncio.gather(self._pass(reader, back), self._pass(further, writer))
            finally:
                self._ways.discard(back)
                back.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass  # the gateway is away, or the network
        finally:
            self._ways.discard(writer)
            self._works.discard(work)
            writer.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while content := await source.read(CHUNK):
            await self._passes.wait()
            target.write(content)
            await target.drain()
        with contextlib.suppress(OSError):
            target.write_eof()
