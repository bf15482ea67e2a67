"""Methods that send what is no file: texts, places, contacts, copies; and the sign that a bot is busy."""

from sandbox.telegram.calls import Call, method
from sandbox.telegram.contents import add, deliver, read_caption, read_reply, read_text
from sandbox.telegram.errors import bad_request
from sandbox.telegram.keyboards import read_markup
from sandbox.telegram.records import Message
from sandbox.wire import Json

_ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "record_audio",
    "upload_audio", "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})  # fmt: skip
# What a copy takes along: content, and nothing of who wrote it, when, or in reply to what.
_NOT_COPIED = frozenset({
    "message_id", "from", "chat", "date", "edit_date", "reply_to_message", "quote", "reply_markup", "media_group_id",
    "forward_origin", "has_protected_content", "sender_chat",
})  # fmt: skip


@method("sendMessage")
def send_message(call: Call) -> Json:
    text = read_text(call.parameters.values, call.parameters.parsed("entities"))
    return deliver(call, text.fields("text"))


@method("sendLocation")
def send_location(call: Call) -> Json:
    return deliver(call, {"location": _location(call)})


@method("sendVenue")
def send_venue(call: Call) -> Json:
    title, address = call.parameters.text("title"), call.parameters.text("address")
    if not title:
        raise bad_request("venue title must be non-empty")
    location = _location(call)
    # A venue also fills `location`, for clients of before there were venues.
    return deliver(call, {"location": location, "venue": {"location": location, "title": title, "address": address}})


@method("sendContact")
def send_contact(call: Call) -> Json:
    contact = {name: call.parameters.text(name) for name in ("phone_number", "first_name", "last_name", "vcard")}
    if not contact["phone_number"]:
        raise bad_request("contact phone number must be non-empty")
    if not contact["first_name"]:
        raise bad_request("contact first name must be non-empty")
    return deliver(call, {"contact": {name: value for name, value in contact.items() if value}})


@method("sendChatAction")
def send_chat_action(call: Call) -> bool:
    chat = call.writable_chat()
    action = call.parameters.text("action").lower()
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    call.world.tell("typing", chat, action=action)
    return True


@method("copyMessage")
def copy_message(call: Call) -> Json:
    source = _source(call, "message to copy not found")
    content = {key: value for key, value in source.body.items() if key not in _NOT_COPIED}
    if "caption" in call.parameters.values and "text" not in content:
        content.pop("caption", None)
        content.pop("caption_entities", None)
        caption = read_caption(call.parameters.values, call.parameters.parsed("caption_entities"))
        content.update(caption.fields("caption"))
    return {"message_id": deliver(call, content)["message_id"]}


@method("forwardMessage")
def forward_message(call: Call) -> Json:
    source = _source(call, "message to forward not found")
    body = source.body
    content = {key: value for key, value in body.items() if key not in _NOT_COPIED}
    origin = body.get("forward_origin") or {"type": "user", "sender_user": body["from"], "date": body["date"]}
    chat = call.writable_chat()
    reply, markup = read_reply(call, chat), read_markup(call.parameters)
    call.spend(chat)
    return add(call, chat, {"forward_origin": origin, **reply, **content}, markup).body


def _source(call: Call, missing: str) -> Message:
    return call.message(call.chat("from_chat_id"), missing)


def _location(call: Call) -> Json:
    latitude, longitude = call.parameters.number("latitude"), call.parameters.number("longitude")
    if latitude is None or longitude is None:
        raise bad_request("latitude is empty" if latitude is None else "longitude is empty")
    if abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004 - the Earth
        raise bad_request("wrong coordinates specified")
    return {"latitude": latitude, "longitude": longitude}
