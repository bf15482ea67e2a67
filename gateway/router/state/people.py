"""Bookkeeping of people and settings: contacts, operators, invites, lines. Total."""

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.ids import AccountId, ContactId, OperatorId
from gateway.model.state import Contact, Filling, Operator, Templates, Waiting
from gateway.router.rules.aliases import merged
from gateway.router.state.changes import Handlers, RowChanges

_FOR_A_CLIENT = frozenset(("claim", "focus", "writeagain", "reply", "addnote", "saytemplate", "picktemplate", "choose"))
"""Refused commands that name whom the operator wants to write to."""


def _started(changes: RowChanges, event: e.ContactStarted) -> None:
    known = changes.rows.contacts.get((event.account, event.contact))
    known = known or Contact(account=event.account, id=event.contact, profile=event.profile)
    changes.put_contact(replace(known, profile=event.profile, start=event.start or known.start, reachable=True))


def _profile(changes: RowChanges, event: e.ProfileChanged) -> None:
    known = changes.rows.contacts.get((event.account, event.contact))
    if known is not None:
        changes.put_contact(replace(known, profile=event.profile))
        if known.dialog is not None:
            changes.dialog(known.dialog, client=event.profile.name)


def _blocked(changes: RowChanges, event: e.ContactBlocked) -> None:
    _block(changes, event.account, event.contact, blocked=True)


def _unblocked(changes: RowChanges, event: e.ContactUnblocked) -> None:
    _block(changes, event.account, event.contact, blocked=False)


def _block(changes: RowChanges, account: AccountId, identity: ContactId, *, blocked: bool) -> None:
    """A person's, with the ids that are theirs for good: a number that was given up may be another person's."""
    contact = changes.rows.contacts.get((account, identity))
    if contact is None:
        return
    changes.put_contact(replace(contact, blocked=blocked))
    for one in contact.former:
        signpost = changes.rows.contacts.get((account, one))
        if signpost is not None and signpost.now is not None and (signpost.left_at is None or not blocked):
            changes.put_contact(replace(signpost, blocked=blocked))


def _reach(changes: RowChanges, event: e.ReachChanged) -> None:
    contact = changes.rows.contacts.get((event.account, event.contact))
    if contact is not None:
        changes.put_contact(replace(contact, reachable=event.reachable))


def _moved(changes: RowChanges, event: e.ContactMoved) -> None:
    """The id before becomes a signpost, and the open dialog goes along."""
    account = event.account
    before = changes.rows.contacts.get((account, event.former))
    row = merged(before, changes.rows.contacts.get((account, event.contact)), event)
    changes.put_contact(row)
    left = before or Contact(account=account, id=event.former, profile=event.profile)
    left_at = changes.at if event.told else left.left_at
    is_theirs = row.blocked and left_at is None
    changes.put_contact(replace(left, dialog=None, now=event.contact, left_at=left_at, blocked=is_theirs))
    if row.dialog is not None:
        changes.dialog(row.dialog, contact=row.id, client=row.profile.name, window=row.window)


def _window(changes: RowChanges, event: e.WindowMoved) -> None:
    contact = changes.rows.contacts.get((event.account, event.contact))
    if contact is not None:
        changes.put_contact(replace(contact, window=event.window))
    if event.dialog is not None:
        changes.dialog(event.dialog, window=event.window)


def _window_seen(changes: RowChanges, event: e.WindowEnding | e.WindowEnded) -> None:
    changes.dialog(event.dialog, window_seen=event.due)


def _entered(changes: RowChanges, event: e.OperatorEntered) -> None:
    """Whoever was dismissed comes in anew; a signpost of what goes back to the queue stays."""
    known = changes.rows.operators.get(event.operator)
    known = known or Operator(id=event.operator, name=event.name, role=event.role, lines=event.lines)
    changes.put_operator(
        replace(
            known,
            name=event.name,
            role=event.role,
            lines=event.lines,
            language=event.language,
            entered=True,
            gone=False,
            dismissed=False,
        )
    )


def _gone(changes: RowChanges, event: e.OperatorGone) -> None:
    changes.operator(event.operator, gone=event.gone, **({"away_at": changes.at} if event.gone else {}))


def _changed(changes: RowChanges, event: e.PersonChanged) -> None:
    changes.operator(event.operator, role=event.role, lines=event.lines)


def _dismissed(changes: RowChanges, event: e.OperatorDismissed) -> None:
    """What they had begun is over; their dialogs go back to the queue one by one."""
    changes.operator(
        event.operator,
        dismissed=True,
        on_duty=False,
        current=None,
        sure=False,
        spoke=(),
        album=None,
        filling=None,
        asks=(),
        away_at=changes.at,
        returns_at=changes.at,
    )


def _handed_back(changes: RowChanges, event: e.HandedBack) -> None:
    if event.back:
        changes.operator(event.operator, returns_at=changes.at)


def _unattended(changes: RowChanges, event: e.LineUnattended) -> None:
    line = changes.rows.lines.get(event.line)
    if line is not None:
        changes.rows.lines[event.line] = replace(line, told_at=changes.at)
        changes.changed.lines.add(event.line)


def _admin(changes: RowChanges, event: e.AdminConfigured) -> None:
    known = changes.rows.operators.get(event.operator)
    if not event.listed:
        changes.operator(event.operator, listed=False)
        return
    if known is None:
        known = Operator(id=event.operator, name=f"id {event.operator}", role=Role.ADMIN)
    # One who was dismissed has to press Start again.
    entered = known.entered and not known.dismissed
    changes.put_operator(replace(known, role=Role.ADMIN, lines=(), listed=True, dismissed=False, entered=entered))


def _invite(changes: RowChanges, event: e.InviteMade) -> None:
    """One more; those whose time is over go, used or not."""
    over = [digest for digest, one in changes.rows.invites.items() if one.expires_at <= changes.at]
    for digest in over:
        del changes.rows.invites[digest]
    changes.changed.invites.update(over)
    changes.rows.invites[event.invite.digest] = event.invite
    changes.changed.invites.add(event.invite.digest)


def _invite_used(changes: RowChanges, event: e.InviteUsed) -> None:
    changes.rows.invites.pop(event.digest, None)
    changes.changed.invites.add(event.digest)


def _duty(changes: RowChanges, event: e.DutyChanged) -> None:
    changes.operator(event.operator, on_duty=event.on, **({} if event.on else {"away_at": changes.at}))


def _focus(changes: RowChanges, event: e.FocusChanged) -> None:
    known = changes.rows.operators.get(event.operator)
    if known is not None:
        asks = tuple(replace(one, holds=False) if one.holds else one for one in known.asks)
        changes.put_operator(replace(known, current=event.dialog, sure=True, spoke=(), asks=asks))


def _asked(changes: RowChanges, event: e.TargetAsked) -> None:
    waiting = Waiting(
        event.ask,
        event.message,
        event.origin,
        beside=event.beside,
        purpose=event.purpose,
        values=event.values,
        at=changes.at,
        filling=event.filling,
        among=event.among,
        holds=True,
    )
    _wait(changes, event.operator, waiting, again=event.again)


def _loss_asked(changes: RowChanges, event: e.LossAsked) -> None:
    waiting = Waiting(event.ask, event.message, event.origin, event.dialog, event.beside, at=changes.at)
    _wait(changes, event.operator, waiting, again=event.again)


def _wait(changes: RowChanges, operator: OperatorId, waiting: Waiting, *, again: bool) -> None:
    known = changes.rows.operators.get(operator)
    if known is None:
        return
    asks = (*known.asks, waiting)
    if again:
        asks = tuple(
            replace(waiting, at=one.at, holds=one.holds) if one.ask == waiting.ask else one for one in known.asks
        )
    changes.put_operator(replace(known, asks=asks))


def _ask_dropped(changes: RowChanges, event: e.TargetChosen) -> None:
    known = changes.rows.operators.get(event.operator)
    if known is None:
        return
    waiting = next((one for one in known.asks if one.ask == event.ask), None)
    album, filling = known.album, known.filling
    if waiting is not None and waiting.message.group and event.dialog is None:
        album = (waiting.message.group, None)
    if waiting is not None and waiting.filling is not None and event.forgotten is None:
        filling = None
    asks = tuple(one for one in known.asks if one.ask != event.ask)
    changes.put_operator(replace(known, asks=asks, album=album, filling=filling))


def _picked(changes: RowChanges, event: e.TemplatePicked) -> None:
    """The bot asks for the template's values, where it has any."""
    template, dialog = event.template, changes.rows.dialogs.get(event.dialog)
    if template.variables:
        client = "" if dialog is None else dialog.client
        filling = Filling(event.dialog, template.id, template.name, client, changes.at)
        changes.operator(event.operator, filling=filling)


def _refused(changes: RowChanges, event: e.CommandRefused) -> None:
    """An operator wanted to say something to another client than the current one: what follows may be for that one."""
    known = changes.rows.operators.get(event.operator)
    if known is not None and event.command in _FOR_A_CLIENT and event.dialog not in {None, known.current}:
        changes.mark_unsure(event.operator)


def _templates(changes: RowChanges, event: e.TemplatesListed) -> None:
    if event.templates is not None:
        changes.rows.templates[event.account] = Templates(event.account, changes.at, event.templates)
        changes.changed.templates.add(event.account)


def _line(changes: RowChanges, event: e.LineConfigured) -> None:
    changes.rows.lines[event.line.id] = event.line
    changes.changed.lines.add(event.line.id)


HANDLERS: Handlers = {
    e.ContactStarted: _started,
    e.ProfileChanged: _profile,
    e.ContactBlocked: _blocked,
    e.ContactUnblocked: _unblocked,
    e.ReachChanged: _reach,
    e.ContactMoved: _moved,
    e.WindowMoved: _window,
    e.WindowEnding: _window_seen,
    e.WindowEnded: _window_seen,
    e.OperatorEntered: _entered,
    e.OperatorGone: _gone,
    e.AdminConfigured: _admin,
    e.InviteMade: _invite,
    e.InviteUsed: _invite_used,
    e.DutyChanged: _duty,
    e.HandedBack: _handed_back,
    e.PersonChanged: _changed,
    e.OperatorDismissed: _dismissed,
    e.LineUnattended: _unattended,
    e.FocusChanged: _focus,
    e.TargetAsked: _asked,
    e.LossAsked: _loss_asked,
    e.TargetChosen: _ask_dropped,
    e.TemplatePicked: _picked,
    e.CommandRefused: _refused,
    e.TemplatesListed: _templates,
    e.LineConfigured: _line,
}
