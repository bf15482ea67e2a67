"""What a message gets when it enters a dialog: names for its files, and our own id of what it quotes. Pure."""

from msgspec.structs import replace

from gateway.model.ids import AccountId, ContactId, MessageId, file_id
from gateway.model.messages import Media, Message
from gateway.router.rows import Rows


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
    """The message with our own id of what it quotes."""
    if message.reply_to is None or message.reply_to.native is None:
        return message
    known = rows.message_known_as(account, contact, message.reply_to.native)
    return message if known is None else replace(message, reply_to=replace(message.reply_to, message=known))
