"""What contacts, operators and settings make of the archive's rows. Pure, and total."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.archive.entry import Entry
from gateway.archive.rows import LineRow, OperatorRow, join_names
from gateway.model import events as e
from gateway.model.commands import Role


def _started(entry: Entry, event: e.ContactStarted) -> None:
    entry.meet(event.account, event.contact, event.profile).reachable = True


def _profile(entry: Entry, event: e.ProfileChanged) -> None:
    entry.meet(event.account, event.contact, event.profile)


def _blocked(entry: Entry, event: e.ContactBlocked | e.ContactUnblocked) -> None:
    row = entry.contact(event.account, event.contact)
    if row is not None:
        row.blocked = isinstance(event, e.ContactBlocked)


def _reach(entry: Entry, event: e.ReachChanged) -> None:
    row = entry.contact(event.account, event.contact)
    if row is not None:
        row.reachable = event.reachable


def _moved(entry: Entry, event: e.ContactMoved) -> None:
    """Their history goes along."""
    if entry.contact(event.account, event.former) is not None:
        entry.meet(event.account, event.contact, event.profile)
        entry.rows.moves.append((event.account, event.former, event.contact))


def _entered(entry: Entry, event: e.OperatorEntered) -> None:
    known = entry.rows.operators.get(event.operator)
    entry.rows.operators[event.operator] = OperatorRow(
        id=event.operator,
        name=event.name,
        role=event.role.value,
        lines=join_names(event.lines),
        language=event.language,
        entered_at=(known.entered_at if known is not None else None) or entry.at,
        on_duty=known is not None and known.on_duty,
    )


def _gone(entry: Entry, event: e.OperatorGone) -> None:
    row = entry.rows.operators.get(event.operator)
    if row is not None:
        row.gone = event.gone


def _changed(entry: Entry, event: e.PersonChanged) -> None:
    row = entry.rows.operators.get(event.operator)
    if row is not None:
        row.role, row.lines = event.role.value, join_names(event.lines)


def _dismissed(entry: Entry, event: e.OperatorDismissed) -> None:
    """Their name stays with what they have done; the journal has when they went."""
    row = entry.rows.operators.get(event.operator)
    if row is not None:
        row.on_duty, row.gone = False, True


def _admin(entry: Entry, event: e.AdminConfigured) -> None:
    row = entry.rows.operators.setdefault(event.operator, OperatorRow(id=event.operator, name="", role=""))
    if event.listed:
        row.role, row.lines = Role.ADMIN.value, ""


def _duty(entry: Entry, event: e.DutyChanged) -> None:
    row = entry.rows.operators.get(event.operator)
    if row is not None:
        row.on_duty = event.on


def _line(entry: Entry, event: e.LineConfigured) -> None:
    entry.rows.lines[event.line.id] = LineRow(event.line.id, event.line.title)


HANDLERS: Mapping[type[Any], Callable[[Entry, Any], None]] = {
    e.ContactStarted: _started,
    e.ProfileChanged: _profile,
    e.ContactBlocked: _blocked,
    e.ContactUnblocked: _blocked,
    e.ReachChanged: _reach,
    e.ContactMoved: _moved,
    e.OperatorEntered: _entered,
    e.OperatorGone: _gone,
    e.AdminConfigured: _admin,
    e.PersonChanged: _changed,
    e.OperatorDismissed: _dismissed,
    e.DutyChanged: _duty,
    e.LineConfigured: _line,
}
