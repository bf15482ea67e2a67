"""Whose a raw object of Telegram's is, where it stands, and what it is told from others by. Pure.

A business chat is one between a client and a person whose account the bot assists. It is another contact than the
client's own chat with the bot: `<chat>@<connection>`. The connection stands in the id because nothing else of it
outlives a restart, and because a bot may assist several people whom one client writes to.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from gateway.connectors.telegram.content import read_profile
from gateway.connectors.toolkit import values
from gateway.connectors.toolkit.values import Json
from gateway.model.codec import encode
from gateway.model.commands import Ignored
from gateway.model.ids import ContactId
from gateway.model.messages import Message, Profile

CONNECTION = "business_connection_id"
_AT = "@"


def contact_in(number: object, connection: object = None) -> ContactId:
    """Who a chat is with; `connection`: through whose account."""
    return ContactId(f"{number}" if connection is None else f"{number}{_AT}{connection}")


def address_of(contact: ContactId) -> dict[str, Any]:
    """What a request says to reach a contact."""
    chat, business, connection = contact.partition(_AT)
    return {CONNECTION: connection, "chat_id": chat} if business else {"chat_id": chat}


def chat_of(raw: Json) -> Json:
    chat = raw.get("chat")
    return chat if isinstance(chat, Mapping) and "id" in chat else {}


def is_private(raw: Json) -> bool:
    return chat_of(raw).get("type") == "private"


def contact_of(raw: Json) -> ContactId:
    return contact_in(chat_of(raw)["id"], raw.get(CONNECTION))


def profile_of(raw: Json) -> Profile:
    """The person of a private chat; `from` may be a bot there (a pinned message, our own words)."""
    sender = raw.get("from", raw.get("user"))
    if isinstance(sender, Mapping) and sender.get("id") == chat_of(raw).get("id"):
        return read_profile(sender)
    return read_profile(chat_of(raw))


def place_of(raw: Json) -> str:
    through = f"{raw[CONNECTION]}:" if raw.get(CONNECTION) is not None else ""
    return f"{through}{chat_of(raw).get('id', '')}:{raw.get('message_id', '')}"


def id_of(update: Json) -> str:
    return str(update["update_id"]) if "update_id" in update else values.digest(update)


def digest(message: Message) -> str:
    return blake2b(encode(message), digest_size=6).hexdigest()


def not_private(raw: Json) -> Ignored:
    return Ignored(f"{chat_of(raw).get('type', 'unknown')} chat: only private ones are answered")
