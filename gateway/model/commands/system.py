"""What clocks and the settings ask for."""

from typing import ClassVar

from msgspec import Struct

from gateway.model.ids import DialogId, LineId, OperatorId


class Expire(Struct, frozen=True, omit_defaults=True, tag="expire"):
    """A timer is due. It acts only if the dialog's state still asks for it. `dialog` empty: the line's own."""

    dialog: DialogId
    timer: str
    """Its kind's name (`Timer`); one that is not known changes nothing."""
    due: int
    line: LineId | None = None
    """The line that it was armed under."""


class PlanTimers(Struct, frozen=True, omit_defaults=True, tag="plan_timers"):
    """The rules of a line have changed: the timers of its open dialogs behind number `after` are planned anew, a page.

    `line` empty: of all lines. `operator`: only of theirs, because they have come or gone.
    """

    SINCE: ClassVar[int] = 2
    line: LineId
    after: int = 0
    operator: OperatorId | None = None


class ConfigureLine(Struct, frozen=True, tag="line"):
    """Seeds a line from the settings, or applies their later difference."""

    line: LineId
    title: str
    auto_close_ms: int
    quiet_ms: int
    off_duty_ms: int = 15 * 60 * 1000


class ConfigureAdmin(Struct, frozen=True, omit_defaults=True, tag="admin"):
    """An admin by the settings: registered before they ever wrote. `listed` False: the settings name them no more."""

    operator: OperatorId
    listed: bool = True
