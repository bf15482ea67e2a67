"""An update of Avito as items of the normal form. Pure and total: it never raises and never drops.

Webhook and API tell of the same messages by the same ids, so both come here in the webhook's envelope; what the
gateway has asked for itself stands beside it (receiving.py): `chat`, who writes and about which listing. The contact is
the chat, for only into a chat can be answered, and each of a buyer's listings is a chat of its own.
"""

from collections.abc import Mapping

from gateway.connectors.avito.chats import client_of, item_of, item_page
from gateway.connectors.avito.content import AVITO, DELETED, is_of_avito, kind_of, read_message
from gateway.connectors.avito.values import identity
from gateway.connectors.toolkit.values import Json, digest, inner, positive, words
from gateway.model.commands import (
    FromChannel,
    Ignored,
    Inbound,
    Notice,
    Receive,
    ReceiveDelete,
    ReceiveEcho,
    ReceiveRead,
)
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Visit

_TOLD = 300
_ANSWERS = frozenset({"ok", "chats", "messages", "subscriptions", "voices_urls", "access_token", "error", "result"})
"""Fields by which an answer of the API is known."""


def parse(update: Json) -> tuple[Inbound, ...]:
    """The items of one update; a bare message of the API, with its chat's id, and a chat with its last message too."""
    try:
        return _read(update)
    except Exception:  # noqa: BLE001 - an update that cannot be read must not stop those behind it, nor vanish
        return (Inbound(f"riddle:{digest(update)}", Notice("Unsupported(update)", "it could not be read")),)


def _read(update: Json) -> tuple[Inbound, ...]:
    payload = update.get("payload")
    if isinstance(payload, Mapping) and "type" in payload:
        kind, value = words(payload.get("type"))[:64], payload.get("value")
        if kind == "message" and isinstance(value, Mapping):
            return _message(value, update.get("chat"))
        return (Inbound(f"{kind}:{_number_of(update)}", Notice(f"Unsupported({kind or 'no type'})")),)
    if isinstance(update.get("seen"), Mapping):
        return (_seen(update["seen"]),)
    if "gap" in update:
        return (Inbound(f"gap:{digest(update)}", Notice("gap", words(update["gap"])[:_TOLD], alarming=True)),)
    if "chat_id" in update and ("author_id" in update or "content" in update):
        return _message(update, None)
    if isinstance(last := update.get("last_message"), Mapping) and identity(update.get("id")):
        return _message({**last, "chat_id": update["id"]}, update)
    return (_no_update(update),)


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _message(value: Json, chat: object) -> tuple[Inbound, ...]:
    place, native = identity(value.get("chat_id")), identity(value.get("id"))
    key = f"message:{native or f'{place}:{digest(value)}'}"
    if not place:
        return (Inbound(key, Notice("Unsupported(no chat)", "it names no chat that it could be from")),)
    if value.get("chat_type") == "a2u":
        said = read_message(value, place, native).text[:_TOLD]
        return (Inbound(key, Notice("from Avito", said or kind_of(value) or None)),)
    contact, ours = ContactId(place), is_ours(value)
    if kind_of(value) == "deleted":
        return (_deletion(contact, native, place, ours=ours),)
    message = read_message(value, place, native)
    if ours:
        echo = ReceiveEcho(contact, message, AVITO if is_of_avito(value) else None)
        return (Inbound(key, echo),)
    chat = chat if isinstance(chat, Mapping) else None
    received = Receive(
        contact=contact,
        message=message,
        profile=None if chat is None else client_of(chat, identity(value.get("user_id")), _author(value)),
        visit=_item(value, chat),
    )
    if message.text.strip() == DELETED and native:
        # Under the id of what was taken back: where that is known, these words are a repeat and the rest marks it.
        # Where it is not, somebody may have typed them.
        return (Inbound(key, received), _deletion(contact, native, place, ours=False))
    return (Inbound(key, received),)


def is_ours(value: Json) -> bool:
    """Whether the shop wrote it, by whatever means: the API tells the direction, the webhook who wrote."""
    direction = value.get("direction")
    if direction in {"in", "out"}:
        return bool(direction == "out")
    return identity(value.get("author_id")) == identity(value.get("user_id")) != ""


def _author(value: Json) -> str:
    return "" if is_of_avito(value) else identity(value.get("author_id"))


def _deletion(contact: ContactId, native: str, place: str, *, ours: bool) -> Inbound:
    key = f"deleted:{native or place}"
    item: FromChannel | Ignored
    if ours:
        item = Ignored("the shop itself took a message back")
    elif native:
        item = ReceiveDelete(contact, (NativeId(native),))
    else:
        item = Notice("Unsupported(deleted)", "it does not tell which message")
    return Inbound(key, item)


def _item(value: Json, chat: Json | None) -> Visit | None:
    """The listing as the chat describes it; a bare webhook tells its number only."""
    if chat is not None:
        return item_of(chat)
    number = positive(value.get("item_id"))
    return Visit(url=item_page(str(number)), listing=True) if number else None


# ── what the gateway has noticed itself ───────────────────────────────────────────────────────────────


def _seen(told: Json) -> Inbound:
    """The newest of the shop's messages that the client has read."""
    chat, native = identity(told.get("chat_id")), identity(told.get("id"))
    if not chat or not native:
        return Inbound(f"seen:{digest(told)}", Notice("Unsupported(seen)"))
    return Inbound(f"seen:{native}", ReceiveRead(ContactId(chat), native=NativeId(native)))


def _number_of(update: Json) -> str:
    return identity(update.get("id")) or digest(update)


def _no_update(body: Json) -> Inbound:
    """An answer of the API, a part of a message, or nothing of Avito's at all."""
    key = f"no update:{digest(body)}"
    if error := inner(body, "error"):
        said = f"{words(error.get('code'))} {words(error.get('message'))[:200]}".strip()
        return Inbound(key, Notice("Unsupported(API answer)", said or "an error"))
    if "direction" in body and "content" in body:
        return Inbound(key, Notice("Unsupported(API answer)", "a message without its chat"))
    if "last_message" in body or "context" in body:
        return Inbound(key, Notice("Unsupported(API answer)", "a chat without its id"))
    if not _ANSWERS.isdisjoint(body):
        return Inbound(key, Notice("Unsupported(API answer)", "an answer, not an update"))
    names = ", ".join(sorted(str(name)[:40] for name in body)[:20])
    return Inbound(key, Notice("Unsupported(no update)", f"fields: {names or 'none'}"))
