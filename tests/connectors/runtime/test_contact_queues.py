"""The order in which an account's work goes, with a clock of our own and no waiting."""

import random

from gateway.connectors.runtime.contact_queues import ContactQueues
from gateway.connectors.runtime.outbox_entry import OutboxEntry, Outcome
from gateway.model.ids import ContactId, EntryId, NativeId, SentId
from gateway.model.messages import Message
from gateway.model.outgoing import (
    AnswerPress,
    DeliveryStatus,
    Outbound,
    Outgoing,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
    Urgency,
)


def work(number: int, contact: str = "ann", job: Outgoing | None = None, **more: object) -> OutboxEntry:
    job = job or SendMessage(SentId(f"7.{number}"), Message(text=str(number)))
    return OutboxEntry(EntryId(f"{number}-0"), Outbound(ContactId(contact), job, **more))


def fill(queues: ContactQueues, *works: OutboxEntry, now: int = 0) -> list[OutboxEntry | None]:
    return [queues.add(one.outbound.contact, one, now) for one in works]


def drain(queues: ContactQueues, now: int = 0) -> list[int]:
    """Everything that goes at this moment, in order."""
    order = []
    while (found := queues.next(now)) is not None:
        key, one = found
        order.append(int(one.entry.split("-")[0]))
        queues.finish(key, now)
    return order


def test_the_oldest_goes_first_within_an_urgency_and_the_most_urgent_before_all() -> None:
    queues = ContactQueues()
    fill(
        queues,
        work(1, urgency=Urgency.COSMETIC),
        work(2, urgency=Urgency.CARD),
        work(3, "bob", urgency=Urgency.CARD),
        work(4),
        work(5, "bob"),
    )
    assert drain(queues) == [4, 5, 2, 3, 1]
    assert len(queues) == 0


def test_a_busy_queue_waits_and_others_do_not() -> None:
    queues = ContactQueues()
    fill(queues, work(1), work(2), work(3, "bob"))
    key, one = queues.next(0)
    assert one.entry == "1-0"
    assert queues.next(0)[1].entry == "3-0"
    assert queues.next(0) is None
    assert queues.wake_at(0) is None
    queues.finish(key, 0)
    assert queues.next(0)[1].entry == "2-0"


def test_a_held_queue_comes_back_at_its_moment_in_its_order() -> None:
    queues = ContactQueues()
    fill(queues, work(1), work(2), work(3, "bob"))
    key, _ = queues.next(0)
    queues.hold(key, 5000, 0)
    queues.release(key, 0)
    assert drain(queues) == [3]
    assert queues.wake_at(0) == 5001
    assert drain(queues, 4999) == []
    assert drain(queues, 5001) == [1, 2]


def test_a_held_account_sends_nothing_at_all() -> None:
    queues = ContactQueues()
    fill(queues, work(1), work(2, "bob"))
    queues.hold(None, 1000, 0)
    assert drain(queues, 999) == []
    assert queues.wake_at(0) == 1001
    assert drain(queues, 1000) == [1, 2]


def test_the_account_and_each_contact_have_their_own_rate() -> None:
    queues = ContactQueues(per_second=4, per_contact_second=1, contact_burst=2)
    fill(queues, *[work(n, contact) for n, contact in enumerate(["ann"] * 4 + ["bob"] * 4)])
    assert drain(queues, 0) == [0, 1, 4, 5]
    assert drain(queues, 900) == []
    assert drain(queues, 1000) == [2, 6]
    assert drain(queues, 1999) == []
    assert drain(queues, 2000) == [3, 7]


def test_what_an_operator_has_just_done_is_answered_before_words_that_wait_for_their_rate() -> None:
    queues = ContactQueues(per_contact_second=1, contact_burst=1)
    refusal = work(8, urgency=Urgency.NOW)
    fill(queues, *(work(number) for number in range(1, 6)), refusal, work(9, job=AnswerPress("p"), urgency=Urgency.NOW))
    assert drain(queues, 0) == [8, 9]
    assert drain(queues, 1000) == [1]


def test_an_album_costs_as_much_as_its_pictures() -> None:
    queues = ContactQueues(per_second=4, per_contact_second=1, contact_burst=3)
    album = SendMessage(SentId("7.1"), Message(), album=(SentId("7.2"), SentId("7.3")))
    fill(queues, work(1, job=album), work(2), work(3, "bob"), work(4, "bob"))
    assert drain(queues, 0) == [1, 3]
    assert drain(queues, 500) == [4]
    assert drain(queues, 1000) == [2]


def test_an_answer_to_a_press_does_not_wait_for_the_contacts_rate() -> None:
    queues = ContactQueues(per_contact_second=1, contact_burst=1)
    fill(queues, work(1), work(2, job=AnswerPress("p")), work(3))
    assert drain(queues, 0) == [1, 2]
    assert drain(queues, 1000) == [3]


def test_parts_of_a_started_message_go_before_more_urgent_work_of_the_same_contact() -> None:
    queues = ContactQueues()
    fill(queues, work(1, urgency=Urgency.CARD))
    key, one = queues.next(0)
    one.done.append((NativeId("n1"),))
    fill(queues, work(2))
    assert queues.release(key, 0) is None
    assert drain(queues) == [1, 2]


def test_work_that_failed_before_anything_was_sent_lets_more_urgent_work_pass() -> None:
    queues = ContactQueues()
    fill(queues, work(1, urgency=Urgency.COSMETIC))
    key, _ = queues.next(0)
    fill(queues, work(2))
    queues.release(key, 0)
    assert drain(queues) == [2, 1]


def edit(number: int, sent: str = "7@ann", **more: object) -> OutboxEntry:
    return work(number, job=SendEdit(SentId(sent), Message(text="")), urgency=Urgency.CARD, newest="card", **more)


def test_only_the_newest_of_a_name_stays() -> None:
    queues = ContactQueues()
    assert [one and one.entry for one in fill(queues, edit(1), edit(2), edit(3))] == [None, "1-0", "2-0"]
    assert drain(queues) == [3]


def test_the_same_name_at_another_contact_is_another_name() -> None:
    queues = ContactQueues()
    other = OutboxEntry(EntryId("2-0"), Outbound(ContactId("bob"), SendReaction(NativeId("1"), "👌"), newest="card"))
    assert fill(queues, edit(1), other) == [None, None]


def test_an_edit_that_is_on_its_way_is_not_superseded_but_is_when_it_comes_back() -> None:
    queues = ContactQueues()
    fill(queues, edit(1))
    key, first = queues.next(0)
    assert fill(queues, edit(2)) == [None]
    assert queues.release(key, 0) is first
    assert drain(queues) == [2]
    assert len(queues) == 0


def test_edits_do_not_make_the_sending_of_their_card_needless() -> None:
    queues = ContactQueues()
    card = work(1, job=SendMessage(SentId("7@ann"), Message()), urgency=Urgency.CARD, newest="card")
    assert [one and one.entry for one in fill(queues, card, edit(2), edit(3))] == [None, None, "2-0"]
    assert drain(queues) == [1, 3]


def test_an_edit_or_deletion_goes_behind_its_message_whatever_its_urgency() -> None:
    queues = ContactQueues()
    late = work(1, job=SendMessage(SentId("7@ann"), Message()), urgency=Urgency.COSMETIC)
    fill(queues, late, work(2, job=SendEdit(SentId("7@ann"), Message())), work(3, job=SendDelete(SentId("7@ann"))))
    fill(queues, work(4))
    assert drain(queues) == [4, 1, 2, 3]


def test_a_known_result_is_settled_whatever_holds_the_contact_back() -> None:
    queues = ContactQueues(per_contact_second=1)
    queues.hold("ann", 60_000, 0)
    done = work(1)
    done.outcome = Outcome(DeliveryStatus.SENT)
    fill(queues, done)
    assert drain(queues) == [1]


def test_nothing_is_lost_doubled_or_reordered_in_a_long_random_walk() -> None:
    chance = random.Random(7)
    queues, now, number = ContactQueues(per_second=50, per_contact_second=5, contact_burst=3), 0, 0
    out, gone, running = [], set(), []
    while number < 2000 or len(queues):
        now += chance.randrange(0, 30)
        for _ in range(chance.randrange(0, 4) if number < 2000 else 0):
            number += 1
            contact = f"c{chance.randrange(6)}"
            one = (
                work(number, contact, urgency=Urgency(chance.randrange(3)))
                if chance.random() < 0.7
                else work(number, contact, job=SendReaction(NativeId("1"), "👌"), newest=f"x{chance.randrange(2)}")
            )
            needless = queues.add(contact, one, now)
            if needless is not None:
                gone.add(needless.entry)
        if len(running) < 4 and (found := queues.next(now)) is not None:
            assert found[0] not in {key for key, _ in running}
            running.append(found)
        if running and chance.random() < 0.5:
            key, one = running.pop(chance.randrange(len(running)))
            if chance.random() < 0.2:
                queues.hold(key, now + chance.randrange(100), now)
                needless = queues.release(key, now)
                if needless is not None:
                    gone.add(needless.entry)
            else:
                out.append((key, one))
                queues.finish(key, now)
    assert sorted([int(one.entry[:-2]) for _, one in out] + [int(entry[:-2]) for entry in gone]) == list(
        range(1, 2001 + number - 2000)
    )
    for contact in {key for key, _ in out}:
        for urgency in Urgency:
            entries = [int(one.entry[:-2]) for key, one in out if key == contact and one.urgency is urgency]
            assert entries == sorted(entries)
    assert now // 1000 * 50 + 100 >= len(out)


def shared(number: int, contact: str, name: str) -> OutboxEntry:
    return work(number, contact, urgency=Urgency.CARD, shared=name)


def shown(queues: ContactQueues, now: int) -> list[str]:
    """Who is shown what at this moment."""
    found = []
    while (one := queues.next(now)) is not None:
        found.append(one[1].outbound.shared or one[1].entry)
        queues.finish(one[0], now)
    return found


def test_each_is_shown_first_what_the_fewest_have_seen_and_all_are_shown_all() -> None:
    queues, people = ContactQueues(per_contact_second=1), ("ann", "bob", "eve")
    names = [f"card{number}" for number in range(9)]
    fill(queues, *(shared(10 * n + at, who, name) for n, name in enumerate(names) for at, who in enumerate(people)))
    rounds = [shown(queues, second * 1000) for second in range(9)]
    assert sorted(rounds[0] + rounds[1] + rounds[2]) == names
    assert sorted(name for one in rounds for name in one) == sorted(names * 3)
    assert len(queues) == len(queues._priority) == 0


def test_what_is_shared_overtakes_nothing_else() -> None:
    queues = ContactQueues()
    fill(queues, shared(1, "bob", "a"), shared(2, "bob", "b"))
    assert shown(queues, 0) == ["a", "b"]
    fill(queues, shared(3, "ann", "a"), work(4, "ann", urgency=Urgency.CARD), shared(5, "ann", "b"))
    assert shown(queues, 0) == ["a", "4-0", "b"]


def test_what_was_not_sent_comes_back_and_counts_as_waiting() -> None:
    queues = ContactQueues()
    fill(queues, shared(1, "ann", "a"))
    key, _ = queues.next(0)
    queues.release(key, 0)
    assert len(queues._priority) == 1
    assert shown(queues, 0) == ["a"]
    assert len(queues._priority) == 0
