"""Who works here: entered, changed, dismissed, on duty or not."""

from typing import ClassVar

from msgspec import Struct

from gateway.model.commands import Role
from gateway.model.ids import LineId, OperatorId
from gateway.model.messages import Origin
from gateway.model.state import (
    Invite,
)


class OperatorEntered(Struct, frozen=True, omit_defaults=True, tag="operator_entered"):
    """Somebody with a right to be here pressed Start; `new` the first time.

    `changed`: they were in before, and an invite has given them another role or other lines.
    """

    operator: OperatorId
    name: str
    role: Role
    lines: tuple[LineId, ...]
    language: str
    new: bool
    changed: bool = False


class OperatorGone(Struct, frozen=True, tag="operator_gone"):
    """They blocked the operators' bot (`gone`), or unblocked it."""

    operator: OperatorId
    gone: bool


class AdminConfigured(Struct, frozen=True, omit_defaults=True, tag="admin_configured"):
    operator: OperatorId
    listed: bool = True
    """Whether the settings name them; no more: they stay an admin whom another one may dismiss."""


class InviteMade(Struct, frozen=True, tag="invite_made"):
    invite: Invite


class InviteUsed(Struct, frozen=True, tag="invite_used"):
    digest: str
    operator: OperatorId


class DutyChanged(Struct, frozen=True, tag="duty_changed"):
    operator: OperatorId
    on: bool


class HandedBack(Struct, frozen=True, omit_defaults=True, tag="handed_back"):
    """Who ends a shift lets their `dialogs` go `back` to the queue, which follows one by one, or keeps them."""

    SINCE: ClassVar[int] = 2

    operator: OperatorId
    back: bool
    dialogs: int
    origin: Origin | None = None
    """The question that was answered."""


class PersonChanged(Struct, frozen=True, omit_defaults=True, tag="person_changed"):
    """`operator` has another role or other lines, by the will of `by`; `was` is their role before."""

    SINCE: ClassVar[int] = 2

    operator: OperatorId
    by: OperatorId
    role: Role
    lines: tuple[LineId, ...]
    was: Role
    was_lines: tuple[LineId, ...] = ()
    origin: Origin | None = None
    """The message whose button was pressed."""


class OperatorDismissed(Struct, frozen=True, omit_defaults=True, tag="operator_dismissed"):
    """`operator` may do nothing here any more; their `dialogs` return to the queue one by one."""

    SINCE: ClassVar[int] = 2

    operator: OperatorId
    by: OperatorId
    dialogs: int = 0
    origin: Origin | None = None
    """The message whose button was pressed."""
