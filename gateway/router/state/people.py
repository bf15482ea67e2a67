"""Bookkeeping of people and settings: contacts, operators, invites, lines. Total."""

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.ids import AccountId, ContactId, OperatorId
from gateway.model.state import Contact, Filling, Operator, Templates, Waiting
from gateway.router.rules.aliases import merged
from gateway.router.state.changes import Fold, Handlers

_FOR_A_CLIENT = frozenset(("claim", "focus", "writeagain", "reply", "addnote", "saytemplate", "picktemplate", "choose"))
"""Refused commands that name whom the operator wants to write to."""


def _started(fold: Fold, event: e.ContactStarted) -> None:
    known = fold.rows.contacts.get((event.account, event.contact))
    known = known or Contact(account=event.account, id=event.contact, profile=event.profile)
    fold.put_contact(replace(known, profile=event.profile, start=event.start or known.start, reachable=True))


def _profile(fold: Fold, event: e.ProfileChanged) -> None:
    known = fold.rows.contacts.get((event.account, event.contact))
    if known is not None:
        fold.put_contact(replace(known, profile=event.profile))
        if known.dialog is not None:
            fold.dialog(known.dialog, client=event.profile.name)


def _blocked(fold: Fold, event: e.ContactBlocked) -> None:
    _block(fold, event.account, event.contact, blocked=True)


def _unblocked(fold: Fold, event: e.ContactUnblocked) -> None:
    _block(fold, event.account, event.contact, blocked=False)


def _block(fold: Fold, account: AccountId, identity: ContactId, *, blocked: bool) -> None:
    """A person's, with the ids that are theirs for good: a number that was given up may be another person's."""
    contact = fold.rows.contacts.get((account, identity))
    if contact is None:
        return
    fold.put_contact(replace(contact, blocked=blocked))
    for one in contact.former:
        signpost = fold.rows.contacts.get((account, one))
        if signpost is not None and signpost.now is not None and (signpost.left_at is None or not blocked):
            fold.put_contact(replace(signpost, blocked=blocked))


def _reach(fold: Fold, event: e.ReachChanged) -> None:
    contact = fold.rows.contacts.get((event.account, event.contact))
    if contact is not None:
        fold.put_contact(replace(contact, reachable=event.reachable))


def _moved(fold: Fold, event: e.ContactMoved) -> None:
    """The id before becomes a signpost, and the open dialog goes along."""
    account = event.account
    before = fold.rows.contacts.get((account, event.former))
    row = merged(before, fold.rows.contacts.get((account, event.contact)), event)
    fold.put_contact(row)
    left = before or Contact(account=account, id=event.former, profile=event.profile)
    left_at = fold.at if event.told else left.left_at
    is_theirs = row.blocked and left_at is None
    fold.put_contact(replace(left, dialog=None, now=event.contact, left_at=left_at, blocked=is_theirs))
    if row.dialog is not None:
        fold.dialog(row.dialog, contact=row.id, client=row.profile.name, window=row.window)


def _window(fold: Fold, event: e.WindowMoved) -> None:
    contact = fold.rows.contacts.get((event.account, event.contact))
    if contact is not None:
        fold.put_contact(replace(contact, window=event.window))
    if event.dialog is not None:
        fold.dialog(event.dialog, window=event.window)


def _window_seen(fold: Fold, event: e.WindowEnding | e.WindowEnded) -> None:
    fold.dialog(event.dialog, window_seen=event.due)


def _entered(fold: Fold, event: e.OperatorEntered) -> None:
    """Whoever was dismissed comes in anew; a signpost of what goes back to the queue stays."""
    known = fold.rows.operators.get(event.operator)
    known = known or Operator(id=event.operator, name=event.name, role=event.role, lines=event.lines)
    fold.put_operator(
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


def _gone(fold: Fold, event: e.OperatorGone) -> None:
    fold.operator(event.operator, gone=event.gone, **({"away_at": fold.at} if event.gone else {}))


def _changed(fold: Fold, event: e.PersonChanged) -> None:
    fold.operator(event.operator, role=event.role, lines=event.lines)


def _dismissed(fold: Fold, event: e.OperatorDismissed) -> None:
    """What they had begun is over; their dialogs go back to the queue one by one."""
    fold.operator(
        event.operator,
        dismissed=True,
        on_duty=False,
        current=None,
        sure=False,
        spoke=(),
        album=None,
        filling=None,
        asks=(),
        away_at=fold.at,
        returns_at=fold.at,
    )


def _handed_back(fold: Fold, event: e.HandedBack) -> None:
    if event.back:
        fold.operator(event.operator, returns_at=fold.at)


def _unattended(fold: Fold, event: e.LineUnattended) -> None:
    line = fold.rows.lines.get(event.line)
    if line is not None:
        fold.rows.lines[event.line] = replace(line, told_at=fold.at)
        fold.changes.lines.add(event.line)


def _admin(fold: Fold, event: e.AdminConfigured) -> None:
    known = fold.rows.operators.get(event.operator)
    if not event.listed:
        fold.operator(event.operator, listed=False)
        return
    if known is None:
        known = Operator(id=event.operator, name=f"id {event.operator}", role=Role.ADMIN)
    # One who was dismissed has to press Start again.
    entered = known.entered and not known.dismissed
    fold.put_operator(replace(known, role=Role.ADMIN, lines=(), listed=True, dismissed=False, entered=entered))


def _invite(fold: Fold, event: e.InviteMade) -> None:
    """One more; those whose time is over go, used or not."""
    over = [digest for digest, one in fold.rows.invites.items() if one.expires_at <= fold.at]
    for digest in over:
        del fold.rows.invites[digest]
    fold.changes.invites.update(over)
    fold.rows.invites[event.invite.digest] = event.invite
    fold.changes.invites.add(event.invite.digest)


def _invite_used(fold: Fold, event: e.InviteUsed) -> None:
    fold.rows.invites.pop(event.digest, None)
    fold.changes.invites.add(event.digest)


def _duty(fold: Fold, event: e.DutyChanged) -> None:
    fold.operator(event.operator, on_duty=event.on, **({} if event.on else {"away_at": fold.at}))


def _focus(fold: Fold, event: e.FocusChanged) -> None:
    known = fold.rows.operators.get(event.operator)
    if known is not None:
        asks = tuple(replace(one, holds=False) if one.holds else one for one in known.asks)
        fold.put_operator(replace(known, current=event.dialog, sure=True, spoke=(), asks=asks))


def _asked(fold: Fold, event: e.TargetAsked) -> None:
    waiting = Waiting(
        event.ask,
        event.message,
        event.origin,
        beside=event.beside,
        purpose=event.purpose,
        values=event.values,
        at=fold.at,
        filling=event.filling,
        among=event.among,
        holds=True,
    )
    _wait(fold, event.operator, waiting, again=event.again)


def _loss_asked(fold: Fold, event: e.LossAsked) -> None:
    waiting = Waiting(event.ask, event.message, event.origin, event.dialog, event.beside, at=fold.at)
    _wait(fold, event.operator, waiting, again=event.again)


def _wait(fold: Fold, operator: OperatorId, waiting: Waiting, *, again: bool) -> None:
    known = fold.rows.operators.get(operator)
    if known is None:
        return
    asks = (*known.asks, waiting)
    if again:
        asks = tuple(
            replace(waiting, at=one.at, holds=one.holds) if one.ask == waiting.ask else one for one in known.asks
        )
    fold.put_operator(replace(known, asks=asks))


def _ask_dropped(fold: Fold, event: e.TargetChosen) -> None:
    known = fold.rows.operators.get(event.operator)
    if known is None:
        return
    waiting = next((one for one in known.asks if one.ask == event.ask), None)
    album, filling = known.album, known.filling
    if waiting is not None and waiting.message.group and event.dialog is None:
        album = (waiting.message.group, None)
    if waiting is not None and waiting.filling is not None and event.forgotten is None:
        filling = None
    asks = tuple(one for one in known.asks if one.ask != event.ask)
    fold.put_operator(replace(known, asks=asks, album=album, filling=filling))


def _picked(fold: Fold, event: e.TemplatePicked) -> None:
    """The bot asks for the template's values, where it has any."""
    template, dialog = event.template, fold.rows.dialogs.get(event.dialog)
    if template.variables:
        client = "" if dialog is None else dialog.client
        filling = Filling(event.dialog, template.id, template.name, client, fold.at)
        fold.operator(event.operator, filling=filling)


def _refused(fold: Fold, event: e.CommandRefused) -> None:
    """An operator wanted to say something to another client than the current one: what follows may be for that one."""
    known = fold.rows.operators.get(event.operator)
    if known is not None and event.command in _FOR_A_CLIENT and event.dialog not in {None, known.current}:
        fold.doubt(event.operator)


def _templates(fold: Fold, event: e.TemplatesListed) -> None:
    if event.templates is not None:
        fold.rows.templates[event.account] = Templates(event.account, fold.at, event.templates)
        fold.changes.templates.add(event.account)


def _line(fold: Fold, event: e.LineConfigured) -> None:
    fold.rows.lines[event.line.id] = event.line
    fold.changes.lines.add(event.line.id)


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
