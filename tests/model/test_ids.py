"""Composed ids come apart as they were put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import ids

numbers = st.integers(1, 10**12)
people = st.integers(1, 2**52).map(str)


@given(numbers, numbers, people, st.integers(0, 9))
def test_what_is_put_together_comes_apart(dialog, number, operator, part):
    owner = ids.OperatorId(operator)
    in_dialog = ids.dialog_id(dialog)
    message = ids.message_id(in_dialog, number)
    file = ids.file_id(message, part)
    assert ids.dialog_of(message) == in_dialog
    assert ids.number_of(message) == number
    assert ids.message_of_file(file) == message
    assert ids.number_of_file(file) == part
    assert not ids.is_replacement(file)
    for sent in (ids.sent_to_client(message), ids.copy_at(message, owner), ids.copy_at(message, owner, part)):
        assert ids.dialog_of_sent(sent) == in_dialog
        assert ids.message_of_sent(sent) == message
    card = ids.card_at(in_dialog, owner)
    assert (ids.dialog_of_sent(card), ids.message_of_sent(card)) == (in_dialog, None)


@pytest.mark.parametrize(
    "strange",
    ["", ".", "1", "1.", ".1", "1.0", "0.1", "01.1", "1.01", "1.1#1", "1.1.0", "1.-1", "1.1\n", " 1.1", "1.٣"],
)
def test_what_is_no_messages_id_has_no_number(strange):
    assert ids.number_of(ids.MessageId(strange)) == 0
    assert ids.number_of(ids.MessageId(f"{'9' * 5000}.1")) == 0


@given(st.text(alphabet="0123456789.#-٣", max_size=12))
def test_only_ids_as_we_write_them_have_a_number(text):
    number = ids.number_of(ids.MessageId(text))
    assert number == 0 or text == ids.message_id(ids.dialog_of(ids.MessageId(text)), number)


@given(numbers, st.integers(1, 2**44))
def test_a_replaced_file_still_names_its_message(dialog, moment):
    message = ids.message_id(ids.dialog_id(dialog), 3)
    file = ids.file_id(message, 1, edited_at=moment)
    assert ids.is_replacement(file)
    assert (ids.message_of_file(file), ids.number_of_file(file)) == (message, 1)


def test_the_bots_own_sentences_belong_to_no_dialog():
    sent = ids.notice_at("help.1", ids.OperatorId("5"))
    assert (ids.dialog_of_sent(sent), ids.message_of_sent(sent)) == (None, None)


def test_entries_are_ordered_by_number_and_not_by_letters():
    assert ids.entry_after(ids.EntryId("10-0"), ids.EntryId("9-5"))
    assert ids.entry_after(ids.EntryId("9-10"), ids.EntryId("9-9"))
    assert not ids.entry_after(ids.EntryId("9-9"), ids.EntryId("9-9"))
    assert ids.moment_of(ids.EntryId("1700000000000-3")) == 1_700_000_000_000
