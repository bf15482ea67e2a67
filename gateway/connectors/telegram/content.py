"""A Telegram message in the normal form: words, formatting, attachments, what it answers and where it is from.

Pure and total: whatever stands in the message is either shown or named as Unsupported.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiogram import types as tg

from gateway.connectors.telegram.attachments import ATTACHED, read_attachments
from gateway.connectors.telegram.mend import read
from gateway.connectors.telegram.rich import plain_text
from gateway.connectors.telegram.unsupported import SERVICE, UNSUPPORTED, read_unsupported
from gateway.connectors.toolkit.text import Unit, shorten
from gateway.model.ids import NativeId
from gateway.model.messages import NAMELESS, Attachment, Entity, Message, Profile, ReplyTo, Unsupported

Json = Mapping[str, Any]

_LARGEST = 2**53
_APART = UNSUPPORTED | SERVICE | {"reply_to_message", "reply_markup"}
"""Read from the raw JSON or not at all, so aiogram need not understand them."""
_WORDS = frozenset({"text", "caption", "rich_message"})
_PLAIN = frozenset({"message_id", "from", "chat", "date", "text", "reply_to_message"})
_QUOTE = 300
_LAST_DATE = 2**36
"""Seconds; not all that follows is a date."""
_KNOWN = frozenset(field.alias or name for name, field in tg.Message.model_fields.items())


def read_message(raw: Json) -> Message:
    """The content of a Bot API `Message`. A service message has neither text nor attachments. Never raises."""
    try:
        return _plain(raw) or _any(raw)
    except Exception:  # noqa: BLE001 - what cannot be read (nested without end, say) stays visible and stops nobody
        return _unreadable(raw)


def _plain(raw: Json) -> Message | None:
    """What most messages are: words of a person and nothing else, for which aiogram's models are not needed.

    None: anything in it is not as usual. What is read here is read the same way by `_any`.
    """
    if not raw.keys() <= _PLAIN:
        return None
    number, date, text, chat = raw.get("message_id"), raw.get("date"), raw.get("text"), raw.get("chat")
    if type(number) is not int or type(date) is not int or not 0 < date < _LAST_DATE:
        return None
    if type(chat) is not dict or type(chat.get("id")) is not int or type(chat.get("type")) is not str:
        return None
    if type(text) is not str or not text:
        return None
    return Message(native=NativeId(str(number)), at=date * 1000, text=text, reply_to=_answered(raw, None))


def _any(raw: Json) -> Message:
    mended = read(tg.Message, {name: value for name, value in raw.items() if name not in _APART})
    if mended is None:
        return _unreadable(raw)
    message = mended.value
    text = message.text or message.caption or _rich_text(raw)
    attachments = (*read_attachments(message), *read_unsupported(raw), *_lost(raw, mended.dropped))
    if not text and not attachments and not is_service(raw):
        attachments = (Unsupported(of=_unknown_kind(raw)),)
    return Message(
        native=NativeId(str(message.message_id)),
        at=int(message.date.timestamp() * 1000),
        text=text,
        entities=tuple(_entities((message.entities if message.text else message.caption_entities) or ())),
        attachments=(*attachments, *_answered_elsewhere(message)),
        reply_to=_reply_to(raw, message),
        group=message.media_group_id,
        forwarded_from=_source(raw, message),
    )


def is_service(raw: Json) -> bool:
    """Whether the message says what happened to the chat and holds nothing that anybody wrote."""
    names = {name for name, value in raw.items() if value is not None}
    return bool(names & SERVICE) and not names & (_WORDS | ATTACHED | UNSUPPORTED)


def read_profile(raw: Json, *, language: str | None = None) -> Profile:
    """A Bot API `User`, or the `Chat` of a private conversation, as a profile."""
    names = (raw.get("first_name"), raw.get("last_name"))
    username = raw.get("username")
    username = username if isinstance(username, str) and username else None
    spoken = raw.get("language_code", language)
    return Profile(
        name=" ".join(one for one in names if isinstance(one, str) and one) or username or str(raw.get("id", "")),
        username=username,
        language=spoken if isinstance(spoken, str) else None,
        link=f"https://t.me/{username}" if username else None,
    )


def _unreadable(raw: Json) -> Message:
    text = raw.get("text") or raw.get("caption")
    return Message(
        native=NativeId(str(raw.get("message_id", ""))),
        text=text if isinstance(text, str) else "",
        attachments=(Unsupported(of="message"),),
    )


def _rich_text(raw: Json) -> str:
    rich = raw.get("rich_message")
    return plain_text(rich) if isinstance(rich, Mapping) else ""


def _lost(raw: Json, dropped: Iterable[str]) -> Iterator[Unsupported]:
    """Content that had to be taken out to make the rest readable."""
    for name in dropped:
        if raw[name] is not None and (name in ATTACHED or name in _WORDS):
            yield Unsupported(of=name)


def _unknown_kind(raw: Json) -> str:
    """What a message without anything known in it is called: by the field that the installed aiogram lacks."""
    new = (name for name, value in raw.items() if name not in _KNOWN and value is not None)
    return next(new, "empty message")


def _entities(entities: Iterable[tg.MessageEntity]) -> Iterator[Entity]:
    for one in entities:
        if 0 <= one.offset < _LARGEST and 0 < one.length < _LARGEST:
            url = f"tg://user?id={one.user.id}" if one.user is not None else one.url
            yield Entity(kind=one.type, offset=one.offset, length=one.length, url=url, language=one.language)


def _reply_to(raw: Json, message: tg.Message) -> ReplyTo | None:
    return _answered(raw, message.quote.text if message.quote is not None else None)


def _answered(raw: Json, quote: str | None) -> ReplyTo | None:
    """What it answers, with all that Telegram tells of that: it may be older than all that is known here."""
    answered = raw.get("reply_to_message")
    # In a chat with topics everything answers the message that opened the topic; nobody meant it.
    if isinstance(answered, Mapping) and "forum_topic_created" not in answered and "message_id" in answered:
        said = next((one for name in ("text", "caption") if isinstance(one := answered.get(name), str)), "")
        told = shorten(said, _QUOTE, Unit.CHARS) or None
        attached: tuple[Attachment, ...] = ()
        if answered.keys() & ATTACHED:
            mended = read(tg.Message, {name: value for name, value in answered.items() if name not in _APART})
            attached = () if mended is None else tuple(read_attachments(mended.value))
        return ReplyTo(native=NativeId(str(answered["message_id"])), quote=quote, told=told, attachments=attached)
    return ReplyTo(quote=quote) if quote else None


def _answered_elsewhere(message: tg.Message) -> Iterator[Attachment]:
    """The message answers one of another chat: its id means nothing here, but whose it was may."""
    if message.external_reply is not None:
        yield Unsupported(of="external_reply", hint=_origin(message.external_reply.origin) or None)


def _source(raw: Json, message: tg.Message) -> str | None:
    """Whose words these are; an account that was deleted has no name any more, or is not told at all."""
    if not any(name.startswith("forward_") and value is not None for name, value in raw.items()):
        return None
    return (_forwarder(message) or "").strip() or NAMELESS


def _forwarder(message: tg.Message) -> str | None:
    if message.forward_origin is not None:
        return _origin(message.forward_origin)
    # Before Bot API 7.0.
    if message.forward_from is not None:
        return message.forward_from.full_name
    if message.forward_from_chat is not None:
        return _chat_name(message.forward_from_chat)
    return message.forward_sender_name


def _origin(origin: tg.MessageOriginUnion) -> str:
    match origin:
        case tg.MessageOriginUser():
            return origin.sender_user.full_name
        case tg.MessageOriginHiddenUser():
            return origin.sender_user_name
        case tg.MessageOriginChat():
            return _chat_name(origin.sender_chat)
        case tg.MessageOriginChannel():
            return _chat_name(origin.chat)


def _chat_name(chat: tg.Chat) -> str:
    return chat.title or " ".join(filter(None, (chat.first_name, chat.last_name))) or chat.username or str(chat.id)
