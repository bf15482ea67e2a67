"""What a sender promises: order, at most one send per intent, an end to every entry."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.connectors.contract import Rates
from gateway.errors import WINDOW_OVER
from gateway.files import Files
from gateway.model.commands import ReceiveReach, RecordAccount, RecordDelivery, RecordRefusal
from gateway.model.ids import ContactId, EntryId, FileId, NativeId, SentId
from gateway.model.messages import Media, MediaKind, Message, Window
from gateway.model.outgoing import (
    DeliveryStatus,
    Outbound,
    SendEdit,
    SendMessage,
    SendReaction,
    SendTyping,
    Urgency,
)
from gateway.streams import outbox

Account = RedisServer = Told = Any
"""conftest's; test modules cannot import it."""


def statuses(results: list[Any]) -> list[DeliveryStatus]:
    return [one.status for one in results if isinstance(one, RecordDelivery)]


async def test_words_are_sent_reported_and_remembered(account: Account, told: Told) -> None:
    account.start()
    await account.put(told.say("ann", "hello", number=3))
    await account.settled()
    assert account.vendor.texts() == ["hello"]
    (result,) = await account.results()
    assert result == RecordDelivery(ContactId("ann"), "7.3", DeliveryStatus.SENT, (NativeId("n1"),))
    natives = await outbox.natives_of(account.store, told.ACCOUNT, ContactId("ann"), SentId("7.3"))
    assert natives == (NativeId("n1"),)
    assert await outbox.attempts(account.store, told.ACCOUNT) == {}


async def test_the_operator_hears_why_words_were_refused(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].append(400)
    await account.put(told.say("ann", "hello"), told.say("ann", "what?"), told.say("ann", "bye"))
    await account.settled()
    first, second, third = await account.results()
    assert (first.status, first.problem) == (DeliveryStatus.FAILED, "refused (400)")
    assert (second.status, second.problem) == (DeliveryStatus.FAILED, "this cannot be said here")
    assert third.status is DeliveryStatus.SENT
    assert [one.words for one in (first, second, third)] == [Message(text="hello"), Message(text="what?"), None]
    assert account.vendor.texts() == ["bye"]


async def test_a_contact_who_is_gone_is_told_to_the_desk(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].append(403)
    await account.put(told.say("ann", "hello"))
    await account.settled()
    reach, delivery = await account.results()
    assert reach == ReceiveReach(ContactId("ann"), reachable=False)
    assert delivery.status is DeliveryStatus.FAILED


async def test_parts_go_in_order_and_make_one_receipt(account: Account, told: Told) -> None:
    account.start()
    await account.put(told.say("ann", "one\ntwo\nthree", number=1))
    await account.settled()
    assert account.vendor.texts() == ["one", "two", "three"]
    (result,) = await account.results()
    assert result.natives == ("n1", "n2", "n3")


async def test_a_part_refused_in_the_middle_says_what_arrived(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].extend([None, 400])
    await account.put(told.say("ann", "one\ntwo\nthree", number=1))
    await account.settled()
    (result,) = await account.results()
    assert result.status is DeliveryStatus.FAILED
    assert result.problem == "refused (400) (1 of its 3 parts arrived)"
    assert result.words is None, "a part of it has arrived"
    assert result.natives == ("n1",)
    assert account.vendor.texts() == ["one"]


async def test_one_contacts_trouble_holds_back_that_contact_only_and_keeps_its_order(
    account: Account, told: Told
) -> None:
    moments = [time.time_ns() // 1_000_000]
    account.vendor.faults["ann"].extend([(429, 30), (429, 20)])
    await account.put(*[told.say(who, f"{who} {n}") for n in range(5) for who in ("ann", "bob")])
    runtime = account.start(clock=lambda: moments[-1])
    await told.until(lambda: account.vendor.texts("bob"), is_=[f"bob {n}" for n in range(5)])
    assert account.vendor.texts("ann") == []
    for times, seconds in enumerate((30, 20), 1):
        await told.until(lambda times=times: runtime.context.counts["limited"], is_=times)
        moments.append(moments[-1] + seconds * 1000 + 1)
        # Whatever comes has the sender look again at who may go.
        await account.put(told.say("cid", f"{times}"))
    await account.settled()
    assert account.vendor.texts("ann") == [f"ann {n}" for n in range(5)]
    assert set(statuses(await account.results())) == {DeliveryStatus.SENT}


async def test_trouble_of_everyone_holds_back_the_account(account: Account, told: Told) -> None:
    account.vendor.faults["*"].append(503)
    account.start(pace={"sends_at_once": 1})
    await account.put(*[told.say(who, who) for who in ("ann", "bob", "cid")])
    await account.settled()
    # One call failed; nobody else was tried before the time was up.
    assert [said["contact"] for _, said in account.vendor.calls] == ["ann", "ann", "bob", "cid"]


async def test_many_contacts_are_served_at_once_and_one_contact_never_is(account: Account, told: Told) -> None:
    account.vendor.faults["*"].extend(["hang"] * 4)
    await account.put(*[told.say(f"c{n % 8}", f"{n}") for n in range(24)])
    account.start(pace={"sends_at_once": 4})
    await told.until(lambda: account.vendor.in_flight, is_=4)
    account.vendor.hold.set()
    await account.settled()
    assert account.vendor.most_in_flight == 4
    for n in range(8):
        assert account.vendor.texts(f"c{n}") == [str(n), str(n + 8), str(n + 16)]


async def test_a_lost_answer_ends_as_unknown_and_nothing_is_sent_twice(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].append("lost")
    await account.put(told.say("ann", "hello"), told.say("ann", "still there?!"[:5]))
    await account.settled()
    first, second = await account.results()
    assert first.status is DeliveryStatus.UNKNOWN
    assert "ask the client" in first.problem
    assert second.status is DeliveryStatus.SENT
    assert account.vendor.texts() == ["hello", "still"]


async def test_a_lost_answer_is_asked_for_again_where_the_vendor_knows_repeats(account: Account, told: Told) -> None:
    account.start(able=told.replace(told.ABLE, resend_ms=60_000))
    account.vendor.faults["ann"].append("lost")
    await account.put(told.say("ann", "hello"))
    await account.settled()
    assert statuses(await account.results()) == [DeliveryStatus.SENT]
    assert [said["text"] for _, said in account.vendor.calls] == ["hello", "hello"]


async def test_what_operators_are_shown_is_sent_again_and_every_extra_copy_is_logged(
    account: Account, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = account.start()
    account.vendor.faults["ann"].extend(["lost", "lost"])
    await account.put(told.say("ann", "card", report=False), told.say("ann", "next", report=False))
    await account.settled()
    assert account.vendor.texts() == ["card", "card", "card", "next"]
    assert [one.message for one in caplog.records if one.levelname == "WARNING"] == ["ambiguous", "ambiguous"]
    assert runtime.context.counts["ambiguous"] == 2


async def test_what_operators_are_shown_is_shown_after_a_crash_too(account: Account, told: Told) -> None:
    account.start(pace={"grace_seconds": 0.0})
    account.vendor.faults["ann"].append("hang")
    await account.put(told.say("ann", "card", report=False))
    await told.until(lambda: account.vendor.in_flight, is_=1)
    await account.stop()
    runtime = account.start()
    await account.settled()
    assert account.vendor.texts() == ["card"]
    assert runtime.context.counts["ambiguous"] == 1


async def test_a_vendor_whose_answers_never_come_does_not_fill_a_chat_with_copies(account: Account, told: Told) -> None:
    # A chance beyond its range makes the growing pauses short: the number of copies is what matters here.
    runtime = account.start(chance=lambda: 1.99)
    account.vendor.faults["ann"].extend(["lost"] * 50)
    await account.put(told.say("ann", "card", report=False))
    await account.settled()
    assert account.vendor.texts() == ["card"] * 5
    await told.until(lambda: runtime.context.counts["unknown"], is_=1)


async def test_a_request_that_never_left_is_tried_again_without_doubt(account: Account, told: Told) -> None:
    connector = account.start().context.connector
    port_of_nobody = "http://127.0.0.1:9"
    vendor_url, account.vendor.url = account.vendor.url, port_of_nobody
    (entry,) = await account.put(told.say("ann", "hello"))
    await told.until(lambda: _tries(account, told, entry), is_=1)
    account.vendor.url = vendor_url
    await account.settled()
    assert statuses(await account.results()) == [DeliveryStatus.SENT]
    assert account.vendor.texts() == ["hello"]
    assert connector.channel == "scripted"


async def _tries(account: Account, told: Told, entry: EntryId) -> int:
    found = (await outbox.attempts(account.store, told.ACCOUNT)).get(entry)
    return found.tries if found is not None and found.begun == -1 else 0


async def test_a_crash_between_intent_and_result_is_unknown_exactly_once(account: Account, told: Told) -> None:
    # What a sender that died in the middle of a call leaves behind.
    account.start(pace={"grace_seconds": 0.0})
    account.vendor.faults["ann"].append("hang")
    await account.put(told.say("ann", "hello", number=1), told.say("ann", "more", number=2))
    await told.until(lambda: account.vendor.in_flight, is_=1)
    await account.stop()
    assert len(await outbox.attempts(account.store, told.ACCOUNT)) == 1
    account.start()
    await account.settled()
    await account.stop()
    account.start()
    await account.put(told.say("ann", "after", number=3))
    await account.settled()
    assert [(one.message, one.status) for one in await account.results()] == [
        ("7.1", DeliveryStatus.UNKNOWN),
        ("7.2", DeliveryStatus.SENT),
        ("7.3", DeliveryStatus.SENT),
    ]
    assert [said["text"] for _, said in account.vendor.calls] == ["hello", "more", "after"]
    assert await outbox.attempts(account.store, told.ACCOUNT) == {}


async def test_a_crash_in_the_middle_of_a_long_message_goes_on_where_it_was(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].extend([None, (429, 30)])
    (entry,) = await account.put(told.say("ann", "one\ntwo\nthree", number=1))
    await told.until(lambda: _tries(account, told, entry), is_=2)
    await account.stop()
    await account.store.redis.delete(account.keys.holds(told.ACCOUNT))
    account.start()
    await account.settled()
    assert account.vendor.texts() == ["one", "two", "three"]
    (result,) = await account.results()
    assert result.natives == ("n1", "n2", "n3")


async def test_a_stop_lets_a_send_on_its_way_end(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].append("hang")
    await account.put(told.say("ann", "hello"))
    await told.until(lambda: account.vendor.in_flight, is_=1)
    stop = asyncio.create_task(account.stop())
    await asyncio.sleep(0.05)
    account.vendor.hold.set()
    await stop
    assert statuses(await account.results()) == [DeliveryStatus.SENT]
    assert await account.left() == 0
    assert account.connectors[0].closed
    leases = [key async for key in account.store.redis.scan_iter(match=account.keys.lease("*"))]
    assert leases == []


async def test_what_was_asked_to_wait_waits_after_a_restart_too(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].append((429, 3600))
    await account.put(told.say("ann", "hello"))
    await told.until(lambda: outbox.holds(account.store, told.ACCOUNT))
    await account.stop()
    account.start()
    await account.put(told.say("bob", "hello"))
    await told.until(account.left, is_=1)
    assert account.vendor.texts() == ["hello"]
    assert account.vendor.texts("ann") == []
    held = await outbox.holds(account.store, told.ACCOUNT)
    assert held[ContactId("ann")] > time.time() * 1000 + 3_000_000


async def test_nothing_goes_inside_the_time_that_was_asked_for(account: Account, told: Told) -> None:
    moments = [time.time_ns() // 1_000_000]
    runtime = account.start(clock=lambda: moments[-1])
    account.vendor.faults["ann"].append((429, 30))
    await account.put(told.say("ann", "one"), told.say("ann", "two"))
    await told.until(lambda: runtime.context.counts["limited"], is_=1)
    moments.append(moments[0] + 29_999)
    for number in range(5):
        # Each of them has the sender look again at who may go.
        await account.put(told.say("bob", f"{number}"))
        await told.until(lambda: account.vendor.texts("bob")[-1:], is_=[f"{number}"])
    assert [said["text"] for _, said in account.vendor.calls if said["contact"] == "ann"] == ["one"]
    moments.append(moments[0] + 30_001)
    await account.put(told.say("bob", "5"))
    await account.settled()
    assert account.vendor.texts("ann") == ["one", "two"]


async def test_of_waiting_edits_only_the_last_is_sent(account: Account, told: Told) -> None:
    card = SentId("7@ann")
    now = time.time_ns() // 1_000_000

    def edit(text: str) -> Outbound:
        job = SendEdit(card, Message(text=text))
        return Outbound(ContactId("ann"), job, at=now, urgency=Urgency.CARD, newest="card:7")

    first = Outbound(
        ContactId("ann"), SendMessage(card, Message(text="card")), at=now, urgency=Urgency.CARD, newest="card:7"
    )
    await account.put(first, *[edit(f" v{n}") for n in range(20)], told.say("ann", "words"))
    runtime = account.start()
    await account.settled()
    # Words before cards; the card itself was sent, though its own edits came after it under the same name.
    assert account.vendor.texts() == ["words", "card", "SendEdit[n2] v19"]
    await told.until(lambda: runtime.context.counts["superseded"], is_=19)


async def test_an_edit_never_overtakes_what_it_changes(account: Account, told: Told) -> None:
    card = SentId("7@ann")
    send = Outbound(ContactId("ann"), SendMessage(card, Message(text="card")), urgency=Urgency.COSMETIC)
    edit = Outbound(ContactId("ann"), SendEdit(card, Message(text="!")), urgency=Urgency.WORDS)
    await account.put(send, edit)
    account.start()
    await account.settled()
    assert account.vendor.texts() == ["card", "SendEdit[n1]!"]


async def test_an_edit_that_was_refused_leaves_the_native_map_as_it_was(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].extend([None, 400])
    await account.put(told.say("ann", "card", number=1))
    await account.put(Outbound(ContactId("ann"), SendEdit(SentId("7.1"), Message(text="!")), report=True, at=1))
    await account.settled()
    natives = await outbox.natives_of(account.store, told.ACCOUNT, ContactId("ann"), SentId("7.1"))
    assert natives == ("n1",)
    assert statuses(await account.results()) == [DeliveryStatus.SENT, DeliveryStatus.FAILED]


async def test_each_picture_of_an_album_is_known_by_its_own_name(account: Account, told: Told) -> None:
    album = SendMessage(
        SentId("7.1@ann"), Message(text="one\ntwo\nthree"), album=(SentId("7.2@ann"), SentId("7.3@ann"))
    )
    await account.put(Outbound(ContactId("ann"), album))
    account.start()
    await account.settled()
    ours = (account.store, told.ACCOUNT, ContactId("ann"))
    found = [await outbox.natives_of(*ours, SentId(f"7.{number}@ann")) for number in (1, 2, 3)]
    assert found == [("n1",), ("n2",), ("n3",)]
    known = await outbox.sent_of(account.store, told.ACCOUNT, [(ContactId("ann"), NativeId("n2"))])
    assert list(known.values()) == ["7.2@ann"]


async def test_a_lost_answer_to_an_edit_or_a_reaction_is_repeated(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].extend(["lost", "lost"])
    await account.put(
        Outbound(ContactId("ann"), SendReaction(NativeId("n1"), "👌"), at=time.time_ns() // 1_000_000),
    )
    await account.settled()
    assert len(account.vendor.sent) == 3
    assert await account.results() == []


async def test_what_is_not_worth_sending_any_more_is_dropped(account: Account, told: Told) -> None:
    account.start()
    late = Outbound(ContactId("ann"), SendTyping(), expires_at=time.time_ns() // 1_000_000 - 1)
    await account.put(late, told.say("ann", "words"))
    await account.settled()
    assert account.vendor.texts() == ["words"]


async def test_what_fails_for_too_long_is_given_up_and_said(account: Account, told: Told) -> None:
    account.start(pace={"words_patience_ms": 1000})
    account.vendor.faults["ann"].extend([(429, 0.01)] * 8)
    await account.put(told.say("ann", "old", at=time.time_ns() // 1_000_000 - 5000), told.say("ann", "new"))
    await account.settled()
    old, new = await account.results()
    assert (old.status, old.problem) == (DeliveryStatus.FAILED, "too fast; given up after 5 tries")
    assert new.status is DeliveryStatus.SENT


async def test_words_wait_for_their_file_and_later_words_wait_behind_them(
    account: Account, told: Told, files: Files
) -> None:
    account.start()
    file = FileId("7.1.0")
    photo = Media(MediaKind.PHOTO, file=file)
    now = time.time_ns() // 1_000_000
    job = SendMessage(SentId("7.2"), Message(text="photo", attachments=(photo,)))
    await account.put(Outbound(ContactId("ann"), job, at=now, report=True), told.say("ann", "after"))
    await account.put(told.say("bob", "meanwhile"))
    await told.until(account.vendor.texts, is_=["meanwhile"])

    async def bytes_of_it() -> AsyncIterator[bytes]:
        yield b"\x89PNG\r\n\x1a\n"

    await files.put(file, bytes_of_it(), 100)
    await account.settled()
    assert account.vendor.texts("ann") == ["photo", "after"]


async def test_words_whose_file_never_comes_fail(account: Account, told: Told) -> None:
    account.start(pace={"file_patience_ms": 0})
    job = SendMessage(SentId("7.2"), Message(text="photo", attachments=(Media(MediaKind.PHOTO, file=FileId("7.1.0")),)))
    await account.put(Outbound(ContactId("ann"), job, at=1, report=True))
    await account.settled()
    (result,) = await account.results()
    assert (result.status, result.problem) == (DeliveryStatus.FAILED, "a file of it has not arrived")
    assert account.vendor.calls == []


async def test_a_quote_is_found_by_the_native_map(account: Account, told: Told) -> None:
    account.start()
    await account.put(told.say("ann", "first", number=1))
    await account.put(
        Outbound(
            ContactId("ann"), SendMessage(SentId("7.2"), Message(text="second"), reply_to_sent=SentId("7.1")), at=1
        )
    )
    await account.settled()
    assert account.vendor.texts() == ["first", "[n1]second"]


async def test_a_revoked_token_suspends_the_account_and_its_repair_resumes_it(account: Account, told: Told) -> None:
    account.vendor.token_works = False
    runtime = account.start()
    await account.put(told.say("ann", "hello"), told.say("bob", "hi"))
    await told.until(lambda: runtime.context.problem)
    await told.until(account.results)
    await account.put(*[told.say("cid", f"{n}") for n in range(20)])
    await asyncio.sleep(0.2)
    # A poll may have met the token first, and the first two words be on their way still: of the others none is tried.
    assert all(said["contact"] != "cid" for _, said in account.vendor.calls)
    account.vendor.token_works = True
    await account.settled()

    async def is_resumed() -> bool:
        return RecordAccount(parked=False) in await account.results()

    await told.until(is_resumed)
    found = await account.results()
    assert found[0] == RecordAccount(parked=True, problem="the token is not accepted")
    assert statuses(found) == [DeliveryStatus.SENT] * 22
    assert sorted(account.vendor.texts()) == sorted(["hello", "hi", *[str(n) for n in range(20)]])


async def test_a_new_token_works_without_a_restart(account: Account, told: Told) -> None:
    runtime = account.start(reconnect=account.connect)
    before = runtime.context.connector
    account.vendor.token_works = False
    await account.put(told.say("ann", "hello"))
    await told.until(lambda: runtime.context.problem)
    account.vendor.token_works = True
    await account.settled()
    await told.until(lambda: before.closed)  # a poll may have met the old token while the send was on its way
    assert runtime.context.connector is not before
    assert all(one.closed for one in account.connectors if one is not runtime.context.connector)


async def test_only_one_sender_works_at_a_time(account: Account, told: Told) -> None:
    account.start()
    await told.until(lambda: account.store.redis.exists(account.keys.lease(f"sender:{told.ACCOUNT}")))
    account.start()
    await account.put(*[told.say("ann", f"{n}") for n in range(10)])
    await account.settled()
    assert account.vendor.texts() == [str(n) for n in range(10)]


async def test_a_redis_that_dies_in_the_middle_of_a_send_costs_nothing(
    own_redis: RedisServer, account_on: Callable[[RedisServer], Account], told: Told
) -> None:
    account = account_on(own_redis)
    account.start()
    account.vendor.faults["ann"].append("hang")
    await account.put(told.say("ann", "hello", number=1))
    await told.until(lambda: account.vendor.in_flight, is_=1)
    own_redis.kill()
    account.vendor.hold.set()
    await told.until(account.vendor.texts, is_=["hello"])
    own_redis.start()
    await account.settled()
    assert [(one.message, one.status) for one in await account.results()] == [("7.1", DeliveryStatus.SENT)]
    assert account.vendor.texts() == ["hello"]


async def test_an_answer_that_was_heard_survives_the_loss_of_the_lease(
    own_redis: RedisServer, account_on: Callable[[RedisServer], Account], told: Told
) -> None:
    account = account_on(own_redis)
    account.start(pace={"lease_ttl_ms": 600})
    account.vendor.faults["ann"].append("hang")
    await account.put(told.say("ann", "hello", number=1))
    await told.until(lambda: account.vendor.in_flight, is_=1)
    own_redis.kill()
    account.vendor.hold.set()
    await told.until(account.vendor.texts, is_=["hello"])
    await asyncio.sleep(1.5)  # longer than the lease: it must have run out, not merely be late
    own_redis.start()
    await account.settled()
    assert [(one.message, one.status) for one in await account.results()] == [("7.1", DeliveryStatus.SENT)]
    assert account.vendor.texts() == ["hello"]


async def test_the_rate_of_an_account_is_kept(account: Account, told: Told) -> None:
    await account.put(*[told.say(f"c{n}", f"{n}") for n in range(15)])
    account.start(able=told.replace(told.ABLE, rates=Rates(per_second=10)))
    await account.settled()
    moments = sorted(one.at for one in account.vendor.sent)
    # Ten at once, and the other five a tenth of a second apart.
    assert moments[14] - moments[0] >= 0.4


async def test_the_rate_of_a_contact_is_kept(account: Account, told: Told) -> None:
    await account.put(*[told.say("ann", f"{n}") for n in range(6)], told.say("bob", "meanwhile"))
    account.start(able=told.replace(told.ABLE, rates=Rates(per_contact_second=10, contact_burst=3)))
    await account.settled()
    moments = [one.at for one in account.vendor.sent if one.contact == "ann"]
    assert moments[5] - moments[0] >= 0.2
    assert account.vendor.texts().index("meanwhile") < account.vendor.texts().index("3")


async def test_words_whose_window_ended_while_they_waited_are_not_sent(account: Account, told: Told) -> None:
    over, open_one = (replace(told.say("ann", text), window=Window(end)) for text, end in (("a", 1), ("b", 10**15)))
    account.start()
    await account.put(replace(over, report=True), open_one)
    await account.settled()
    [failed] = [one for one in await account.results() if one.status is DeliveryStatus.FAILED]
    assert failed.problem == WINDOW_OVER
    assert account.vendor.texts("ann") == ["b"]


@pytest.mark.parametrize(("words", "faults"), [("hello", [400]), ("what?", [])])
async def test_what_operators_were_to_read_comes_back_where_it_is_refused(
    account: Account, told: Told, words: str, faults: list[int]
) -> None:
    account.start()
    account.vendor.faults["ann"].extend(faults)
    card = told.say("ann", words, report=False, returns=True)
    await account.put(card, told.say("ann", "silent", report=False))
    await account.settled()
    (back,) = await account.results()
    assert isinstance(back, RecordRefusal)
    assert (back.contact, back.job, back.refused) == (ContactId("ann"), card.job, True)
    assert back.problem


async def test_what_was_given_up_comes_back_as_nothing_that_was_refused(account: Account, told: Told) -> None:
    account.start(pace={"words_patience_ms": 1000})
    account.vendor.faults["ann"].extend([(429, 0.01)] * 8)
    long_ago = time.time_ns() // 1_000_000 - 5000
    await account.put(told.say("ann", "card", report=False, returns=True, at=long_ago))
    await account.settled()
    (back,) = await account.results()
    assert (back.problem, back.refused) == ("too fast; given up after 5 tries", False)


async def test_what_was_to_be_read_by_who_is_gone_does_not_come_back(account: Account, told: Told) -> None:
    account.start()
    account.vendor.faults["ann"].append(403)
    await account.put(told.say("ann", "card", report=False, returns=True))
    await account.settled()
    assert await account.results() == [ReceiveReach(ContactId("ann"), reachable=False)]
