"""What happens in dialogs, told to operators: cards, copies of a client's words, and how replies fare.

Rules of attention: a new card and a client's words ring, edits and states do not; who is off duty is not rung
about unclaimed clients but hears everything of their own dialogs.
"""

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.ids import (
    SentId,
    card_at,
    copy_at,
    notice_at,
)
from gateway.model.messages import Button, Message
from gateway.model.outgoing import SendMessage, Urgency
from gateway.model.state import CloseReason, Dialog, Operator, Received
from gateway.model.text import is_blank
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.outbound import ending_news
from gateway.operator_bot.outbound.batch_view import ON_CARD
from gateway.operator_bot.outbound.cards import shows_wholly
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.outbound.mirrored_messages import (
    draw_change,
    draw_elsewhere,
    draw_header,
    draw_move,
    draw_old_change,
    draw_ring,
    draw_text,
    is_same,
    looks_same,
)
from gateway.operator_bot.outbound.pending_attachments import advance, give
from gateway.operator_bot.outbound.queue_news import taken_over
from gateway.operator_bot.outbound.removals import plan_removals, remember_ring
from gateway.operator_bot.texts.content_labels import say_unreachable
from gateway.operator_bot.texts.formatted_text import FormattedText


async def opened(notifier: EntryNotifier, event: e.DialogOpened) -> None:
    """A card goes out with the client's first words; where an operator opened the dialog, at once."""
    if event.owner is not None and notifier.dialog is not None:
        await notifier.card(event.owner, notifier.dialog)


async def received(notifier: EntryNotifier, event: e.MessageReceived) -> None:
    dialog = notifier.dialog
    if dialog is None:
        return
    if dialog.owner is None:
        await _received_unclaimed(notifier, dialog, event)
        return
    owner = notifier.reader(dialog.owner)
    if owner is not None:
        if event.visit is not None:
            await notifier.redraw([owner.id], dialog)
        await give(notifier, owner, dialog, Received(event.id, event.message))


async def _received_unclaimed(notifier: EntryNotifier, dialog: Dialog, event: e.MessageReceived) -> None:
    had_card = set(await notifier.view.shown(dialog.id)) - set(dialog.declined)
    rung = {one.id for one in notifier.rung(dialog)} - set(dialog.declined)
    for operator in sorted(had_card | rung):
        await notifier.card(operator, dialog)
    if event.rings:
        for operator in sorted(had_card & rung):
            message = draw_ring(notifier.phrases(operator), dialog, event.message, notifier.channel(dialog))
            sent, card = copy_at(event.id, operator), card_at(dialog.id, operator)
            notifier.put(operator, SendMessage(sent, message, reply_to_sent=card), Urgency.CARD)
            await remember_ring(notifier, dialog, operator, sent)


async def claimed(notifier: EntryNotifier, event: e.DialogClaimed) -> None:
    dialog, owner = notifier.dialog, notifier.reader(event.operator)
    if dialog is None:
        return
    shown = set(await notifier.view.shown(dialog.id))
    if event.former is not None:
        await notifier.view.forget(dialog.id, ON_CARD)  # it stood on another one's card
        await taken_over(notifier, event)
    is_read = event.former is None and event.operator in shown and shows_wholly(event.backlog, event.cut)
    is_read = is_read and owner is not None and notifier.header(owner, dialog) is None
    if is_read:
        await notifier.view.remember(dialog.id, ON_CARD, event.backlog[0])
    # As urgent as the words that follow, or they would stand before it.
    await notifier.card(event.operator, dialog, silent=True, urgency=Urgency.WORDS)
    await notifier.redraw(shown - {event.operator}, dialog)
    await plan_removals(notifier, dialog, event.operator, shown)
    if owner is None or is_read:
        return
    if event.cut:
        t = notifier.phrases(owner.id)
        history = Button(t("History"), button_data(Action.HISTORY, dialog.id, page=0))
        more = t.plural("{n} earlier message is in the history", "{n} earlier messages are in the history", event.cut)
        notifier.say(owner.id, f"cut{dialog.id}:{dialog.version}", FormattedText().write(more).message([[history]]))
    for words in event.backlog:
        await give(notifier, owner, dialog, words)


async def declined(notifier: EntryNotifier, event: e.DialogDeclined) -> None:
    if notifier.dialog is not None:
        await notifier.redraw([event.operator], notifier.dialog)


async def closed(notifier: EntryNotifier, event: e.DialogClosed) -> None:
    """Colleagues' cards say "taken by" already and have no buttons: they stay as they are."""
    dialog = notifier.dialog
    if dialog is None:
        return
    shown = await notifier.view.shown(dialog.id)
    concerned = {dialog.owner, event.operator} if dialog.owner is not None else shown
    await notifier.redraw([one for one in concerned if one is not None], dialog)
    notifier.confirm(event.origin)
    await ending_news.ended(notifier, dialog, event)
    owner = notifier.reader(dialog.owner)
    if owner is None or event.operator == owner.id:
        return
    t = notifier.phrases(owner.id)
    if event.reason is CloseReason.AUTO:
        told = t("Finished by itself: {client}", client=notifier.client(dialog))
    else:
        told = t("{name} has finished: {client}", name=notifier.name(event.operator), client=notifier.client(dialog))
    notifier.say(owner.id, f"closed{dialog.id}", told, about=card_at(dialog.id, owner.id))


async def edited(notifier: EntryNotifier, event: e.MessageEdited) -> None:
    dialog = notifier.dialog
    if dialog is None or event.id is None:
        await _edited_old(notifier, event)
        return
    if dialog.owner is None:
        await notifier.redraw(await notifier.view.shown(dialog.id) - set(dialog.declined), dialog)
        return
    owner = notifier.reader(dialog.owner)
    if owner is None:
        return
    await advance(notifier, dialog, notifier.at, hurry=event.id)
    words, t = Received(event.id, event.message), notifier.phrases(owner.id)
    drawn = await notifier.view.drawn(dialog.id)
    on_card = ON_CARD in drawn and drawn[ON_CARD].id == event.id
    kept = drawn.get(ON_CARD if on_card else event.id)
    before = event.former if kept is None else kept.message
    if before is not None and is_same(before, event.message):
        return
    if on_card:
        await notifier.view.remember(dialog.id, ON_CARD, words)
        await notifier.card(owner.id, dialog)
        _tell_change(notifier, owner, dialog, event, before, place=card_at(dialog.id, owner.id), corrected=True)
    elif event.message.is_place:
        await notifier.view.remember(dialog.id, event.id, words)
        moved, notice = draw_move(t, event.message), f"edit{event.id}"
        if kept is None:
            notifier.say(owner.id, notice, moved, about=copy_at(event.id, owner.id), newest=f"change:{event.id}")
        else:
            notifier.edit(owner.id, notice_at(notice, owner.id), moved)
    elif event.message.media and (before is None or not looks_same(before, event.message)):
        await notifier.copy(owner, dialog, [words], changed=True)
    else:
        if kept is not None:
            # Its files are shown already: that they are fetched once more is no reason to show them again.
            files = kept.message.attachments if event.message.media else event.message.attachments
            await notifier.view.remember(
                dialog.id, event.id, Received(event.id, replace(event.message, attachments=files))
            )
        await _correct(notifier, owner, dialog, event, before)


async def _correct(
    notifier: EntryNotifier, owner: Operator, dialog: Dialog, event: e.MessageEdited, before: Message | None
) -> None:
    """Says what was and what is now, and puts the copy right where that is one message: nobody shall act on the old."""
    assert event.id is not None
    t, header = notifier.phrases(owner.id), notifier.header(owner, dialog)
    place = copy_at(event.id, owner.id)
    corrected = False
    if before is not None and not before.attachments and not event.message.attachments:
        was = draw_text(t, before, header, limits=notifier.limits)
        now = draw_text(t, event.message, header, changed=True, limits=notifier.limits)
        if corrected := len(was) == len(now) == 1:
            notifier.edit(owner.id, place, now[0])
    elif (before or event.message).attachments and is_blank((before or event.message).text):
        place = copy_at(event.id, owner.id, 1)
    _tell_change(notifier, owner, dialog, event, before, place=place, corrected=corrected)


def _tell_change(
    notifier: EntryNotifier,
    owner: Operator,
    dialog: Dialog,
    event: e.MessageEdited,
    before: Message | None,
    *,
    place: SentId,
    corrected: bool,
) -> None:
    """What the client has changed, in answer to the copy: quietly, but for who has finished with them and looks
    elsewhere; they get the way to write again.
    """
    t = notifier.phrases(owner.id)
    told = draw_change(t, event.message, before, wholly=corrected)
    if not dialog.is_open:
        again = Button(str(t("Write again")), button_data(Action.WRITE_AGAIN, dialog.id))
        told[-1] = replace(told[-1], buttons=((again,),))
    for number, one in enumerate(told):
        notifier.say(
            owner.id,
            f"edit{event.id}" if not number else f"edit{event.id}+{number}",
            one,
            silent=dialog.is_open or number > 0,
            about=place,
            newest=f"change:{event.id}+{number}",
        )


async def _edited_old(notifier: EntryNotifier, event: e.MessageEdited) -> None:
    """Nobody remembers which message it was; who answers this client hears of it all the same, and wholly."""
    contact = await notifier.view.contact(event.account, event.contact)
    dialog = await notifier.view.dialog(contact.dialog) if contact is not None and contact.dialog else None
    owner = notifier.reader(dialog.owner) if dialog is not None else None
    if dialog is not None and owner is not None:
        told = draw_old_change(notifier.phrases(owner.id), notifier.client(dialog), event.message)
        for number, one in enumerate(told):
            place = f"edit{notifier.number}" if not number else f"edit{notifier.number}+{number}"
            notifier.say(owner.id, place, one, names=[dialog.id])


async def answered_elsewhere(notifier: EntryNotifier, event: e.AnsweredElsewhere) -> None:
    """Whoever would answer as well hears of it; nobody is rung, for nothing is to be done."""
    dialog = notifier.dialog
    if dialog is None:
        return
    concerned = (
        {dialog.owner} if dialog.owner is not None else await notifier.view.shown(dialog.id) - {*dialog.declined}
    )
    await notifier.redraw(concerned, dialog)
    channel = notifier.channel(dialog)
    for operator in sorted(one for one in concerned if notifier.reader(one) is not None):
        told = draw_elsewhere(notifier.phrases(operator), draw_header(dialog), channel, event)
        notifier.say(operator, f"elsewhere{event.id}", told, about=card_at(dialog.id, operator))


async def deleted(notifier: EntryNotifier, event: e.MessageDeleted) -> None:
    owner = notifier.owner()
    if owner is not None and notifier.dialog is not None:
        await advance(notifier, notifier.dialog, notifier.at, hurry=event.id)
        t = notifier.phrases(owner.id)
        told = t("🗑 The client deleted this message")
        notifier.say(owner.id, f"delete{event.id}", told, about=await notifier.place(owner.id, event.id))


async def reaction_changed(notifier: EntryNotifier, event: e.ReactionChanged) -> None:
    owner = notifier.owner()
    if owner is None or notifier.dialog is None:
        return
    t, client = notifier.phrases(owner.id), notifier.client(notifier.dialog)
    told = (
        f"{client}: {' '.join(event.emojis)}" if event.emojis else t("{client} took the reaction back", client=client)
    )
    place = await notifier.place(owner.id, event.id)
    notifier.say(owner.id, f"reaction{event.id}", told, about=place, newest=f"reaction:{event.id}")


async def profile_changed(notifier: EntryNotifier, event: e.ProfileChanged) -> None:
    """The card says who the client is, and that is known better now."""
    contact = await notifier.view.contact(event.account, event.contact)
    dialog = await notifier.view.dialog(contact.dialog) if contact is not None and contact.dialog else None
    if dialog is not None:
        shown = await notifier.view.shown(dialog.id)
        await notifier.redraw([dialog.owner] if dialog.owner is not None else shown - set(dialog.declined), dialog)


async def reach_changed(notifier: EntryNotifier, event: e.ReachChanged) -> None:
    dialog = notifier.dialog
    if dialog is None or not dialog.is_open:
        return
    owner = notifier.reader(dialog.owner)
    if owner is None:
        await notifier.redraw(await notifier.view.shown(dialog.id) - set(dialog.declined), dialog)
        return
    await notifier.redraw([owner.id], dialog)
    t, client = notifier.phrases(owner.id), notifier.client(dialog)
    if event.reachable:
        told = t("{client}: can be written to again", client=client)
    else:
        why = say_unreachable(t, notifier.channel(dialog))
        told = t("⚠️ {client}: {why}, answers will not arrive", client=client, why=why)
    notifier.say(owner.id, f"reach{dialog.id}", told, about=card_at(dialog.id, owner.id))


async def contact_moved(notifier: EntryNotifier, event: e.ContactMoved) -> None:
    """The client goes on under another number: whoever talks with them should know that it is still them."""
    dialog = notifier.dialog
    owner = None if dialog is None or not dialog.is_open else notifier.reader(dialog.owner)
    if dialog is None or owner is None or not event.told:
        return
    t, client, contact = notifier.phrases(owner.id), notifier.client(dialog), event.contact
    told = t("{client}: was {former}, is {contact} now", client=client, former=event.former, contact=contact)
    notifier.say(owner.id, f"moved{dialog.id}:{contact}", told, about=card_at(dialog.id, owner.id))
