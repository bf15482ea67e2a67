"""Contacts that a vendor knows by several ids, or by another one since today: one person, one row, one dialog. Pure.

The row of an id that was left behind stays as a signpost (`Contact.now`), so that what still comes for it finds the
person; the person's own row remembers the ids before, under which the native map has what was said then.
"""

from typing import TypeVar

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId
from gateway.model.messages import Profile
from gateway.model.state import Contact
from gateway.router.rules.windows import newest
from gateway.router.state.rows import HOPS, Rows, followed

C = TypeVar("C", bound=c.FromChannel | c.RecordAccount | c.RecordTemplates)
AHEAD = 20
"""Messages of one client that are remembered as edited before they came."""
LEFT_MS = 30 * 24 * 3600 * 1000
"""How long what comes for a number that was given up is still theirs: a vendor repeats for a week."""


def addressed(rows: Rows, account: AccountId, command: C, now: int) -> C:
    """The command, for who its contact is now."""
    contact: ContactId | None = getattr(command, "contact", None)
    if contact is None or isinstance(command, c.ReceiveAlias):
        return command
    row = rows.contacts.get((account, contact))
    if row is None or row.now is None or (row.left_at is not None and now - row.left_at > LEFT_MS):
        return command
    return replace(command, contact=followed(rows, account, contact))


def receive_alias(rows: Rows, account: AccountId, command: c.ReceiveAlias) -> list[e.Event]:
    """A contact goes on under another id. Somebody whom nobody has met needs no signpost."""
    former = rows.contacts.get((account, command.former))
    if former is None or former.now is not None or command.contact == command.former:
        return []
    if are_apart(rows, former, rows.contacts.get((account, command.contact))):
        told = f"{command.former} is {command.contact} now, and both have open dialogs: close the older one"
        return [e.NoticeRaised(account=account, about="a client's new number", detail=told)]
    return [_moved(rows, account, command.contact, command.former, told=True)]


def are_apart(rows: Rows, former: Contact | None, contact: Contact | None) -> bool:
    """Whether both have open dialogs: one person has one, so they stay two until one of the dialogs is finished."""
    one, other = rows.open_dialog(former), rows.open_dialog(contact)
    return one is not None and other is not None and one.id != other.id


def learned(rows: Rows, account: AccountId, command: c.Receive, profile: Profile) -> list[e.Event]:
    """That the contact who writes has another id too, where that is new."""
    if command.also is None or command.also == command.contact:
        return []
    other = rows.contacts.get((account, command.also))
    if other is not None and other.now == command.contact:
        return []
    if are_apart(rows, other, rows.contacts.get((account, command.contact))):
        return []
    return [_moved(rows, account, command.contact, command.also, profile=profile)]


def _moved(
    rows: Rows,
    account: AccountId,
    contact: ContactId,
    former: ContactId,
    *,
    profile: Profile | None = None,
    told: bool = False,
) -> e.ContactMoved:
    before, row = rows.contacts.get((account, former)), rows.contacts.get((account, contact))
    known = profile or (row.profile if row is not None else None) or (before.profile if before is not None else None)
    dialog = rows.open_dialog(before)
    return e.ContactMoved(
        account=account,
        contact=contact,
        former=former,
        profile=known or Profile(name=str(contact)),
        dialog=None if dialog is None else dialog.id,
        told=told,
    )


def merged(before: Contact | None, row: Contact | None, moved: e.ContactMoved) -> Contact:
    """The person's row, with what was known of them under the id before."""
    base = row or Contact(account=moved.account, id=moved.contact, profile=moved.profile)
    if base.now is not None:
        # They are back under an id that they had left.
        base = replace(base, now=None, left_at=None)
    if before is not None and before.now is not None:
        return base
    former = (moved.former, *(before.former if before is not None else ()), *base.former)
    base = replace(base, former=tuple(dict.fromkeys(former))[:HOPS])
    if before is None:
        return base
    return replace(
        base,
        dialog=base.dialog or before.dialog,
        last_dialog=max(
            (one for one in (base.last_dialog, before.last_dialog) if one is not None), key=int, default=None
        ),
        start=base.start or before.start,
        dialogs=base.dialogs + before.dialogs,
        last_owner=base.last_owner or before.last_owner,
        blocked=base.blocked or before.blocked,
        window=newest(base.window, before.window),
        ahead=(*before.ahead, *base.ahead)[-AHEAD:],
    )
