"""Clients whom nobody serves: whoever leaves, their clients are back in the queue, and the queue is somebody's."""

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import ContactId, DialogId, LineId, OperatorId
from gateway.model.state import DialogState, Line, ReleaseReason, Unserved
from gateway.router.rules.queue import IGNORED_MS, RINGING, TOLD_EVERY_MS
from tests.router.conftest import ANNA, BORIS, IVAN, MARIA, SALES, VERA

ONE = DialogId("1")
SERVICE = LineId("service")
MINUTE = 60_000
ALL = (ANNA, BORIS, VERA)


def of(events, kind):
    return [one for one in events if isinstance(one, kind)]


def only(events, kind):
    (found,) = of(events, kind)
    return found


# ── back to the queue ─────────────────────────────────────────────────────────────────────────────────


def test_the_owner_returns_a_dialog_and_anybody_may_claim_it_with_all_that_is_unanswered(core, kinds):
    core.writes(text="Первое")
    core.claims(BORIS)
    core.says(BORIS, "Здравствуйте!")
    core.writes(text="Второе")
    core.writes(text="Третье")
    released = core.when(c.Release(operator=BORIS, dialog=ONE, version=core.dialog().version, press="p"))
    assert kinds(released) == ["DialogReleased", "PressAccepted"]
    assert (core.dialog().state, core.dialog().owner) == (DialogState.RETURNED, None)
    assert core.rows.operators[BORIS].dialogs == ()
    assert core.rows.operators[BORIS].current is None
    claimed = only(core.claims(ANNA), e.DialogClaimed)
    assert [one.message.text for one in claimed.backlog] == ["Второе", "Третье"]


def test_who_waits_in_the_queue_again_stands_there_since_their_first_unanswered_words(core):
    core.writes()
    core.claims(BORIS)
    core.says(BORIS)
    core.writes(after_ms=MINUTE)
    waits = core.now
    core.now += 10 * MINUTE
    core.when(c.Release(operator=BORIS, dialog=ONE))
    assert core.rows.queue(SALES) == {ONE: waits}


@pytest.mark.parametrize("version", [None, 1])
def test_a_dialog_is_returned_once(core, refusal, version):
    core.writes()
    core.claims(BORIS)
    core.when(c.Release(operator=BORIS, dialog=ONE))
    why = Refusal.UNCLAIMED if version is None else Refusal.STALE
    assert refusal(core.when(c.Release(operator=BORIS, dialog=ONE, version=version))).why is why


def test_a_stale_button_returns_nothing(core, refusal):
    core.writes()
    core.claims(BORIS)
    stale = c.Release(operator=BORIS, dialog=ONE, version=core.dialog().version - 1, press="p")
    assert refusal(core.when(stale)).why is Refusal.STALE
    assert core.dialog().owner == BORIS


def test_others_dialogs_are_returned_by_supervisors_and_admins_only(core, refusal):
    core.writes()
    core.claims(ANNA)
    assert refusal(core.when(c.Release(operator=BORIS, dialog=ONE))).why is Refusal.NOT_YOURS
    released = only(core.when(c.Release(operator=VERA, dialog=ONE)), e.DialogReleased)
    assert (released.operator, released.by) == (ANNA, VERA)


def test_words_typed_behind_a_return_reach_nobody(core, refusal):
    core.writes()
    core.claims(BORIS)
    core.when(c.Release(operator=BORIS, dialog=ONE))
    assert refusal(core.says(BORIS)).why is Refusal.NO_CURRENT
    assert core.left == []


def test_an_answered_client_who_comes_back_to_the_queue_is_closed_by_the_clock_as_with_an_owner(core):
    core.writes()
    core.claims(BORIS)
    core.says(BORIS)
    core.when(c.Release(operator=BORIS, dialog=ONE))
    assert of(core.passes(4 * 60 * MINUTE), e.DialogClosed)


def test_whoever_takes_an_answered_client_has_the_whole_time(core):
    core.writes()
    core.claims(BORIS)
    core.says(BORIS)
    core.when(c.Release(operator=BORIS, dialog=ONE))
    core.passes(3 * 60 * MINUTE)
    core.claims(ANNA)
    assert core.dialog().state is DialogState.ANSWERED
    assert not of(core.passes(2 * 60 * MINUTE), e.DialogClosed)


# ── who leaves, and what they leave ───────────────────────────────────────────────────────────────────


def leaves(core, how: str):
    """Boris is away for good, in one of the ways there are."""
    match how:
        case "blocks the bot":
            return core.when(c.Leave(operator=BORIS, gone=True))
        case "is dismissed":
            return core.when(c.Dismiss(operator=ANNA, person=BORIS))
        case "hands back":
            return [*core.goes(BORIS), *core.when(c.HandBack(operator=BORIS, back=True))]
    return core.when(c.ChangePerson(operator=ANNA, person=BORIS, lines=(SERVICE,)))


@pytest.mark.parametrize("how", ["blocks the bot", "is dismissed", "hands back", "serves other lines"])
@pytest.mark.parametrize("answered", [False, True])
def test_whoever_leaves_their_clients_are_in_the_queue_at_once(core, how, answered):
    core.rows.lines[SERVICE] = Line(id=SERVICE, title="Сервис")
    for contact in (MARIA, IVAN):
        core.writes(contact)
    for dialog in ("1", "2"):
        core.claims(BORIS, dialog)
        if answered:
            core.says(BORIS, dialog=dialog)
    leaves(core, how)
    released = of(core.passes(1), e.DialogReleased)
    assert {one.dialog for one in released} == {"1", "2"}
    assert {one.operator for one in released} == {BORIS}
    assert {one.rings for one in released} == {not answered}
    assert set(core.rows.queue(SALES)) == {"1", "2"}
    assert core.rows.operators[BORIS].dialogs == ()
    core.claims(ANNA)
    assert core.dialog().owner == ANNA


@pytest.mark.parametrize("how", ["blocks the bot", "is dismissed", "hands back", "serves other lines"])
def test_what_another_has_stays_theirs(core, how):
    core.rows.lines[SERVICE] = Line(id=SERVICE, title="Сервис")
    core.writes()
    core.claims(ANNA)
    leaves(core, how)
    assert core.passes(60 * MINUTE) == []
    assert core.dialog().owner == ANNA


def test_of_very_many_that_come_back_at_once_only_the_last_few_ring(core):
    for number in range(3 * RINGING):
        core.writes(ContactId(f"c{number}"))
        core.claims(BORIS, str(number + 1))
    core.when(c.Leave(operator=BORIS, gone=True))
    released = of(core.passes(1), e.DialogReleased)
    assert len(released) == 3 * RINGING
    assert sum(one.rings for one in released) == RINGING


def test_whoever_goes_off_duty_and_keeps_their_dialogs_has_the_lines_time_to_answer_who_waits(core):
    core.writes()
    core.claims(BORIS)
    core.goes(BORIS)
    core.when(c.HandBack(operator=BORIS, back=False))
    assert not of(core.passes(15 * MINUTE - 1), e.DialogReleased)
    assert only(core.passes(1), e.DialogReleased).why is ReleaseReason.SILENT


def test_an_answered_client_stays_with_who_is_off_duty_until_they_write(core):
    core.writes()
    core.claims(BORIS)
    core.says(BORIS)
    core.goes(BORIS)
    assert not of(core.passes(60 * MINUTE), e.DialogReleased)
    core.writes(text="Ещё вопрос")
    assert not of(core.passes(15 * MINUTE - 1), e.DialogReleased)
    assert only(core.passes(1), e.DialogReleased).why is ReleaseReason.SILENT


def test_back_on_duty_in_time_nothing_comes_back(core):
    core.writes()
    core.claims(BORIS)
    core.goes(BORIS)
    core.passes(10 * MINUTE)
    core.goes(BORIS, on=True)
    assert not of(core.passes(60 * MINUTE), e.DialogReleased)


def test_an_answer_from_off_duty_keeps_the_dialog(core):
    core.writes()
    core.claims(BORIS)
    core.goes(BORIS)
    core.passes(10 * MINUTE)
    core.says(BORIS)
    assert not of(core.passes(60 * MINUTE), e.DialogReleased)


def test_what_is_claimed_after_a_shift_was_handed_back_stays(core):
    core.writes()
    core.claims(BORIS)
    leaves(core, "hands back")
    core.passes(1)
    core.claims(BORIS)
    assert not of(core.passes(10 * MINUTE), e.DialogReleased)


def test_an_old_question_of_an_ended_shift_does_nothing_in_the_next(core, refusal):
    core.writes()
    core.claims(BORIS)
    core.goes(BORIS)
    core.goes(BORIS, on=True)
    assert refusal(core.when(c.HandBack(operator=BORIS, back=True, press="p"))).why is Refusal.STALE
    assert not of(core.passes(60 * MINUTE), e.DialogReleased)


def test_a_time_of_nought_brings_them_back_at_once(core):
    core.rows.lines[SALES] = replace(core.rows.lines[SALES], off_duty_ms=0)
    core.writes()
    core.claims(BORIS)
    core.goes(BORIS)
    assert of(core.passes(1), e.DialogReleased)


def test_who_unblocks_the_bot_before_the_queue_has_it_keeps_nothing_that_has_returned(core):
    core.writes()
    core.claims(BORIS)
    core.when(c.Leave(operator=BORIS, gone=True))
    core.passes(1)
    core.when(c.Leave(operator=BORIS, gone=False))
    assert core.dialog().owner is None


# ── taking over ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("senior", [ANNA, VERA])
def test_supervisors_and_admins_take_over_and_get_what_nobody_has_answered(core, senior):
    core.writes(text="Первое")
    core.claims(BORIS)
    core.writes(text="Второе")
    before = core.dialog().version
    taken = only(core.when(c.TakeOver(operator=senior, dialog=ONE, version=before, press="p")), e.DialogClaimed)
    assert (taken.operator, taken.former) == (senior, BORIS)
    assert [one.message.text for one in taken.backlog] == ["Первое", "Второе"]
    assert core.dialog().owner == senior
    assert core.dialog().version > before
    assert core.rows.operators[BORIS].dialogs == ()
    assert core.rows.operators[BORIS].current is None
    assert core.rows.operators[senior].current == ONE
    assert core.dialog().state is DialogState.WAITING, "to take a dialog over answers nobody"


def test_words_of_the_former_owner_behind_a_take_over_reach_nobody(core, refusal):
    core.writes()
    core.claims(BORIS)
    core.when(c.TakeOver(operator=VERA, dialog=ONE))
    assert refusal(core.says(BORIS, dialog="1")).why is Refusal.TAKEN
    assert core.left == []


def test_an_operator_takes_nobody_over_and_a_stale_button_neither(core, refusal):
    core.writes()
    core.claims(ANNA)
    assert refusal(core.when(c.TakeOver(operator=BORIS, dialog=ONE))).why is Refusal.FORBIDDEN
    stale = c.TakeOver(operator=VERA, dialog=ONE, version=core.dialog().version - 1)
    assert refusal(core.when(stale)).why is Refusal.STALE
    assert refusal(core.when(c.TakeOver(operator=ANNA, dialog=ONE))).why is Refusal.ALREADY_YOURS
    assert core.dialog().owner == ANNA


def test_what_an_answered_dialog_is_stays_when_it_is_taken_over(core):
    core.writes()
    core.claims(BORIS)
    core.says(BORIS)
    core.when(c.TakeOver(operator=VERA, dialog=ONE))
    assert core.dialog().state is DialogState.ANSWERED


# ── a client whom nobody has claimed ──────────────────────────────────────────────────────────────────


def skips(core, *operators: OperatorId) -> None:
    for operator in operators:
        core.when(c.Decline(operator=operator, dialog=ONE, version=core.dialog().version))


def test_whom_all_have_skipped_rings_again_after_the_quiet_time_and_seniors_hear_of_it_once(core):
    core.writes()
    skips(core, *ALL)
    quiet = core.rows.lines[SALES].quiet_ms
    assert not of(core.passes(quiet - 1), e.DialogReviewed)
    reviewed = only(core.passes(1), e.DialogReviewed)
    assert (reviewed.why, reviewed.rings, reviewed.tells) == (Unserved.SKIPPED, True, True)
    assert core.dialog().declined == ()
    skips(core, *ALL)
    again = [one for one in of(core.passes(3 * quiet), e.DialogReviewed) if one.why is Unserved.SKIPPED]
    assert [(one.rings, one.tells) for one in again] == [(True, False)]


def test_one_who_has_not_skipped_still_has_the_card(core):
    core.writes()
    skips(core, ANNA, BORIS)
    assert {one.why for one in of(core.passes(10 * MINUTE), e.DialogReviewed)} == {None}
    assert set(core.dialog().declined) == {ANNA, BORIS}


def test_the_last_one_who_has_not_skipped_goes_off_duty(core):
    core.writes()
    skips(core, ANNA, BORIS)
    core.goes(VERA)
    assert Unserved.SKIPPED in {one.why for one in of(core.passes(10 * MINUTE), e.DialogReviewed)}


def test_a_client_who_goes_on_writing_does_not_put_off_the_next_ring(core):
    core.writes()
    skips(core, *ALL)
    quiet = core.rows.lines[SALES].quiet_ms
    rang = 0
    for _ in range(10):
        core.writes()
        rang += sum(one.rings for one in of(core.passes(quiet // 2), e.DialogReviewed))
    assert rang


def test_whom_somebody_has_a_card_of_and_does_not_answer_rings_again_and_seniors_hear_once(core):
    core.writes()
    reviews = of(core.passes(5 * 60 * MINUTE), e.DialogReviewed)
    rings = [one for one in reviews if one.rings]
    assert {one.why for one in rings} == {Unserved.IGNORED}
    assert len(rings) > 3
    assert sum(one.tells for one in reviews) == 1
    assert len(reviews) < 20, "ever more seldom"


@pytest.mark.parametrize("how", ["off duty", "gone", "other lines", "nobody at all"])
def test_where_nobody_is_on_duty_it_is_told_once_an_hour_for_the_whole_line(core, how):
    core.rows.lines[SERVICE] = Line(id=SERVICE, title="Сервис")
    for operator in ALL:
        row = core.rows.operators[operator]
        match how:
            case "off duty":
                core.rows.operators[operator] = replace(row, on_duty=False)
            case "gone":
                core.rows.operators[operator] = replace(row, gone=True)
            case "other lines":
                core.rows.operators[operator] = replace(row, lines=(SERVICE,))
            case _:
                del core.rows.operators[operator]
    for number in range(5):
        core.writes(ContactId(f"c{number}"))
    told = of(core.passes(TOLD_EVERY_MS - 1), e.LineUnattended)
    assert [(one.line, one.waiting) for one in told] == [(SALES, 5)]
    core.writes(ContactId("another"))
    assert len(of(core.passes(TOLD_EVERY_MS), e.LineUnattended)) == 1


@pytest.mark.parametrize("how", ["off duty", "blocks the bot", "is dismissed"])
def test_the_last_one_to_go_while_clients_wait_is_told_at_once(core, how):
    core.rows.lines[SERVICE] = Line(id=SERVICE, title="Сервис")
    core.writes()
    core.writes(IVAN)
    for other in (ANNA, VERA):
        core.rows.operators[other] = replace(core.rows.operators[other], on_duty=False)
    events = core.goes(BORIS) if how == "off duty" else leaves(core, how)
    told = only(events, e.LineUnattended)
    assert (told.line, told.waiting, told.operator) == (SALES, 2, BORIS)


def test_the_clients_of_whom_leaves_count_as_waiting(core):
    core.writes()
    core.claims(BORIS)
    for other in (ANNA, VERA):
        core.rows.operators[other] = replace(core.rows.operators[other], on_duty=False)
    told = only(core.when(c.Leave(operator=BORIS, gone=True)), e.LineUnattended)
    assert told.waiting == 1


def test_who_is_not_the_last_or_leaves_nobody_waiting_hears_of_nothing(core):
    core.writes()
    assert not of(core.goes(BORIS), e.LineUnattended)
    core.claims(ANNA)
    core.says(ANNA)
    core.goes(VERA)
    assert not of(core.goes(ANNA), e.LineUnattended)


def test_off_twice_is_told_once(core):
    core.writes()
    for other in (ANNA, VERA):
        core.goes(other)
    assert of(core.goes(BORIS), e.LineUnattended)
    assert not of(core.goes(BORIS), e.LineUnattended)


def test_a_claimed_client_is_reviewed_by_nobody(core):
    core.writes()
    core.claims(BORIS)
    assert not of(core.passes(IGNORED_MS * 10), e.DialogReviewed)
