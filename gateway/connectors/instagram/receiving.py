"""What updates lack, asked for before they are read: who writes, the new words of an edit, whose a read mark is.

A whole POST waits for it, so it is asked for at once and within a bound; what comes later is there the next time, and
what does not come loses nothing.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.connectors.instagram.client import Client
from gateway.connectors.instagram.envelope import Event
from gateway.connectors.instagram.people import People
from gateway.connectors.instagram.values import identity, tables
from gateway.connectors.toolkit.values import Json, table
from gateway.errors import ChannelError

ASKED_SECONDS = 0.4
MESSAGE_FIELDS = "message,from,to,created_time"
_REMEMBERED = 10_000
_AT_ONCE = 50
"""A batch that Meta had kept back for long must not become a storm of calls."""
_TELLING = frozenset({"message", "message_edit", "postback", "referral"})
"""Events whose author a line would like to know."""

log = logging.getLogger(__name__)


class Lookup:
    """Completes updates of one account."""

    def __init__(self, client: Client, people: People, seconds: float = ASKED_SECONDS) -> None:
        self._client = client
        self._people = people
        self._seconds = seconds
        self._sent: dict[str, str] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def remember(self, native: str, contact: str) -> None:
        """Whose a message is that was just sent: its read mark will not say."""
        while len(self._sent) >= _REMEMBERED:
            self._sent.pop(next(iter(self._sent)))
        self._sent[native] = contact

    async def completed(self, update: dict[str, Any]) -> dict[str, Any]:
        """The same update with what it lacked, as far as it came in time. Never raises for Meta's failures."""
        entries = update.get("entry")
        if not isinstance(entries, list):
            return update
        items = [event for entry in entries for event in _events(entry)]
        users = {event.sender for event in items if _wants_a_profile(event)}
        messages = {native for event in items if (native := _wants_a_message(event)) and native not in self._sent}
        people = {user: told for user in users if (told := self._people.known(user)) is not None}
        found: dict[str, Json] = {}

        async def person(user: str) -> None:
            people[user] = await self._people.of(user)

        async def message(native: str) -> None:
            try:
                found[native] = await self._client.get(native, fields=MESSAGE_FIELDS)
            except ChannelError as error:
                log.info("a message could not be read again: %s", error)

        asked = sorted(users - people.keys())[:_AT_ONCE], sorted(messages)[:_AT_ONCE]
        await self._in_time([*map(person, asked[0]), *map(message, asked[1])])
        return {**update, "entry": [self._entry(one, people, found) for one in entries]}

    async def close(self) -> None:
        """Leaves no task behind."""
        asking = tuple(self._asking)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _in_time(self, asks: list[Any]) -> None:
        tasks = [asyncio.create_task(one, name="instagram look-up") for one in asks]
        if not tasks:
            return
        for task in tasks:
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        _, late = await asyncio.wait(tasks, timeout=self._seconds)
        if late:
            log.info("an update is stored without what was asked for: Meta is slow")

    def _entry(self, entry: object, people: Mapping[str, Json], found: Mapping[str, Json]) -> object:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("messaging"), list):
            return entry
        account = identity(entry.get("id"))
        return {**entry, "messaging": [self._item(account, one, people, found) for one in entry["messaging"]]}

    def _item(self, account: str, item: object, people: Mapping[str, Json], found: Mapping[str, Json]) -> object:
        if not isinstance(item, Mapping):
            return item
        event = Event(account, item)
        native = _wants_a_message(event)
        if native and "read" in item:
            whose = self._sent.get(native) or _reader(account, found.get(native, {}))
            return {**item, "sender": {"id": whose}} if whose else item
        if native and native in found:
            told = found[native]
            text = told.get("message")
            if isinstance(text, str) and text:
                edit = {**table(item["message_edit"]), "text": text, "created_time": told.get("created_time")}
                item = {**item, "message_edit": edit}
        told = people.get(event.sender, {}) if _wants_a_profile(event) else {}
        return {**item, "sender": {**told, "id": event.sender}} if told else item


def _events(entry: object) -> Iterator[Event]:
    if isinstance(entry, Mapping):
        account = identity(entry.get("id"))
        yield from (Event(account, one) for one in tables(entry.get("messaging")) if one)


def _wants_a_profile(event: Event) -> bool:
    is_taken_back = table(event.what.get("message")).get("is_deleted") is True
    return bool(event.sender and not event.is_own and not is_taken_back and _TELLING & event.what.keys())


def _wants_a_message(event: Event) -> str:
    """The message that has to be read again; empty: none."""
    edit = table(event.what.get("message_edit"))
    if edit and not edit.get("text"):
        return identity(edit.get("mid"))
    if "read" in event.what and event.contact is None:
        return identity(table(event.what.get("read")).get("mid"))
    return ""


def _reader(account: str, message: Json) -> str:
    """Who has read a message of ours: whom it was for."""
    receivers = [identity(one.get("id")) for one in tables(table(message.get("to")).get("data"))]
    return next((one for one in receivers if one and one != account), "")
