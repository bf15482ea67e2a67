"""What we want to say as calls of Meta's API: plain JSON, rendered once and stored before the first is sent. Pure.

A message of Instagram's is one text or one file, so everything is a part of its own. A file stands in `upload`; the
connector brings it to Meta and puts what Meta calls it in its place.
"""

from collections.abc import Iterator
from typing import Any

from gateway.connectors.contract import NO_TEMPLATES, Known, Part
from gateway.connectors.instagram.answers import SEND
from gateway.connectors.instagram.buttons import quick_replies
from gateway.connectors.instagram.media import is_drawn, way_to_send
from gateway.connectors.instagram.reactions import name_of_reaction
from gateway.connectors.instagram.text import is_formatted, plain, split
from gateway.connectors.toolkit.media import require_stored
from gateway.errors import Refused
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Attachment, ContactCard, Location, Media, MediaKind, Message, Unsupported
from gateway.model.outgoing import (
    AnswerPress,
    Outgoing,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
    SendReadMark,
    SendTemplate,
    SendTyping,
)

TEXT_LIMIT = 1000
"""Bytes of UTF-8."""
ACTION = "action"
_MAP = "https://maps.google.com/?q={0},{1}"
_FORMATTING = "sent without its formatting"
_STICKER = "a sticker went as its emoji: Instagram does not take it"
_BUTTONS = "sent without its buttons: Instagram shows them under words only"

Json = dict[str, Any]


def render(contact: ContactId, outgoing: Outgoing, known: Known) -> tuple[Part, ...]:
    """The calls, in order.

    Raises:
        Refused: it cannot be said to this contact at all.
    """
    whom: Json = {"recipient": {"id": contact}}
    match outgoing:
        case SendMessage():
            return tuple(_message(whom, outgoing, known))
        case SendEdit():
            raise Refused("Instagram lets nobody change a message from outside: write another one")
        case SendDelete():
            raise Refused("Instagram lets nobody take a message back from outside: do it in Instagram itself")
        case SendReaction():
            return (Part(ACTION, {**whom, **_reaction(outgoing)}),)
        case SendTyping():
            return (Part(ACTION, {**whom, "sender_action": "typing_on"}),)
        case SendReadMark():
            return (Part(ACTION, {**whom, "sender_action": "mark_seen"}),)
        case AnswerPress():
            return ()
        case SendTemplate():
            raise Refused(NO_TEMPLATES)


def _message(whom: Json, outgoing: SendMessage, known: Known) -> Iterator[Part]:
    message = outgoing.message
    for media in message.media:
        require_stored(media)
    said = list(_said(message))
    if not said:
        raise Refused("the message is empty")
    # Only a person's own word goes beyond the first day; never anything by itself.
    late: Json = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    head: Json = {**whom, **(late if outgoing.late else {"messaging_type": "RESPONSE"})}
    native = _quoted(outgoing, known)
    for number, part in enumerate(said):
        quote: Json = {"reply_to": {"mid": native}} if native and number == 0 else {}
        yield Part(SEND, {**head, **part.request, **quote}, part.files, part.loses)


def _said(message: Message) -> Iterator[Part]:
    """The words, then each file; the buttons hang on the last text, for they need one."""
    buttons = quick_replies(message.buttons)
    named = (_named(one) for one in message.attachments)
    lines = (plain(message.text, message.entities), *named, *buttons.told)
    pieces = split("\n".join(part for part in lines if part.strip()), TEXT_LIMIT)
    lost = (
        _FORMATTING if is_formatted(message.entities) else None,
        _STICKER if any(map(_is_a_word, message.media)) else None,
        buttons.loses,
    )
    loses = "; ".join(filter(None, lost)) or None
    bare = _BUTTONS if buttons.shown and not pieces else None
    for number, piece in enumerate(pieces, start=1):
        shown: Json = {"quick_replies": buttons.shown} if buttons.shown and number == len(pieces) else {}
        yield Part(SEND, {"message": {"text": piece, **shown}}, loses=loses if number == 1 else None)
    for media in message.media:
        if not _is_a_word(media) and media.file is not None:
            way = way_to_send(media)
            yield Part(SEND, {"upload": {"as": way.kind, "name": way.name, "mime": way.mime}}, (media.file,), bare)


def _is_a_word(media: Media) -> bool:
    """Whether its emoji says it, since Instagram would not take the drawing."""
    return media.kind is MediaKind.STICKER and bool(media.emoji) and not is_drawn(media)


def _named(one: Attachment) -> str:
    match one:
        case ContactCard():
            return ", ".join(filter(None, (one.name, one.phone)))
        case Location():
            return "\n".join(filter(None, (one.title, one.address, _MAP.format(one.latitude, one.longitude))))
        case Unsupported():
            return f"[{one.of}] {one.hint or ''}".rstrip()
        case Media():
            return one.emoji or "" if _is_a_word(one) else ""


def _quoted(outgoing: SendMessage, known: Known) -> NativeId | None:
    answered = outgoing.message.reply_to
    if known.quoted is None and outgoing.reply_to_sent is None and answered is not None:
        # Somebody's own words, which no map of what we sent can know.
        return answered.native
    return known.quoted


def _reaction(outgoing: SendReaction) -> Json:
    if outgoing.emoji is None:
        return {"sender_action": "unreact", "payload": {"message_id": outgoing.native}}
    name = name_of_reaction(outgoing.emoji)
    if name is None:
        raise Refused(f"Instagram lets an account react with a heart only, and {outgoing.emoji} is none")
    return {"sender_action": "react", "payload": {"message_id": outgoing.native, "reaction": name}}
