import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.errors import LostLease
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from gateway.streams.lease import Lease
from gateway.streams.ownership import commit

Take = Callable[..., Awaitable[Lease]]
Wire = Any
"""conftest's; test modules cannot import it."""


async def ends(lease: Lease) -> None:
    """Waits until the lease knows that it is lost."""
    async with asyncio.timeout(5):
        await lease.lost.wait()


async def test_only_one_has_it_and_the_next_one_after_the_release(store: Store, take: Take) -> None:
    lease = await take("owner")
    assert lease.alive
    assert await Lease.take(store, "owner") is None
    await lease.release()
    assert lease.lost.is_set()
    async with await take("owner") as other:
        assert other.alive
        assert other.token != lease.token
    assert await store.ask("EXISTS", other.key) == 0


async def test_it_is_kept_much_longer_than_it_lasts(store: Store, take: Take) -> None:
    lease = await take("owner", ttl_ms=900)
    ends_at = time.monotonic() + 2.5
    while time.monotonic() < ends_at:
        assert lease.alive
        assert await Lease.take(store, "owner") is None
        await asyncio.sleep(0.02)


async def test_taken_again_after_a_lost_reply_it_is_ours(wired: Store, wire: Wire) -> None:
    async with await Lease.take(wired, "other"):  # type: ignore[union-attr]
        wire.losing = b"EVALSHA"
        lease = await Lease.take(wired, "owner")
        assert wire.lost == 1
        assert lease is not None
        await lease.release()


async def test_the_holder_stops_by_its_own_clock_though_redis_still_has_its_token(store: Store, keys: Keys) -> None:
    now = [100.0]
    lease = await Lease.take(store, "owner", 10_000, monotonic=lambda: now[0])
    assert lease is not None
    now[0] += 8.9
    lease.check()
    now[0] += 0.2
    assert not lease.alive
    with pytest.raises(LostLease):
        await commit(store, lease, [("inbox:sales", "0", "1-0")], [])
    assert await store.ask("GET", lease.key) == lease.token.encode()
    assert await store.ask("EXISTS", keys.cursors) == 0
    await lease.release()


async def test_the_deadline_counts_from_before_the_question(wired: Store, wire: Wire) -> None:
    """An answer that took two seconds leaves two seconds less."""
    now, asked = [0.0], asyncio.Event()

    def monotonic() -> float:
        asked.set()
        return now[0]

    wire.flowing.clear()
    taking = asyncio.create_task(Lease.take(wired, "owner", 3000, monotonic=monotonic))
    await asked.wait()
    now[0] = 2.0
    wire.flowing.set()
    lease = await taking
    assert lease is not None
    lease.check()
    now[0] = 2.8
    assert not lease.alive
    await lease.release()


async def test_it_is_lost_while_redis_is_away_and_the_holder_is_told(wired: Store, wire: Wire) -> None:
    lease = await Lease.take(wired, "owner", 300)
    assert lease is not None
    started = time.monotonic()
    await wire.close()
    await ends(lease)
    assert time.monotonic() - started < 5
    with pytest.raises(LostLease, match="owner"):
        lease.check()
    await lease.release()


async def test_it_outlives_an_absence_of_redis_shorter_than_its_time(wired: Store, wire: Wire, store: Store) -> None:
    lease = await Lease.take(wired, "owner", 3000)
    assert lease is not None
    port = wire.port
    await wire.close()
    await asyncio.sleep(1.0)
    assert lease.alive
    await wire.open(port)
    await asyncio.sleep(2.5)
    assert lease.alive
    assert await Lease.take(store, "owner") is None
    await lease.release()


async def test_who_holds_the_servers_folder_takes_it_at_once_and_the_old_holder_hears_of_it(
    store: Store, take: Take
) -> None:
    old = await take("owner", ttl_ms=300)
    new = await take("owner", force=True)
    assert new.alive
    await ends(old)
    assert await store.ask("GET", new.key) == new.token.encode()


async def test_a_stale_holder_cannot_release_or_renew_what_another_one_has(store: Store, take: Take) -> None:
    old = await take("owner", ttl_ms=300)
    new = await take("owner", force=True)
    await old.release()
    assert await store.ask("GET", new.key) == new.token.encode()
    assert await store.ask("PTTL", new.key) > 5000


async def test_a_lease_of_a_dead_holder_runs_out(store: Store, take: Take) -> None:
    dead = await take("owner", ttl_ms=200)
    assert dead._keeper is not None
    dead._keeper.cancel()
    async with asyncio.timeout(5):
        while (lease := await Lease.take(store, "owner")) is None:
            await asyncio.sleep(0.02)
    assert not dead.alive
    await lease.release()


async def test_releasing_where_redis_is_away_is_no_error(wired: Store, wire: Wire) -> None:
    lease = await Lease.take(wired, "owner")
    assert lease is not None
    await wire.close()
    await lease.release()
    assert lease.lost.is_set()
