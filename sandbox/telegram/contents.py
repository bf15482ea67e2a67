"""What a bot's message consists of before it is sent: text, caption, reply, keyboard; checked as the server does."""

import secrets
from typing import NamedTuple

from sandbox.telegram.calls import Call
from sandbox.telegram.connections import say_for
from sandbox.telegram.entities import find_entities, trimmed, utf16_length
from sandbox.telegram.errors import bad_request
from sandbox.telegram.keyboards import read_markup
from sandbox.telegram.markup import parse_markup
from sandbox.telegram.records import Chat, Message
from sandbox.wire import Json

MAX_TEXT = 4096
MAX_CAPTION = 1024


class Text(NamedTuple):
    text: str
    entities: list[Json]

    def fields(self, name: str) -> Json:
        """As a message's fields: `text` with `entities`, `caption` with `caption_entities`."""
        if not self.text:
            return {}
        entities_name = "entities" if name == "text" else "caption_entities"
        return {name: self.text, **({entities_name: self.entities} if self.entities else {})}


def read_text(source: Json, given_entities: object) -> Text:
    """`text` of a call, parsed and trimmed; raises ApiError."""
    given = str(source.get("text") or "")
    if not given:
        raise bad_request("message text is empty")
    text = _read(given, str(source.get("parse_mode") or ""), given_entities)
    if not text.text:
        raise bad_request("text must be non-empty")
    if utf16_length(text.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return text


def read_caption(source: Json, given_entities: object) -> Text:
    """`caption` of a call or of an InputMedia; raises ApiError."""
    caption = _read(str(source.get("caption") or ""), str(source.get("parse_mode") or ""), given_entities)
    if utf16_length(caption.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return caption


def _read(text: str, mode: str, given: object) -> Text:
    entities: list[Json] = []
    if isinstance(given, list) and given:
        entities = [_given_entity(entity) for entity in given]
    elif mode:
        text, entities = parse_markup(text, mode)
    text, entities = trimmed(text, entities)
    return Text(text, find_entities(text, entities))


def _given_entity(entity: object) -> Json:
    if not isinstance(entity, dict) or not {"type", "offset", "length"} <= entity.keys():
        raise bad_request("can't parse MessageEntity: expected an Object with type, offset and length")
    return {key: value for key, value in entity.items() if value is not None}


def read_reply(call: Call, chat: Chat) -> Json:
    """The fields of a reply: the message replied to and the quote; empty when it is none. Raises ApiError."""
    reply = call.parameters.object("reply_parameters")
    if not reply and (old_style := call.parameters.integer("reply_to_message_id")):
        lenient = call.parameters.flag("allow_sending_without_reply")
        reply = {"message_id": old_style, "allow_sending_without_reply": lenient}
    if not reply:
        return {}
    target = call.world.message(chat, int(reply.get("message_id") or 0))
    if target is None:
        if reply.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    fields: Json = {"reply_to_message": one_level(target.body)}
    if quote := reply.get("quote"):
        fields["quote"] = _quote(target, str(quote))
    return fields


def _quote(target: Message, quote: str) -> Json:
    text = target.body.get("text") or target.body.get("caption") or ""
    at = text.find(quote)
    if at < 0:
        raise bad_request("QUOTE_TEXT_INVALID")
    return {"text": quote, "position": utf16_length(text[:at]), "is_manual": True}


def one_level(body: Json) -> Json:
    """A message as it stands inside another: without the one that it replied to itself."""
    return {key: value for key, value in body.items() if key not in ("reply_to_message", "reply_markup")}


def deliver(call: Call, content: Json, *, cost: int = 1) -> Json:
    """Sends one message with `content` to the call's chat; raises ApiError."""
    chat = call.writable_chat()
    reply = read_reply(call, chat)
    markup = read_markup(call.parameters)
    call.spend(chat, cost)
    return add(call, chat, {**reply, **content}, markup).body


def add(call: Call, chat: Chat, content: Json, markup: Json) -> Message:
    """Writes the bot's message into the chat."""
    if "inline_keyboard" in markup:
        content = {**content, "reply_markup": markup}
    if call.parameters.flag("protect_content"):
        content = {**content, "has_protected_content": True}
    if chat.connection:
        return say_for(call.telegram, call.bot, chat, content)
    return call.world.add_message(call.bot, chat, call.bot.as_user(), content, is_out=True)


def new_group_id() -> str:
    """A media_group_id in the real ones' shape."""
    return str(secrets.randbelow(10**16) + 10**16)
