"""An account's outbox from its sender's side: read, begin, settle, and what was begun before a crash.

An entry stays until it is settled, so a new sender reads from 0. An intent stands before every call of the vendor,
its result after it: an intent without a result is the one thing that nobody can know.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from gateway.errors import LostLease, NewerVersion, Undecodable
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry
from gateway.model.ids import AccountId, ContactId, EntryId, NativeId, SentId
from gateway.model.outgoing import Outbound
from gateway.streams.connection import Store
from gateway.streams.lease import Lease
from gateway.streams.native_ids import native_commands, natives_of, sent_of
from gateway.streams.ownership import fenced, read_streams, run_fenced
from gateway.streams.scripts import BEGIN, BURY, SETTLE, Call

__all__ = [
    "Attempt",
    "attempts",
    "begin",
    "hold",
    "holds",
    "native_commands",
    "natives_of",
    "read_outbox",
    "sent_of",
    "settle",
]

log = logging.getLogger("gateway.streams")

HOLDS_SECONDS = 24 * 3600
"""No vendor asks for a longer wait."""
Natives = tuple[ContactId, SentId, Sequence[NativeId]]
"""That something we sent is these messages in a contact's chat."""


class Attempt(Struct, frozen=True, omit_defaults=True):
    """How far one entry's sending is."""

    parts: tuple[dict[str, Any], ...] = ()
    """The vendor's requests (`Part` as plain data), rendered once."""
    begun: int = -1
    """The part whose intent is written and whose result is not known; -1: none."""
    done: tuple[tuple[NativeId, ...], ...] = ()
    """The vendor's ids of each finished part."""
    problem: str | None = None
    tries: int = 0
    first: int | None = None
    """When it was first tried in vain, in milliseconds since the epoch."""


async def read_outbox(
    store: Store, account: AccountId, after: EntryId, count: int, block_ms: int
) -> list[tuple[EntryId, Outbound]]:
    """Unfinished work behind `after`, in order; waits up to `block_ms`. What cannot be read becomes a dead letter.

    Raises:
        NewerVersion: a newer gateway wrote the first of it; what stands before such a one is answered first.
        StoreUnavailable.
    """
    found = await read_streams(store, {store.keys.outbox(account): after}, count, block_ms)
    readable = []
    for _, entry, payload in found:
        try:
            readable.append((entry, decode(payload, Outbound)))
        except NewerVersion:
            if readable:
                break
            raise
        except Undecodable as error:
            await _bury(store, account, entry, str(error))
    return readable


async def attempts(store: Store, account: AccountId) -> dict[EntryId, Attempt]:
    """What was begun and is not settled. Raises StoreUnavailable."""
    found: Mapping[bytes, bytes] = await store.ask("HGETALL", store.keys.attempts(account))
    return {EntryId(entry.decode()): decode(attempt, Attempt) for entry, attempt in found.items()}


async def begin(store: Store, lease: Lease, account: AccountId, entry: EntryId, attempt: Attempt) -> None:
    """Writes how far the sending is; the vendor may be called only after it.

    Raises:
        LostLease: the sender is somebody else, or the entry is settled already. StoreUnavailable.
    """
    call = fenced(BEGIN, lease, store.keys.outbox(account), store.keys.attempts(account))
    call.add(entry, encode(attempt))
    if await run_fenced(store, lease, call) == "gone":
        raise LostLease(f"entry {entry} of the outbox of {account} is settled already, by somebody else")


async def settle(
    store: Store,
    lease: Lease,
    account: AccountId,
    entry: EntryId,
    *,
    result: Entry | None = None,
    inbox: str | None = None,
    natives: Sequence[Natives] = (),
    now_ms: int,
) -> Literal["done", "already"]:
    """Ends an entry: result into `inbox`, native map, attempt and entry away, in one step.

    Repeats itself after a lost reply; an entry that is settled stays as it is and answers "already".

    Raises:
        LostLease: the sender is somebody else; nothing was done. StoreUnavailable.
    """
    keys = store.keys
    call = fenced(SETTLE, lease, keys.outbox(account), keys.attempts(account))
    call.add(entry)
    if result is not None and inbox is not None:
        call.add_commands([("XADD", inbox, "*", "p", encode(result))])
    for contact, sent, ids in natives:
        call.add_commands(native_commands(keys, account, contact, sent, ids, now_ms))
    return "done" if await run_fenced(store, lease, call) == "done" else "already"


async def hold(store: Store, account: AccountId, contact: ContactId | None, until_ms: int) -> None:
    """Remembers that the vendor wants nothing for this contact (None: at all) before `until_ms`."""
    key = store.keys.holds(account)
    await store.note(
        [
            ("ZADD", key, "GT", until_ms, contact or ""),
            ("ZREMRANGEBYSCORE", key, "-inf", until_ms - HOLDS_SECONDS * 1000),
            ("EXPIRE", key, HOLDS_SECONDS),
        ]
    )


async def holds(store: Store, account: AccountId) -> dict[ContactId | None, int]:
    """Until when each contact (None: the whole account) is held; moments may have passed."""
    found = await store.ask("ZRANGE", store.keys.holds(account), 0, -1, "WITHSCORES")
    return {ContactId(contact.decode()) if contact else None: int(until) for contact, until in found}


async def _bury(store: Store, account: AccountId, entry: EntryId, reason: str) -> None:
    outbox = store.keys.outbox(account)
    call = Call(BURY, [outbox, store.keys.dead, store.keys.attempts(account)])
    call.add(entry, store.keys.name_of(outbox), reason)
    await store.run(call)
    log.error("entry %s of the outbox of %s went to the dead letters: %s", entry, account, reason)
