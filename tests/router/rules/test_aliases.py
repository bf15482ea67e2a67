"""A client whose number or id changes is the same client: in the same dialog, and found by what was said before."""

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message, Profile
from gateway.model.outgoing import SendMessage
from gateway.router.rules.aliases import LEFT_MS
from gateway.router.state.needs import Needs, further_needs, needs
from gateway.router.state.rows import followed

ANNA = OperatorId("501")
SHOP = AccountId("shop")
OLD, NEW, HIDDEN = ContactId("79210000001"), ContactId("79210000002"), ContactId("RU.1")


@pytest.fixture
def writes(core):
    def writes(contact: ContactId, text: str = "Добрый день", also: ContactId | None = None) -> list[e.Event]:
        core.number = getattr(core, "number", 0) + 1
        message = Message(native=NativeId(f"w{core.number}"), at=core.now, text=text)
        return core.when(c.Receive(contact, message, Profile(name="Мария", phone=f"+{contact}"), also=also))

    return writes


@pytest.fixture
def moves(core):
    return lambda contact, former: core.when(c.ReceiveAlias(contact=contact, former=former))


def test_a_new_number_goes_on_in_the_same_dialog_and_is_written_to(core, writes, moves, kinds):
    writes(OLD)
    core.claims(ANNA)
    [moved] = moves(NEW, OLD)
    assert (moved.dialog, moved.told) == ("1", True)
    assert core.dialog().contact == NEW
    assert kinds(writes(NEW)) == ["ProfileChanged", "MessageReceived"]
    core.says(ANNA)
    assert [(one.contact, type(one.job)) for one in core.left if isinstance(one.job, SendMessage)] == [
        (NEW, SendMessage)
    ]


def test_what_still_comes_from_the_old_number_is_theirs_too(core, writes, moves, kinds):
    writes(OLD)
    moves(NEW, OLD)
    assert kinds(writes(OLD)) == ["MessageReceived"]
    assert core.dialog().contact == NEW
    assert set(core.rows.dialogs) == {"1"}


def test_a_number_that_was_given_up_is_somebody_elses_some_day(core, writes, moves, kinds):
    writes(OLD)
    moves(NEW, OLD)
    core.now += LEFT_MS + 1
    assert kinds(writes(OLD, "Я другой")) == ["DialogOpened", "MessageReceived"]
    assert core.dialog("2").contact == OLD
    assert core.rows.contacts[SHOP, OLD].now is None


def test_who_comes_back_to_their_old_number_is_still_the_same(core, writes, moves, kinds):
    writes(OLD)
    moves(NEW, OLD)
    moves(OLD, NEW)
    assert core.dialog().contact == OLD
    assert kinds(writes(OLD)) == ["MessageReceived"]
    assert followed(core.rows, SHOP, NEW) == OLD


def test_a_change_of_somebody_unknown_or_told_again_is_nothing(core, writes, moves):
    assert moves(NEW, OLD) == []
    writes(OLD)
    assert len(moves(NEW, OLD)) == 1
    assert moves(NEW, OLD) == []
    assert moves(NEW, NEW) == []


def test_who_hides_their_number_later_is_known_by_the_other_id(core, writes, kinds):
    assert kinds(writes(OLD, also=HIDDEN)) == ["ContactMoved", "DialogOpened", "MessageReceived"]
    assert kinds(writes(OLD, also=HIDDEN)) == ["MessageReceived"]
    assert kinds(writes(HIDDEN)) == ["ProfileChanged", "MessageReceived"]
    assert core.dialog().contact == OLD


def test_who_tells_their_number_later_goes_on_in_the_same_dialog(core, writes, kinds):
    writes(HIDDEN)
    assert kinds(writes(OLD, also=HIDDEN)) == ["ContactMoved", "ProfileChanged", "MessageReceived"]
    assert core.dialog().contact == OLD
    assert core.dialog().messages == 2
    assert core.rows.contacts[SHOP, OLD].dialog == "1"


def test_the_other_id_follows_the_number(core, writes, moves, kinds):
    writes(OLD, also=HIDDEN)
    moves(NEW, OLD)
    assert kinds(writes(HIDDEN)) == ["ProfileChanged", "MessageReceived"]
    assert core.dialog().contact == NEW
    [moved, *_] = writes(NEW, also=HIDDEN)
    assert isinstance(moved, e.ContactMoved)
    assert core.rows.contacts[SHOP, HIDDEN].now == NEW


def test_two_open_dialogs_stay_two_until_one_is_finished(core, writes, moves, kinds):
    writes(HIDDEN)
    writes(OLD)
    assert kinds(writes(OLD, also=HIDDEN)) == ["MessageReceived"]
    [told] = moves(OLD, HIDDEN)
    assert isinstance(told, e.NoticeRaised)
    assert (core.dialog("1").contact, core.dialog("2").contact) == (HIDDEN, OLD)
    core.claims(ANNA, "1")
    core.closes(ANNA, "1")
    assert kinds(writes(OLD, also=HIDDEN)) == ["ContactMoved", "MessageReceived"]
    assert followed(core.rows, SHOP, HIDDEN) == OLD


def test_a_blocked_client_stays_blocked_under_a_new_number(core, writes, moves, kinds):
    writes(OLD)
    core.when(c.Block(operator=ANNA, dialog="1", version=core.dialog().version, press="p"))
    moves(NEW, OLD)
    assert kinds(writes(NEW)) == ["NoticeRaised"]


def test_a_block_is_of_the_person_whatever_they_write_and_under_whichever_id(core, writes, kinds):
    """Words, corrections and reactions; and the intake stops every id of theirs, so that no flood gets in."""
    writes(NEW, also=HIDDEN)
    core.when(c.Block(operator=ANNA, dialog="1", version=core.dialog().version, press="p"))
    assert core.rows.contacts[SHOP, HIDDEN].blocked
    for whom in (NEW, HIDDEN):
        message = Message(native=NativeId("w1"), at=core.now, text="иначе")
        assert kinds(core.when(c.ReceiveEdit(whom, message))) == ["NoticeRaised"]
        assert kinds(core.when(c.ReceiveReaction(contact=whom, native=NativeId("w1"), emojis=("👍",)))) == [
            "NoticeRaised"
        ]
        assert kinds(writes(whom)) == ["NoticeRaised"]
    # An id that nobody has heard of yet is theirs from its first word on.
    other = ContactId("RU.2")
    assert kinds(writes(other, also=NEW)) == ["ContactMoved", "NoticeRaised"]
    assert core.rows.contacts[SHOP, other].blocked
    assert set(core.rows.dialogs) == {"1"}
    core.when(c.Unblock(operator=ANNA, dialog="1", press="p"))
    assert not any(row.blocked for row in core.rows.contacts.values())
    assert "MessageReceived" in kinds(writes(HIDDEN))


def test_a_number_that_was_given_up_is_not_blocked_for_whom_gets_it(core, writes, moves, kinds):
    writes(OLD)
    moves(NEW, OLD)
    core.when(c.Block(operator=ANNA, dialog="1", version=core.dialog().version, press="p"))
    assert not core.rows.contacts[SHOP, OLD].blocked
    assert kinds(writes(OLD)) == ["NoticeRaised"]
    core.now += LEFT_MS + 1
    assert kinds(writes(OLD, "Я другой")) == ["DialogOpened", "MessageReceived"]


def test_what_was_said_before_is_found_under_the_id_of_then(core, writes, moves):
    writes(OLD)
    core.rows.natives = {(SHOP, OLD, NativeId("w1")): MessageId("1.1")}
    moves(NEW, OLD)
    command = c.ReceiveReaction(contact=NEW, native=NativeId("w1"), emojis=("👍",))
    assert [one.id for one in core.when(command)] == ["1.1"]
    assert [type(one).__name__ for one in core.when(c.ReceiveDelete(OLD, (NativeId("w1"),)))] == ["MessageDeleted"]


def test_the_rows_of_all_their_ids_are_loaded(core, writes, moves):
    writes(OLD, also=HIDDEN)
    moves(NEW, OLD)
    command = c.ReceiveReaction(contact=HIDDEN, native=NativeId("w1"), emojis=())
    first = needs(core.rows, command, SHOP)
    found = further_needs(core.rows, command, SHOP, first)
    assert isinstance(first, Needs)
    assert (SHOP, NEW) in found.contacts
    assert {(SHOP, NEW, "w1"), (SHOP, OLD, "w1")} <= found.natives
    assert "1" in found.dialogs
    both = needs(core.rows, c.Receive(OLD, Message(), also=HIDDEN), SHOP).contacts
    assert both == {(SHOP, OLD), (SHOP, HIDDEN)}
    assert needs(core.rows, c.ReceiveAlias(NEW, OLD), SHOP).contacts == {(SHOP, NEW), (SHOP, OLD)}
