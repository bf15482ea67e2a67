"""Webhook bodies put together of single events: several accounts, and several messages of one, share a POST."""

from typing import NamedTuple

from sandbox.meta.records import Messenger
from sandbox.wire import Json

_OBJECTS: dict[Messenger, str] = {"whatsapp": "whatsapp_business_account", "instagram": "instagram"}
_JOINED = ("messages", "statuses")


class Piece(NamedTuple):
    """One event: an element of the list `place` (changes, messaging, standby) of the entry `entry_id`."""

    app: str
    messenger: Messenger
    account_id: str
    entry_id: str
    place: str
    item: Json
    ordering_key: str


def envelope(pieces: list[Piece], now_ms: int) -> Json:
    """The body for events of one messenger, in their order; neighbours of one entry stand in it together."""
    entries: list[Json] = []
    for piece in pieces:
        last = entries[-1] if entries else None
        if last is None or last["id"] != piece.entry_id or piece.place not in last:
            stamp = {"time": now_ms} if piece.messenger == "instagram" else {}
            entries.append({"id": piece.entry_id, **stamp, piece.place: [dict(piece.item)]})
        elif not _join(last[piece.place][-1], piece.item):
            last[piece.place].append(dict(piece.item))
    return {"object": _OBJECTS[pieces[0].messenger], "entry": entries}


def _join(before: Json, change: Json) -> bool:
    """Lets a message of the same phone stand in the change before it, with its contact; False where it cannot."""
    if before.get("field") != "messages" or change.get("field") != "messages":
        return False
    into, value = before["value"], change["value"]
    name = next((one for one in _JOINED if one in value and one in into), None)
    if name is None or into.get("metadata") != value.get("metadata"):
        return False
    before["value"] = {
        **into,
        **({"contacts": _contacts(into, value)} if "contacts" in value or "contacts" in into else {}),
        name: [*into[name], *value[name]],
    }
    return True


def _contacts(into: Json, value: Json) -> list[Json]:
    known: list[Json] = list(into.get("contacts", []))
    return known + [one for one in value.get("contacts", []) if one not in known]
