"""Edits compared with what is known: which of them change nothing, and which are overtaken by a newer one. Pure."""

from collections.abc import Sequence

from gateway.model import commands as c
from gateway.model.ids import AccountId, ContactId, NativeId
from gateway.model.messages import Attachment, Media, Message

KNOWN_MS = 28 * 24 * 3600 * 1000
"""For so long it is surely remembered which message is which: a younger one that nobody knows has never come."""


def changes_nothing(former: Message, now: Message) -> bool:
    """Whether an edit says what was known before: the same words, formatting and attachments."""
    return (former.text, former.entities, former.buttons) == (now.text, now.entities, now.buttons) and [
        _bare(one) for one in former.attachments
    ] == [_bare(one) for one in now.attachments]


def overtaken(entries: Sequence[c.Entry]) -> set[int]:
    """Which of a batch's entries, by number, are moves of a place that a later one of them moves further."""
    newest: dict[tuple[AccountId | None, ContactId, NativeId], int] = {}
    passed: set[int] = set()
    for number, entry in enumerate(entries):
        command = entry.command
        if isinstance(command, c.ReceiveEdit) and command.message.is_place:
            key = (entry.account, command.contact, command.message.native)
            if key in newest:
                passed.add(newest[key])
            newest[key] = number
    return passed


def _bare(one: Attachment) -> Attachment:
    """The attachment as its vendor told of it."""
    if not isinstance(one, Media):
        return one
    return Media(
        one.kind,
        remote=one.remote,
        name=one.name,
        width=one.width,
        height=one.height,
        duration=one.duration,
        emoji=one.emoji,
    )
