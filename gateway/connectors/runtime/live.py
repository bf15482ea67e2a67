"""What a live channel's connector is lent: its contacts' logs, and the reception of those who come to its pages.

One task an account tails the feed and wakes whoever listens; an idle listener is an entry of a dict and no more. A
wake-up says "look into the log", never what is in it, so one too many costs a look and none is ever missed.
"""

import asyncio
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from gateway.connectors.live_contract import Accepted, Logged, Page, Upload
from gateway.connectors.runtime import client_addresses
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.ingest import is_left_out, offers, publish, take
from gateway.errors import StoreError, TryLater
from gateway.files import Files
from gateway.model.codec import dump, load
from gateway.model.commands import Inbound
from gateway.model.ids import AccountId, ContactId, EntryId, FileId
from gateway.streams import live, queries
from gateway.streams.connection import Store

STORE_SECONDS = 1.1
"""Whoever waits for an answer must have it within 1.5 s, on a busy machine too."""
_AT_ONCE = 8
"""Reads and writes of one account in flight: after a restart of Redis thousands look at once, and others write."""
_READ_TOGETHER = 256
_BLOCK_MS = 5000
_AGAIN_SECONDS = 0.5
_HINTS_KEPT = 8
"""Of a listener that is slow the newest hints."""
_ATTENDED_SECONDS = 5.0


class LiveLogs:
    """The logs of one account's contacts (`Logs`)."""

    def __init__(self, store: Store, account: AccountId) -> None:
        self._store, self._account = store, account
        self._reading, self._writing = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_AT_ONCE)

    async def append(self, contact: ContactId, key: str, body: Mapping[str, Any]) -> Logged:
        try:
            async with self._writing:
                entry, payload = await live.append(self._store, self._account, contact, key, dump(body))
        except StoreError as error:
            raise _later(error) from error
        return _logged(entry, payload)

    async def after(self, contact: ContactId, seq: str | None, limit: int) -> Page:
        try:
            async with self._reading:
                found = await live.after(self._store, self._account, contact, seq, max(limit, 1))
        except StoreError as error:
            raise _later(error) from error
        return Page([_logged(*one) for one in found.entries], torn=found.torn, more=found.more)

    async def hint(self, contact: ContactId, body: Mapping[str, Any]) -> None:
        try:
            async with self._writing:
                await live.hint(self._store, self._account, contact, dump(body))
        except StoreError as error:
            raise _later(error) from error


class LogListener:
    """One listener (`Listener`), on the dict while it is entered."""

    __slots__ = ("_contact", "_hints", "_is_news", "_listeners", "_waiter")

    def __init__(self, listeners: dict[ContactId, tuple["LogListener", ...]], contact: ContactId) -> None:
        self._listeners, self._contact = listeners, contact
        self._hints: tuple[Mapping[str, Any], ...] = ()
        self._is_news = False
        self._waiter: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        self._listeners[self._contact] = (*self._listeners.get(self._contact, ()), self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        left = tuple(one for one in self._listeners[self._contact] if one is not self)
        if left:
            self._listeners[self._contact] = left
        else:
            del self._listeners[self._contact]

    def tell(self, hint: Mapping[str, Any] | None = None) -> None:
        """There may be news, or a hint."""
        if hint is not None:
            self._hints = (*self._hints, hint)[-_HINTS_KEPT:]
        self._is_news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def heard(self) -> Sequence[Mapping[str, Any]]:
        if not self._is_news:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        # Only from here on it counts as heard: whoever was cancelled above hears it the next time.
        self._is_news = False
        hints, self._hints = self._hints, ()
        return hints


class LiveReception:
    """The reception of one account (`Reception`).

    Args:
        context: the account.
        uploads: where visitors' bytes lie.
        trusted: proxies whose X-Forwarded-For is believed.
        attended_seconds: how often it is looked who is on duty.
    """

    def __init__(
        self,
        context: AccountContext,
        uploads: Files,
        trusted: Sequence[client_addresses.Network] = (),
        *,
        attended_seconds: float = _ATTENDED_SECONDS,
    ) -> None:
        self._context, self._uploads, self._trusted = context, uploads, trusted
        self._attended_seconds = attended_seconds
        self._listeners: dict[ContactId, tuple[LogListener, ...]] = {}
        self._is_attended = False

    async def run(self) -> None:
        """Tails the feed and looks who is on duty, until cancelled; no trouble ends it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tail(), name=f"feed:{self._context.account}")
            group.create_task(self._attend(), name=f"duty:{self._context.account}")

    async def accept(self, items: Sequence[Inbound]) -> Sequence[Accepted]:
        context = self._context
        try:
            taken = iter(await take(context, offers(context, items), seconds=STORE_SECONDS))
        except StoreError as error:
            context.counts["not stored"] += 1
            log.warning("not stored: %s", error, extra={"account": context.account})
            raise _later(error) from error
        await publish(context, items)
        return [Accepted("left out" if is_left_out(one) else next(taken).outcome) for one in items]

    def listen(self, contact: ContactId) -> LogListener:
        return LogListener(self._listeners, contact)

    def is_attended(self) -> bool:
        return self._is_attended

    async def keep(self, name: str, chunks: AsyncIterable[bytes], limit: int) -> Upload:
        stored = await self._uploads.put(FileId(name), chunks, limit)
        return Upload(stored.size, stored.mime)

    def kept(self, name: str) -> Path:
        return self._uploads.path(FileId(name))

    def address_of(self, request: web.Request) -> str:
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        host = peer[0] if isinstance(peer, tuple) else None
        return client_addresses.address_of(host, request.headers.getall("X-Forwarded-For", ()), self._trusted)

    async def _tail(self) -> None:
        context = self._context
        is_told = False
        while True:
            try:
                position = await live.feed_end(context.store, context.account)
                # What came before this position was told to nobody: a start, a restart of Redis, a break of the wire.
                self._wake(self._listeners)
                is_told = False
                while True:
                    news = await live.read_feed(context.store, context.account, position, _READ_TOGETHER, _BLOCK_MS)
                    position = news.position
                    self._tell(news)
            except Exception as error:  # noqa: BLE001 - a deaf account would look alive
                if not is_told:
                    words = str(error) if isinstance(error, StoreError) else described(error)
                    log.warning("live: the feed cannot be read: %s", words, extra={"account": context.account})
                    is_told = True
            await asyncio.sleep(_AGAIN_SECONDS)

    def _tell(self, news: live.FeedBatch) -> None:
        if news.gap:
            self._wake(self._listeners)
        for word in news.entries:
            hint = None if word.hint is None else load(word.hint, dict[str, Any])
            for listener in self._listeners.get(word.contact, ()):
                listener.tell(hint)

    def _wake(self, contacts: Iterable[ContactId]) -> None:
        for contact in contacts:
            for listener in self._listeners[contact]:
                listener.tell()

    async def _attend(self) -> None:
        context = self._context
        while True:
            # While Redis is away, what was known last holds.
            with suppress(StoreError):
                people = (await queries.operators(context.store)).values()
                self._is_attended = any(
                    one.is_rung and (context.line is None or one.serves(context.line)) for one in people
                )
            await asyncio.sleep(self._attended_seconds)


def _logged(entry: EntryId, payload: bytes) -> Logged:
    return Logged(entry, load(payload, dict[str, Any]))


def _later(error: BaseException) -> TryLater:
    return TryLater(str(error) or "Redis does not answer in time", after=1)
