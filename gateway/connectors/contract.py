"""What a channel must offer, what it may offer, and what the runtime gives it. Nothing else passes between them.

The runtime owns durability, order and retry; a connector only translates and calls the vendor. It never sees
Redis, never retries, never remembers anything that a restart would lose, and says what happened by raising one of
`TryLater`, `Refused`, `Uncertain`, `Unauthorized` (gateway.errors).

A channel's package exports: `CHANNEL` (the folder's name), `Settings` (its account's table in gateway.toml),
`parse` (a vendor's update to items: pure, total), `unpack` (a request's body to updates) and
`connect(settings, tools) -> Connector`.
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from aiohttp import web
from msgspec import Struct

from gateway.connectors.toolkit.http import HttpClient
from gateway.model.commands import Inbound
from gateway.model.ids import AccountId, ContactId, FileId, NativeId
from gateway.model.messages import Media, MediaKind, Profile
from gateway.model.outgoing import Outgoing, Receipt
from gateway.model.outgoing import Template as Template  # noqa: PLC0414 - channels find it here


class Capabilities(Struct, frozen=True, kw_only=True):
    """What the channel can do, as data with limits; `render` degrades by it and the runtime obeys it."""

    text_limit: int
    caption_limit: int
    text_unit: str
    """`utf16` (code units), `chars` or `bytes`."""
    media_limits: Mapping[MediaKind, int]
    """Bytes per kind that can be sent; a kind that is absent cannot."""
    fetch_limit: int
    """Bytes that can be fetched from the vendor."""
    edits: bool
    deletes: bool
    quotes: bool
    buttons: bool
    albums: bool
    reactions: frozenset[str]
    """Emojis that we may put; empty: none."""
    near_reactions: frozenset[str] | None = frozenset()
    """Further emojis that `render` puts as the nearest of `reactions`; None: any emoji is put as it is."""
    turns: Mapping[MediaKind, MediaKind] = {}
    """Kinds that arrive as another kind, whatever is in them: the operator is asked before they go."""
    bare: frozenset[MediaKind] = frozenset()
    """Kinds that words cannot stand with: these go as a message of their own."""
    mimes: Mapping[MediaKind, frozenset[str]] = {}
    """Types of content (`audio/mp4`) that a kind must be of; a kind that is absent may be of any. What is of another
    type goes as a document, if documents may be of it, and otherwise not at all.
    """
    spoken: frozenset[MediaKind] = frozenset()
    """Kinds of which, where they cannot be sent, the emoji is."""
    pictures: frozenset[str] = frozenset()
    """Types of files (`image/png`) that arrive as photos where the channel takes no files of this kind."""
    refused: frozenset[str] = frozenset()
    """Endings of files' names (`exe`) that the vendor takes as nothing at all."""
    formatting: bool = True
    """Whether bold, italics and links hidden behind words arrive."""
    typing: bool
    read_marks: bool
    resend_ms: int | None
    """How long the vendor dedupes a repeated send by our key; None: never."""
    repeats_days: int
    """For how many days the vendor may repeat an update."""
    per_second: float
    """Sends per second of the whole account."""
    per_contact_second: float
    contact_burst: int
    """Sends to one contact that may go at once before `per_contact_second` holds."""


class Known(Struct, frozen=True):
    """What the native map says about what an outgoing thing refers to."""

    target: tuple[NativeId, ...] = ()
    """The native ids of what is edited or deleted; empty: never sent, or too old."""
    quoted: NativeId | None = None


class Part(Struct, frozen=True):
    """One vendor request, rendered once and stored with the first intent; plain data, no secrets."""

    method: str
    request: dict[str, Any]
    files: tuple[FileId, ...] = ()
    loses: str | None = None
    """What this rendering loses, in words for the operator."""


class Download(Struct, frozen=True):
    """Bytes on their way from the vendor; `name` and `mime` are claims."""

    chunks: AsyncIterator[bytes]
    size: int | None = None
    name: str | None = None
    mime: str | None = None


class FileShelf(Protocol):
    """Where attachments' bytes lie."""

    def path(self, file: FileId) -> Path:
        """The stored file's path. Raises FileProblem if it is not there."""
        ...


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


class Tools(Struct, frozen=True):
    """What the runtime lends to a connector; `logs` and `uploads` are for live channels."""

    account: AccountId
    http: HttpClient
    files: FileShelf
    logs: Logs | None = None
    uploads: FileShelf | None = None
    """What `Reception.keep` has kept, by its name: for `fetch`, which runs in another process perhaps."""


class Connector(Protocol):
    """One account of a channel, connected."""

    channel: str
    capabilities: Capabilities

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        """Pure: the vendor requests that say `outgoing`, degraded by capability. Empty: nothing to do.

        Raises:
            Refused: it cannot be said in this channel at all.
        """
        ...

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        """Calls the vendor once.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: see gateway.errors; never anything else of the vendor's.
        """
        ...

    def fetch(self, media: Media) -> AbstractAsyncContextManager[Download]:
        """The attachment's bytes.

        Raises:
            FileProblem: they are not to be had. TryLater, Unauthorized: as for send.
        """
        ...

    async def close(self) -> None:
        """Leaves no task and no socket behind."""
        ...


class Polled(Struct, frozen=True):
    """A batch of updates as they came, and the cursor that confirms them once they are stored."""

    updates: tuple[dict[str, Any], ...]
    cursor: str | None
    again: bool = False
    """Of a backfill: not everything could be decided or read yet; ask again before long."""


@runtime_checkable
class Polling(Protocol):
    """Updates are asked for. The runtime stores a batch before it passes its cursor to the next poll."""

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        """Waits for updates. `cursor` None: begin where the vendor thinks we are."""
        ...


class Call(Struct, frozen=True):
    """A request to one of our webhook addresses; header names in lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class Served(Struct, frozen=True):
    """What to store, and what to answer once it is stored; `status` 401/403/400 with no items refuses."""

    items: tuple[Inbound, ...] = ()
    status: int = 200
    body: str = "ok"
    missed: bool = False
    """Something is not taken that may turn out to be genuine: backfill. Every answer of 500 and above says so too."""


@runtime_checkable
class Serving(Protocol):
    """Updates are delivered to us at `/hooks/<channel>/<account>`."""

    async def serve(self, call: Call) -> Served:
        """Authenticates first, in constant time, then parses. Never raises for what strangers send."""
        ...


@runtime_checkable
class Routed(Protocol):
    """Updates come through an app of the vendor's that several accounts share: one address, one secret, and ids that
    say whose. The app proves who sends and splits the body; the account says what its own parts mean.
    """

    @property
    def app(self) -> str:
        """The app's name in the settings."""
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """By which of the vendor's ids parts are this account's, each with its channel (meta.py); the first one is
        its own alone, the others may be shared with its neighbours.
        """
        ...

    async def read(self, update: dict[str, Any]) -> Sequence[Inbound]:
        """What one part means: `parse`, and what has to be asked for before it can be stored. Never raises, and
        answers within half a second whatever the vendor does: a whole POST waits for it.
        """
        ...


@runtime_checkable
class Backfilling(Protocol):
    """What was not delivered to our address can be asked for."""

    async def backfill(self, cursor: str | None) -> Polled:
        """What is new since the cursor; None: since the vendor thinks so. Given twice it must have the same keys.

        The runtime asks at its start, whenever a delivery was not stored, and now and then. Raises as send does.
        """
        ...


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


class Registration(Struct, frozen=True):
    """How updates reach us: what the vendor has, and what is wrong with it (None: all is as it should be)."""

    mode: str
    drift: str | None = None


@runtime_checkable
class Registering(Protocol):
    """How updates reach us is set up at the vendor, idempotently."""

    async def register(self, address: str | None) -> None:
        """Makes the vendor deliver as the settings say: to this address of ours, or, with None, on being asked."""
        ...

    async def registration(self, address: str | None) -> Registration:
        """Looks without changing anything."""
        ...


@runtime_checkable
class Checking(Protocol):
    """`gateway check` can ask who the account is."""

    async def whoami(self) -> str:
        """The account's public name (`@shop_bot`). Raises as send does."""
        ...


@runtime_checkable
class Profiling(Protocol):
    """The channel can be asked about a person. The runtime asks about whoever wrote without a profile, beside its work:
    a channel that tells it with each message (Telegram, the site) need not offer this.
    """

    async def profile(self, contact: ContactId) -> Profile | None:
        """What it tells; None: nothing. Raises as send does; its failure loses nothing."""
        ...


NO_TEMPLATES = "this messenger has no approved texts (templates): write it in your own words"


@runtime_checkable
class Templating(Protocol):
    """The vendor lets a contact be written to by approved texts when nothing else may be."""

    async def templates(self) -> Sequence[Template]:
        """Those that may be sent now. Raises as send does."""
        ...


@runtime_checkable
class Reconciling(Protocol):
    """The chat can be read back: what became of a send whose answer was lost can be found out."""

    async def reconcile(self, contact: ContactId, part: Part, since: int) -> Sequence[Receipt]:
        """What in the chat may be this part, sent by us since then (milliseconds), oldest first.

        Empty: it has not arrived, and may be sent again. Raises as send does: it cannot be found out now.
        """
        ...


@runtime_checkable
class Commanding(Protocol):
    """The channel can show people a menu of commands."""

    async def commands(self, language: str | None) -> Sequence[tuple[str, str]]:
        """The menu that is shown to people of a language, or to all others, as it was set. Raises as send does."""
        ...

    async def set_commands(self, language: str | None, commands: Sequence[tuple[str, str]]) -> None:
        """Sets the menu for people of a language, or for all others; command and description. Raises as send does."""
        ...


@cache
def follows(kind: type, protocol: type) -> bool:
    """Whether connectors of a class follow an optional protocol, one of methods alone.

    Found out once for each class: for every message it would cost as much as reading a small body.
    """
    return issubclass(kind, protocol)
