"""What asks the router to do something: a closed union, imperative names, each one entry of an inbox.

From a channel come facts about contacts; from the operators' bot raw updates, which the owner resolves into
staff commands; from the runtime results; from clocks `Expire`; from admins configuration. One file a subject.
"""

from msgspec import Struct

from gateway.model.commands.channel import (
    FromChannel,
    Ignored,
    Inbound,
    Notice,
    Receive,
    ReceiveAlias,
    ReceiveDelete,
    ReceiveEcho,
    ReceiveEdit,
    ReceivePress,
    ReceiveProfile,
    ReceiveReach,
    ReceiveReaction,
    ReceiveRead,
    ReceiveStatus,
    ReceiveTyping,
)
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
from gateway.model.commands.people import ChangePerson, Dismiss, Enter, Leave, Look, MakeInvite, Role, SetDuty, View
from gateway.model.commands.replies import (
    AddNote,
    Choose,
    DeleteReply,
    EditReply,
    PickTemplate,
    Purpose,
    React,
    Reply,
    SayTemplate,
    TurnChoices,
)
from gateway.model.commands.runtime import RecordAccount, RecordDelivery, RecordFile, RecordRefusal, RecordTemplates
from gateway.model.commands.staff import Misunderstood, Staff, StaffUpdate
from gateway.model.commands.system import ConfigureAdmin, ConfigureLine, Expire, PlanTimers
from gateway.model.ids import AccountId

__all__ = [
    "AddNote",
    "Block",
    "ChangePerson",
    "Choose",
    "Claim",
    "Close",
    "Command",
    "ConfigureAdmin",
    "ConfigureLine",
    "Decline",
    "DeleteReply",
    "Dismiss",
    "EditReply",
    "Enter",
    "Entry",
    "Expire",
    "Focus",
    "FromChannel",
    "HandBack",
    "Ignored",
    "Inbound",
    "Leave",
    "Look",
    "MakeInvite",
    "Misunderstood",
    "Notice",
    "PickTemplate",
    "PlanTimers",
    "Purpose",
    "React",
    "Receive",
    "ReceiveAlias",
    "ReceiveDelete",
    "ReceiveEcho",
    "ReceiveEdit",
    "ReceivePress",
    "ReceiveProfile",
    "ReceiveReach",
    "ReceiveReaction",
    "ReceiveRead",
    "ReceiveStatus",
    "ReceiveTyping",
    "RecordAccount",
    "RecordDelivery",
    "RecordFile",
    "RecordRefusal",
    "RecordTemplates",
    "Release",
    "Reply",
    "Role",
    "SayTemplate",
    "SetDuty",
    "Staff",
    "StaffCommand",
    "StaffUpdate",
    "TakeOver",
    "TurnChoices",
    "Unblock",
    "Undo",
    "View",
    "WriteAgain",
]

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
