"""What a gateway of the version before has left in its streams and keys reads as it was meant."""

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model import messages as m
from gateway.model import outgoing as o
from gateway.model import state as s
from gateway.model.codec import decode, encode
from gateway.model.ids import ContactId, NativeId

WRITTEN = [
    (
        s.Dialog,
        (
            '1:{"id":"1","line":"sales","account":"shop","contact":"9001","client":"Мария",'
            '"opened_at":1700000000000,"state":"answered","version":2,"owner":"501",'
            '"claimed_at":1700000001000,"first_reply_at":1700000002000,"last_reply_at":1700000002000,'
            '"rang_at":1700000000000,"messages":3,"held":[{"id":"1.3","operator":"501",'
            '"message":{"text":"и ещё","attachments":[{"type":"media","kind":"photo","remote":"r",'
            '"file":"1.3.0"}]}}],"unsettled":{"1.2":{"contact":"501","native":"7"}}}'
        ),
    ),
    (
        s.Contact,
        (
            '1:{"account":"shop","id":"9001","profile":{"name":"Мария","username":"maria","phone":"+7900"},'
            '"dialog":"1","last_dialog":"1"}'
        ),
    ),
    (
        c.Entry,
        (
            '1:{"command":{"type":"message","contact":"9001","message":{"native":"101","at":1700000000000,'
            '"text":"Добрый день"},"profile":{"name":"Мария","username":"maria","phone":"+7900"}},'
            '"account":"shop"}'
        ),
    ),
    (
        c.Entry,
        '1:{"command":{"type":"reaction","contact":"9001","native":"101","emojis":["👍"]},"account":"shop"}',
    ),
    (
        c.Entry,
        '1:{"command":{"type":"press","contact":"9001","press":"p","data":"q:да"},"account":"shop"}',
    ),
    (
        e.Recorded,
        (
            '1:{"event":{"type":"dialog_opened","dialog":"1","line":"sales","account":"shop",'
            '"contact":"9001","client":"Мария","profile":{"name":"Мария","username":"maria",'
            '"phone":"+7900"}},"at":1700000000000,"cause":"inbox:sales:1-0","line":"sales"}'
        ),
    ),
    (
        e.Recorded,
        (
            '1:{"event":{"type":"message_received","dialog":"1","id":"1.1","message":{"native":"101",'
            '"at":1700000000000,"text":"Добрый день"},"state":"new"},"at":1,"cause":"x"}'
        ),
    ),
    (
        e.Recorded,
        (
            '1:{"event":{"type":"dialog_claimed","dialog":"1","operator":"501","backlog":[{"id":"1.1",'
            '"message":{"native":"101","at":1700000000000,"text":"Добрый день"}}]},"at":1,"cause":"x"}'
        ),
    ),
    (
        e.Recorded,
        (
            '1:{"event":{"type":"reply_released","dialog":"1","id":"1.3","message":{"native":"101",'
            '"at":1700000000000,"text":"Добрый день"}},"at":1,"cause":"x"}'
        ),
    ),
    (
        e.Recorded,
        ('1:{"event":{"type":"dialog_closed","dialog":"1","reason":"operator","operator":"501"},"at":1,"cause":"x"}'),
    ),
    (
        e.Recorded,
        (
            '1:{"event":{"type":"notice_raised","account":"shop","about":"blocked","detail":"contact 9001"},'
            '"at":1,"cause":"x"}'
        ),
    ),
    (
        o.Outbound,
        (
            '1:{"contact":"9001","job":{"type":"message","sent":"1.2","message":{"text":"Здравствуйте!"},'
            '"silent":false,"reply_to_sent":null},"at":1700000002000,"report":true}'
        ),
    ),
]
"""Payloads as they were written before there were visits, read marks, consents and windows."""


@pytest.mark.parametrize(("kind", "payload"), WRITTEN)
def test_what_the_version_before_wrote_reads_and_is_written_again_without_loss(kind, payload):
    read = decode(payload.encode(), kind)
    assert decode(encode(read), kind) == read


@pytest.fixture
def of():
    """The things that the version before wrote, of one kind."""

    def of(kind):
        return [decode(payload.encode(), kind) for one, payload in WRITTEN if one is kind]

    return of


def test_a_dialog_of_the_version_before_has_read_and_shown_nothing(of):
    [dialog] = of(s.Dialog)
    assert (dialog.visit, dialog.unread, dialog.read_to, dialog.replies, dialog.deleted) == (None, None, 0, (), ())
    assert dialog.unsettled == {"1.2": m.Origin(ContactId("501"), NativeId("7"))}
    assert dialog.held[0].message.text == "и ещё"


def test_a_contact_of_the_version_before_has_agreed_to_nothing(of):
    [contact] = of(s.Contact)
    assert (contact.profile.email, contact.profile.consent, contact.profile.phone) == (None, None, "+7900")


def test_words_of_the_version_before_came_from_no_page(of):
    received, *others = (one.command for one in of(c.Entry))
    assert (received.message.text, received.visit, received.window) == ("Добрый день", None, None)
    assert [one.window for one in others] == [None, None]


def test_events_of_the_version_before_say_nothing_new(of):
    opened, received, claimed, released, closed, notice = (one.event for one in of(e.Recorded))
    assert (opened.visit, received.visit, received.press, claimed.reads) == (None, None, None, None)
    assert (released.operator, closed.origin, notice.contact, notice.press) == (None, None, None, None)


def test_an_answer_of_the_version_before_leaves_without_its_authors_name(of):
    [outbound] = of(o.Outbound)
    assert (outbound.job.author, outbound.job.message.text, outbound.job.late) == (None, "Здравствуйте!", False)
