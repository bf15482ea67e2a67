"""A dialog's life: opened, claimed, returned to the queue, declined, closed, restored; notes in it."""

from typing import ClassVar

from msgspec import Struct

from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Origin, Profile, Visit
from gateway.model.state import (
    CloseReason,
    Received,
    ReleaseReason,
    Unserved,
)


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


class NoteAdded(Struct, frozen=True, omit_defaults=True, tag="note_added"):
    dialog: DialogId
    id: MessageId
    operator: OperatorId
    text: str
    origin: Origin | None = None
