"""Read-only questions about what is open: rows, who waits, which dialogs are mine. Nothing here writes.

Each function raises StoreUnavailable where Redis does not answer.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from msgspec import Struct

from gateway.errors import NewerVersion, Undecodable
from gateway.model.codec import decode
from gateway.model.commands import Entry
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, OperatorId
from gateway.model.state import Contact, Dialog, Invite, Line, Operator, Templates
from gateway.streams.connection import Store

T = TypeVar("T")


class Counts(Struct, frozen=True):
    """The desk at a glance; `last_dialog` is the number given last."""

    waiting: int
    timers: int
    dead: int
    last_dialog: int


class Memory(Struct, frozen=True):
    """What the server uses and may use, in bytes; `limit` 0: no limit."""

    used: int
    limit: int


async def dialog(store: Store, identity: DialogId) -> Dialog | None:
    return (await dialogs(store, [identity])).get(identity)


async def dialogs(store: Store, identities: Sequence[DialogId]) -> dict[DialogId, Dialog]:
    """Those that there are."""
    if not identities:
        return {}
    found = await store.ask("MGET", *(store.keys.dialog(one) for one in identities))
    return {one: decode(row, Dialog) for one, row in zip(identities, found, strict=True) if row is not None}


async def contact(store: Store, account: AccountId, identity: ContactId) -> Contact | None:
    return (await contacts(store, [(account, identity)])).get((account, identity))


async def contacts(
    store: Store, identities: Sequence[tuple[AccountId, ContactId]]
) -> dict[tuple[AccountId, ContactId], Contact]:
    """Those that there are."""
    found = await store.ask_all([("HGET", store.keys.contact(*one), "row") for one in identities])
    return {one: decode(row, Contact) for one, row in zip(identities, found, strict=True) if row is not None}


async def operators(store: Store) -> dict[OperatorId, Operator]:
    """Everybody who answers or did."""
    found = await _hash(store, store.keys.people, Operator)
    return {OperatorId(one): row for one, row in found.items()}


async def lines(store: Store) -> dict[LineId, Line]:
    return {LineId(one): row for one, row in (await _hash(store, store.keys.lines, Line)).items()}


async def invite(store: Store, digest: str) -> Invite | None:
    """The invite that is still open, expired or not."""
    found = await store.ask("HGET", store.keys.invites, digest)
    return None if found is None else decode(found, Invite)


async def invites(store: Store) -> dict[str, Invite]:
    """All that are open, expired or not, by their digests."""
    return await _hash(store, store.keys.invites, Invite)


async def templates(store: Store, accounts: Sequence[AccountId]) -> dict[AccountId, Templates]:
    """What vendors have approved, of those accounts that somebody has asked for."""
    found = await store.ask("HMGET", store.keys.templates, *accounts)
    return {one: decode(row, Templates) for one, row in zip(accounts, found, strict=True) if row is not None}


async def last_number(store: Store) -> int:
    """The number of the last dialog opened; 0 before the first."""
    found = await store.ask("HGET", store.keys.desk, "number")
    return int(found) if found else 0


async def waiting(store: Store, limit: int = 50) -> list[DialogId]:
    """Dialogs nobody has claimed, who waits longest first; all of them with a `limit` below 0."""
    return _dialog_ids(await store.ask("ZRANGE", store.keys.waiting, 0, limit - 1 if limit >= 0 else -1))


async def waiting_on(store: Store, lines: Sequence[LineId], start: int, stop: int) -> list[DialogId]:
    """Those of several lines that nobody has claimed, who waits longest first: from `start` up to, not with, `stop`."""
    found = await store.ask_all(
        [("ZRANGE", store.keys.waiting_on(line), 0, stop - 1, "WITHSCORES") for line in lines] if stop > 0 else []
    )
    # As the server itself orders those of one moment, or a page might tell of one twice.
    merged = sorted((int(since), one) for line in found for one, since in line)
    return _dialog_ids([one for _, one in merged[start:stop]])


async def waiting_counts(store: Store, lines: Sequence[LineId]) -> dict[LineId, int]:
    """How many nobody has claimed, of each line."""
    found = await store.ask_all([("ZCARD", store.keys.waiting_on(line)) for line in lines])
    return dict(zip(lines, found, strict=True))


async def queue(store: Store) -> dict[DialogId, int]:
    """The queue of all lines: who stands there, and since when."""
    found = await store.ask("ZRANGE", store.keys.waiting, 0, -1, "WITHSCORES")
    return {DialogId(one.decode()): int(since) for one, since in found}


async def queues(store: Store, lines: Sequence[LineId]) -> dict[LineId, dict[DialogId, int]]:
    """Each line's queue: who stands there, and since when."""
    found = await store.ask_all([("ZRANGE", store.keys.waiting_on(line), 0, -1, "WITHSCORES") for line in lines])
    return {
        line: {DialogId(one.decode()): int(since) for one, since in rows}
        for line, rows in zip(lines, found, strict=True)
    }


async def mine(store: Store, operator: OperatorId) -> list[DialogId]:
    """The operator's open dialogs, oldest claim first."""
    return _dialog_ids(await store.ask("ZRANGE", store.keys.mine(operator), 0, -1))


async def shown(store: Store, identity: DialogId) -> set[OperatorId]:
    """Who has the dialog's card."""
    return {OperatorId(one.decode()) for one in await store.ask("SMEMBERS", store.keys.shown(identity))}


async def count_stopped(store: Store, account: AccountId, contact: ContactId) -> int:
    """How many items of a contact were stopped at intake since they were blocked last."""
    return int(await store.ask("HGET", store.keys.contact(account, contact), "stopped") or 0)


async def stopped(store: Store, account: AccountId, contact: ContactId) -> list[Entry]:
    """Those of them that are kept, newest first; what cannot be read is left out."""
    found = []
    rows = await store.ask("LRANGE", store.keys.stopped(account, contact), 0, -1)
    for row in rows:
        with suppress(NewerVersion, Undecodable):
            found.append(decode(row, Entry))
    return found


async def due_timers(store: Store, now_ms: int, limit: int) -> list[tuple[str, int]]:
    """Timers whose moment has come, earliest first, as they stand in the sorted set, with that moment."""
    key = store.keys.timers
    found = await store.ask("ZRANGE", key, "-inf", now_ms, "BYSCORE", "LIMIT", 0, limit, "WITHSCORES")
    return [(member.decode(), int(due)) for member, due in found]


async def counts(store: Store) -> Counts:
    keys = store.keys
    found = await store.ask_all(
        [("ZCARD", keys.waiting), ("ZCARD", keys.timers), ("XLEN", keys.dead), ("HGET", keys.desk, "number")]
    )
    return Counts(waiting=found[0], timers=found[1], dead=found[2], last_dialog=int(found[3] or 0))


async def memory(store: Store) -> Memory:
    found = await store.ask("INFO", "memory")
    return Memory(used=int(found.get("used_memory", 0)), limit=int(found.get("maxmemory", 0)))


async def _hash(store: Store, key: str, kind: type[T]) -> dict[str, T]:
    return {field.decode(): decode(row, kind) for field, row in (await store.ask("HGETALL", key)).items()}


def _dialog_ids(found: Sequence[bytes]) -> list[DialogId]:
    return [DialogId(one.decode()) for one in found]
