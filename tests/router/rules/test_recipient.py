"""Whom words are for, rule by rule: section 12 of the design."""

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Purpose
from gateway.model.events import Refusal
from gateway.model.ids import ContactId, DialogId, NativeId, OperatorId
from gateway.model.messages import Message, Origin
from gateway.model.outgoing import Template
from gateway.router.rules.questions import KEEP_MS, MOST, MOST_BYTES, size_of

ANNA, BORIS = OperatorId("501"), OperatorId("502")
GUEST, MARIA, IVAN = ContactId("9000"), ContactId("9001"), ContactId("9002")
ONE, TWO, THREE = DialogId("1"), DialogId("2"), DialogId("3")
ORDER = Template("order_ready", "ru", "Заказ {{1}} готов.", 1)


@pytest.fixture
def three(core):
    """Anna has the dialogs of Мария, Иван and a guest, who is the current one."""
    for number, (contact, name) in enumerate(((MARIA, "Мария"), (IVAN, "Иван"), (GUEST, "Гость")), 1):
        core.writes(contact, name=name, after_ms=1)
        core.claims(ANNA, str(number))
    return core


def went(events) -> list[DialogId]:
    return [one.dialog for one in events if isinstance(one, e.ReplyAccepted)]


def choices(events) -> list[DialogId]:
    [asked] = [one for one in events if isinstance(one, e.TargetAsked)]
    assert went(events) == []
    return [number for number, _ in asked.choices]


def test_who_was_answered_by_reply_to_is_the_current_one_from_then_on(three):
    assert went(three.says(ANNA, "Да", dialog=TWO)) == [TWO]
    assert went(three.says(ANNA, "И ещё", after_ms=60_000)) == [TWO], "not the guest, who was chosen before"


def test_when_another_client_has_written_the_bot_asks_however_soon_or_late_it_is(three):
    three.writes(MARIA, after_ms=1)
    assert choices(three.says(ANNA, after_ms=1)) == [ONE, THREE, TWO], "who spoke last first"
    assert choices(three.says(ANNA, after_ms=3_600_000)) == [ONE, THREE, TWO]


def test_what_the_current_client_writes_makes_nothing_doubtful(three):
    three.writes(GUEST, name="Гость")
    assert went(three.says(ANNA)) == [THREE]


def test_the_answer_to_a_question_sends_it_and_is_not_asked_about_again(three):
    three.writes(MARIA, after_ms=1)
    [asked] = three.says(ANNA, "Сколько?")
    answered = three.when(c.Choose(operator=ANNA, ask=asked.ask, dialog=TWO, press="p"))
    assert went(answered) == [TWO]
    assert went(three.says(ANNA, "И ещё")) == [TWO]


@pytest.mark.parametrize("after_ms", [0, 1_000, 100_000])
def test_a_press_is_an_explicit_choice_whoever_has_written_before(three, after_ms):
    three.writes(IVAN, name="Иван")
    three.when(c.Focus(operator=ANNA, dialog=ONE, press="p"))
    assert went(three.says(ANNA, after_ms=after_ms)) == [ONE]


def test_a_claim_is_a_choice_too(three):
    three.writes(MARIA, after_ms=1)
    three.writes(ContactId("9009"), name="Олег")
    three.claims(ANNA, "4")
    assert went(three.says(ANNA)) == ["4"]


def test_each_word_to_the_current_client_is_a_choice_until_another_writes(three):
    three.writes(MARIA, after_ms=1)
    three.says(ANNA, dialog=THREE)
    assert went(three.says(ANNA)) == [THREE]
    three.writes(MARIA, after_ms=1)
    assert len(choices(three.says(ANNA))) == 3


def test_a_client_who_corrects_their_words_has_written(three):
    message = Message(native=NativeId("101"), at=three.now, text="Добрый вечер")
    three.when(c.ReceiveEdit(contact=MARIA, message=message), after_ms=1)
    assert choices(three.says(ANNA))[0] == ONE


def test_what_nobody_has_claimed_is_no_client_of_this_operator(three):
    three.writes(ContactId("9009"), name="Олег")
    assert went(three.says(ANNA)) == [THREE]


def test_after_an_ending_plain_words_are_for_nobody_even_with_one_client_left(three):
    three.closes(ANNA, "1")
    three.closes(ANNA, "3")
    assert choices(three.says(ANNA)) == [TWO]


@pytest.mark.parametrize("ending", [c.Close, c.Release])
def test_after_an_ending_by_reply_to_plain_words_are_for_nobody_whoever_was_the_current_one(three, ending):
    origin = Origin(ContactId(ANNA), NativeId("900"))
    three.when(ending(operator=ANNA, dialog=ONE, origin=origin))
    assert choices(three.says(ANNA)) == [THREE, TWO]


@pytest.mark.parametrize("ending", [c.Close, c.Release])
def test_so_it_is_for_a_supervisor_who_ends_a_colleagues_dialog_by_reply_to(three, ending):
    three.writes(ContactId("9009"), name="Олег")
    three.claims(BORIS, "4")
    three.when(ending(operator=ANNA, dialog=DialogId("4"), origin=Origin(ContactId(ANNA), NativeId("900"))))
    assert choices(three.says(ANNA)) == [THREE, TWO, ONE]


@pytest.mark.parametrize("ending", [c.Close, c.Release])
def test_after_an_ending_by_a_button_they_are_for_the_current_one_still(three, ending):
    three.when(ending(operator=ANNA, dialog=ONE, version=three.dialog(ONE).version, press="p"))
    assert went(three.says(ANNA)) == [THREE]


def test_other_pages_of_a_question_offer_all_others_and_answer_nothing(three, refusal):
    for number in range(4, 26):
        three.writes(ContactId(f"90{number:02}"), name=f"Клиент {number}")
        three.claims(ANNA, str(number))
    three.writes(MARIA, after_ms=1)
    [asked] = three.says(ANNA, "Сколько?")

    [again, _] = three.when(c.TurnChoices(operator=ANNA, ask=asked.ask, page=2, press="p"))

    assert (again.page, again.again, again.message) == (2, True, asked.message)
    assert choices([again]) == choices([asked])
    assert len(again.choices) == 25
    assert went(three.when(c.Choose(operator=ANNA, ask=asked.ask, dialog=TWO, press="p"))) == [TWO]
    assert refusal(three.when(c.TurnChoices(operator=ANNA, ask=asked.ask, page=1, press="p"))).why is Refusal.ASK_GONE


@pytest.mark.parametrize("again", ["page", "words"])
def test_a_question_that_is_asked_once_more_offers_first_whom_it_named(three, again):
    origin = Origin(ContactId(ANNA), NativeId("900"))
    [asked] = three.when(c.Reply(operator=ANNA, message=Message(text="Да"), origin=origin, among=(TWO,)))
    three.writes(MARIA, after_ms=1)
    command = (
        c.TurnChoices(operator=ANNA, ask=asked.ask)
        if again == "page"
        else c.EditReply(operator=ANNA, message=Message(text="Нет"), message_id=None, origin=origin)
    )
    assert choices(three.when(command)[:1]) == [TWO, ONE, THREE]


def test_a_finished_dialog_is_none_that_may_be_meant(three):
    three.writes(MARIA, after_ms=1)
    three.closes(ANNA, "1")
    assert went(three.says(ANNA)) == [THREE]


def test_with_nobody_left_they_are_refused(three, refusal):
    for number in "123":
        three.closes(ANNA, number)
    assert refusal(three.says(ANNA)).why is Refusal.NO_CURRENT


@pytest.mark.parametrize(("among", "first"), [((ONE, TWO), [TWO, ONE]), ((), [THREE, TWO, ONE])])
def test_an_answer_to_what_names_several_or_nobody_is_asked_about_those_named_first(three, among, first):
    origin = Origin(ContactId(ANNA), NativeId("900"))
    events = three.when(c.Reply(operator=ANNA, message=Message(text="Да"), origin=origin, among=among))
    assert choices(events)[: len(first)] == first


def test_while_a_question_is_open_nothing_overtakes_it_and_when_it_is_dropped_all_is_as_before(three):
    origin = Origin(ContactId(ANNA), NativeId("900"))
    three.when(c.Reply(operator=ANNA, message=Message(text="Раз"), origin=origin, among=()))
    assert len(choices(three.says(ANNA, "Два"))) == 3
    for one in three.rows.operators[ANNA].asks:
        three.when(c.Choose(operator=ANNA, ask=one.ask, dialog=None))
    assert went(three.says(ANNA, "Три")) == [THREE]


def test_an_open_question_does_not_stand_in_the_way_of_an_explicit_choice(three):
    three.writes(MARIA, after_ms=1)
    three.says(ANNA)
    three.when(c.Focus(operator=ANNA, dialog=TWO, press="p"))
    assert went(three.says(ANNA)) == [TWO]


def test_words_that_another_client_was_refused_are_not_followed_by_words_to_the_current_one(three):
    three.writes(ContactId("9009"), name="Олег")
    three.claims(BORIS, "4")
    three.says(ANNA, "Олегу", dialog="4")
    assert len(choices(three.says(ANNA, "И ещё Олегу"))) == 3


@pytest.mark.parametrize(
    ("command", "purpose"),
    [
        (c.Close(operator=ANNA), Purpose.CLOSE),
        (c.AddNote(operator=ANNA, text="заметка"), Purpose.NOTE),
        (c.SayTemplate(operator=ANNA, template="order_ready", values=("5",)), Purpose.TEMPLATE),
        (c.Look(operator=ANNA, view=c.View.TEMPLATES), Purpose.TEMPLATES),
    ],
)
def test_all_that_is_typed_without_a_reply_to_is_asked_about_in_the_same_way(three, command, purpose):
    three.writes(MARIA, after_ms=1)
    origin = Origin(ContactId(ANNA), NativeId("900"))
    [asked] = three.when(replace(command, origin=origin))
    assert asked.purpose is purpose
    assert [number for number, _ in asked.choices] == [ONE, THREE, TWO]


# ── a template that waits for its values ──────────────────────────────────────────────────────────────


@pytest.fixture
def filling(three):
    three.when(c.RecordTemplates(TWO, ANNA, (ORDER,)))
    three.when(c.PickTemplate(operator=ANNA, dialog=TWO, template=ORDER.id, press="p"))
    return three


def test_while_values_are_asked_for_plain_text_is_nobodys_words(filling):
    [asked] = filling.says(ANNA, "1024")
    assert asked.filling.dialog == TWO
    filled = filling.when(c.Choose(operator=ANNA, ask=asked.ask, dialog=TWO, by_template=True))
    [said] = [one for one in filled if isinstance(one, e.ReplyAccepted)]
    assert (said.dialog, said.message.text) == (TWO, "Заказ 1024 готов.")
    assert went(filling.says(ANNA, "Ждём вас")) == [TWO]


def test_they_may_have_been_words_after_all(filling):
    [asked] = filling.says(ANNA, "Добрый день")
    assert went(filling.when(c.Choose(operator=ANNA, ask=asked.ask, dialog=THREE))) == [THREE]
    assert went(filling.says(ANNA)) == [THREE], "and the template waits no longer"


def test_words_by_reply_to_are_not_taken_for_values(filling):
    assert went(filling.says(ANNA, "Добрый день", dialog=ONE)) == [ONE]


# ── what waits is bounded ─────────────────────────────────────────────────────────────────────────────


def test_questions_that_nobody_answers_are_bounded_and_none_goes_in_silence(three):
    three.writes(MARIA, after_ms=1)
    forgotten: list[e.TargetChosen] = []
    for number in range(4 * MOST):
        events = three.says(ANNA, f"слово {number}")
        forgotten += [one for one in events if isinstance(one, e.TargetChosen)]
    kept = three.rows.operators[ANNA].asks
    assert len(kept) == MOST
    texts = [one.forgotten.text for one in forgotten] + [one.message.text for one in kept]
    assert texts == [f"слово {number}" for number in range(4 * MOST)]


def test_long_words_take_no_more_than_their_share_of_the_row(three):
    three.writes(MARIA, after_ms=1)
    for number in range(MOST):
        three.says(ANNA, f"{number}" + "я" * 4_000)
    assert 0 < sum(size_of(one.message) for one in three.rows.operators[ANNA].asks) <= MOST_BYTES


def test_a_question_is_forgotten_after_a_day(three):
    three.writes(MARIA, after_ms=1)
    [old] = three.says(ANNA, "вчера")
    events = three.says(ANNA, "сегодня", after_ms=KEEP_MS)
    assert [one.ask for one in events if isinstance(one, e.TargetChosen)] == [old.ask]
    assert [one.message.text for one in three.rows.operators[ANNA].asks] == ["сегодня"]


def test_corrected_words_are_corrected_where_they_wait(three):
    three.writes(MARIA, after_ms=1)
    [asked] = three.says(ANNA, "Дотсавим")
    edited = c.EditReply(operator=ANNA, message_id=None, message=Message(text="Доставим"), origin=asked.origin)
    [again] = three.when(edited)
    assert (again.ask, again.again, again.message.text) == (asked.ask, True, "Доставим")
    [said] = [
        one
        for one in three.when(c.Choose(operator=ANNA, ask=asked.ask, dialog=ONE))
        if isinstance(one, e.ReplyAccepted)
    ]
    assert said.message.text == "Доставим"
