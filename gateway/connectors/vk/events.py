"""Events beside messages: presses, reach, reactions, reading, typing. Pure; called by parse.py, which is total."""

import json
from collections.abc import Mapping

from gateway.connectors.toolkit.values import words
from gateway.connectors.vk.content import native_of
from gateway.connectors.vk.envelope import (
    BUTTON,
    FIRST_CHAT,
    PRESS,
    Event,
    event_id,
    not_private,
    peer_of,
    profile_of,
    unsupported,
)
from gateway.connectors.vk.reactions import REACTIONS, UNKNOWN
from gateway.connectors.vk.values import positive, signed
from gateway.model.commands import (
    Ignored,
    Inbound,
    ReceivePress,
    ReceiveReach,
    ReceiveReaction,
    ReceiveRead,
    ReceiveTyping,
)
from gateway.model.ids import ContactId

_DATA = 300


def read_press(event: Event) -> tuple[Inbound, ...]:
    raw = event.what
    press, payload = words(raw.get("event_id"))[:PRESS], raw.get("payload")
    key = event.key(press or event_id(event.whole))
    peer = peer_of(raw)
    if (left_out := not_private(peer)) is not None:
        return (Inbound(key, left_out),)
    data = payload.get(BUTTON) if isinstance(payload, Mapping) else None
    if not isinstance(data, str):
        data = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    found = ReceivePress(
        contact=ContactId(str(peer)),
        press=press,
        data=data[:_DATA],
        native=native_of(raw) or None,
        profile=profile_of(event, peer),
    )
    return (Inbound(key, found),)


def read_reach(event: Event) -> tuple[Inbound, ...]:
    """Whether they may be written to: by their own choice, or because the community blocked them."""
    user = positive(event.what.get("user_id"))
    if not 0 < user < FIRST_CHAT:
        return (unsupported(event),)
    reachable = event.kind in {"message_allow", "user_unblock"}
    return (Inbound(event.key(), ReceiveReach(ContactId(str(user)), reachable, profile_of(event, user))),)


def read_reaction(event: Event) -> tuple[Inbound, ...]:
    raw = event.what
    peer, author = peer_of(raw), signed(raw.get("reacted_id"))
    if (left_out := not_private(peer)) is not None:
        return (Inbound(event.key(), left_out),)
    if author <= 0:
        return (Inbound(event.key(), Ignored("a reaction of the community's own")),)
    native = native_of(raw)
    if not native:
        return (unsupported(event),)
    number = raw.get("reaction_id")
    emojis = () if number is None else (REACTIONS.get(positive(number), UNKNOWN),)
    return (Inbound(event.key(), ReceiveReaction(ContactId(str(peer)), native, emojis)),)


def read_seen(event: Event) -> tuple[Inbound, ...]:
    raw = event.what
    peer, author = peer_of(raw), signed(raw.get("from_id"))
    by_number = native_of({"conversation_message_id": raw.get("conversation_message_id")})
    native = by_number or native_of({"id": raw.get("read_message_id")})
    key = event.key(peer, author, native)
    if (left_out := not_private(peer)) is not None:
        return (Inbound(key, left_out),)
    if author <= 0:
        return (Inbound(key, Ignored("the community read it, not the client")),)
    if not native:
        return (unsupported(event),)
    return (Inbound(key, ReceiveRead(ContactId(str(peer)), native)),)


def read_typing(event: Event) -> tuple[Inbound, ...]:
    author = signed(event.what.get("from_id"))
    if not 0 < author < FIRST_CHAT:
        return (Inbound(event.key(), Ignored("the community types, not a client")),)
    if signed(event.what.get("to_id")) >= FIRST_CHAT:
        return (Inbound(event.key(), Ignored("typing in a group chat")),)
    return (Inbound(event.key(), ReceiveTyping(ContactId(str(author)))),)
