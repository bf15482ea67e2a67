"""A wire to Redis on which one request meets its fate: lost, late, or done and never heard of."""

import asyncio
from collections import Counter
from typing import Literal

from gateway.streams.scripts import Script

Fate = Literal["reply lost", "never arrives", "answered to nobody", "arrives late"]
"""Of a request: done, with the connection broken; not done; done, with silence; done later."""


class Wire:
    """A small TCP proxy to the server. What `befall` asks for happens to one request: the next with that script."""

    def __init__(self, socket: str, struck: Counter[str]) -> None:
        """`struck` counts what has happened."""
        self.url = ""
        self.fell = asyncio.Event()
        """It has happened."""
        self._socket, self._struck = socket, struck
        self._mark, self._fate = b"", ""
        self._late: list[tuple[asyncio.StreamWriter, bytearray]] = []
        self._server: asyncio.Server | None = None
        self._carriers: set[asyncio.Task[None]] = set()

    async def open(self) -> "Wire":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"
        return self

    def befall(self, script: Script, fate: Fate) -> None:
        self._mark, self._fate = script.sha, fate
        self.fell.clear()

    def deliver(self) -> None:
        """What was to arrive late arrives."""
        for writer, held in self._late:
            writer.write(bytes(held))
        self._late.clear()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for carrier in self._carriers:
            carrier.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrier = asyncio.create_task(self._carry(reader, writer))
        self._carriers.add(carrier)
        carrier.add_done_callback(self._carriers.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            their_reader, their_writer = await asyncio.open_unix_connection(self._socket)
        except BaseException:
            writer.close()
            raise
        fate = ""

        async def there() -> None:
            nonlocal fate
            held: bytearray | None = None
            while request := await reader.read(1 << 16):
                if self._mark and self._mark in request:
                    fate, self._mark = self._fate, b""
                    self._struck[fate] += 1
                    if fate == "arrives late":
                        held = bytearray()
                        self._late.append((their_writer, held))
                        self.fell.set()
                if fate == "never arrives":
                    self.fell.set()
                elif held is not None and any(one is held for _, one in self._late):
                    held += request
                else:
                    their_writer.write(request)

        async def back() -> None:
            while reply := await their_reader.read(1 << 16):
                if fate == "reply lost":
                    self.fell.set()
                    return
                if fate == "answered to nobody":
                    self.fell.set()
                else:
                    writer.write(reply)

        ways = [asyncio.create_task(there()), asyncio.create_task(back())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            writer.close()
            their_writer.close()
            await asyncio.gather(*ways, writer.wait_closed(), their_writer.wait_closed(), return_exceptions=True)
