"""Message objects as VK shows them: files become attachment objects with fresh links; keyboard and reactions join in.

In a stored body a file stands as `{"file": <number>}`, so that whoever reads a message again gets a link that works.
"""

from typing import Any

from sandbox.vk.records import Message
from sandbox.vk.world import World
from sandbox.wire import Json

_FOREIGN = (
    "date", "from_id", "id", "conversation_message_id", "peer_id", "text", "attachments", "fwd_messages",
    "reply_message", "geo", "update_time",
)  # fmt: skip
_QUOTED_DEPTH = 2


def file_reference(number: int) -> Json:
    return {"file": number}


def shown(world: World, message: Message, *, is_cropped: bool = False) -> Json:
    """The message object of API 5.199; `is_cropped`: as an event too big for the bot brings it."""
    body = _expanded(world, message.body)
    if message.keyboard is not None:
        body["keyboard"] = message.keyboard
    if message.reactions:
        counts: dict[int, list[int]] = {}
        for reaction in message.reactions:
            counts.setdefault(reaction.reaction_id, []).append(reaction.by)
        body["reactions"] = [
            {"reaction_id": number, "count": len(people), "user_ids": people} for number, people in counts.items()
        ]
    if is_cropped:
        body["is_cropped"] = True
        body["attachments"] = body["attachments"][:1]
        body["fwd_messages"] = []
    return body


def quoted(message: Message, depth: int = 0) -> Json:
    """A message as it stands inside another one, itself without more than one level."""
    kept = {name: message.body[name] for name in _FOREIGN if name in message.body}
    if depth + 1 >= _QUOTED_DEPTH:
        kept.pop("reply_message", None)
        kept["fwd_messages"] = []
    return kept


def _expanded(world: World, body: Json) -> Json:
    expanded = dict(body)
    expanded["attachments"] = [_attachment(world, one) for one in body.get("attachments", [])]
    if "reply_message" in body:
        expanded["reply_message"] = _expanded(world, body["reply_message"])
    if "fwd_messages" in body:
        expanded["fwd_messages"] = [_expanded(world, one) for one in body["fwd_messages"]]
    return expanded


def _attachment(world: World, one: dict[str, Any]) -> Json:
    if "file" not in one:
        return one
    file = world.files.get(one["file"])
    assert file is not None
    return world.files.attachment(file)
