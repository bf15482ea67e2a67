"""Bookkeeping is total: every event has its place, and a repeated one of an unknown dialog does no harm."""

import typing

from gateway.model import events as e
from gateway.router.state.evolve import HANDLERS, UNTOUCHED, evolve
from gateway.router.state.rows import Changes, Rows


def test_every_event_is_either_folded_or_left_on_purpose():
    folded = set(HANDLERS)
    assert folded | set(UNTOUCHED) == set(typing.get_args(e.Event))
    assert not folded & set(UNTOUCHED)


def test_events_of_dialogs_that_are_gone_change_nothing():
    rows, changes = Rows("staff"), Changes()
    evolve(rows, changes, e.DialogClosed(dialog="9", reason="auto"), 1)
    evolve(rows, changes, e.DialogClaimed(dialog="9", operator="1"), 1)
    assert rows.dialogs == {}
    assert changes.dialogs == {}
