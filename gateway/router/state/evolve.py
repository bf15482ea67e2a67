"""Bookkeeping: what an event makes of the rows it concerns. Total: every event is accepted in every state.

No rule lives here; whether something may happen is `decide`'s matter.
"""

from typing import Any

from gateway.model import events as e
from gateway.router.state import delivery, dialogs, people
from gateway.router.state.changes import Handlers, RowChanges
from gateway.router.state.rows import Changes, Rows

HANDLERS: Handlers = {**dialogs.HANDLERS, **delivery.HANDLERS, **people.HANDLERS}

UNTOUCHED: tuple[type[Any], ...] = (
    e.MessageDeleted,
    e.ReactionChanged,
    e.AccountParked,
    e.AccountResumed,
    e.NoticeRaised,
    e.ViewAsked,
    e.TemplatesAsked,
    e.CopyRefused,
    e.PressAccepted,
)
"""Events that change no row, on purpose; a test holds that every event is either here or handled."""


def evolve(rows: Rows, changes: Changes, event: e.Event, at: int) -> None:
    """Projects one event onto the rows and notes which of them it touched."""
    handler = HANDLERS.get(type(event))
    if handler is not None:
        handler(RowChanges(rows, changes, at), event)
