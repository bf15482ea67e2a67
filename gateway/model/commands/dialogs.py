"""What operators do with dialogs: claim, decline, close, return to the queue, take over, block."""

from gateway.model.commands.staff import Staff
from gateway.model.ids import DialogId


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


class Undo(Staff, frozen=True, tag="undo"):
    """Takes back what ended a dialog (`version`: as it is since then), within a minute."""

    dialog: DialogId
    version: int
