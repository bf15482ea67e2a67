"""Bookkeeping of dialogs: what an event makes of a dialog's row, and of the rows that point at it. Total."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.ids import DialogId, MessageId, NativeId, number_of
from gateway.model.messages import FileState, Location, Media, Message, Visit
from gateway.model.state import Choice, CloseReason, Contact, Dialog, DialogState, HeldReply, Received
from gateway.router.rules.aliases import AHEAD
from gateway.router.rules.echoes import words_of
from gateway.router.rules.undo import remembered, restored
from gateway.router.state.changes import Handlers, RowChanges
from gateway.router.state.delivery import drop_held, newest, without_echoes

CHOICES = 20
"""Pressed quick replies of one client that are remembered."""
BACKLOG = 30
"""How many of an unclaimed client's words are kept for whoever claims; older ones stand in the history."""
BACKLOG_SIGNS = 20_000
"""How many signs of them: the row is written anew for each further word."""
REPLIES = 200
"""How many of our messages a dialog knows by number, for read marks and deletion; older ones are too old for either."""


def _opened(changes: RowChanges, event: e.DialogOpened) -> None:
    changes.rows.number = max(changes.rows.number, int(event.dialog))
    changes.changed.number = changes.rows.number
    key = (event.account, event.contact)
    known = changes.rows.contacts.get(key)
    if known is None or known.now is not None:
        known = Contact(account=event.account, id=event.contact, profile=event.profile)
    changes.put_dialog(
        Dialog(
            id=event.dialog,
            line=event.line,
            account=event.account,
            contact=event.contact,
            client=event.client,
            opened_at=changes.at,
            state=DialogState.NEW if event.owner is None else DialogState.CLAIMED,
            owner=event.owner,
            claimed_at=None if event.owner is None else changes.at,
            rang_at=changes.at,
            parent=event.parent,
            start=event.start,
            visit=event.visit,
            window=known.window,
            nth=event.nth,
            former=event.former,
        )
    )
    changes.put_contact(
        replace(
            known,
            profile=event.profile,
            dialog=event.dialog,
            last_dialog=event.dialog,
            start=None,
            reachable=True,
            listing=_listing(event.visit, known),
            dialogs=event.nth,
        )
    )
    if event.owner is not None:
        changes.own(event.owner, event.dialog)


def _listing(told: Visit | None, known: Contact) -> Visit | None:
    return told if told is not None and told.listing else known.listing


def _received(changes: RowChanges, event: e.MessageReceived) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    contact = changes.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and (listing := _listing(event.visit, contact)) != contact.listing:
        changes.put_contact(replace(contact, listing=listing))
    if event.press is None:
        changes.rows.know(dialog.account, dialog.contact, event.message.native, event.id)
        changes.rows.said[event.id] = event.message
        if event.corrected:
            _hear_ahead(changes, dialog, event.message.native)
    else:
        _choose(changes, dialog, event.message)
    said = Received(event.id, event.message)
    if dialog.owner is None:
        backlog, cut = _with(dialog.backlog, dialog.backlog_cut, said)
        dialog = replace(dialog, backlog=backlog, backlog_cut=cut)
    else:
        backlog, cut = _with(dialog.unanswered, dialog.unanswered_cut, said)
        dialog = replace(dialog, unanswered=backlog, unanswered_cut=cut)
    if event.rings:
        dialog = replace(dialog, rang_at=changes.at, reviews=0)
    changes.put_dialog(
        replace(
            dialog,
            state=event.state,
            messages=dialog.messages + 1,
            waiting_since=dialog.waiting_since or changes.at,
            visit=event.visit or dialog.visit,
            unread=event.message.native or dialog.unread,
            heard_at=changes.at,
        )
    )
    changes.spoke(dialog.owner, dialog.id)


def _hear_ahead(changes: RowChanges, dialog: Dialog, native: NativeId) -> None:
    """Remembers that the message itself is nothing new if it comes."""
    contact = changes.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and native:
        changes.put_contact(replace(contact, ahead=(*contact.ahead, native)[-AHEAD:]))


def _choose(changes: RowChanges, dialog: Dialog, message: Message) -> None:
    """Remembers under which message a quick reply was pressed."""
    contact, answered = changes.rows.contacts.get((dialog.account, dialog.contact)), message.reply_to
    if contact is None or answered is None or answered.native is None:
        return
    others = (one for one in contact.chosen if one.native != answered.native)
    chosen = (*others, Choice(answered.native, message.text, answered.message))
    changes.put_contact(replace(contact, chosen=chosen[-CHOICES:]))


def _newest(backlog: tuple[Received, ...]) -> tuple[Received, ...]:
    """The end of the backlog that stays, the last words whole in any case."""
    left, first = BACKLOG_SIGNS, len(backlog) - 1
    while first > 0 and len(backlog) - first < BACKLOG:
        left -= len(backlog[first].message.text)
        if left < len(backlog[first - 1].message.text):
            break
        first -= 1
    return backlog[first:]


def _with(backlog: tuple[Received, ...], cut: int, said: Received) -> tuple[tuple[Received, ...], int]:
    """Further words of a client, and how many older ones there is no room for."""
    kept = _newest((*backlog, said))
    return kept, cut + len(backlog) + 1 - len(kept)


def _answered_elsewhere(changes: RowChanges, event: e.AnsweredElsewhere) -> None:
    """A client who was answered waits no more, where somebody has the dialog; one of nobody's still does."""
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    changes.rows.know(dialog.account, dialog.contact, event.message.native, event.id)
    said = replace(
        dialog,
        messages=dialog.messages + 1,
        replies=(*dialog.replies, number_of(event.id))[-REPLIES:],
        echoes=without_echoes(dialog, (event.message.native,)),
    )
    if dialog.owner is not None:
        said = replace(
            said,
            state=DialogState.ANSWERED,
            first_reply_at=dialog.first_reply_at or changes.at,
            last_reply_at=changes.at,
            waiting_since=None,
            unread=None,
            unanswered=(),
            unanswered_cut=0,
        )
    changes.put_dialog(said)


def _edited(changes: RowChanges, event: e.MessageEdited) -> None:
    if event.id is not None:
        changes.rows.said[event.id] = event.message
    if event.dialog is None:
        return
    _rewrite(changes, event.dialog, lambda identity, said: event.message if identity == event.id else said)
    dialog, new = changes.rows.dialogs.get(event.dialog), event.message
    moves = any(isinstance(one, Location) for one in new.attachments)
    if dialog is not None and dialog.is_open and new.text and not moves:
        # The operator is shown it like new words; a place that moves is not written by anybody.
        changes.dialog(dialog.id, heard_at=changes.at)
        changes.spoke(dialog.owner, dialog.id)


def _claimed(changes: RowChanges, event: e.DialogClaimed) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    # Where nothing is left to answer, the operators' words are still the last ones.
    state = DialogState.CLAIMED if dialog.waits or dialog.last_reply_at is None else DialogState.ANSWERED
    changes.put_dialog(
        replace(
            dialog,
            state=state if event.former is None else dialog.state,
            owner=event.operator,
            claimed_at=changes.at,
            version=dialog.version + 1,
            backlog=(),
            backlog_cut=0,
            unanswered=event.backlog,
            unanswered_cut=event.cut,
            declined=(),
            unread=None,
            told=False,
            reviews=0,
            undoable=None,
        )
    )
    changes.disown(event.former, event.dialog)
    changes.own(event.operator, event.dialog)


def _released_to_queue(changes: RowChanges, event: e.DialogReleased) -> None:
    """Back in the queue, with all that nobody has answered; since when the client waits does not change."""
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    missing = dialog.waits and not dialog.unanswered
    changes.put_dialog(
        replace(
            dialog,
            state=DialogState.RETURNED,
            owner=None,
            returned_at=changes.at,
            version=dialog.version + 1,
            backlog=dialog.unanswered,
            # A version before did not keep the words of the claimed: they are in the history.
            backlog_cut=max(dialog.unanswered_cut, int(missing)),
            unanswered=(),
            unanswered_cut=0,
            declined=(event.operator,) if event.by == event.operator else (),
            rang_at=changes.at if event.rings else dialog.rang_at,
            reviewed_at=changes.at,
            reviews=0,
            told=False,
        )
    )
    changes.disown(event.operator, event.dialog)
    owner = changes.rows.operators.get(event.operator)
    if owner is not None and event.by == owner.id:
        # Their own doing, as with a close: nothing that they write next is meant for it.
        changes.operator(owner.id, spoke=tuple(one for one in owner.spoke if one != event.dialog))
    elif owner is not None and event.origin is not None:
        changes.mark_unsure(event.by)


def _reviewed(changes: RowChanges, event: e.DialogReviewed) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    changes.put_dialog(
        replace(
            dialog,
            reviewed_at=changes.at,
            reviews=dialog.reviews + 1,
            declined=() if event.rings else dialog.declined,
            rang_at=changes.at if event.rings else dialog.rang_at,
            told=dialog.told or event.tells,
        )
    )


def _declined(changes: RowChanges, event: e.DialogDeclined) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is not None and event.operator not in dialog.declined:
        changes.put_dialog(replace(dialog, declined=(*dialog.declined, event.operator), reviewed_at=changes.at))


def _closed(changes: RowChanges, event: e.DialogClosed) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    owner = changes.rows.operators.get(dialog.owner) if dialog.owner is not None else None
    changes.put_dialog(
        replace(
            dialog,
            state=DialogState.CLOSED,
            closed_at=changes.at,
            reason=event.reason,
            version=dialog.version + 1,
            waiting_since=None,
            backlog=(),
            backlog_cut=0,
            unanswered=(),
            unanswered_cut=0,
            undoable=remembered(dialog, owner, event.operator, changes.at, blocked=event.reason is CloseReason.BLOCKED),
        )
    )
    changes.disown(dialog.owner, event.dialog)
    if owner is not None and event.operator == owner.id:
        # Their own doing: nothing that they write next is meant for it.
        changes.operator(owner.id, spoke=tuple(one for one in owner.spoke if one != event.dialog))
    elif owner is not None and event.origin is not None:
        # Typed by a supervisor in answer to a colleague's client: what they write next may be meant for that one.
        changes.mark_unsure(event.operator)
    contact = changes.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and contact.dialog == event.dialog:
        changes.put_contact(replace(contact, dialog=None, last_owner=dialog.owner or contact.last_owner))


def _restored(changes: RowChanges, event: e.DialogRestored) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None or dialog.undoable is None:
        return
    ended, key = dialog.undoable, (dialog.account, dialog.contact)
    contact = changes.rows.contacts.get(key)
    window = dialog.window if contact is None else contact.window
    changes.put_dialog(replace(restored(dialog, ended, event.owner, changes.at), window=window))
    if contact is not None:
        changes.put_contact(replace(contact, dialog=dialog.id, last_dialog=dialog.id))
    owner = changes.rows.operators.get(event.owner) if event.owner is not None else None
    if owner is not None:
        changes.own(owner.id, dialog.id)
        if ended.current and owner.current is None:
            changes.operator(owner.id, current=dialog.id, spoke=owner.spoke)


def _reply(changes: RowChanges, event: e.ReplyAccepted) -> None:
    author = changes.rows.operators.get(event.operator)
    if event.retries is not None and author is not None:
        changes.put_operator(replace(author, failed=tuple(one for one in author.failed if one.ask != event.retries)))
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    _meant(changes, event)
    unsettled = dict(dialog.unsettled)
    if event.origin is not None:
        unsettled[event.id] = event.origin
        changes.rows.know(changes.rows.staff, event.origin.contact, event.origin.native, event.id)
    said = words_of(event.message)
    waits = HeldReply(event.id, event.operator, event.message, event.template, event.agreed)
    held = (*dialog.held, waits) if event.held else dialog.held
    changes.put_dialog(
        replace(
            dialog,
            state=DialogState.ANSWERED,
            messages=dialog.messages + 1,
            first_reply_at=dialog.first_reply_at or changes.at,
            last_reply_at=changes.at,
            waiting_since=None,
            unanswered=(),
            unanswered_cut=0,
            unsettled=newest(unsettled, REPLIES),
            leaving=dialog.leaving if event.held else newest({**dialog.leaving, event.id: said}, REPLIES),
            held=held,
            unread=None,
            replies=(*dialog.replies, number_of(event.id))[-REPLIES:],
            by_template=_by_template(dialog.by_template, event),
        )
    )


def _by_template(numbers: tuple[int, ...], event: e.ReplyAccepted) -> tuple[int, ...]:
    return numbers if event.template is None else (*numbers, number_of(event.id))[-REPLIES:]


def _meant(changes: RowChanges, event: e.ReplyAccepted) -> None:
    """Words that went to the current client say that this one is meant, until another one writes.

    Words that are sent once more are old ones: they say nothing of whom the next ones are for.
    """
    known = changes.rows.operators.get(event.operator)
    if known is None or event.retries is not None:
        return
    filling = known.filling
    if event.template is not None and filling is not None and filling.name == event.template.name:
        filling = None
    album = known.album if event.message.group is None else (event.message.group, event.dialog)
    sure, spoke = (True, ()) if known.current == event.dialog else (known.sure, known.spoke)
    new = replace(known, sure=sure, spoke=spoke, album=album, filling=filling)
    if new != known:
        changes.put_operator(new)


def _released(changes: RowChanges, event: e.ReplyReleased) -> None:
    drop_held(changes, event.dialog, event.id)
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is not None:
        leaving = newest({**dialog.leaving, event.id: words_of(event.message)}, REPLIES)
        changes.put_dialog(replace(dialog, leaving=leaving))


def _reply_edited(changes: RowChanges, event: e.ReplyEdited) -> None:
    """Words and buttons are corrected; the files stay what they are."""
    new = event.message

    def changed(identity: MessageId, said: Message) -> Message:
        if identity != event.id:
            return said
        return replace(said, text=new.text, entities=new.entities, buttons=new.buttons)

    _rewrite(changes, event.dialog, changed)
    dialog = changes.rows.dialogs.get(event.dialog)
    contact = None if dialog is None else changes.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and any(one.message == event.id for one in contact.chosen):
        # It asks anew.
        changes.put_contact(replace(contact, chosen=tuple(one for one in contact.chosen if one.message != event.id)))


def _reply_deleted(changes: RowChanges, event: e.ReplyDeleted) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    number = number_of(event.id)
    _beside(changes, event)
    drop_held(changes, event.dialog, event.id)
    changes.dialog(
        event.dialog,
        replies=tuple(one for one in dialog.replies if one != number),
        deleted=(*dialog.deleted, number)[-REPLIES:] if number not in dialog.deleted else dialog.deleted,
        # What is on the way will have a result; what was held never will.
        unsettled={key: place for key, place in dialog.unsettled.items() if not event.held or key != event.id},
    )


def _stored(changes: RowChanges, event: e.AttachmentStored) -> None:
    _mark(changes, event, state=FileState.STORED, size=event.size, mime=event.mime)


def _failed(changes: RowChanges, event: e.AttachmentFailed) -> None:
    _mark(changes, event, state=FileState.FAILED, problem=event.problem)


def _mark(changes: RowChanges, event: e.AttachmentStored | e.AttachmentFailed, **changed: Any) -> None:  # noqa: ANN401
    def marked(_: MessageId, message: Message) -> Message:
        return replace(
            message,
            attachments=tuple(
                replace(one, **changed) if isinstance(one, Media) and one.file == event.file else one
                for one in message.attachments
            ),
        )

    _rewrite(changes, event.dialog, marked)


def _rewrite(changes: RowChanges, number: DialogId, changed: Callable[[MessageId, Message], Message]) -> None:
    """Puts what `changed` makes of them in the place of the messages that the row still holds, of either side."""
    dialog = changes.rows.dialogs.get(number)
    if dialog is not None and (dialog.backlog or dialog.unanswered or dialog.held):
        backlog = tuple(replace(one, message=changed(one.id, one.message)) for one in dialog.backlog)
        unanswered = tuple(replace(one, message=changed(one.id, one.message)) for one in dialog.unanswered)
        held = tuple(replace(one, message=changed(one.id, one.message)) for one in dialog.held)
        changes.put_dialog(replace(dialog, backlog=backlog, unanswered=unanswered, held=held))


def _note(changes: RowChanges, event: e.NoteAdded) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is not None:
        changes.put_dialog(replace(dialog, messages=dialog.messages + 1))
        _beside(changes, event)


def _reaction_put(changes: RowChanges, event: e.ReactionPut) -> None:
    _beside(changes, event)


def _beside(changes: RowChanges, event: e.NoteAdded | e.ReactionPut | e.ReplyDeleted) -> None:
    """Something done about another client than the current one: what is written next may be for that one."""
    known = changes.rows.operators.get(event.operator)
    if known is not None and known.current != event.dialog:
        changes.mark_unsure(event.operator)


HANDLERS: Handlers = {
    e.DialogOpened: _opened,
    e.MessageReceived: _received,
    e.AnsweredElsewhere: _answered_elsewhere,
    e.MessageEdited: _edited,
    e.DialogClaimed: _claimed,
    e.DialogReleased: _released_to_queue,
    e.DialogReviewed: _reviewed,
    e.DialogDeclined: _declined,
    e.DialogClosed: _closed,
    e.DialogRestored: _restored,
    e.ReplyAccepted: _reply,
    e.ReplyReleased: _released,
    e.ReplyEdited: _reply_edited,
    e.ReplyDeleted: _reply_deleted,
    e.AttachmentStored: _stored,
    e.AttachmentFailed: _failed,
    e.NoteAdded: _note,
    e.ReactionPut: _reaction_put,
}
