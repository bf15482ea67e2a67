"""What a dialog's row remembers is bounded, and how long contacts and invites are kept."""

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, DialogId, MessageId, NativeId, OperatorId, number_of
from gateway.model.messages import Message, Profile
from gateway.model.outgoing import DeliveryStatus, Template
from gateway.model.state import Contact, Invite
from gateway.router.plan import KEEP_CONTACT_SECONDS, plan
from gateway.router.rules.echoes import ECHOES
from gateway.router.state.dialogs import REPLIES
from gateway.router.state.evolve import evolve
from gateway.router.state.rows import Changes, Rows
from tests.router.conftest import KEYS, MARIA, SHOP, STAFF

ANNA, ONE = OperatorId("501"), DialogId("1")
FORMER = ContactId("before")


@pytest.fixture
def talk(core):
    core.writes()
    core.claims(ANNA)
    return core


def test_of_very_many_answers_the_newest_are_remembered(talk):
    for number in range(REPLIES + 50):
        talk.says(ANNA, f"слова {number}")
    dialog = talk.dialog()
    assert len(dialog.replies) == len(dialog.unsettled) == len(dialog.leaving) == REPLIES
    assert [number_of(one) for one in dialog.unsettled] == list(dialog.replies)
    assert max(dialog.replies) == dialog.messages
    # The newest is still known by what came back, and settled.
    talk.when(c.RecordDelivery(MARIA, MessageId(f"1.{dialog.messages}"), DeliveryStatus.SENT, natives=("n",)))
    assert len(talk.dialog().unsettled) == REPLIES - 1


def test_of_very_many_that_were_taken_back_the_newest_are_remembered(talk):
    for _ in range(REPLIES + 50):
        talk.says(ANNA, "ой")
        talk.when(c.DeleteReply(operator=ANNA, message_id=MessageId(f"1.{talk.dialog().messages}")))
    dialog = talk.dialog()
    assert len(dialog.deleted) == REPLIES
    assert dialog.deleted[-1] == dialog.messages


def test_of_very_many_templates_the_newest_are_remembered(talk):
    talk.when(c.RecordTemplates(ONE, ANNA, (Template("hello", "ru", "Здравствуйте!", 0),)))
    for _ in range(REPLIES + 50):
        talk.when(c.SayTemplate(operator=ANNA, template="hello", dialog=ONE))
    dialog = talk.dialog()
    assert len(dialog.by_template) == REPLIES
    assert dialog.by_template[-1] == dialog.messages


def test_what_comes_back_waits_up_to_a_bound_and_then_is_somebodys_words(talk, kinds):
    talk.says(ANNA, "слова")
    before = talk.dialog().messages
    told = [
        kinds(talk.when(c.ReceiveEcho(MARIA, Message(NativeId(f"e{number}"), text=f"эхо {number}"))))
        for number in range(ECHOES + 3)
    ]
    assert told == [["EchoHeld"]] * ECHOES + [["AnsweredElsewhere"]] * 3
    assert len(talk.dialog().echoes) == ECHOES
    assert talk.dialog().messages == before + 3


@pytest.mark.parametrize(
    ("more", "written"),
    [
        ({}, [("EXPIRE", MARIA, KEEP_CONTACT_SECONDS), ("EXPIRE", FORMER, KEEP_CONTACT_SECONDS)]),
        ({"dialog": ONE}, [("PERSIST", MARIA), ("PERSIST", FORMER)]),
        ({"blocked": True}, [("PERSIST", MARIA), ("PERSIST", FORMER)]),
    ],
    ids=["silent", "open dialog", "blocked"],
)
def test_a_contact_stays_for_half_a_year_after_the_last_dialog_and_the_ids_before_as_long(more, written):
    rows, changes, key = Rows(STAFF), Changes(), (SHOP, MARIA)
    rows.contacts[key] = Contact(account=SHOP, id=MARIA, profile=Profile(name="Мария"), former=(FORMER,), **more)
    changes.contacts.add(key)
    commands = plan(KEYS, rows, changes, [], sequence=0)[1:]
    assert commands == [(name, KEYS.contact(AccountId("shop"), who), *rest) for name, who, *rest in written]


def test_an_invite_whose_time_is_over_goes_when_there_is_another(core):
    until = core.now + 1000
    for digest, ends in (("old", until), ("long", until + 10_000)):
        core.when(c.MakeInvite(operator=ANNA, digest=digest, role=c.Role.OPERATOR, lines=(), expires_at=ends))
    rows, changes = core.rows, Changes()
    assert set(rows.invites) == {"old", "long"}
    new = Invite("new", c.Role.OPERATOR, (), until + 10_000, ANNA)
    evolve(rows, changes, e.InviteMade(invite=new), until)
    assert set(rows.invites) == {"long", "new"}
    assert ("HDEL", KEYS.invites, "old") in plan(KEYS, rows, changes, [], sequence=0)
