"""What comes back from the messenger: our own words are known as ours, whenever they come; nobody else's are lost."""

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import ContactId, DialogId, MessageId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind, Message
from gateway.model.outgoing import DeliveryStatus
from gateway.model.timers import Timer
from gateway.router.rules.echoes import WAITS_MS
from gateway.router.state.delivery import DOUBTFUL_KEPT

ANNA = OperatorId("501")
MARIA = ContactId("9001")
ONE = DialogId("1")
REPLY = "Здравствуйте!"


@pytest.fixture
def talk(core):
    """Maria has written (1.1), and Anna's answer (1.2) is on its way."""
    core.writes()
    core.claims(ANNA)
    core.says(ANNA, REPLY)
    return core


@pytest.fixture
def comes_back(talk):
    def comes_back(native: str, text: str = REPLY, **more: object) -> list[e.Event]:
        return talk.when(c.ReceiveEcho(contact=MARIA, message=Message(native=NativeId(native), text=text, **more)))

    return comes_back


@pytest.fixture
def ends(talk):
    def ends(*natives: str, message: str = "1.2", status: DeliveryStatus = DeliveryStatus.SENT) -> list[e.Event]:
        return talk.when(c.RecordDelivery(contact=MARIA, message=MessageId(message), status=status, natives=natives))

    return ends


def test_our_words_that_come_back_before_the_sends_own_answer_are_ours(talk, comes_back, ends, kinds):
    assert kinds(comes_back("n1")) == ["EchoHeld"]
    assert kinds(ends("n1")) == ["DeliveryChanged", "EchoKnown"]
    dialog = talk.dialog()
    assert (dialog.messages, dialog.echoes, dialog.leaving) == (2, (), {})
    assert comes_back("n1") == [], "the vendor repeats itself"


def test_all_the_parts_of_a_long_answer_are_ours(talk, comes_back, ends, kinds):
    for native in ("n1", "n2", "n2", "n3"):
        comes_back(native, f"Часть {native}")
    assert len(talk.dialog().echoes) == 3
    assert kinds(ends("n1", "n2", "n3")) == ["DeliveryChanged", "EchoKnown"]
    assert (talk.dialog().messages, talk.dialog().echoes) == (2, ())


def test_what_a_colleague_wrote_meanwhile_stands_in_the_dialog_as_soon_as_ours_has_an_end(talk, comes_back, ends):
    photo = Media(kind=MediaKind.PHOTO, remote="https://example.com/1")
    comes_back("n1")
    comes_back("n8", "Это Пётр, отвечаю из телефона", attachments=(photo,))
    *_, known, elsewhere = ends("n1")
    assert known == e.EchoKnown(dialog=ONE, natives=("n1",), id="1.2")
    assert (type(elsewhere), elsewhere.id, elsewhere.message.native) == (e.AnsweredElsewhere, "1.3", "n8")
    assert elsewhere.message.media[0].file == "1.3.0"
    assert (talk.dialog().messages, talk.dialog().echoes) == (3, ())


def test_it_waits_for_every_answer_that_is_on_its_way(talk, comes_back, ends, kinds):
    talk.says(ANNA, "И ещё")
    comes_back("n8", "Это Пётр")
    assert kinds(ends("n1")) == ["DeliveryChanged"]
    assert kinds(ends("n2", message="1.3")) == ["DeliveryChanged", "AnsweredElsewhere"]


def test_nothing_waits_longer_than_a_minute(talk, comes_back, kinds):
    comes_back("n8", "Это Пётр")
    due = talk.now + WAITS_MS
    assert talk.when(c.Expire(dialog=ONE, timer=Timer.ECHO, due=due - 1)) == []
    assert kinds(talk.when(c.Expire(dialog=ONE, timer=Timer.ECHO, due=due), after_ms=WAITS_MS)) == ["AnsweredElsewhere"]
    assert talk.when(c.Expire(dialog=ONE, timer=Timer.ECHO, due=due)) == []


def test_a_lost_answer_is_found_by_what_came_back_before_it(talk, comes_back, ends):
    comes_back("n1", f"  {REPLY}\n")
    changed, known = ends(status=DeliveryStatus.UNKNOWN)
    assert (changed.id, changed.status, changed.problem) == ("1.2", DeliveryStatus.SENT, None)
    assert known == e.EchoKnown(dialog=ONE, natives=("n1",), id="1.2")
    assert comes_back("n1") == []


def test_a_lost_answer_is_found_by_what_comes_back_after_it(talk, comes_back, ends, kinds):
    ends(status=DeliveryStatus.UNKNOWN)
    assert kinds(comes_back("n8", "Это Пётр")) == ["AnsweredElsewhere"]
    changed, known = comes_back("n1")
    assert (changed.id, changed.status) == ("1.2", DeliveryStatus.SENT)
    assert (known.id, talk.dialog().doubtful) == ("1.2", {})
    assert kinds(comes_back("n2")) == ["AnsweredElsewhere"], "the same words once more are somebody's"


def test_a_picture_without_words_is_taken_for_none_of_ours(talk, comes_back, ends, kinds):
    ends(status=DeliveryStatus.UNKNOWN)
    assert kinds(comes_back("n8", "")) == ["AnsweredElsewhere"]


def test_what_did_not_arrive_does_not_come_back(talk, comes_back, ends, kinds):
    ends(status=DeliveryStatus.FAILED)
    assert kinds(comes_back("n8")) == ["AnsweredElsewhere"]


def test_a_finished_dialog_gets_no_more_words_and_they_are_told(talk, comes_back, ends, kinds):
    comes_back("n8", "Это Пётр")
    talk.when(c.Close(operator=ANNA, dialog=ONE, version=2))
    assert kinds(ends("n1")) == ["DeliveryChanged", "NoticeRaised", "EchoKnown"]
    assert (talk.dialog().is_open, talk.dialog().echoes) == (False, ())


def test_only_the_newest_doubts_are_remembered(talk, ends):
    for number in range(3, 3 + DOUBTFUL_KEPT):
        talk.says(ANNA, f"Ответ {number}")
    for number in range(2, 3 + DOUBTFUL_KEPT):
        ends(message=f"1.{number}", status=DeliveryStatus.UNKNOWN)
    assert list(talk.dialog().doubtful) == [f"1.{number}" for number in range(3, 3 + DOUBTFUL_KEPT)]
    assert talk.dialog().leaving == {}
