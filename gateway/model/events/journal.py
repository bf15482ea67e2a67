"""The closed union of events, and the journal entry that carries one."""

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
