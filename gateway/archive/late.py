"""An entry that was put aside is written after those that came behind it: it brings what is missing and takes nothing
back. What they said of the same thing stays, and what they said of its own message is said again.
"""

from copy import deepcopy
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.archive import projection_people, tables
from gateway.archive.entry import ArchiveRows, Entry
from gateway.archive.loading import load_rows, save_rows
from gateway.archive.projection import HANDLERS, project
from gateway.archive.rows import DialogRow
from gateway.errors import Undecodable
from gateway.model import events as e
from gateway.model.codec import decode
from gateway.model.events import Recorded
from gateway.model.ids import MessageId

_SAID: tuple[type[Any], ...] = (e.MessageReceived, e.AnsweredElsewhere, e.ReplyAccepted, e.NoteAdded)
"""Events that bring a message."""
_ONCE = (
    "start", "opened_by", "claimed_at", "claimed_by", "first_reply_at", "first_reply_by", "closed_by",
    "visit_url", "visit_title", "visit_referrer",
)  # fmt: skip
"""What one event alone says of a dialog: it is filled in where it is missing."""
_COUNTED = ("client_messages", "operator_messages", "notes")


async def write_late(connection: AsyncConnection, rows: ArchiveRows, seq: int, recorded: Recorded) -> None:
    """Writes one entry into an archive that goes on behind it. `rows` is empty."""
    event = recorded.event
    later = await _later(connection, seq, recorded)
    await load_rows(connection, rows, [recorded, *(one for _, one in later)])
    before = deepcopy(rows)
    project(rows, seq, recorded)
    number = None if recorded.dialog is None else int(recorded.dialog.id)
    if number is not None and number in before.dialogs and await _goes_on(connection, seq, number):
        rows.dialogs[number] = _kept(before.dialogs[number], rows.dialogs[number])
    if isinstance(event, _SAID):
        edits = _said_since(rows, event.id, later)
        await connection.execute(delete(tables.orphan_edits).where(tables.orphan_edits.c.seq.in_(edits)))
    elif (subject := subject_of(event)) is not None and any(subject_of(one.event) == subject for _, one in later):
        rows.messages, rows.contacts, rows.versions = before.messages, rows.contacts | before.contacts, []
        rows.operators, rows.lines, rows.moves = before.operators, {}, []
        for contact in rows.contacts.values():
            contact.first_seen_at = min(contact.first_seen_at, recorded.at)
    await save_rows(connection, rows)


def subject_of(event: e.Event) -> tuple[object, ...] | None:
    """What of which row an event says anew: of two with the same subject the later one counts."""
    match event:
        case e.DialogOpened() | e.ContactStarted() | e.ProfileChanged() | e.ContactMoved():
            return "profile", event.account, event.contact
        case e.ContactBlocked() | e.ContactUnblocked():
            return "blocked", event.account, event.contact
        case e.ReachChanged():
            return "reach", event.account, event.contact
        case e.OperatorEntered() | e.AdminConfigured():
            return "operator", event.operator
        case e.OperatorGone() | e.DutyChanged():
            return type(event).__name__, event.operator
        case e.LineConfigured():
            return "line", event.line.id
        case e.MessageEdited(id=None):
            return "words", event.account, event.contact, event.message.native
        case e.MessageEdited() | e.ReplyEdited() | e.ReplyReleased():
            return "words", event.id
        case e.MessageDeleted() | e.ReplyDeleted():
            return "deleted", event.id
        case e.ReactionChanged() | e.ReactionPut() | e.DeliveryChanged():
            return type(event).__name__, event.id
        case e.AttachmentStored() | e.AttachmentFailed():
            return "file", event.file
        case _:
            return None


async def _later(connection: AsyncConnection, seq: int, recorded: Recorded) -> list[tuple[int, Recorded]]:
    """Entries behind this one that may say something of the same rows."""
    journal = tables.journal.c
    question = select(journal.seq, journal.payload).where(journal.seq > seq).order_by(journal.seq)
    if recorded.dialog is not None and not isinstance(recorded.event, e.DialogOpened):
        question = question.where(journal.dialog == int(recorded.dialog.id))
    else:
        about: list[type[Any]] = [*projection_people.HANDLERS, e.DialogOpened, e.MessageEdited]
        kinds = [str(kind.__struct_config__.tag) for kind in about]
        question = question.where(journal.kind.in_(kinds))
    subject, found = subject_of(recorded.event), []
    async for number, payload in await connection.stream(question):
        try:
            one = decode(payload.encode(), Recorded)
        except Undecodable:
            continue
        is_of_it = isinstance(recorded.event, _SAID) and _message_of(one.event) == recorded.event.id
        if is_of_it or (subject is not None and subject_of(one.event) == subject):
            found.append((number, one))
    return found


async def _goes_on(connection: AsyncConnection, seq: int, number: int) -> bool:
    journal = tables.journal.c
    question = select(journal.seq).where(journal.dialog == number, journal.seq > seq).limit(1)
    return await connection.scalar(question) is not None


def _kept(now: DialogRow, late: DialogRow) -> DialogRow:
    """The dialog as later entries left it, with what only the late one knew."""
    for name in _ONCE:
        if getattr(now, name) is None:
            setattr(now, name, getattr(late, name))
    for name in _COUNTED:
        setattr(now, name, getattr(late, name))
    now.last_message_at = max(now.last_message_at or 0, late.last_message_at or 0) or None
    return now


def _said_since(rows: ArchiveRows, identity: MessageId, later: list[tuple[int, Recorded]]) -> list[int]:
    """What became of a message that was not there when it was told; answers the edits among it: orphans no more."""
    for number, one in later:
        handler = HANDLERS.get(type(one.event))
        if handler is not None and _message_of(one.event) == identity and not isinstance(one.event, _SAID):
            handler(Entry(rows, number, one), one.event)
    return [number for number, one in later if isinstance(one.event, e.MessageEdited)]


def _message_of(event: e.Event) -> MessageId | None:
    """The message that an event changes."""
    found = getattr(event, "message", None) if isinstance(event, e.AttachmentStored | e.AttachmentFailed) else None
    return found if found is not None else getattr(event, "id", None)
