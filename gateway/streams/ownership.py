"""The owner's side of the streams: leases, reading inboxes from committed positions, and the fenced commit.

Inboxes have no consumer groups: a position moves only inside the commit that did the work, so a batch is handled
exactly once whatever dies in between. Nothing here decides anything.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from gateway.errors import CommandRejected, LostLease, StoreUnavailable
from gateway.model.ids import EntryId, entry_after
from gateway.streams.connection import Store
from gateway.streams.lag import Lag, lag
from gateway.streams.lease import Lease
from gateway.streams.scripts import CAREFUL, COMMIT, RESUME, SPARE, TRIM, Call, RedisCommand, Script

__all__ = [
    "CursorMoved",
    "Lag",
    "Lease",
    "begin_careful",
    "commit",
    "lag",
    "read_cursors",
    "read_inboxes",
    "resume",
    "spare",
    "trim",
]

OWNER = "owner"
"""The lease of whoever decides."""
JOURNAL_READERS = ("archive", "notifier")
"""Whom the journal is kept for; others tail it."""
SPARE_PAUSE = 0.2
"""Seconds between two looks for a Redis that is away."""
Cursor = tuple[str, str, str]
"""Field of the hash `cursors`, what it must be now, what it becomes."""


class CursorMoved(LostLease):
    """Somebody committed past the position we read from: what was decided stands on old state."""


async def commit(
    store: Store, lease: Lease, cursors: Sequence[Cursor], commands: Sequence[RedisCommand]
) -> Literal["done", "already"]:
    """Runs the commands and moves the cursors, all or nothing; repeats itself after a lost reply.

    A cursor that was never set counts as `0-0`, which may be written `0` or left empty. What Redis would refuse is
    found before anything is written: rights and keys' types by the script, a number that the journal has passed
    because its entries go first.

    Raises:
        LostLease: the lease is not ours; nothing was done.
        CursorMoved: a cursor is neither where it was expected nor where it should go; nothing was done.
        StoreUnavailable: Redis is away; whether it was done shows when the cursors are read again.
        CommandRejected: Redis refuses one of the commands; nothing was done.
    """
    if all(expected == new for _, expected, new in cursors):
        raise ValueError("a commit that moves no cursor could not be told from its repeat")
    call = Call(COMMIT, [lease.key, store.keys.cursors, store.keys.attempts_owner])
    call.add(lease.token, int(lease.name == OWNER), len(cursors), *(word for cursor in cursors for word in cursor))
    call.add_commands(sorted(commands, key=lambda one: not _is_numbered(one)))
    outcome = await run_fenced(store, lease, call)
    if outcome == "moved":
        lease.mark_lost()
        raise CursorMoved(f"somebody else has committed for {lease.name}; it was at {', '.join(c[0] for c in cursors)}")
    return "done" if outcome == "done" else "already"


def _is_numbered(command: RedisCommand) -> bool:
    """Whether it adds an entry under a number of ours: the one thing that is refused for what the stream holds."""
    return command[0] == "XADD" and "*" not in command[2:-2]


async def run_fenced(store: Store, lease: Lease, call: Call) -> str:
    """Runs a script whose first key and argument are the lease and its token; answers its word.

    Raises:
        LostLease: the lease is not ours.
        StoreUnavailable: Redis is away.
    """
    lease.check()
    answer: bytes = await store.run(call)
    if answer == b"lost":
        lease.mark_lost()
        lease.check()
    return answer.decode()


def fenced(script: Script, lease: Lease, *keys: str) -> Call:
    """A call that `run_fenced` takes."""
    call = Call(script, [lease.key, *keys])
    call.add(lease.token)
    return call


async def read_cursors(store: Store) -> dict[str, str]:
    """How far every reader is; one that never committed is missing."""
    found: Mapping[bytes, bytes] = await store.ask("HGETALL", store.keys.cursors)
    return {field.decode(): value.decode() for field, value in found.items()}


async def read_inboxes(
    store: Store, positions: Mapping[str, str], count: int, block_ms: int
) -> list[tuple[str, EntryId, bytes]]:
    """Entries behind these positions (stream key -> entry id), up to `count` of each stream, in its order.

    Waits up to `block_ms` for the first. Raises StoreUnavailable.
    """
    return await read_streams(store, positions, count, block_ms)


async def read_streams(
    store: Store, positions: Mapping[str, str], count: int, block_ms: int
) -> list[tuple[str, EntryId, bytes]]:
    """The same of any streams; an entry of a stranger's without a payload reads as empty."""
    answer: Any = await store.ask_and_wait(
        block_ms, ("XREAD", "COUNT", count), ("STREAMS", *positions.keys(), *positions.values())
    )
    return [
        (key.decode(), EntryId(entry.decode()), fields.get(b"p", b""))
        for key, entries in (answer or {}).items()
        for entry, fields in entries
    ]


async def resume(store: Store, lease: Lease) -> bool:
    """Whether what the last owner left may be handled at once: nobody died of it so far. The next commit forgets it.

    Raises:
        LostLease, StoreUnavailable.
    """
    call = fenced(RESUME, lease, store.keys.attempts_owner)
    call.add(secrets.token_hex(4))
    return await run_fenced(store, lease, call) == "at once"


async def begin_careful(store: Store, lease: Lease, inbox_key: str, entry: EntryId) -> int:
    """Notes that this entry is about to be handled by itself; answers how often it was. Its commit forgets it.

    Raises:
        LostLease, StoreUnavailable.
    """
    call = fenced(CAREFUL, lease, store.keys.attempts_owner)
    call.add(store.keys.name_of(inbox_key), entry, secrets.token_hex(4))
    return int(await run_fenced(store, lease, call))


async def spare(store: Store, inbox_key: str, entry: EntryId) -> None:
    """Takes one count of `begin_careful` back: the entry did not take its owner down. Waits until Redis is there.

    Raises:
        CommandRejected: it is there, and refuses this; do it later.
    """
    call = Call(SPARE, [store.keys.attempts_owner])
    call.add(store.keys.name_of(inbox_key), entry, secrets.token_hex(4))
    while True:
        try:
            await store.run(call)
        except CommandRejected:
            raise
        except StoreUnavailable:
            await asyncio.sleep(SPARE_PAUSE)
        else:
            return


async def trim(store: Store, lease: Lease, key: str, min_id: str) -> None:
    """Drops a stream's entries before `min_id`, and never one that its readers have not passed.

    Raises:
        LostLease, StoreUnavailable.
    """
    name = store.keys.name_of(key)
    fields = JOURNAL_READERS if key == store.keys.journal else (name,)
    passed = [value.decode() if value else "0-0" for value in await store.ask("HMGET", store.keys.cursors, *fields)]
    # Positions only grow, so what was passed when they were read is passed now.
    keep = min_id
    for position in passed:
        if entry_after(EntryId(keep), EntryId(position)):
            keep = position
    call = fenced(TRIM, lease, key)
    call.add(keep)
    await run_fenced(store, lease, call)
