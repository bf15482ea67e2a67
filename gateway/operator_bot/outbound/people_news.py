"""People, told to admins and to those concerned: changes, dismissals, invites; and the lists of people.

Who is dismissed keeps nothing that could still be pressed: their cards are taken away.
"""

from gateway.model import events as e
from gateway.model.commands import Entry, MakeInvite, Role, View
from gateway.model.ids import OperatorId, card_at
from gateway.model.outgoing import SendDelete
from gateway.model.state import Invite, Operator
from gateway.operator_bot.inbound.invites import digest_of, invite_link, new_token
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.outbound.people_lists import (
    draw_dismissal,
    draw_invite,
    draw_lines,
    draw_people,
    draw_person,
    in_order,
    name_lines,
)
from gateway.operator_bot.outbound.queue_news import in_place
from gateway.operator_bot.texts.content_labels import name_person
from gateway.operator_bot.texts.sentences import name_role
from gateway.operator_bot.texts.untrusted import joined
from gateway.streams import queries
from gateway.streams.intake import Offer

INVITE_HOURS = 24
CARDS = 300
"""Of so many waiting dialogs the cards are taken away from somebody who is dismissed; the rest have dead buttons."""
_PEOPLE = "people"
"""What messages with people in them are called: one takes the place of the other."""


async def people_asked(notifier: EntryNotifier, event: e.ViewAsked, reader: Operator) -> None:
    """A view of people, in the place of the one whose button was pressed."""
    t, lines = notifier.phrases(reader.id), notifier.view.lines
    person = notifier.view.people.get(event.person or OperatorId(""))
    match event.view:
        case View.PERSON if person is not None:
            message = draw_person(t, person, lines, manages=reader.role is Role.ADMIN)
        case View.LINES if person is not None:
            message = draw_lines(t, person, lines)
        case View.DISMISSAL if person is not None:
            message = draw_dismissal(t, person)
        case _:
            message = draw_people(t, in_order(list(notifier.view.people.values())), event.page, lines)
    await in_place(notifier, reader.id, event.origin, _PEOPLE, message)


async def person_changed(notifier: EntryNotifier, event: e.PersonChanged) -> None:
    """The list shows it; the person hears what they are now, and what that means."""
    person, by = notifier.view.people.get(event.operator), notifier.reader(event.by)
    if person is None:
        return
    if by is not None:
        t, lines = notifier.phrases(by.id), notifier.view.lines
        drawn = draw_lines(t, person, lines) if event.lines != event.was_lines and event.role is event.was else None
        await in_place(notifier, by.id, event.origin, _PEOPLE, drawn or draw_person(t, person, lines, manages=True))
    reader = notifier.reader(event.operator)
    if reader is not None:
        t = notifier.phrases(reader.id)
        served = name_lines(t, event.lines, notifier.view.lines)
        told = t("You are {role} now. Lines: {lines}", role=name_role(t, event.role), lines=served)
        notifier.say(reader.id, f"changed{notifier.number}", told, newest="changed")


async def dismissed(notifier: EntryNotifier, event: e.OperatorDismissed) -> None:
    """Admins hear of it, and so does who is let go; what they could have pressed goes."""
    person = notifier.view.people.get(event.operator)
    if person is None:
        return
    by = notifier.reader(event.by)
    if by is not None:
        lines = notifier.view.lines
        people = draw_people(notifier.phrases(by.id), in_order(list(notifier.view.people.values())), 0, lines)
        await in_place(notifier, by.id, event.origin, _PEOPLE, people)
    for admin in notifier.admins(but=person.id):
        t = notifier.phrases(admin.id)
        told = t("🚪 Dismissed: {name}.", name=name_person(person.name))
        if event.dialogs:
            returns = t.plural(
                "{n} open dialog returns to the queue.", "{n} open dialogs return to the queue.", event.dialogs
            )
            told = joined((told, returns), " ")
        notifier.say(admin.id, f"dismissed{notifier.number}", told)
    if person.entered and not person.gone:
        t = notifier.phrases(person.id)
        notifier.say(person.id, f"dismissed{notifier.number}", t("Your access to this bot has ended."))
        await _take_cards(notifier, person)


async def _take_cards(notifier: EntryNotifier, person: Operator) -> None:
    """Of the clients who wait, and of those whom they were answering."""
    store = notifier.view.store
    lines = [one for one in notifier.view.lines if person.serves(one)]
    numbers = [*await queries.waiting_on(store, lines, 0, CARDS), *await queries.mine(store, person.id)]
    for number in dict.fromkeys(numbers):
        if person.id in await notifier.view.shown(number):
            notifier.put(person.id, SendDelete(card_at(number, person.id)))


async def invite_asked(notifier: EntryNotifier, event: e.ViewAsked, admin: Operator) -> None:
    """The token lives in this link only. A crash before the commit leaves one more invite, which just expires."""
    if not notifier.context.username:
        t = notifier.phrases(admin.id)
        told = t("No invite yet: Telegram has not told the bot's own name. Try again in a minute.")
        notifier.say(admin.id, f"invite{notifier.number}", told)
        return
    token = new_token()
    hours = event.hours or INVITE_HOURS
    role = event.role or Role.OPERATOR
    made = MakeInvite(
        operator=admin.id,
        digest=digest_of(token),
        role=role,
        lines=() if role is Role.ADMIN else event.lines,
        expires_at=notifier.at + hours * 3600 * 1000,
    )
    inbox = notifier.view.store.keys.staff
    offer = Offer(inbox=inbox, account=None, key=f"invite:{made.digest}", entry=Entry(command=made))
    await notifier.context.offers.offer([offer])
    invite = Invite(made.digest, made.role, made.lines, made.expires_at, made.operator)
    link = invite_link(notifier.context.username, token)
    t, plain = notifier.phrases(admin.id), event.role is None and not event.lines
    until = t.moment(invite.expires_at, notifier.at, notifier.context.zone)
    drawn = draw_invite(t, link, invite, notifier.view.lines, until=until, offers=plain)
    notifier.say(admin.id, f"invite{notifier.number}", drawn)


def say_changed(notifier: EntryNotifier, event: e.OperatorEntered) -> str:
    """To who was in before and has opened a further invite."""
    t = notifier.phrases(event.operator)
    lines = name_lines(t, event.lines, notifier.view.lines)
    return t("You are {role} now. Lines: {lines}", role=name_role(t, event.role), lines=lines)
