"""An event's envelope, and the questions that every reader of one asks: whose chat, which message, which key. Pure."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from gateway.connectors.toolkit.values import Json, digest, words
from gateway.connectors.vk.content import native_of, read_profile
from gateway.connectors.vk.values import positive, signed
from gateway.model.commands import Ignored, Inbound, Notice
from gateway.model.messages import Profile, Visit

FIRST_CHAT = 2_000_000_000
"""Group chats are numbered from here on."""
BUTTON = "d"
"""The field of a button's payload that holds its data."""
PRESS = 200
"""Signs of an event's or a press's id at most."""


class Event(NamedTuple):
    """An envelope; `what` is what happened, `people` who is known of those in it."""

    kind: str
    what: Json
    whole: Json
    people: Mapping[int, Json]

    def key(self, *parts: object) -> str:
        """By what is given, or by the event's own id; equal for a redelivery and nothing else."""
        return ":".join((self.kind, *(str(one) for one in parts or (event_id(self.whole),))))


def unsupported(event: Event) -> Inbound:
    return Inbound(event.key(), Notice(f"Unsupported({event.kind})"))


def not_private(peer: int) -> Ignored | Notice | None:
    if peer >= FIRST_CHAT:
        return Ignored("group chat: only one-to-one chats are answered")
    if peer < 0:
        return Ignored("written by a community, not by a person")
    return None if peer else Notice("Unsupported(no chat)", "it names nobody whom it could be from")


def inner_of(found: Json) -> Json:
    """The message of either shape of message_new."""
    message = found.get("message")
    return message if isinstance(message, Mapping) else found


def is_ours(raw: Json) -> bool:
    return signed(raw.get("out")) == 1 or signed(raw.get("from_id")) < 0 < signed(raw.get("peer_id")) < FIRST_CHAT


def peer_of(raw: Json) -> int:
    """The chat; a trimmed event names only who wrote."""
    return next((one for one in (signed(raw.get(name)) for name in ("peer_id", "user_id", "from_id")) if one), 0)


def place(raw: Json) -> str:
    native = native_of(raw)
    return f"{peer_of(raw)}:{native or digest(raw)}"


def visit_of(raw: Json) -> Visit | None:
    """The link or advertisement that brought them, where the message names its source."""
    source = words(raw.get("ref_source"))
    return Visit(url=source[:1000]) if source.startswith(("https://", "http://")) else None


def payload_of(raw: Json) -> object:
    """What a pressed button carried: JSON in a text, by VK's rules; communities also set things that are none."""
    payload = raw.get("payload")
    if not isinstance(payload, str):
        return payload
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return payload


def people_of(update: Json) -> dict[int, Json]:
    """Users by id, where the gateway has asked for them (receiving.py puts them beside the object)."""
    listed = update.get("profiles")
    people = [one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, Mapping)]
    return {positive(one.get("id")): one for one in people if positive(one.get("id"))}


def profile_of(event: Event, user: int) -> Profile | None:
    return read_profile(event.people[user]) if user in event.people else None


def event_id(whole: Json) -> str:
    given = whole.get("event_id")
    return given if isinstance(given, str) and 0 < len(given) <= PRESS else digest(whole.get("object"))
