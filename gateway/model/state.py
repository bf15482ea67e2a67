"""The rows that are hot while a dialog lives: what Redis holds and `decide` looks at.

A row is what events made of it (`evolve`); nothing else may change one.
"""

from enum import StrEnum, nonmember

from msgspec import Struct

from gateway.model.commands import Purpose, Role
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message, Origin, Profile, Visit, Window
from gateway.model.outgoing import DeliveryStatus, FilledTemplate, Template


class DialogState(StrEnum):
    """Bitrix24's session states by our names (the codes are those of BITRIX24.md section 2).

    ```
    new ──claim──► claimed ──words of the client──► waiting
     │  ▲             └────────reply────► answered ◄─reply── waiting
     │  └─(returned)                      answered ──words──► waiting_again ──reply──► answered
     └────────────────────── close, from any of them ──────────────────────► closed
    ```
    """

    NEW = "new"
    RETURNED = "returned"
    CLAIMED = "claimed"
    WAITING = "waiting"
    WAITING_AGAIN = "waiting_again"
    ANSWERED = "answered"
    CLOSING = "closing"
    CLOSED = "closed"


class CloseReason(StrEnum):
    OPERATOR = "operator"
    AUTO = "auto"
    BLOCKED = "blocked"


class Received(Struct, frozen=True):
    """A client's message under our id."""

    id: MessageId
    message: Message


class ReleaseReason(StrEnum):
    """Why a dialog went back to the queue."""

    RETURNED = "returned"
    """Somebody asked for it."""
    LEFT = "left"
    """The owner blocked the operators' bot, or is nobody any more."""
    DISMISSED = "dismissed"
    OFF_DUTY = "off_duty"
    """The owner let their dialogs go back when their shift ended."""
    SILENT = "silent"
    """The owner is off duty, and the client has waited for as long as the line allows."""
    OTHER_LINES = "other_lines"
    """The owner does not serve this line any more."""

    SINCE = nonmember(dict.fromkeys(("returned", "left", "dismissed", "off_duty", "silent", "other_lines"), 2))


class Unserved(StrEnum):
    """Why nobody is at a client who waits unclaimed."""

    SKIPPED = "skipped"
    """All who are on duty have skipped them."""
    NOBODY = "nobody"
    """Nobody who serves the line is on duty."""
    IGNORED = "ignored"
    """Somebody is on duty, and has not reacted for long."""

    SINCE = nonmember({"skipped": 2, "nobody": 2, "ignored": 2})


class HeldReply(Struct, frozen=True, omit_defaults=True):
    """An operator's message that waits for its files, or behind one that does."""

    id: MessageId
    operator: OperatorId
    message: Message
    template: FilledTemplate | None = None
    agreed: bool = False
    """The operator knows what is lost on the way."""


class HeldEcho(Struct, frozen=True, omit_defaults=True):
    """What was answered in the messenger itself, or our own words coming back: `until` when it waits to be known."""

    message: Message
    author: str | None
    until: int


class UndoRecord(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What ended a dialog or took it from its operator, and all that is needed to undo it."""

    by: OperatorId
    at: int
    state: DialogState
    """The state before, and so on."""
    owner: OperatorId | None = None
    claimed_at: int | None = None
    waiting_since: int | None = None
    backlog: tuple[Received, ...] = ()
    backlog_cut: int = 0
    unanswered: tuple[Received, ...] = ()
    unanswered_cut: int = 0
    current: bool = False
    """It was its owner's current one."""
    blocked: bool = False
    """The contact was blocked by it."""


class Dialog(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One enquiry of a client, from the first message to the close. Moments in milliseconds."""

    id: DialogId
    line: LineId
    account: AccountId
    contact: ContactId
    client: str
    """The client's name, as cards show it."""
    opened_at: int
    state: DialogState = DialogState.NEW
    version: int = 1
    """Grows with claim, return, transfer and close only; a button carries it, and a stale press is refused."""
    owner: OperatorId | None = None
    claimed_at: int | None = None
    first_reply_at: int | None = None
    waiting_since: int | None = None
    """The client's first word that nobody has answered yet."""
    last_reply_at: int | None = None
    rang_at: int = 0
    """When operators were last rung about an unclaimed client's words."""
    closed_at: int | None = None
    reason: CloseReason | None = None
    messages: int = 0
    """How many messages the dialog has; the next one's number is one more."""
    backlog: tuple[Received, ...] = ()
    """The newest words of an unclaimed client, for whoever claims."""
    backlog_cut: int = 0
    """How many older ones no longer stand in the backlog (history has them)."""
    unanswered: tuple[Received, ...] = ()
    """The newest words of a claimed client that nobody has answered yet: whoever has the dialog next needs them."""
    unanswered_cut: int = 0
    returned_at: int | None = None
    """When it last went back to the queue."""
    reviewed_at: int = 0
    """When it was last looked whether anybody is at it, while nobody has claimed it."""
    reviews: int = 0
    """How often, since the client waits: each next look comes later."""
    told: bool = False
    """Supervisors and admins have heard that nobody takes it."""
    held: tuple[HeldReply, ...] = ()
    unsettled: dict[MessageId, Origin] = {}
    """Replies whose end is not known yet, and where the operator wrote them."""
    leaving: dict[MessageId, str] = {}
    """Replies on their way, by what their words are recognized by."""
    doubtful: dict[MessageId, str] = {}
    """The newest of those of which nobody knows whether they arrived."""
    echoes: tuple[HeldEcho, ...] = ()
    """What came back while something was on its way, and may be just that."""
    declined: tuple[OperatorId, ...] = ()
    parent: DialogId | None = None
    start: str | None = None
    """The payload of the link that brought the client (an advertisement, a product)."""
    visit: Visit | None = None
    """The page of the site that the client wrote from last."""
    unread: NativeId | None = None
    """The client's newest message that no operator has been seen to read."""
    read_to: int = 0
    """The number of our newest message that the client has read."""
    replies: tuple[int, ...] = ()
    """The numbers of our messages that stand at the client or are on the way, the newest of them, in order."""
    deleted: tuple[int, ...] = ()
    """The numbers of those that were taken back."""
    heard: dict[int, DeliveryStatus] = {}
    """What the vendor itself has said last of our messages, by number; of the newest of them."""
    ended: dict[int, DeliveryStatus] = {}
    """Of our messages, by number, those whose sending ended as failed or unknown."""
    early: tuple["EarlyStatus", ...] = ()
    """What the vendor has said of messages that nobody knows yet: the answers to our sends are on their way."""
    window: Window | None = None
    """Until when the client may be answered: the contact's, for who sees the dialog only."""
    window_seen: int = 0
    """The newest moment of a window that its timer has told of."""
    by_template: tuple[int, ...] = ()
    """The numbers of our messages that were said by a template."""
    nth: int = 0
    """Which of the contact's dialogs it is, from 1; 0: that is not known."""
    former: OperatorId | None = None
    """Who answered in the one before."""
    heard_at: int = 0
    """When the client's newest words came."""
    undoable: UndoRecord | None = None
    """How a person ended it last, while that may be undone."""
    restored_at: int = 0
    """When that was undone: the time for an answer counts from there."""

    @property
    def is_open(self) -> bool:
        return self.state is not DialogState.CLOSED

    @property
    def waits(self) -> bool:
        """Whether the client's last words are answered by nobody."""
        return self.is_open and self.waiting_since is not None

    @property
    def queued_since(self) -> int | None:
        """Since when an open dialog stands in its line's queue; None: somebody has it."""
        if not self.is_open or self.owner is not None:
            return None
        return self.waiting_since or self.returned_at or self.opened_at


class EarlyStatus(Struct, frozen=True, omit_defaults=True):
    """A status that came before the answer to the send that it is of."""

    native: NativeId
    status: DeliveryStatus
    problem: str | None = None


class Choice(Struct, frozen=True, omit_defaults=True):
    """A quick reply that was pressed: under which of the vendor's messages, of which of ours, and what it said."""

    native: NativeId
    words: str
    message: MessageId | None = None


class Contact(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A person as one account knows them."""

    account: AccountId
    id: ContactId
    profile: Profile
    dialog: DialogId | None = None
    """The open dialog; at most one."""
    last_dialog: DialogId | None = None
    start: str | None = None
    """The payload of the link that brought them, until a dialog opens with it."""
    blocked: bool = False
    reachable: bool = True
    now: ContactId | None = None
    """Who they are now: this row is a signpost for what still comes under the id before."""
    left_at: int | None = None
    """Since when, where it is news: a number that was given up may be another person's some day."""
    former: tuple[ContactId, ...] = ()
    """The ids before, the newest first."""
    window: Window | None = None
    """Until when they may be answered; it never moves back."""
    listing: Visit | None = None
    """What the whole chat is about, as far as it was ever told."""
    chosen: tuple[Choice, ...] = ()
    """Quick replies that they have pressed, the last ones: one choice is made once."""
    ahead: tuple[NativeId, ...] = ()
    """Messages whose edit came before themselves, the last ones."""
    dialogs: int = 0
    """How many dialogs there were with them; 0: that is not known."""
    last_owner: OperatorId | None = None
    """Who answered in the last one that is closed."""

    @property
    def next_dialog(self) -> int:
        """Which one the next dialog is, from 1; 0 where nobody counted the first ones."""
        return 0 if self.last_dialog is not None and not self.dialogs else self.dialogs + 1


class Waiting(Struct, frozen=True, omit_defaults=True):
    """Words that the bot asked about: whom are they for? Or, where `dialog` is known, may they go with a loss?"""

    ask: str
    message: Message
    origin: Origin
    dialog: DialogId | None = None
    """Whose client they are for; None: that is what was asked."""
    beside: str | None = None
    """The question that this one is answered with: further pictures of one album are not asked about one by one."""
    purpose: Purpose | None = None
    """None: to say it to the client."""
    values: tuple[str, ...] = ()
    """Of a template whose name is the message's text."""
    at: int = 0
    """When it was asked, in milliseconds."""
    filling: "Filling | None" = None
    """The template that was being filled in: the words may be its values."""
    among: tuple[DialogId, ...] = ()
    """Whom the message that was answered names: they are offered first."""
    holds: bool = False
    """Until it is answered, or a client is chosen, nothing goes anywhere unasked: it could overtake these words."""


class Filling(Struct, frozen=True, omit_defaults=True):
    """A template whose values the bot has asked an operator for, by its id, and whom it is for."""

    dialog: DialogId
    template: str
    name: str
    client: str = ""
    at: int = 0


class Operator(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A person who answers. `lines` empty means all lines."""

    id: OperatorId
    name: str
    role: Role
    lines: tuple[LineId, ...] = ()
    language: str = "ru"
    on_duty: bool = False
    entered: bool = False
    """Whether they ever pressed Start: before that the bot may not write to them."""
    gone: bool = False
    """They blocked the bot."""
    dismissed: bool = False
    """They may do nothing here any more; the row stays for their name."""
    listed: bool = False
    """An admin by the settings, whom only the settings can let go."""
    away_at: int = 0
    """When they last went off duty, blocked the bot or were dismissed."""
    returns_at: int = 0
    """Dialogs that they have claimed up to this moment go back to the queue."""
    dialogs: tuple[DialogId, ...] = ()
    """Open dialogs that they own, oldest claim first."""
    current: DialogId | None = None
    """Whom text without reply-to is for, as long as that is plain (router/rules/recipient)."""
    sure: bool = False
    """They have said by a button, a reply-to or words that went that they mean the current one, and nothing but
    `spoke` has made it doubtful since."""
    spoke: tuple[DialogId, ...] = ()
    """Other clients of theirs who have written since then, the newest last."""
    album: tuple[str, DialogId | None] | None = None
    """The album that they wrote last and whom it is for: its pictures come one by one. None: it was dropped."""
    filling: Filling | None = None
    asks: tuple[Waiting, ...] = ()
    failed: tuple[Waiting, ...] = ()
    """The newest of their words that did not arrive, or perhaps not, and may be sent again by a press."""

    def serves(self, line: LineId) -> bool:
        return not self.lines or line in self.lines

    @property
    def is_in(self) -> bool:
        """Whether the bot may write to this operator, and they may act."""
        return self.entered and not self.gone and not self.dismissed

    @property
    def is_rung(self) -> bool:
        """Whether new cards go to this operator."""
        return self.on_duty and self.is_in

    @property
    def is_senior(self) -> bool:
        """Whether others' dialogs are their concern too."""
        return self.role in (Role.SUPERVISOR, Role.ADMIN)


class Templates(Struct, frozen=True):
    """What an account's vendor has approved, as it was at a moment."""

    account: AccountId
    at: int
    templates: tuple[Template, ...]


class Invite(Struct, frozen=True):
    """A one-time way in; kept under the digest of its token."""

    digest: str
    role: Role
    lines: tuple[LineId, ...]
    expires_at: int
    by: OperatorId


class Line(Struct, frozen=True, kw_only=True):
    """The rules of an open line; `auto_close_ms` 0 means never."""

    id: LineId
    title: str
    auto_close_ms: int = 4 * 3600 * 1000
    quiet_ms: int = 60 * 1000
    """An unclaimed client's further words ring once per this time."""
    off_duty_ms: int = 15 * 60 * 1000
    """How long a client of somebody off duty waits for them; then the dialog is back in the queue."""
    told_at: int = 0
    """When supervisors and admins last heard that clients wait here and nobody is on duty."""
