"""Accounts and lines: suspended, resumed, configured, and what a channel has to tell."""

from msgspec import Struct

from gateway.model.ids import AccountId, ContactId, NativeId
from gateway.model.state import (
    Line,
)


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


class LineConfigured(Struct, frozen=True, tag="line_configured"):
    line: Line
