"""Who may answer and who is on duty: pure rules about people, invites and the lines' settings."""

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.events import Refusal
from gateway.model.state import Invite, Line, Operator
from gateway.router.rules.people import may_invite, need_admin, need_admin_left, need_lines
from gateway.router.rules.permissions import Refuse
from gateway.router.state.rows import Rows


def enter(rows: Rows, command: c.Enter, now: int) -> list[e.Event]:
    """Start at the operators' bot: people known by the settings or an invite come in, nobody else."""
    known = rows.operators.get(command.operator)
    known = None if known is not None and known.dismissed else known
    invite = None if command.invite is None else rows.invites.get(command.invite)
    language = command.profile.language or ""
    if known is not None and invite is None:
        # Whoever opens the link again by which they came is just greeted.
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
    if invite is None or invite.expires_at <= now or not may_invite(rows, invite.by):
        raise Refuse(Refusal.INVITE_INVALID)
    if known is not None:
        return _invited_again(rows, known, invite, command)
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


def _invited_again(rows: Rows, known: Operator, invite: Invite, command: c.Enter) -> list[e.Event]:
    """A further invite changes the role and the lines of who is in."""
    need_admin_left(rows, known, invite.role)
    entered = e.OperatorEntered(
        operator=known.id,
        name=command.profile.name,
        role=invite.role,
        lines=invite.lines,
        language=command.profile.language or "",
        new=not known.entered,
        changed=(invite.role, invite.lines) != (known.role, known.lines),
    )
    used: list[e.Event] = [e.InviteUsed(digest=invite.digest, operator=known.id), entered]
    return used if known.entered else [*used, e.DutyChanged(operator=known.id, on=True)]


def make_invite(rows: Rows, command: c.MakeInvite) -> list[e.Event]:
    """An admin, or the server's shell, lets somebody in."""
    need_admin(rows, command.operator)
    need_lines(rows, command.lines)
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
    if not command.listed:
        listed = known is not None and known.listed
        return [e.AdminConfigured(operator=command.operator, listed=False)] if listed else []
    if known is not None and known.role is Role.ADMIN and not known.lines and known.listed and not known.dismissed:
        return []
    return [e.AdminConfigured(operator=command.operator)]


def configure_line(rows: Rows, command: c.ConfigureLine) -> list[e.Event]:
    known = rows.lines.get(command.line) or Line(id=command.line, title=command.title)
    line = replace(
        known,
        title=command.title,
        auto_close_ms=command.auto_close_ms,
        quiet_ms=command.quiet_ms,
        off_duty_ms=command.off_duty_ms,
    )
    return [] if rows.lines.get(line.id) == line else [e.LineConfigured(line=line)]
