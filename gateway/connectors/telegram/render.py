"""What we want to say as Bot API requests: plain JSON, rendered once and stored before the first is sent. Pure.

Formatting goes as explicit entities, never by parse_mode, so that no text can break it. A file stands as
`{"attach": n, "name": …}`, n being its place in `Part.files`; the connector puts the bytes there.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from msgspec.structs import replace

from gateway.connectors.contract import NO_TEMPLATES, Known, Part
from gateway.connectors.telegram.albums import ALBUM, Draft, as_files, joined
from gateway.connectors.telegram.business import deletion, marked_read, need_connection
from gateway.connectors.telegram.media import FILE, WAY_OF_METHOD, file_name, way_to_send
from gateway.connectors.telegram.pinned import PINNED
from gateway.connectors.telegram.places import CONNECTION, address_of
from gateway.connectors.telegram.reactions import nearest_reaction
from gateway.connectors.telegram.text import Piece, shorten, split, units
from gateway.connectors.toolkit.media import require_stored
from gateway.errors import Refused
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import QUICK_REPLY, Button, ContactCard, Entity, Location, Media, Message, Unsupported
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

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
_ANSWER_LIMIT = 200
_QUOTE_LIMIT = 1024
_FORMATS = "bold italic underline strikethrough spoiler code pre text_link blockquote expandable_blockquote"
_SENDABLE = frozenset(_FORMATS.split())
"""The rest Telegram finds by itself (links, mentions), or takes from users only (custom emoji)."""
_STYLES = frozenset({"primary", "success", "danger"})
_TOO_OLD = "the message is not known any more (it was never sent, or is older than a month)"


def render(contact: ContactId, outgoing: Outgoing, known: Known) -> tuple[Part, ...]:
    """The requests, in order.

    Raises:
        Refused: it cannot be said to this contact at all.
    """
    chat = address_of(contact)
    need_connection(chat)
    match outgoing:
        case SendMessage():
            return tuple(_message(chat, outgoing, known))
        case SendTemplate():
            raise Refused(NO_TEMPLATES)
        case SendEdit(pinned=True):
            return (_pinned(chat, outgoing.message, known.target),)
        case SendEdit():
            return tuple(_edit(chat, outgoing.message, known.target))
        case SendDelete():
            if not known.target:
                raise Refused(_TOO_OLD)
            return tuple(_delete(chat, native) for native in known.target)
        case SendReaction():
            if CONNECTION in chat:
                raise Refused("Telegram lets bots set no reactions in the chats of a business account")
            return (_reaction(chat, outgoing),)
        case SendTyping():
            return (Part("sendChatAction", {**chat, "action": "typing"}),)
        case SendReadMark(native=native):
            return (Part(*marked_read(chat, _number(native))),) if CONNECTION in chat else ()
        case AnswerPress():
            return tuple(_answer(chat, outgoing))


def plainer(part: Part) -> Part | None:
    """The same with less, for when Telegram does not take it as it is: without the quoted words, as a file."""
    reply = part.request.get("reply_parameters", {})
    if "quote" in reply:
        bare = {name: value for name, value in reply.items() if name != "quote"}
        return replace(part, request={**part.request, "reply_parameters": bare})
    if part.method == ALBUM:
        return as_files(part)
    way = WAY_OF_METHOD.get(part.method, FILE)
    if way is FILE:
        return None
    request = {name: value for name, value in part.request.items() if name not in _OWN_FIELDS}
    request["document"] = part.request[way.field]
    return replace(part, method=FILE.method, request=request, loses=f"sent as a file: not taken as {way.field}")


_DETAILS = frozenset({"duration", "width", "height", "length", "performer", "title"})
_OWN_FIELDS = _DETAILS | {way.field for way in WAY_OF_METHOD.values()}


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _message(chat: dict[str, Any], outgoing: SendMessage, known: Known) -> Iterator[Part]:
    message = outgoing.message
    for media in message.media:
        require_stored(media)
    drafts = list(_drafts(message))
    if outgoing.album and not message.buttons:
        drafts = list(joined(drafts))
    reply = _reply(outgoing, known)
    for number, draft in enumerate(drafts):
        request = {**chat, **draft.request}
        if outgoing.silent:
            request["disable_notification"] = True
        if number == 0 and reply:
            request["reply_parameters"] = reply
        if number == len(drafts) - 1 and message.buttons:
            request["reply_markup"] = _keyboard(message)
        yield _part(draft, draft.method, request)


def _drafts(message: Message) -> Iterator[Draft]:
    """The message's pieces: the words as a caption where there is a place for them, otherwise by themselves."""
    text = "\n".join(part for part in (message.text, *_named(message)) if part)
    captioned = next((one for one in message.media if way_to_send(one)[0].captioned), None)
    fits = captioned is not None and units(text.strip()) <= CAPTION_LIMIT
    caption = next(iter(split(text, message.entities, CAPTION_LIMIT)), None) if fits else None
    pieces = [] if fits else split(text, message.entities, TEXT_LIMIT)
    words = [_words(piece, previews=message.previews) for piece in pieces]
    said = False
    if captioned is None:
        said = True
        yield from words
    for one in message.attachments:
        if isinstance(one, Media):
            yield _media(one, caption if one is captioned else None)
        elif isinstance(one, Location):
            yield _place(one)
        elif isinstance(one, ContactCard):
            yield _card(one)
        if one is captioned and not said:
            said = True
            yield from words
    if not text.strip() and not any(not isinstance(one, Unsupported) for one in message.attachments):
        raise Refused("the message is empty")


def _named(message: Message) -> Iterator[str]:
    for one in message.attachments:
        if isinstance(one, Unsupported):
            yield f"[{one.of}] {one.hint or ''}".rstrip()


def _words(piece: Piece, *, previews: bool) -> Draft:
    request: dict[str, Any] = {"text": piece.text}
    if not previews:
        request["link_preview_options"] = {"is_disabled": True}
    if formatting := _formatting(piece.entities):
        request["entities"] = formatting
    return Draft("sendMessage", request)


def _media(media: Media, caption: Piece | None) -> Draft:
    way, loses = way_to_send(media)
    request: dict[str, Any] = {way.field: {"attach": 0, "name": file_name(media)}}
    if caption is not None:
        request["caption"] = caption.text
        if formatting := _formatting(caption.entities):
            request["caption_entities"] = formatting
    if way is not FILE:
        sizes = {"duration": media.duration, "width": media.width, "height": media.height}
        takes = _SIZES.get(way.method, ())
        request |= {name: size for name, size in sizes.items() if size and name in takes}
        if way.method == "sendAudio":
            request |= {name: told for name, told in (("performer", media.performer), ("title", media.title)) if told}
        if way.method == "sendVideoNote" and media.width:
            request["length"] = media.width
    return Draft(way.method, request, () if media.file is None else (media.file,), loses)


_SIZES = {
    "sendVideo": ("duration", "width", "height"),
    "sendAnimation": ("duration", "width", "height"),
    "sendVoice": ("duration",),
    "sendAudio": ("duration",),
    "sendVideoNote": ("duration",),
}


def _place(place: Location) -> Draft:
    point: dict[str, Any] = {"latitude": place.latitude, "longitude": place.longitude}
    if place.title is None and place.address is None:
        return Draft("sendLocation", point)
    # A venue demands both.
    title, address = place.title or place.address, place.address or place.title
    return Draft("sendVenue", {**point, "title": title, "address": address})


def _card(card: ContactCard) -> Draft:
    request = {"phone_number": card.phone, "first_name": card.name or card.phone}
    return Draft("sendContact", {**request, "vcard": card.vcard} if card.vcard else request)


def _reply(outgoing: SendMessage, known: Known) -> dict[str, Any] | None:
    answered = outgoing.message.reply_to
    native = known.quoted
    if native is None and outgoing.reply_to_sent is None and answered is not None and answered.message is None:
        # The bot answers somebody's own words, which no map of what we sent can know.
        native = answered.native
    if native is None:
        return None
    reply: dict[str, Any] = {"message_id": _number(native), "allow_sending_without_reply": True}
    if answered is not None and answered.quote and units(answered.quote) <= _QUOTE_LIMIT:
        reply["quote"] = answered.quote
    return reply


def _formatting(entities: Iterable[Entity]) -> list[dict[str, Any]]:
    return [
        {
            "type": one.kind,
            "offset": one.offset,
            "length": one.length,
            **({"url": one.url} if one.url else {}),
            **({"language": one.language} if one.language else {}),
        }
        for one in entities
        if one.kind in _SENDABLE and (one.kind != "text_link" or one.url)
    ]


def _keyboard(message: Message) -> dict[str, Any]:
    return {"inline_keyboard": [[_button(one) for one in row] for row in message.buttons]}


def _button(button: Button) -> dict[str, Any]:
    act = {"url": button.url} if button.url else {"callback_data": button.data or ""}
    style = {"style": button.style} if button.style in _STYLES else {}
    return {"text": button.text, **act, **style}


# ── changes of what was sent ──────────────────────────────────────────────────────────────────────────


def _pinned(chat: dict[str, Any], message: Message, target: Sequence[NativeId]) -> Part:
    """A line that stands pinned: see pinned.py."""
    place = {"message_id": _number(target[0])} if target else {}
    piece = next(iter(split(message.text, message.entities, TEXT_LIMIT)))
    return Part(PINNED, {**chat, **place, **_words(piece, previews=False).request})


def _edit(chat: dict[str, Any], message: Message, target: Sequence[NativeId]) -> Iterator[Part]:
    """The message as it would be sent now, laid over what it was sent as."""
    if not target:
        raise Refused(_TOO_OLD)
    drafts = list(_drafts(message))
    for number, (draft, native) in enumerate(zip_longest(drafts, target)):
        if draft is None:
            yield _delete(chat, native)
            continue
        buttons = {"reply_markup": _keyboard(message)} if message.buttons and number == len(drafts) - 1 else {}
        if native is None:
            yield _part(draft, draft.method, {**chat, **draft.request, **buttons})
        else:
            yield _changed(draft, {**chat, "message_id": _number(native)}, buttons)


def _changed(draft: Draft, place: dict[str, Any], buttons: dict[str, Any]) -> Part:
    if draft.method == "sendMessage":
        return _part(draft, "editMessageText", {**place, **draft.request, **buttons})
    way = WAY_OF_METHOD.get(draft.method)
    if way is None or not way.captioned:
        # Places, phone-book entries, stickers and video notes: their buttons are all that can change.
        return _part(replace(draft, files=()), "editMessageReplyMarkup", {**place, **buttons})
    caption = {name: value for name, value in draft.request.items() if name.startswith("caption")}
    if not draft.files or not way.replaceable:
        return _part(replace(draft, files=()), "editMessageCaption", {**place, **caption, **buttons})
    media = {"type": way.field, "media": draft.request[way.field], **caption}
    return _part(draft, "editMessageMedia", {**place, "media": media, **buttons})


def _delete(chat: dict[str, Any], native: NativeId) -> Part:
    if CONNECTION in chat:
        return Part(*deletion(chat, _number(native)))
    return Part("deleteMessage", {**chat, "message_id": _number(native)})


def _reaction(chat: dict[str, Any], outgoing: SendReaction) -> Part:
    place = {**chat, "message_id": _number(outgoing.native)}
    if outgoing.emoji is None:
        return Part("setMessageReaction", {**place, "reaction": []})
    emoji = nearest_reaction(outgoing.emoji)
    if emoji is None:
        raise Refused(f"Telegram lets bots set certain reactions only, and {outgoing.emoji} is none of them")
    return Part("setMessageReaction", {**place, "reaction": [{"type": "emoji", "emoji": emoji}]})


def _answer(chat: dict[str, Any], outgoing: AnswerPress) -> Iterator[Part]:
    """Ends the button's spinner, and leaves of the quick replies the one that was chosen."""
    request: dict[str, Any] = {"callback_query_id": outgoing.press}
    if outgoing.text:
        request |= {"text": shorten(outgoing.text, _ANSWER_LIMIT), "show_alert": outgoing.alert}
    yield Part("answerCallbackQuery", request)
    if outgoing.chosen is not None and outgoing.native is not None and outgoing.native.isdecimal():
        # Telegram has no button that cannot be pressed; a further press of this one says nothing new.
        left = {"text": f"✅ {outgoing.chosen}", "callback_data": f"{QUICK_REPLY}{outgoing.chosen}"}
        place = {**chat, "message_id": _number(outgoing.native)}
        yield Part("editMessageReplyMarkup", {**place, "reply_markup": {"inline_keyboard": [[left]]}})


def _part(draft: Draft, method: str, request: dict[str, Any]) -> Part:
    return Part(method, request, draft.files, draft.loses)


def _number(native: NativeId) -> int:
    if not native.isdecimal():
        raise Refused("the message's id is not one of Telegram's")
    return int(native)
