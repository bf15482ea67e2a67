"""What asks the router to do something: a closed union, imperative names, each one entry of an inbox.

From a channel come facts about contacts; from the operators' bot raw updates, which the owner resolves into
staff commands; from the runtime results; from clocks `Expire`; from admins configuration.
"""

from enum import StrEnum, nonmember
from typing import ClassVar

import msgspec
from msgspec import Struct

from gateway.model.ids import AccountId, ContactId, DialogId, FileId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message, Origin, Profile, Visit, Window
from gateway.model.outgoing import DeliveryStatus, SendEdit, SendMessage, Template

# ── from a channel ────────────────────────────────────────────────────────────────────────────────────


class Receive(Struct, frozen=True, omit_defaults=True, tag="message"):
    """A contact wrote; `start` is the payload of the link that brought them (for Telegram `/start payload`).

    `window`, here and below: what it opens, where the vendor lets nobody be answered forever.
    """

    contact: ContactId
    message: Message
    profile: Profile | None = None
    start: str | None = None
    visit: Visit | None = None
    window: Window | None = None
    also: ContactId | None = None
    """Another id by which the vendor knows the same contact."""


class ReceiveEdit(Struct, frozen=True, omit_defaults=True, tag="edit"):
    contact: ContactId
    message: Message
    profile: Profile | None = None


class ReceiveDelete(Struct, frozen=True, tag="delete"):
    contact: ContactId
    natives: tuple[NativeId, ...]


class ReceiveReaction(Struct, frozen=True, omit_defaults=True, tag="reaction"):
    """The contact's reactions to one message, as they are now; empty: taken away."""

    contact: ContactId
    native: NativeId
    emojis: tuple[str, ...]
    window: Window | None = None


class ReceivePress(Struct, frozen=True, omit_defaults=True, tag="press"):
    """The contact pressed a button under one of our messages; `press` is what the vendor wants answered."""

    contact: ContactId
    press: str
    data: str
    native: NativeId | None = None
    profile: Profile | None = None
    window: Window | None = None
    shown: bool = False
    """The client is shown each press as words of their own, so each of them counts."""


class ReceiveRead(Struct, frozen=True, omit_defaults=True, tag="seen"):
    """The contact has read our messages up to this one: by the vendor's id, or by ours where the channel knows it."""

    contact: ContactId
    native: NativeId | None = None
    message: MessageId | None = None


class ReceiveStatus(Struct, frozen=True, omit_defaults=True, tag="status"):
    """What the vendor says of one message of ours: in any order, again and again, before the send's own answer too."""

    contact: ContactId
    native: NativeId
    status: DeliveryStatus
    message: MessageId | None = None
    """Our own id of it, where it went along and came back."""
    problem: str | None = None
    """For the operator: what happened and what to do."""


class ReceiveAlias(Struct, frozen=True, tag="alias"):
    """Who was `former` is `contact` from now on: a number or an id has changed, and the person has not."""

    contact: ContactId
    former: ContactId


class ReceiveReach(Struct, frozen=True, omit_defaults=True, tag="reach"):
    """Whether the contact can be written to: they blocked the bot, or came back."""

    contact: ContactId
    reachable: bool
    profile: Profile | None = None


class ReceiveProfile(Struct, frozen=True, tag="profile"):
    """What the channel tells of a contact when it is asked; of somebody who never wrote it means nothing."""

    contact: ContactId
    profile: Profile


class ReceiveEcho(Struct, frozen=True, omit_defaults=True, tag="echo"):
    """Somebody answered the contact in the messenger itself, past this gateway; never opens a dialog."""

    contact: ContactId
    message: Message
    author: str | None = None
    """Who, as the messenger names them."""


class Notice(Struct, frozen=True, omit_defaults=True, tag="notice"):
    """An item without a contact; never opens a dialog, is counted and, where it matters, told to admins."""

    about: str
    detail: str | None = None
    alarming: bool = False


class Ignored(Struct, frozen=True, omit_defaults=True, tag="Ignored"):
    """Left out on purpose, with the reason; never stored, but counted."""

    reason: str


class ReceiveTyping(Struct, frozen=True, tag="typing"):
    """The contact is typing; published to whoever looks, never stored."""

    contact: ContactId


FromChannel = (
    Receive
    | ReceiveEdit
    | ReceiveDelete
    | ReceiveReaction
    | ReceivePress
    | ReceiveRead
    | ReceiveStatus
    | ReceiveAlias
    | ReceiveReach
    | ReceiveProfile
    | ReceiveEcho
    | Notice
)


class Inbound(Struct, frozen=True):
    """One item of a vendor's update: `key` is what a redelivery has in common with it (without the account)."""

    key: str
    item: FromChannel | ReceiveTyping | Ignored


# ── from the runtime ──────────────────────────────────────────────────────────────────────────────────


class RecordDelivery(Struct, frozen=True, omit_defaults=True, tag="delivery"):
    """What became of an operator's message: said once by settle.lua, later by the vendor's statuses."""

    contact: ContactId
    message: MessageId
    status: DeliveryStatus
    natives: tuple[NativeId, ...] = ()
    problem: str | None = None
    """For the operator: what happened and what to do."""
    resumes_at: int | None = None
    """Of what is queued: the vendor wants it not before this moment."""
    ends_at: int | None = None
    """Of what is queued: it is tried again and again, and given up at this moment."""
    words: Message | None = None
    """What did not arrive, or perhaps not, where it can be said again as it was: a text."""


class RecordFile(Struct, frozen=True, omit_defaults=True, tag="file"):
    """Bytes arrived in files/ (or will not: `problem` says why); `mime` is by content, `size` in bytes."""

    message: MessageId
    file: FileId
    size: int = 0
    mime: str | None = None
    problem: str | None = None


class RecordRefusal(Struct, frozen=True, omit_defaults=True, tag="refusal"):
    """Something that an operator was to read was not shown: it was refused, or nobody knows what became of it."""

    SINCE: ClassVar[int] = 2
    contact: ContactId
    """The operator's chat."""
    job: SendMessage | SendEdit
    problem: str
    arrived: int = 0
    """How many of its attachments are there all the same."""
    refused: bool = True
    """The messenger said no to what it is; else it was given up, and may be there."""


class RecordAccount(Struct, frozen=True, omit_defaults=True, tag="account"):
    """The account was parked (a revoked token), or works again."""

    parked: bool
    problem: str | None = None


class RecordTemplates(Struct, frozen=True, omit_defaults=True, tag="templates"):
    """What the vendor has for when nothing else may be written, as an operator has asked; or why it is not known."""

    dialog: DialogId
    operator: OperatorId
    templates: tuple[Template, ...] = ()
    problem: str | None = None


# ── from the operators' bot ───────────────────────────────────────────────────────────────────────────


class StaffUpdate(Struct, frozen=True, tag="staff"):
    """The operators' bot's update as it came; resolved by the owner, because what it means depends on state."""

    update: msgspec.Raw


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


class Purpose(StrEnum):
    """What is to be done for the client whom the bot asks about, if not to say words to them."""

    SINCE = nonmember({"note": 2, "close": 2, "template": 2, "templates": 2})
    NOTE = "note"
    CLOSE = "close"
    TEMPLATE = "template"
    """Words by a template, as they were typed."""
    TEMPLATES = "templates"
    """The list of them."""


class Staff(Struct, frozen=True, kw_only=True):
    """What every staff command carries: who, where they said it, and the press that wants an answer."""

    operator: OperatorId
    origin: Origin | None = None
    press: str | None = None
    among: tuple[DialogId, ...] | None = None
    """It was said in answer to something that names several clients (these), or of which nobody knows whom it names
    (none): then it is for nobody else, and the bot asks. None: it was no answer, or whom it is for is known."""


class Claim(Staff, frozen=True, tag="claim"):
    dialog: DialogId
    version: int


class Decline(Staff, frozen=True, tag="decline"):
    """Hides the card from this operator only (queue "all at once")."""

    dialog: DialogId
    version: int


class Close(Staff, frozen=True, omit_defaults=True, tag="close"):
    """Finishes a dialog. `dialog` None: the current one; `version` None: as it is now, because it was typed."""

    dialog: DialogId | None = None
    version: int | None = None


class Release(Staff, frozen=True, omit_defaults=True, tag="release"):
    """Back to the queue. `dialog` None: the current one; `version` None: as it is now, because it was typed."""

    dialog: DialogId | None = None
    version: int | None = None


class TakeOver(Staff, frozen=True, omit_defaults=True, tag="take_over"):
    """A supervisor or admin makes somebody else's dialog their own; `version` None: as it is now."""

    dialog: DialogId
    version: int | None = None


class HandBack(Staff, frozen=True, tag="hand_back"):
    """The answer to what becomes of one's dialogs at the end of a shift: `back` to the queue, or they stay."""

    back: bool


class Block(Staff, frozen=True, tag="block"):
    """Stops the dialog's contact at intake; an open dialog is closed."""

    dialog: DialogId
    version: int


class Unblock(Staff, frozen=True, tag="unblock"):
    dialog: DialogId


class WriteAgain(Staff, frozen=True, tag="write_again"):
    """Opens a new dialog with the contact of a closed one, owned by who asks."""

    dialog: DialogId


class Focus(Staff, frozen=True, tag="focus"):
    """Makes one of the operator's dialogs the current one: text without reply-to goes there."""

    dialog: DialogId


class Reply(Staff, frozen=True, tag="reply"):
    """Words to a client. `dialog` is named by reply-to, None means the current one."""

    message: Message
    dialog: DialogId | None = None
    answers: MessageId | None = None
    """The client's message that is quoted."""


class PickTemplate(Staff, frozen=True, tag="pick_template"):
    """The operator wants to see one of the templates, and to give its variables."""

    dialog: DialogId
    template: str


class SayTemplate(Staff, frozen=True, omit_defaults=True, tag="say_template"):
    """Words to a client by a template: named by its id or, typed, by its name. `dialog` None: the current one."""

    template: str
    values: tuple[str, ...] = ()
    dialog: DialogId | None = None
    seen: int | None = None
    """How many messages the dialog had when the button was drawn: pressed twice it says nothing twice."""


class Choose(Staff, frozen=True, tag="choose"):
    """The operator's answer to "whom is this for?"."""

    ask: str
    dialog: DialogId | None
    """None: nobody, drop it."""
    by_template: bool = False
    """The words are the values of the template that was being filled in."""


class Undo(Staff, frozen=True, tag="undo"):
    """Takes back what ended a dialog (`version`: as it is since then), within a minute."""

    dialog: DialogId
    version: int


class EditReply(Staff, frozen=True, tag="edit_reply"):
    """The operator corrected their own message; `message_id` is what the native map knows it as."""

    message: Message
    message_id: MessageId | None


class DeleteReply(Staff, frozen=True, tag="delete_reply"):
    """Takes an operator's own message back at the client."""

    message_id: MessageId | None
    stop: bool = False
    """Only if it has not gone yet, whatever the messenger takes back."""


class React(Staff, frozen=True, tag="react"):
    """Puts one emoji on a client's message; None takes it away."""

    message_id: MessageId | None
    emoji: str | None


class AddNote(Staff, frozen=True, tag="note"):
    """A hidden note (`//` …): kept with the dialog, never sent to the client."""

    text: str
    dialog: DialogId | None = None


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


class Misunderstood(Staff, frozen=True, tag="misunderstood"):
    """Something from staff that cannot be acted on; `why` is a code of the bot's texts."""

    why: str


class Leave(Staff, frozen=True, tag="leave"):
    """The operator blocked the operators' bot, or came back (`gone` False)."""

    gone: bool


StaffCommand = (
    Claim
    | Decline
    | Close
    | Release
    | TakeOver
    | HandBack
    | Block
    | Unblock
    | WriteAgain
    | Focus
    | Reply
    | PickTemplate
    | SayTemplate
    | Choose
    | Undo
    | EditReply
    | DeleteReply
    | React
    | AddNote
    | SetDuty
    | Enter
    | Look
    | MakeInvite
    | ChangePerson
    | Dismiss
    | Misunderstood
    | Leave
)

# ── from clocks and configuration ─────────────────────────────────────────────────────────────────────


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


class Entry(Struct, frozen=True, omit_defaults=True):
    """What an inbox holds: which account it came through (none for clocks and configuration) and the command.

    `late` marks a dead letter replayed by hand.
    """

    command: (
        FromChannel
        | RecordDelivery
        | RecordFile
        | RecordTemplates
        | RecordRefusal
        | RecordAccount
        | StaffUpdate
        | MakeInvite
        | ChangePerson
        | Dismiss
        | Expire
        | PlanTimers
        | ConfigureLine
        | ConfigureAdmin
    )
    account: AccountId | None = None
    late: bool = False


Command = (
    FromChannel
    | RecordDelivery
    | RecordFile
    | RecordTemplates
    | RecordRefusal
    | RecordAccount
    | StaffCommand
    | Expire
    | PlanTimers
    | ConfigureLine
    | ConfigureAdmin
)
