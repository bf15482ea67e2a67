"""One site's widget, connected. What operators say goes into the visitor's live log, and the visitor's page follows it;
durability, order and retry are the runtime's.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from gateway.connectors.contract import Capabilities, Connector, Download, Known, Part, Rates, Tools
from gateway.connectors.live_contract import LiveTools, Reception
from gateway.connectors.widget.frames import TEXT_LIMIT
from gateway.connectors.widget.http_api import HttpApi
from gateway.connectors.widget.quotas import Quotas
from gateway.connectors.widget.render import HINT, render
from gateway.connectors.widget.settings import Settings
from gateway.connectors.widget.site import Site, Timings
from gateway.connectors.widget.tokens import TokenSigner
from gateway.errors import FileProblem, TryLater
from gateway.model.abilities import MediaRule, Reactions, TextRule
from gateway.model.ids import ContactId, FileId, NativeId
from gateway.model.messages import Media, MediaKind
from gateway.model.outgoing import Outgoing, Receipt

CHANNEL = "widget"
REACTIONS = frozenset(
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 😢 🎉 🤩 🙏 👌 😍 💯 🤣 ⚡ 🏆 💔 😐 👀 😎 🤝 🤗".split()  # noqa: SIM905 - readable
)
"""What operators usually have at hand; a page shows any other emoji as well."""
_FILE_LIMIT = 50 * 1024 * 1024
"""Bytes: the most that an operator's messenger can have given us, with a margin."""
_RESEND_MS = 365 * 24 * 3600 * 1000
_REPEATS_DAYS = 7
"""How long a page that lost the network may come back with its unsent messages."""
_PIECE = 256 * 1024
_NONCE_BYTES = 8


def wall_clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class WidgetConnector:
    """Sends into live logs, fetches uploads, and attends the account's pages once it is opened."""

    channel = CHANNEL

    def __init__(
        self,
        settings: Settings,
        tools: Tools,
        *,
        clock: Callable[[], int] = wall_clock,
        timings: Timings | None = None,
    ) -> None:
        self.capabilities = Capabilities(
            text=TextRule(limit=TEXT_LIMIT, caption_limit=TEXT_LIMIT),
            media=dict.fromkeys(MediaKind, MediaRule(limit=_FILE_LIMIT)),
            reactions=Reactions(REACTIONS, near=None),
            edits=True,
            deletes=True,
            quotes=True,
            buttons=True,
            typing=True,
            read_marks=True,
            fetch_limit=settings.upload_limit,
            resend_ms=_RESEND_MS,
            repeats_days=_REPEATS_DAYS,
            rates=Rates(),
        )
        self._settings = settings
        self._tools = tools
        self._clock = clock
        self._timings = timings or Timings()
        self._signer = TokenSigner(settings.secret.get_secret_value(), tools.account)
        self._http_api: HttpApi | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._tools.account})"

    # ── what operators say ────────────────────────────────────────────────────────────────────────────

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        """See render.py."""
        del contact
        return render(outgoing, known)

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        """Into the visitor's log, once by its key."""
        logs = self._live.logs
        body: dict[str, Any] = part.request["body"]
        if part.method == HINT:
            await logs.hint(contact, body)
            return Receipt()
        for file in part.files:
            self._tools.files.path(file)
        key: str = part.request["key"]
        if key.endswith("~"):
            key += secrets.token_hex(_NONCE_BYTES)
        if body["type"] != "message":
            await logs.append(contact, key, body)
            return Receipt()
        await logs.append(contact, key, {**body, "at": self._clock()})
        return Receipt(natives=(NativeId(body["id"]),))

    def fetch(self, media: Media) -> AbstractAsyncContextManager[Download]:
        """The bytes of a visitor's upload."""
        return self._fetch(media)

    @asynccontextmanager
    async def _fetch(self, media: Media) -> AsyncIterator[Download]:
        if media.size is not None and media.size > self.capabilities.fetch_limit:
            raise FileProblem("the file is larger than this site lets its visitors upload")
        path = self._live.uploads.path(FileId(media.remote))
        yield Download(chunks=_pieces(path), size=path.stat().st_size, name=media.name, mime=media.mime)

    async def whoami(self) -> str:
        """The chat's title and the sites that may have it."""
        sites = ", ".join(self._settings.origins)
        return f"{self._settings.title} ({sites})" if self._settings.title else sites

    # ── the visitors' side ────────────────────────────────────────────────────────────────────────────

    def open(self, reception: Reception) -> None:
        """See Live."""
        site = Site(
            account=self._tools.account,
            settings=self._settings,
            signer=self._signer,
            quotas=Quotas(self._settings),
            reception=reception,
            logs=self._live.logs,
            files=self._tools.files,
            clock=self._clock,
            chance=secrets.token_bytes,
            timings=self._timings,
        )
        self._http_api = HttpApi(site)

    async def attend(self, request: web.Request, path: str) -> web.StreamResponse:
        """See http_api.py."""
        if self._http_api is None:
            return web.Response(status=503)
        return await self._http_api.attend(request, path)

    async def dismiss(self, reason: Literal["gone", "restart"]) -> None:
        """See Live."""
        if self._http_api is not None:
            await self._http_api.dismiss(reason)

    async def close(self) -> None:
        """Leaves no task and no socket behind."""
        if self._http_api is not None:
            await self._http_api.close()
        await self._tools.http.close()

    @property
    def _live(self) -> LiveTools:
        if not isinstance(self._tools, LiveTools):
            raise TryLater("the visitors' log is not connected", after=1.0, everyone=True)
        return self._tools


def connect(settings: Settings, tools: Tools) -> Connector:
    """The account's connector."""
    return WidgetConnector(settings, tools)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    source = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(source.read, _PIECE):
            yield piece
    finally:
        source.close()
