"""What a message gets when it enters a dialog: names for its files, and our own id of what it quotes. Pure."""

from msgspec.structs import replace

from gateway.model.ids import AccountId, ContactId, MessageId, file_id
from gateway.model.messages import Media, Message
from gateway.router.state.rows import Rows


def with_files(message: Message, identity: MessageId, *, edited_at: int = 0) -> Message:
    """Names the file of each attachment that has bytes."""
    if not message.media:
        return message
    return replace(
        message,
        attachments=tuple(
            replace(one, file=file_id(identity, place, edited_at)) if isinstance(one, Media) else one
            for place, one in enumerate(message.attachments)
        ),
    )


def quoting(rows: Rows, account: AccountId, contact: ContactId, message: Message) -> Message:
    """The message with our own id of what it quotes; what is not known here is shown as far as its vendor tells."""
    answered = message.reply_to
    if answered is None:
        return message
    known = None if answered.native is None else rows.message_known_as(account, contact, answered.native)
    if known is not None:
        return replace(message, reply_to=replace(answered, message=known, told=None, attachments=()))
    brought = answered.attachments
    bare = replace(answered, quote=answered.quote or answered.told, told=None, attachments=(), brought=len(brought))
    return replace(message, attachments=(*message.attachments, *brought), reply_to=bare)
