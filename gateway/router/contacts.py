"""What contacts and channels bring about: pure rules from an item and the rows to events.

No clock, no chance, no I/O: `now` is the moment in the entry's id, so that a replay decides the same.
"""

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import (
    AccountId,
    ContactId,
    LineId,
    MessageId,
    dialog_id,
    dialog_of,
    file_id,
    message_id,
)
from gateway.model.messages import FileState, Media, Message, Profile
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import CloseReason, Contact, Dialog, DialogState
from gateway.router.rows import Rows
from gateway.router.timers import deadlines

_AFTER_WORDS = {
    DialogState.CLAIMED: DialogState.WAITING,
    DialogState.ANSWERED: DialogState.WAITING_AGAIN,
    DialogState.CLOSING: DialogState.WAITING_AGAIN,
}
"""Where a client's words take a dialog; in every other state it stays as it is."""


def receive(rows: Rows, line: LineId, account: AccountId, command: c.Receive, now: int) -> list[e.Event]:
    """A contact wrote: into the open dialog, or a new one opens. A bare Start opens none."""
    contact = rows.contacts.get((account, command.contact))
    profile = _profile(command.profile, contact, command.contact)
    if contact is not None and contact.blocked:
        return [e.NoticeRaised(account=account, about="blocked", detail=f"contact {contact.id}")]
    if command.start is not None:
        return [
            e.ContactStarted(account=account, contact=command.contact, profile=profile, start=command.start or None)
        ]
    events: list[e.Event] = []
    dialog = rows.open_dialog(contact)
    if dialog is None:
        number = dialog_id(rows.number + 1)
        events.append(
            e.DialogOpened(
                dialog=number,
                line=line,
                account=account,
                contact=command.contact,
                client=profile.name,
                profile=profile,
                start=contact.start if contact is not None else None,
                parent=contact.last_dialog if contact is not None else None,
            )
        )
        identity, state, rings = message_id(number, 1), DialogState.NEW, False
    else:
        if contact is not None and contact.profile != profile:
            events.append(e.ProfileChanged(account=account, contact=command.contact, profile=profile))
        if contact is not None and not contact.reachable:
            events.append(e.ReachChanged(account=account, contact=command.contact, reachable=True, dialog=dialog.id))
        number, identity = dialog.id, message_id(dialog.id, dialog.messages + 1)
        state = _AFTER_WORDS.get(dialog.state, dialog.state)
        rings = dialog.owner is None and now - dialog.rang_at >= rows.line_of(dialog).quiet_ms
    message = with_files(_quoting(rows, account, command.contact, command.message), identity)
    events.append(e.MessageReceived(dialog=number, id=identity, message=message, state=state, rings=rings))
    return events


def receive_edit(rows: Rows, account: AccountId, command: c.ReceiveEdit, now: int) -> list[e.Event]:
    """A contact corrected a message; one older than the native map is kept as an orphan."""
    identity = rows.message_known_as(account, command.contact, command.message.native)
    message = command.message if identity is None else with_files(command.message, identity, edited_at=now)
    return [
        e.MessageEdited(
            dialog=None if identity is None else dialog_of(identity),
            id=identity,
            account=account,
            contact=command.contact,
            message=message,
        )
    ]


def receive_delete(rows: Rows, account: AccountId, command: c.ReceiveDelete) -> list[e.Event]:
    """A contact took messages back: marked, never removed."""
    found = [rows.message_known_as(account, command.contact, native) for native in command.natives]
    return [e.MessageDeleted(dialog=dialog_of(one), id=one) for one in found if one is not None]


def receive_reaction(rows: Rows, account: AccountId, command: c.ReceiveReaction) -> list[e.Event]:
    """A contact's reactions; on something that nobody remembers they mean nothing."""
    identity = rows.message_known_as(account, command.contact, command.native)
    if identity is None:
        return [e.NoticeRaised(account=account, about="reaction to a forgotten message")]
    return [e.ReactionChanged(dialog=dialog_of(identity), id=identity, emojis=command.emojis)]


def receive_press(account: AccountId, command: c.ReceivePress) -> list[e.Event]:
    """No button of ours stands at a client yet: whatever is pressed there is somebody else's."""
    return [e.NoticeRaised(account=account, about="press of an unknown button", detail=f"contact {command.contact}")]


def receive_reach(rows: Rows, account: AccountId, command: c.ReceiveReach) -> list[e.Event]:
    """A contact blocked our bot, or came back; one we never met is nobody yet."""
    contact = rows.contacts.get((account, command.contact))
    if contact is None or contact.reachable == command.reachable:
        return []
    dialog = rows.open_dialog(contact)
    return [
        e.ReachChanged(
            account=account,
            contact=command.contact,
            reachable=command.reachable,
            dialog=None if dialog is None else dialog.id,
        )
    ]


def record_delivery(rows: Rows, command: c.RecordDelivery) -> list[e.Event]:
    """What became of an operator's message."""
    number = dialog_of(command.message)
    dialog = rows.dialogs.get(number)
    return [
        e.DeliveryChanged(
            dialog=number,
            id=command.message,
            status=command.status,
            problem=command.problem,
            origin=None if dialog is None else dialog.unsettled.get(command.message),
        )
    ]


def record_file(rows: Rows, command: c.RecordFile) -> list[e.Event]:
    """Bytes arrived, or never will: replies that waited for them leave, in their order."""
    number = dialog_of(command.message)
    if command.problem is not None:
        failed = e.AttachmentFailed(dialog=number, message=command.message, file=command.file, problem=command.problem)
        return [failed, *_release(rows.dialogs.get(number), failed)]
    stored = e.AttachmentStored(
        dialog=number, message=command.message, file=command.file, size=command.size, mime=command.mime
    )
    return [stored, *_release(rows.dialogs.get(number), stored)]


def expire(rows: Rows, command: c.Expire) -> list[e.Event]:
    """A timer is due: it acts only if the dialog's state still asks for exactly this one."""
    dialog = rows.dialogs.get(command.dialog)
    if dialog is None or deadlines(dialog, rows.line_of(dialog)).get(command.timer) != command.due:
        return []
    return [e.DialogClosed(dialog=dialog.id, reason=CloseReason.AUTO)]


def record_account(account: AccountId, command: c.RecordAccount) -> list[e.Event]:
    if command.parked:
        return [e.AccountParked(account=account, problem=command.problem or "unknown")]
    return [e.AccountResumed(account=account)]


def with_files(message: Message, identity: MessageId, *, edited_at: int = 0) -> Message:
    """Names the file of each attachment that has bytes."""
    if not message.media:
        return message
    return replace(
        message,
        attachments=tuple(
            replace(one, file=file_id(identity, place, edited_at)) if isinstance(one, Media) else one
            for place, one in enumerate(message.attachments)
        ),
    )


def _release(dialog: Dialog | None, news: e.AttachmentStored | e.AttachmentFailed) -> list[e.Event]:
    """Held replies that may leave now, from the first on; a reply whose file is lost fails whole."""
    events: list[e.Event] = []
    for held in dialog.held if dialog is not None else ():
        message = _told(held.message, news)
        lost = next((one for one in message.media if one.state is FileState.FAILED), None)
        if lost is not None and dialog is not None:
            events.append(
                e.DeliveryChanged(
                    dialog=dialog.id,
                    id=held.id,
                    status=DeliveryStatus.FAILED,
                    problem=lost.problem,
                    origin=dialog.unsettled.get(held.id),
                )
            )
        elif dialog is not None and all(one.state is FileState.STORED for one in message.media):
            events.append(e.ReplyReleased(dialog=dialog.id, id=held.id, message=message))
        else:
            break
    return events


def _told(message: Message, news: e.AttachmentStored | e.AttachmentFailed) -> Message:
    """The message as it is with the news about one of its files."""

    def told(one: Media) -> Media:
        if one.file != news.file:
            return one
        if isinstance(news, e.AttachmentFailed):
            return replace(one, state=FileState.FAILED, problem=news.problem)
        return replace(one, state=FileState.STORED, size=news.size, mime=news.mime)

    return replace(
        message,
        attachments=tuple(told(one) if isinstance(one, Media) else one for one in message.attachments),
    )


def _quoting(rows: Rows, account: AccountId, contact: ContactId, message: Message) -> Message:
    """The message with our own id of what it quotes."""
    if message.reply_to is None or message.reply_to.native is None:
        return message
    known = rows.message_known_as(account, contact, message.reply_to.native)
    return message if known is None else replace(message, reply_to=replace(message.reply_to, message=known))


def _profile(told: Profile | None, contact: Contact | None, who: ContactId) -> Profile:
    if told is not None:
        return told
    return contact.profile if contact is not None else Profile(name=str(who))
