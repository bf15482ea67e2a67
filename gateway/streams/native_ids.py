"""The native map: which vendor ids the things we sent and received have, both ways, for some weeks.

It is written in the same step as what it tells of (a commit, a settlement). One hash per account and week, so that
old ones go by themselves; whoever asks for older things than it holds gets nothing.
"""

import time
from collections.abc import Sequence

from gateway.model.codec import dump, load
from gateway.model.ids import AccountId, ContactId, NativeId, SentId
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from gateway.streams.scripts import RedisCommand

WEEK_MS = 7 * 24 * 3600 * 1000
WEEKS = 5
"""How many hashes are looked through: four full weeks at least."""
KEEP_SECONDS = WEEKS * 7 * 24 * 3600


def native_commands(  # noqa: PLR0917 - whose, whom, what, as which, when
    keys: Keys, account: AccountId, contact: ContactId, sent: SentId, natives: Sequence[NativeId], now_ms: int
) -> list[RedisCommand]:
    """What remembers that `sent` is these messages in the contact's chat. Pure."""
    if not natives:
        return []
    key = keys.native(account, now_ms // WEEK_MS)
    pairs = [word for native in natives for word in (_forth(contact, native), sent)]
    return [
        ("HSET", key, _back(contact, sent), dump(natives), *pairs),
        ("EXPIRE", key, KEEP_SECONDS),
    ]


async def natives_of(
    store: Store, account: AccountId, contact: ContactId, sent: SentId, now_ms: int | None = None
) -> tuple[NativeId, ...]:
    """The vendor's ids of a thing we sent; empty: never sent, or too old. `now_ms` None: this machine's clock."""
    field = _back(contact, sent)
    for found in await store.ask_all([("HGET", key, field) for key in _weeks(store.keys, account, now_ms)]):
        if found is not None:
            return tuple(load(found, list[NativeId]))
    return ()


async def sent_of(
    store: Store, account: AccountId, pairs: Sequence[tuple[ContactId, NativeId]], now_ms: int | None = None
) -> dict[tuple[ContactId, NativeId], SentId]:
    """What these vendor's ids are to us; those not known are missing."""
    if not pairs:
        return {}
    fields = [_forth(*pair) for pair in pairs]
    known: dict[tuple[ContactId, NativeId], SentId] = {}
    for week in await store.ask_all([("HMGET", key, *fields) for key in _weeks(store.keys, account, now_ms)]):
        for pair, found in zip(pairs, week, strict=True):
            if found is not None:
                known.setdefault(pair, SentId(found.decode()))
    return known


def _weeks(keys: Keys, account: AccountId, now_ms: int | None) -> list[str]:
    """The hashes to look through, newest first; next week's too, for a clock that is a little ahead of ours."""
    week = (time.time_ns() // 1_000_000 if now_ms is None else now_ms) // WEEK_MS
    return [keys.native(account, week - age) for age in range(-1, WEEKS)]


def _forth(contact: ContactId, native: NativeId) -> str:
    return f"{contact}/{native}"


def _back(contact: ContactId, sent: SentId) -> str:
    return f"#{contact}/{sent}"
