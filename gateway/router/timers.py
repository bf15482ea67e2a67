"""Timers as a view of a dialog's state: nobody sets or cancels one, they follow from the rows.

A due one comes back as an `Expire` command through the line's inbox.
"""

from collections.abc import Mapping

from gateway.model.state import Dialog, DialogState, Line

AUTO_CLOSE = "auto_close"
WINDOW = "window"
"""The next moment of the reply window: it ends in an hour, or has ended."""
ECHO = "echo"
"""Something that came back from the messenger has waited long enough."""
WINDOW_WARNING_MS = 3600 * 1000


def deadlines(dialog: Dialog, line: Line) -> Mapping[str, int]:
    """Which timers run, by name, with their moments in milliseconds.

    Auto-close counts from the operator's last words and runs only while they are the last (Bitrix24's
    AUTO_CLOSE_TIME): a client who waits is never closed by a clock.
    """
    found = {}
    if dialog.state is DialogState.ANSWERED and dialog.last_reply_at is not None and line.auto_close_ms > 0:
        found[AUTO_CLOSE] = dialog.last_reply_at + line.auto_close_ms
    if (due := _window_due(dialog)) is not None:
        found[WINDOW] = due
    if dialog.echoes:
        found[ECHO] = min(one.until for one in dialog.echoes)
    return found


def _window_due(dialog: Dialog) -> int | None:
    if dialog.window is None or not dialog.is_open:
        return None
    ends = {dialog.window.until, dialog.window.end}
    moments = ends | {end - WINDOW_WARNING_MS for end in ends}
    return min((one for one in moments if one > dialog.window_seen), default=None)
