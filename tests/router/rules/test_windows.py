"""The reply window: kept, shown to whoever decides, never outrun by what a person has not said."""

import pytest

from gateway.errors import WINDOW_OVER
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import decode
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, ContactId, DialogId, NativeId, OperatorId
from gateway.model.messages import FileState, Media, MediaKind, Message, Profile, Window
from gateway.model.outgoing import DeliveryStatus, Outbound, SendMessage, SendReadMark, SendTyping
from gateway.model.state import Dialog
from gateway.model.timers import Timer

BORIS, VERA = OperatorId("502"), OperatorId("503")
MARIA = ContactId("9001")
SHOP, ONE = AccountId("shop"), DialogId("1")
HOUR = 3600 * 1000
DAY = 24 * HOUR


@pytest.fixture
def told(core):
    """Maria writes something that opens a window; `human`: for how long a person may still answer."""

    def told(hours: float = 24, *, human: float | None = None, native: str = "1", **more: object) -> list[e.Event]:
        window = Window(core.now + int(hours * HOUR), None if human is None else core.now + int(human * HOUR))
        message = Message(native=NativeId(native), at=core.now, text="Добрый день")
        return core.when(c.Receive(MARIA, message, Profile("Мария"), window=window, **more))

    return told


@pytest.fixture
def due(core):
    """The dialog's timer of the window comes, when it is due."""

    def due(number: str = "1") -> list[e.Event]:
        dialog = core.dialog(number)
        moment = core.deadlines(dialog.id)[Timer.WINDOW]
        core.now = max(core.now, moment)
        return core.when(c.Expire(dialog.id, Timer.WINDOW, moment))

    return due


def test_the_contact_keeps_the_newest_window_and_the_dialog_has_it(core, told, kinds):
    start = core.now
    assert kinds(told()) == ["DialogOpened", "WindowMoved", "MessageReceived"]
    assert core.rows.contacts[(SHOP, MARIA)].window == core.dialog().window == Window(start + DAY)
    assert "WindowMoved" not in kinds(told(23)), "an older message that came late moves nothing back"
    core.now += 60_000
    assert kinds(told()) == ["WindowMoved", "MessageReceived"]
    assert core.dialog().window == Window(start + DAY + 60_000)


def test_each_end_moves_for_itself(core, told):
    told(24, human=168)
    told(25)
    assert core.dialog().window == Window(core.now + 25 * HOUR, core.now + 168 * HOUR)


def test_a_reaction_and_any_press_open_it_too(core, told, kinds):
    told()
    core.now += HOUR
    reaction = c.ReceiveReaction(MARIA, NativeId("1"), ("👍",), Window(core.now + DAY))
    assert kinds(core.when(reaction)) == ["WindowMoved", "ReactionChanged"]
    core.now += HOUR
    pressed = c.ReceivePress(MARIA, "p", "somebody's", window=Window(core.now + DAY))
    assert kinds(core.when(pressed)) == ["WindowMoved", "NoticeRaised"]
    assert core.dialog().window == Window(core.now + DAY)
    core.now += HOUR
    quick = c.ReceivePress(MARIA, "p", "q:да", window=Window(core.now + DAY))
    assert kinds(core.when(quick)) == ["WindowMoved", "MessageReceived"]


@pytest.mark.parametrize(("until", "kept"), [(-(10**18), 0), (10**18, 32_503_680_000_000)])
def test_an_end_that_no_calendar_has_is_brought_within(core, until, kept):
    core.when(c.Receive(MARIA, Message(NativeId("1"), text="?"), Profile("Мария"), window=Window(until, until)))
    assert core.dialog().window == Window(kept, kept)


def test_a_contact_without_a_window_is_answered_as_ever(core, refusal):
    core.writes()
    core.claims(BORIS)
    core.says(BORIS, after_ms=400 * DAY)
    [left] = [one for one in core.left if isinstance(one.job, SendMessage)]
    assert (left.window, core.dialog().window) == (None, None)
    assert set(core.deadlines()) == {Timer.AUTO_CLOSE}


def test_words_are_refused_when_it_is_over_and_go_until_then(core, told, refusal):
    told()
    ends = core.now + DAY
    core.claims(BORIS)
    core.now = ends - 1
    assert core.says(BORIS)
    [left] = [one for one in core.left if isinstance(one.job, SendMessage)]
    assert left.window == Window(ends), "the sender too knows until when"
    core.now = ends
    refused = refusal(core.says(BORIS))
    assert (refused.why, refused.detail, refused.dialog) == (Refusal.WINDOW_OVER, str(ends), ONE)
    assert core.left == []


def test_a_person_may_answer_longer_where_the_messenger_allows_it(core, told, refusal):
    told(24, human=168)
    core.claims(BORIS)
    core.now += 30 * HOUR
    core.says(BORIS)
    assert [type(one.job) for one in core.left] == [SendMessage], "and nothing goes by itself"
    core.now += 140 * HOUR
    assert refusal(core.says(BORIS)).why is Refusal.WINDOW_OVER


def test_a_correction_and_an_emoji_keep_to_the_ordinary_end(core, told, refusal):
    told(24, human=168)
    core.claims(BORIS)
    [said] = core.says(BORIS)
    core.rows.know(SHOP, MARIA, NativeId("1"), "1.1")
    edit = c.EditReply(operator=BORIS, message=Message(text="Иначе"), message_id=said.id)
    react = c.React(operator=BORIS, message_id="1.1", emoji="👍")
    core.when(edit)
    assert [one.expires_at for one in core.left] == [core.dialog().window.until]
    core.when(react)
    assert [one.expires_at for one in core.left] == [core.dialog().window.until]
    core.now += DAY
    assert refusal(core.when(edit)).why is Refusal.WINDOW_OVER
    assert refusal(core.when(react)).why is Refusal.WINDOW_OVER


def test_nothing_goes_by_itself_when_it_is_over(core, told):
    told()
    core.now += DAY
    core.claims(BORIS)
    assert core.left == [], "neither a read mark nor typing"


def test_what_goes_by_itself_does_not_wait_beyond_it(core, told):
    told()
    ends = core.now + DAY
    core.now = ends - 1000
    core.claims(BORIS)
    left = {type(one.job): one.expires_at for one in core.left}
    assert left == {SendReadMark: ends, SendTyping: ends}


def test_a_reply_whose_files_came_too_late_is_not_sent(core, told, kinds):
    told()
    core.claims(BORIS)
    [held] = core.says(BORIS, attachments=(Media(kind=MediaKind.PHOTO, remote="r"),))
    core.says(BORIS, "и ещё")
    core.now += DAY
    stored = core.when(c.RecordFile(held.id, held.message.media[0].file, 10, "image/jpeg"))
    assert kinds(stored) == ["AttachmentStored", "DeliveryChanged", "DeliveryChanged"]
    assert {(one.status, one.problem) for one in stored[1:]} == {(DeliveryStatus.FAILED, WINDOW_OVER)}
    assert core.left == []
    assert core.dialog().held == ()
    assert held.message.media[0].state is FileState.REMOTE


def test_writing_again_obeys_it(core, told, refusal, kinds):
    told()
    core.claims(BORIS)
    core.closes(BORIS)
    again = c.WriteAgain(operator=BORIS, dialog=ONE, press="p")
    core.now += DAY
    assert refusal(core.when(again)).why is Refusal.WINDOW_OVER
    core.now -= 1
    assert kinds(core.when(again)) == ["DialogOpened", "FocusChanged", "PressAccepted"]
    assert core.dialog("2").window == core.rows.contacts[(SHOP, MARIA)].window


def test_an_hour_before_the_end_and_at_the_end_it_is_told(core, told, due):
    told()
    ends = core.now + DAY
    core.claims(BORIS)
    assert due() == [e.WindowEnding(ONE, due=ends - HOUR, until=ends)]
    assert core.now == ends - HOUR
    assert due() == [e.WindowEnded(ONE, due=ends)]
    assert core.now == ends
    assert Timer.WINDOW not in core.deadlines()


def test_with_two_ends_both_are_told(core, told, due, kinds):
    told(24, human=168)
    moments = []
    for _ in range(4):
        [event] = due()
        moments.append((type(event).__name__, (event.due - core.dialog().opened_at) // HOUR))
    assert moments == [("WindowEnding", 23), ("WindowEnded", 24), ("WindowEnding", 167), ("WindowEnded", 168)]


def test_new_words_move_the_reminder(core, told, due):
    told()
    before = c.Expire(ONE, Timer.WINDOW, core.now + 23 * HOUR)
    core.now += 22 * HOUR
    told()
    ends = core.now + DAY
    core.now = before.due
    assert core.when(before) == [], "the state no longer asks for it"
    assert due() == [e.WindowEnding(ONE, due=ends - HOUR, until=ends)]


def test_a_reminder_that_comes_too_late_only_says_that_it_is_over(core, told, due):
    told(-2)
    ends = core.dialog().window.until
    assert due() == [e.WindowEnded(ONE, due=ends)]
    assert core.dialog().window_seen == ends


def test_a_finished_dialog_has_no_reminder(core, told):
    told()
    core.claims(BORIS)
    core.closes(BORIS)
    assert core.deadlines() == {}


def test_a_bare_start_and_the_next_dialog_have_it_too(core, told):
    told(start="flyer")
    assert core.rows.contacts[(SHOP, MARIA)].window == Window(core.now + DAY)
    core.writes()
    assert core.dialog().window == Window(core.now + DAY)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Dialog, b'1:{"id":"1","line":"sales","account":"shop","contact":"9001","client":"x","opened_at":1}'),
        (Outbound, b'1:{"contact":"9001","job":{"type":"typing"}}'),
    ],
)
def test_rows_of_before_have_none(kind, payload):
    assert decode(payload, kind).window is None
