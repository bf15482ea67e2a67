"""What stands still is noted once, told to the admins even after it goes on, and forgotten when it has gone on."""

import asyncio

import pytest

from gateway import stalls as module
from gateway.errors import CommandRejected, LostLease, NewerVersion, StoreUnavailable
from gateway.model.codec import decode
from gateway.model.commands import Entry
from gateway.monitor import HOUR_MS, Monitor
from gateway.stalls import Stalls

REFUSED = CommandRejected("Redis refused HSET on g:people: do this", what="HSET on g:people")
NEWER = NewerVersion("an Entry of version 9: start the newer version again", what="Entry 9 > 2")


def stop(stalls, part, error):
    with pytest.raises(type(error)), stalls.watching(part):
        raise error


async def test_what_stops_a_part_is_noted_with_its_sentence_and_logged_once(caplog):
    stalls = Stalls()
    for _ in range(3):
        stop(stalls, "router", REFUSED)
    stop(stalls, "archive", NEWER)
    assert {(one.part, one.about, one.what) for one in stalls.now.values()} == {
        ("router", "rejected", "HSET on g:people"),
        ("archive", "newer", "Entry 9 > 2"),
    }
    assert caplog.text.count("router stands still: Redis refused HSET on g:people: do this") == 1


@pytest.mark.parametrize("error", [StoreUnavailable("away"), LostLease("gone"), ValueError("x")])
async def test_what_nobody_need_mend_is_none(error):
    stalls = Stalls()
    stop(stalls, "router", error)
    assert not stalls.now
    assert not stalls.untold


async def test_a_part_that_works_for_a_while_goes_on_and_one_that_fails_at_once_does_not():
    stalls = Stalls()
    stop(stalls, "router", REFUSED)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with stalls.watching("router"):
        while stalls.now:
            assert loop.time() - began < module.WELL_SECONDS + 5
            await asyncio.sleep(0.05)
    assert loop.time() - began >= module.WELL_SECONDS
    assert [one.part for one in stalls.untold] == ["router"], "the admins have not heard of it yet"


async def staff_inbox(store):
    found = await store.ask("XRANGE", store.keys.staff, "-", "+")
    return [decode(fields[b"p"], Entry).command for _, fields in found]


async def test_admins_hear_of_each_part_once_an_hour_and_after_it_goes_on_too(store, intake, tmp_path):
    stalls, now = Stalls(), [HOUR_MS]
    monitor = Monitor(store, intake, tmp_path, lambda: now[0], stalls)
    stop(stalls, "router", REFUSED)
    stalls.clear("router")
    for _ in range(3):
        await monitor.tell_stalls()
    stop(stalls, "router", REFUSED)
    await monitor.tell_stalls()
    stop(stalls, "archive", NEWER)
    await monitor.tell_stalls()
    told = await staff_inbox(store)
    assert [(one.about, one.detail, one.alarming) for one in told] == [
        ("stalled_rejected", "router: HSET on g:people", True),
        ("stalled_newer", "archive: Entry 9 > 2", True),
    ]
    now[0] += HOUR_MS
    stop(stalls, "router", CommandRejected("another", what="XADD on g:journal"))
    await monitor.tell_stalls()
    assert [one.detail for one in await staff_inbox(store)][2:] == ["router: XADD on g:journal"]


async def test_what_could_not_be_told_is_told_later(store, intake, tmp_path):
    stalls = Stalls()
    monitor = Monitor(store, intake, tmp_path, lambda: HOUR_MS, stalls)
    stop(stalls, "router", REFUSED)
    await store.note([("SET", store.keys.staff, "in the way")])
    with pytest.raises(CommandRejected):
        await monitor.tell_stalls()
    await store.note([("DEL", store.keys.staff)])
    await monitor.tell_stalls()
    assert [one.about for one in await staff_inbox(store)] == ["stalled_rejected"]
