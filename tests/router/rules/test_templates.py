"""Words by template: the list, one of it, what is said by it and what is refused."""

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, ContactId, DialogId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind, Message, Origin, Window
from gateway.model.outgoing import DeliveryStatus, ListTemplates, SendMessage, SendTemplate, Template
from gateway.model.state import DialogState
from gateway.router.rules.templates import FRESH_MS
from gateway.router.state.needs import further_needs, needs

ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
MARIA = ContactId("9001")
SHOP, ONE, TWO = AccountId("shop"), DialogId("1"), DialogId("2")
READY = Template("order_ready", "ru", "Здравствуйте, {{1}}! Заказ {{2}} готов.", 2)
HELLO = Template("hello", "ru", "Здравствуйте!", 0)
ORIGIN = Origin(ContactId("502"), NativeId("77"))


@pytest.fixture
def late(core):
    """Boris has Maria's dialog, her window is over, and it is known which templates there are."""
    core.when(c.Receive(MARIA, Message(NativeId("1"), text="?"), window=Window(core.now + 1000)))
    core.claims(BORIS)
    core.now += 2000
    core.when(c.RecordTemplates(ONE, BORIS, (READY, HELLO)))
    return core


@pytest.fixture
def says(late):
    def says(
        template: str = "order_ready", *values: str, dialog: DialogId | None = ONE, **more: object
    ) -> list[e.Event]:
        who = more.pop("who", BORIS)
        return late.when(
            c.SayTemplate(operator=who, template=template, values=values, dialog=dialog, origin=ORIGIN, **more)
        )

    return says


def test_the_vendor_is_asked_and_then_not_again_for_a_while(core, kinds):
    core.writes()
    core.claims(BORIS)
    look = c.Look(operator=BORIS, view=c.View.TEMPLATES, dialog=ONE, press="p")
    assert kinds(core.when(look)) == ["TemplatesAsked", "PressAccepted"]
    assert core.jobs == [ListTemplates(ONE, BORIS)]
    listed = core.when(c.RecordTemplates(ONE, BORIS, (HELLO,)))
    assert listed == [e.TemplatesListed(account=SHOP, dialog=ONE, operator=BORIS, templates=(HELLO,))]
    again = core.when(replace(look, page=1))
    assert again[0] == e.TemplatesListed(account=SHOP, dialog=ONE, operator=BORIS, page=1)
    assert core.left == []
    assert kinds(core.when(look, after_ms=FRESH_MS)) == ["TemplatesAsked", "PressAccepted"]


def test_a_failure_is_told_and_what_was_known_stays(core):
    core.writes()
    core.when(c.RecordTemplates(ONE, BORIS, (HELLO,)))
    [failed] = core.when(c.RecordTemplates(ONE, BORIS, problem="the token was revoked"))
    assert (failed.problem, failed.templates) == ("the token was revoked", None)
    assert core.rows.templates[SHOP].templates == (HELLO,)


def test_one_is_shown_before_it_is_said(late, kinds):
    events = late.when(c.PickTemplate(operator=BORIS, dialog=ONE, template=READY.id, press="p"))
    assert events[0] == e.TemplatePicked(dialog=ONE, operator=BORIS, template=READY)
    assert (kinds(events), late.left) == (["TemplatePicked", "PressAccepted"], [])


def test_it_is_a_reply_with_the_text_that_the_client_reads(late, says):
    [said] = says("Order_Ready", "Мария", "{{1}} № 5")
    assert said.message.text == "Здравствуйте, Мария! Заказ {{1}} № 5 готов."
    assert late.dialog().state is DialogState.ANSWERED
    assert late.dialog().last_reply_at == late.now
    assert late.jobs == [SendTemplate("1.2", "order_ready", "ru", ("Мария", "{{1}} № 5"))]
    assert (late.left[0].report, late.left[0].window) == (True, None)
    assert late.dialog().unsettled == {said.id: ORIGIN}


@pytest.mark.parametrize(
    ("template", "values", "why", "detail"),
    [
        ("order_ready", ("Мария",), Refusal.TEMPLATE_VALUES, "2:1"),
        ("hello", ("Мария",), Refusal.TEMPLATE_VALUES, "0:1"),
        ("goodbye", (), Refusal.TEMPLATE_UNKNOWN, "goodbye"),
    ],
)
def test_a_wrong_name_or_number_of_values_is_refused(says, refusal, template, values, why, detail):
    refused = refusal(says(template, *values))
    assert (refused.why, refused.detail) == (why, detail)


def test_a_button_pressed_twice_says_it_once(late, says, refusal, kinds):
    seen = late.dialog().messages
    assert kinds(says(HELLO.id, seen=seen, press="p")) == ["ReplyAccepted", "PressAccepted"]
    assert refusal(says(HELLO.id, seen=seen, press="p")).why is Refusal.STALE


def test_the_client_of_a_finished_dialog_is_written_to_in_a_new_one(late, says, refusal, kinds):
    late.closes(BORIS)
    assert kinds(says("hello", who=ANNA, press="p")) == [
        "DialogOpened",
        "FocusChanged",
        "ReplyAccepted",
        "PressAccepted",
    ]
    assert (late.dialog("2").owner, late.dialog("2").state) == (ANNA, DialogState.ANSWERED)
    assert late.jobs == [SendTemplate("2.1", "hello", "ru")]
    assert refusal(says("hello")).why is Refusal.OPEN_ELSEWHERE
    assert refusal(says("hello", dialog=TWO)).why is Refusal.TAKEN


def test_nobodys_dialog_is_claimed_by_it(core, kinds):
    core.writes()
    core.when(c.RecordTemplates(ONE, BORIS, (HELLO,)))
    said = core.when(c.SayTemplate(operator=BORIS, template="hello", dialog=ONE))
    assert kinds(said) == ["DialogClaimed", "FocusChanged", "ReplyAccepted"]


def test_without_a_dialog_or_a_reachable_client_nothing_is_said(late, says, refusal):
    assert refusal(says("hello", dialog=None, who=VERA)).why is Refusal.NO_CURRENT
    late.when(c.ReceiveReach(MARIA, reachable=False))
    assert refusal(says("hello")).why is Refusal.UNREACHABLE


def test_it_cannot_be_corrected(late, says, refusal):
    [said] = says("hello")
    edit = c.EditReply(operator=BORIS, message=Message(text="Иначе"), message_id=said.id)
    assert refusal(late.when(edit)).why is Refusal.TEMPLATE_FIXED


def test_it_waits_behind_words_that_wait_for_their_files(core, kinds):
    core.writes()
    core.claims(BORIS)
    core.when(c.RecordTemplates(ONE, BORIS, (HELLO,)))
    [held] = core.says(BORIS, attachments=(Media(kind=MediaKind.PHOTO, remote="r"),))
    core.when(c.SayTemplate(operator=BORIS, template="hello", dialog=ONE))
    assert not any(isinstance(one, SendTemplate) for one in core.jobs)
    stored = core.when(c.RecordFile(held.id, held.message.media[0].file, 10, "image/jpeg"))
    assert kinds(stored) == ["AttachmentStored", "ReplyReleased", "ReplyReleased"]
    assert [type(one) for one in core.jobs] == [SendMessage, SendTemplate]


def test_of_what_waits_only_a_template_still_goes_when_the_window_is_over(core):
    core.when(c.Receive(MARIA, Message(NativeId("1"), text="?"), window=Window(core.now + 1000)))
    core.claims(BORIS)
    core.when(c.RecordTemplates(ONE, BORIS, (HELLO,)))
    [held] = core.says(BORIS, attachments=(Media(kind=MediaKind.PHOTO, remote="r"),))
    core.when(c.SayTemplate(operator=BORIS, template="hello", dialog=ONE))
    core.now += 2000
    stored = core.when(c.RecordFile(held.id, held.message.media[0].file, 10, "image/jpeg"))
    assert [getattr(one, "status", None) for one in stored] == [None, DeliveryStatus.FAILED, None]
    assert [type(one) for one in core.jobs] == [SendTemplate]


@pytest.mark.parametrize("dialog", [ONE, None])
def test_the_accounts_templates_are_loaded_for_whoever_speaks_of_them(late, dialog):
    for command in (
        c.Look(operator=BORIS, view=c.View.TEMPLATES, dialog=dialog),
        c.SayTemplate(operator=BORIS, template="hello", dialog=dialog),
    ):
        assert further_needs(late.rows, command, None, needs(late.rows, command, None)).templates == {SHOP}


def test_of_several_languages_the_operators_own_is_meant_and_a_button_means_its_own(late, says):
    english = replace(HELLO, language="en", text="Hello!")
    late.when(c.RecordTemplates(ONE, BORIS, (english, HELLO)))
    assert [one.message.text for one in says("hello")] == ["Здравствуйте!"]
    assert [one.message.text for one in says(english.id)] == ["Hello!"]
