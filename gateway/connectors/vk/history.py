"""Messages read back from VK: what a gap in the events swallowed, one that came shortened, a file's fresh address."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gateway.connectors.vk.attachments import place_of, read_attachments
from gateway.connectors.vk.client import Client
from gateway.connectors.vk.content import BY_ID, pieces
from gateway.connectors.vk.envelope import FIRST_CHAT
from gateway.connectors.vk.values import count_signed, positive, signed
from gateway.model.messages import Media

_PAGE = 200
_CONVERSATIONS = 2000
_MESSAGES = 2000
"""Of one conversation; more than that is said to be missing."""
_MARGIN = 120
"""Seconds before the last known moment that are read again: what is stored twice is kept once."""
_MARGIN_HOLDS = 20 * 3600
"""Seconds for which a message's key is surely remembered."""

Json = Mapping[str, Any]


class Mark(NamedTuple):
    """How far the events were heard: the newest message's id, and the moment by VK's clock, in seconds; 0: unknown."""

    message: int = 0
    at: int = 0


class Refill(NamedTuple):
    """Events made of messages, oldest first; `whole` is False where there was more than is read at once."""

    events: tuple[dict[str, Any], ...]
    whole: bool


class History:
    """Reads one community's messages."""

    def __init__(self, client: Client, group: int) -> None:
        self._client = client
        self._group = group

    async def since(self, mark: Mark, now: int) -> Refill:
        """All messages of one-to-one chats behind the mark, as the events that would have told of them.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: as every call.
        """
        found: list[Json] = []
        whole = True
        for offset in range(0, _CONVERSATIONS, _PAGE):
            answer = await self._client.call(
                "messages.getConversations", group_id=self._group, count=_PAGE, offset=offset, filter="all"
            )
            newest = [one for one in _items(answer) if _is_behind(_last(one), mark, now)]
            for one in newest:
                peer = positive(_last(one).get("peer_id"))
                if 0 < peer < FIRST_CHAT:
                    messages, complete = await self._of(peer, mark, now)
                    found += messages
                    whole = whole and complete
            if len(newest) < _PAGE:
                break
        else:
            whole = False
        found.sort(key=lambda one: (signed(one.get("date")), signed(one.get("id"))))
        return Refill(tuple(self._event(one) for one in found), whole)

    async def _of(self, peer: int, mark: Mark, now: int) -> tuple[list[Json], bool]:
        found: list[Json] = []
        for offset in range(0, _MESSAGES, _PAGE):
            answer = await self._client.call(
                "messages.getHistory", group_id=self._group, peer_id=peer, count=_PAGE, offset=offset
            )
            page = list(_items(answer))
            new = [{"peer_id": peer, **one} for one in page if _is_behind(one, mark, now)]
            found += new
            if len(new) < len(page) or len(page) < _PAGE:
                return found, True
        return found, False

    def _event(self, message: Json) -> dict[str, Any]:
        if signed(message.get("out")) == 1:
            return {"type": "message_reply", "object": dict(message), "group_id": self._group}
        return {"type": "message_new", "object": {"message": dict(message)}, "group_id": self._group}

    async def message(self, peer: int, native: str) -> Json | None:
        """One message as it is now; None: VK has it no more. Raises as every call."""
        if native.startswith(BY_ID):
            answer = await self._client.call("messages.getById", message_ids=native.removeprefix(BY_ID))
        else:
            answer = await self._client.call(
                "messages.getByConversationMessageId", peer_id=peer, conversation_message_ids=native
            )
        return next(_items(answer), None)

    async def fresh(self, media: Media) -> str | None:
        """The file's address as VK signs it now; None: it is nowhere any more. Raises as every call."""
        place = place_of(media.remote)
        message = await self.message(place.peer, place.native) if place is not None else None
        if place is None or message is None:
            return None
        parts = pieces(message)
        if place.message >= len(parts):
            return None
        for number, one in enumerate(read_attachments(parts[place.message], place.peer, place.native, place.message)):
            if number == place.attachment and isinstance(one, Media):
                return one.remote
        return None


def attachments_of(message: Json) -> list[str]:
    """What is attached to a message, as messages.edit wants it named to keep it."""
    found = []
    listed = message.get("attachments")
    for one in listed if isinstance(listed, list) else ():
        kind = one.get("type") if isinstance(one, Mapping) else None
        body = one.get(kind) if isinstance(kind, str) else None
        if not isinstance(body, Mapping):
            continue
        owner, number, key = count_signed(body.get("owner_id")), count_signed(body.get("id")), body.get("access_key")
        if owner is not None and number is not None:
            name = "doc" if kind in {"audio_message", "graffiti"} else kind
            found.append(f"{name}{owner}_{number}{f'_{key}' if key else ''}")
    return found


def _is_behind(message: Json, mark: Mark, now: int) -> bool:
    at = signed(message.get("date"))
    if mark.message and signed(message.get("id")) > mark.message:
        return True
    margin = _MARGIN if now - mark.at < _MARGIN_HOLDS else -1
    return at >= mark.at - margin


def _last(conversation: Json) -> Json:
    message = conversation.get("last_message")
    return message if isinstance(message, Mapping) else {}


def _items(answer: object) -> Iterator[Json]:
    listed = answer.get("items") if isinstance(answer, Mapping) else None
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping):
            yield one
