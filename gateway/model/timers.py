"""The kinds of timers, and how one is named where it is armed: `<line>|<dialog>|<kind>`, of a dialog or of a line.

Their rules stand in `router/timers.py`, which matches every kind by name: one without a rule does not type-check.
"""

from enum import StrEnum

from msgspec import Struct

from gateway.model.ids import DialogId, LineId


class Timer(StrEnum):
    """What a clock is set for."""

    AUTO_CLOSE = "auto_close"
    """The operator's words have been the last ones for as long as the line allows."""
    WINDOW = "window"
    """The next moment of the reply window: it ends in an hour, or has ended."""
    ECHO = "echo"
    """Something that came back from the messenger has waited long enough."""
    ABSENCE = "absence"
    """The owner is away: the dialog goes back to the queue."""
    REVIEW = "review"
    """A client waits unclaimed: it is looked whether anybody is at it."""


class ArmedTimer(Struct, frozen=True):
    """One timer as it is armed. `timer` may be a kind that only a newer gateway knows."""

    line: LineId
    dialog: DialogId | None
    """None: it is the line's own."""
    timer: str

    @property
    def kind(self) -> Timer | None:
        """The kind; None: this gateway has no rule for it."""
        return timer_of_name(self.timer)

    @property
    def member(self) -> str:
        """How it stands in the sorted set of timers."""
        return f"{self.line}|{self.dialog or ''}|{self.timer}"


def timer_of_name(name: str) -> Timer | None:
    """The kind of this name; None for one that this gateway does not know."""
    try:
        return Timer(name)
    except ValueError:
        return None


def timer_of_member(member: str) -> ArmedTimer | None:
    """The timer that a member of the sorted set is; None: it is none."""
    words = member.rsplit("|", 2)
    if len(words) < 3:  # noqa: PLR2004 - the three words of the name
        return None
    return ArmedTimer(LineId(words[0]), DialogId(words[1]) if words[1] else None, words[2])
