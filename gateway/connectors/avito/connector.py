"""One account of Avito, connected. Translates and calls; durability, order and retry are the runtime's.

An account is either asked for news or has them delivered, as its settings say, and the two are two classes: what a
connector can do is seen by the contract's protocols alone. A delivering one can be asked for what was missed as well.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import monotonic

from gateway.connectors.avito.chat_reader import ChatReader
from gateway.connectors.avito.chats import client_of
from gateway.connectors.avito.client import Client, quoted
from gateway.connectors.avito.content import VOICE, place_of, read_message
from gateway.connectors.avito.media import PICTURE_LIMIT, PICTURES
from gateway.connectors.avito.own_messages import OwnMessages
from gateway.connectors.avito.parse import is_ours
from gateway.connectors.avito.registration import Subscription
from gateway.connectors.avito.render import PICTURE, READ, TAKE_BACK, TEXT, TEXT_LIMIT, render
from gateway.connectors.avito.settings import Settings
from gateway.connectors.avito.tokens import Tokens
from gateway.connectors.avito.uploads import bring
from gateway.connectors.avito.values import identity
from gateway.connectors.avito.webhook import Webhook, webhook_secret
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
from gateway.connectors.toolkit.downloads import opened, require_fetchable
from gateway.connectors.toolkit.settings import rates_of
from gateway.connectors.toolkit.values import Json, inner, positive, url_of, words
from gateway.errors import FileProblem, Refused, Uncertain
from gateway.model.abilities import MediaRule, Reactions, TextRule
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Media, MediaKind, Profile
from gateway.model.outgoing import Outgoing, Receipt

CHANNEL = "avito"
FETCH_LIMIT = 50 * 1024 * 1024
_HOSTS = ("avito.ru", ".avito.ru", ".avito.st")
"""Where Avito keeps files."""
_SKEW_SECONDS = 60
"""What is left between two clocks, of which one is told in whole seconds and on the way."""
_TAKEN_BACK = "Avito no longer takes this message back at the client: that goes for an hour only"
_NO_FILE = "Avito no longer has the file"
_NOT_SERVED = "Avito's server answered {status} when asked for a file"


class AvitoConnector:
    """Sends and fetches; how messages come is added by the classes below."""

    channel = CHANNEL

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self.capabilities = Capabilities(
            text=TextRule(limit=TEXT_LIMIT, caption_limit=TEXT_LIMIT, formatting=False),
            media={MediaKind.PHOTO: MediaRule(limit=PICTURE_LIMIT, captioned=False, files=PICTURES)},
            reactions=Reactions(),
            edits=False,
            deletes=True,
            quotes=False,
            buttons=False,
            typing=False,
            read_marks=True,
            fetch_limit=FETCH_LIMIT,
            resend_ms=None,
            repeats_days=2,
            rates=rates_of(settings),
        )
        self._tools = tools
        tokens = Tokens(settings.client_id, settings.client_secret, settings.api_url, tools.http)
        self._client = Client(tokens, settings.api_url, tools.http)
        self._own_messages = OwnMessages()
        self._chat_reader = ChatReader(self._client, self._own_messages)
        self._secret = webhook_secret(settings.client_secret, tools.account)
        self._subscription = Subscription(self._client, settings.mode, self._secret)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._tools.account})"

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        """See render.py."""
        return render(contact, outgoing, known)

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        """Calls once; a picture is brought to Avito first."""
        if part.method == TEXT:
            return await self._say(contact, "messages", {"message": {"text": part.request["text"]}, "type": "text"})
        if part.method == PICTURE:
            picture = await bring(self._client, self._tools.files.path(part.files[0]), part.request["name"])
            return await self._say(contact, "messages/image", {"image_id": picture})
        if part.method == TAKE_BACK:
            await self._take_back(contact, part.request["message"])
        elif part.method == READ:
            await self._client.act(contact, "read", "marking a chat as read")
        return Receipt()

    async def _say(self, contact: ContactId, act: str, body: Mapping[str, object]) -> Receipt:
        with self._own_messages.sending(contact):
            try:
                told = await self._client.act(contact, act, "taking a message", body, makes=True)
            except Uncertain:
                raise
            except Exception:
                self._own_messages.refused(contact)
                raise
            native = identity(told.get("id")) if isinstance(told, Mapping) else ""
            if not native:
                raise Uncertain("Avito answered without the message's id")
            self._own_messages.sent(contact, native)
            return Receipt(natives=(NativeId(native),))

    async def _take_back(self, contact: ContactId, message: str) -> None:
        try:
            await self._client.act(contact, f"messages/{quoted(message)}", "taking a message back")
        except Refused:
            raise Refused(_TAKEN_BACK) from None

    async def reconcile(self, contact: ContactId, part: Part, since: int) -> Sequence[Receipt]:
        """The chat's messages of the shop that say just this and that no answer has named yet."""
        if part.method not in {TEXT, PICTURE}:
            return ()
        me, messages = await self._client.me(), await self._chat_reader.tail(contact)
        earliest = self._client.by_avito(since / 1000) - _SKEW_SECONDS
        found = [
            identity(one.get("id"))
            for one in reversed(messages)
            if is_ours({"user_id": me, **one}) and positive(one.get("created")) >= earliest and _says(one, part)
        ]
        unnamed = [native for native in found if native and not self._own_messages.is_named(native)]
        if unnamed:
            self._own_messages.found(contact, unnamed[0])
        return [Receipt(natives=(NativeId(native),)) for native in unnamed]

    def fetch(self, media: Media) -> AbstractAsyncContextManager[Download]:
        """The bytes at a picture's address, at a fresh one where that has grown old; a voice message's is asked for."""
        return self._fetch(media)

    @asynccontextmanager
    async def _fetch(self, media: Media) -> AsyncIterator[Download]:
        require_fetchable(media, FETCH_LIMIT)
        if not media.remote.startswith(VOICE):
            async with self._opened(media.remote) as download:
                if download is not None:
                    yield Download(download.chunks, download.size, media.name, media.mime or download.mime)
                    return
        try:
            fresh = await self._fresh(media)
        except Refused as refusal:
            raise FileProblem(str(refusal)) from None
        async with self._opened(fresh) as download:
            if download is None:
                raise FileProblem(_NO_FILE)
            yield Download(download.chunks, download.size, media.name, media.mime or download.mime)

    async def _fresh(self, media: Media) -> str:
        """The file's address now; empty: it is nowhere any more. Raises as every call."""
        if media.remote.startswith(VOICE):
            voice = media.remote.removeprefix(VOICE)
            told = await self._client.voice(voice)
            return url_of(inner(told, "voices_urls"), voice) if isinstance(told, Mapping) else ""
        place = place_of(media.remote)
        message = await self._chat_reader.message(place.chat, place.message) if place is not None else None
        if place is None or message is None:
            return ""
        return next((one.remote for one in read_message(message, place.chat, place.message).media), "")

    @asynccontextmanager
    async def _opened(self, remote: str) -> AsyncIterator[Download | None]:
        """The file at its address; None: it is not there any more."""
        if not remote.startswith(("https://", "http://")):
            yield None
            return
        url = remote.partition("#")[0]
        async with opened(self._tools.http, url, hosts=_HOSTS, failed=_NOT_SERVED) as download:
            yield download

    async def profile(self, contact: ContactId) -> Profile | None:
        """The client's name and page, as their chat tells them."""
        return client_of(await self._chat_reader.about(contact), await self._client.me())

    async def register(self, address: str | None) -> None:
        """See registration.Subscription."""
        await self._subscription.register(address)

    async def registration(self, address: str | None) -> Registration:
        """See registration.Subscription."""
        return await self._subscription.registration(address)

    async def whoami(self) -> str:
        """The account's name and number; also whether its tariff lets us read chats at all."""
        account = await self._client.account(fresh=True)
        await self._client.chats(limit=1)
        return f"{words(account.get('name'))} (avito {identity(account.get('id'))})".strip()

    async def close(self) -> None:
        """Leaves no task and no socket behind."""
        await self._tools.http.close()


class PollingConnector(AvitoConnector):
    """An account whose chats are looked at again and again."""

    def __init__(
        self,
        settings: Settings,
        tools: Tools,
        *,
        clock: Callable[[], float] = monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(settings, tools)
        self._each = settings.poll_seconds
        self._clock = clock
        self._pause = pause
        self._next = 0.0

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        """What is new, as soon as there is something; Avito does not keep a question waiting, so it is asked again."""
        until = self._clock() + wait_seconds
        while True:
            if (wait := self._next - self._clock()) > 0:
                await self._pause(wait)
            self._next = self._clock() + self._each
            polled = await self._chat_reader.since(cursor)
            if polled.updates or self._next >= until:
                return polled
            cursor = polled.cursor


class ServingConnector(AvitoConnector):
    """An account whose messages are delivered to us."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._webhook = Webhook(
            self._client,
            self._chat_reader,
            self._own_messages,
            secret=self._secret,
            seconds=settings.check_seconds,
            account=tools.account,
        )

    async def serve(self, call: Call) -> Served:
        """See webhook.Webhook."""
        return await self._webhook.serve(call)

    async def backfill(self, cursor: str | None) -> Polled:
        """See chat_reader.ChatReader."""
        return await self._chat_reader.since(cursor)


def connect(settings: Settings, tools: Tools) -> Connector:
    """The account's connector, for the mode that its settings say."""
    return PollingConnector(settings, tools) if settings.mode == "polling" else ServingConnector(settings, tools)


def _says(message: Json, part: Part) -> bool:
    """Whether it is what the part would have become: the same words, or a picture, of which more cannot be told."""
    if part.method == PICTURE:
        return bool(inner(message, "content", "image"))
    return words(inner(message, "content").get("text")) == words(part.request["text"])
