"""Who may answer and who is on duty: pure rules about people, invites and the lines' settings."""

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.events import Refusal
from gateway.model.ids import OperatorId
from gateway.model.state import Invite, Line, Operator
from gateway.router.rights import Refuse
from gateway.router.rows import Rows

COMMAND_LINE = OperatorId("cli")
"""Who invites from the server's shell: whoever may run commands there is an admin."""


def enter(rows: Rows, command: c.Enter, now: int) -> list[e.Event]:
    """Start at the operators' bot: people known by the settings or an invite come in, nobody else."""
    known = rows.operators.get(command.operator)
    language = command.profile.language or ""
    if known is not None:
        entered = e.OperatorEntered(
            operator=known.id,
            name=command.profile.name,
            role=known.role,
            lines=known.lines,
            language=language,
            new=not known.entered,
        )
        return [entered] if known.entered else [entered, e.DutyChanged(operator=known.id, on=True)]
    if command.invite is None:
        raise Refuse(Refusal.NOT_STAFF)
    invite = rows.invites.get(command.invite)
    if invite is None or invite.expires_at <= now:
        raise Refuse(Refusal.INVITE_INVALID)
    return [
        e.InviteUsed(digest=invite.digest, operator=command.operator),
        e.OperatorEntered(
            operator=command.operator,
            name=command.profile.name,
            role=invite.role,
            lines=invite.lines,
            language=language,
            new=True,
        ),
        e.DutyChanged(operator=command.operator, on=True),
    ]


def set_duty(me: Operator, command: c.SetDuty) -> list[e.Event]:
    return [e.DutyChanged(operator=me.id, on=command.on)]


def leave(me: Operator, command: c.Leave) -> list[e.Event]:
    return [e.OperatorGone(operator=me.id, gone=command.gone)] if me.gone != command.gone else []


def make_invite(rows: Rows, command: c.MakeInvite) -> list[e.Event]:
    """An admin, or the server's shell, lets somebody in."""
    if command.operator != COMMAND_LINE:
        me = rows.operators.get(command.operator)
        if me is None or me.role is not Role.ADMIN:
            raise Refuse(Refusal.FORBIDDEN)
    invite = Invite(
        digest=command.digest,
        role=command.role,
        lines=command.lines,
        expires_at=command.expires_at,
        by=command.operator,
    )
    return [e.InviteMade(invite=invite)]


def configure_admin(rows: Rows, command: c.ConfigureAdmin) -> list[e.Event]:
    known = rows.operators.get(command.operator)
    if known is not None and known.role is Role.ADMIN and not known.lines:
        return []
    return [e.AdminConfigured(operator=command.operator)]


def configure_line(rows: Rows, command: c.ConfigureLine) -> list[e.Event]:
    line = Line(id=command.line, title=command.title, auto_close_ms=command.auto_close_ms, quiet_ms=command.quiet_ms)
    return [] if rows.lines.get(line.id) == line else [e.LineConfigured(line=line)]
