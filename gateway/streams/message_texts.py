"""What clients' newest messages say, by our ids, for some days: an edit is compared with it, and shown beside it.

A dialog's hash is a ring of slots, so it never grows: a message takes the place of the one that stood there long ago.
"""

from collections.abc import Iterable

from gateway.model.codec import decode, encode
from gateway.model.ids import MessageId, dialog_of, number_of
from gateway.model.messages import Message
from gateway.model.state import Received
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from gateway.streams.scripts import RedisCommand

SLOTS = 100
"""How many of a dialog's newest messages, of either side, are reached back for."""
KEEP_SECONDS = 3 * 24 * 3600
"""Counted from the dialog's last words; a client can edit for two days at most (Telegram; elsewhere less)."""


def message_text_commands(keys: Keys, identity: MessageId, message: Message) -> list[RedisCommand]:
    """What remembers how the message reads now. Pure."""
    key = keys.said(dialog_of(identity))
    return [
        ("HSET", key, number_of(identity) % SLOTS, encode(Received(identity, message))),
        ("EXPIRE", key, KEEP_SECONDS),
    ]


async def message_texts_of(store: Store, identities: Iterable[MessageId]) -> dict[MessageId, Message]:
    """How these messages read; what is too old is missing. Raises StoreUnavailable."""
    asked = list(identities)
    slots = [("HGET", store.keys.said(dialog_of(one)), number_of(one) % SLOTS) for one in asked]
    found = [decode(row, Received) for row in await store.ask_all(slots) if row is not None] if asked else []
    return {one.id: one.message for one in found if one.id in asked}
