"""messages.send: to whom, what, and once only by random_id.

Source: CHANNELS.md 2.6. A repeated random_id within its hour answers with the message of the first time.
"""

import re

from sandbox.vk.calls import Call, method, stranger
from sandbox.vk.errors import VkError, missing
from sandbox.vk.keyboards import read_keyboard
from sandbox.vk.records import Dialog, Message
from sandbox.vk.shapes import file_reference, quoted, shown
from sandbox.wire import Json

_ATTACHMENT = re.compile(r"([a-z_]+?)(-?\d+)_(\d+)(?:_(\w+))?")
_FILE_KINDS = frozenset({"photo", "doc", "audio_message", "graffiti"})
_LINKED_KINDS = frozenset({"video", "audio", "wall", "market", "poll", "article"})
_MOST_ATTACHMENTS = 10
_MOST_PEERS = 100
_MOST_FORWARDS = 100
_LONGEST_PAYLOAD = 1000
_LONGEST_ATTACHMENT = 9000


@method("messages.send")
def send(call: Call) -> object:
    parameters = call.parameters
    if "random_id" not in parameters:
        raise missing("random_id is a required parameter")
    if "peer_ids" in parameters or "user_ids" in parameters:
        peers = parameters.integers("peer_ids") or parameters.integers("user_ids")
        if len(peers) > _MOST_PEERS:
            raise missing(f"peer_ids should contain less than {_MOST_PEERS} items")
        return [_send_listed(call, peer_id) for peer_id in peers]
    return _send(call, _peer(call)).id


def _send_listed(call: Call, peer_id: int) -> Json:
    """One of several peers: its refusal is its own."""
    try:
        message = _send(call, peer_id)
    except VkError as error:
        return {"peer_id": peer_id, "message_id": 0, "error": {"code": error.code, "description": error.message}}
    return {"peer_id": peer_id, "message_id": message.id, "conversation_message_id": message.cmid}


def _peer(call: Call) -> int:
    parameters = call.parameters
    if "domain" in parameters:
        named = [one.id for one in call.world.people.values() if one.screen_name == parameters.text("domain")]
        if not named:
            raise VkError(113)
        return named[0]
    if "chat_id" in parameters:
        raise stranger(2_000_000_000 + parameters.integer("chat_id"))
    if "peer_id" not in parameters and "user_id" not in parameters:
        raise missing("you should specify peer_id, user_id, domain, chat_id or user_ids param")
    return call.peer()


def _send(call: Call, peer_id: int) -> Message:
    vk, parameters = call.vk, call.parameters
    now_ms, random_id = vk.clock.now_ms(), parameters.int32("random_id")
    text = parameters.text("message")
    check_text(call, text)
    dialog = call.writable(peer_id)
    key = call.community.id, peer_id, random_id
    known_id, sent_at = vk.sent.get(key, (0, 0))
    if random_id and known_id and sent_at > now_ms - vk.settings.vk_random_id_ms:
        known = call.world.message_anywhere(call.community, known_id)
        if known is not None:
            return known
    content = _content(call, dialog, text)
    keyboard = read_keyboard(parameters.text("keyboard"), call.community.id) if "keyboard" in parameters else None
    if not vk.limits.admits_text(call.community.id, peer_id, text, now_ms):
        raise VkError(9)
    content["random_id"] = random_id
    is_inline = keyboard is not None and keyboard["inline"]
    message = call.world.add_message(dialog, -call.community.id, content, keyboard=keyboard if is_inline else None)
    if "keyboard" in parameters and not is_inline:
        call.world.set_keyboard(dialog, keyboard, message)
    if random_id:
        vk.remember_sent(key, message.id, now_ms)
    vk.feed.publish(dialog, "message_reply", shown(call.world, message))
    return message


def check_text(call: Call, text: str) -> None:
    """Raises VkError 914."""
    if len(text) > call.vk.settings.vk_text_limit:
        raise VkError(914)


def _content(call: Call, dialog: Dialog, text: str) -> Json:
    parameters = call.parameters
    content: Json = {"text": text, "attachments": read_attachments(call)}
    if "sticker_id" in parameters:
        number = parameters.integer("sticker_id")
        content["attachments"] = [{"type": "sticker", "sticker": sticker_of(number)}]
    latitude, longitude = parameters.decimal("lat"), parameters.decimal("long")
    if latitude is not None and longitude is not None:
        content["geo"] = geo_of(latitude, longitude)
    if "payload" in parameters:
        content["payload"] = parameters.text("payload")
        if len(content["payload"]) > _LONGEST_PAYLOAD:
            raise missing("payload is too long")
    if "reply_to" in parameters:
        content["reply_message"] = quoted(_replied(call, dialog, parameters.integer("reply_to")))
    if "forward" in parameters:
        content.update(_forwarded(call, dialog))
    elif "forward_messages" in parameters:
        content["fwd_messages"] = [
            quoted(_forwardable(call, number)) for number in parameters.integers("forward_messages")
        ]
    if not (content["text"] or content["attachments"] or content.get("geo") or content.get("fwd_messages")):
        raise missing("message is empty or invalid")
    return content


def read_attachments(call: Call) -> list[Json]:
    """The attachments that a call names; those that nobody knows are left out, as VK leaves them out."""
    given = call.parameters.text("attachment")
    if len(given) > _LONGEST_ATTACHMENT:
        raise missing("attachment is too long")
    found = []
    for one in call.parameters.words("attachment"):
        parts = _ATTACHMENT.fullmatch(one)
        if parts is None:
            continue
        kind, owner_id, number = parts[1], int(parts[2]), int(parts[3])
        if kind in _FILE_KINDS:
            file = call.vk.files.find(kind, owner_id, number)
            if file is not None and (owner_id == -call.community.id or parts[4] == file.access_key):
                found.append(file_reference(file.number))
        elif kind in _LINKED_KINDS:
            found.append({"type": kind, kind: {"id": number, "owner_id": owner_id}})
    if len(found) > _MOST_ATTACHMENTS:
        raise missing(f"attachment should contain less than {_MOST_ATTACHMENTS} items")
    return found


def _replied(call: Call, dialog: Dialog, message_id: int) -> Message:
    message = call.world.message(dialog, message_id)
    if message is None:
        raise missing("reply_to message not found")
    return message


def _forwardable(call: Call, message_id: int) -> Message:
    message = call.world.message_anywhere(call.community, message_id)
    if message is None:
        raise VkError(921)
    return message


def _forwarded(call: Call, dialog: Dialog) -> Json:
    """What `forward` says: a reply to one message of this dialog, or messages passed on."""
    forward = call.parameters.object("forward")
    source = call.dialog(int(forward.get("peer_id", dialog.peer_id)))
    cmids, ids = forward.get("conversation_message_ids", []), forward.get("message_ids", [])
    if not isinstance(cmids, list) or not isinstance(ids, list) or not (cmids or ids):
        raise missing("forward should contain conversation_message_ids or message_ids")
    if len(cmids) + len(ids) > _MOST_FORWARDS:
        raise VkError(913)
    found = [call.world.message_by_cmid(source, int(one)) for one in cmids]
    found += [call.world.message(source, int(one)) for one in ids]
    messages = [one for one in found if one is not None]
    if len(messages) < len(found):
        raise VkError(921)
    if not forward.get("is_reply"):
        return {"fwd_messages": [quoted(one) for one in messages]}
    if len(messages) != 1 or source is not dialog:
        raise missing("forward is_reply allows one message of the same peer")
    return {"reply_message": quoted(messages[0])}


def sticker_of(number: int) -> Json:
    """A sticker's object. Its pictures lie at VK's own address, which the sandbox has not."""
    images = [
        {"url": f"https://vk.com/sticker/1-{number}-{side}", "width": side, "height": side} for side in (64, 128, 256)
    ]
    return {"sticker_id": number, "product_id": 1, "images": images, "images_with_background": images}


def geo_of(latitude: float, longitude: float, title: str = "") -> Json:
    place: Json = {"place": {"title": title}} if title else {}
    return {"type": "point", "coordinates": {"latitude": latitude, "longitude": longitude}, **place}
