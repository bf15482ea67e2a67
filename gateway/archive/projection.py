"""What journal entries make of the archive's rows. Pure, and total: an event about rows that are not there changes
nothing but the journal.

`wanted` says which rows a batch needs, the writer loads them into `ArchiveRows`, and `project` changes them entry
by entry.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from gateway.archive import projection_dialogs, projection_people
from gateway.archive.entry import ArchiveRows, Entry
from gateway.archive.rows import JournalRow
from gateway.model import events as e
from gateway.model.codec import encode

HANDLERS: Mapping[type[Any], Callable[[Entry, Any], None]] = {
    **projection_dialogs.HANDLERS,
    **projection_people.HANDLERS,
}

JOURNAL_ONLY: tuple[type[Any], ...] = (
    e.DialogClaimed,  # the dialog's picture says it all
    e.DialogReleased,
    e.DialogReviewed,
    e.LineUnattended,
    e.HandedBack,
    e.DialogDeclined,
    e.StatusHeard,
    e.WindowMoved,
    e.WindowEnding,
    e.WindowEnded,
    e.AccountParked,
    e.AccountResumed,
    e.NoticeRaised,
    e.InviteMade,
    e.EchoHeld,  # what becomes of it says it all
    e.EchoKnown,
    e.InviteUsed,
    e.FocusChanged,
    e.TargetAsked,
    e.LossAsked,
    e.TargetChosen,
    e.ViewAsked,
    e.TemplatesAsked,
    e.TemplatesListed,
    e.TemplatePicked,
    e.CommandRefused,
    e.CopyRefused,
    e.PressAccepted,
)
"""Events that change no other row than their own in the journal."""


def project(rows: ArchiveRows, seq: int, recorded: e.Recorded) -> None:
    """Takes one journal entry into the rows."""
    event = recorded.event
    kind = type(event)
    handler = HANDLERS.get(kind)
    entry = Entry(rows, seq, recorded)
    if handler is not None:
        handler(entry, event)
    rows.journal.append(
        JournalRow(
            seq,
            recorded.at,
            str(kind.__struct_config__.tag),
            recorded.line,
            None if entry.dialog is None else entry.dialog.number,
            getattr(event, "operator", None),
            encode(replace(recorded, dialog=None)).decode(),
        )
    )
