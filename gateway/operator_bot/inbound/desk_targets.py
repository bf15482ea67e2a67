"""What buttons and commands mean that are about people, lists and queues, as staff commands. Pure, and total."""

from collections.abc import Sequence
from typing import Any

from gateway.model import commands as c
from gateway.model.events import Refusal
from gateway.model.ids import DialogId, LineId, OperatorId
from gateway.operator_bot.inbound import misunderstandings
from gateway.operator_bot.inbound.buttons import Action, Pressed

MOST_HOURS = 24 * 30
"""The longest life of an invite, as on the command line."""
_ROLES = {
    "operator": c.Role.OPERATOR,
    "оператор": c.Role.OPERATOR,
    "supervisor": c.Role.SUPERVISOR,
    "супервизор": c.Role.SUPERVISOR,
    "admin": c.Role.ADMIN,
    "админ": c.Role.ADMIN,
    "администратор": c.Role.ADMIN,
}


def pressed_desk(pressed: Pressed, about: dict[str, Any]) -> c.StaffCommand:
    """A button that is about no dialog."""
    person = pressed.person or OperatorId("")
    match pressed.action:
        case Action.HAND_BACK | Action.KEEP:
            return c.HandBack(back=pressed.action is Action.HAND_BACK, **about)
        case Action.WAITING:
            return c.Look(view=c.View.WAITING, page=pressed.page, line=pressed.line, **about)
        case Action.MINE:
            return c.Look(view=c.View.MINE, page=pressed.page, **about)
        case Action.PEOPLE:
            return c.Look(view=c.View.PEOPLE, page=pressed.page, **about)
        case Action.PERSON:
            return c.Look(view=c.View.PERSON, person=person, **about)
        case Action.DIALOGS:
            return c.Look(view=c.View.DIALOGS, person=person, page=pressed.page, **about)
        case Action.LINES:
            return c.Look(view=c.View.LINES, person=person, **about)
        case Action.DISMISSAL:
            return c.Look(view=c.View.DISMISSAL, person=person, **about)
        case Action.LINE if pressed.line is not None:
            return c.ChangePerson(person=person, turns=pressed.line, **about)
        case Action.ALL_LINES:
            return c.ChangePerson(person=person, lines=(), **about)
        case Action.ROLE:
            return c.ChangePerson(person=person, role=pressed.role, **about)
        case Action.DISMISS:
            return c.Dismiss(person=person, **about)
        case Action.INVITE:
            lines = () if pressed.line is None else (pressed.line,)
            return c.Look(view=c.View.INVITE, role=pressed.role, lines=lines, **about)
        case _:
            return c.Misunderstood(why=Refusal.STALE, **about)


def read_invite(words: Sequence[str], about: dict[str, Any]) -> c.StaffCommand:
    """`/invite sales supervisor 48`: lines, a role and hours in any order; nothing: the bot asks with buttons."""
    role: c.Role | None = None
    hours: int | None = None
    lines: list[LineId] = []
    for word in (one.strip(",").lower() for one in words):
        if word in _ROLES and role is None:
            role = _ROLES[word]
        elif word.isascii() and word.isdecimal() and hours is None:
            hours = int(word[:6])
        elif word:
            lines.append(LineId(word))
    if hours is not None and not 1 <= hours <= MOST_HOURS:
        return c.Misunderstood(why=misunderstandings.INVITE_WHAT, **about)
    if words and role is None:
        role = c.Role.OPERATOR
    return c.Look(view=c.View.INVITE, role=role, lines=tuple(lines), hours=hours, **about)


def typed_dialog(
    name: str, number: str, answered: DialogId | None, about: dict[str, Any], *, is_answer: bool
) -> c.StaffCommand:
    """`/return` and `/take`: of the dialog that was answered, or of the one whose number stands there."""
    what = misunderstandings.RETURN_WHAT if name == "return" else misunderstandings.TAKE_WHAT
    digits = number.removeprefix("№").strip()
    if digits:
        known = digits.isascii() and digits.isdecimal() and len(digits) < 16  # noqa: PLR2004 - as long as ids get
        answered, is_answer = (DialogId(str(int(digits))) if known else None), True
    if is_answer and answered is None:
        return c.Misunderstood(why=what, **about)
    if name == "return":
        return c.Release(dialog=answered, **about)
    return c.Misunderstood(why=what, **about) if answered is None else c.TakeOver(dialog=answered, **about)
