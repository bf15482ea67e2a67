"""What an inbox holds: one command of the closed union, and the account through which it came."""

from msgspec import Struct

from gateway.model.commands.channel import FromChannel
from gateway.model.commands.dialogs import (
    Block,
    Claim,
    Close,
    Decline,
    Focus,
    HandBack,
    Release,
    TakeOver,
    Unblock,
    Undo,
    WriteAgain,
)
from gateway.model.commands.people import ChangePerson, Dismiss, Enter, Leave, Look, MakeInvite, SetDuty
from gateway.model.commands.replies import (
    AddNote,
    Choose,
    DeleteReply,
    EditReply,
    PickTemplate,
    React,
    Reply,
    SayTemplate,
    TurnChoices,
)
from gateway.model.commands.runtime import RecordAccount, RecordDelivery, RecordFile, RecordRefusal, RecordTemplates
from gateway.model.commands.staff import Misunderstood, StaffUpdate
from gateway.model.commands.system import ConfigureAdmin, ConfigureLine, Expire, PlanTimers
from gateway.model.ids import AccountId

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
    | TurnChoices
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
