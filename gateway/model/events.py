"""What happened: a closed union, past tense. The journal is made of these and of nothing else.

An event carries all that its readers need (notifier, archive): they may lag behind, and the rows have moved on then.
"""

from enum import StrEnum, nonmember
from typing import ClassVar

from msgspec import Struct

from gateway.model.abilities import Loss
from gateway.model.commands import Purpose, Role, View
from gateway.model.ids import AccountId, ContactId, DialogId, FileId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message, Origin, Profile, Visit, Window
from gateway.model.outgoing import DeliveryStatus, FilledTemplate, SendEdit, SendMessage, Template
from gateway.model.state import (
    CameBack,
    CloseReason,
    Dialog,
    DialogState,
    Filling,
    Invite,
    Line,
    Received,
    ReleaseReason,
    Unserved,
)

# ── a dialog's life ───────────────────────────────────────────────────────────────────────────────────


class DialogOpened(Struct, frozen=True, omit_defaults=True, tag="dialog_opened"):
    """`owner` is set where an operator opened it (write again); `start` is the payload of the client's link."""

    dialog: DialogId
    line: LineId
    account: AccountId
    contact: ContactId
    client: str
    profile: Profile
    start: str | None = None
    owner: OperatorId | None = None
    parent: DialogId | None = None
    visit: Visit | None = None
    nth: int = 0
    """Which of the contact's dialogs it is, from 1; 0: that is not known."""
    former: OperatorId | None = None
    """Who answered in the one before."""


class ContactStarted(Struct, frozen=True, omit_defaults=True, tag="contact_started"):
    """A contact pressed Start and has not written yet: no dialog, but where they came from is kept."""

    account: AccountId
    contact: ContactId
    profile: Profile
    start: str | None = None


class ProfileChanged(Struct, frozen=True, tag="profile_changed"):
    account: AccountId
    contact: ContactId
    profile: Profile


class MessageReceived(Struct, frozen=True, omit_defaults=True, tag="message_received"):
    """A client's words. `state` is the dialog's after them; `rings`: an unclaimed dialog's operators are rung again."""

    dialog: DialogId
    id: MessageId
    message: Message
    state: DialogState
    rings: bool = False
    visit: Visit | None = None
    """The page they wrote from, where it is another one than before."""
    press: str | None = None
    """The words are a pressed quick reply, and this is what the vendor wants answered."""
    corrected: bool = False
    """An edit of them was heard first: what they said before may still come, and is nothing new then."""


class MessageEdited(Struct, frozen=True, omit_defaults=True, tag="message_edited"):
    """`id` is None where the edited message is older than the native map; the archive keeps it as an orphan."""

    dialog: DialogId | None
    id: MessageId | None
    account: AccountId
    contact: ContactId
    message: Message
    former: Message | None = None
    """What it said until now, where that is still known."""


class AnsweredElsewhere(Struct, frozen=True, omit_defaults=True, tag="answered_elsewhere"):
    """Somebody answered the client in the messenger itself, and owns nothing by it; `author`: as the messenger says."""

    dialog: DialogId
    id: MessageId
    message: Message
    author: str | None = None


class EchoHeld(Struct, frozen=True, tag="echo_held"):
    """What came back from the messenger may be a reply that is on its way: it waits until that is known."""

    dialog: DialogId
    echo: CameBack


class EchoKnown(Struct, frozen=True, omit_defaults=True, tag="echo_known"):
    """What came back is no answer from elsewhere: it is `id`, or has nowhere to stand."""

    dialog: DialogId
    natives: tuple[NativeId, ...]
    id: MessageId | None = None


class MessageDeleted(Struct, frozen=True, tag="message_deleted"):
    dialog: DialogId
    id: MessageId


class ReactionChanged(Struct, frozen=True, tag="reaction_changed"):
    """The client's reactions to `id` as they are now."""

    dialog: DialogId
    id: MessageId
    emojis: tuple[str, ...]


class AttachmentStored(Struct, frozen=True, omit_defaults=True, tag="attachment_stored"):
    """The bytes are in files/. `mime` is by content, `size` in bytes."""

    dialog: DialogId
    message: MessageId
    file: FileId
    size: int
    mime: str | None = None


class AttachmentFailed(Struct, frozen=True, tag="attachment_failed"):
    dialog: DialogId
    message: MessageId
    file: FileId
    problem: str


class DialogClaimed(Struct, frozen=True, omit_defaults=True, tag="dialog_claimed"):
    """`backlog`: the client's words that the owner has not been given yet; `cut` more stand in the history only."""

    dialog: DialogId
    operator: OperatorId
    backlog: tuple[Received, ...] = ()
    cut: int = 0
    reads: NativeId | None = None
    """The client's newest message, which is read by this."""
    former: OperatorId | None = None
    """Whose it was until now: a supervisor or admin has taken it over."""


class DialogReleased(Struct, frozen=True, omit_defaults=True, tag="dialog_released"):
    """The dialog is back in the queue. `operator` had it; `by` asked for it, None where nobody did."""

    SINCE: ClassVar[int] = 2

    dialog: DialogId
    operator: OperatorId
    why: ReleaseReason
    by: OperatorId | None = None
    rings: bool = False
    """Those on duty are rung: the client waits, and this is not one of very many."""
    origin: Origin | None = None
    """Where it was typed, if nobody pressed."""


class DialogReviewed(Struct, frozen=True, omit_defaults=True, tag="dialog_reviewed"):
    """It was looked whether anybody is at a client who waits unclaimed; `why` None: somebody is."""

    SINCE: ClassVar[int] = 2

    dialog: DialogId
    why: Unserved | None = None
    rings: bool = False
    """All who are on duty are rung again, those who skipped it too."""
    tells: bool = False
    """Supervisors and admins hear of it, once for each time that the client waits."""


class LineUnattended(Struct, frozen=True, omit_defaults=True, tag="line_unattended"):
    """Nobody who serves the line is on duty, and `waiting` clients stand in its queue; told once an hour at most."""

    SINCE: ClassVar[int] = 2

    line: LineId
    waiting: int
    operator: OperatorId | None = None
    """Who was the last to go off duty, if that is what happened."""


class DialogDeclined(Struct, frozen=True, tag="dialog_declined"):
    dialog: DialogId
    operator: OperatorId


class DialogClosed(Struct, frozen=True, omit_defaults=True, tag="dialog_closed"):
    """`operator` is who finished it; None where a timer did. `origin` is where they typed it, if they did not press."""

    dialog: DialogId
    reason: CloseReason
    operator: OperatorId | None = None
    origin: Origin | None = None


class DialogRestored(Struct, frozen=True, omit_defaults=True, tag="dialog_restored"):
    """What ended the dialog, or gave it back to the queue, is undone: it is `owner`'s again as it was before.

    `origin` is the message whose button undid it.
    """

    SINCE: ClassVar[int] = 2
    dialog: DialogId
    operator: OperatorId
    owner: OperatorId | None = None
    origin: Origin | None = None


class ReplyAccepted(Struct, frozen=True, omit_defaults=True, tag="reply_accepted"):
    """An operator's words are committed; `held` while their files (or earlier ones) are on the way."""

    dialog: DialogId
    id: MessageId
    operator: OperatorId
    message: Message
    origin: Origin | None = None
    held: bool = False
    reads: NativeId | None = None
    """The client's newest message, which is read by this."""
    template: FilledTemplate | None = None
    """The words are those of a template."""
    agreed: bool = False
    """The operator was asked about what is lost on the way, and let it go."""
    retries: str | None = None
    """The words had failed; by this name the operator has sent them again."""


class ReplyReleased(Struct, frozen=True, omit_defaults=True, tag="reply_released"):
    """A held reply leaves now; `message` has its files."""

    dialog: DialogId
    id: MessageId
    message: Message
    operator: OperatorId | None = None
    """Who wrote it."""
    template: FilledTemplate | None = None
    agreed: bool = False


class ReplyEdited(Struct, frozen=True, tag="reply_edited"):
    dialog: DialogId
    id: MessageId
    operator: OperatorId
    message: Message


class ReplyDeleted(Struct, frozen=True, omit_defaults=True, tag="reply_deleted"):
    """An operator took their own message back; `origin` is where they asked for it."""

    dialog: DialogId
    id: MessageId
    operator: OperatorId
    origin: Origin | None = None
    held: bool = False
    """It had not left yet: the client never saw it."""


class ReactionPut(Struct, frozen=True, omit_defaults=True, tag="reaction_put"):
    """An operator put an emoji on a client's message, or (None) took it away; `native` is the vendor's id of it."""

    dialog: DialogId
    id: MessageId
    operator: OperatorId
    native: NativeId
    emoji: str | None = None
    origin: Origin | None = None


class DeliveryChanged(Struct, frozen=True, omit_defaults=True, tag="delivery_changed"):
    """An operator's message is where `status` says; `origin` is where they wrote it."""

    dialog: DialogId
    id: MessageId
    status: DeliveryStatus
    problem: str | None = None
    origin: Origin | None = None
    native: NativeId | None = None
    """The vendor's id of it, where the vendor itself says so."""
    resumes_at: int | None = None
    """Of what is queued and delayed: it goes not before this moment."""
    ends_at: int | None = None
    """Of what is queued and delayed: it is given up at this moment."""
    words: Message | None = None
    """What its author may send again by a press: it did not arrive, or perhaps not."""


class StatusHeard(Struct, frozen=True, omit_defaults=True, tag="status_heard"):
    """The vendor says something of a message of ours that nobody knows yet; it waits for the send's own answer."""

    dialog: DialogId
    native: NativeId
    status: DeliveryStatus
    problem: str | None = None


class NoteAdded(Struct, frozen=True, omit_defaults=True, tag="note_added"):
    dialog: DialogId
    id: MessageId
    operator: OperatorId
    text: str
    origin: Origin | None = None


# ── contacts, accounts ────────────────────────────────────────────────────────────────────────────────


class ContactBlocked(Struct, frozen=True, tag="contact_blocked"):
    dialog: DialogId
    account: AccountId
    contact: ContactId
    operator: OperatorId


class ContactUnblocked(Struct, frozen=True, tag="contact_unblocked"):
    dialog: DialogId
    account: AccountId
    contact: ContactId
    operator: OperatorId


class ReachChanged(Struct, frozen=True, omit_defaults=True, tag="reach_changed"):
    """The client blocked our bot, or came back; `dialog` is their open one."""

    account: AccountId
    contact: ContactId
    reachable: bool
    dialog: DialogId | None = None


class ContactMoved(Struct, frozen=True, omit_defaults=True, tag="contact_moved"):
    """Who was `former` is `contact` from now on, in their open dialog too; `told`: it is news that operators see."""

    account: AccountId
    contact: ContactId
    former: ContactId
    profile: Profile
    dialog: DialogId | None = None
    told: bool = False


class WindowMoved(Struct, frozen=True, omit_defaults=True, tag="window_moved"):
    """The client may be answered for longer; `dialog` is their open one."""

    account: AccountId
    contact: ContactId
    window: Window
    dialog: DialogId | None = None
    was: int = 0
    """Until when it was before."""


class WindowEnding(Struct, frozen=True, tag="window_ending"):
    """The client may be answered for an hour more, until `until`; `due` is the moment of the timer."""

    dialog: DialogId
    due: int
    until: int


class WindowEnded(Struct, frozen=True, tag="window_ended"):
    """The time to answer the client is over, or goes on for answers by hand only."""

    dialog: DialogId
    due: int


class AccountParked(Struct, frozen=True, tag="account_parked"):
    account: AccountId
    problem: str


class AccountResumed(Struct, frozen=True, tag="account_resumed"):
    account: AccountId


class NoticeRaised(Struct, frozen=True, omit_defaults=True, tag="notice_raised"):
    account: AccountId | None
    about: str
    detail: str | None = None
    alarming: bool = False
    contact: ContactId | None = None
    press: str | None = None
    """A pressed button that means nothing: who pressed it, and what the vendor wants answered all the same."""
    chosen: str | None = None
    """What was chosen there before, where a quick reply was pressed once more."""
    native: NativeId | None = None
    """The message that `chosen` stands under."""


# ── people ────────────────────────────────────────────────────────────────────────────────────────────


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
    """The words were corrected, and the same question is about the new ones."""


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


class LineConfigured(Struct, frozen=True, tag="line_configured"):
    line: Line


Event = (
    DialogOpened
    | ContactStarted
    | ProfileChanged
    | MessageReceived
    | MessageEdited
    | AnsweredElsewhere
    | EchoHeld
    | EchoKnown
    | MessageDeleted
    | ReactionChanged
    | AttachmentStored
    | AttachmentFailed
    | DialogClaimed
    | DialogReleased
    | DialogReviewed
    | LineUnattended
    | DialogDeclined
    | DialogClosed
    | DialogRestored
    | ReplyAccepted
    | ReplyReleased
    | ReplyEdited
    | ReplyDeleted
    | ReactionPut
    | DeliveryChanged
    | StatusHeard
    | NoteAdded
    | ContactBlocked
    | ContactUnblocked
    | ReachChanged
    | ContactMoved
    | WindowMoved
    | WindowEnding
    | WindowEnded
    | AccountParked
    | AccountResumed
    | NoticeRaised
    | OperatorEntered
    | OperatorGone
    | AdminConfigured
    | InviteMade
    | InviteUsed
    | DutyChanged
    | HandedBack
    | PersonChanged
    | OperatorDismissed
    | FocusChanged
    | TargetAsked
    | LossAsked
    | TargetChosen
    | ViewAsked
    | TemplatesAsked
    | TemplatesListed
    | TemplatePicked
    | CommandRefused
    | CopyRefused
    | PressAccepted
    | LineConfigured
)


class Recorded(Struct, frozen=True, omit_defaults=True):
    """A journal entry: one event, its moment and what caused it. Its number is the stream id's first half.

    `dialog` is the dialog's row after the event as far as readers draw or count it (`router/rules/journal_view.py`);
    absent where the event has none.
    """

    event: Event
    at: int
    cause: str
    """`<inbox>:<entry id>` of the command."""
    line: LineId | None = None
    dialog: Dialog | None = None
