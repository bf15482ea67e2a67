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
from gateway.operator_bot.outbound.entry_notifier import Telling
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
from gateway.operator_bot.texts.formatted_text import Drawing


async def opened(telling: Telling, event: e.DialogOpened) -> None:
    """A card goes out with the client's first words; where an operator opened the dialog, at once."""
    if event.owner is not None and telling.dialog is not None:
        await telling.card(event.owner, telling.dialog)


async def received(telling: Telling, event: e.MessageReceived) -> None:
    dialog = telling.dialog
    if dialog is None:
        return
    if dialog.owner is None:
        await _received_unclaimed(telling, dialog, event)
        return
    owner = telling.reader(dialog.owner)
    if owner is not None:
        if event.visit is not None:
            await telling.redraw([owner.id], dialog)
        await give(telling, owner, dialog, Received(event.id, event.message))


async def _received_unclaimed(telling: Telling, dialog: Dialog, event: e.MessageReceived) -> None:
    had_card = set(await telling.scene.shown(dialog.id)) - set(dialog.declined)
    rung = {one.id for one in telling.rung(dialog)} - set(dialog.declined)
    for operator in sorted(had_card | rung):
        await telling.card(operator, dialog)
    if event.rings:
        for operator in sorted(had_card & rung):
            message = draw_ring(telling.phrases(operator), dialog, event.message, telling.channel(dialog))
            sent, card = copy_at(event.id, operator), card_at(dialog.id, operator)
            telling.put(operator, SendMessage(sent, message, reply_to_sent=card), Urgency.CARD)
            await remember_ring(telling, dialog, operator, sent)


async def claimed(telling: Telling, event: e.DialogClaimed) -> None:
    dialog, owner = telling.dialog, telling.reader(event.operator)
    if dialog is None:
        return
    shown = set(await telling.scene.shown(dialog.id))
    if event.former is not None:
        await telling.scene.forget(dialog.id, ON_CARD)  # it stood on another one's card
        await taken_over(telling, event)
    is_read = event.former is None and event.operator in shown and shows_wholly(event.backlog, event.cut)
    is_read = is_read and owner is not None and telling.header(owner, dialog) is None
    if is_read:
        await telling.scene.remember(dialog.id, ON_CARD, event.backlog[0])
    # As urgent as the words that follow, or they would stand before it.
    await telling.card(event.operator, dialog, silent=True, urgency=Urgency.WORDS)
    await telling.redraw(shown - {event.operator}, dialog)
    await plan_removals(telling, dialog, event.operator, shown)
    if owner is None or is_read:
        return
    if event.cut:
        t = telling.phrases(owner.id)
        history = Button(t("History"), button_data(Action.HISTORY, dialog.id, page=0))
        more = t.plural("{n} earlier message is in the history", "{n} earlier messages are in the history", event.cut)
        telling.say(owner.id, f"cut{dialog.id}:{dialog.version}", Drawing().write(more).message([[history]]))
    for words in event.backlog:
        await give(telling, owner, dialog, words)


async def declined(telling: Telling, event: e.DialogDeclined) -> None:
    if telling.dialog is not None:
        await telling.redraw([event.operator], telling.dialog)


async def closed(telling: Telling, event: e.DialogClosed) -> None:
    """Colleagues' cards say "taken by" already and have no buttons: they stay as they are."""
    dialog = telling.dialog
    if dialog is None:
        return
    shown = await telling.scene.shown(dialog.id)
    concerned = {dialog.owner, event.operator} if dialog.owner is not None else shown
    await telling.redraw([one for one in concerned if one is not None], dialog)
    telling.confirm(event.origin)
    await ending_news.ended(telling, dialog, event)
    owner = telling.reader(dialog.owner)
    if owner is None or event.operator == owner.id:
        return
    t = telling.phrases(owner.id)
    if event.reason is CloseReason.AUTO:
        told = t("Finished by itself: {client}", client=telling.client(dialog))
    else:
        told = t("{name} has finished: {client}", name=telling.name(event.operator), client=telling.client(dialog))
    telling.say(owner.id, f"closed{dialog.id}", told, about=card_at(dialog.id, owner.id))


async def edited(telling: Telling, event: e.MessageEdited) -> None:
    dialog = telling.dialog
    if dialog is None or event.id is None:
        await _edited_old(telling, event)
        return
    if dialog.owner is None:
        await telling.redraw(await telling.scene.shown(dialog.id) - set(dialog.declined), dialog)
        return
    owner = telling.reader(dialog.owner)
    if owner is None:
        return
    await advance(telling, dialog, telling.at, hurry=event.id)
    words, t = Received(event.id, event.message), telling.phrases(owner.id)
    drawn = await telling.scene.drawn(dialog.id)
    on_card = ON_CARD in drawn and drawn[ON_CARD].id == event.id
    kept = drawn.get(ON_CARD if on_card else event.id)
    before = event.former if kept is None else kept.message
    if before is not None and is_same(before, event.message):
        return
    if on_card:
        await telling.scene.remember(dialog.id, ON_CARD, words)
        await telling.card(owner.id, dialog)
        _tell_change(telling, owner, dialog, event, before, place=card_at(dialog.id, owner.id), corrected=True)
    elif event.message.is_place:
        await telling.scene.remember(dialog.id, event.id, words)
        moved, notice = draw_move(t, event.message), f"edit{event.id}"
        if kept is None:
            telling.say(owner.id, notice, moved, about=copy_at(event.id, owner.id), newest=f"change:{event.id}")
        else:
            telling.edit(owner.id, notice_at(notice, owner.id), moved)
    elif event.message.media and (before is None or not looks_same(before, event.message)):
        await telling.copy(owner, dialog, [words], changed=True)
    else:
        if kept is not None:
            # Its files are shown already: that they are fetched once more is no reason to show them again.
            files = kept.message.attachments if event.message.media else event.message.attachments
            await telling.scene.remember(
                dialog.id, event.id, Received(event.id, replace(event.message, attachments=files))
            )
        await _correct(telling, owner, dialog, event, before)


async def _correct(
    telling: Telling, owner: Operator, dialog: Dialog, event: e.MessageEdited, before: Message | None
) -> None:
    """Says what was and what is now, and puts the copy right where that is one message: nobody shall act on the old."""
    assert event.id is not None
    t, header = telling.phrases(owner.id), telling.header(owner, dialog)
    place = copy_at(event.id, owner.id)
    corrected = False
    if before is not None and not before.attachments and not event.message.attachments:
        was = draw_text(t, before, header, limits=telling.limits)
        now = draw_text(t, event.message, header, changed=True, limits=telling.limits)
        if corrected := len(was) == len(now) == 1:
            telling.edit(owner.id, place, now[0])
    elif (before or event.message).attachments and is_blank((before or event.message).text):
        place = copy_at(event.id, owner.id, 1)
    _tell_change(telling, owner, dialog, event, before, place=place, corrected=corrected)


def _tell_change(
    telling: Telling,
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
    t = telling.phrases(owner.id)
    told = draw_change(t, event.message, before, wholly=corrected)
    if not dialog.is_open:
        again = Button(str(t("Write again")), button_data(Action.WRITE_AGAIN, dialog.id))
        told[-1] = replace(told[-1], buttons=((again,),))
    for number, one in enumerate(told):
        telling.say(
            owner.id,
            f"edit{event.id}" if not number else f"edit{event.id}+{number}",
            one,
            silent=dialog.is_open or number > 0,
            about=place,
            newest=f"change:{event.id}+{number}",
        )


async def _edited_old(telling: Telling, event: e.MessageEdited) -> None:
    """Nobody remembers which message it was; who answers this client hears of it all the same, and wholly."""
    contact = await telling.scene.contact(event.account, event.contact)
    dialog = await telling.scene.dialog(contact.dialog) if contact is not None and contact.dialog else None
    owner = telling.reader(dialog.owner) if dialog is not None else None
    if dialog is not None and owner is not None:
        told = draw_old_change(telling.phrases(owner.id), telling.client(dialog), event.message)
        for number, one in enumerate(told):
            place = f"edit{telling.number}" if not number else f"edit{telling.number}+{number}"
            telling.say(owner.id, place, one, names=[dialog.id])


async def answered_elsewhere(telling: Telling, event: e.AnsweredElsewhere) -> None:
    """Whoever would answer as well hears of it; nobody is rung, for nothing is to be done."""
    dialog = telling.dialog
    if dialog is None:
        return
    concerned = (
        {dialog.owner} if dialog.owner is not None else await telling.scene.shown(dialog.id) - {*dialog.declined}
    )
    await telling.redraw(concerned, dialog)
    channel = telling.channel(dialog)
    for operator in sorted(one for one in concerned if telling.reader(one) is not None):
        told = draw_elsewhere(telling.phrases(operator), draw_header(dialog), channel, event)
        telling.say(operator, f"elsewhere{event.id}", told, about=card_at(dialog.id, operator))


async def deleted(telling: Telling, event: e.MessageDeleted) -> None:
    owner = telling.owner()
    if owner is not None and telling.dialog is not None:
        await advance(telling, telling.dialog, telling.at, hurry=event.id)
        t = telling.phrases(owner.id)
        told = t("🗑 The client deleted this message")
        telling.say(owner.id, f"delete{event.id}", told, about=await telling.place(owner.id, event.id))


async def reaction_changed(telling: Telling, event: e.ReactionChanged) -> None:
    owner = telling.owner()
    if owner is None or telling.dialog is None:
        return
    t, client = telling.phrases(owner.id), telling.client(telling.dialog)
    told = (
        f"{client}: {' '.join(event.emojis)}" if event.emojis else t("{client} took the reaction back", client=client)
    )
    place = await telling.place(owner.id, event.id)
    telling.say(owner.id, f"reaction{event.id}", told, about=place, newest=f"reaction:{event.id}")


async def profile_changed(telling: Telling, event: e.ProfileChanged) -> None:
    """The card says who the client is, and that is known better now."""
    contact = await telling.scene.contact(event.account, event.contact)
    dialog = await telling.scene.dialog(contact.dialog) if contact is not None and contact.dialog else None
    if dialog is not None:
        shown = await telling.scene.shown(dialog.id)
        await telling.redraw([dialog.owner] if dialog.owner is not None else shown - set(dialog.declined), dialog)


async def reach_changed(telling: Telling, event: e.ReachChanged) -> None:
    dialog = telling.dialog
    if dialog is None or not dialog.is_open:
        return
    owner = telling.reader(dialog.owner)
    if owner is None:
        await telling.redraw(await telling.scene.shown(dialog.id) - set(dialog.declined), dialog)
        return
    await telling.redraw([owner.id], dialog)
    t, client = telling.phrases(owner.id), telling.client(dialog)
    if event.reachable:
        told = t("{client}: can be written to again", client=client)
    else:
        why = say_unreachable(t, telling.channel(dialog))
        told = t("⚠️ {client}: {why}, answers will not arrive", client=client, why=why)
    telling.say(owner.id, f"reach{dialog.id}", told, about=card_at(dialog.id, owner.id))


async def contact_moved(telling: Telling, event: e.ContactMoved) -> None:
    """The client goes on under another number: whoever talks with them should know that it is still them."""
    dialog = telling.dialog
    owner = None if dialog is None or not dialog.is_open else telling.reader(dialog.owner)
    if dialog is None or owner is None or not event.told:
        return
    t, client, contact = telling.phrases(owner.id), telling.client(dialog), event.contact
    told = t("{client}: was {former}, is {contact} now", client=client, former=event.former, contact=contact)
    telling.say(owner.id, f"moved{dialog.id}:{contact}", told, about=card_at(dialog.id, owner.id))
