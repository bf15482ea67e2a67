"""One Telegram bot, connected. Translates and calls; durability, order and retry are the runtime's.

A bot is either asked for updates or has them delivered, as its settings say, and the two are two classes: what a
connector can do is seen by the contract's protocols alone.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path, PurePosixPath

from aiogram.methods import GetMyCommands, SetMyCommands
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats

from gateway.connectors.contract import (
    Call,
    Capabilities,
    Connector,
    Download,
    Known,
    Part,
    Polled,
    Registration,
    Served,
    Tools,
)
from gateway.connectors.telegram.answers import MethodUnknown, Rejected
from gateway.connectors.telegram.calls import Calls
from gateway.connectors.telegram.media import WAYS
from gateway.connectors.telegram.methods import DISPENSABLE, WITHOUT_FILES, method_of
from gateway.connectors.telegram.pinned import PINNED, PinnedLines
from gateway.connectors.telegram.reactions import REACTIONS, SUBSTITUTES
from gateway.connectors.telegram.receiving import PollingUpdates, ServedUpdates, Webhook, webhook_secret
from gateway.connectors.telegram.render import CAPTION_LIMIT, TEXT_LIMIT, plainer, render
from gateway.connectors.telegram.settings import Settings
from gateway.connectors.toolkit.rates import unserved
from gateway.connectors.toolkit.settings import rates_of
from gateway.errors import FileProblem, Refused
from gateway.model.abilities import MediaRule, Reactions, TextRule
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Media
from gateway.model.outgoing import Outgoing, Receipt

CHANNEL = "telegram"
FETCH_LIMIT = 20 * 1024 * 1024
_OK, _NOT_FOUND, _GONE = 200, 404, 410


class TelegramConnector:
    """Sends and fetches; how updates come is added by the classes below."""

    channel = CHANNEL

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self.capabilities = Capabilities(
            text=TextRule(limit=TEXT_LIMIT, caption_limit=CAPTION_LIMIT),
            media={kind: MediaRule(limit=way.limit, captioned=way.captioned) for kind, way in WAYS.items()},
            reactions=Reactions(REACTIONS, near=frozenset(SUBSTITUTES)),
            edits=True,
            deletes=True,
            quotes=True,
            buttons=True,
            typing=True,
            read_marks=True,  # in business chats
            fetch_limit=FETCH_LIMIT,
            resend_ms=None,
            repeats_days=1,
            rates=rates_of(settings),
        )
        self._tools = tools
        self._calls = Calls(settings, tools)
        self._pinned = PinnedLines(self._calls.call_plain)
        self._secret = webhook_secret(settings.token, tools.account)
        self._webhook = Webhook(self._calls, settings.mode, self._secret)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._tools.account})"

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        """See render.py."""
        return render(contact, outgoing, known)

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        """Calls Telegram, and again in a plainer form only after it has refused the first."""
        del contact
        if part.method == PINNED:
            return await self._pinned.show(part.request)
        lost: list[str] = []
        while True:
            try:
                return await self._sent(part, lost)
            except (Rejected, MethodUnknown) as problem:
                less = plainer(part)
                if less is None:
                    if isinstance(problem, MethodUnknown) and part.method in DISPENSABLE:
                        return Receipt(note=str(problem))
                    raise
                lost.append(less.loses or "sent without the quoted words")
                part = less

    async def _sent(self, part: Part, lost: Sequence[str]) -> Receipt:
        if part.method in WITHOUT_FILES:
            result = await self._calls.call_plain(part.method, part.request)
        else:
            result = await self._calls.call(method_of(part, lambda number: self._path(part, number)))
        made = (result if isinstance(result, list) else [result]) if part.method.startswith("send") else []
        numbers = [one.get("message_id") for one in made if isinstance(one, Mapping)]
        natives = tuple(NativeId(str(one)) for one in numbers if one is not None)
        return Receipt(natives=natives, note="; ".join(lost) or None)

    def _path(self, part: Part, number: int) -> Path:
        return self._tools.files.path(part.files[number])

    def fetch(self, media: Media) -> AbstractAsyncContextManager[Download]:
        """The bytes of a file_id. Telegram hands at most 20 MB to bots."""
        return self._fetch(media)

    @asynccontextmanager
    async def _fetch(self, media: Media) -> AsyncIterator[Download]:
        if media.size is not None and media.size > FETCH_LIMIT:
            raise FileProblem("the file is larger than 20 MB, the most that Telegram hands to bots")
        try:
            path = await self._calls.file_path(media.remote)
        except Refused as refusal:
            raise FileProblem(str(refusal)) from None
        if path is None:
            raise FileProblem("Telegram no longer has the file")
        async with self._tools.http.download(self._calls.file_url(path)) as stream:
            if stream.status in {_NOT_FOUND, _GONE}:
                raise FileProblem(_missing(path))
            if stream.status != _OK:
                raise unserved(
                    f"Telegram's server answered {stream.status} when asked for a file", stream.status, stream.wait
                )
            name = media.name or PurePosixPath(path).name
            yield Download(chunks=stream.chunks, size=stream.size, name=name, mime=media.mime)

    async def register(self, address: str | None) -> None:
        """See receiving.Webhook."""
        await self._webhook.register(address)

    async def registration(self, address: str | None) -> Registration:
        """See receiving.Webhook."""
        return await self._webhook.registration(address)

    async def whoami(self) -> str:
        """The bot's name, as `@shop_bot`."""
        return await self._calls.username()

    async def commands(self, language: str | None) -> Sequence[tuple[str, str]]:
        """The menu as it is now."""
        scope = BotCommandScopeAllPrivateChats()
        told = await self._calls.call(GetMyCommands(scope=scope, language_code=language))
        listed = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
        return [(str(one.get("command", "")), str(one.get("description", ""))) for one in listed]

    async def set_commands(self, language: str | None, commands: Sequence[tuple[str, str]]) -> None:
        """The menu behind the "/" button, in private chats."""
        menu = [BotCommand(command=command, description=told) for command, told in commands]
        scope = BotCommandScopeAllPrivateChats()
        await self._calls.call(SetMyCommands(commands=menu, scope=scope, language_code=language))

    async def close(self) -> None:
        """Leaves no socket behind."""
        await self._calls.close()


class PollingConnector(TelegramConnector):
    """A bot that is asked for its updates."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._updates = PollingUpdates(self._calls)

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        """See receiving.PollingUpdates."""
        return await self._updates.poll(cursor, wait_seconds)


class ServingConnector(TelegramConnector):
    """A bot whose updates are delivered to us."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._updates = ServedUpdates(self._secret)

    async def serve(self, call: Call) -> Served:
        """See receiving.ServedUpdates."""
        return await self._updates.serve(call)


def connect(settings: Settings, tools: Tools) -> Connector:
    """The account's connector, for the mode that its settings say."""
    return PollingConnector(settings, tools) if settings.mode == "polling" else ServingConnector(settings, tools)


def _missing(path: str) -> str:
    if path.startswith("/"):
        # A Bot API server in --local mode answers with a path on its own disk.
        return "the Bot API server keeps files on its own disk (--local) and does not serve them: run it without"
    return "Telegram no longer has the file under the address that it gave"
