"""What happened: a closed union, past tense. The journal is made of these and of nothing else. One file a subject.

An event carries all that its readers need (notifier, archive): they may lag behind, and the rows have moved on then.
"""

from msgspec import Struct

from gateway.model.events.accounts import AccountParked, AccountResumed, LineConfigured, NoticeRaised
from gateway.model.events.contacts import (
    ContactBlocked,
    ContactMoved,
    ContactStarted,
    ContactUnblocked,
    ProfileChanged,
    ReachChanged,
    WindowEnded,
    WindowEnding,
    WindowMoved,
)
from gateway.model.events.desk import (
    CommandRefused,
    CopyRefused,
    FocusChanged,
    LossAsked,
    PressAccepted,
    Refusal,
    TargetAsked,
    TargetChosen,
    TemplatePicked,
    TemplatesAsked,
    TemplatesListed,
    ViewAsked,
)
from gateway.model.events.dialogs import (
    DialogClaimed,
    DialogClosed,
    DialogDeclined,
    DialogOpened,
    DialogReleased,
    DialogRestored,
    DialogReviewed,
    LineUnattended,
    NoteAdded,
)
from gateway.model.events.messages import (
    AnsweredElsewhere,
    AttachmentFailed,
    AttachmentStored,
    EchoHeld,
    EchoKnown,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    ReactionChanged,
)
from gateway.model.events.people import (
    AdminConfigured,
    DutyChanged,
    HandedBack,
    InviteMade,
    InviteUsed,
    OperatorDismissed,
    OperatorEntered,
    OperatorGone,
    PersonChanged,
)
from gateway.model.events.replies import (
    DeliveryChanged,
    ReactionPut,
    ReplyAccepted,
    ReplyDeleted,
    ReplyEdited,
    ReplyReleased,
    StatusHeard,
)
from gateway.model.ids import LineId
from gateway.model.state import (
    Dialog,
)

__all__ = [
    "AccountParked",
    "AccountResumed",
    "AdminConfigured",
    "AnsweredElsewhere",
    "AttachmentFailed",
    "AttachmentStored",
    "CommandRefused",
    "ContactBlocked",
    "ContactMoved",
    "ContactStarted",
    "ContactUnblocked",
    "CopyRefused",
    "DeliveryChanged",
    "DialogClaimed",
    "DialogClosed",
    "DialogDeclined",
    "DialogOpened",
    "DialogReleased",
    "DialogRestored",
    "DialogReviewed",
    "DutyChanged",
    "EchoHeld",
    "EchoKnown",
    "Event",
    "FocusChanged",
    "HandedBack",
    "InviteMade",
    "InviteUsed",
    "LineConfigured",
    "LineUnattended",
    "LossAsked",
    "MessageDeleted",
    "MessageEdited",
    "MessageReceived",
    "NoteAdded",
    "NoticeRaised",
    "OperatorDismissed",
    "OperatorEntered",
    "OperatorGone",
    "PersonChanged",
    "PressAccepted",
    "ProfileChanged",
    "ReachChanged",
    "ReactionChanged",
    "ReactionPut",
    "Recorded",
    "Refusal",
    "ReplyAccepted",
    "ReplyDeleted",
    "ReplyEdited",
    "ReplyReleased",
    "StatusHeard",
    "TargetAsked",
    "TargetChosen",
    "TemplatePicked",
    "TemplatesAsked",
    "TemplatesListed",
    "ViewAsked",
    "WindowEnded",
    "WindowEnding",
    "WindowMoved",
]

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
