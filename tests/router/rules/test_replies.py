"""What operators say: quick replies they give, what they take back, emojis they put, and closing in words."""

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Purpose
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, ContactId, DialogId, FileId, MessageId, NativeId, OperatorId
from gateway.model.messages import Button, Media, MediaKind, Message, Origin
from gateway.model.outgoing import DeliveryStatus, SendDelete, SendEdit, SendMessage, SendReaction
from gateway.router.state.dialogs import REPLIES
from gateway.router.state.needs import needs

ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
ONE = DialogId("1")
PHOTO = Media(kind=MediaKind.PHOTO, remote="AgAC-photo", size=1000)
YES, NO = Button("Да", data="q:Да"), Button("Нет", data="q:Нет")
ORIGIN = Origin(ContactId("502"), NativeId("900"))


@pytest.fixture
def talk(core):
    """Maria has written (1.1), Boris has answered (1.2)."""
    core.writes()
    core.claims(BORIS)
    core.says(BORIS, "опечтака")
    return core


@pytest.fixture
def deletes(core):
    def deletes(message: str | None, who: OperatorId = BORIS, **more: object) -> list[e.Event]:
        return core.when(c.DeleteReply(operator=who, message_id=message, origin=ORIGIN, **more))

    return deletes


@pytest.fixture
def reacts(core):
    def reacts(message: str | None, emoji: str | None = "👍", who: OperatorId = BORIS, **more: object) -> list[e.Event]:
        return core.when(c.React(operator=who, message_id=message, emoji=emoji, **more))

    return reacts


def test_where_a_dialog_is_named_the_operators_others_are_not_looked_at(talk):
    for number in ("2", "3", "4"):
        talk.writes(ContactId(f"800{number}"))
        talk.claims(BORIS, number)
    named = c.Reply(operator=BORIS, message=Message(text="Да"), dialog=ONE)
    assert needs(talk.rows, named, None).dialogs == {"1", "4"}, "the one named and the current one"
    unnamed = c.Reply(operator=BORIS, message=Message(text="Да"))
    assert needs(talk.rows, unnamed, None).dialogs == {"1", "2", "3", "4"}, "they may be asked to choose"


# ── quick replies ─────────────────────────────────────────────────────────────────────────────────────


def test_quick_replies_reach_the_client_and_other_buttons_stay_behind(talk):
    other = Button("Claim", data="1:claim:1"), Button("Сайт", url="https://example.com")
    said = talk.says(BORIS, "Удобно?", buttons=((YES, NO), other))[0]
    assert said.message.buttons == ((YES, NO),)
    assert talk.jobs[0].message.buttons == ((YES, NO),)


def test_a_quick_reply_longer_than_a_button_is_refused_by_its_words(talk, refusal):
    fits, long = Button("я" * 31, data="q:" + "я" * 31), Button("я" * 32, data="q:" + "я" * 32)
    assert isinstance(talk.says(BORIS, "?", buttons=((fits,),))[0], e.ReplyAccepted)
    refused = refusal(talk.says(BORIS, "?", buttons=((YES,), (long,))))
    assert (refused.why, refused.detail) == (Refusal.BUTTON_TOO_LONG, long.text)


def test_an_edit_changes_the_quick_replies_too(talk):
    new = Message(text="опечатка", buttons=((YES,),))
    talk.when(c.EditReply(operator=BORIS, message_id=MessageId("1.2"), message=new))
    assert talk.jobs == [SendEdit("1.2", new)]
    talk.says(BORIS, "вот", attachments=(PHOTO,), buttons=((YES,),))
    talk.when(c.EditReply(operator=BORIS, message_id=MessageId("1.3"), message=Message(text="вот!", buttons=((NO,),))))
    assert talk.jobs == []
    released = talk.when(c.RecordFile(message=MessageId("1.3"), file=FileId("1.3.0"), size=1))[1]
    assert (released.message.text, released.message.buttons) == ("вот!", ((NO,),))


# ── taking back ───────────────────────────────────────────────────────────────────────────────────────


def test_a_reply_taken_back_goes_at_the_client(talk, deletes, kinds):
    happened = deletes("1.2", press="p")
    assert kinds(happened) == ["ReplyDeleted", "PressAccepted"]
    assert happened[0] == e.ReplyDeleted("1", "1.2", BORIS, origin=ORIGIN)
    assert talk.jobs == [SendDelete("1.2")]
    assert not talk.left[0].report


def test_its_result_still_finds_where_it_was_written(talk, deletes):
    deletes("1.2")
    [told] = talk.when(c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=DeliveryStatus.SENT))
    assert told.origin is not None


def test_what_is_taken_back_twice_or_edited_afterwards_is_refused(talk, deletes, refusal):
    deletes("1.2")
    assert refusal(deletes("1.2")).why is Refusal.ALREADY_DELETED
    edit = c.EditReply(operator=BORIS, message_id=MessageId("1.2"), message=Message(text="снова"))
    assert refusal(talk.when(edit)).why is Refusal.ALREADY_DELETED


@pytest.mark.parametrize("message", [None, "1.1", "1.3", "1.4", "1.x"])
def test_only_our_own_words_are_taken_back(talk, deletes, refusal, message):
    talk.when(c.AddNote(operator=BORIS, text="заметка"))
    assert refusal(deletes(message)).why is Refusal.NOT_OURS


def test_a_held_reply_taken_back_never_leaves_and_lets_the_rest_go(talk, deletes, kinds):
    talk.says(BORIS, "", attachments=(PHOTO,))
    talk.says(BORIS, "видно?")
    talk.says(BORIS, "", attachments=(PHOTO,))
    happened = deletes("1.3")
    assert kinds(happened) == ["ReplyDeleted", "ReplyReleased"]
    assert (happened[0].held, happened[1].id) == (True, "1.4")
    assert [type(one) for one in talk.jobs] == [SendMessage]
    assert [one.id for one in talk.dialog().held] == ["1.5"]
    assert "1.3" not in talk.dialog().unsettled
    stored = talk.when(c.RecordFile(message=MessageId("1.3"), file=FileId("1.3.0"), size=1))
    assert kinds(stored) == ["AttachmentStored"]
    assert talk.jobs == []


def test_one_that_is_held_behind_another_is_taken_back_alone(talk, deletes, kinds):
    talk.says(BORIS, "", attachments=(PHOTO,))
    talk.says(BORIS, "видно?")
    assert kinds(deletes("1.4")) == ["ReplyDeleted"]
    assert talk.jobs == []
    assert kinds(talk.when(c.RecordFile(message=MessageId("1.3"), file=FileId("1.3.0"), size=1))) == [
        "AttachmentStored",
        "ReplyReleased",
    ]


def test_only_the_owner_or_a_senior_changes_what_was_said(talk, deletes, reacts, refusal):
    assert talk.dialog().owner == BORIS
    other = OperatorId("504")
    talk.rows.operators[other] = type(talk.rows.operators[BORIS])(id=other, name="Глеб", role="operator", entered=True)
    edit = c.EditReply(operator=other, message_id=MessageId("1.2"), message=Message(text="не моё"))
    assert refusal(talk.when(edit)).why is Refusal.NOT_YOURS
    assert refusal(deletes("1.2", other)).why is Refusal.NOT_YOURS
    assert refusal(reacts("1.1", who=other)).why is Refusal.NOT_YOURS
    assert isinstance(reacts("1.1", who=VERA)[0], e.ReactionPut)
    assert isinstance(deletes("1.2", VERA)[0], e.ReplyDeleted)


def test_on_a_closed_dialog_nothing_is_changed(talk, deletes, reacts, refusal):
    talk.closes(BORIS)
    assert refusal(deletes("1.2")).why is Refusal.CLOSED
    assert refusal(reacts("1.1")).why is Refusal.CLOSED


def test_a_very_long_dialog_remembers_its_newest_replies(talk, deletes, refusal):
    for _ in range(REPLIES):
        talk.says(BORIS)
    assert len(talk.dialog().replies) == REPLIES
    assert refusal(deletes("1.2")).why is Refusal.NOT_OURS
    assert isinstance(deletes("1.3")[0], e.ReplyDeleted)


# ── emojis ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_emoji_is_put_on_the_clients_message_and_taken_away(talk, reacts, kinds):
    native = talk.log[1].message.native
    happened = reacts("1.1", press="p")
    assert kinds(happened) == ["ReactionPut", "PressAccepted"]
    assert happened[0] == e.ReactionPut("1", "1.1", BORIS, native, "👍")
    assert talk.jobs == [SendReaction(native, "👍")]
    assert talk.left[0].newest == "reaction:1.1"
    reacts("1.1", None)
    assert talk.jobs == [SendReaction(native, None)]
    assert reacts("1.1", "")[0].emoji is None


@pytest.mark.parametrize("message", [None, "1.2", "1.3", "1.9", "1.x"])
def test_nothing_but_a_clients_message_takes_an_emoji(talk, reacts, refusal, message):
    talk.rows.know(AccountId("shop"), MARIA, NativeId("555"), MessageId("1.2"))
    talk.when(c.AddNote(operator=BORIS, text="заметка"))
    assert refusal(reacts(message)).why is Refusal.NOT_THEIRS


def test_a_message_that_the_messenger_would_not_find_takes_none(talk, reacts, refusal):
    talk.when(c.ReceivePress(contact=MARIA, press="p1", data="q:Да"))
    assert talk.dialog().messages == 3
    assert refusal(reacts("1.3")).why is Refusal.NOT_THEIRS
    talk.rows.forget_natives()
    assert refusal(reacts("1.1")).why is Refusal.NOT_THEIRS


# ── closing in words ──────────────────────────────────────────────────────────────────────────────────


def test_a_typed_close_finishes_the_current_dialog_and_answers_where_it_was_typed(talk):
    [closed] = talk.when(c.Close(operator=BORIS, origin=ORIGIN))
    assert (closed.dialog, closed.origin) == (ONE, ORIGIN)


def test_a_pressed_close_answers_the_press_only(talk):
    closed = talk.when(c.Close(operator=BORIS, dialog=ONE, version=2, origin=ORIGIN, press="p"))[0]
    assert closed.origin is None


def test_where_it_is_not_plain_which_dialog_is_meant_the_bot_asks(talk):
    talk.writes(IVAN, name="Иван")
    talk.claims(BORIS, "2")
    talk.writes()
    [asked] = talk.when(c.Close(operator=BORIS, origin=ORIGIN))
    assert (asked.purpose, asked.choices) == (Purpose.CLOSE, ((ONE, "Мария"), ("2", "Иван")))
    closed = talk.when(c.Choose(operator=BORIS, ask=asked.ask, dialog=DialogId("2")))
    assert [type(one) for one in closed] == [e.TargetChosen, e.DialogClosed]
    assert closed[1].dialog == "2"
    again = replace(ORIGIN, native=NativeId("901"))
    assert isinstance(talk.when(c.Close(operator=BORIS, origin=again))[0], e.TargetAsked), "none is current now"
    turned, named = talk.when(c.Close(operator=BORIS, origin=ORIGIN, dialog=ONE))
    assert [type(turned), type(named)] == [e.FocusChanged, e.DialogClosed], "a reply-to says who is meant"
    assert named.dialog == ONE


def test_a_typed_close_of_somebody_elses_dialog_is_refused(talk, refusal):
    talk.rows.operators[OperatorId("504")] = type(talk.rows.operators[BORIS])(
        id=OperatorId("504"), name="Глеб", role="operator", entered=True
    )
    assert refusal(talk.when(c.Close(operator=OperatorId("504"), dialog=ONE))).why is Refusal.NOT_YOURS
