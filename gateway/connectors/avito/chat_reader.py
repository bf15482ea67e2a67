"""The account's chats, read: what is new since a moment, and whether a message is really there.

Avito has no list of events, so news are found by looking: unread chats, then the chats that changed last, then the
messages of each that did. What is given twice has the same key; what cannot be had is told as a gap.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from time import monotonic
from typing import Any, NamedTuple

from gateway.connectors.avito.client import Client
from gateway.connectors.avito.content import DELETED, kind_of
from gateway.connectors.avito.own_messages import OwnMessages
from gateway.connectors.avito.parse import is_ours
from gateway.connectors.avito.values import identity
from gateway.connectors.contract import Polled
from gateway.connectors.toolkit.values import Json, digest, inner, positive, words
from gateway.errors import Refused, TryLater, Uncertain

_PAGE = 100
_FURTHEST = 1000
"""The largest offset that Avito takes."""
_TYPES = "u2i,u2u"
_MARGIN = 120
"""Seconds before the last known moment that are read again: what is stored twice is kept once."""
_MARGIN_HOLDS = 20 * 3600
"""Seconds for which a message's key is surely remembered."""
_FIRST = 24 * 3600
"""On the first day nothing older than this is taken: who waits for longer does not wait any more."""
_TAKEN_BACK = 3600
"""Seconds for which a message can be taken back."""
_TAIL = 50
"""Messages among which one that was just delivered must be."""
_FRESH_SECONDS = 600.0
_REMEMBERED = 5000

log = logging.getLogger(__name__)


class Cursor(NamedTuple):
    """How far chats were read: the moment by Avito's clock, in seconds; the number tells one batch from another."""

    mark: int = 0
    """0: not once to the end."""
    number: int = 0

    @property
    def is_first(self) -> bool:
        """Whether what stands in the chats is from before us."""
        return not self.mark

    def __str__(self) -> str:
        return f"{self.mark}|{self.number}"

    @staticmethod
    def read(text: str) -> "Cursor":
        mark, _, number = text.partition("|")
        return Cursor(int(mark) if mark.isdecimal() else 0, int(number) if number.isdecimal() else 0)


class ChatReader:
    """Reads one account's chats.

    Args:
        client: calls the API.
        own_messages: tells our own sends from what somebody wrote in Avito itself.
        clock: seconds that only grow.
    """

    def __init__(self, client: Client, own_messages: OwnMessages, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._own_messages = own_messages
        self._clock = clock
        self._given = ""
        self._read: dict[str, str] = {}
        """Chats that were read as they are now, by the batches before `_given`."""
        self._chats: dict[str, tuple[float, Json]] = {}
        self._asked: dict[str, str] = {}
        """Chat → the client's message that `up_to` was asked for last."""

    async def since(self, cursor: str | None) -> Polled:
        """What is new, oldest first; with None only what is unread of the last day.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: as every call; what was read by then is given before.
        """
        if cursor != self._given:
            # What was given last is not known to be stored.
            self._read = {}
        await self._client.me()
        now = self._client.now()
        place = Cursor() if cursor is None else Cursor.read(cursor)
        found, read = _Batch(), dict[str, str]()
        mark, again = now, False
        try:
            async for chat in self._changed(place, now, found):
                name, sign = identity(chat.get("id")), _sign(chat)
                undecided = None if self._read.get(name) == sign else await self._news(chat, place, now, found)
                if undecided is None:
                    read[name] = sign
                else:
                    mark, again = min(mark, undecided), True
        except (TryLater, Uncertain):
            if not found.updates:
                raise
            mark, again = place.mark, True
        # Only now: what is read by a look that fails is given by none.
        self._read = read
        self._given = str(Cursor(mark, place.number + 1))
        return Polled(tuple(found.in_order()), self._given, again=again)

    async def message(self, chat: str, native: str) -> Json | None:
        """A message of the chat's newest; None: it is not there. Raises as every call."""
        return next((one for one in await self.tail(chat) if identity(one.get("id")) == native), None)

    async def up_to(self, chat: str, native: str) -> list[Json]:
        """A message of the chat's newest, behind the client's unread ones before it; empty: it is not there.

        Avito gives a delivery up after a few tries and goes on with the next, which must not stand before it. What was
        asked for by this once is not given again. Raises as every call.
        """
        me, tail = await self._client.me(), await self.tail(chat)
        place = next((at for at, one in enumerate(tail) if identity(one.get("id")) == native), None)
        if place is None:
            return []
        found, floor = [tail[place]], self._client.now() - _MARGIN_HOLDS
        if not is_ours({"user_id": me, **tail[place]}):
            for one in tail[place + 1 :]:
                if is_ours({"user_id": me, **one}):
                    continue
                is_known = identity(one.get("id")) == self._asked.get(chat)
                if is_known or _is_read(one) or positive(one.get("created")) < floor:
                    break
                found.append(one)
            self._asked.pop(chat, None)
            while len(self._asked) >= _REMEMBERED:
                self._asked.pop(next(iter(self._asked)))
            self._asked[chat] = native
        return found[::-1]

    async def tail(self, chat: str) -> list[Json]:
        """The chat's newest messages, newest first. Raises as every call; Refused: there is no such chat."""
        return list(_listed(await self._client.messages(chat, limit=_TAIL), "messages"))

    async def about(self, chat: str) -> Json:
        """Who is in the chat and which listing it is about, as Avito told lately. Raises as every call."""
        known = self._chats.get(chat)
        if known is not None and self._clock() - known[0] < _FRESH_SECONDS:
            return known[1]
        told = await self._client.chat(chat)
        return self._keep(chat, told if isinstance(told, Mapping) else {})

    def update(self, message: Json, chat: str, about: Json | None, **more: object) -> dict[str, Any]:
        """A message of the API as the webhook would have told of it, with what else is known."""
        value = {**more, **message, "chat_id": chat}
        whole: dict[str, Any] = {"payload": {"type": "message", "value": value}}
        return whole if about is None else {**whole, "chat": about}

    # ── chats ─────────────────────────────────────────────────────────────────────────────────────────

    async def _changed(self, place: Cursor, now: int, found: "_Batch") -> AsyncIterator[Json]:
        """Chats with something since the place, each once: unread ones, then whatever else has changed."""
        seen = set[str]()
        floor = _floor(place, now)
        lists: list[dict[str, object]] = [{"unread_only": "true"}]
        if not place.is_first:
            # What somebody has read in Avito itself, or written there, is in no unread chat.
            lists.append({})
        for query in lists:
            for offset in range(0, _FURTHEST + 1, _PAGE):
                told = await self._client.chats(**query, chat_types=_TYPES, limit=_PAGE, offset=offset)
                page = list(_listed(told, "chats"))
                new = [one for one in page if _changed_at(one) >= floor]
                for one in new:
                    name = identity(one.get("id"))
                    if name and name not in seen:
                        seen.add(name)
                        self._keep(name, one)
                        yield one
                if len(page) < _PAGE or not new:
                    break
            else:
                found.gap("more chats have news than Avito lists; look through the older ones in Avito itself")

    def _keep(self, chat: str, told: Json) -> Json:
        about = {name: told[name] for name in ("users", "context") if name in told}
        self._chats.pop(chat, None)
        while len(self._chats) >= _REMEMBERED:
            self._chats.pop(next(iter(self._chats)))
        self._chats[chat] = (self._clock(), about)
        return about

    # ── messages ──────────────────────────────────────────────────────────────────────────────────────

    async def _news(self, chat: Json, place: Cursor, now: int, found: "_Batch") -> int | None:
        """Adds what is new in one chat; answers the moment of a message of which it is not plain yet whose it is."""
        name, me, floor = identity(chat.get("id")), await self._client.me(), _floor(place, now)
        about = self._chats[name][1]
        undecided: int | None = None
        read: Json | None = None
        try:
            messages = [one async for one in self._messages(name, min(floor, now - _TAKEN_BACK), found)]
        except Refused as error:
            found.gap(f"a chat could not be read: {error}")
            return None
        for message in messages:
            created = positive(message.get("created"))
            if created < floor:
                if _is_taken_back(message):
                    found.add(created, self.update({**message, "type": "deleted"}, name, about, user_id=me))
                continue
            if not is_ours({"user_id": me, **message}):
                if not (place.is_first and _is_read(message)):
                    found.add(created, self.update(message, name, about, user_id=me))
            elif place.is_first or self._own_messages.has(identity(message.get("id"))):
                pass
            elif self._own_messages.is_undecided(name):
                undecided = min(created, created if undecided is None else undecided)
            else:
                found.add(created, self.update(message, name, about, user_id=me))
            if read is None and positive(message.get("read")) and is_ours({"user_id": me, **message}):
                read = message
        if read is not None and not place.is_first:
            found.add(positive(read.get("created")), {"seen": {"chat_id": name, "id": read.get("id")}})
        return undecided

    async def _messages(self, chat: str, floor: int, found: "_Batch") -> AsyncIterator[Json]:
        for offset in range(0, _FURTHEST + 1, _PAGE):
            page = list(_listed(await self._client.messages(chat, limit=_PAGE, offset=offset), "messages"))
            for one in page:
                yield one
            if len(page) < _PAGE or positive(page[-1].get("created")) < floor:
                return
        found.gap("a chat has more new messages than Avito lists; look through it in Avito itself")


class _Batch:
    """Updates that were found, to be given oldest first."""

    def __init__(self) -> None:
        self.updates: list[tuple[int, dict[str, Any]]] = []

    def add(self, at: int, update: dict[str, Any]) -> None:
        self.updates.append((at, update))

    def gap(self, told: str) -> None:
        log.warning("%s", told)
        self.add(0, {"gap": told})

    def in_order(self) -> Iterable[dict[str, Any]]:
        # Messages come newest first: of one second the later one stands before the earlier.
        oldest_first = self.updates[::-1]
        return [update for _, update in sorted(oldest_first, key=lambda one: one[0])]


def _floor(place: Cursor, now: int) -> int:
    """The moment from which messages are taken."""
    if place.is_first:
        return now - _FIRST
    return place.mark - (_MARGIN if now - place.mark < _MARGIN_HOLDS else 0)


def _changed_at(chat: Json) -> int:
    """When the chat changed last; one that does not tell has changed now."""
    found = max(positive(chat.get("updated")), positive(inner(chat, "last_message").get("created")))
    return found or 2**40


def _sign(chat: Json) -> str:
    return digest((chat.get("updated"), chat.get("last_message")))


def _listed(told: object, name: str) -> Iterator[Json]:
    """Avito's answer is a list by its documentation, and an object with a list in reality."""
    listed = told.get(name) if isinstance(told, Mapping) else told
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping):
            yield one


def _is_read(message: Json) -> bool:
    return message.get("is_read", message.get("isRead")) is True


def _is_taken_back(message: Json) -> bool:
    return kind_of(message) == "deleted" or words(inner(message, "content").get("text")) == DELETED
