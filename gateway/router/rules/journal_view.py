"""The dialog as journal entries carry it: what who reads the journal draws or counts, and none of the bookkeeping.

An entry for each of thirty words of an unclaimed client would otherwise hold all thirty of them, whole.
"""

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.ids import MessageId, number_of
from gateway.model.messages import Media, Message
from gateway.model.state import Dialog, Received
from gateway.model.text import is_blank

CARD_WORDS = 10
"""How many of a client's messages a card shows."""
CARD_SIGNS = 800
"""What a card shows of a client's words in all."""
WORD_SIGNS = 500
"""More of one message than a card shows, so that its cut falls where it would."""
SURELY_SHOWN = 300
"""Less of a long message than a card shows, wherever its cut falls."""


def view_of(dialog: Dialog | None, event: e.Event) -> Dialog | None:
    """The dialog's row after `event`, without what none of the journal's readers looks at."""
    if dialog is None:
        return None
    backlog = _shown(dialog)
    about = number_of(MessageId(getattr(event, "id", None) or ""))
    return replace(
        dialog,
        backlog=backlog,
        backlog_cut=dialog.backlog_cut + len(dialog.backlog) - len(backlog),
        deleted=(about,) if about and about in dialog.deleted else (),
        unanswered=(),
        unanswered_cut=0,
        held=(),
        unsettled={},
        leaving={},
        doubtful={},
        echoes=(),
        replies=(),
        heard={},
        ended={},
        early=(),
        by_template=(),
        undoable=None,
    )


def _shown(dialog: Dialog) -> tuple[Received, ...]:
    """The client's first words, as far as a card shows them, and their newest; it says how many more there are."""
    newest = [Received(one.id, _slim(one.message)) for one in dialog.backlog[-1:]]
    found: list[Received] = []
    left = CARD_SIGNS - sum(_room(one.message) for one in newest)
    for one in dialog.backlog[:-1][: CARD_WORDS - 1]:
        found.append(Received(one.id, _slim(one.message)))
        left -= _room(one.message)
        if left <= 0:
            break
    return (*found, *newest)


def _room(message: Message) -> int:
    """Signs that the message takes on a card at least.

    Of attachments only names are shown, and a link may be left out whole: neither is known to take room.
    """
    if message.attachments or is_blank(message.text) or "://" in message.text:
        return 0
    return min(len(message.text), SURELY_SHOWN)


def _slim(message: Message) -> Message:
    """The message as a card shows it, in a line or two: without what only its bytes are fetched by."""
    attachments = tuple(replace(one, remote="") if isinstance(one, Media) else one for one in message.attachments)
    reply_to = message.reply_to
    if reply_to is not None and reply_to.quote is not None:
        reply_to = replace(reply_to, quote=reply_to.quote[:WORD_SIGNS])
    return Message(
        text=message.text[:WORD_SIGNS],
        attachments=attachments,
        reply_to=reply_to,
        forwarded_from=message.forwarded_from,
    )
