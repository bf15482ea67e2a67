"""Words that did not arrive are sent again by one press: once, to the same client, or it is said why not."""

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import ContactId, DialogId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message, Origin
from gateway.model.outgoing import DeliveryStatus
from gateway.router.rules.retries import FAILED_MOST, retry_of

BORIS = OperatorId("502")
ANN = ContactId("ann")
ORIGIN = Origin(ContactId(BORIS), NativeId("70"))
WORDS = Message(text="Цена 500")
PRESS = c.Choose(operator=BORIS, ask=retry_of(MessageId("1.2")), dialog=DialogId("1"), press="p")


def fails(core, status: DeliveryStatus = DeliveryStatus.FAILED, words: Message | None = WORDS) -> None:
    number = core.dialog().messages + 1
    core.when(c.Reply(operator=BORIS, message=WORDS, dialog=DialogId("1"), origin=ORIGIN))
    core.when(c.RecordDelivery(contact=ANN, message=MessageId(f"1.{number}"), status=status, words=words))


@pytest.fixture
def claimed(core):
    core.writes()
    core.claims(BORIS)
    return core


@pytest.mark.parametrize("status", [DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN])
def test_they_go_once_more_however_often_it_is_pressed(claimed, status, refusal):
    fails(claimed, status)

    said = [one for one in claimed.when(PRESS) if isinstance(one, e.ReplyAccepted)]

    assert [(one.dialog, one.id, one.message.text, one.origin) for one in said] == [("1", "1.3", "Цена 500", ORIGIN)]
    assert refusal(claimed.when(PRESS)).why is Refusal.ASK_GONE


def test_they_say_nothing_of_whom_the_next_words_are_for(claimed):
    fails(claimed)
    claimed.writes(contact=ContactId("max"))
    claimed.claims(BORIS, DialogId("2"))
    claimed.when(c.Focus(operator=BORIS, dialog=DialogId("1"), press="p"))
    claimed.writes(contact=ContactId("max"))

    assert any(isinstance(one, e.ReplyAccepted) for one in claimed.when(PRESS))

    (asked,) = claimed.when(c.Reply(operator=BORIS, message=WORDS, origin=Origin(ContactId(BORIS), NativeId("71"))))
    assert isinstance(asked, e.TargetAsked)


def test_they_may_fail_and_be_sent_once_more_again(claimed):
    fails(claimed)
    claimed.when(PRESS)
    claimed.when(c.RecordDelivery(contact=ANN, message=MessageId("1.3"), status=DeliveryStatus.FAILED, words=WORDS))

    again = c.Choose(operator=BORIS, ask=retry_of(MessageId("1.3")), dialog=DialogId("1"), press="p")

    assert any(isinstance(one, e.ReplyAccepted) for one in claimed.when(again))


def test_what_was_passed_to_a_colleague_or_finished_is_not_said_to_anybody(claimed, refusal):
    fails(claimed)
    vera = OperatorId("503")
    claimed.when(c.TakeOver(operator=vera, dialog=DialogId("1"), version=claimed.dialog().version, press="p"))
    assert refusal(claimed.when(PRESS)).why is Refusal.TAKEN
    claimed.closes(vera)
    assert refusal(claimed.when(PRESS)).why is Refusal.CLOSED


def test_no_press_sends_what_has_arrived_or_cannot_be_said_again(claimed, refusal):
    fails(claimed, words=None)
    assert refusal(claimed.when(PRESS)).why is Refusal.ASK_GONE
    fails(claimed, DeliveryStatus.SENT)
    assert claimed.rows.operators[BORIS].failed == ()


def test_few_are_kept(claimed):
    for _ in range(FAILED_MOST + 3):
        fails(claimed)

    kept = claimed.rows.operators[BORIS].failed

    assert [one.ask for one in kept] == [retry_of(MessageId(f"1.{n}")) for n in range(5, FAILED_MOST + 5)]
