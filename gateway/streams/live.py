"""Live logs: what each contact of a live channel is shown, and the word that there is news.

A log is kept and each key stands in it once; the feed and `typing` are hints, capped, for whoever tails them: a
reader that missed some is told so and must look for itself. Nothing here reads what an entry says.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from gateway.model.ids import AccountId, ContactId, EntryId
from gateway.streams.connection import Answer, Store
from gateway.streams.scripts import APPEND, BEHIND, HINT, NOTE, Call

BEGINNING = EntryId("0-0")
"""The position before the first entry of any stream."""
KEPT = 500
"""Entries of one log at most."""
KEPT_SECONDS = 90 * 24 * 3600
"""How long a log outlives its last entry."""
FEED_KEPT = 1000
TYPING_KEPT = 200
HINTS_SECONDS = 24 * 3600
"""How long a feed to which nothing is added stays."""
PATIENCE_MS = 1400
"""Somebody looks at the page that waits for it."""
_POSITION = re.compile(r"([0-9]{1,20})-([0-9]{1,20})")
_ID_LIMIT = 1 << 64


class Piece(Struct, frozen=True):
    """A piece of a live log: ids and payloads, oldest first."""

    entries: Sequence[tuple[EntryId, bytes]]
    torn: bool
    """The log does not reach back to the position asked for: these are its newest entries."""
    more: bool


class FeedEntry(Struct, frozen=True):
    """A contact's log has news or, with `hint`, something is told that is not kept."""

    contact: ContactId
    hint: bytes | None = None


class FeedBatch(Struct, frozen=True):
    """What came through a feed up to `position`; `gap`: there was more before it, which is lost."""

    position: EntryId
    entries: Sequence[FeedEntry] = ()
    gap: bool = False


class Typing(Struct, frozen=True):
    """A contact was typing at the moment in `id`, its position in the stream."""

    id: EntryId
    account: AccountId
    contact: ContactId


async def append(
    store: Store, account: AccountId, contact: ContactId, key: str, payload: bytes, *, kept: int = KEPT
) -> tuple[EntryId, bytes]:
    """Adds an entry, or answers the one that this key has already. A full memory does not stop it: replies drain.

    Raises:
        StoreUnavailable: it is not known to be kept; adding it again is safe.
    """
    keys = store.keys
    call = Call(APPEND, [keys.live(account, contact), keys.live_keys(account, contact), keys.feed(account)])
    call.add(key, payload, contact, kept, KEPT_SECONDS, FEED_KEPT, HINTS_SECONDS)
    entry, found = await store.run(call, patience_ms=PATIENCE_MS)
    return EntryId(entry.decode()), found


async def after(store: Store, account: AccountId, contact: ContactId, position: str | None, limit: int) -> Piece:
    """The entries behind a position, `limit` at most; None: the newest. Whatever is no position of it is torn.

    Raises:
        StoreUnavailable.
    """
    is_strange = position is not None and not _is_position(position)
    call = Call(BEHIND, [store.keys.live(account, contact), store.keys.live_keys(account, contact)])
    call.add("" if position is None or is_strange else position, limit)
    torn, more, *rest = await store.run(call, patience_ms=PATIENCE_MS)
    entries = [(EntryId(entry.decode()), payload) for entry, payload in zip(rest[::2], rest[1::2], strict=True)]
    return Piece(entries, torn=bool(torn) or is_strange, more=bool(more))


async def hint(store: Store, account: AccountId, contact: ContactId, payload: bytes) -> None:
    """Tells whoever tails the feed now. Raises StoreUnavailable."""
    call = Call(HINT, [store.keys.feed(account)])
    call.add(contact, payload, FEED_KEPT, HINTS_SECONDS)
    await store.run(call, patience_ms=PATIENCE_MS)


async def feed_end(store: Store, account: AccountId) -> EntryId:
    """The position from which on a feed is news. Raises StoreUnavailable."""
    return await _end(store, store.keys.feed(account))


async def read_feed(store: Store, account: AccountId, position: EntryId, count: int, block_ms: int) -> FeedBatch:
    """What the feed has behind `position`; waits up to `block_ms` for it. Raises StoreUnavailable."""
    found = await _tail(store, store.keys.feed(account), position, count, block_ms)
    if not found:
        return FeedBatch(position)
    words = [FeedEntry(ContactId(fields[b"c"].decode()), fields.get(b"p")) for _, fields in found]
    return FeedBatch(found[-1][0], words, gap=found[0][1][b"b"] != position.encode())


async def publish_typing(store: Store, account: AccountId, contacts: Iterable[ContactId]) -> None:
    """Tells the desk who is typing: once, for a hint that is late is none. Raises StoreUnavailable."""
    key = store.keys.typing
    call = Call(NOTE)
    call.add_commands(
        [
            *(("XADD", key, "MAXLEN", "~", TYPING_KEPT, "*", "a", account, "c", contact) for contact in contacts),
            ("EXPIRE", key, HINTS_SECONDS),
        ]
    )
    await store.run(call, patience_ms=0)


async def typing_end(store: Store) -> EntryId:
    """The position from which on typing is news. Raises StoreUnavailable."""
    return await _end(store, store.keys.typing)


async def read_typing(store: Store, position: EntryId, count: int, block_ms: int) -> list[Typing]:
    """Who typed behind `position`; waits up to `block_ms` for somebody. Raises StoreUnavailable."""
    found = await _tail(store, store.keys.typing, position, count, block_ms)
    return [
        Typing(entry, AccountId(fields[b"a"].decode()), ContactId(fields[b"c"].decode())) for entry, fields in found
    ]


async def _end(store: Store, stream: str) -> EntryId:
    found = await store.ask("XREVRANGE", stream, "+", "-", "COUNT", 1)
    return EntryId(found[0][0].decode()) if found else BEGINNING


async def _tail(
    store: Store, stream: str, position: EntryId, count: int, block_ms: int
) -> list[tuple[EntryId, Mapping[bytes, bytes]]]:
    answer: Answer = await store.ask_and_wait(block_ms, ("XREAD", "COUNT", count), ("STREAMS", stream, position))
    entries: Iterable[Any] = next(iter((answer or {}).values()), ())
    return [(EntryId(entry.decode()), fields) for entry, fields in entries]


def _is_position(claim: str) -> bool:
    found = _POSITION.fullmatch(claim)
    return found is not None and all(int(half) < _ID_LIMIT for half in found.groups())
