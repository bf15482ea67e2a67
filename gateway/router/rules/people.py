"""Who may do what to people: roles, lines, dismissals, and that somebody is left who may. Pure rules.

Rights are looked at when a command is decided, never when a button was drawn.
"""

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.events import Refusal
from gateway.model.ids import LineId, OperatorId
from gateway.model.state import Operator
from gateway.router.rules.permissions import Refuse, accepted
from gateway.router.rules.queue import left_alone
from gateway.router.state.rows import Rows

COMMAND_LINE = OperatorId("cli")
"""Who acts from the server's shell: whoever may run commands there is an admin."""


def change_person(rows: Rows, command: c.ChangePerson) -> list[e.Event]:
    """Another role, or other lines, for somebody who is in."""
    need_admin(rows, command.operator)
    person = need_person(rows, command.person)
    role = person.role if command.role is None else command.role
    lines = person.lines if command.lines is None else tuple(dict.fromkeys(command.lines))
    if command.turns is not None:
        lines = _turned(person, command.turns)
    if role is Role.ADMIN:
        lines = ()  # an admin's concern is the whole desk
    need_lines(rows, lines)
    need_admin_left(rows, person, role)
    if (role, lines) == (person.role, person.lines):
        return accepted(command, "look")
    changed = e.PersonChanged(
        operator=person.id,
        by=command.operator,
        role=role,
        lines=lines,
        was=person.role,
        was_lines=person.lines,
        origin=command.origin,
    )
    return [changed, *accepted(command, "change_person")]


def _turned(person: Operator, line: LineId) -> tuple[LineId, ...]:
    """The person's lines with this one added or taken off. Raises Refuse: it is the only one, and none means all."""
    if line not in person.lines:
        return (*person.lines, line)
    if len(person.lines) == 1:
        raise Refuse(Refusal.LAST_LINE, detail=line)
    return tuple(one for one in person.lines if one != line)


def dismiss(rows: Rows, command: c.Dismiss) -> list[e.Event]:
    """Somebody may do nothing here any more; their dialogs return to the queue, one by one."""
    need_admin(rows, command.operator)
    person = need_person(rows, command.person)
    need_admin_left(rows, person, None)
    dismissed = e.OperatorDismissed(
        operator=person.id, by=command.operator, dialogs=len(person.dialogs), origin=command.origin
    )
    return [dismissed, *left_alone(rows, person, with_theirs=True), *accepted(command, "dismiss")]


def may_invite(rows: Rows, who: OperatorId) -> bool:
    """Whether an invite of theirs lets somebody in now: one of somebody dismissed since is worth nothing."""
    if who == COMMAND_LINE:
        return True
    person = rows.operators.get(who)
    return person is not None and person.role is Role.ADMIN and not person.dismissed


def need_admin(rows: Rows, who: OperatorId) -> None:
    """Raises Refuse: this is neither an admin nor the server's shell."""
    if not may_invite(rows, who):
        person = rows.operators.get(who)
        raise Refuse(Refusal.NOT_STAFF if person is None or person.dismissed else Refusal.FORBIDDEN)


def need_person(rows: Rows, who: OperatorId) -> Operator:
    """Somebody who is in. Raises Refuse."""
    person = rows.operators.get(who)
    if person is None or person.dismissed:
        raise Refuse(Refusal.UNKNOWN_PERSON, detail=who)
    return person


def need_lines(rows: Rows, lines: tuple[LineId, ...]) -> None:
    """Raises Refuse: there is no line of one of these names."""
    strange = next((one for one in lines if one not in rows.lines), None)
    if strange is not None:
        raise Refuse(Refusal.UNKNOWN_LINE, detail=strange)


def need_admin_left(rows: Rows, person: Operator, role: Role | None) -> None:
    """Raises Refuse: as `role` (None: nobody) no admin any more, though the settings name them or no other is left."""
    if person.role is not Role.ADMIN or role is Role.ADMIN:
        return
    if person.listed:
        raise Refuse(Refusal.BY_SETTINGS)
    others = (one for one in rows.operators.values() if one.id != person.id)
    if not any(one.role is Role.ADMIN and not one.dismissed and (one.is_in or one.listed) for one in others):
        raise Refuse(Refusal.LAST_ADMIN)
