"""What a live channel offers and is given besides contract.py: the client's side is ours too.

It has pages, sockets and uploads at our own address, and the runtime keeps for each contact a log of what its pages are
shown.
"""

from collections.abc import AsyncIterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from aiohttp import web
from msgspec import Struct

from gateway.connectors.contract import FileStore, Tools
from gateway.model.commands import Inbound
from gateway.model.ids import ContactId


class Logged(Struct, frozen=True):
    """One entry of a contact's live log: `seq` orders it and never comes back, `body` is the channel's own JSON."""

    seq: str
    body: Mapping[str, Any]


class Logs(Protocol):
    """What each contact of a live channel is shown, kept by the runtime: the newest entries, in order, each once."""

    async def append(self, contact: ContactId, key: str, body: Mapping[str, Any]) -> Logged:
        """Adds an entry, durably, and tells whoever listens. A key that is there already changes nothing: the entry of
        the first time is answered.

        Raises:
            TryLater: it is not known to be kept.
        """
        ...

    async def after(self, contact: ContactId, seq: str | None, limit: int) -> "Page":
        """The entries behind `seq`, oldest first; None: the newest `limit`. Raises TryLater."""
        ...

    async def hint(self, contact: ContactId, body: Mapping[str, Any]) -> None:
        """Tells whoever listens right now, and is not kept (typing). Raises TryLater."""
        ...


class Page(Struct, frozen=True):
    """A piece of a live log. `torn`: it no longer reaches back to what was asked for, so begin anew."""

    entries: Sequence[Logged]
    torn: bool = False
    more: bool = False
    """There are further entries behind these."""


class LiveTools(Tools, frozen=True, kw_only=True):
    """What the runtime lends to a connector that is to send and fetch; one that is only checked has `Tools`."""

    logs: Logs
    uploads: FileStore
    """What `Reception.keep` has kept, by its name: for `fetch`, which may run in another process."""


class Accepted(Struct, frozen=True):
    """What became of an item of a live channel; `repeated`: its key was stored before."""

    outcome: Literal["stored", "repeated", "blocked", "left out"]


class Listener(Protocol):
    """One socket's ear: hears of its contact while it is held open."""

    async def heard(self) -> Sequence[Mapping[str, Any]]:
        """Waits until the contact's log may have news, and gives the hints that came meanwhile (perhaps none)."""
        ...


class Reception(Protocol):
    """What the runtime does for the pages and sockets of a live channel."""

    async def accept(self, items: Sequence[Inbound]) -> Sequence[Accepted]:
        """Stores items in the line's inbox, all or none, each once by its key; typing is published instead.

        Raises:
            TryLater: they are not known to be stored; giving them again is safe.
        """
        ...

    def listen(self, contact: ContactId) -> AbstractAsyncContextManager[Listener]:
        """Hears of a contact; news from the moment of entering on are never missed."""
        ...

    def is_attended(self) -> bool:
        """Whether an operator of the line is on duty; known within seconds."""
        ...

    async def keep(self, name: str, chunks: AsyncIterable[bytes], limit: int) -> "Upload":
        """Keeps bytes that a visitor sends, for a month, under a name of the channel's own making.

        Raises:
            FileProblem: they are more than `limit` bytes. TryLater: the disk is full.
        """
        ...

    def kept(self, name: str) -> Path:
        """Where they lie. Raises FileProblem if they do not."""
        ...

    def address_of(self, request: web.Request) -> str:
        """The client's network address, by the settings' trusted proxies."""
        ...


class Upload(Struct, frozen=True):
    """Bytes that were kept: `size` in bytes, `mime` by their content (None: not recognized)."""

    size: int
    mime: str | None


@runtime_checkable
class Live(Protocol):
    """The client's side is ours too: pages, sockets and uploads at `/<channel>/<account>/<path>`."""

    def open(self, reception: Reception) -> None:
        """Called once, before the first request."""
        ...

    async def attend(self, request: web.Request, path: str) -> web.StreamResponse:
        """Answers one request, a socket for as long as it lives. Never raises for what strangers send."""
        ...

    async def dismiss(self, reason: Literal["gone", "restart"]) -> None:
        """Closes every socket at once: the account is no longer served, or the process ends and will be back."""
        ...
