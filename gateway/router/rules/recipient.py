"""Whom an operator's words are for, and everything else that they do without naming a dialog. Pure.

The one place that decides it: a word that reaches the wrong client is the worst that can happen here, so where it
is not plain the answer is None and the bot asks. Nothing else may look at an operator's current dialog for that.
"""

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import DialogId
from gateway.model.state import Dialog, Operator
from gateway.router.rules.permissions import Refuse, served
from gateway.router.state.rows import Rows, followed

FILLING_MS = 24 * 3600 * 1000
"""How long the bot's question for a template's values counts as being answered."""


def recipient(rows: Rows, me: Operator, command: c.Staff, *, group: str | None = None) -> Dialog | None:
    """The dialog that a command is for; None: it is not plain, and the bot asks.

    A dialog that is named (by reply-to, by a button) is taken; else the operator's current one, if no other client of
    theirs has written since they last said whom they mean. `group` is the album that the words belong to.

    Raises:
        Refuse: the dialog that is named is not there, not theirs to serve, or its client has no open one.
    """
    number: DialogId | None = getattr(command, "dialog", None)
    if number is not None:
        return named(rows, me, number)
    if command.among is not None:
        return None
    if group is not None and me.album is not None and me.album[0] == group:
        return _own(rows, me, me.album[1])
    return _own(rows, me, me.current) if is_plain(me) else None


def is_plain(me: Operator) -> bool:
    """Whether text without reply-to can be meant for the current client only."""
    holds = any(one.holds for one in me.asks)
    return me.current is not None and me.sure and not holds and all(one == me.current for one in me.spoke)


def named(rows: Rows, me: Operator, number: DialogId) -> Dialog:
    """The dialog that is named, or what its client has written since it was finished.

    Raises:
        Refuse: it is not there, not this operator's to serve, or the client has no open dialog.
    """
    dialog = served(rows, me, number)
    if dialog.is_open:
        return dialog
    contact = rows.contacts.get((dialog.account, followed(rows, dialog.account, dialog.contact)))
    again = rows.open_dialog(contact)
    if again is None:
        raise Refuse(Refusal.CLOSED, dialog)
    return served(rows, me, again.id)


def focus_changes(me: Operator, dialog: Dialog) -> list[e.Event]:
    """What makes the client that was named the current one, where the dialog is this operator's."""
    if not dialog.is_open or dialog.owner != me.id or (me.current == dialog.id and is_plain(me)):
        return []
    return [e.FocusChanged(operator=me.id, dialog=dialog.id, client=dialog.client, plain=True)]


def focus_changes_at_the_end(me: Operator, dialog: Dialog, command: c.Close | c.Release) -> list[e.Event]:
    """The same for who gives a dialog away that they named by reply-to: what they write next is for nobody in
    particular. A button on a card names nobody for what is written.
    """
    return focus_changes(me, dialog) if command.dialog is not None and command.press is None else []


def choices(rows: Rows, me: Operator, among: tuple[DialogId, ...] | None = None) -> tuple[tuple[DialogId, str], ...]:
    """All whom something may be for: those that were named first, then the operator's others, who spoke last first."""
    first = [one for one in dict.fromkeys(among or ()) if _is_choice(rows, me, one)]
    found = [*_newest_first(rows, me, first), *_newest_first(rows, me, [one for one in me.dialogs if one not in first])]
    return tuple((one, rows.dialogs[one].client) for one in found)


def is_filling(me: Operator, now: int) -> bool:
    """Whether the bot waits for the values of a template: plain text may be these, and nobody's words."""
    return me.filling is not None and now - me.filling.at < FILLING_MS


def _own(rows: Rows, me: Operator, number: DialogId | None) -> Dialog | None:
    dialog = rows.dialogs.get(number) if number is not None else None
    return dialog if dialog is not None and dialog.is_open and dialog.owner == me.id else None


def _is_choice(rows: Rows, me: Operator, number: DialogId) -> bool:
    dialog = rows.dialogs.get(number)
    if dialog is None or not dialog.is_open:
        return False
    return dialog.owner == me.id or (dialog.owner is None and me.serves(dialog.line))


def _newest_first(rows: Rows, me: Operator, numbers: list[DialogId]) -> list[DialogId]:
    order = {one: place for place, one in enumerate(me.spoke)}

    def spoke(number: DialogId) -> tuple[int, int]:
        dialog = rows.dialogs[number]
        return dialog.heard_at or dialog.opened_at, order.get(number, -1)

    return sorted((one for one in numbers if one in rows.dialogs), key=spoke, reverse=True)
