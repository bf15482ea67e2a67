"""What an operator says as entries of the visitor's live log: plain JSON, rendered once. Pure.

A page shows these by textContent only, and still nothing goes out here that could run: addresses are of the web,
of mail or of a phone, or they are left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from re import IGNORECASE, fullmatch
from typing import Any

from gateway.connectors.contract import NO_TEMPLATES, Known, Part
from gateway.connectors.toolkit.text import Piece, Unit, addresses, size, split
from gateway.connectors.widget.frames import TEXT_LIMIT
from gateway.errors import Refused
from gateway.model.ids import NativeId, SentId
from gateway.model.messages import (
    Button,
    ContactCard,
    Entity,
    FileState,
    Location,
    Media,
    MediaKind,
    Message,
    Unsupported,
)
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

Json = dict[str, Any]

SHOW, HINT = "show", "hint"
"""The methods of a Part: into the log, or to whoever is there."""
TYPING_SECONDS = 5
PRESSED = "press:"
"""What the native id of a pressed quick reply begins with; the page knows it by the press's own id."""
KINDS = {
    MediaKind.PHOTO: "photo",
    MediaKind.DOCUMENT: "document",
    MediaKind.VOICE: "voice",
    MediaKind.AUDIO: "audio",
    MediaKind.VIDEO: "video",
    MediaKind.VIDEO_NOTE: "video",
    MediaKind.ANIMATION: "video",
    MediaKind.STICKER: "photo",
}
_FORMATS = frozenset({"bold", "italic", "underline", "strikethrough", "code", "pre", "text_link"})
_RANKS = {"text_link": 3, "pre": 2, "code": 1}
"""Which of overlapping formats is shown; of equal ones the shorter."""
_SHOWN_AS_IMAGES = ("image/gif", "image/webp", "image/png", "image/jpeg")
_LONGEST_EMOJI = 16
_TOO_OLD = "the message is not known any more (it was never sent, or is older than a month)"


def render(outgoing: Outgoing, known: Known) -> tuple[Part, ...]:
    """The entries, in order.

    Raises:
        Refused: it cannot be said in this channel at all.
    """
    match outgoing:
        case SendMessage():
            return tuple(_message(outgoing, known))
        case SendTemplate():
            raise Refused(NO_TEMPLATES)
        case SendEdit():
            return tuple(_edit(outgoing, known.target))
        case SendDelete():
            if not known.target:
                raise Refused(_TOO_OLD)
            return tuple(_deleted(native) for native in known.target)
        case SendReaction(native=native, emoji=emoji):
            if emoji is not None and len(emoji) > _LONGEST_EMOJI:
                raise Refused("a reaction is one emoji")
            return (_changing({"type": "reaction", "id": shown_id(native), "emoji": emoji}),)
        case SendTyping():
            return (Part(HINT, {"body": {"type": "typing", "seconds": TYPING_SECONDS}}),)
        case SendReadMark(native=native):
            return (_entry(f"read:{native}", {"type": "read", "id": shown_id(native)}),)
        case AnswerPress():
            # The page has shown the press as the visitor's words and waits for nothing.
            return ()


def shown_id(native: str) -> str:
    """The id by which the page knows a message of the visitor's."""
    return native.removeprefix(PRESSED)


def shown_file(media: Media, file: str) -> Json:
    """A file of a message, without the grant that each visitor is given when it is shown."""
    kind = KINDS[media.kind]
    if kind == "video" and media.mime in _SHOWN_AS_IMAGES:
        kind = "photo"
    elif media.kind is MediaKind.STICKER and media.mime not in _SHOWN_AS_IMAGES:
        kind = "document"
    more = {"width": media.width, "height": media.height, "duration": media.duration}
    return {
        "file": file,
        "kind": kind,
        "name": media.name or kind,
        "mime": media.mime,
        "size": media.size,
        **{name: number for name, number in more.items() if number},
    }


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _message(outgoing: SendMessage, known: Known) -> Iterator[Part]:
    answered = outgoing.message.reply_to
    quoted = known.quoted
    if quoted is None and outgoing.reply_to_sent is None and answered is not None:
        quoted = answered.native
    for number, (body, files) in enumerate(_bodies(outgoing.message)):
        more: Json = {"author": outgoing.author} if outgoing.author else {}
        if number == 0 and quoted:
            more["reply_to"] = shown_id(quoted)
        yield _said(_part_id(outgoing.sent, number), {**body, **more}, files)


def _edit(outgoing: SendEdit, target: Sequence[NativeId]) -> Iterator[Part]:
    if not target:
        raise Refused(_TOO_OLD)
    bodies = list(_bodies(outgoing.message))
    for number, (body, files) in enumerate(bodies):
        if number < len(target):
            yield _changing({"type": "edit", "id": target[number], **body}, files)
        else:
            yield _said(_part_id(outgoing.sent, number), body, files)
    yield from (_deleted(native) for native in target[len(bodies) :])


def _bodies(message: Message) -> Iterator[tuple[Json, tuple[Any, ...]]]:
    """The content, cut where it is too long for one message: files with the first piece, buttons under the last."""
    named = (f"[{one.of}] {one.hint or ''}".rstrip() for one in message.attachments if isinstance(one, Unsupported))
    # The page draws one card under a message; of what is more the words are told.
    cards = [one for one in message.attachments if isinstance(one, ContactCard)][1:]
    further = (", ".join(filter(None, (one.name, one.phone))) for one in cards)
    text = "\n".join(part for part in (message.text, *named, *further) if part)
    files = tuple(one.file for one in message.media if one.file is not None)
    things = _things(message)
    pieces = split(text, TEXT_LIMIT, Unit.UTF16, message.entities) or [Piece("")]
    if not text.strip() and not things:
        raise Refused("the message is empty")
    for number, piece in enumerate(pieces):
        body: Json = {"text": piece.text}
        if formatting := _formatting(piece.text, piece.entities):
            body["entities"] = formatting
        if number == 0:
            body |= things
        if number == len(pieces) - 1 and (rows := _rows(message.buttons)):
            body["buttons"] = rows
        yield body, files if number == 0 else ()


def _things(message: Message) -> Json:
    found: Json = {}
    for one in message.attachments:
        match one:
            case Media(file=str() as file) if one.state is not FileState.FAILED:
                found.setdefault("files", []).append(shown_file(one, file))
            case Media():
                raise Refused(one.problem or "the file has not arrived")
            case Location():
                more = {"title": one.title, "address": one.address}
                place = {"latitude": one.latitude, "longitude": one.longitude}
                found.setdefault("place", place | {name: text for name, text in more.items() if text})
            case ContactCard():
                found.setdefault("person", {"name": one.name or one.phone, "phone": one.phone})
            case Unsupported():
                pass
    return found


def _rows(buttons: Iterable[Iterable[Button]]) -> list[list[Json]]:
    rows = [[found for one in row if (found := _button(one))] for row in buttons]
    return [row for row in rows if row]


def _button(button: Button) -> Json | None:
    if button.url:
        return {"text": button.text, "url": button.url} if _is_harmless(button.url) else None
    return {"text": button.text, "data": button.data} if button.data else None


def _formatting(text: str, entities: Iterable[Entity]) -> list[Json]:
    """The formatting side by side: of what overlaps the page shows one only, and a link is never what is lost."""
    known = [one for one in entities if one.kind in _FORMATS and (one.kind != "text_link" or _is_link(one))]
    # By itself the page finds addresses in bare words only.
    known += [one for one in _written_links(text) if any(_holds(other, one) for other in known)]
    ends = sorted({end for one in known for end in (one.offset, one.offset + one.length)})
    found: list[Json] = []
    last: Entity | None = None
    for begin, end in pairwise(ends):
        over = [one for one in known if one.offset <= begin and end <= one.offset + one.length]
        best = max(over, key=lambda one: (_RANKS.get(one.kind, 0), -one.length), default=None)
        if best is not None and best is last:
            found[-1]["length"] += end - begin
        elif best is not None:
            entity: Json = {"kind": best.kind, "offset": begin, "length": end - begin}
            found.append(entity | {"url": best.url} if best.kind == "text_link" else entity)
        last = best
    return found


def _written_links(text: str) -> Iterator[Entity]:
    """Addresses that stand in the text as such."""
    for begin, end in addresses(text):
        words = text[begin:end].rstrip(".,:;!?…)]}'’")
        url = words if ":" in words else f"mailto:{words}" if "@" in words else f"https://{words}"
        if _is_harmless(url):
            yield Entity("text_link", size(text[:begin]), size(words), url=url)


def _holds(other: Entity, link: Entity) -> bool:
    return (
        other.kind not in {"text_link", "code", "pre"}
        and other.offset < link.offset + link.length
        and link.offset < other.offset + other.length
    )


def _is_link(one: Entity) -> bool:
    return one.url is not None and _is_harmless(one.url)


def _is_harmless(url: str) -> bool:
    return fullmatch(r"(https?://|mailto:|tel:)[^\s\x00-\x1f\x7f]+", url, IGNORECASE) is not None


# ── entries of the log ────────────────────────────────────────────────────────────────────────────────


def _part_id(sent: SentId, number: int) -> str:
    return sent if number == 0 else f"{sent}#{number}"


def _said(native: str, body: Mapping[str, Any], files: Sequence[Any]) -> Part:
    return _entry(f"message:{native}", {"type": "message", "id": native, "from": "operator", **body}, files)


def _deleted(native: str) -> Part:
    return _entry(f"delete:{native}", {"type": "delete", "id": native})


def _entry(key: str, body: Json, files: Sequence[Any] = ()) -> Part:
    return Part(SHOW, {"key": key, "body": body}, tuple(files))


def _changing(body: Json, files: Sequence[Any] = ()) -> Part:
    # What goes back and forth (to B, to A, to B again) is three entries: its key is made new by every send, and a
    # repeat of the newest shows nothing twice.
    return _entry(f"{body['type']}:{body['id']}~", body, files)
