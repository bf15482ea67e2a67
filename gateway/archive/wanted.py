"""Which rows a batch of journal entries may change, so that they can be loaded at once before `project`. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, MessageId, NativeId, OperatorId

ContactKey = tuple[AccountId, ContactId]
NativeKey = tuple[AccountId, ContactId, NativeId]


@dataclass
class Wanted:
    """Keys of rows; `natives` are messages known by the vendor's id only."""

    dialogs: set[int] = field(default_factory=set)
    messages: set[MessageId] = field(default_factory=set)
    natives: set[NativeKey] = field(default_factory=set)
    contacts: set[ContactKey] = field(default_factory=set)
    operators: set[OperatorId] = field(default_factory=set)


def wanted(entries: Iterable[e.Recorded]) -> Wanted:
    """What has to be loaded before these entries are folded."""
    found = Wanted()
    for entry in entries:
        if entry.dialog is not None:
            found.dialogs.add(int(entry.dialog.id))
        _add(found, entry.event)
    return found


def _add(found: Wanted, event: e.Event) -> None:
    match event:
        case e.MessageEdited(id=None, account=account, contact=contact, message=message):
            found.natives.add((account, contact, message.native))
        case e.MessageEdited(id=str() as identity):
            found.messages.add(identity)
        case e.MessageDeleted() | e.ReplyDeleted() | e.ReactionChanged() | e.ReactionPut() | e.DeliveryChanged():
            found.messages.add(event.id)
        case e.ReplyReleased() | e.ReplyEdited():
            found.messages.add(event.id)
        case e.AttachmentStored() | e.AttachmentFailed():
            found.messages.add(event.message)
        case e.DialogOpened() | e.ContactStarted() | e.ProfileChanged():
            found.contacts.add((event.account, event.contact))
        case e.ContactBlocked() | e.ContactUnblocked() | e.ReachChanged():
            found.contacts.add((event.account, event.contact))
        case e.ContactMoved():
            found.contacts |= {(event.account, event.contact), (event.account, event.former)}
        case e.OperatorEntered() | e.OperatorGone() | e.AdminConfigured() | e.DutyChanged():
            found.operators.add(event.operator)
        case e.PersonChanged() | e.OperatorDismissed():
            found.operators.add(event.operator)
        case _:
            pass  # a new row, or none: nothing to load
