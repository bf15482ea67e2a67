"""What a channel must offer, what it may offer, and what the runtime gives it. Nothing else passes between them.

The runtime owns durability, order and retry; a connector only translates and calls the vendor. It never sees
Redis, never retries, never remembers anything that a restart would lose, and says what happened by raising one of
`TryLater`, `Refused`, `Uncertain`, `Unauthorized` (gateway.errors).

A channel's package exports: `CHANNEL` (the folder's name), `Settings` (its account's table in gateway.toml),
`parse` (a vendor's update to items: pure, total), `unpack` (a request's body to updates) and
`connect(settings, tools) -> Connector`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from gateway.connectors.toolkit.http import HttpClient
from gateway.model.abilities import Abilities, MediaRule, Reactions, TextRule
from gateway.model.commands import Inbound
from gateway.model.ids import AccountId, ContactId, FileId, NativeId
from gateway.model.messages import Media, MediaKind, Profile
from gateway.model.outgoing import Outgoing, Receipt
from gateway.model.outgoing import Template as Template  # noqa: PLC0414 - channels find it here


class Rates(Struct, frozen=True, kw_only=True):
    """How fast the account may send; 0 or less a second: as fast as it goes."""

    per_second: float = 0.0
    """Sends per second of the whole account."""
    per_contact_second: float = 0.0
    contact_burst: int = 1
    """Sends to one contact that may go at once before `per_contact_second` holds."""


class Capabilities(Abilities, frozen=True, kw_only=True):
    """What the channel can do, as data with limits; `render` degrades by it and the runtime obeys it."""

    text: TextRule
    media: Mapping[MediaKind, MediaRule]
    reactions: Reactions
    edits: bool
    deletes: bool
    quotes: bool
    buttons: bool
    typing: bool
    read_marks: bool
    fetch_limit: int
    """Bytes that can be fetched from the vendor."""
    resend_ms: int | None
    """How long the vendor dedupes a repeated send by our key; None: never."""
    repeats_days: int
    """For how many days the vendor may repeat an update."""
    rates: Rates


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


class FileStore(Protocol):
    """Where attachments' bytes lie."""

    def path(self, file: FileId) -> Path:
        """The stored file's path. Raises FileProblem if it is not there."""
        ...


class Tools(Struct, frozen=True):
    """What the runtime lends to a connector."""

    account: AccountId
    http: HttpClient
    files: FileStore


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
