"""What becomes of a client's files, told to the dialog's owner: they follow their announcement, or are said to be lost.

A message whose owner still waits for it is left to `pending_attachments`, which gives it wholly.
"""

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.ids import FileId, copy_at, is_replacement, number_of_file
from gateway.model.messages import FileState, Media
from gateway.model.outgoing import SendMessage
from gateway.model.state import Dialog, Operator, Received
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.outbound.mirrored_messages import draw_attachment, draw_text, is_shown
from gateway.operator_bot.outbound.pending_attachments import advance, waits


async def attachment_stored(notifier: EntryNotifier, event: e.AttachmentStored) -> None:
    found = await _file_changed(notifier, event, state=FileState.STORED, size=event.size, mime=event.mime)
    if found is not None:
        owner, dialog, words, media = found
        place = number_of_file(event.file) + 1
        if is_shown(media, notifier.limits):
            copy = draw_attachment(place, media, notifier.header(owner, dialog), silent=True)
            notifier.put(owner.id, SendMessage(copy_at(words.id, owner.id, place), copy.message, silent=copy.silent))
        _redraw_text(notifier, event.file, owner, dialog, words)


async def attachment_failed(notifier: EntryNotifier, event: e.AttachmentFailed) -> None:
    found = await _file_changed(notifier, event, state=FileState.FAILED, problem=event.problem)
    if found is not None:
        owner, dialog, words, _ = found
        _redraw_text(notifier, event.file, owner, dialog, words)


async def _file_changed(
    notifier: EntryNotifier, event: e.AttachmentStored | e.AttachmentFailed, **changed: object
) -> tuple[Operator, Dialog, Received, Media] | None:
    """The client's message with the news about its file; None where its owner has not been given it, or gets it now."""
    dialog, owner = notifier.dialog, notifier.owner()
    if dialog is None or owner is None:
        return None
    words = (await notifier.view.drawn(dialog.id)).get(event.message)
    media = next((one for one in words.message.media if one.file == event.file), None) if words is not None else None
    if words is None or media is None or media.state is not FileState.REMOTE:
        return None
    news = replace(media, **changed)
    attachments = tuple(news if one == media else one for one in words.message.attachments)
    words = Received(words.id, replace(words.message, attachments=attachments))
    await notifier.view.remember(dialog.id, words.id, words)
    if await waits(notifier, words.id):
        await advance(notifier, dialog, notifier.at)
        return None
    return owner, dialog, words, news


def _redraw_text(notifier: EntryNotifier, file: FileId, owner: Operator, dialog: Dialog, words: Received) -> None:
    """The line that announced the file goes; a message that said nothing else goes wholly."""
    sent, t = copy_at(words.id, owner.id), notifier.phrases(owner.id)
    texts = draw_text(
        t, words.message, notifier.header(owner, dialog), changed=is_replacement(file), limits=notifier.limits
    )
    if not texts:
        notifier.delete(owner.id, sent)
    elif len(texts) == 1:
        notifier.edit(owner.id, sent, texts[0])
