"""Timers as a view of a dialog's state: nobody sets or cancels one, they follow from the rows.

A due one comes back as an `Expire` command through the line's inbox.
"""

from collections.abc import Mapping

from gateway.model.state import Dialog, DialogState, Line

AUTO_CLOSE = "auto_close"


def deadlines(dialog: Dialog, line: Line) -> Mapping[str, int]:
    """Which timers run, by name, with their moments in milliseconds.

    Auto-close counts from the operator's last words and runs only while they are the last (Bitrix24's
    AUTO_CLOSE_TIME): a client who waits is never closed by a clock.
    """
    if dialog.state is DialogState.ANSWERED and dialog.last_reply_at is not None and line.auto_close_ms > 0:
        return {AUTO_CLOSE: dialog.last_reply_at + line.auto_close_ms}
    return {}
