"""What dialogs and what is said in them make of the archive's rows. Pure, and total."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from gateway.archive.entry import Entry
from gateway.archive.rows import MessageRow, OrphanEditRow, join_names, split_message
from gateway.model import events as e
from gateway.model.messages import FileState, Media, Message
from gateway.model.outgoing import DeliveryStatus


def _opened(entry: Entry, event: e.DialogOpened) -> None:
    entry.meet(event.account, event.contact, event.profile).reachable = True
    if entry.dialog is not None:
        entry.dialog.start, entry.dialog.opened_by = event.start, event.owner
    entry.visit(event.visit)


def _received(entry: Entry, event: e.MessageReceived) -> None:
    row = MessageRow(
        id=event.id,
        seq=entry.seq,
        dialog=int(event.dialog),
        side="client",
        at=entry.at,
        text="",
        content="",
        native=event.message.native or None,
    )
    entry.add_message(row, event.message)
    entry.visit(event.visit)
    if entry.dialog is not None:
        entry.rows.natives[(entry.dialog.account, entry.dialog.contact, event.message.native)] = event.id
        entry.dialog.client_messages += 1
        entry.dialog.last_message_at = entry.at


def _answered_elsewhere(entry: Entry, event: e.AnsweredElsewhere) -> None:
    """Nobody of ours wrote it, so it is nobody's answer in the statistics."""
    row = MessageRow(
        id=event.id,
        seq=entry.seq,
        dialog=int(event.dialog),
        side="elsewhere",
        at=entry.at,
        text="",
        content="",
        native=event.message.native or None,
    )
    entry.add_message(row, event.message)
    if entry.dialog is not None:
        entry.dialog.last_message_at = entry.at


def _edited(entry: Entry, event: e.MessageEdited) -> None:
    native = event.message.native
    row = entry.change_message(event.id or entry.rows.natives.get((event.account, event.contact, native)))
    if row is not None:
        entry.edit(row, event.message)
        return
    entry.rows.orphan_edits.append(
        OrphanEditRow(entry.seq, event.account, event.contact, native, entry.at, *split_message(event.message))
    )


def _deleted(entry: Entry, event: e.MessageDeleted | e.ReplyDeleted) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.deleted_at = entry.at


def _reaction(entry: Entry, event: e.ReactionChanged) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.reactions = join_names(event.emojis) or None


def _reaction_put(entry: Entry, event: e.ReactionPut) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.our_reaction = event.emoji


def _stored(entry: Entry, event: e.AttachmentStored) -> None:
    _mark(entry, event, state=FileState.STORED, size=event.size, mime=event.mime)


def _failed(entry: Entry, event: e.AttachmentFailed) -> None:
    _mark(entry, event, state=FileState.FAILED, problem=event.problem)


def _mark(entry: Entry, event: e.AttachmentStored | e.AttachmentFailed, **changed: Any) -> None:  # noqa: ANN401
    row = entry.change_message(event.message)
    if row is None:
        return
    message = row.message
    row.message = replace(
        message,
        attachments=tuple(
            replace(one, **changed) if isinstance(one, Media) and one.file == event.file else one
            for one in message.attachments
        ),
    )


def _closed(entry: Entry, event: e.DialogClosed) -> None:
    if entry.dialog is not None:
        entry.dialog.closed_by = event.operator


def _restored(entry: Entry, _: e.DialogRestored) -> None:
    """The dialog's picture says the rest."""
    if entry.dialog is not None:
        entry.dialog.closed_by = None


def _reply(entry: Entry, event: e.ReplyAccepted) -> None:
    row = MessageRow(
        id=event.id,
        seq=entry.seq,
        dialog=int(event.dialog),
        side="operator",
        operator=event.operator,
        at=entry.at,
        text="",
        content="",
        status=DeliveryStatus.QUEUED.value,
    )
    entry.add_message(row, event.message)
    dialog = entry.dialog
    if dialog is None:
        return
    dialog.operator_messages += 1
    dialog.last_message_at = entry.at
    dialog.first_reply_by = dialog.first_reply_by or event.operator
    if entry.waited_since is not None:
        took = max(entry.at - entry.waited_since, 0)
        dialog.answers += 1
        dialog.answers_ms += took
        dialog.longest_answer_ms = max(dialog.longest_answer_ms, took)


def _released(entry: Entry, event: e.ReplyReleased) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.message = event.message


def _reply_edited(entry: Entry, event: e.ReplyEdited) -> None:
    """An operator corrects words and buttons; the files of the message stay what they were."""
    row, new = entry.change_message(event.id), event.message
    if row is not None:
        entry.edit(row, replace(row.message, text=new.text, entities=new.entities, buttons=new.buttons))


def _delivery(entry: Entry, event: e.DeliveryChanged) -> None:
    row = entry.change_message(event.id)
    if row is not None:
        row.status, row.problem = event.status.value, event.problem


def _note(entry: Entry, event: e.NoteAdded) -> None:
    row = MessageRow(
        id=event.id,
        seq=entry.seq,
        dialog=int(event.dialog),
        side="note",
        operator=event.operator,
        at=entry.at,
        text="",
        content="",
    )
    entry.add_message(row, Message(text=event.text))
    if entry.dialog is not None:
        entry.dialog.notes += 1


HANDLERS: Mapping[type[Any], Callable[[Entry, Any], None]] = {
    e.DialogOpened: _opened,
    e.MessageReceived: _received,
    e.AnsweredElsewhere: _answered_elsewhere,
    e.MessageEdited: _edited,
    e.MessageDeleted: _deleted,
    e.ReactionChanged: _reaction,
    e.AttachmentStored: _stored,
    e.AttachmentFailed: _failed,
    e.DialogClosed: _closed,
    e.DialogRestored: _restored,
    e.ReplyAccepted: _reply,
    e.ReplyReleased: _released,
    e.ReplyEdited: _reply_edited,
    e.ReplyDeleted: _deleted,
    e.ReactionPut: _reaction_put,
    e.DeliveryChanged: _delivery,
    e.NoteAdded: _note,
}
