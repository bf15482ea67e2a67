"""A client's words on their way to the dialog's owner: a moment is waited for files, so that a photo is one message.

The order of a dialog is kept: what comes later waits behind. Whatever is not there in time is announced in words,
and nothing waits longer than that. What waits stands in Redis, so a restart forgets none of it.
"""

from collections.abc import Sequence

from gateway.model.ids import DialogId, MessageId, dialog_of, number_of
from gateway.model.state import Dialog, Operator, Received
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.outbound.mirrored_messages import is_pending

PATIENCE_MS = 2_000
"""How long a message waits for its files before they are announced."""
ALBUM_MS = 1_000
"""How long an album whose files are there waits for further pictures of it."""


async def give(notifier: EntryNotifier, owner: Operator, dialog: Dialog, words: Received) -> None:
    """Gives the owner a client's words: at once, or when their files and what stands before them are ready."""
    waiting = await _waiting(notifier, dialog.id)
    if not waiting and not _is_incomplete(words):
        await notifier.copy(owner, dialog, [words])
        return
    if words.id in waiting:
        return
    await notifier.view.remember(dialog.id, words.id, words)
    await notifier.view.wait_for(words.id, notifier.at + PATIENCE_MS)
    await advance(notifier, dialog, notifier.at)


async def advance(notifier: EntryNotifier, dialog: Dialog, now: int, *, hurry: MessageId | None = None) -> None:
    """Gives what is ready, in order, and what has waited long enough; with `hurry` all up to this message."""
    owner, waiting = notifier.reader(dialog.owner), await _waiting(notifier, dialog.id)
    drawn = await notifier.view.drawn(dialog.id)
    for forgotten in waiting.keys() - drawn.keys():
        await notifier.view.wait_no_more(forgotten)
    queue = [drawn[one] for one in sorted(waiting, key=number_of) if one in drawn]
    hurried = hurry is not None and hurry in waiting
    while queue:
        run = _run(queue)
        closed = len(run) < len(queue) or run[0].message.group is None
        since = max(waiting[one.id] for one in run) - PATIENCE_MS
        is_whole = (closed or now >= since + ALBUM_MS) and not any(_has_pending(one) for one in run)
        if not (is_whole or hurried or now >= waiting[run[0].id]):
            return
        hurried = hurried and hurry not in [one.id for one in run]
        queue = queue[len(run) :]
        if owner is not None:
            await notifier.copy(owner, dialog, run)
        for one in run:
            await notifier.view.wait_no_more(one.id)
            if not one.message.media:
                await notifier.view.forget(dialog.id, one.id)


async def waits(notifier: EntryNotifier, message: MessageId) -> bool:
    """Whether the owner has not been given this message yet."""
    return message in await notifier.view.waiting()


async def _waiting(notifier: EntryNotifier, dialog: DialogId) -> dict[MessageId, int]:
    """What waits in a dialog, and until when."""
    found = await notifier.view.waiting()
    return {message: until for message, until in found.items() if dialog_of(message) == dialog}


def _run(queue: Sequence[Received]) -> list[Received]:
    """The first message, with the rest of its album."""
    group, run = queue[0].message.group, [queue[0]]
    for one in queue[1:]:
        if group is None or one.message.group != group:
            break
        run.append(one)
    return run


def _is_incomplete(words: Received) -> bool:
    """Whether files are on their way, or further pictures of the album may be."""
    return _has_pending(words) or (words.message.group is not None and bool(words.message.media))


def _has_pending(words: Received) -> bool:
    return any(is_pending(one) for one in words.message.attachments)
