"""What the operators' desk shows and asks: whom words are for, lists, templates, refusals."""

from enum import StrEnum, nonmember
from typing import ClassVar

from msgspec import Struct

from gateway.model.abilities import Loss
from gateway.model.commands import Purpose, Role, View
from gateway.model.ids import AccountId, DialogId, LineId, OperatorId
from gateway.model.messages import Message, Origin
from gateway.model.outgoing import SendEdit, SendMessage, Template
from gateway.model.state import (
    Filling,
)


class FocusChanged(Struct, frozen=True, omit_defaults=True, tag="focus_changed"):
    """Text without reply-to now goes to `dialog`; `plain` where the operator said so by a reply-to or an answer."""

    operator: OperatorId
    dialog: DialogId
    client: str = ""
    plain: bool = False


class TargetAsked(Struct, frozen=True, omit_defaults=True, tag="target_asked"):
    """It is not plain whom a text is for: the bot asks. Choices are dialogs with their clients' names.

    All of the operator's clients are there: those whom their message answered first, then who spoke last.
    """

    operator: OperatorId
    ask: str
    message: Message
    origin: Origin
    choices: tuple[tuple[DialogId, str], ...]
    purpose: Purpose | None = None
    """None: to say it to the client."""
    values: tuple[str, ...] = ()
    """Of a template whose name is the message's text."""
    beside: str | None = None
    """An earlier question whose answer is this one's too (of the same album): nothing more is asked."""
    filling: Filling | None = None
    """The bot waits for the values of this template, and the words may be these."""
    again: bool = False
    """The same question once more where it stands: its words were corrected, or another page of it is wanted."""
    among: tuple[DialogId, ...] = ()
    """Whom the message that was answered names."""
    page: int = 0
    """Which of the choices are shown, counted from 0."""


class LossAsked(Struct, frozen=True, omit_defaults=True, tag="loss_asked"):
    """The channel cannot carry an operator's words as they are: the bot asks whether they may go with `losses`."""

    operator: OperatorId
    ask: str
    dialog: DialogId
    client: str
    message: Message
    origin: Origin
    losses: tuple[Loss, ...]
    beside: str | None = None
    """An earlier question whose answer is this one's too (of the same album): nothing more is asked."""
    mistyped: str | None = None
    """The line with brackets that were perhaps meant to be a button."""
    again: bool = False
    """The words were corrected, and the same question is about the new ones."""


class TargetChosen(Struct, frozen=True, omit_defaults=True, tag="target_chosen"):
    """The question about words is answered: they go to `dialog`, or, with None, nowhere."""

    operator: OperatorId
    ask: str
    dialog: DialogId | None = None
    client: str = ""
    beside: str | None = None
    """Nothing was asked about these: they went with the answer to another question."""
    forgotten: Message | None = None
    """Nobody has answered for too long, or too much was asked since: these words go nowhere."""
    origin: Origin | None = None
    """Where they were written."""


class ViewAsked(Struct, frozen=True, omit_defaults=True, tag="view_asked"):
    operator: OperatorId
    view: View
    dialog: DialogId | None = None
    page: int = 0
    origin: Origin | None = None
    """The message whose button asked, or the command's own."""
    line: LineId | None = None
    """Only what is of this line."""
    person: OperatorId | None = None
    """Whom it is about."""
    role: Role | None = None
    lines: tuple[LineId, ...] = ()
    hours: int | None = None
    """Role, lines and life of the invite that is asked for."""


class TemplatesAsked(Struct, frozen=True, tag="templates_asked"):
    """An operator wants to know what may be written to the dialog's client when nothing else may."""

    dialog: DialogId
    operator: OperatorId


class TemplatesListed(Struct, frozen=True, omit_defaults=True, tag="templates_listed"):
    """It is known which templates an operator may choose from: the account's row has them, or `problem` says why not.

    `templates` is what was heard of the vendor just now; None: nothing was asked, the row is fresh enough.
    """

    account: AccountId
    dialog: DialogId
    operator: OperatorId
    templates: tuple[Template, ...] | None = None
    problem: str | None = None
    page: int = 0


class TemplatePicked(Struct, frozen=True, tag="template_picked"):
    """An operator looks at a template before it is said."""

    dialog: DialogId
    operator: OperatorId
    template: Template


class Refusal(StrEnum):
    """Why a command was refused; each has a sentence in the operators' bot, in Russian and English."""

    TAKEN = "taken"
    """`by` claimed it first."""
    ALREADY_YOURS = "already_yours"
    STALE = "stale"
    """The button is older than the dialog's state."""
    CLOSED = "closed"
    UNKNOWN_DIALOG = "unknown_dialog"
    NOT_YOURS = "not_yours"
    UNCLAIMED = "unclaimed"
    """Nobody has pressed Ответить yet."""
    NO_CURRENT = "no_current"
    NOT_STAFF = "not_staff"
    INVITE_INVALID = "invite_invalid"
    FORBIDDEN = "forbidden"
    """The role does not allow it."""
    NOT_YOUR_LINE = "not_your_line"
    BLOCKED = "blocked"
    NOT_BLOCKED = "not_blocked"
    UNREACHABLE = "unreachable"
    """The client blocked our bot."""
    OPEN_ELSEWHERE = "open_elsewhere"
    """The client has an open dialog already (`by` owns it)."""
    UNKNOWN_COMMAND = "unknown_command"
    EMPTY = "empty"
    NOT_OURS = "not_ours"
    """Reply-to names a message that is nobody's; edit of something that was never sent."""
    ASK_GONE = "ask_gone"
    CANNOT_SEND_KIND = "cannot_send_kind"
    BUTTON_TOO_LONG = "button_too_long"
    """A quick reply (`detail`) is longer than a button can carry."""
    ALREADY_DELETED = "already_deleted"
    """The operator took this message back before."""
    NOT_THEIRS = "not_theirs"
    """A reaction to something that is no client's message, or is too old to be found at the messenger."""
    CANNOT_CARRY = "cannot_carry"
    """The dialog's channel takes no attachment of this kind (`detail`)."""
    TOO_LARGE = "too_large"
    """The attachment is larger than the channel takes (`detail`: megabytes)."""
    NO_EDITS = "no_edits"
    NO_DELETES = "no_deletes"
    NO_REACTIONS = "no_reactions"
    """The dialog's channel cannot do this at all."""
    NO_SUCH_REACTION = "no_such_reaction"
    """The channel has certain emojis only (`detail` names them)."""
    WINDOW_OVER = "window_over"
    """The messenger lets this client be answered no more; `detail`: since when, in milliseconds."""
    TEMPLATE_UNKNOWN = "template_unknown"
    """There is no template of this name, or it is no longer known which there are."""
    TEMPLATE_VALUES = "template_values"
    """As many values were given as `detail` says: `<wanted>:<given>`."""
    LAST_ADMIN = "last_admin"
    """Nobody would be left who may invite and change people."""
    BY_SETTINGS = "by_settings"
    """The settings name this admin; only they can take it back."""
    UNKNOWN_PERSON = "unknown_person"
    LAST_LINE = "last_line"
    """Without this line they would serve none, which is what all lines are written as."""
    UNKNOWN_LINE = "unknown_line"
    """There is no line of this name (`detail`)."""
    TEMPLATE_FIXED = "template_fixed"
    """What was said by a template cannot be corrected."""
    UNDO_LATE = "undo_late"
    """More than a minute has passed since the dialog was ended."""

    SINCE = nonmember(
        {"last_admin": 2, "by_settings": 2, "unknown_person": 2, "last_line": 2, "unknown_line": 2, "undo_late": 2}
    )


class CommandRefused(Struct, frozen=True, omit_defaults=True, tag="command_refused"):
    """Nothing changed. `by` is the operator named in the sentence; `origin` the message that did not go."""

    operator: OperatorId
    why: Refusal
    command: str
    dialog: DialogId | None = None
    by: OperatorId | None = None
    detail: str | None = None
    origin: Origin | None = None
    press: str | None = None


class CopyRefused(Struct, frozen=True, omit_defaults=True, tag="copy_refused"):
    """Something that an operator was to read was not shown (see `RecordRefusal`)."""

    SINCE: ClassVar[int] = 2
    operator: OperatorId
    job: SendMessage | SendEdit
    problem: str
    dialog: DialogId | None = None
    arrived: int = 0
    refused: bool = True


class PressAccepted(Struct, frozen=True, omit_defaults=True, tag="press_accepted"):
    """A pressed button did its work and its spinner can stop."""

    operator: OperatorId
    press: str
    command: str
    dialog: DialogId | None = None
