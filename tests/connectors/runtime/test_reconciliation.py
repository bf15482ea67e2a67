"""Sends whose answer was lost, in a channel whose chats can be read back: each arrives once, and its operator knows."""

from typing import Any

from gateway.errors import Refused, TryLater
from gateway.model.ids import ContactId, SentId
from gateway.model.outgoing import DeliveryStatus
from gateway.streams import outbox

Account = Told = Any
"""conftest's; test modules cannot import it."""


async def ended(account: Account) -> list[tuple[str, tuple[str, ...]]]:
    await account.settled()
    return [(one.status.value, one.natives) for one in await account.results()]


async def test_what_arrived_is_not_sent_again_and_is_known(account: Account, told: Told) -> None:
    account.start(kind=told.Reconciling)
    account.vendor.faults["ann"].append("lost")
    await account.put(told.say("ann", "hello", number=1))
    assert await ended(account) == [("sent", ("n1",))]
    assert account.vendor.texts() == ["hello"]
    assert await outbox.natives_of(account.store, told.ACCOUNT, ContactId("ann"), SentId("7.1")) == ("n1",)


async def test_what_has_not_arrived_is_sent_again(account: Account, told: Told) -> None:
    runtime = account.start(kind=told.Reconciling)
    account.vendor.faults["ann"].extend([None, "swallowed"])
    await account.put(told.say("ann", "one\ntwo"))
    assert await ended(account) == [("sent", ("n1", "n2"))]
    assert account.vendor.texts() == ["one", "two"]
    assert runtime.context.counts["ambiguous"] == 1


async def test_the_same_words_of_before_are_not_taken_for_it(account: Account, told: Told) -> None:
    account.start(kind=told.Reconciling)
    account.vendor.faults["ann"].extend([None, "swallowed"])
    await account.put(told.say("ann", "yes", number=1), told.say("ann", "yes", number=2))
    assert await ended(account) == [("sent", ("n1",)), ("sent", ("n2",))]
    account.vendor.faults["ann"].extend([None, "swallowed"])
    await account.put(told.say("ann", "no\nno", number=3))
    assert (await ended(account))[-1] == ("sent", ("n3", "n4"))


async def test_a_chat_that_cannot_be_read_yet_is_read_later(account: Account, told: Told) -> None:
    account.start(kind=told.Reconciling)
    account.vendor.faults["ann"].append("lost")
    account.vendor.read_faults.append(TryLater("the vendor is down", after=0))
    await account.put(told.say("ann", "hello"))
    assert await ended(account) == [("sent", ("n1",))]
    assert account.vendor.texts() == ["hello"]


async def test_what_cannot_be_found_out_is_unknown(account: Account, told: Told) -> None:
    account.start(kind=told.Reconciling)
    account.vendor.faults["ann"].extend(["lost", "lost"])
    account.vendor.read_faults.extend([Refused("no such chat"), KeyError("a connector's own fault")])
    await account.put(told.say("ann", "hello"), told.say("ann", "again"))
    assert await ended(account) == [("unknown", ()), ("unknown", ())]
    assert account.vendor.texts() == ["hello", "again"]


async def test_a_vendor_that_swallows_everything_is_not_asked_for_ever(account: Account, told: Told) -> None:
    # A chance beyond its range makes the growing pauses short.
    account.start(kind=told.Reconciling, chance=lambda: 1.99)
    account.vendor.faults["ann"].extend(["swallowed"] * 50)
    await account.put(told.say("ann", "hello"))
    assert await ended(account) == [("unknown", ())]
    assert len(account.vendor.calls) == 5


async def test_after_a_crash_it_is_found_out_as_well(account: Account, told: Told) -> None:
    account.start(kind=told.Reconciling, pace={"grace_seconds": 0.0})
    account.vendor.faults["ann"].append("hang")
    await account.put(told.say("ann", "hello"))
    await told.until(lambda: account.vendor.in_flight, is_=1)
    await account.stop()
    account.start(kind=told.Reconciling)
    await account.settled()
    (result,) = await account.results()
    assert result.status is DeliveryStatus.SENT
    assert account.vendor.texts() == ["hello"]
