"""One bot of MAX, connected. Translates and calls; durability, order and retry are the runtime's.

A bot is either asked for updates or has them delivered, as its settings say, and the two are two classes: what a
connector can do is seen by the contract's protocols alone.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from yarl import URL

from gateway.connectors.contract import Call as Request
from gateway.connectors.contract import (
    Capabilities,
    Connector,
    Download,
    Known,
    Part,
    Polled,
    Rates,
    Registration,
    Served,
    Tools,
)
from gateway.connectors.max import problems
from gateway.connectors.max.answers import Call, NoChat, Rejected
from gateway.connectors.max.backfill import Backfill
from gateway.connectors.max.client import Client
from gateway.connectors.max.history import History
from gateway.connectors.max.media import AUDIO_LIMIT, FILE, RULES
from gateway.connectors.max.receiving import Chats, LongPoll, Webhook, webhook_secret
from gateway.connectors.max.registration import Subscriptions
from gateway.connectors.max.render import ACT, ANSWER, CHOOSE, DELETE, EDIT, SEND, TEXT_LIMIT, render
from gateway.connectors.max.settings import Settings
from gateway.connectors.max.uploads import Uploads
from gateway.connectors.max.values import Json, listed, table, words
from gateway.connectors.toolkit.rates import unserved
from gateway.errors import FileProblem, Refused, SettingsError, TryLater, Uncertain
from gateway.model.abilities import Reactions, TextRule
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Media
from gateway.model.outgoing import Outgoing, Receipt

CHANNEL = "max"
FETCH_LIMIT = AUDIO_LIMIT
ROOT = Path(__file__).with_name("russian_trusted_root_ca.pem")
"""By what MAX's own certificate is checked; README.md has its fingerprint."""
_HOSTS = ("max.ru", ".max.ru", "oneme.ru", ".oneme.ru", ".okcdn.ru", ".mycdn.me", ".ok.ru")
"""Where MAX keeps files."""
_OK, _TOO_MANY, _SERVER = 200, 429, 500
_NOT_YET_SECONDS, _NOT_YET_AFTER = 300.0, 2.0
_REMEMBERED = 1000
_ME = Call("GET", "/me")


class MaxConnector:
    """Sends and fetches; how updates come is added by the classes below."""

    channel = CHANNEL

    def __init__(self, settings: Settings, tools: Tools, *, clock: Callable[[], float] = monotonic) -> None:
        self.capabilities = Capabilities(
            text=TextRule(limit=TEXT_LIMIT, caption_limit=TEXT_LIMIT),
            media=RULES,
            reactions=Reactions(),
            edits=True,
            deletes=True,
            quotes=True,
            buttons=True,
            typing=True,
            read_marks=True,
            fetch_limit=FETCH_LIMIT,
            resend_ms=None,
            repeats_days=2,
            rates=Rates(
                per_second=settings.per_second,
                per_contact_second=settings.per_chat_second,
                contact_burst=settings.chat_burst,
            ),
        )
        self._tools = tools
        self._api_url = URL(settings.api_url)
        self._clock = clock
        self._client = Client(settings.token, settings.api_url, tools.http)
        self._uploads = Uploads(self._client, tools.http)
        self._history = History(self._client)
        self._chats = Chats(self._client)
        self._secret = webhook_secret(settings.token, tools.account)
        self._subscriptions = Subscriptions(self._client, settings.mode, self._secret)
        self._not_found: dict[ContactId, float] = {}
        """Chats that MAX did not know, and when it said so."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._tools.account})"

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        """See render.py."""
        del contact
        return render(outgoing, known)

    # ── sending ───────────────────────────────────────────────────────────────────────────────────────

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        """Brings the files to MAX, then calls once; again in a plainer form only after MAX has refused the first."""
        try:
            receipt = await self._sent(contact, part)
        except NoChat:
            if part.method != SEND:
                # It is of no use without the words, which find out themselves.
                raise Refused(problems.NOT_FOUND) from None
            raise self._perhaps_not_yet(contact) from None
        self._not_found.pop(contact, None)
        return receipt

    def _perhaps_not_yet(self, contact: ContactId) -> TryLater | NoChat:
        """Right after Start MAX may not know the chat yet: what it says so for the first time is tried once more."""
        now = self._clock()
        self._not_found = {one: at for one, at in self._not_found.items() if now - at < _NOT_YET_SECONDS}
        if contact in self._not_found:
            return NoChat()
        while len(self._not_found) >= _REMEMBERED:
            self._not_found.pop(next(iter(self._not_found)))
        self._not_found[contact] = now
        return TryLater(problems.NOT_FOUND, after=_NOT_YET_AFTER, limited=False)

    async def _sent(self, contact: ContactId, part: Part) -> Receipt:
        request = part.request
        if part.method in {SEND, EDIT}:
            return await self._said(contact, part)
        if part.method == DELETE:
            await self._do(Call("DELETE", "/messages"), {"message_id": request["message"]})
        elif part.method == ACT:
            path = f"/chats/{quote(contact, safe='')}/actions"
            await self._do(Call("POST", path), json={"action": request["action"]})
        elif part.method == ANSWER:
            call = Call("POST", "/answers")
            await self._do(call, {"callback_id": request["press"]}, json=request["body"])
        elif part.method == CHOOSE:
            attached = await self._history.attached_again(request["message"])
            if attached is not None:
                body = {"attachments": [*attached, request["keyboard"]]}
                await self._do(Call("PUT", "/messages"), {"message_id": request["message"]}, json=body)
        return Receipt()

    async def _do(self, call: Call, query: Mapping[str, object] | None = None, *, json: object = None) -> Json:
        return await self._client.call(call, query=query, json=json)

    async def _said(self, contact: ContactId, part: Part) -> Receipt:
        """A new message, or new words and files for one."""
        lost: list[str] = []
        body = dict(part.request["body"])
        files = [await self._attached(part, one, lost) for one in part.request.get("uploads", ())]
        if files:
            body["attachments"] = [*files, *body.get("attachments", ())]
        try:
            told = await self._posted(contact, part, body)
        except Rejected:
            for file in part.files:
                self._uploads.forget(file)
            if "link" not in body:
                raise
            # What is quoted may be gone by now: the words matter more.
            told = await self._posted(contact, part, {name: one for name, one in body.items() if name != "link"})
            lost.append(problems.WITHOUT_QUOTE)
        note = "; ".join(lost) or None
        if part.method == EDIT:
            return Receipt(note=note)
        mid = words(table(table(told.get("message")).get("body")).get("mid"))
        if not mid:
            raise Uncertain(problems.NO_ID)
        return Receipt(natives=(NativeId(mid),), note=note)

    async def _posted(self, contact: ContactId, part: Part, body: Mapping[str, Any]) -> Json:
        if part.method == EDIT:
            call = Call("PUT", "/messages")
            return await self._do(call, {"message_id": part.request["message"]}, json=body)
        previews = {} if part.request.get("previews", True) else {"disable_link_preview": "true"}
        call = Call("POST", "/messages", makes=True)
        return await self._do(call, {"chat_id": contact, **previews}, json=body)

    async def _attached(self, part: Part, upload: Mapping[str, Any], lost: list[str]) -> dict[str, Any]:
        """One file, brought to MAX, as an attachment."""
        file, kind, name = part.files[upload["attach"]], upload["as"], upload["name"]
        path = self._tools.files.path(file)
        try:
            token = await self._uploads.token(file, kind, name, path)
        except Rejected:
            # A file must be the only one in its message.
            if kind == FILE or len(part.files) > 1:
                raise
            lost.append(problems.AS_FILE_AFTER_ALL)
            kind, token = FILE, await self._uploads.token(file, FILE, name, path)
        return {"type": kind, "payload": {"token": token}}

    async def reconcile(self, contact: ContactId, part: Part, since: int) -> Sequence[Receipt]:
        """The bot's messages in the chat that say just this."""
        if part.method != SEND:
            return ()
        return [Receipt(natives=(one,)) for one in await self._history.sent_like(contact, part, since)]

    # ── files ─────────────────────────────────────────────────────────────────────────────────────────

    def fetch(self, media: Media) -> AbstractAsyncContextManager[Download]:
        """The bytes at a file's address; at a fresh one where that has grown old."""
        return self._fetch(media)

    @asynccontextmanager
    async def _fetch(self, media: Media) -> AsyncIterator[Download]:
        if media.size is not None and media.size > FETCH_LIMIT:
            raise FileProblem(problems.FETCH_TOO_LARGE.format(n=FETCH_LIMIT // (1024 * 1024)))
        async with self._opened(media.remote, media) as download:
            if download is not None:
                yield download
                return
        try:
            fresh = await self._history.fresh(media)
        except Refused:
            fresh = ""
        async with self._opened(fresh, media) as download:
            if download is None:
                raise FileProblem(problems.NO_FILE)
            yield download

    @asynccontextmanager
    async def _opened(self, remote: str, media: Media) -> AsyncIterator[Download | None]:
        """The file at its address, without the token; None: it is not there any more."""
        bare = remote.partition("#")[0]
        if not bare.startswith(("https://", "http://")):
            yield None
            return
        async with self._tools.http.download(self._secured(bare), hosts=_HOSTS) as stream:
            if stream.status >= _SERVER or stream.status == _TOO_MANY:
                problem = problems.FILE_SERVER.format(status=stream.status)
                raise unserved(problem, stream.status, stream.wait)
            if stream.status != _OK:
                yield None
                return
            mime = stream.headers.get("content-type", "").partition(";")[0].strip() or None
            yield Download(chunks=stream.chunks, size=stream.size, name=media.name, mime=media.mime or mime)

    def _secured(self, address: str) -> str:
        """Some of MAX's addresses are written as http, and all of its servers know https."""
        try:
            url = URL(address)
        except ValueError:
            return address
        is_bare = url.scheme == "http" and url.host != self._api_url.host
        return str(url.with_scheme("https")) if is_bare else address

    # ── the bot ───────────────────────────────────────────────────────────────────────────────────────

    async def register(self, address: str | None) -> None:
        """See registration.Subscriptions."""
        await self._subscriptions.register(address)

    async def registration(self, address: str | None) -> Registration:
        """See registration.Subscriptions."""
        return await self._subscriptions.registration(address)

    async def whoami(self) -> str:
        """The bot's name and, where it has one, its address."""
        me = await self._client.call(_ME)
        name = words(me.get("first_name")) or words(me.get("name"))
        username = words(me.get("username"))
        return " ".join(filter(None, (name, f"(max.ru/{username})" if username else "")))

    async def commands(self, language: str | None) -> Sequence[tuple[str, str]]:
        """The menu as it is now; MAX has one for everybody, and none by language."""
        if language is not None:
            return ()
        me = await self._client.call(_ME)
        listing = map(table, listed(me.get("commands")))
        return [(words(one.get("name")), words(one.get("description"))) for one in listing]

    async def set_commands(self, language: str | None, commands: Sequence[tuple[str, str]]) -> None:
        """The menu of the bot. Raises Refused for the menu of a language."""
        if language is not None:
            raise Refused(problems.ONE_MENU)
        menu = [{"name": name, "description": told} if told else {"name": name} for name, told in commands]
        await self._client.call(Call("PATCH", "/me/commands"), json={"commands": menu})

    async def close(self) -> None:
        """Leaves no socket behind."""
        await self._tools.http.close()


class PollingConnector(MaxConnector):
    """A bot that is asked for its updates."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._poll = LongPoll(self._client, self._chats)

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        """See receiving.LongPoll."""
        return await self._poll.poll(cursor, wait_seconds)


class ServingConnector(MaxConnector):
    """A bot whose updates are delivered to us."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._webhook = Webhook(self._secret, self._chats)
        self._missed = Backfill(LongPoll(self._client, self._chats), self._subscriptions)

    async def serve(self, call: Request) -> Served:
        """See receiving.Webhook."""
        return await self._webhook.serve(call)

    async def backfill(self, cursor: str | None) -> Polled:
        """See backfill.Backfill."""
        return await self._missed.since(cursor)


def connect(settings: Settings, tools: Tools) -> Connector:
    """The account's connector, for the mode that its settings say.

    Raises:
        SettingsError: the file of root certificates cannot be used.
    """
    try:
        tools.http.trust((Path(settings.ca_file) if settings.ca_file else ROOT).read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise SettingsError(
            "`ca_file` cannot be read: name a file of root certificates in PEM format, or leave it out"
        ) from None
    return PollingConnector(settings, tools) if settings.mode == "polling" else ServingConnector(settings, tools)
