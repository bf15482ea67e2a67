"""The reply window: until when a vendor lets a contact be answered. Pure.

It is the newest that the contact has opened and never moves back. What leaves without a person's own hand (typing,
read marks, automatic texts) keeps to `Window.until`; a person's words may go until `Window.end`. Who has no window
may always be answered.
"""

from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, ContactId, DialogId
from gateway.model.messages import Window
from gateway.model.state import Contact, Dialog
from gateway.router.rules.permissions import Refuse
from gateway.router.state.rows import Rows

_YEAR_3000_MS = 32_503_680_000_000


def moved(
    rows: Rows, account: AccountId, contact: ContactId, told: Window | None, dialog: DialogId | None
) -> list[e.Event]:
    """What the contact has just opened, if that is later than what was known; `dialog` is their open one."""
    known = rows.contacts.get((account, contact))
    window = newest(known.window if known is not None else None, _within_time(told))
    if window is None or (known is not None and window == known.window):
        return []
    was = known.window.until if known is not None and known.window is not None else 0
    return [e.WindowMoved(account=account, contact=contact, window=window, dialog=dialog, was=was)]


def _within_time(window: Window | None) -> Window | None:
    """The window with ends that a calendar has, whatever a vendor's clock says."""
    if window is None:
        return None
    human = window.human_until
    return Window(_on_calendar(window.until), None if human is None else _on_calendar(human))


def _on_calendar(moment: int) -> int:
    return min(max(moment, 0), _YEAR_3000_MS)


def newest(known: Window | None, told: Window | None) -> Window | None:
    """The later of two windows, each end for itself."""
    if known is None or told is None:
        return told or known
    ends = [one.human_until for one in (known, told) if one.human_until is not None]
    return Window(until=max(known.until, told.until), human_until=max(ends, default=None))


def window_of(rows: Rows, dialog: Dialog) -> Window | None:
    """The dialog's window; a dialog that is closed does not hear of what its contact has opened since."""
    contact = rows.contacts.get((dialog.account, dialog.contact))
    return newest(dialog.window, contact.window if contact is not None else None)


def need_window(contact: Contact | None, dialog: Dialog, now: int, *, words: bool = True) -> None:
    """Raises Refuse: it is too late to write to this contact.

    `words` are a person's own and may go until the last end; a correction or an emoji may not.
    """
    window = contact.window if contact is not None else None
    if window is not None and now >= (window.end if words else window.until):
        raise Refuse(Refusal.WINDOW_OVER, dialog, detail=str(window.end if words else window.until))
