"""The error tree. A leaf is a sentence for whoever reads it: what happened, where, and what to do.

```
GatewayError
├── SettingsError        a setting is missing, wrong or contradicts another
├── StoreError           Redis or the archive cannot be used
│   ├── StoreUnavailable     not now, and no entry is to blame: nothing is buried or skipped, trying again helps
│   │   ├── CommandRejected      it answers, and refuses a command until somebody has mended it
│   │   └── NewerVersion         an entry or row of a newer gateway: a gateway of that version goes on
│   ├── StoreRefused         it answers, but must not be used as it is set up
│   ├── LostLease            somebody else owns this work now; stop at once
│   └── Undecodable          an entry that can never be read: broken, or older than any version we read
├── ChannelError         what a messenger answered, as an instruction to the runtime
│   ├── TryLater             not sent: a rate limit (`limited`, for `after` seconds), or trouble that passes
│   ├── Refused              not sent, never will be; the operator is told why
│   ├── Uncertain            it may have been sent; resend only where the vendor dedupes
│   └── Unauthorized         the account's credentials do not work: suspend it
└── FileProblem          an attachment's bytes cannot be had; never retried
```
"""

from math import isfinite

LONGEST_WAIT = 24 * 3600.0
"""Seconds: whoever is asked to wait longer asks again after this, for a wrong number must not stop a chat for ever."""

WINDOW_OVER = "the time in which the messenger lets this client be answered is over"
"""Why words that waited were not sent, whether the desk or the sender finds it."""


class GatewayError(Exception):
    """The root: its text may be shown to a person and holds no secret."""


class SettingsError(GatewayError):
    """A setting is missing, wrong or contradicts another."""


class StoreError(GatewayError):
    """Redis or the archive cannot be used."""


class StoreUnavailable(StoreError):
    """The store cannot be used now, and no entry is to blame: nothing is buried or skipped, trying again helps."""


class CommandRejected(StoreUnavailable):
    """The store answers, but refuses a command: a right is missing, a key is of another type.

    Somebody must mend it; then trying again helps. `what` is the command and its key.
    """

    def __init__(self, problem: str, *, what: str = "") -> None:
        super().__init__(problem)
        self.what = what


class NewerVersion(StoreUnavailable):
    """An entry or a row that a newer gateway wrote. Whoever reads it stops there: a gateway of that version goes on.

    `what` says which.
    """

    def __init__(self, problem: str, *, what: str = "") -> None:
        super().__init__(problem)
        self.what = what


class StoreRefused(StoreError):
    """The store answers, but must not be used as it is set up."""


class LostLease(StoreError):
    """Somebody else owns this work now; stop at once."""


class Undecodable(StoreError):
    """An entry that can never be read: broken, or older than any version we read."""


class ChannelError(GatewayError):
    """What a messenger answered, as an instruction to the runtime."""


class TryLater(ChannelError):
    """Not sent. Holds this contact only or, with `everyone`, the whole account.

    Args:
        problem: what happened, in words.
        after: seconds that the vendor asks for; 0: it names none, and the runtime waits longer each time. What is no
            number, negative or beyond a day is brought into these bounds.
        everyone: whether it is about the account.
        perhaps: it may be about the account, for the vendor says the same of both; the runtime finds out.
        limited: whether it is a rate limit, waited for as long as it is asked, or trouble of the vendor's, waited for
            some minutes; None: a rate limit, if a time is named.
    """

    def __init__(
        self,
        problem: str,
        *,
        after: float = 0.0,
        everyone: bool = False,
        perhaps: bool = False,
        limited: bool | None = None,
    ) -> None:
        super().__init__(problem)
        self.after = min(max(after, 0.0), LONGEST_WAIT) if isfinite(after) else 0.0
        self.everyone = everyone
        self.perhaps = perhaps
        self.limited = self.after > 0 if limited is None else limited


class Refused(ChannelError):
    """Not sent and never will be. `gone` says that the contact cannot be written to at all any more."""

    def __init__(self, problem: str, *, gone: bool = False) -> None:
        super().__init__(problem)
        self.gone = gone


class Uncertain(ChannelError):
    """It may have been sent: the answer was lost. Resend only where the vendor dedupes."""


class Unauthorized(ChannelError):
    """The account's credentials do not work: suspend it and tell the admins."""


class FileProblem(GatewayError):
    """An attachment's bytes cannot be had, and trying again would not help."""
