"""Bookkeeping of dialogs: what an event makes of a dialog's row, and of the rows that point at it. Total."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.ids import DialogId, MessageId, NativeId, number_of
from gateway.model.messages import FileState, Location, Media, Message, Visit
from gateway.model.state import Choice, CloseReason, Contact, Dialog, DialogState, Held, Received
from gateway.router.rules.aliases import AHEAD
from gateway.router.rules.echoes import words_of
from gateway.router.rules.undo import remembered, restored
from gateway.router.state.changes import Fold, Handlers
from gateway.router.state.delivery import drop_held, newest, without_echoes

CHOICES = 20
"""Pressed quick replies of one client that are remembered."""
BACKLOG = 30
"""How many of an unclaimed client's words are kept for whoever claims; older ones stand in the history."""
BACKLOG_SIGNS = 20_000
"""How many signs of them: the row is written anew for each further word."""
REPLIES = 200
"""How many of our messages a dialog knows by number, for read marks and deletion; older ones are too old for either."""


def _opened(fold: Fold, event: e.DialogOpened) -> None:
    fold.rows.number = max(fold.rows.number, int(event.dialog))
    fold.changes.number = fold.rows.number
    key = (event.account, event.contact)
    known = fold.rows.contacts.get(key)
    if known is None or known.now is not None:
        known = Contact(account=event.account, id=event.contact, profile=event.profile)
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
            visit=event.visit,
            window=known.window,
            nth=event.nth,
            former=event.former,
        )
    )
    fold.put_contact(
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
        fold.own(event.owner, event.dialog)


def _listing(told: Visit | None, known: Contact) -> Visit | None:
    return told if told is not None and told.listing else known.listing


def _received(fold: Fold, event: e.MessageReceived) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    contact = fold.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and (listing := _listing(event.visit, contact)) != contact.listing:
        fold.put_contact(replace(contact, listing=listing))
    if event.press is None:
        fold.rows.know(dialog.account, dialog.contact, event.message.native, event.id)
        fold.rows.said[event.id] = event.message
        if event.corrected:
            _hear_ahead(fold, dialog, event.message.native)
    else:
        _choose(fold, dialog, event.message)
    said = Received(event.id, event.message)
    if dialog.owner is None:
        backlog, cut = _with(dialog.backlog, dialog.backlog_cut, said)
        dialog = replace(dialog, backlog=backlog, backlog_cut=cut)
    else:
        backlog, cut = _with(dialog.unanswered, dialog.unanswered_cut, said)
        dialog = replace(dialog, unanswered=backlog, unanswered_cut=cut)
    if event.rings:
        dialog = replace(dialog, rang_at=fold.at, reviews=0)
    fold.put_dialog(
        replace(
            dialog,
            state=event.state,
            messages=dialog.messages + 1,
            waiting_since=dialog.waiting_since or fold.at,
            visit=event.visit or dialog.visit,
            unread=event.message.native or dialog.unread,
            heard_at=fold.at,
        )
    )
    fold.spoke(dialog.owner, dialog.id)


def _hear_ahead(fold: Fold, dialog: Dialog, native: NativeId) -> None:
    """Remembers that the message itself is nothing new if it comes."""
    contact = fold.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and native:
        fold.put_contact(replace(contact, ahead=(*contact.ahead, native)[-AHEAD:]))


def _choose(fold: Fold, dialog: Dialog, message: Message) -> None:
    """Remembers under which message a quick reply was pressed."""
    contact, answered = fold.rows.contacts.get((dialog.account, dialog.contact)), message.reply_to
    if contact is None or answered is None or answered.native is None:
        return
    others = (one for one in contact.chosen if one.native != answered.native)
    chosen = (*others, Choice(answered.native, message.text, answered.message))
    fold.put_contact(replace(contact, chosen=chosen[-CHOICES:]))


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


def _answered_elsewhere(fold: Fold, event: e.AnsweredElsewhere) -> None:
    """A client who was answered waits no more, where somebody has the dialog; one of nobody's still does."""
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    fold.rows.know(dialog.account, dialog.contact, event.message.native, event.id)
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
            first_reply_at=dialog.first_reply_at or fold.at,
            last_reply_at=fold.at,
            waiting_since=None,
            unread=None,
            unanswered=(),
            unanswered_cut=0,
        )
    fold.put_dialog(said)


def _edited(fold: Fold, event: e.MessageEdited) -> None:
    if event.id is not None:
        fold.rows.said[event.id] = event.message
    if event.dialog is None:
        return
    _rewrite(fold, event.dialog, lambda identity, said: event.message if identity == event.id else said)
    dialog, new = fold.rows.dialogs.get(event.dialog), event.message
    moves = any(isinstance(one, Location) for one in new.attachments)
    if dialog is not None and dialog.is_open and new.text and not moves:
        # The operator is shown it like new words; a place that moves is not written by anybody.
        fold.dialog(dialog.id, heard_at=fold.at)
        fold.spoke(dialog.owner, dialog.id)


def _claimed(fold: Fold, event: e.DialogClaimed) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    # Where nothing is left to answer, the operators' words are still the last ones.
    state = DialogState.CLAIMED if dialog.waits or dialog.last_reply_at is None else DialogState.ANSWERED
    fold.put_dialog(
        replace(
            dialog,
            state=state if event.former is None else dialog.state,
            owner=event.operator,
            claimed_at=fold.at,
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
    fold.disown(event.former, event.dialog)
    fold.own(event.operator, event.dialog)


def _released_to_queue(fold: Fold, event: e.DialogReleased) -> None:
    """Back in the queue, with all that nobody has answered; since when the client waits does not change."""
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    missing = dialog.waits and not dialog.unanswered
    fold.put_dialog(
        replace(
            dialog,
            state=DialogState.RETURNED,
            owner=None,
            returned_at=fold.at,
            version=dialog.version + 1,
            backlog=dialog.unanswered,
            # A version before did not keep the words of the claimed: they are in the history.
            backlog_cut=max(dialog.unanswered_cut, int(missing)),
            unanswered=(),
            unanswered_cut=0,
            declined=(event.operator,) if event.by == event.operator else (),
            rang_at=fold.at if event.rings else dialog.rang_at,
            reviewed_at=fold.at,
            reviews=0,
            told=False,
        )
    )
    fold.disown(event.operator, event.dialog)
    owner = fold.rows.operators.get(event.operator)
    if owner is not None and event.by == owner.id:
        # Their own doing, as with a close: nothing that they write next is meant for it.
        fold.operator(owner.id, spoke=tuple(one for one in owner.spoke if one != event.dialog))
    elif owner is not None and event.origin is not None:
        fold.doubt(event.by)


def _reviewed(fold: Fold, event: e.DialogReviewed) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    fold.put_dialog(
        replace(
            dialog,
            reviewed_at=fold.at,
            reviews=dialog.reviews + 1,
            declined=() if event.rings else dialog.declined,
            rang_at=fold.at if event.rings else dialog.rang_at,
            told=dialog.told or event.tells,
        )
    )


def _declined(fold: Fold, event: e.DialogDeclined) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is not None and event.operator not in dialog.declined:
        fold.put_dialog(replace(dialog, declined=(*dialog.declined, event.operator), reviewed_at=fold.at))


def _closed(fold: Fold, event: e.DialogClosed) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    owner = fold.rows.operators.get(dialog.owner) if dialog.owner is not None else None
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
            unanswered=(),
            unanswered_cut=0,
            undoable=remembered(dialog, owner, event.operator, fold.at, blocked=event.reason is CloseReason.BLOCKED),
        )
    )
    fold.disown(dialog.owner, event.dialog)
    if owner is not None and event.operator == owner.id:
        # Their own doing: nothing that they write next is meant for it.
        fold.operator(owner.id, spoke=tuple(one for one in owner.spoke if one != event.dialog))
    elif owner is not None and event.origin is not None:
        # Typed by a supervisor in answer to a colleague's client: what they write next may be meant for that one.
        fold.doubt(event.operator)
    contact = fold.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and contact.dialog == event.dialog:
        fold.put_contact(replace(contact, dialog=None, last_owner=dialog.owner or contact.last_owner))


def _restored(fold: Fold, event: e.DialogRestored) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None or dialog.undoable is None:
        return
    ended, key = dialog.undoable, (dialog.account, dialog.contact)
    contact = fold.rows.contacts.get(key)
    window = dialog.window if contact is None else contact.window
    fold.put_dialog(replace(restored(dialog, ended, event.owner, fold.at), window=window))
    if contact is not None:
        fold.put_contact(replace(contact, dialog=dialog.id, last_dialog=dialog.id))
    owner = fold.rows.operators.get(event.owner) if event.owner is not None else None
    if owner is not None:
        fold.own(owner.id, dialog.id)
        if ended.current and owner.current is None:
            fold.operator(owner.id, current=dialog.id, spoke=owner.spoke)


def _reply(fold: Fold, event: e.ReplyAccepted) -> None:
    author = fold.rows.operators.get(event.operator)
    if event.retries is not None and author is not None:
        fold.put_operator(replace(author, failed=tuple(one for one in author.failed if one.ask != event.retries)))
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    _meant(fold, event)
    unsettled = dict(dialog.unsettled)
    if event.origin is not None:
        unsettled[event.id] = event.origin
        fold.rows.know(fold.rows.staff, event.origin.contact, event.origin.native, event.id)
    said = words_of(event.message)
    waits = Held(event.id, event.operator, event.message, event.template, event.agreed)
    held = (*dialog.held, waits) if event.held else dialog.held
    fold.put_dialog(
        replace(
            dialog,
            state=DialogState.ANSWERED,
            messages=dialog.messages + 1,
            first_reply_at=dialog.first_reply_at or fold.at,
            last_reply_at=fold.at,
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


def _meant(fold: Fold, event: e.ReplyAccepted) -> None:
    """Words that went to the current client say that this one is meant, until another one writes.

    Words that are sent once more are old ones: they say nothing of whom the next ones are for.
    """
    known = fold.rows.operators.get(event.operator)
    if known is None or event.retries is not None:
        return
    filling = known.filling
    if event.template is not None and filling is not None and filling.name == event.template.name:
        filling = None
    album = known.album if event.message.group is None else (event.message.group, event.dialog)
    sure, spoke = (True, ()) if known.current == event.dialog else (known.sure, known.spoke)
    new = replace(known, sure=sure, spoke=spoke, album=album, filling=filling)
    if new != known:
        fold.put_operator(new)


def _released(fold: Fold, event: e.ReplyReleased) -> None:
    drop_held(fold, event.dialog, event.id)
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is not None:
        leaving = newest({**dialog.leaving, event.id: words_of(event.message)}, REPLIES)
        fold.put_dialog(replace(dialog, leaving=leaving))


def _reply_edited(fold: Fold, event: e.ReplyEdited) -> None:
    """Words and buttons are corrected; the files stay what they are."""
    new = event.message

    def changed(identity: MessageId, said: Message) -> Message:
        if identity != event.id:
            return said
        return replace(said, text=new.text, entities=new.entities, buttons=new.buttons)

    _rewrite(fold, event.dialog, changed)
    dialog = fold.rows.dialogs.get(event.dialog)
    contact = None if dialog is None else fold.rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and any(one.message == event.id for one in contact.chosen):
        # It asks anew.
        fold.put_contact(replace(contact, chosen=tuple(one for one in contact.chosen if one.message != event.id)))


def _reply_deleted(fold: Fold, event: e.ReplyDeleted) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    number = number_of(event.id)
    _beside(fold, event)
    drop_held(fold, event.dialog, event.id)
    fold.dialog(
        event.dialog,
        replies=tuple(one for one in dialog.replies if one != number),
        deleted=(*dialog.deleted, number)[-REPLIES:] if number not in dialog.deleted else dialog.deleted,
        # What is on the way will have a result; what was held never will.
        unsettled={key: place for key, place in dialog.unsettled.items() if not event.held or key != event.id},
    )


def _stored(fold: Fold, event: e.AttachmentStored) -> None:
    _mark(fold, event, state=FileState.STORED, size=event.size, mime=event.mime)


def _failed(fold: Fold, event: e.AttachmentFailed) -> None:
    _mark(fold, event, state=FileState.FAILED, problem=event.problem)


def _mark(fold: Fold, event: e.AttachmentStored | e.AttachmentFailed, **changed: Any) -> None:  # noqa: ANN401
    def marked(_: MessageId, message: Message) -> Message:
        return replace(
            message,
            attachments=tuple(
                replace(one, **changed) if isinstance(one, Media) and one.file == event.file else one
                for one in message.attachments
            ),
        )

    _rewrite(fold, event.dialog, marked)


def _rewrite(fold: Fold, number: DialogId, changed: Callable[[MessageId, Message], Message]) -> None:
    """Puts what `changed` makes of them in the place of the messages that the row still holds, of either side."""
    dialog = fold.rows.dialogs.get(number)
    if dialog is not None and (dialog.backlog or dialog.unanswered or dialog.held):
        backlog = tuple(replace(one, message=changed(one.id, one.message)) for one in dialog.backlog)
        unanswered = tuple(replace(one, message=changed(one.id, one.message)) for one in dialog.unanswered)
        held = tuple(replace(one, message=changed(one.id, one.message)) for one in dialog.held)
        fold.put_dialog(replace(dialog, backlog=backlog, unanswered=unanswered, held=held))


def _note(fold: Fold, event: e.NoteAdded) -> None:
    dialog = fold.rows.dialogs.get(event.dialog)
    if dialog is not None:
        fold.put_dialog(replace(dialog, messages=dialog.messages + 1))
        _beside(fold, event)


def _reaction_put(fold: Fold, event: e.ReactionPut) -> None:
    _beside(fold, event)


def _beside(fold: Fold, event: e.NoteAdded | e.ReactionPut | e.ReplyDeleted) -> None:
    """Something done about another client than the current one: what is written next may be for that one."""
    known = fold.rows.operators.get(event.operator)
    if known is not None and known.current != event.dialog:
        fold.doubt(event.operator)


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
