"""What we want to say as calls of WhatsApp's API: plain JSON, rendered once and stored before the first is sent. Pure.

Every message carries our own id of it (`biz_opaque_callback_data`), which its statuses bring back: so they are told of
the right message whatever comes first, and one whose answer was lost is found again. A file stands in `upload`, which
the connector exchanges for what WhatsApp calls it.
"""

from collections.abc import Iterator
from typing import Any

from gateway.connectors.contract import Known, Part
from gateway.connectors.toolkit.media import require_stored
from gateway.connectors.whatsapp.interactive import BODY_LIMIT, choice
from gateway.connectors.whatsapp.media import (
    AUDIO,
    CAPTIONED,
    DOCUMENT,
    VOICE_MIME,
    is_a_word,
    way_to_send,
)
from gateway.connectors.whatsapp.people import is_phone
from gateway.connectors.whatsapp.text import loses_formatting, split, written
from gateway.errors import Refused
from gateway.model.ids import ContactId, SentId
from gateway.model.messages import ContactCard, Location, Media, MediaKind, Message, Unsupported
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

MESSAGES, TEMPLATE = "messages", "template"
TRACKER = "gateway:"
"""What our own id begins with when it comes back: others may send through the same number."""
TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
_NO_CHANGE = "WhatsApp lets no business change a message that was sent: write a correction"
_STICKER = "a sticker went as its emoji: WhatsApp does not take it"
_NO_DELETION = "WhatsApp lets no business take a message back"

Json = dict[str, Any]


def render(contact: ContactId, outgoing: Outgoing, known: Known, *, list_button: str) -> tuple[Part, ...]:
    """The calls, in order. `list_button` stands on the button that opens a list of answers.

    Raises:
        Refused: it cannot be said to this contact at all.
    """
    match outgoing:
        case SendMessage():
            return tuple(_message(contact, outgoing, known, list_button))
        case SendTemplate():
            return (_template(contact, outgoing),)
        case SendEdit():
            raise Refused(_NO_CHANGE)
        case SendDelete():
            raise Refused(_NO_DELETION)
        case SendReaction():
            reaction = {"message_id": outgoing.native, "emoji": outgoing.emoji or ""}
            return (Part(MESSAGES, {**_to(contact), "type": "reaction", "reaction": reaction}),)
        case SendTyping():
            return () if outgoing.native is None else (_read(outgoing.native, typing_indicator={"type": "text"}),)
        case SendReadMark():
            return (_read(outgoing.native),)
        case AnswerPress():
            # A press is a message of the client's here: nothing waits for an answer.
            return ()


def _read(native: str, **more: object) -> Part:
    return Part(MESSAGES, {"messaging_product": "whatsapp", "status": "read", "message_id": native, **more})


def _to(contact: ContactId) -> Json:
    """Whom it is for: a number, or WhatsApp's own id of somebody who hides theirs."""
    whom = {"to": contact} if is_phone(contact) else {"recipient": contact}
    return {"messaging_product": "whatsapp", "recipient_type": "individual", **whom}


def _head(contact: ContactId, sent: SentId) -> Json:
    return {**_to(contact), "biz_opaque_callback_data": f"{TRACKER}{sent}"}


def _template(contact: ContactId, outgoing: SendTemplate) -> Part:
    template = {"name": outgoing.name, "language": outgoing.language, "values": list(outgoing.values)}
    return Part(TEMPLATE, {**_head(contact, outgoing.sent), "type": "template", "template": template})


def _message(contact: ContactId, outgoing: SendMessage, known: Known, list_button: str) -> Iterator[Part]:
    parts = list(_parts(outgoing.message, list_button))
    if not parts:
        raise Refused("the message is empty")
    head, context = _head(contact, outgoing.sent), _context(outgoing, known)
    for number, part in enumerate(parts):
        reply = context if number == 0 else {}
        yield Part(MESSAGES, {**head, **part.request, **reply}, part.files, part.loses)


def _context(outgoing: SendMessage, known: Known) -> Json:
    answered, native = outgoing.message.reply_to, known.quoted
    if native is None and outgoing.reply_to_sent is None and answered is not None:
        # Somebody's own words, which no map of what we sent can know.
        native = answered.native
    return {} if native is None else {"context": {"message_id": native}}


def _parts(message: Message, list_button: str) -> Iterator[Part]:
    """Words and files; words stand under the first file that can carry them, or above all."""
    for media in message.media:
        require_stored(media)
    asked = choice(message.buttons, list_button)
    text, loses = _text(message, asked.told)
    files = [one for one in message.media if not is_a_word(one)]
    caption = bool(files) and asked.kind is None and len(text) <= CAPTION_LIMIT and _carries(files[0])
    if text and not caption and asked.kind is None:
        yield from _texts(text, loses)
    for number, one in enumerate(files):
        yield _file(one, text if caption and number == 0 else "", loses if caption and number == 0 else None)
    for thing in message.attachments:
        if isinstance(thing, Location):
            yield Part("", {"type": "location", "location": _place(thing)})
        elif isinstance(thing, ContactCard):
            yield Part("", {"type": "contacts", "contacts": [_card(thing)]})
    if asked.kind is not None:
        *before, body = _over_buttons(text)
        yield from _texts("\n".join(before), loses)
        interactive = {"type": asked.kind, "body": {"text": body}, "action": asked.action}
        lost = "; ".join(filter(None, (asked.loses, None if before else loses)))
        yield Part("", {"type": "interactive", "interactive": interactive}, loses=lost or None)


def _text(message: Message, told: tuple[str, ...]) -> tuple[str, str | None]:
    """The whole text, and what it loses."""
    named = [f"[{one.of}] {one.hint or ''}".rstrip() for one in message.attachments if isinstance(one, Unsupported)]
    named += [one.emoji or "" for one in message.media if is_a_word(one)]
    marked = len(message.text) + sum(len(one) for one in (*named, *told)) < CAPTION_LIMIT
    words = written(message.text, message.entities, marked=marked)
    text = "\n".join(part for part in (words, *named, *told) if part.strip()).strip()
    lost = (
        "sent without its formatting" if loses_formatting(message.text, message.entities, marked=marked) else None,
        _STICKER if any(map(is_a_word, message.media)) else None,
    )
    return text, "; ".join(filter(None, lost)) or None


def _texts(text: str, loses: str | None) -> Iterator[Part]:
    for number, piece in enumerate(split(text, TEXT_LIMIT)):
        body = {"body": piece, "preview_url": "://" in piece}
        yield Part("", {"type": "text", "text": body}, loses=loses if number == 0 else None)


def _over_buttons(text: str) -> list[str]:
    """The text's pieces, the last of them short enough to stand over buttons; never none."""
    if len(text) <= BODY_LIMIT:
        return [text or "⬇️"]
    *before, last = split(text, TEXT_LIMIT)
    return [*before, *split(last, BODY_LIMIT)]


def _carries(media: Media) -> bool:
    return way_to_send(media).kind in CAPTIONED


def _file(media: Media, caption: str, loses: str | None) -> Part:
    way = way_to_send(media)
    body: Json = {"caption": caption} if caption else {}
    if way.kind == DOCUMENT:
        body["filename"] = way.name
    if way.kind == AUDIO and media.kind is MediaKind.VOICE and way.mime == VOICE_MIME:
        # Without this it is a file to be opened.
        body["voice"] = True
    upload = {"name": way.name, "mime": way.mime}
    lost = "; ".join(filter(None, (way.loses, loses))) or None
    files = () if media.file is None else (media.file,)
    return Part("", {"type": way.kind, way.kind: body, "upload": upload}, files, lost)


def _place(one: Location) -> Json:
    named = {"name": one.title, "address": one.address}
    return {
        "latitude": one.latitude,
        "longitude": one.longitude,
        **{name: value for name, value in named.items() if value},
    }


def _card(one: ContactCard) -> Json:
    name = one.name.strip() or one.phone
    return {"name": {"formatted_name": name, "first_name": name}, "phones": [{"phone": one.phone, "type": "CELL"}]}
