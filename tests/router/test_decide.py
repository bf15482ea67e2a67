"""The rules of a dialog, each as given … when … then."""

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role, View
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, ContactId, DialogId, FileId, MessageId, NativeId, OperatorId
from gateway.model.messages import FileState, Media, MediaKind, Message, Profile, ReplyTo, Unsupported
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import CloseReason, DialogState, Operator
from gateway.model.timers import Timer
from gateway.router.state.dialogs import BACKLOG

ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
SHOP = AccountId("shop")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
ONE, TWO = DialogId("1"), DialogId("2")
PHOTO = Media(kind=MediaKind.PHOTO, remote="AgAC-photo", size=1000)
HOUR = 3600 * 1000


def test_first_words_open_a_dialog_and_the_next_go_into_it(core, kinds):
    assert kinds(core.writes()) == ["DialogOpened", "MessageReceived"]
    assert kinds(core.writes()) == ["MessageReceived"]
    assert core.dialog().state is DialogState.NEW
    assert core.dialog().messages == 2


def test_another_client_gets_another_number(core):
    core.writes(MARIA)
    core.writes(IVAN, name="Иван")
    assert (core.dialog("1").contact, core.dialog("2").contact) == (MARIA, IVAN)


def test_a_bare_start_opens_nothing_but_its_payload_is_kept_for_the_dialog(core, kinds):
    start = c.Receive(
        contact=MARIA, message=Message(text="/start spring"), profile=Profile(name="Мария"), start="spring"
    )
    assert kinds(core.when(start)) == ["ContactStarted"]
    opened = core.writes()[0]
    assert isinstance(opened, e.DialogOpened)
    assert opened.start == "spring"
    assert core.dialog().start == "spring"


def test_life_of_a_dialog_walks_through_the_states(core):
    core.writes()
    assert core.dialog().state is DialogState.NEW
    core.claims(ANNA)
    assert core.dialog().state is DialogState.CLAIMED
    core.writes(text="Вы тут?")
    assert core.dialog().state is DialogState.WAITING
    core.says(ANNA)
    assert core.dialog().state is DialogState.ANSWERED
    core.writes(text="А ещё?")
    assert core.dialog().state is DialogState.WAITING_AGAIN
    core.says(ANNA)
    assert core.dialog().state is DialogState.ANSWERED
    core.closes(ANNA)
    assert core.dialog().state is DialogState.CLOSED
    assert core.dialog().reason is CloseReason.OPERATOR


def test_of_two_claims_the_first_wins_and_the_second_hears_the_winners_name(core, refusal):
    core.writes()
    core.claims(ANNA, version=1)
    refused = refusal(core.claims(BORIS, version=1))
    assert (refused.why, refused.by, refused.press) == (Refusal.TAKEN, ANNA, "p")
    assert core.dialog().owner == ANNA


def test_pressing_claim_twice_is_refused_quietly(core, refusal):
    core.writes()
    core.claims(ANNA)
    assert refusal(core.claims(ANNA)).why is Refusal.ALREADY_YOURS


def test_a_claim_delivers_the_backlog(core):
    core.writes(text="раз")
    core.writes(text="два")
    claimed = core.claims(ANNA)[0]
    assert isinstance(claimed, e.DialogClaimed)
    assert [one.message.text for one in claimed.backlog] == ["раз", "два"]
    assert core.dialog().backlog == ()


def test_a_long_backlog_keeps_the_newest_and_counts_the_rest(core):
    for number in range(BACKLOG + 5):
        core.writes(text=str(number))
    claimed = core.claims(ANNA)[0]
    assert isinstance(claimed, e.DialogClaimed)
    assert (len(claimed.backlog), claimed.cut) == (BACKLOG, 5)
    assert claimed.backlog[-1].message.text == str(BACKLOG + 4)


def test_further_words_of_an_unclaimed_client_ring_once_per_quiet_period(core):
    core.writes()
    rings = []
    for after in (1_000, 1_000, 60_000, 1_000):
        rings.append(core.writes(after_ms=after)[-1].rings)
    assert rings == [False, False, True, False]


def test_words_after_a_claim_do_not_ring(core):
    core.writes()
    core.claims(ANNA)
    assert core.writes(after_ms=HOUR)[-1].rings is False


def test_a_new_message_after_the_close_opens_a_new_dialog_that_knows_its_parent(core):
    core.writes()
    core.claims(ANNA)
    core.closes(ANNA)
    opened = core.writes()[0]
    assert isinstance(opened, e.DialogOpened)
    assert (opened.dialog, opened.parent) == (TWO, ONE)
    assert core.dialog("2").owner is None


def test_decline_hides_the_card_from_one_operator_and_changes_nothing_else(core, kinds):
    core.writes()
    happened = core.when(c.Decline(operator=BORIS, dialog=ONE, version=1, press="p"))
    assert kinds(happened) == ["DialogDeclined", "PressAccepted"]
    assert core.dialog().declined == (BORIS,)
    assert core.dialog().state is DialogState.NEW
    assert core.dialog().version == 1


def test_a_stale_button_is_refused(core, refusal):
    core.writes()
    core.claims(ANNA, version=1)
    assert refusal(core.when(c.Close(operator=ANNA, dialog=ONE, version=1))).why is Refusal.STALE


def test_only_the_owner_or_a_senior_may_close(core, refusal):
    core.writes()
    assert refusal(core.closes(BORIS)).why is Refusal.UNCLAIMED
    core.claims(ANNA)
    refused = refusal(core.closes(BORIS))
    assert (refused.why, refused.by) == (Refusal.NOT_YOURS, ANNA)
    core.closes(VERA)
    assert core.dialog().state is DialogState.CLOSED


@pytest.mark.parametrize(
    "command",
    [
        c.Claim(operator=ANNA, dialog=ONE, version=3),
        c.Decline(operator=ANNA, dialog=ONE, version=3),
        c.Close(operator=ANNA, dialog=ONE, version=3),
        c.Focus(operator=ANNA, dialog=ONE),
        c.Reply(operator=ANNA, dialog=ONE, message=Message(text="поздно")),
        c.EditReply(operator=ANNA, message_id=MessageId("1.2"), message=Message(text="поздно")),
    ],
)
def test_on_a_closed_dialog_everything_but_history_is_refused(core, refusal, command):
    core.writes()
    core.claims(ANNA)
    core.says(ANNA)
    core.closes(ANNA)
    assert refusal(core.when(command)).why is Refusal.CLOSED


def test_history_of_a_closed_dialog_is_shown(core, kinds):
    core.writes()
    core.claims(ANNA)
    core.closes(ANNA)
    assert kinds(core.when(c.Look(operator=BORIS, view=View.HISTORY, dialog=ONE, press="p"))) == [
        "ViewAsked",
        "PressAccepted",
    ]


def test_the_losers_words_reach_nobody(core, refusal):
    core.writes()
    core.claims(ANNA)
    refused = refusal(core.says(BORIS, "Я отвечу", dialog="1"))
    assert (refused.why, refused.by) == (Refusal.TAKEN, ANNA)
    assert refused.origin is not None


def test_replying_to_the_card_of_an_unclaimed_dialog_claims_it(core, kinds):
    core.writes()
    assert kinds(core.says(BORIS, dialog="1")) == ["DialogClaimed", "FocusChanged", "ReplyAccepted"]
    assert core.dialog().owner == BORIS


def test_text_goes_to_the_current_dialog(core):
    core.writes()
    core.claims(ANNA)
    accepted = core.says(ANNA)[0]
    assert isinstance(accepted, e.ReplyAccepted)
    assert (accepted.dialog, accepted.id, accepted.held) == (ONE, "1.2", False)


def test_text_without_any_dialog_is_refused(core, refusal):
    assert refusal(core.says(ANNA)).why is Refusal.NO_CURRENT


def test_when_another_client_has_written_the_bot_asks_and_the_answer_sends_it(core, kinds):
    core.writes(MARIA)
    core.writes(IVAN, name="Иван")
    core.claims(ANNA, "1")
    assert kinds(core.says(ANNA)) == ["ReplyAccepted"]
    core.claims(ANNA, "2")
    core.writes(MARIA, after_ms=1_000)
    asked = core.says(ANNA, "Кому это?", after_ms=14_000)
    assert kinds(asked) == ["TargetAsked"]
    assert asked[0].choices == (("1", "Мария"), ("2", "Иван"))
    chosen = core.when(c.Choose(operator=ANNA, ask=asked[0].ask, dialog=ONE, press="p"))
    assert kinds(chosen) == ["TargetChosen", "FocusChanged", "ReplyAccepted", "PressAccepted"]
    assert chosen[2].message.text == "Кому это?"
    assert chosen[2].dialog == ONE
    assert kinds(core.says(ANNA, "И ещё")) == ["ReplyAccepted"]


def test_after_a_claim_the_text_goes_to_the_new_current_dialog_at_once(core, kinds):
    core.writes(MARIA)
    core.writes(IVAN, name="Иван")
    core.claims(ANNA, "1")
    core.claims(ANNA, "2")
    accepted = core.says(ANNA)
    assert kinds(accepted) == ["ReplyAccepted"]
    assert accepted[0].dialog == TWO


def test_after_the_current_dialog_is_closed_the_bot_asks_among_the_rest(core, kinds):
    core.writes(MARIA)
    core.writes(IVAN, name="Иван")
    core.claims(ANNA, "1")
    core.claims(ANNA, "2")
    core.closes(ANNA, "2")
    assert kinds(core.says(ANNA, after_ms=HOUR)) == ["TargetAsked"]


def test_a_dropped_question_cannot_be_answered_twice(core, refusal):
    core.writes(MARIA)
    core.writes(IVAN, name="Иван")
    core.claims(ANNA, "1")
    core.claims(ANNA, "2")
    core.writes(MARIA)
    ask = core.says(ANNA)[0].ask
    core.when(c.Choose(operator=ANNA, ask=ask, dialog=None, press="p"))
    assert refusal(core.when(c.Choose(operator=ANNA, ask=ask, dialog=ONE))).why is Refusal.ASK_GONE


def test_a_reply_with_a_photo_waits_for_its_file_and_later_texts_wait_behind_it(core, kinds):
    core.writes()
    core.claims(ANNA)
    photo = core.says(ANNA, "вот", attachments=(PHOTO,))[0]
    text = core.says(ANNA, "видно?")[0]
    assert (photo.held, text.held) == (True, True)
    file = photo.message.media[0].file
    assert file == "1.2.0"
    happened = core.when(c.RecordFile(message=MessageId("1.2"), file=file, size=10, mime="image/jpeg"))
    assert kinds(happened) == ["AttachmentStored", "ReplyReleased", "ReplyReleased"]
    assert [one.id for one in happened[1:]] == ["1.2", "1.3"]
    assert happened[1].message.media[0].state is FileState.STORED
    assert core.dialog().held == ()


def test_a_reply_whose_file_is_lost_fails_and_lets_the_rest_go(core, kinds):
    core.writes()
    core.claims(ANNA)
    core.says(ANNA, "", attachments=(PHOTO,))
    core.says(ANNA, "текст")
    happened = core.when(c.RecordFile(message=MessageId("1.2"), file=FileId("1.2.0"), problem="too big"))
    assert kinds(happened) == ["AttachmentFailed", "DeliveryChanged", "ReplyReleased"]
    assert (happened[1].status, happened[1].problem) == (DeliveryStatus.FAILED, "too big")
    assert happened[2].id == "1.3"
    assert core.dialog().held == ()


def test_a_held_reply_leaves_even_if_the_dialog_was_closed_meanwhile(core, kinds):
    core.writes()
    core.claims(ANNA)
    core.says(ANNA, "", attachments=(PHOTO,))
    core.closes(ANNA)
    happened = core.when(c.RecordFile(message=MessageId("1.2"), file=FileId("1.2.0"), size=1))
    assert kinds(happened) == ["AttachmentStored", "ReplyReleased"]


def test_an_edit_of_a_held_reply_changes_what_will_leave(core):
    core.writes()
    core.claims(ANNA)
    core.says(ANNA, "опечтака", attachments=(PHOTO,))
    core.when(
        c.EditReply(operator=ANNA, message_id=MessageId("1.2"), message=Message(text="опечатка", attachments=(PHOTO,)))
    )
    happened = core.when(c.RecordFile(message=MessageId("1.2"), file=FileId("1.2.0"), size=1))
    assert happened[1].message.text == "опечатка"


def test_the_clients_photo_is_named_and_marked_in_the_backlog(core):
    received = core.writes(text="", attachments=(PHOTO,))[-1]
    assert received.message.media[0].file == "1.1.0"
    core.when(c.RecordFile(message=MessageId("1.1"), file=FileId("1.1.0"), size=7, mime="image/png"))
    claimed = core.claims(ANNA)[0]
    assert claimed.backlog[0].message.media[0].state is FileState.STORED


def test_what_cannot_be_passed_on_is_refused_by_name(core, refusal):
    core.writes()
    core.claims(ANNA)
    refused = refusal(core.says(ANNA, "", attachments=(Unsupported(of="poll"),)))
    assert (refused.why, refused.detail) == (Refusal.CANNOT_SEND_KIND, "poll")
    assert refusal(core.says(ANNA, "   ")).why is Refusal.EMPTY


def test_delivery_finds_where_the_operator_wrote_it(core):
    core.writes()
    core.claims(ANNA)
    accepted = core.says(ANNA)[0]
    delivered = core.when(c.RecordDelivery(contact=MARIA, message=accepted.id, status=DeliveryStatus.SENT))[0]
    assert delivered.origin == accepted.origin
    assert core.dialog().unsettled == {}


def test_an_edit_finds_its_message_and_an_old_one_stays_an_orphan(core):
    core.writes(text="бля")
    core.claims(ANNA)
    native = NativeId("101")
    edited = core.when(c.ReceiveEdit(contact=MARIA, message=Message(native=native, text="будьте добры")))[0]
    assert (edited.dialog, edited.id) == (ONE, "1.1")
    orphan = core.when(c.ReceiveEdit(contact=MARIA, message=Message(native=NativeId("7"), text="?")))[0]
    assert (orphan.dialog, orphan.id) == (None, None)


def test_an_edit_changes_the_words_that_wait(core):
    core.writes(text="бля")
    core.when(c.ReceiveEdit(contact=MARIA, message=Message(native=NativeId("101"), text="будьте добры")))
    assert core.dialog().backlog[0].message.text == "будьте добры"


def test_an_edit_that_is_first_heard_is_words_where_nobody_answers_yet(core):
    words = Message(native=NativeId("7"), text="ответьте, пожалуйста")
    opened, received = core.when(c.ReceiveEdit(contact=MARIA, message=words))
    assert isinstance(opened, e.DialogOpened)
    assert (received.id, received.message.text) == ("1.1", "ответьте, пожалуйста")
    again = core.when(c.ReceiveEdit(contact=MARIA, message=Message(native=NativeId("7"), text="жду")))
    assert [(type(one), one.id) for one in again] == [(e.MessageEdited, "1.1")]
    other = core.when(c.ReceiveEdit(contact=MARIA, message=Message(native=NativeId("6"), text="и ещё")))
    assert [(type(one), one.id) for one in other] == [(e.MessageReceived, "1.2")]


def test_an_edit_carries_what_was_and_one_that_changes_nothing_is_no_event(core):
    core.writes(text="Мира 5")
    core.claims(ANNA)
    same = Message(native=NativeId("101"), at=7, text="Мира 5")
    assert core.when(c.ReceiveEdit(contact=MARIA, message=same)) == []
    (edited,) = core.when(c.ReceiveEdit(contact=MARIA, message=replace(same, text="Мира 7")))
    assert (edited.former.text, edited.message.text) == ("Мира 5", "Мира 7")
    assert core.when(c.ReceiveEdit(contact=MARIA, message=replace(same, text="Мира 7"))) == []
    (back,) = core.when(c.ReceiveEdit(contact=MARIA, message=same))
    assert back.former.text == "Мира 7"


def test_a_message_that_comes_after_its_edit_is_nothing_new(core):
    said = Message(native=NativeId("7"), text="ответьте, пожалуйста")
    core.when(c.ReceiveEdit(contact=MARIA, message=said))
    assert core.when(c.Receive(contact=MARIA, message=replace(said, text="ответте"))) == []
    assert core.dialog().messages == 1
    (other,) = core.when(c.Receive(contact=MARIA, message=replace(said, native=NativeId("8"))))
    assert isinstance(other, e.MessageReceived)


def test_a_quote_is_resolved_to_our_message(core):
    core.writes(text="раз")
    received = core.writes(text="это", reply_to=ReplyTo(native=NativeId("101")))[-1]
    assert received.message.reply_to.message == "1.1"


def test_reactions_and_deletes_open_no_dialog(core, kinds):
    core.writes()
    assert kinds(core.when(c.ReceiveReaction(contact=MARIA, native=NativeId("101"), emojis=("👍",)))) == [
        "ReactionChanged"
    ]
    assert kinds(core.when(c.ReceiveDelete(contact=MARIA, natives=(NativeId("101"), NativeId("5"))))) == [
        "MessageDeleted"
    ]
    assert kinds(core.when(c.ReceiveReaction(contact=IVAN, native=NativeId("1"), emojis=()))) == ["NoticeRaised"]
    assert core.rows.number == 1


def test_block_stops_the_contact_and_closes_the_dialog(core, kinds):
    core.writes()
    core.claims(ANNA)
    happened = core.when(c.Block(operator=ANNA, dialog=ONE, version=2, press="p"))
    assert kinds(happened) == ["ContactBlocked", "DialogClosed", "PressAccepted"]
    assert core.dialog().reason is CloseReason.BLOCKED
    assert core.rows.contacts[(AccountId("shop"), MARIA)].blocked
    assert kinds(core.writes()) == ["NoticeRaised"]


def test_unblock_lets_the_contact_write_again(core, kinds, refusal):
    core.writes()
    core.claims(ANNA)
    core.when(c.Block(operator=ANNA, dialog=ONE, version=2))
    assert kinds(core.when(c.Unblock(operator=BORIS, dialog=ONE))) == ["ContactUnblocked"]
    assert refusal(core.when(c.Unblock(operator=BORIS, dialog=ONE))).why is Refusal.NOT_BLOCKED
    assert kinds(core.writes()) == ["DialogOpened", "MessageReceived"]


def test_an_operator_may_not_block_the_client_of_another(core, refusal):
    core.writes()
    core.claims(ANNA)
    assert refusal(core.when(c.Block(operator=BORIS, dialog=ONE, version=2))).why is Refusal.NOT_YOURS


def test_write_again_opens_a_dialog_owned_by_who_asks(core, kinds):
    core.writes()
    core.claims(ANNA)
    core.closes(ANNA)
    happened = core.when(c.WriteAgain(operator=BORIS, dialog=ONE, press="p"))
    assert kinds(happened) == ["DialogOpened", "FocusChanged", "PressAccepted"]
    assert (core.dialog("2").owner, core.dialog("2").state) == (BORIS, DialogState.CLAIMED)
    assert kinds(core.says(BORIS)) == ["ReplyAccepted"]


def test_write_again_is_refused_while_a_dialog_is_open_or_the_client_is_away(core, refusal):
    core.writes()
    core.claims(ANNA)
    core.closes(ANNA)
    core.when(c.ReceiveReach(contact=MARIA, reachable=False))
    assert refusal(core.when(c.WriteAgain(operator=BORIS, dialog=ONE))).why is Refusal.UNREACHABLE
    core.writes()
    core.claims(ANNA, "2")
    refused = refusal(core.when(c.WriteAgain(operator=BORIS, dialog=ONE)))
    assert (refused.why, refused.by, refused.dialog) == (Refusal.OPEN_ELSEWHERE, ANNA, TWO)


def test_a_client_who_blocked_the_bot_cannot_be_answered_until_they_write(core, refusal, kinds):
    core.writes()
    core.claims(ANNA)
    core.when(c.ReceiveReach(contact=MARIA, reachable=False))
    assert refusal(core.says(ANNA)).why is Refusal.UNREACHABLE
    assert kinds(core.writes()) == ["ReachChanged", "MessageReceived"]
    assert kinds(core.says(ANNA)) == ["ReplyAccepted"]


def test_notes_change_no_state_and_leave_nothing_for_the_client(core, kinds):
    core.writes()
    core.claims(ANNA)
    core.writes(text="жду")
    assert kinds(core.when(c.AddNote(operator=ANNA, text="проверить склад"))) == ["NoteAdded"]
    assert core.dialog().state is DialogState.WAITING


def test_strangers_get_in_only_by_a_fresh_invite_and_only_once(core, refusal, kinds):
    guest, other = OperatorId("777"), OperatorId("778")
    assert refusal(core.says(guest)).why is Refusal.NOT_STAFF
    profile = Profile(name="Глеб", language="ru")
    assert refusal(core.when(c.Enter(operator=guest, profile=profile))).why is Refusal.NOT_STAFF
    core.when(
        c.MakeInvite(operator=OperatorId("cli"), digest="d", role=Role.OPERATOR, lines=(), expires_at=core.now + 10)
    )
    assert kinds(core.when(c.Enter(operator=guest, profile=profile, invite="d"))) == [
        "InviteUsed",
        "OperatorEntered",
        "DutyChanged",
    ]
    assert core.rows.operators[guest].role is Role.OPERATOR
    assert refusal(core.when(c.Enter(operator=other, profile=profile, invite="d"))).why is Refusal.INVITE_INVALID


def test_an_expired_invite_lets_nobody_in(core, refusal):
    core.when(c.MakeInvite(operator=ANNA, digest="d", role=Role.OPERATOR, lines=(), expires_at=core.now + 10))
    command = c.Enter(operator=OperatorId("777"), profile=Profile(name="Глеб"), invite="d")
    assert refusal(core.when(command, after_ms=10)).why is Refusal.INVITE_INVALID


def test_only_admins_invite(core, refusal):
    command = c.MakeInvite(operator=BORIS, digest="d", role=Role.ADMIN, lines=(), expires_at=core.now + 10)
    assert refusal(core.when(command)).why is Refusal.FORBIDDEN


def test_an_operator_of_another_line_is_refused(core, refusal):
    core.rows.operators[BORIS] = Operator(id=BORIS, name="Борис", role=Role.OPERATOR, lines=("support",), entered=True)
    core.writes()
    assert refusal(core.claims(BORIS)).why is Refusal.NOT_YOUR_LINE


def test_auto_close_runs_only_while_the_operators_word_is_last(core):
    core.writes()
    assert set(core.deadlines()) == {Timer.REVIEW}
    core.claims(ANNA)
    core.says(ANNA)
    due = core.now + 4 * HOUR
    assert core.deadlines() == {Timer.AUTO_CLOSE: due}
    core.writes(text="ещё вопрос")
    assert core.when(c.Expire(dialog=ONE, timer=Timer.AUTO_CLOSE, due=due), after_ms=5 * HOUR) == []
    core.says(ANNA)
    later = core.deadlines()[Timer.AUTO_CLOSE]
    closed = core.when(c.Expire(dialog=ONE, timer=Timer.AUTO_CLOSE, due=later), after_ms=4 * HOUR)
    assert closed == [e.DialogClosed(dialog=ONE, reason=CloseReason.AUTO)]


def test_an_account_parked_and_back(core, kinds):
    assert kinds(core.when(c.RecordAccount(parked=True, problem="token revoked"))) == ["AccountParked"]
    assert kinds(core.when(c.RecordAccount(parked=False))) == ["AccountResumed"]


def test_settings_make_admins_and_lines_once(core, kinds):
    line = c.ConfigureLine(line="support", title="Поддержка", auto_close_ms=0, quiet_ms=1000)
    assert kinds(core.when(line)) == ["LineConfigured"]
    assert core.when(line) == []
    assert kinds(core.when(c.ConfigureAdmin(operator=BORIS))) == ["AdminConfigured"]
    assert core.when(c.ConfigureAdmin(operator=BORIS)) == []


def test_a_dialog_knows_which_one_it_is_and_who_answered_in_the_one_before(core):
    core.writes()
    core.claims(BORIS)
    core.closes(BORIS)
    core.writes(text="Это снова я")
    assert (core.dialog("2").nth, core.dialog("2").former) == (2, BORIS)
    core.claims(ANNA, "2")
    core.closes(ANNA, "2")
    core.when(c.WriteAgain(operator=BORIS, dialog=DialogId("2"), press="p"))
    assert (core.dialog("3").nth, core.dialog("3").former) == (3, ANNA)
    assert (core.dialog("1").nth, core.dialog("1").former) == (1, None)


def test_of_a_client_from_before_they_were_counted_no_number_is_made_up(core):
    core.writes()
    core.claims(ANNA)
    core.closes(ANNA)
    core.rows.contacts[SHOP, MARIA] = replace(core.rows.contacts[SHOP, MARIA], dialogs=0, last_owner=None)
    for number in ("2", "3"):
        core.writes(text="Это снова я")
        assert core.dialog(number).nth == 0
        core.claims(BORIS, number)
        core.closes(BORIS, number)
    assert core.dialog("3").former == BORIS
