"""Who works here: entering, duty, invites, roles, dismissal; and what people ask to see."""

from enum import StrEnum, nonmember
from typing import ClassVar

from gateway.model.commands.staff import Staff
from gateway.model.ids import DialogId, LineId, OperatorId
from gateway.model.messages import Profile


class Role(StrEnum):
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class View(StrEnum):
    """What an operator may ask to see."""

    WAITING = "waiting"
    MINE = "mine"
    HISTORY = "history"
    HELP = "help"
    INVITE = "invite"
    """A one-time link for a new colleague; admins only."""
    TEMPLATES = "templates"
    """What may be written to a client when nothing else may."""
    MORE = "more"
    """On the dialog's card: what is done seldom."""
    BLOCK = "block"
    """On the card: whether the client is really to be blocked."""
    CARD = "card"
    """The card as it was before either."""
    STOPPED = "stopped"
    """What the client wrote while they were blocked."""
    PEOPLE = "people"
    """Who answers here; supervisors and admins."""
    PERSON = "person"
    """One of them, with what may be changed."""
    LINES = "lines"
    """Which lines that person serves, to be changed."""
    DISMISSAL = "dismissal"
    """The question before a dismissal."""
    DIALOGS = "dialogs"
    """That person's open dialogs."""

    SINCE = nonmember(
        dict.fromkeys(("more", "block", "card", "stopped", "people", "person", "lines", "dismissal", "dialogs"), 2)
    )


class SetDuty(Staff, frozen=True, tag="duty"):
    on: bool


class Enter(Staff, frozen=True, tag="enter"):
    """/start at the operators' bot, with an invite's token or without."""

    profile: Profile
    invite: str | None = None
    """Digest of the token, never the token."""


class Look(Staff, frozen=True, omit_defaults=True, tag="look"):
    """Asks for a view; `page` counts from 0. `line` filters, `person` is whom it is about, the rest is an invite's."""

    view: View
    dialog: DialogId | None = None
    page: int = 0
    line: LineId | None = None
    person: OperatorId | None = None
    role: Role | None = None
    lines: tuple[LineId, ...] = ()
    hours: int | None = None


class MakeInvite(Staff, frozen=True, tag="invite"):
    """An admin lets somebody in: one use, until `expires_at`. The token itself is never stored."""

    digest: str
    role: Role
    lines: tuple[LineId, ...]
    """Empty: all lines."""
    expires_at: int


class ChangePerson(Staff, frozen=True, omit_defaults=True, tag="change_person"):
    """An admin gives somebody another role or other lines; None: as it is. Empty lines mean all."""

    SINCE: ClassVar[int] = 2

    person: OperatorId
    role: Role | None = None
    lines: tuple[LineId, ...] | None = None
    turns: LineId | None = None
    """This line is served from now on if it was not, or not any more if it was."""


class Dismiss(Staff, frozen=True, tag="dismiss"):
    """An admin lets somebody go: they may do nothing here any more, and their dialogs return to the queue."""

    SINCE: ClassVar[int] = 2

    person: OperatorId


class Leave(Staff, frozen=True, tag="leave"):
    """The operator blocked the operators' bot, or came back (`gone` False)."""

    gone: bool
