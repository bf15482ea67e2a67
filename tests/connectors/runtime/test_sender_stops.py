"""What Redis refuses, and what a newer gateway wrote, stops an account's sender: said, and nothing buried."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.model.codec import VERSION, encode
from gateway.model.outgoing import DeliveryStatus
from gateway.stalls import Stalls
from gateway.streams import dead, outbox

Account = RedisServer = Told = Any
"""conftest's; test modules cannot import it."""
NEWER = [
    b"%d:{}" % (VERSION + 1),
    b'1:{"contact":"ann","job":{"type":"pin","sent":"7.1"}}',
    b'1:{"contact":"ann","job":{"type":"delete","sent":"7.1"},"urgency":9}',
]
RIGHTS = ["hset", "xdel", "hdel", "xadd", "xread", "hgetall", "zrange", "evalsha", "get", "xrange"]
AT_THE_START = ("hgetall", "zrange")
"""Needed only when a sender takes its work up."""


@pytest.mark.parametrize("payload", NEWER, ids=["a version", "a tag", "a value"])
async def test_the_sender_stops_at_what_a_newer_gateway_wrote_and_sends_all_before_it(
    account: Account, told: Told, payload: bytes
) -> None:
    stalls = Stalls()
    await account.put(told.say("ann", "one"), told.say("ben", "two"))
    newer = await account.store.redis.xadd(account.keys.outbox(told.ACCOUNT), {"p": payload})
    await account.put(told.say("ann", "three"), told.say("ben", "four"))
    account.start(stalls=stalls)
    await told.until(lambda: [one.about for one in stalls.now.values()], is_=["newer"])
    assert sorted(account.vendor.texts()) == ["one", "two"]
    assert [one.part for one in stalls.now.values()] == [f"sender:{told.ACCOUNT}"]
    assert await account.left() == 3
    assert await dead.list_dead(account.store) == []
    # The newer gateway's sender does it.
    await account.store.redis.xdel(account.keys.outbox(told.ACCOUNT), newer)
    await account.settled()
    assert sorted(account.vendor.texts()) == ["four", "one", "three", "two"]
    await told.until(lambda: not stalls.now, is_=True)
    assert await dead.list_dead(account.store) == []


async def test_the_sender_stops_at_an_attempt_that_a_newer_gateway_began(account: Account, told: Told) -> None:
    stalls = Stalls()
    [entry] = await account.put(told.say("ann", "one"))
    attempts = account.keys.attempts(told.ACCOUNT)
    await account.store.redis.hset(attempts, entry, NEWER[0])
    account.start(stalls=stalls)
    await told.until(lambda: [one.about for one in stalls.now.values()], is_=["newer"])
    assert account.vendor.texts() == []
    assert await account.left() == 1
    await account.store.redis.hset(attempts, entry, encode(outbox.Attempt()))
    await account.settled()
    assert account.vendor.texts() == ["one"]


@pytest.mark.parametrize("right", RIGHTS)
async def test_a_right_that_is_missing_stops_the_sender_and_every_word_goes_once(
    own_redis: RedisServer, account_on: Callable[[RedisServer], Account], told: Told, right: str
) -> None:
    account, stalls = account_on(own_redis), Stalls()
    account.start(stalls=stalls)
    await account.put(told.say("ann", "zero"))
    await account.settled()
    # The words first: whoever may not read or write streams could not be given them.
    key = account.keys.outbox(told.ACCOUNT)
    rest = [told.say(who, f"{who} {number}") for number in range(5) for who in ("ann", "ben")]
    async with account.store.redis.pipeline(transaction=True) as together:
        for one in rest:
            together.xadd(key, {"p": encode(one)})
        together.execute_command("ACL", "SETUSER", "default", f"-{right}")
        await together.execute()
    if right in AT_THE_START:
        await account.stop()
        account.start(stalls=stalls)
    await told.until(lambda: [one.about for one in stalls.now.values()][:1], is_=["rejected"])
    assert all("has no right to it" in one.sentence for one in stalls.now.values())
    await account.store.ask("ACL", "SETUSER", "default", "+@all")
    await account.settled()
    assert sorted(account.vendor.texts()) == sorted(["zero", *(one.job.message.text for one in rest)])
    assert [one.status for one in await account.results()] == [DeliveryStatus.SENT] * 11
    assert await dead.list_dead(account.store) == []
    await told.until(lambda: not stalls.now, is_=True)


@pytest.mark.parametrize("name", ["outbox", "attempts", "holds", "inbox"])
async def test_a_key_of_another_type_stops_the_sender_and_every_word_goes_once(
    account: Account, told: Told, name: str
) -> None:
    keys, stalls = account.keys, Stalls()
    key = {
        "outbox": keys.outbox(told.ACCOUNT),
        "attempts": keys.attempts(told.ACCOUNT),
        "holds": keys.holds(told.ACCOUNT),
        "inbox": account.inbox,
    }[name]
    await account.put(told.say("ann", "one"), told.say("ben", "two"))
    await account.store.redis.eval(
        "redis.pcall('RENAME', KEYS[1], KEYS[1] .. ':aside') redis.call('SET', KEYS[1], 'x')", 1, key
    )
    account.start(stalls=stalls)
    await told.until(lambda: [one.about for one in stalls.now.values()][:1], is_=["rejected"])
    assert all("another type stands under that key" in one.sentence for one in stalls.now.values())
    await account.store.redis.eval(
        "redis.call('DEL', KEYS[1]) redis.pcall('RENAME', KEYS[1] .. ':aside', KEYS[1])", 1, key
    )
    await account.settled()
    assert sorted(account.vendor.texts()) == ["one", "two"]
    assert [one.status for one in await account.results()] == [DeliveryStatus.SENT] * 2
    assert await dead.list_dead(account.store) == []
