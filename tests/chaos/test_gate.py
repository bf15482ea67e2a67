"""The proxy of the fault run before a real Redis: what it strikes at, and what it lets through by then."""

import random
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from chaos.gate import NAMES, Gate, Point
from gateway.errors import StoreUnavailable
from gateway.streams.connection import Store
from gateway.streams.scripts import ADVANCE, NOTE, Call


@asynccontextmanager
async def gated(redis_url, keys, chance=None):
    """A gate, a store that goes through it, and how often it struck: there what a kill does is a cut."""
    gate = Gate(urlsplit(redis_url).path, chance or random.Random(1))
    await gate.open()
    store = Store(f"redis://127.0.0.1:{gate.port}", keys)
    try:
        yield gate, store
    finally:
        await store.close()
        await gate.close()


def advance(keys, number):
    call = Call(ADVANCE, [keys.cursors])
    call.add("archive", number)
    return call


async def position(store, keys):
    found = await store.ask("HGET", keys.cursors, "archive")
    return None if found is None else int(found)


@pytest.mark.parametrize(("moment", "is_written"), [("before", False), ("done", True), ("answered", True)])
async def test_a_point_is_struck_just_there(redis_url, store, keys, moment, is_written):
    await store.run(advance(keys, 1))  # the server knows the script
    async with gated(redis_url, keys) as (gate, through):
        found = []
        gate.strike = lambda: found.append("struck")
        gate.arm(Point("advance", moment))
        if moment == "answered":
            assert await through.run(advance(keys, 2), patience_ms=0) == b"done"
        else:
            with pytest.raises(StoreUnavailable):
                await through.run(advance(keys, 2), patience_ms=0)
        assert found == ["struck"]
        assert gate.hits == {f"advance.{moment}": 1}
        assert gate.struck.is_set()
        assert await position(store, keys) == (2 if is_written else 1)


async def test_a_point_is_struck_once_and_other_scripts_pass(redis_url, store, keys):
    async with gated(redis_url, keys) as (gate, through):
        gate.arm(Point("advance", "before"))
        await through.note([("SET", keys.of_name("poll:x"), "1")])
        assert not gate.struck.is_set()
        await through.run(advance(keys, 3))
        assert gate.hits == {"advance.before": 1}
        assert await position(store, keys) == 3
        assert gate.seen["note"] >= 1


async def test_a_script_that_the_server_does_not_know_is_not_done_yet(redis_url, keys):
    async with gated(redis_url, keys) as (gate, through):
        await through.redis.execute_command("SCRIPT", "FLUSH")
        gate.arm(Point("advance", "done"))
        with pytest.raises(StoreUnavailable):
            await through.run(advance(keys, 4), patience_ms=0)
        assert gate.struck.is_set()
        assert await position(through, keys) == 4


async def test_a_marked_point_looks_into_the_command(redis_url, keys):
    async with gated(redis_url, keys) as (gate, through):
        gate.arm(Point("note", "before", marker=b"poison", spared=b"spared"))
        await through.note([("SET", keys.of_name("poll:x"), "honey")])
        await through.note([("SET", keys.of_name("poll:x"), "poison, spared")])
        assert not gate.struck.is_set()
        call = Call(NOTE)
        call.add_commands([("SET", keys.of_name("poll:x"), "poison")])
        with pytest.raises(StoreUnavailable):
            await through.run(call, patience_ms=0)
        assert gate.struck.is_set()


async def test_a_lost_reply_ends_the_connection_and_the_work_is_done(redis_url, store, keys):
    async with gated(redis_url, keys) as (gate, through):
        await through.ask("PING")
        gate.drop_share = 1.0
        with pytest.raises(StoreUnavailable):
            await through.run(advance(keys, 5), patience_ms=0)
        assert gate.dropped >= 1
        gate.drop_share = 0.0
        await through.run(advance(keys, 6))
        assert await position(store, keys) == 6


async def test_one_reply_of_a_hundred_is_lost(redis_url, keys):
    async with gated(redis_url, keys, random.Random(5)) as (gate, through):
        gate.drop_share = 0.01
        lost = 0
        for _ in range(2000):
            try:
                await through.ask("PING")
            except StoreUnavailable:
                lost += 1
        assert 5 <= lost <= 60
        assert gate.dropped >= lost


async def test_the_token_of_a_lease_is_known(redis_url, keys):
    from gateway.streams.lease import Lease  # noqa: PLC0415

    async with gated(redis_url, keys) as (gate, through), await Lease.take(through, "owner") as lease:
        assert gate.leases == {lease.key.encode(): lease.token.encode()}


def test_every_script_has_a_name():
    assert set(NAMES.values()) >= {"receive", "commit", "settle", "begin", "careful", "lease", "trim", "append", "hint"}
