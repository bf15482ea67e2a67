"""Dead letters: entries that nobody can handle, kept with where they stood and why, until a person decides.

They are never trimmed. A replay goes back to its stream by hand, says that it is late, and passes the dedupe.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.codec import decode, encode
from gateway.model.commands import Entry
from gateway.model.ids import EntryId, moment_of
from gateway.streams.connection import Store
from gateway.streams.ownership import Cursor, Lease, commit
from gateway.streams.scripts import REPLAY, Call


class DeadLetter(Struct, frozen=True):
    """One dead letter; `inbox` is the name of the stream it stood in, `at` when it came here."""

    id: EntryId
    inbox: str
    entry: EntryId
    payload: bytes
    reason: str
    at: int


async def put_dead(  # noqa: PLR0917 - one letter's parts, in the order of its life
    store: Store,
    lease: Lease,
    inbox_key: str,
    entry: EntryId,
    payload: bytes,
    reason: str,
    cursors: Sequence[Cursor],
) -> None:
    """Moves one entry to the dead letters, and the cursor over it.

    Raises:
        LostLease, StoreUnavailable: as commit does.
    """
    name = store.keys.name_of(inbox_key)
    letter = ("XADD", store.keys.dead, "*", "p", payload, "from", name, "entry", entry, "reason", reason)
    await commit(store, lease, cursors, [letter])


async def list_dead(store: Store, limit: int = 100) -> list[DeadLetter]:
    """The oldest dead letters. Raises StoreUnavailable."""
    return [
        _dead_letter(entry, fields)
        for entry, fields in await store.ask("XRANGE", store.keys.dead, "-", "+", "COUNT", limit)
    ]


async def count_dead(store: Store) -> int:
    """How many dead letters there are. Raises StoreUnavailable."""
    return int(await store.ask("XLEN", store.keys.dead))


async def find_dead(store: Store, letter: EntryId) -> DeadLetter | None:
    """The letter, or None where there is none of that id. Raises StoreUnavailable."""
    found = await store.ask("XRANGE", store.keys.dead, letter, letter)
    return _dead_letter(*found[0]) if found else None


async def replay_dead(store: Store, letter: EntryId) -> EntryId | None:
    """Puts a dead letter back at the end of its stream; answers its new id, None where there is no such letter.

    Raises:
        Undecodable, NewerVersion: it still cannot be read; it stays where it is. StoreUnavailable.
    """
    dead = await find_dead(store, letter)
    if dead is None:
        return None
    payload = dead.payload
    if dead.inbox.startswith("inbox:"):
        payload = encode(replace(decode(dead.payload, Entry), late=True))
    call = Call(REPLAY, [store.keys.dead, store.keys.of_name(dead.inbox)])
    call.add(letter, payload)
    # Not repeated: a repeat after a lost reply would say that there is no such letter.
    entry = await store.run(call, patience_ms=0)
    return EntryId(entry.decode()) if entry else None


def _dead_letter(entry: bytes, fields: dict[bytes, bytes]) -> DeadLetter:
    """A stranger's entry may have other fields; it is listed all the same."""
    identity = EntryId(entry.decode())
    return DeadLetter(
        id=identity,
        inbox=fields.get(b"from", b"").decode(errors="replace"),
        entry=EntryId(fields.get(b"entry", b"").decode(errors="replace")),
        payload=fields.get(b"p", b""),
        reason=fields.get(b"reason", b"").decode(errors="replace"),
        at=moment_of(identity),
    )
