"""Leases, offers, and a wire that loses replies on request; the server and the store are tests/conftest.py's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gateway.model.commands import Entry, FromChannel, Receive
from gateway.model.ids import AccountId, ContactId, EntryId, LineId, NativeId
from gateway.model.messages import Message
from gateway.streams.connection import Store
from gateway.streams.intake import Offer
from gateway.streams.keys import Keys
from gateway.streams.ownership import Lease

SALES = LineId("sales")
SHOP = AccountId("shop")
ANNA = ContactId("anna")


@pytest.fixture
async def take(store: Store) -> AsyncIterator[Callable[..., Awaitable[Lease]]]:
    """Takes a lease that must be free (or is forced), and gives it back at the end."""
    taken: list[Lease] = []

    async def take(name: str = "owner", **options: object) -> Lease:
        lease = await Lease.take(store, name, **options)  # type: ignore[arg-type]
        assert lease is not None
        taken.append(lease)
        return lease

    yield take
    for lease in taken:
        await lease.release()


@pytest.fixture
async def owner(take: Callable[..., Awaitable[Lease]]) -> Lease:
    return await take("owner")


@pytest.fixture
async def sender(take: Callable[..., Awaitable[Lease]]) -> Lease:
    return await take("sender:shop")


@pytest.fixture
async def stale(store: Store, take: Callable[..., Awaitable[Lease]]) -> Lease:
    """A lease whose holder was paused, its clock too: it believes to have what somebody else has by now."""
    stale = await take("owner", monotonic=lambda: 0.0)
    await store.note([("DEL", stale.key)])
    await take("owner")
    assert stale.alive
    return stale


@pytest.fixture
def wrote(keys: Keys) -> Callable[..., Offer]:
    """An offer of what a customer wrote."""

    def wrote(
        key: str = "1",
        *,
        contact: ContactId = ANNA,
        account: AccountId = SHOP,
        item: FromChannel | None = None,
        keep_days: int = 2,
        text: str = "Добрый день",
    ) -> Offer:
        command = item or Receive(contact, Message(native=NativeId(key), text=text))
        return Offer(keys.inbox(SALES), account, key, Entry(command, account), contact, keep_days)

    return wrote


@pytest.fixture
def entries_of(store: Store) -> Callable[[str], Awaitable[list[tuple[EntryId, bytes]]]]:
    """All entries of a stream."""

    async def entries_of(stream: str) -> list[tuple[EntryId, bytes]]:
        return [(EntryId(one.decode()), fields[b"p"]) for one, fields in await store.ask("XRANGE", stream, "-", "+")]

    return entries_of


class Wire:
    """A TCP wire to the server that loses replies, goes silent or breaks, as a test asks."""

    def __init__(self, socket: str) -> None:
        self.url = ""
        self.losing = b""
        """Of the next request that holds this the reply is lost, and its connection with it."""
        self.lost = 0
        self.is_silent = False
        """Requests are swallowed, nothing is answered, connections stay."""
        self.flowing = asyncio.Event()
        """While it is not set replies are kept back."""
        self.flowing.set()
        self.holding = asyncio.Event()
        """Set once a reply is kept back."""
        self._socket = socket
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._carriers: set[asyncio.Task[None]] = set()

    async def open(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.url = f"redis://127.0.0.1:{self.port}/0"

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Breaks every connection; new ones are refused."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._carriers)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        carrier = asyncio.create_task(self._carry(reader, writer))
        self._carriers.add(carrier)
        carrier.add_done_callback(self._carriers.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_unix_connection(self._socket)
        self._writers.add(their_writer)
        loses = False

        async def there() -> None:
            nonlocal loses
            while request := await reader.read(1 << 16):
                if self.losing and self.losing in request:
                    self.losing, loses = b"", True
                if not self.is_silent:
                    their_writer.write(request)
            their_writer.close()

        async def back() -> None:
            while reply := await their_reader.read(1 << 16):
                if loses:
                    self.lost += 1
                    break
                if not self.flowing.is_set():
                    self.holding.set()
                    await self.flowing.wait()
                writer.write(reply)
            writer.close()

        await asyncio.gather(there(), back(), return_exceptions=True)
        for one in (writer, their_writer):
            one.close()
            self._writers.discard(one)
            with contextlib.suppress(OSError):
                await one.wait_closed()


@pytest.fixture
async def wire(redis_url: str) -> AsyncIterator[Wire]:
    wire = Wire(redis_url.removeprefix("unix://"))
    await wire.open()
    yield wire
    await wire.close()


@pytest.fixture
async def wired(wire: Wire, keys: Keys) -> AsyncIterator[Store]:
    """The same server over the wire."""
    store = Store(wire.url, keys)
    yield store
    await store.close()
