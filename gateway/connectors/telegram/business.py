"""Business chats: what clients write to a person whose account the bot assists, and what that person answers. Pure.

In a private chat the id of the chat is the client's, so whoever else has written there is the assisted person, or
the bot in their name.
"""

from collections.abc import Mapping
from typing import Any

from gateway.connectors.telegram.content import is_service, read_message, read_profile
from gateway.connectors.telegram.places import (
    CONNECTION,
    chat_of,
    contact_in,
    digest,
    id_of,
    is_private,
    not_private,
    place_of,
    profile_of,
)
from gateway.connectors.telegram.unsupported import SERVICE
from gateway.connectors.toolkit import values
from gateway.connectors.toolkit.values import Json
from gateway.errors import Refused
from gateway.model.commands import Ignored, Inbound, Notice, Receive, ReceiveDelete, ReceiveEcho, ReceiveEdit
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Window

WINDOW_MS = 24 * 3600 * 1000
"""For so long after a client's message the bot may answer (BusinessBotRights.can_reply)."""
READ, DELETE = "readBusinessMessage", "deleteBusinessMessages"
_OWN_DOING = ("the message was sent by the bot itself", "an edit of what the assisted person had written")


def read_words(kind: str, raw: Json, update: Json) -> Inbound:
    """A client's words, which open the window; or those of the assisted person, written by their own hand."""
    del update
    key = f"{kind}:{place_of(raw)}:"
    if (left_out := _left_out(raw)) is not None:
        return Inbound(key, left_out)
    contact, message = _contact(raw), read_message(raw)
    if not _is_clients(raw):
        return Inbound(key, ReceiveEcho(contact, message, read_profile(raw["from"]).name))
    window = Window(message.at + WINDOW_MS) if message.at else None
    return Inbound(key, Receive(contact, message, profile_of(raw), window=window))


def read_edit(kind: str, raw: Json, update: Json) -> Inbound:
    """A client corrected their words; that opens nothing."""
    del update
    message = read_message(raw)
    # Two edits of one second differ in their content only.
    key = f"{kind}:{place_of(raw)}:{raw.get('edit_date', '')}:{digest(message)}"
    if (left_out := _left_out(raw)) is not None:
        return Inbound(key, left_out)
    if not _is_clients(raw):
        return Inbound(key, Ignored(_OWN_DOING[1]))
    return Inbound(key, ReceiveEdit(_contact(raw), message, profile_of(raw)))


def read_deletion(kind: str, raw: Json, update: Json) -> Inbound:
    """Messages of either side are gone; it is not told who took them away."""
    del update
    numbers = raw.get("message_ids")
    natives = tuple(NativeId(str(one)) for one in numbers) if isinstance(numbers, list) else ()
    key = f"{kind}:{place_of(raw)}{values.digest({'ids': natives})}"
    if not is_private(raw):
        return Inbound(key, not_private(raw))
    return Inbound(key, ReceiveDelete(_contact(raw), natives))


def read_connection(kind: str, raw: Json, update: Json) -> Inbound:
    """Somebody lets the bot answer for them, or no longer; admins hear of it where clients can be answered no more."""
    user = raw.get("user")
    name = read_profile(user).name if isinstance(user, Mapping) and "id" in user else "somebody"
    rights = raw.get("rights")
    may_reply = rights.get("can_reply") if isinstance(rights, Mapping) else raw.get("can_reply")
    # `date` is when it began: the same person may switch it off and on again within a day.
    key = f"{kind}:{raw.get('id', '')}:{raw.get('date', '')}:{id_of(update)}"
    if raw.get("is_enabled") is False:
        return Inbound(key, Notice("business account disconnected", name, alarming=True))
    if not may_reply:
        return Inbound(key, Notice("business account without replies", name, alarming=True))
    return Inbound(key, Notice("business account connected", name))


def marked_read(chat: Mapping[str, Any], message: int) -> tuple[str, dict[str, Any]]:
    """The request that shows a client that their message was read."""
    return READ, {**chat, "message_id": message}


def deletion(chat: Mapping[str, Any], message: int) -> tuple[str, dict[str, Any]]:
    return DELETE, {CONNECTION: chat[CONNECTION], "message_ids": [message]}


def need_connection(chat: Mapping[str, Any]) -> None:
    """Raises Refused: the chat came without its connection, so there is no way to answer in it."""
    if chat.get(CONNECTION) == "":
        raise Refused("Telegram did not say through which business account this client wrote, so nobody can answer")


def _left_out(raw: Json) -> Ignored | None:
    if not is_private(raw):
        return not_private(raw)
    if raw.get("sender_business_bot") is not None:
        return Ignored(_OWN_DOING[0])
    if is_service(raw):
        return Ignored(f"service message: {next(name for name in raw if name in SERVICE)}")
    return None


def _is_clients(raw: Json) -> bool:
    sender = raw.get("from")
    return not isinstance(sender, Mapping) or sender.get("id") == chat_of(raw).get("id")


def _contact(raw: Json) -> ContactId:
    return contact_in(chat_of(raw)["id"], raw.get(CONNECTION, ""))
