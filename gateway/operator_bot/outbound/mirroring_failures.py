"""What an operator was to read and Telegram did not show: it is put otherwise, with less each time, or said to be lost.

Words go in any case. Each step takes something away (an album, a file, formatting, buttons), so it ends; the last
sentence of all does not come back.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.model.events import CopyRefused
from gateway.model.ids import DialogId, OperatorId, SentId, last_word_at, message_of_sent
from gateway.model.messages import Button, Message
from gateway.model.outgoing import SendEdit, SendMessage
from gateway.model.state import Dialog
from gateway.model.text import is_blank
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.texts.content_labels import name_attachment
from gateway.operator_bot.texts.formatted_text import TEXT_LIMIT, FormattedText, cut, one_line
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.reasons import say_reason
from gateway.operator_bot.texts.untrusted import defused

REASON_LIMIT = 300


async def copy_refused(notifier: EntryNotifier, event: CopyRefused) -> None:
    """A card whose message is gone comes anew; all else is put otherwise."""
    person = notifier.reader(event.operator)
    if person is None:
        return
    dialog = await notifier.view.dialog(event.dialog) if event.dialog is not None else None
    is_card = dialog is not None and message_of_sent(event.job.sent) is None
    if dialog is not None and is_card and isinstance(event.job, SendEdit):
        if _concerns(dialog, person.id):
            await notifier.card(person.id, dialog, anew=True, silent=True)
        return
    for job in put_otherwise(notifier.phrases(person.id), event, notifier.number):
        notifier.put(person.id, job)


def put_otherwise(t: Phrases, event: CopyRefused, number: int) -> list[SendMessage]:
    """What is sent instead; `number` is the journal entry's that tells of it."""
    job = event.job
    if isinstance(job, SendEdit):
        job = SendMessage(job.sent, job.message, names=job.names)
    job, message = replace(job, silent=False, reply_to_sent=None), job.message
    if not event.refused:
        return [_last_word(t, event, number, words=message.text)]
    if len(message.media) > 1 and len(message.attachments) == len(message.media):
        return _singles(job, event.arrived)
    if message.attachments:
        what = ", ".join(name_attachment(t, one) for one in message.attachments)
        return _with_note(job, t("⚠️ {what}: cannot be shown here, {problem}", what=what, problem=_why(t, event)))
    if message.entities:
        return [replace(job, message=replace(message, text=defused(message.text), entities=()))]
    if message.buttons and not is_blank(message.text):
        told = t("⚠️ The buttons could not be shown: {problem}. See /waiting and /my.", problem=_why(t, event))
        return _with_note(job, told)
    return [_last_word(t, event, number)]


def _singles(job: SendMessage, arrived: int) -> list[SendMessage]:
    """An album as its pictures one by one, but for those that are there; its words stand with the first."""
    places: Sequence[SentId] = (job.sent, *job.album)
    message, found = job.message, []
    for place, one in enumerate(message.attachments):
        words = Message(text=message.text, entities=message.entities) if place == 0 else Message()
        sent = places[place] if place < len(places) else SentId(f"{job.sent}+{place}")
        alone = replace(words, attachments=(one,), reply_to=message.reply_to if place == 0 else None)
        found.append(SendMessage(sent, alone, silent=place > 0))
    return found[arrived:]


def _with_note(job: SendMessage, note: str) -> list[SendMessage]:
    """The words, whole, with a line of what is missing; as two messages where one does not hold both."""
    said = job.message
    formatted = FormattedText()
    if not is_blank(said.text):
        formatted.words(said.text, said.entities)
    pieces = formatted.line(note).messages()
    kept = said.buttons if said.attachments else ()
    first = replace(pieces[0], reply_to=said.reply_to, buttons=kept)
    rest = [
        SendMessage(SentId(f"{job.sent}+{number}"), one, silent=True, names=job.names)
        for number, one in enumerate(pieces[1:], 1)
    ]
    return [replace(job, message=first, album=()), *rest]


def _last_word(t: Phrases, event: CopyRefused, number: int, *, words: str = "") -> SendMessage:
    """That something is not to be seen here, why, and where it is."""
    formatted = FormattedText().write(t("⚠️ Something could not be shown here: {problem}", problem=_why(t, event)))
    what = ", ".join(name_attachment(t, one) for one in event.job.message.attachments)
    if what:
        formatted.line(one_line(what, REASON_LIMIT))
    if not is_blank(words):
        formatted.line(cut(words, TEXT_LIMIT - 2 * REASON_LIMIT - formatted.size))
    rows = [[_history(t, event.dialog)]] if event.dialog is not None else []
    names = () if event.dialog is None else (event.dialog,)
    return SendMessage(last_word_at(number, event.operator), formatted.message(rows), names=names)


def _history(t: Phrases, dialog: DialogId) -> Button:
    return Button(t("History"), button_data(Action.HISTORY, dialog, page=0))


def _why(t: Phrases, event: CopyRefused) -> str:
    why = say_reason(t, event.problem) if event.problem else t("unknown reason")
    return one_line(why, REASON_LIMIT)


def _concerns(dialog: Dialog, operator: OperatorId) -> bool:
    """Whether this operator has something to do there: a card of what a colleague does need not come again."""
    if not dialog.is_open:
        return False
    return dialog.owner == operator or (dialog.owner is None and operator not in dialog.declined)
