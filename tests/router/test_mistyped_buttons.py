"""Brackets that were perhaps meant to be a button are asked about before a client reads them."""

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import ContactId, DialogId, NativeId, OperatorId
from gateway.model.messages import Button, Entity, Message, Origin
from gateway.router.rules.quick_replies import mistyped

ANNA = OperatorId("501")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Удобно?\n[[Да]] [[Нет]", "[[Да]] [[Нет]"),
        ("Удобно?\n[[Да", "[[Да"),
        ("Удобно?\n[Да]] [Нет]]\nЖду", "[Да]] [Нет]]"),
        ("Удобно? [[Да]] [[Нет]]", "Удобно? [[Да]] [[Нет]]"),
        ("😀😀 Удобно?\n[[]]", "[[]]"),
        ("Массив a[0] и [ссылка]", None),
        ("[Да] [Нет]", None),
    ],
)
def test_brackets_of_buttons_that_became_none_are_found(text, line):
    assert mistyped(Message(text=text)) == line


def test_brackets_that_are_written_as_code_are_meant():
    text = "😀 так: if [[ -f x ]]"
    assert mistyped(Message(text=text)) is not None
    assert mistyped(Message(text=text, entities=(Entity("code", 8, 14),))) is None
    assert mistyped(Message(text=f"[[Да\n{text}", entities=(Entity("pre", 13, 14),))) == "[[Да"


def test_mistyped_buttons_are_asked_about_and_go_only_when_the_operator_says_so(core, kinds):
    core.writes()
    core.claims(ANNA)
    (asked,) = core.says(ANNA, "Удобно?\n[[Да]] [[Нет]")
    assert isinstance(asked, e.LossAsked)
    assert (asked.mistyped, asked.losses) == ("[[Да]] [[Нет]", ())
    assert core.dialog().messages == 1
    happened = core.when(c.Choose(operator=ANNA, ask=asked.ask, dialog=DialogId("1"), press="p"))
    (said,) = [one for one in happened if isinstance(one, e.ReplyAccepted)]
    assert said.message.text == "Удобно?\n[[Да]] [[Нет]"


def test_mistyped_buttons_that_are_not_to_go_reach_nobody(core, kinds):
    core.writes()
    core.claims(ANNA)
    (asked,) = core.says(ANNA, "Удобно?\n[[Да")
    happened = core.when(c.Choose(operator=ANNA, ask=asked.ask, dialog=None, press="p"))
    assert "ReplyAccepted" not in kinds(happened)
    assert core.dialog().messages == 1


def test_buttons_that_are_right_are_not_asked_about(core, kinds):
    core.writes()
    core.claims(ANNA)
    buttons = ((Button("Да", data="q:Да"),),)
    origin = Origin(ContactId(ANNA), NativeId("5"))
    said = core.when(c.Reply(operator=ANNA, message=Message(text="Удобно?", buttons=buttons), origin=origin))
    assert kinds(said)[0] == "ReplyAccepted"
