"""What a command's decision looks at: which rows must be loaded before it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gateway.model import commands as c
from gateway.model.ids import AccountId, ContactId, DialogId, MessageId, NativeId, OperatorId, dialog_of, number_of
from gateway.router.rules.delivery import newly_read
from gateway.router.state.rows import ContactKey, NativeKey, OriginalKey, PageKey, Rows, followed

PAGE = 100
"""Dialogs whose timers are planned anew in one step."""


class Needs(Struct, frozen=True):
    """Keys of rows; what a row found there refers to is loaded in a second round."""

    dialogs: frozenset[DialogId] = frozenset()
    contacts: frozenset[ContactKey] = frozenset()
    natives: frozenset[NativeKey] = frozenset()
    originals: frozenset[OriginalKey] = frozenset()
    said: frozenset[MessageId] = frozenset()
    invites: frozenset[str] = frozenset()
    templates: frozenset[AccountId] = frozenset()
    pages: frozenset[PageKey] = frozenset()
    all_invites: bool = False


def needs(rows: Rows, command: c.Command, account: AccountId | None) -> Needs:
    """The first round: what the command itself names. Operators and lines are always loaded."""
    if isinstance(command, c.Staff):
        return _staff_needs(rows, command)
    if isinstance(command, c.RecordDelivery | c.RecordFile):
        return Needs(dialogs=frozenset((dialog_of(command.message),)))
    if isinstance(command, c.RecordRefusal):
        return Needs()
    if isinstance(command, c.Expire | c.RecordTemplates):
        return Needs(dialogs=frozenset((command.dialog,) if command.dialog else ()))
    if isinstance(command, c.PlanTimers):
        if command.operator is None:
            return Needs(pages=frozenset((command.after,)))
        return Needs(dialogs=frozenset(page_of(rows, command.operator, command.after)))
    contact: ContactId | None = getattr(command, "contact", None)
    if account is None or contact is None:
        return Needs()
    meant = command.message if isinstance(command, c.ReceiveRead | c.ReceiveStatus) else None
    other = command.also if isinstance(command, c.Receive) else None
    other = command.former if isinstance(command, c.ReceiveAlias) else other
    return Needs(
        dialogs=frozenset((dialog_of(meant),) if meant is not None and number_of(meant) else ()),
        contacts=frozenset((account, one) for one in (contact, other) if one is not None),
        natives=frozenset((account, contact, native) for native in _natives(command)),
    )


def page_of(rows: Rows, operator: OperatorId, after: int) -> list[DialogId]:
    """The next of an operator's dialogs behind this number."""
    me = rows.operators.get(operator)
    found = () if me is None else me.dialogs
    return sorted((one for one in found if int(one) > after), key=int)[:PAGE]


def further_needs(rows: Rows, command: c.Command, account: AccountId | None, first: Needs) -> Needs:
    """The second round: the contact's open dialog, the dialog's contact and its open dialog, ids at the vendor.

    `first` is what `needs` answered before anything was loaded.
    """
    dialogs = {one for page in first.pages for one in rows.pages.get(page, ())}
    contacts: set[ContactKey] = set()
    for number in first.dialogs:
        dialog = rows.dialogs.get(number)
        if dialog is not None:
            contacts.add((dialog.account, dialog.contact))
    said: set[MessageId] = set()
    for whom in first.natives:
        message = rows.message_known_as(whom[0], followed(rows, *whom[:2]), whom[2])
        if message is not None:
            dialogs.add(dialog_of(message))
            if isinstance(command, c.ReceiveEdit) and whom[2] == command.message.native:
                said.add(message)
    natives: set[NativeKey] = set()
    pointed = _natives(command)
    for key in (*first.contacts, *contacts):
        signpost = rows.contacts.get(key)
        whose = key if signpost is None or signpost.now is None else (key[0], followed(rows, *key))
        contacts.add(whose)
        contact = rows.contacts.get(whose)
        if contact is not None and contact.dialog is not None:
            dialogs.add(contact.dialog)
        # A block is of the person, under whatever id of theirs.
        contacts |= {(key[0], one) for one in contact.former} if contact is not None else set()
        if pointed:
            # What was said under another id of theirs is known under that one.
            others = {whose[1], *(contact.former if contact is not None else ())} - {key[1]}
            natives |= {(key[0], one, native) for one in others for native in pointed}
    originals = frozenset(_originals(rows, command, account))
    speaks = isinstance(command, c.PickTemplate | c.SayTemplate | c.Choose) or (
        isinstance(command, c.Look) and command.view is c.View.TEMPLATES
    )
    accounts = {rows.dialogs[one].account for one in first.dialogs if one in rows.dialogs} if speaks else set()
    return Needs(
        dialogs=frozenset(dialogs),
        contacts=frozenset(contacts),
        natives=frozenset(natives),
        originals=originals,
        said=frozenset(said),
        templates=frozenset(accounts),
    )


def _originals(rows: Rows, command: c.Command, account: AccountId | None) -> Iterator[OriginalKey]:
    """What a reaction is put on; and where an operator wrote what a client has read."""
    match command:
        case c.React(message_id=str() as identity):
            dialog = rows.dialogs.get(dialog_of(identity))
            if dialog is not None:
                yield dialog.account, dialog.contact, identity
        case c.ReceiveRead():
            for identity in _meant(rows, command, account):
                dialog = rows.dialogs.get(dialog_of(identity))
                read = None if dialog is None else newly_read(dialog, identity)
                if dialog is not None and dialog.owner is not None and read is not None:
                    yield rows.staff, ContactId(dialog.owner), read
        case _:
            return


def _meant(rows: Rows, command: c.ReceiveRead, account: AccountId | None) -> Iterator[MessageId]:
    if command.message is not None:
        yield command.message
    if command.native is not None and account is not None:
        known = rows.message_known_as(account, command.contact, command.native)
        if known is not None:
            yield known


def _natives(command: c.Command) -> tuple[NativeId, ...]:
    match command:
        case c.Receive(message=message):
            quoted = message.reply_to.native if message.reply_to is not None else None
            return () if quoted is None else (quoted,)
        case c.ReceiveEdit(message=message) | c.ReceiveEcho(message=message):
            quoted = message.reply_to.native if message.reply_to is not None else None
            return (message.native,) if quoted is None else (message.native, quoted)
        case c.ReceiveDelete(natives=natives):
            return natives
        case c.ReceiveReaction(native=native):
            return (native,)
        case c.ReceivePress(native=str() as native) | c.ReceiveRead(native=str() as native):
            return (native,)
        case c.ReceiveStatus(native=native):
            return (native,)
        case _:
            return ()


def _staff_needs(rows: Rows, command: c.Staff) -> Needs:
    named: Mapping[str, Any] = {
        name: getattr(command, name) for name in ("dialog", "message_id", "invite") if hasattr(command, name)
    }
    dialogs: set[DialogId] = set()
    if named.get("dialog") is not None:
        dialogs.add(named["dialog"])
    if named.get("message_id") is not None:
        dialogs.add(dialog_of(named["message_id"]))
    if isinstance(command, c.Dismiss):
        person = rows.operators.get(command.person)
        dialogs.update(() if person is None else person.dialogs)
    dialogs.update(command.among or ())
    me = rows.operators.get(command.operator)
    if me is not None:
        if named.get("dialog") is None and named.get("message_id") is None:
            # Of these the operator may be asked to choose: where a dialog is named they are not looked at.
            dialogs.update(me.dialogs)
        if me.current is not None:
            dialogs.add(me.current)
        if isinstance(command, c.Choose):
            # What was asked about may be for a client that was known already.
            asks = [one for one in me.asks if one.ask == command.ask]
            dialogs.update(one.dialog for one in asks if one.dialog is not None)
            dialogs.update(one.filling.dialog for one in asks if one.filling is not None)
        if isinstance(command, c.TurnChoices | c.EditReply):
            # A question that is asked once more names again whom it named.
            dialogs.update(number for one in me.asks for number in one.among)
        dialogs.update(one.dialog for one in me.asks if one.dialog is not None and isinstance(command, c.Reply))
    if isinstance(command, c.MakeInvite):
        # Those that are over go when there is a new one.
        return Needs(all_invites=True)
    invite = named.get("invite")
    return Needs(dialogs=frozenset(dialogs), invites=frozenset() if invite is None else frozenset((invite,)))
