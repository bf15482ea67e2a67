"""Bookkeeping of dialogs: what an event makes of a dialog's row, and of the rows that point at it. Total."""

from typing import Any

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.ids import DialogId, MessageId, SentId, sent_to_client
from gateway.model.messages import FileState, Media, Message
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Contact, Dialog, DialogState, Held, Received
from gateway.router.fold import Fold, Handlers

BACKLOG = 30
"""How many of an unclaimed client's words are kept for whoever claims; older ones stand in the history."""


def _opened(fold: Fold, event: e.DialogOpened) -> None:
    fold.rows.number = max(fold.rows.number, int(event.dialog))
    fold.changes.number = fold.rows.number
    fold.put_dialog(
        Dialog(
            id=event.dialog,
            line=event.line,
            account=event.account,
            contact=event.contact,
            client=event.client,
            opened_at=fold.at,
            state=DialogState.NEW if event.owner is None else DialogState.CLAIMED,
            owner=event.owner,
            claimed_at=None if event.owner is None else fold.at,
            rang_at=fold.at,
            parent=event.parent,
            start=event.start,
        )
    )
    key = (event.account, event.contact)
    known = fold.rows.contacts.get(key) or Contact(account=event.account, id=event.contact, profile=event.profile)
    fold.put_contact(
        replace(known, profile=event.profile, dialog=event.dialog, last_dialog=event.dialog, start=None, reachable=True)
    )
    if event.owner is not None:
        fold.own(event.owner, event.dialog)


def _received(fold: Fold, event: e.MessageReceived) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    fold.rows.natives[(dialog.account, dialog.contact, event.message.native)] = SentId(event.id)
    backlog, cut = dialog.backlog, dialog.backlog_cut
    if dialog.owner is None:
        backlog = (*backlog, Received(event.id, event.message))
        cut += max(0, len(backlog) - BACKLOG)
        backlog = backlog[-BACKLOG:]
    fold.put_dialog(
        replace(
            dialog,
            state=event.state,
            messages=dialog.messages + 1,
            waiting_since=dialog.waiting_since or fold.at,
            rang_at=fold.at if event.rings else dialog.rang_at,
            backlog=backlog,
            backlog_cut=cut,
        )
    )


def _edited(fold: Fold, event: e.MessageEdited) -> None:
    dialog = fold.rows.dialogs.get(event.dialog) if event.dialog is not None else None
    if dialog is not None and dialog.backlog:
        changed = tuple(Received(one.id, event.message) if one.id == event.id else one for one in dialog.backlog)
        fold.put_dialog(replace(dialog, backlog=changed))


def _claimed(fold: Fold, event: e.DialogClaimed) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    fold.put_dialog(
        replace(
            dialog,
            state=DialogState.CLAIMED,
            owner=event.operator,
            claimed_at=fold.at,
            version=dialog.version + 1,
            backlog=(),
            backlog_cut=0,
            declined=(),
        )
    )
    fold.own(event.operator, event.dialog)


def _declined(fold: Fold, event: e.DialogDeclined) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is not None and event.operator not in dialog.declined:
        fold.put_dialog(replace(dialog, declined=(*dialog.declined, event.operator)))


def _closed(fold: Fold, event: e.DialogClosed) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    fold.put_dialog(
        replace(
            dialog,
            state=DialogState.CLOSED,
            closed_at=fold.at,
            reason=event.reason,
            version=dialog.version + 1,
            waiting_since=None,
            backlog=(),
            backlog_cut=0,
        )
    )
    fold.disown(dialog.owner, event.dialog)
    contact = fold.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and contact.dialog == event.dialog:
        fold.put_contact(replace(contact, dialog=None))


def _reply(fold: Fold, event: e.ReplyAccepted) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    unsettled = dict(dialog.unsettled)
    if event.origin is not None:
        unsettled[event.id] = event.origin
        fold.rows.natives[(fold.rows.staff, event.origin.contact, event.origin.native)] = sent_to_client(event.id)
    held = (*dialog.held, Held(event.id, event.operator, event.message)) if event.held else dialog.held
    fold.put_dialog(
        replace(
            dialog,
            state=DialogState.ANSWERED,
            messages=dialog.messages + 1,
            first_reply_at=dialog.first_reply_at or fold.at,
            last_reply_at=fold.at,
            waiting_since=None,
            unsettled=unsettled,
            held=held,
        )
    )


def _released(fold: Fold, event: e.ReplyReleased) -> None:
    _drop_held(fold, event.dialog, event.id)


def _drop_held(fold: Fold, number: DialogId, message: MessageId) -> None:
    dialog = fold.rows.dialogs.get(number)
    if dialog is not None and any(one.id == message for one in dialog.held):
        fold.put_dialog(replace(dialog, held=tuple(one for one in dialog.held if one.id != message)))


def _reply_edited(fold: Fold, event: e.ReplyEdited) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is not None and dialog.held:
        held = tuple(
            Held(one.id, one.operator, replace(one.message, text=event.message.text, entities=event.message.entities))
            if one.id == event.id
            else one
            for one in dialog.held
        )
        fold.put_dialog(replace(dialog, held=held))


def _delivery(fold: Fold, event: e.DeliveryChanged) -> None:
    if event.status is DeliveryStatus.FAILED:
        _drop_held(fold, event.dialog, event.id)
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is not None and event.id in dialog.unsettled and event.status is not DeliveryStatus.QUEUED:
        unsettled = {key: origin for key, origin in dialog.unsettled.items() if key != event.id}
        fold.put_dialog(replace(dialog, unsettled=unsettled))


def _stored(fold: Fold, event: e.AttachmentStored) -> None:
    _mark(fold, event, state=FileState.STORED, size=event.size, mime=event.mime)


def _failed(fold: Fold, event: e.AttachmentFailed) -> None:
    _mark(fold, event, state=FileState.FAILED, problem=event.problem)


def _mark(fold: Fold, event: e.AttachmentStored | e.AttachmentFailed, **changed: Any) -> None:  # noqa: ANN401
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None or not (dialog.backlog or dialog.held):
        return

    def marked(message: Message) -> Message:
        return replace(
            message,
            attachments=tuple(
                replace(one, **changed) if isinstance(one, Media) and one.file == event.file else one
                for one in message.attachments
            ),
        )

    fold.put_dialog(
        replace(
            dialog,
            backlog=tuple(Received(one.id, marked(one.message)) for one in dialog.backlog),
            held=tuple(Held(one.id, one.operator, marked(one.message)) for one in dialog.held),
        )
    )


def _note(fold: Fold, event: e.NoteAdded) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is not None:
        fold.put_dialog(replace(dialog, messages=dialog.messages + 1))


HANDLERS: Handlers = {
    e.DialogOpened: _opened,
    e.MessageReceived: _received,
    e.MessageEdited: _edited,
    e.DialogClaimed: _claimed,
    e.DialogDeclined: _declined,
    e.DialogClosed: _closed,
    e.ReplyAccepted: _reply,
    e.ReplyReleased: _released,
    e.ReplyEdited: _reply_edited,
    e.DeliveryChanged: _delivery,
    e.AttachmentStored: _stored,
    e.AttachmentFailed: _failed,
    e.NoteAdded: _note,
}
