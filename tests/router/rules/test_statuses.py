"""What a vendor says of our messages goes forward only, whatever comes first, and never to another client's."""

from itertools import permutations

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, DialogId, MessageId, NativeId, OperatorId
from gateway.model.outgoing import DeliveryStatus
from gateway.router.decide import decide
from gateway.router.rules.delivery import stage_of
from gateway.router.state.delivery import EARLY, STATUSES
from gateway.router.state.needs import further_needs, needs

ANNA = OperatorId("501")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
SHOP = AccountId("shop")
SENT, DELIVERED, READ = DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ
FAILED, UNKNOWN = DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN


@pytest.fixture
def talk(core):
    """Maria has written (1.1), Anna has answered twice (1.2 and 1.3)."""
    core.writes()
    core.claims(ANNA)
    core.says(ANNA)
    core.says(ANNA, "И ещё")
    return core


@pytest.fixture
def hears(core):
    def hears(
        status: DeliveryStatus, message: str | None = "1.2", native: str = "w2", contact: ContactId = MARIA
    ) -> list[e.Event]:
        problem = "no" if status is FAILED else None
        told = None if message is None else MessageId(message)
        return core.when(
            c.ReceiveStatus(contact=contact, native=NativeId(native), status=status, message=told, problem=problem)
        )

    return hears


@pytest.fixture
def ends(core):
    def ends(status: DeliveryStatus = SENT, message: str = "1.2", native: str = "w2", **more: object) -> list[e.Event]:
        natives = () if status in {FAILED, UNKNOWN} else (NativeId(native),)
        for one in natives:
            core.rows.know(SHOP, MARIA, one, MessageId(message))
        command = c.RecordDelivery(contact=MARIA, message=MessageId(message), status=status, natives=natives, **more)
        return core.when(command)

    return ends


def statuses(events: list[e.Event]) -> list[DeliveryStatus]:
    return [one.status for one in events if isinstance(one, e.DeliveryChanged)]


def test_statuses_go_forward_and_each_is_told_once(talk, ends, hears):
    ends()
    told = [statuses(hears(one)) for one in (SENT, DELIVERED, DELIVERED, SENT, READ, DELIVERED, READ)]
    assert told == [[], [DELIVERED], [], [], [READ], [], []]
    assert talk.dialog().read_to == 2


@pytest.mark.parametrize("order", [*permutations(["send", SENT, DELIVERED, READ])])
def test_in_whatever_order_they_come_the_last_word_is_read_and_nothing_goes_back(talk, ends, hears, order):
    ranks = [SENT, DELIVERED, READ]
    told = [one for step in order for one in statuses(ends() if step == "send" else hears(step))]
    assert told[-1] is READ
    assert [ranks.index(one) for one in told] == sorted({ranks.index(one) for one in told})
    assert stage_of(talk.dialog(), MessageId("1.2")) is READ
    assert talk.dialog().unsettled.keys() == {"1.3"}


@pytest.mark.parametrize("order", [*permutations(["send", SENT, FAILED])])
def test_a_failure_is_the_end_and_is_told_with_its_reason(talk, ends, hears, order):
    events = [one for step in order for one in (ends() if step == "send" else hears(step))]
    assert statuses(events)[-1] is FAILED
    assert statuses(events).count(FAILED) == 1
    assert [one.problem for one in events if one.status is FAILED] == ["no"]
    assert statuses(hears(READ)) == []


def test_a_message_whose_answer_was_lost_is_settled_by_its_first_status(talk, ends, hears):
    assert statuses(ends(UNKNOWN, problem="lost")) == [UNKNOWN]
    [told] = hears(SENT)
    assert (told.status, told.native) == (SENT, "w2")
    assert statuses(hears(DELIVERED)) == [DELIVERED]


def test_what_the_vendor_has_told_is_not_made_doubtful_by_a_lost_answer(talk, ends, hears):
    origin = talk.dialog().unsettled[MessageId("1.2")]
    [told] = hears(DELIVERED)
    assert told.origin == origin
    assert ends(UNKNOWN, problem="lost") == []
    assert stage_of(talk.dialog(), MessageId("1.2")) is DELIVERED


def test_what_a_send_has_lost_is_told_though_its_status_came_first(talk, ends, hears):
    hears(DELIVERED)
    [told] = ends(problem="sent without the quoted words")
    assert (told.status, told.problem) == (DELIVERED, "sent without the quoted words")


def test_a_part_that_was_refused_is_told_though_another_was_delivered(talk, ends, hears):
    hears(DELIVERED)
    assert statuses(ends(FAILED, problem="no (1 of its 2 parts arrived)")) == [FAILED]


def test_one_that_was_read_says_nothing_of_those_before(talk, ends, hears):
    ends()
    ends(message="1.3", native="w3")
    assert statuses(hears(READ, "1.3", "w3")) == [READ]
    assert statuses(hears(FAILED, "1.2")) == [FAILED], "the one before may have failed all the same"
    assert statuses(hears(DELIVERED, "1.2")) == []


def test_a_status_by_the_vendors_id_alone_is_found_by_the_native_map(talk, ends, hears):
    ends()
    [told] = hears(DELIVERED, None)
    assert told.id == "1.2"


def test_a_status_of_what_nobody_knows_yet_waits_for_the_sends_own_answer(talk, ends, hears):
    assert [type(one).__name__ for one in hears(SENT, None)] == ["StatusHeard"]
    assert [type(one).__name__ for one in hears(DELIVERED, None)] == ["StatusHeard"]
    hears(DELIVERED, None, "foreign")
    told = ends()
    assert [(one.id, one.status) for one in told] == [("1.2", SENT), ("1.2", DELIVERED)]
    assert [one.native for one in talk.dialog().early] == ["foreign"]
    assert statuses(hears(DELIVERED)) == []
    ends(message="1.3", native="w3")
    assert talk.dialog().early == (), "no answer is on its way any more"
    assert hears(DELIVERED, None, "foreign") == []


def test_what_waits_is_bounded(talk, hears, ends):
    for number in range(EARLY + 5):
        hears(SENT, None, f"n{number}")
    assert len(talk.dialog().early) == EARLY
    for number in range(4, 4 + STATUSES + 5):
        talk.says(ANNA, "ещё")
        hears(DELIVERED, f"1.{number}", f"w{number}")
    assert len(talk.dialog().heard) == STATUSES


@pytest.mark.parametrize("forged", ["1.1", "1.99", "7.1", "1", "", ".", "x.y", "01.2", f"1.{'9' * 5000}"])
def test_a_status_of_what_is_not_ours_is_nothing(talk, hears, forged):
    command = c.ReceiveStatus(contact=MARIA, native=NativeId("w"), status=READ, message=MessageId(forged))
    first = needs(talk.rows, command, SHOP)
    assert further_needs(talk.rows, command, SHOP, first).originals == frozenset()
    assert hears(READ, forged, "w") == []


def test_another_accounts_status_is_not_ours(talk):
    command = c.ReceiveStatus(contact=MARIA, native=NativeId("w2"), status=READ, message=MessageId("1.2"))
    assert decide(talk.rows, command, talk.now, line="sales", account=AccountId("other")) == []


def test_a_native_id_of_another_client_is_nothing(talk, ends, hears):
    talk.writes(IVAN, name="Иван")
    ends()
    assert hears(READ, None, "w2", IVAN) == []


def test_a_status_opens_no_dialog_and_touches_a_closed_one_only_where_it_should(talk, ends, hears):
    ends()
    talk.closes(ANNA)
    assert statuses(hears(READ)) == [READ]
    assert not talk.dialog().is_open
    assert hears(READ, None, "w9", IVAN) == []
    assert set(talk.rows.dialogs) == {DialogId("1")}
