"""What a vendor does not take now: for how long it is tried, whom it holds back, and who hears of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.connectors.toolkit.rates import FloodDetector, asked_wait
from gateway.errors import LONGEST_WAIT, TryLater
from gateway.model.commands import RecordDelivery
from gateway.model.ids import ContactId, EntryId, NativeId, SentId
from gateway.model.messages import Message
from gateway.model.outgoing import (
    AnswerPress,
    DeliveryStatus,
    Outbound,
    SendDelete,
    SendEdit,
    SendReaction,
    SendReadMark,
    Urgency,
)
from gateway.streams import outbox

Account = Told = Any
"""conftest's; test modules cannot import it."""
NOW = 1_800_000_000_000
MINUTE = 60_000
LOOK = {"look_at_delays_seconds": 0.02}


class Clock:
    """The time of a test, which moves when the test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


async def passes(account: Account, told: Told, clock: Clock, ms: int) -> None:
    """Time passes; whatever comes has the sender look again at who may go."""
    clock.now += ms
    await account.put(told.say(f"nobody{clock.now}", "tick", at=clock.now, report=False))


async def delays(account: Account) -> list[RecordDelivery]:
    return [
        one
        for one in await account.results()
        if isinstance(one, RecordDelivery) and one.status is DeliveryStatus.QUEUED
    ]


async def ends(account: Account) -> list[tuple[str, DeliveryStatus, str | None]]:
    return [
        (one.message, one.status, one.problem)
        for one in await account.results()
        if isinstance(one, RecordDelivery) and one.status is not DeliveryStatus.QUEUED
    ]


def tries(account: Account, contact: str) -> int:
    return sum(said["contact"] == contact for _, said in account.vendor.calls)


async def time_passes_until(account: Account, told: Told, clock: Clock, ask: Callable[[], Any]) -> None:
    """In steps of a minute."""
    for _ in range(2000):
        found = ask()
        if await found if asyncio.iscoroutine(found) else found:
            return
        await passes(account, told, clock, MINUTE)
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come true")


async def fails_until_the_end(account: Account, told: Told, clock: Clock, entry: EntryId) -> None:
    """Lets time pass in steps of half a minute, each after a failure that is written, until the entry has an end."""
    failures = 0

    async def failed_again() -> bool:
        nonlocal failures
        found = (await outbox.attempts(account.store, told.ACCOUNT)).get(entry)
        seen, failures = failures, failures if found is None or found.problem is None else found.tries
        return failures > seen or bool(await ends(account))

    while True:
        await told.until(failed_again)
        if await ends(account):
            return
        await passes(account, told, clock, 31_000)


async def test_trouble_is_tried_for_minutes_and_the_author_hears_of_it_and_of_the_end(
    account: Account, told: Told
) -> None:
    clock = Clock()
    account.vendor.faults["ann"].extend([500] * 500)
    account.start(clock=clock, pace=LOOK)
    entry, _ = await account.put(told.say("ann", "hello", number=1, at=NOW), told.say("ann", "more", number=2, at=NOW))
    await told.until(lambda: tries(account, "ann"), is_=1)
    assert await delays(account) == []
    await passes(account, told, clock, MINUTE)
    (delay,) = await told.until(lambda: delays(account))
    assert (delay.message, delay.problem, delay.resumes_at) == ("7.1", "the vendor is down", None)
    assert delay.ends_at == NOW + 10 * MINUTE
    await fails_until_the_end(account, told, clock, entry)
    assert NOW + 10 * MINUTE <= clock.now <= NOW + 12 * MINUTE
    ((message, status, problem), *_) = await ends(account)
    assert (message, status) == ("7.1", DeliveryStatus.FAILED)
    assert problem is not None and problem.startswith("the vendor is down; given up after")
    # A back-off, not a knock each second: a day of it would be few calls too.
    assert tries(account, "ann") < 40
    assert [one.message for one in await delays(account)].count("7.1") == 1


async def test_the_end_counts_from_the_first_try_over_restarts(account: Account, told: Told) -> None:
    clock = Clock()
    account.vendor.faults["ann"].extend([500] * 500)
    account.start(clock=clock, pace=LOOK)
    (entry,) = await account.put(told.say("ann", "hello", number=1, at=NOW))

    async def first() -> int | None:
        found = (await outbox.attempts(account.store, told.ACCOUNT)).get(entry)
        return found.first if found is not None else None

    await told.until(first, is_=NOW)
    await account.stop()
    clock.now += 11 * MINUTE
    account.start(clock=clock, pace=LOOK)
    await account.settled()
    assert [(message, status) for message, status, _ in await ends(account)] == [("7.1", DeliveryStatus.FAILED)]


async def test_what_waited_while_the_gateway_was_off_is_sent_and_nobody_is_told_of_a_delay(
    account: Account, told: Told
) -> None:
    clock = Clock()
    await account.put(told.say("ann", "hello", number=1, at=NOW - 60 * MINUTE))
    account.start(clock=clock, pace=LOOK)
    await account.settled()
    await asyncio.sleep(0.1)
    assert await delays(account) == []
    assert account.vendor.texts() == ["hello"]


async def test_a_lost_answer_and_then_trouble_ends_as_unknown(account: Account, told: Told) -> None:
    clock = Clock()
    able = told.replace(told.ABLE, resend_ms=60 * MINUTE)
    account.vendor.faults["ann"].extend(["lost", *[500] * 500])
    account.start(clock=clock, able=able, pace=LOOK)
    await account.put(told.say("ann", "hello", number=1, at=NOW))
    await time_passes_until(account, told, clock, lambda: ends(account))
    assert [status for _, status, _ in await ends(account)] == [DeliveryStatus.UNKNOWN]


async def test_a_limit_of_hours_is_waited_for_and_told_at_once(account: Account, told: Told) -> None:
    clock = Clock()
    account.vendor.faults["ann"].append((429, 2 * 3600))
    account.start(clock=clock, pace=LOOK)
    await account.put(told.say("ann", "hello", number=1, at=NOW), told.say("bob", "hi", number=2, at=NOW))
    (delay,) = await told.until(lambda: delays(account))
    assert (delay.problem, delay.resumes_at, delay.ends_at) == ("too fast", NOW + 2 * 3600 * 1000, None)
    for _ in range(4):
        await passes(account, told, clock, 29 * MINUTE)
    await told.until(lambda: len(account.vendor.texts()) == 5)
    assert tries(account, "ann") == 1, "nothing goes inside the time that was asked for"
    await passes(account, told, clock, 5 * MINUTE)
    await account.settled()
    assert "hello" in account.vendor.texts("ann")
    assert sorted(status for _, status, _ in await ends(account)) == [DeliveryStatus.SENT] * 2


async def test_words_on_their_way_can_be_stopped_before_they_go(account: Account, told: Told) -> None:
    clock = Clock()
    account.vendor.faults["ann"].append((429, 3600))
    account.start(clock=clock, pace=LOOK)
    await account.put(told.say("ann", "wrong", number=1, at=NOW), told.say("ann", "right", number=2, at=NOW))
    await told.until(lambda: delays(account))
    await account.put(Outbound(ContactId("ann"), SendDelete(SentId("7.1")), at=NOW))
    await told.until(lambda: ends(account))
    assert await ends(account) == [("7.1", DeliveryStatus.FAILED, "it was taken back before it was sent")]
    await passes(account, told, clock, 61 * MINUTE)
    await account.settled()
    assert account.vendor.texts("ann") == ["right"]


async def test_a_limit_that_the_next_contact_meets_too_is_the_whole_accounts(account: Account, told: Told) -> None:
    clock = Clock()
    scripted = account.start(clock=clock, pace={**LOOK, "sends_at_once": 1}).context.connector
    send, flooded = scripted.send, True

    async def flood(contact: ContactId, part: Any) -> Any:
        if flooded:
            account.vendor.calls.append(("", {"contact": contact}))
            raise TryLater("slower", after=30, perhaps=True)
        return await send(contact, part)

    scripted.send = flood
    await account.put(*[told.say(f"c{n}", f"{n}", number=n + 1, at=NOW) for n in range(20)])
    await told.until(lambda: len(account.vendor.calls) == 2)
    await passes(account, told, clock, 20_000)
    await asyncio.sleep(0.1)
    assert len(account.vendor.calls) == 2, "two contacts were enough to know"
    flooded = False
    await passes(account, told, clock, 11_000)
    await account.settled()
    assert len(account.vendor.texts()) == 22


def test_of_two_limited_contacts_with_somebody_served_between_them_each_is_alone() -> None:
    floods = FloodDetector()
    assert not floods.spreads("ann", NOW + 1000, NOW)
    floods.over()
    assert not floods.spreads("bob", NOW + 1000, NOW)
    assert floods.spreads("cid", NOW + 1000, NOW)
    assert not floods.spreads("dan", NOW + 9000, NOW + 2000)


@pytest.mark.parametrize(
    "job",
    [SendReadMark(NativeId("n1")), SendReaction(NativeId("n1"), "👌"), AnswerPress("press")],
    ids=["read mark", "reaction", "answer to a press"],
)
async def test_what_is_only_nice_to_have_holds_no_words_back(account: Account, told: Told, job: Any) -> None:
    clock = Clock()
    account.start(clock=clock, pace=LOOK)
    account.vendor.faults["ann"].append(500)
    urgency = Urgency.WORDS if isinstance(job, AnswerPress) else Urgency.COSMETIC
    await account.put(Outbound(ContactId("ann"), job, at=NOW, urgency=urgency))
    await told.until(lambda: tries(account, "ann"), is_=1)
    await account.put(told.say("ann", "words", number=1, at=NOW))
    # No time has passed.
    await told.until(lambda: account.vendor.texts("ann"), is_=["words"])


async def test_cards_stay_while_nothing_gets_through_and_one_that_only_never_does_is_given_up(
    account: Account, told: Told
) -> None:
    clock = Clock()
    runtime = account.start(clock=clock, raw=True, pace=LOOK)
    account.vendor.faults["ann"].extend([500] * 1000)
    account.vendor.faults["*"].extend([500] * 60)
    card, next_one = (
        told.say("ann", "card", number=1, at=NOW, report=False),
        told.say("ann", "next", number=2, at=NOW, report=False),
    )
    await account.put(card, next_one)
    for _ in range(30):
        clock.now += MINUTE
        await account.put(told.say("boss", "tick", at=clock.now, report=False))
        await asyncio.sleep(0.02)
    await told.until(lambda: tries(account, "ann") > 3)
    assert runtime.context.counts["failed"] == 0, "half an hour without a word through: it is the messenger"
    account.vendor.faults["*"].clear()
    account.vendor.faults["boss"].clear()
    await time_passes_until(account, told, clock, lambda: runtime.context.counts["failed"])
    account.vendor.faults["ann"].clear()
    await time_passes_until(account, told, clock, lambda: account.vendor.texts("ann") == ["next"])


async def test_an_answer_of_one_method_as_to_a_wrong_token_does_not_stop_the_account(
    account: Account, told: Told
) -> None:
    clock = Clock()
    runtime = account.start(clock=clock, pace=LOOK)
    account.vendor.faults["ann"].append(401)
    await account.put(told.say("ann", "hello", number=1, at=NOW), told.say("bob", "hi", number=2, at=NOW))
    await told.until(lambda: account.vendor.texts("bob"), is_=["hi"])
    await time_passes_until(account, told, clock, lambda: account.vendor.texts("ann") == ["hello"])
    assert runtime.context.problem is None


async def test_an_edit_that_a_vendor_does_not_take_ends_and_later_words_go(account: Account, told: Told) -> None:
    clock = Clock()
    runtime = account.start(clock=clock, pace=LOOK)
    await account.put(told.say("ann", "first", number=1, at=NOW))
    await account.settled()
    account.vendor.faults["ann"].extend([500] * 100)
    edit = SendEdit(SentId("7.1"), Message(text="second"))
    await account.put(Outbound(ContactId("ann"), edit, at=NOW), told.say("ann", "third", number=3, at=NOW))
    await time_passes_until(account, told, clock, lambda: runtime.context.counts["failed"])
    account.vendor.faults["ann"].clear()
    await time_passes_until(account, told, clock, lambda: account.vendor.texts("ann") == ["first", "third"])


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-30"}, 0.0),
        ({"retry-after": "99999999999"}, LONGEST_WAIT),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
        ({"retry-after": "Fri, 15 Jan 2027 08:01:00 GMT", "date": "Fri, 15 Jan 2027 08:00:00 GMT"}, 60.0),
        ({"retry-after": "Fri, 15 Jan 2027 08:01:00 GMT"}, 60.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 15 Jan 2100 07:00:00 GMT"}, LONGEST_WAIT),
        ({"retry-after": "Fri, 99 Foo 2027 07:00:00 GMT"}, None),
    ],
)
def test_what_an_answer_asks_for_is_read_within_a_day(headers: dict[str, str], wait: float | None) -> None:
    assert asked_wait(headers, NOW / 1000) == wait


@pytest.mark.parametrize(
    ("after", "kept"), [(-5.0, 0.0), (float("nan"), 0.0), (float("inf"), 0.0), (1e12, LONGEST_WAIT)]
)
def test_an_absurd_wait_stops_no_chat_for_ever(after: float, kept: float) -> None:
    assert TryLater("slower", after=after).after == kept


def test_a_time_that_is_named_means_a_limit_unless_it_is_said_to_be_trouble() -> None:
    assert TryLater("slower", after=5).limited
    assert not TryLater("down", after=0).limited
    assert not TryLater("down", after=15, limited=False).limited
