"""What somebody may ask to see, by their role. Pure rules."""

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.events import Refusal
from gateway.model.state import Operator
from gateway.router.rules.people import need_lines, need_person
from gateway.router.rules.permissions import Refuse, accepted, served
from gateway.router.state.rows import Rows

_ADMINS = frozenset((c.View.INVITE, c.View.LINES, c.View.DISMISSAL))
_SENIORS = frozenset((c.View.PEOPLE, c.View.PERSON, c.View.DIALOGS))
"""Views of which roles, beside those of everybody."""


def look(rows: Rows, me: Operator, command: c.Look) -> list[e.Event]:
    """A view, for who may see it."""
    may = me.role is Role.ADMIN if command.view in _ADMINS else me.is_senior or command.view not in _SENIORS
    if not may:
        raise Refuse(Refusal.FORBIDDEN)
    if command.dialog is not None:
        served(rows, me, command.dialog)
    if command.person is not None:
        need_person(rows, command.person)
    need_lines(rows, command.lines)
    asked = e.ViewAsked(
        operator=me.id,
        view=command.view,
        dialog=command.dialog,
        page=command.page,
        origin=command.origin,
        line=command.line,
        person=command.person,
        role=command.role,
        lines=command.lines,
        hours=command.hours,
    )
    return [asked, *accepted(command, "look")]
