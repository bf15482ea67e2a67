"""Contacts: who they are, whether they can be reached, and until when they may be answered."""

from msgspec import Struct

from gateway.model.ids import AccountId, ContactId, DialogId, OperatorId
from gateway.model.messages import Profile, Window


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
