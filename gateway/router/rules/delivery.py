"""What became of what was sent and fetched: delivery, read marks, files, and replies that waited for them. Pure rules.

A message that was read stays read, whatever is heard of it afterwards; marks of strangers mean nothing.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.errors import WINDOW_OVER
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import (
    AccountId,
    ContactId,
    MessageId,
    OperatorId,
    dialog_of,
    dialog_of_sent,
    message_id,
    number_of,
)
from gateway.model.messages import FileState, Media, Message, Origin
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog, HeldReply
from gateway.router.rules.windows import window_of
from gateway.router.state.rows import Rows

_ARRIVED = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)
LOST = (DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN)
"""After these the author may send the words again."""
_RANKS = {
    DeliveryStatus.QUEUED: 0,
    DeliveryStatus.UNKNOWN: 1,
    DeliveryStatus.SENT: 2,
    DeliveryStatus.DELIVERED: 3,
    DeliveryStatus.READ: 4,
    DeliveryStatus.FAILED: 5,
}
"""Which status is further than another; none goes back."""


def record_delivery(rows: Rows, command: c.RecordDelivery) -> list[e.Event]:
    """What became of an operator's message. A read mark may come before the result of the send that it is of."""
    number, status = dialog_of(command.message), command.status
    dialog = rows.dialogs.get(number)
    origin = None if dialog is None else dialog.unsettled.get(command.message)
    if status is DeliveryStatus.QUEUED:
        return _delayed(dialog, command)
    if dialog is not None and number_of(command.message) <= dialog.read_to:
        if origin is None:
            return []
        # Passed over by a mark of a later one, and its own end not told yet.
        status = DeliveryStatus.READ if status in _ARRIVED else status
    heard = None if dialog is None else dialog.heard.get(number_of(command.message))
    if heard is not None and status in {DeliveryStatus.SENT, DeliveryStatus.UNKNOWN}:
        # The vendor has said more of it before the send's own answer came; what that one lost is still told.
        if status is DeliveryStatus.UNKNOWN or heard is DeliveryStatus.FAILED or not command.problem:
            return []
        status = heard
    changed: list[e.Event] = [
        e.DeliveryChanged(
            dialog=number,
            id=command.message,
            status=status,
            problem=command.problem,
            origin=origin,
            words=command.words if origin is not None and status in LOST else None,
        )
    ]
    return changed if dialog is None else [*changed, *_awaited(dialog, command, status)]


def _delayed(dialog: Dialog | None, command: c.RecordDelivery) -> list[e.Event]:
    """It has not gone yet; of what has an end by now that is no news."""
    if dialog is None or command.message not in dialog.unsettled or number_of(command.message) in dialog.deleted:
        return []
    return [
        e.DeliveryChanged(
            dialog=dialog.id,
            id=command.message,
            status=command.status,
            problem=command.problem,
            origin=dialog.unsettled[command.message],
            resumes_at=command.resumes_at,
            ends_at=command.ends_at,
        )
    ]


def _awaited(dialog: Dialog, command: c.RecordDelivery, status: DeliveryStatus) -> list[e.Event]:
    """What the vendor had said of this message before anybody knew that it is the one: the last word of it."""
    waiting = [one for one in dialog.early if one.native in command.natives]
    last = max(waiting, key=lambda one: _RANKS[one.status], default=None)
    if last is None or _RANKS[last.status] <= _RANKS[status]:
        return []
    return [
        e.DeliveryChanged(
            dialog=dialog.id, id=command.message, status=last.status, problem=last.problem, native=last.native
        )
    ]


def receive_status(rows: Rows, account: AccountId, command: c.ReceiveStatus) -> list[e.Event]:
    """What the vendor says of one of our messages: it goes forward only, and a failure is the end of it."""
    known = rows.message_known_as(account, command.contact, command.native)
    meant = known or command.message
    dialog = None if meant is None else rows.dialogs.get(dialog_of(meant))
    if meant is None:
        return _kept(rows.open_dialog(rows.contacts.get((account, command.contact))), command)
    # By our own id a contact may come under another id of theirs; by the vendor's it is theirs in any case.
    if dialog is None or dialog.account != account or number_of(meant) not in {*dialog.replies, *dialog.deleted}:
        return []
    is_held = any(one.id == meant for one in dialog.held)
    if is_held or not _goes_forward(dialog, meant, command.status):
        return []
    return [
        e.DeliveryChanged(
            dialog=dialog.id,
            id=meant,
            status=command.status,
            problem=command.problem,
            origin=dialog.unsettled.get(meant),
            native=command.native,
        )
    ]


def _goes_forward(dialog: Dialog, message: MessageId, status: DeliveryStatus) -> bool:
    if status is DeliveryStatus.FAILED:
        # A mark of a later message says nothing of whether this one arrived; its own does.
        number = number_of(message)
        return not {dialog.heard.get(number), dialog.ended.get(number)} & {DeliveryStatus.READ, DeliveryStatus.FAILED}
    return _RANKS[status] > _RANKS[stage_of(dialog, message)]


def stage_of(dialog: Dialog, message: MessageId) -> DeliveryStatus:
    """How far one of our messages is known to be."""
    number = number_of(message)
    is_leaving = message in dialog.unsettled
    reached = DeliveryStatus.QUEUED if is_leaving else dialog.ended.get(number, DeliveryStatus.SENT)
    said = dialog.heard.get(number, DeliveryStatus.QUEUED)
    read = DeliveryStatus.READ if number <= dialog.read_to and reached is not DeliveryStatus.FAILED else reached
    return max(reached, said, read, key=_RANKS.__getitem__)


def _kept(dialog: Dialog | None, command: c.ReceiveStatus) -> list[e.Event]:
    """A status of what nobody knows waits, while answers to our sends are on their way."""
    if dialog is None or not dialog.unsettled:
        return []
    return [e.StatusHeard(dialog=dialog.id, native=command.native, status=command.status, problem=command.problem)]


def receive_read(rows: Rows, account: AccountId, command: c.ReceiveRead) -> list[e.Event]:
    """The contact has read our messages up to one: the newest of ours up to there, of their own dialog only."""
    meant = command.message
    if command.native is not None:
        meant = rows.message_known_as(account, command.contact, command.native) or meant
    dialog = None if meant is None else rows.dialogs.get(dialog_of(meant))
    if meant is None or dialog is None or (dialog.account, dialog.contact) != (account, command.contact):
        return []
    read = newly_read(dialog, meant)
    if read is None:
        return []
    origin = _written_at(rows, dialog, read)
    return [e.DeliveryChanged(dialog=dialog.id, id=read, status=DeliveryStatus.READ, origin=origin)]


def newly_read(dialog: Dialog, meant: MessageId) -> MessageId | None:
    """The newest of our messages that a mark at `meant` is the first to be of; None: it says nothing new, or lies."""
    upto = number_of(meant)
    if upto not in dialog.replies and upto not in dialog.deleted:
        return None
    held = {number_of(one.id) for one in dialog.held}
    found = [one for one in dialog.replies if dialog.read_to < one <= upto and one not in held]
    return message_id(dialog.id, max(found)) if found else None


def record_file(rows: Rows, command: c.RecordFile, now: int) -> list[e.Event]:
    """Bytes arrived, or never will: replies that waited for them leave, in their order."""
    number = dialog_of(command.message)
    dialog = rows.dialogs.get(number)
    news: e.AttachmentStored | e.AttachmentFailed
    if command.problem is not None:
        news = e.AttachmentFailed(dialog=number, message=command.message, file=command.file, problem=command.problem)
    else:
        news = e.AttachmentStored(
            dialog=number, message=command.message, file=command.file, size=command.size, mime=command.mime
        )
    if dialog is None:
        return [news]
    return [news, *released(rows, dialog, [replace(one, message=_told(one.message, news)) for one in dialog.held], now)]


def record_refusal(command: c.RecordRefusal) -> list[e.Event]:
    """What an operator was to read is not on their screen: whoever draws it puts it otherwise, or says so."""
    return [
        e.CopyRefused(
            operator=OperatorId(command.contact),
            job=command.job,
            problem=command.problem,
            dialog=dialog_of_sent(command.job.sent),
            arrived=command.arrived,
            refused=command.refused,
        )
    ]


def released(rows: Rows, dialog: Dialog, waiting: Sequence[HeldReply], now: int) -> list[e.Event]:
    """Those of the dialog's held replies that may leave now, from the first on.

    One whose file is lost fails whole, and so does one that may no longer be said when its files are there.
    """
    window, events = window_of(rows, dialog), list[e.Event]()
    for held in waiting:
        lost = next((one for one in held.message.media if one.state is FileState.FAILED), None)
        over = window is not None and now >= window.end and held.template is None
        if lost is not None or over:
            events.append(
                e.DeliveryChanged(
                    dialog=dialog.id,
                    id=held.id,
                    status=DeliveryStatus.FAILED,
                    problem=WINDOW_OVER if lost is None else lost.problem,
                    origin=dialog.unsettled.get(held.id),
                )
            )
        elif all(one.state is FileState.STORED for one in held.message.media):
            events.append(
                e.ReplyReleased(
                    dialog=dialog.id,
                    id=held.id,
                    message=held.message,
                    operator=held.operator,
                    template=held.template,
                    agreed=held.agreed,
                )
            )
        else:
            break
    return events


def _written_at(rows: Rows, dialog: Dialog, message: MessageId) -> Origin | None:
    """Where the operator wrote it; once its end was told, only the native map of their chat knows."""
    if message in dialog.unsettled or dialog.owner is None:
        return dialog.unsettled.get(message)
    chat = ContactId(dialog.owner)
    native = rows.originals.get((rows.staff, chat, message))
    return None if native is None else Origin(chat, native)


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
