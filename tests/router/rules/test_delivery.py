"""What was read stays read, whoever says what afterwards; and a mark that means nothing does nothing."""

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, DialogId, FileId, MessageId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind
from gateway.model.outgoing import DeliveryStatus, SendReadMark, SendTyping, Urgency
from gateway.router.decide import decide
from gateway.router.plan import TYPING_MS
from gateway.router.state.needs import further_needs, needs

ANNA, BORIS = OperatorId("501"), OperatorId("502")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
SHOP = AccountId("shop")
PHOTO = Media(kind=MediaKind.PHOTO, remote="AgAC-photo", size=1000)


@pytest.fixture
def talk(core):
    """Maria has written (1.1), Anna has answered twice (1.2 and 1.3)."""
    core.writes()
    core.claims(ANNA)
    core.says(ANNA)
    core.says(ANNA, "И ещё")
    return core


@pytest.fixture
def reads(core):
    def reads(message: str | None = None, contact: ContactId = MARIA, **more: object) -> list[e.Event]:
        return core.when(c.ReceiveRead(contact=contact, message=message, **more))

    return reads


@pytest.fixture
def arrives(core):
    def arrives(message: str, status: DeliveryStatus = DeliveryStatus.SENT) -> list[e.Event]:
        return core.when(c.RecordDelivery(contact=MARIA, message=MessageId(message), status=status))

    return arrives


# ── the client reads ──────────────────────────────────────────────────────────────────────────────────


def test_a_mark_is_of_the_newest_message_and_goes_to_where_it_was_written(talk, reads):
    origin = talk.dialog().unsettled[MessageId("1.3")]
    [read] = reads("1.3")
    assert read == e.DeliveryChanged("1", "1.3", DeliveryStatus.READ, origin=origin)
    assert talk.dialog().read_to == 3


def test_where_it_was_written_is_still_known_after_its_result(talk, reads, arrives):
    origin = talk.dialog().unsettled[MessageId("1.3")]
    arrives("1.3")
    assert talk.dialog().unsettled.keys() == {"1.2"}
    [read] = reads("1.3")
    assert read.origin == origin


def test_a_mark_by_the_vendors_id_is_found_by_the_native_map(talk, reads):
    talk.rows.know(SHOP, MARIA, NativeId("900"), MessageId("1.2"))
    [read] = reads(native=NativeId("900"))
    assert (read.id, read.status) == ("1.2", DeliveryStatus.READ)
    assert reads(native=NativeId("901")) == []


def test_a_mark_repeated_or_of_an_older_message_changes_nothing(talk, reads):
    reads("1.3")
    assert reads("1.3") == []
    assert reads("1.2") == []
    assert talk.dialog().read_to == 3


@pytest.mark.parametrize(
    "forged",
    ["1.1", "1.4", "1.99", "2.1", "7.1", "1", "1.3#1", "1.03", "01.3", "", ".", "1.", "x.y", "1.٣", f"1.{'9' * 5000}"],
)
def test_a_mark_of_what_is_not_ours_is_nothing(talk, reads, forged):
    talk.writes(IVAN, name="Иван")
    command = c.ReceiveRead(contact=MARIA, message=MessageId(forged))
    assert needs(talk.rows, command, SHOP).dialogs <= {"1", "2", "7"}
    assert further_needs(talk.rows, command, SHOP, needs(talk.rows, command, SHOP)).originals == frozenset()
    assert reads(forged) == []
    assert talk.dialog().read_to == 0


def test_a_note_is_nothing_that_a_client_can_read(talk, reads):
    talk.when(c.AddNote(operator=ANNA, text="скидка 5 %"))
    assert reads("1.4") == []


def test_nobody_marks_another_clients_dialog(talk, reads):
    talk.writes(IVAN, name="Иван")
    assert reads("1.3", contact=IVAN) == []
    assert talk.rows.dialogs["1"].read_to == 0
    elsewhere = c.ReceiveRead(contact=MARIA, message=MessageId("1.3"))
    assert decide(talk.rows, elsewhere, talk.now, line="sales", account=AccountId("other")) == []


def test_what_waits_for_its_files_cannot_have_been_read(talk, reads):
    talk.says(ANNA, "", attachments=(PHOTO,))
    assert [one.id for one in reads("1.4")] == ["1.3"], "but what stands before it was"
    assert reads("1.4") == []


def test_a_mark_acts_on_a_closed_dialog_and_opens_none(talk, reads):
    talk.closes(ANNA)
    assert [one.id for one in reads("1.3")] == ["1.3"]
    assert talk.rows.number == 1
    assert not talk.dialog().is_open


@pytest.mark.parametrize("late", [one for one in DeliveryStatus if one is not DeliveryStatus.READ])
def test_nothing_that_is_heard_later_makes_it_unread(talk, reads, arrives, late):
    reads("1.3")
    assert arrives("1.3", late) == []
    assert arrives("1.3", DeliveryStatus.READ) == []


def test_a_vendors_own_status_counts_as_a_mark(talk, reads, arrives):
    arrives("1.3", DeliveryStatus.READ)
    assert talk.dialog().read_to == 3
    assert reads("1.3") == []


def test_the_result_of_one_that_a_mark_passed_over_is_read_too_but_a_failure_is_told(talk, reads, arrives):
    reads("1.3")
    [told] = arrives("1.2", DeliveryStatus.SENT)
    assert (told.id, told.status, told.origin is None) == ("1.2", DeliveryStatus.READ, False)
    assert arrives("1.2", DeliveryStatus.SENT) == []
    assert talk.dialog().read_to == 3
    assert talk.dialog().unsettled == {}


def test_the_failure_of_one_that_a_mark_passed_over_is_told(talk, reads, arrives):
    reads("1.3")
    [told] = arrives("1.2", DeliveryStatus.FAILED)
    assert told.status is DeliveryStatus.FAILED


# ── we read, and type ─────────────────────────────────────────────────────────────────────────────────


def test_a_claim_reads_the_newest_words_and_says_that_somebody_is_typing(core):
    core.writes()
    newest = core.writes()[-1].message.native
    claimed = core.claims(ANNA)[0]
    assert claimed.reads == newest
    assert core.dialog().unread is None
    read, typing = core.left
    assert (read.job, read.newest, read.urgency) == (SendReadMark(newest), "read", Urgency.COSMETIC)
    assert (typing.job, typing.newest, typing.urgency) == (SendTyping(newest), "typing", Urgency.COSMETIC)
    assert typing.expires_at == core.now + TYPING_MS
    assert not read.report
    assert not typing.report


def test_an_answer_reads_what_came_meanwhile_and_once_only(core):
    core.writes()
    core.claims(ANNA)
    newest = core.writes()[-1].message.native
    assert core.says(ANNA)[0].reads == newest
    assert SendReadMark(newest) in core.jobs
    assert core.says(ANNA)[0].reads is None
    assert not any(isinstance(one, SendReadMark | SendTyping) for one in core.jobs)


def test_a_claim_by_answering_reads_once_and_types_nothing(core):
    core.writes()
    happened = core.says(BORIS, dialog="1")
    assert [one.reads for one in happened if isinstance(one, e.DialogClaimed | e.ReplyAccepted)] == ["101", None]
    assert [type(one).__name__ for one in core.jobs] == ["SendMessage", "SendReadMark"]


def test_while_an_answer_waits_for_its_file_somebody_is_typing(core):
    core.writes()
    core.claims(ANNA)
    core.says(ANNA, "", attachments=(PHOTO,))
    assert core.jobs == [SendTyping()]
    core.when(c.RecordFile(message=MessageId("1.2"), file=FileId("1.2.0"), size=1))
    assert [type(one).__name__ for one in core.jobs] == ["SendMessage"]


def test_who_is_written_to_first_does_not_see_typing(core):
    core.writes()
    core.claims(ANNA)
    core.closes(ANNA)
    core.when(c.WriteAgain(operator=ANNA, dialog=DialogId("1")))
    core.says(ANNA, "", attachments=(PHOTO,))
    assert core.jobs == []
    core.writes()
    core.says(ANNA, "", attachments=(PHOTO,))
    assert any(isinstance(one, SendTyping) for one in core.jobs)


def test_who_answers_is_named_also_when_the_answer_left_later(core):
    core.writes()
    core.claims(BORIS)
    core.says(BORIS)
    assert core.jobs[0].author == "Борис"
    core.says(BORIS, "", attachments=(PHOTO,))
    core.when(c.RecordFile(message=MessageId("1.3"), file=FileId("1.3.0"), size=1))
    assert core.jobs[0].author == "Борис"
