"""The pinned line at the top of an operator's chat: whom text without reply-to is for.

It is edited in place when that changes and never sent where it stands already. What it says is kept in Redis, so a
restart changes nothing. It is cosmetic: whatever becomes of it, words and cards go as before.
"""

from collections.abc import Collection, Mapping

from gateway.model.events import NoticeRaised, Recorded
from gateway.model.ids import NOBODY, AccountId, DialogId, OperatorId, notice_at
from gateway.model.outgoing import SendEdit, Urgency
from gateway.model.state import Dialog
from gateway.operator_bot.outbound.batch_view import BatchView
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier, NotifierContext
from gateway.operator_bot.texts.content_labels import name_channel, name_person
from gateway.operator_bot.texts.formatted_text import FormattedText
from gateway.operator_bot.texts.phrases import Phrases
from gateway.streams import queries

_PINNED = "pinned"


def who(t: Phrases, dialog: Dialog, channels: Mapping[AccountId, str]) -> str:
    """A client by name and messenger, without its icon."""
    channel = name_channel(t, channels.get(dialog.account, ""))
    begins = next((place for place, sign in enumerate(channel) if sign.isalnum()), 0)
    return f"{name_person(dialog.client)} · {channel[begins:]}"


async def pin(
    context: NotifierContext,
    view: BatchView,
    number: int,
    at: int,
    *,
    again: Collection[OperatorId] = (),
    renamed: bool = False,
) -> None:
    """Changes the lines of those whose current client has changed since it was told last; of `again` in any case.

    `renamed`: clients may be called otherwise now.
    """
    known = await view.pinned()
    wanted = [
        one
        for one in view.people.values()
        if one.entered and not one.gone and (one.current is not None or one.id in known)
    ]
    shown = {one.id: known.get(one.id, ("", ""))[0] for one in wanted}
    changed = [one for one in wanted if renamed or one.id in again or shown[one.id] != (one.current or "")]
    if not changed:
        return
    dialogs = await queries.dialogs(view.store, sorted({one.current for one in changed if one.current is not None}))
    notifier = EntryNotifier(context, view, number, Recorded(event=NoticeRaised(None, _PINNED), at=at, cause=""))
    for person in changed:
        t, dialog = notifier.phrases(person.id), dialogs.get(person.current or DialogId(""))
        client = t("nobody, choose a client in /my") if dialog is None else who(t, dialog, context.channels)
        told = t("✍️ You write to: {client}", client=client)
        if known.get(person.id) == (person.current or "", told) and person.id not in again:
            continue
        sent, names = notice_at(_PINNED, person.id), NOBODY if dialog is None else (dialog.id,)
        job = SendEdit(sent, FormattedText().write(told).message(), names=names, pinned=True)
        notifier.put(person.id, job, Urgency.COSMETIC, newest=_PINNED, returns=False)
        await view.pin(person.id, person.current, told)
