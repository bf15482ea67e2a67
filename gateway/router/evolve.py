"""Bookkeeping: what an event makes of the rows it concerns. Total: every event is accepted in every state.

No rule lives here; whether something may happen is `decide`'s matter.
"""

from typing import Any

from gateway.model import events as e
from gateway.router import evolve_deliveries, evolve_dialogs, evolve_people
from gateway.router.fold import Fold, Handlers
from gateway.router.rows import Changes, Rows

HANDLERS: Handlers = {**evolve_dialogs.HANDLERS, **evolve_deliveries.HANDLERS, **evolve_people.HANDLERS}

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
    """Folds one event into the rows and notes which of them it touched."""
    handler = HANDLERS.get(type(event))
    if handler is not None:
        handler(Fold(rows, changes, at), event)
