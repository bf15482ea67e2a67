"""One VK community, connected. Translates and calls; durability, order and retry are the runtime's.

A community is either asked for events or has them delivered, as its settings say, and the two are two classes: what a
connector can do is seen by the contract's protocols alone.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

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
from gateway.connectors.toolkit.downloads import opened, require_fetchable, told_by
from gateway.connectors.toolkit.settings import rates_of
from gateway.connectors.vk.answers import SEND, Rejected, raise_item, sent_natives
from gateway.connectors.vk.backfill import Backfill
from gateway.connectors.vk.client import Client
from gateway.connectors.vk.content import BY_ID, read_profile
from gateway.connectors.vk.history import History, attachments_of
from gateway.connectors.vk.media import DOCUMENT, FILE_LIMIT, RULES
from gateway.connectors.vk.people import People
from gateway.connectors.vk.reactions import NEAREST, REACTIONS
from gateway.connectors.vk.receiving import Callback, LongPoll, Lookup, callback_secret
from gateway.connectors.vk.registration import Events
from gateway.connectors.vk.render import TEXT_LIMIT, render
from gateway.connectors.vk.settings import Settings
from gateway.connectors.vk.uploads import Uploads
from gateway.errors import FileProblem, Refused, Unauthorized
from gateway.model.abilities import Reactions, TextRule
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Media, Profile
from gateway.model.outgoing import Outgoing, Receipt

CHANNEL = "vk"
FETCH_LIMIT = FILE_LIMIT
_HOUR_MS = 3_600_000
_REMEMBERED_MS = _HOUR_MS - 5 * 60_000
"""VK remembers a `random_id` for an hour; clocks differ."""
_HOSTS = (
    "vk.com",
    ".vk.com",
    "vk.ru",
    ".vk.ru",
    "vk.me",
    ".vk.me",
    ".userapi.com",
    ".vkuserphoto.ru",
    ".vkuseraudio.net",
    ".vkuserlive.net",
    ".vkuser.net",
    ".vk-cdn.net",
    ".vk-cdn.com",
    ".mycdn.me",
    ".okcdn.ru",
)
"""Where VK keeps files."""
_NOT_SERVED = "VK's server answered {status} when asked for a file"
_QUOTES = ("forward", "reply_to")


class VkConnector:
    """Sends and fetches; how events come is added by the classes below."""

    channel = CHANNEL

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self.capabilities = Capabilities(
            text=TextRule(limit=TEXT_LIMIT, caption_limit=TEXT_LIMIT, formatting=False),
            media=RULES,
            reactions=Reactions(frozenset(REACTIONS.values()), near=frozenset(NEAREST)),
            edits=True,
            deletes=True,
            quotes=True,
            buttons=True,
            typing=True,
            read_marks=True,
            fetch_limit=FETCH_LIMIT,
            resend_ms=_REMEMBERED_MS,
            repeats_days=2,
            rates=rates_of(settings),
        )
        self._tools = tools
        self._group = settings.group_id
        self._client = Client(settings.token, settings.api_url, tools.http, settings.calls_per_second)
        self._uploads = Uploads(self._client, tools.http)
        self._history = History(self._client, settings.group_id)
        self._people = People(self._client)
        self._lookup = Lookup(self._people, self._history)
        self._secret = callback_secret(settings.token, tools.account)
        self._events = Events(self._client, settings.group_id, settings.mode, self._secret)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._tools.account})"

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        """See render.py."""
        return render(contact, outgoing, known)

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        """Brings the files to VK, then calls once; again in a plainer form only after VK has refused the first."""
        request, lost = dict(part.request), list[str]()
        uploads = request.pop("uploads", ())
        attached = [await self._uploaded(contact, part, one, lost) for one in uploads]
        if request.pop("keep", False):
            attached += await self._kept(contact, request)
        if attached:
            request["attachment"] = attached
        try:
            result = await self._called(part.method, request)
        except Rejected:
            # What is quoted may be gone by now: the words matter more.
            if not any(name in request for name in _QUOTES):
                raise
            bare = {name: value for name, value in request.items() if name not in _QUOTES}
            result = await self._called(part.method, bare)
            lost.append("sent without the quoted words")
        return Receipt(natives=result, note="; ".join(lost) or None)

    async def _called(self, method: str, request: Mapping[str, Any]) -> tuple[NativeId, ...]:
        return _natives(method, await self._client.call(method, **{name: _flat(one) for name, one in request.items()}))

    async def _uploaded(self, contact: ContactId, part: Part, upload: Mapping[str, Any], lost: list[str]) -> str:
        path = self._tools.files.path(part.files[upload["attach"]])
        try:
            return await self._uploads.attach(contact, upload["as"], upload["name"], path)
        except Rejected:
            if upload["as"] == DOCUMENT:
                raise
            lost.append("sent as a file: VK did not take it otherwise")
            return await self._uploads.attach(contact, DOCUMENT, upload["name"], path)

    async def _kept(self, contact: ContactId, request: Mapping[str, Any]) -> list[str]:
        native = str(request["cmid"]) if "cmid" in request else f"{BY_ID}{request['message_id']}"
        message = await self._history.message(int(contact), native)
        return [] if message is None else attachments_of(message)

    def fetch(self, media: Media) -> AbstractAsyncContextManager[Download]:
        """The bytes at a file's address; at a fresh one where VK's signature has grown old."""
        return self._fetch(media)

    @asynccontextmanager
    async def _fetch(self, media: Media) -> AsyncIterator[Download]:
        require_fetchable(media, FETCH_LIMIT)
        async with self._opened(media.remote) as download:
            if download is not None:
                yield told_by(download, media)
                return
        try:
            fresh = await self._history.fresh(media)
        except Refused as refusal:
            raise FileProblem(str(refusal)) from None
        if fresh is None:
            raise FileProblem("VK no longer has the file")
        async with self._opened(fresh) as download:
            if download is None:
                raise FileProblem("VK no longer has the file")
            yield told_by(download, media)

    def _opened(self, remote: str) -> AbstractAsyncContextManager[Download | None]:
        return opened(self._tools.http, remote.partition("#")[0], hosts=_HOSTS, failed=_NOT_SERVED)

    async def profile(self, contact: ContactId) -> Profile | None:
        """The person's name and page, by users.get."""
        if not contact.isdecimal():
            return None
        found = await self._people.ask([int(contact)])
        return read_profile(found[int(contact)]) if int(contact) in found else None

    async def register(self, address: str | None) -> None:
        """See registration.Events."""
        await self._events.register(address)

    async def registration(self, address: str | None) -> Registration:
        """See registration.Events."""
        return await self._events.registration(address)

    async def whoami(self) -> str:
        """The community's name and page."""
        told = await self._client.call("groups.getById", group_id=self._group)
        listed = told.get("groups") if isinstance(told, Mapping) else told
        group = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Mapping) else {}
        if group.get("id") != self._group:
            raise Unauthorized(f"the key and `group_id` do not belong together: VK shows no community {self._group}")
        page = group.get("screen_name") or f"club{self._group}"
        return f"{group.get('name', '')} (vk.com/{page})".strip()

    async def close(self) -> None:
        """Leaves no thread, task or socket behind."""
        await self._client.close()
        await self._tools.http.close()


class PollingConnector(VkConnector):
    """A community that is asked for its events."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._poll = LongPoll(self._client, tools.http, settings.group_id, self._lookup, self._history)

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        """See receiving.LongPoll."""
        return await self._poll.poll(cursor, wait_seconds)


class ServingConnector(VkConnector):
    """A community whose events are delivered to us."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._callback = Callback(self._client, settings.group_id, self._secret, self._lookup)
        self._missed = Backfill(self._history, self._lookup)

    async def serve(self, call: Call) -> Served:
        """See receiving.Callback."""
        return await self._callback.serve(call)

    async def backfill(self, cursor: str | None) -> Polled:
        """See backfill.Backfill."""
        return await self._missed.since(cursor)


def connect(settings: Settings, tools: Tools) -> Connector:
    """The account's connector, for the mode that its settings say."""
    return PollingConnector(settings, tools) if settings.mode == "polling" else ServingConnector(settings, tools)


def _natives(method: str, result: object) -> tuple[NativeId, ...]:
    if method == SEND:
        return tuple(
            NativeId(str(number) if number else f"{BY_ID}{identity}")
            for identity, number in sent_natives(result, method)
        )
    for one in result if isinstance(result, list) else ():
        if isinstance(one, Mapping):
            raise_item(one, method)
    return ()


def _flat(value: object) -> object:
    """JSON in a parameter is a text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, Mapping) else value
