"""How events reach us: asked for at the Long Poll server, or delivered by the Callback API, with one parser behind.

The Long Poll server is asked by our own loop with our own cursor: a library's would take events as read before
anybody has stored them. What an event lacks (who writes, the whole of a shortened message) is asked for before it is
read, within a bound where VK waits for our answer; that it cannot be had loses nothing.
"""

import asyncio
import hmac
import logging
from collections.abc import Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, NamedTuple

from pydantic import SecretStr
from yarl import URL

from gateway.connectors.contract import Call, Polled, Served
from gateway.connectors.toolkit.http import Answer, HttpClient
from gateway.connectors.toolkit.rates import unserved
from gateway.connectors.toolkit.vendor_json import decode
from gateway.connectors.vk.client import ANSWER_LIMIT, Client
from gateway.connectors.vk.content import native_of, pieces
from gateway.connectors.vk.envelope import FIRST_CHAT
from gateway.connectors.vk.history import History, Mark
from gateway.connectors.vk.parse import parse
from gateway.connectors.vk.people import People
from gateway.connectors.vk.values import positive, signed
from gateway.errors import ChannelError, TryLater, Uncertain
from gateway.model.ids import AccountId

_LONGEST_WAIT = 90
_KEYS_TRIED = 3
_GAP, _OLD_KEY = 1, 2
_ASKED_SECONDS = 0.6
"""What looking up may cost an event that VK waits for us to accept."""
_TELLING = frozenset({"message_new", "message_edit", "message_event", "message_allow"})
"""Events whose author a line would like to know."""
_PURPOSE = b"open-lines-gateway vk callback "
_SECRET_SIGNS = 48
"""VK takes up to 50 letters and digits."""

log = logging.getLogger(__name__)

Json = Mapping[str, Any]


class Cursor(NamedTuple):
    """Our place in the events: VK's `ts`, and how far the messages were heard, for reading a gap from history."""

    ts: str
    mark: Mark = Mark()

    def __str__(self) -> str:
        return f"{self.ts}|{self.mark.message}|{self.mark.at}"

    @staticmethod
    def read(text: str) -> "Cursor":
        ts, _, rest = text.partition("|")
        message, _, at = rest.partition("|")
        return Cursor(ts, Mark(int(message) if message.isdecimal() else 0, int(at) if at.isdecimal() else 0))


class _Server(NamedTuple):
    url: str
    key: str
    ts: str


class LongPoll:
    """Asks the community's Long Poll server."""

    def __init__(self, client: Client, http: HttpClient, group: int, lookup: "Lookup", history: History) -> None:
        self._client = client
        self._http = http
        self._group = group
        self._lookup = lookup
        self._history = history
        self._server: _Server | None = None

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        """The next events; with None from now on. A gap that VK admits is filled from history, and told."""
        wait = max(min(int(wait_seconds), _LONGEST_WAIT), 0)
        for _ in range(_KEYS_TRIED):
            server = self._server or await self._asked_where()
            place = Cursor.read(cursor) if cursor else Cursor(server.ts)
            # Events were delivered until now: where they stood is known in messages only.
            place = place if place.ts else place._replace(ts=server.ts)
            answer = await self._asked(server, place.ts, wait)
            said = _object(answer)
            updates = said.get("updates")
            if "failed" not in said and isinstance(updates, list) and _ts(said):
                return await self._batch(place, _ts(said), updates, _clock(answer))
            if signed(said.get("failed")) == _OLD_KEY:
                # The key alone grew old: our place stays what it was.
                self._server = None
                continue
            return await self._refilled(place, said, _clock(answer))
        raise TryLater("VK's Long Poll server accepts none of the keys that VK gives for it", after=0.0)

    async def _batch(self, place: Cursor, ts: str, updates: Sequence[object], at: int) -> Polled:
        events = [dict(one) for one in updates if isinstance(one, Mapping)]
        newest = max([place.mark.message, *(_message_id(one) for one in events)])
        return Polled(tuple(await self._lookup.completed(events)), str(Cursor(ts, Mark(newest, at))))

    async def _refilled(self, place: Cursor, said: Json, at: int) -> Polled:
        ts = _ts(said) if signed(said.get("failed")) == _GAP else ""
        if not ts:
            self._server = None
            ts = (await self._asked_where()).ts
        events: list[dict[str, Any]] = []
        told: dict[str, Any] = {"failed": said.get("failed"), "ts": ts}
        if place.mark.at or place.mark.message:
            refill = await self._history.since(place.mark, at)
            events = [dict(one) for one in refill.events]
            told |= {"refilled": len(events), "whole": refill.whole}
        newest = max([place.mark.message, *(_message_id(one) for one in events)])
        completed = await self._lookup.completed(events)
        return Polled((told, *completed), str(Cursor(ts, Mark(newest, at))))

    async def _asked_where(self) -> _Server:
        told = await self._client.call("groups.getLongPollServer", group_id=self._group)
        told = told if isinstance(told, Mapping) else {}
        url, key = told.get("server"), told.get("key")
        if not isinstance(url, str) or not isinstance(key, str) or not _ts(told):
            raise TryLater("VK did not say where its Long Poll server is", after=0.0)
        self._server = _Server(url if "://" in url else f"https://{url}", key, _ts(told))
        return self._server

    async def _asked(self, server: _Server, ts: str, wait: int) -> Answer:
        url = URL(server.url).update_query(act="a_check", key=server.key, ts=ts, wait=str(wait))
        try:
            return await self._http.request("GET", str(url), wait=wait, limit=ANSWER_LIMIT)
        except Uncertain as error:
            raise TryLater(str(error), after=0.0) from None
        except TryLater:
            # Where it is may have changed: ask again before the next try.
            self._server = None
            raise


class Callback:
    """What VK's servers bring to our address, one event a request."""

    def __init__(self, client: Client, group: int, secret: str, lookup: "Lookup") -> None:
        self._client = client
        self._group = group
        self._secret = secret.encode()
        self._lookup = lookup

    async def serve(self, call: Call) -> Served:
        """Refuses a stranger before anything else is looked at; the secret goes no further than this."""
        try:
            event = decode(call.body)
        except ValueError as error:
            return Served(status=400, body=str(error))
        if not isinstance(event, Mapping):
            return Served(status=400, body="not an event")
        shown = event.get("secret")
        shown = shown if isinstance(shown, str) else ""
        if not hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), self._secret):
            return Served(status=403, body="not from VK")
        if "group_id" in event and positive(event["group_id"]) != self._group:
            return Served(status=403, body="another community's")
        event = {name: value for name, value in event.items() if name != "secret"}
        if event.get("type") == "confirmation":
            return await self._confirmation()
        try:
            async with asyncio.timeout(_ASKED_SECONDS):
                (event,) = await self._lookup.completed([event])
        except TimeoutError:
            log.info("an event is stored without the profile of who wrote it: VK is slow")
        return Served(items=parse(event))

    async def _confirmation(self) -> Served:
        """The string by which VK knows that the address is ours; asked for each time, as any change makes a new one."""
        try:
            told = await self._client.call("groups.getCallbackConfirmationCode", group_id=self._group)
        except ChannelError as error:
            log.warning("VK's check of the address cannot be answered: %s", error)
            return Served(status=503, body="try again")
        code = told.get("code") if isinstance(told, Mapping) else None
        return Served(body=code) if isinstance(code, str) and code else Served(status=503, body="try again")


class Lookup:
    """Puts beside events what they lack: who writes, and the whole of a message that came shortened."""

    def __init__(self, people: People, history: History) -> None:
        self._people = people
        self._history = history

    async def completed(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same events in the same order; what cannot be had is left as it is. Never raises for VK's failures."""
        found = [await self._whole(one) for one in events]
        people = await self._people.of({user for one in found for user in _users(one)})
        return [_with_people(one, [people[user] for user in sorted(_users(one)) if user in people]) for one in found]

    async def _whole(self, event: dict[str, Any]) -> dict[str, Any]:
        message = _message(event)
        peer, native = signed(message.get("peer_id")), native_of(message)
        if message.get("is_cropped") is not True or not peer or not native:
            return event
        try:
            full = await self._history.message(peer, native)
        except ChannelError as error:
            log.info("a shortened message could not be read again: %s", error)
            return event
        if full is None:
            return event
        full = {**message, "is_cropped": False, **full}
        inner = event["object"]
        return {**event, "object": {**inner, "message": full} if isinstance(inner.get("message"), Mapping) else full}


def callback_secret(token: SecretStr, account: AccountId) -> str:
    """The secret of the account's callback server: derived from the key, so one setting less to lose."""
    return hmac.digest(token.get_secret_value().encode(), _PURPOSE + account.encode(), "sha256").hex()[:_SECRET_SIGNS]


def _with_people(event: dict[str, Any], people: Sequence[Json]) -> dict[str, Any]:
    bare = {name: value for name, value in event.items() if name != "profiles"}
    return {**bare, "profiles": list(people)} if people else bare


def _users(event: Json) -> set[int]:
    """Whom an event is about, of those that a line would hear of."""
    inner = event.get("object")
    inner = inner if isinstance(inner, Mapping) else {}
    message = _message(event)
    if str(event.get("type")) not in _TELLING:
        return set()
    named = (message.get("peer_id", message.get("from_id")), inner.get("user_id"), *_authors(message))
    return {one for one in map(positive, named) if 0 < one < FIRST_CHAT}


def _authors(message: Json) -> Iterable[object]:
    """Whose words are forwarded in it, those that are forwarded in forwarded ones too."""
    return [one.get("from_id", one.get("user_id")) for one in pieces(message)[1:]]


def _message(event: Json) -> Json:
    inner = event.get("object")
    inner = inner if isinstance(inner, Mapping) else {}
    message = inner.get("message")
    return message if isinstance(message, Mapping) else inner


def _message_id(event: Json) -> int:
    return signed(_message(event).get("id")) if str(event.get("type")).startswith("message_") else 0


def _object(answer: Answer) -> Json:
    try:
        said = decode(answer.body)
    except ValueError:
        said = None
    if not isinstance(said, Mapping) or not ("failed" in said or "updates" in said):
        problem = f"VK's Long Poll server answered {answer.status} and nothing to be read"
        raise unserved(problem, answer.status, answer.wait)
    return said


def _ts(said: Json) -> str:
    """VK writes it as a text here and as a number there."""
    ts = said.get("ts")
    return str(ts) if isinstance(ts, str | int) and not isinstance(ts, bool) and str(ts) else ""


def _clock(answer: Answer) -> int:
    """The moment by VK's clock, in seconds; by ours where it does not say."""
    try:
        return int(parsedate_to_datetime(answer.headers.get("date", "")).timestamp())
    except (ValueError, TypeError):
        return int(time())
