"""What staff commands have in common: which dialog is meant, who may touch it, how a refusal ends it all. Pure."""

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.events import Refusal
from gateway.model.ids import DialogId
from gateway.model.state import Contact, Dialog, Operator
from gateway.router.state.rows import Rows, followed

_SENIOR = (Role.SUPERVISOR, Role.ADMIN)


class Refuse(Exception):
    """Ends a decision: nothing changes, the operator is told why."""

    def __init__(self, why: Refusal, dialog: Dialog | None = None, *, detail: str | None = None) -> None:
        super().__init__(why)
        self.why, self.dialog, self.detail = why, dialog, detail


def served(rows: Rows, me: Operator, number: DialogId) -> Dialog:
    """The dialog, if this operator's lines have it. Raises Refuse."""
    dialog = rows.dialogs.get(number)
    if dialog is None:
        raise Refuse(Refusal.UNKNOWN_DIALOG, detail=number)
    if not me.serves(dialog.line) and dialog.owner != me.id:
        raise Refuse(Refusal.NOT_YOUR_LINE, dialog)
    return dialog


def still_open(rows: Rows, me: Operator, number: DialogId) -> Dialog:
    """The dialog, if it is served and not finished. Raises Refuse."""
    dialog = served(rows, me, number)
    if not dialog.is_open:
        raise Refuse(Refusal.CLOSED, dialog)
    return dialog


def contact_of(rows: Rows, dialog: Dialog) -> Contact:
    """Who the dialog is with, under the id that they have now. Raises Refuse."""
    contact = rows.contacts.get((dialog.account, followed(rows, dialog.account, dialog.contact)))
    if contact is None:
        raise Refuse(Refusal.UNKNOWN_DIALOG, dialog)
    return contact


def need_fresh(dialog: Dialog, version: int) -> None:
    """Raises Refuse: the button is older than the dialog's state."""
    if dialog.version != version:
        raise Refuse(Refusal.STALE, dialog)


def need_owner(dialog: Dialog, me: Operator) -> None:
    """Raises Refuse: the dialog is somebody else's, and this is no supervisor or admin."""
    if dialog.owner == me.id or me.role in _SENIOR:
        return
    raise Refuse(Refusal.UNCLAIMED if dialog.owner is None else Refusal.NOT_YOURS, dialog)


def accepted(command: c.Staff, what: str) -> list[e.Event]:
    """The answer to the button that the command came by, if it was one."""
    if command.press is None:
        return []
    dialog: DialogId | None = getattr(command, "dialog", None)
    return [e.PressAccepted(operator=command.operator, press=command.press, command=what, dialog=dialog)]
