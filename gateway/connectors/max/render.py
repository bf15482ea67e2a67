"""What we want to say as calls of MAX's API: plain JSON, rendered once and stored before the first is sent. Pure.

A part's `method` says which call it is. A file stands in `uploads` as `{"attach": n, "as": …, "name": …}`, n being its
place in `Part.files`; the connector brings it to MAX and puts it before the other attachments of `body`.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.connectors.contract import NO_TEMPLATES, Known, Part
from gateway.connectors.max import problems
from gateway.connectors.max.content import mid_of
from gateway.connectors.max.keyboards import Keyboard, keyboard
from gateway.connectors.max.media import TOGETHER, Way, is_stored, require_stored, way_to_send
from gateway.connectors.max.text import TEXT_LIMIT, Piece, loses_formatting, pieces, shorten
from gateway.errors import Refused
from gateway.model.ids import FileId, NativeId
from gateway.model.messages import QUICK_REPLY, Button, ContactCard, Location, Media, Message, Unsupported
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

__all__ = ["ACT", "ANSWER", "CHOOSE", "DELETE", "EDIT", "SEND", "TEXT_LIMIT", "render"]

SEND, EDIT, DELETE, ACT, ANSWER, CHOOSE = "send", "edit", "delete", "act", "answer", "choose"
_MOST_ATTACHED = 12
_ANSWER_LIMIT = 200
_PRESS = "press:"
"""What begins the native id of words that were said by a button: MAX knows no message of them."""

Json = dict[str, Any]


class _Draft(Struct):
    """One message of MAX's in the making."""

    piece: Piece = Piece()
    files: tuple[tuple[FileId, Way], ...] = ()
    point: Location | None = None
    loses: tuple[str, ...] = ()

    @property
    def attached(self) -> list[Json]:
        """What is attached beside files."""
        if self.point is None:
            return []
        return [{"type": "location", "latitude": self.point.latitude, "longitude": self.point.longitude}]

    @property
    def uploads(self) -> list[Json]:
        return [{"attach": number, "as": way.kind, "name": way.name} for number, (_, way) in enumerate(self.files)]


def render(outgoing: Outgoing, known: Known) -> tuple[Part, ...]:
    """The calls, in order.

    Raises:
        Refused: it cannot be said in MAX at all.
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
                raise Refused(problems.TOO_OLD)
            return tuple(Part(DELETE, {"message": mid_of(one)}) for one in known.target)
        case SendReaction():
            raise Refused(problems.NO_REACTIONS)
        case SendTyping():
            return (Part(ACT, {"action": "typing_on"}),)
        case SendReadMark():
            return (Part(ACT, {"action": "mark_seen"}),)
        case AnswerPress():
            return tuple(_answer(outgoing))


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _message(outgoing: SendMessage, known: Known) -> Iterator[Part]:
    message = outgoing.message
    for media in message.media:
        require_stored(media)
    drafts, keys = _drafts(message)
    if not drafts:
        raise Refused(problems.EMPTY)
    link = _quote(outgoing, known)
    for number, draft in enumerate(drafts):
        last = number == len(drafts) - 1
        body = {**_body(draft, keys if last else Keyboard()), **(link if number == 0 else {})}
        if outgoing.silent:
            body["notify"] = False
        request: Json = {"body": body}
        if not message.previews:
            request["previews"] = False
        yield _part(SEND, request, draft)


def _drafts(message: Message) -> tuple[list[_Draft], Keyboard]:
    """The message's pieces, the words with the first files where they fit, and the keyboard for the last of them."""
    keys = keyboard(message.buttons)
    named = (_named(one) for one in message.attachments)
    behind = "\n".join(part for part in (*named, *keys.told) if part.strip())
    text = "\n".join(part for part in (message.text, behind) if part.strip())
    drafts = [*_groups(message.media, _MOST_ATTACHED - (keys.shown is not None))]
    said = pieces(text, message.entities)
    if len(said) == 1 and drafts:
        drafts[0] = replace(drafts[0], piece=said[0])
    else:
        drafts = [*(_Draft(piece=one) for one in said), *drafts]
    drafts += [_Draft(point=one) for one in message.attachments if isinstance(one, Location)]
    lost = problems.LOST_FORMATTING if loses_formatting(message.entities) else None
    if drafts:
        drafts[0] = replace(drafts[0], loses=(*drafts[0].loses, *filter(None, (lost, keys.loses))))
    return drafts, keys


def _groups(media: Sequence[Media], most: int) -> Iterator[_Draft]:
    """Pictures and videos together, up to `most`; everything else alone."""
    group = _Draft()
    for one in media:
        if one.file is None or not is_stored(one):
            continue
        way = way_to_send(one)
        alone = way.kind not in TOGETHER
        if group.files and (alone or len(group.files) >= most):
            yield group
            group = _Draft()
        loses = (way.loses,) if way.loses else ()
        group = replace(group, files=(*group.files, (one.file, way)), loses=(*group.loses, *loses))
        if alone:
            yield group
            group = _Draft()
    if group.files:
        yield group


def _body(draft: _Draft, keys: Keyboard) -> Json:
    found: Json = {}
    if draft.piece.text:
        found["text"] = draft.piece.text
    if draft.piece.html:
        found["format"] = "html"
    attached = [*draft.attached, *([keys.shown] if keys.shown is not None else [])]
    if attached:
        found["attachments"] = attached
    return found


def _named(one: object) -> str:
    """What can only be told in words."""
    match one:
        case ContactCard():
            return ", ".join(filter(None, (one.name, one.phone)))
        case Location():
            return ", ".join(filter(None, (one.title, one.address)))
        case Unsupported():
            return " ".join(filter(None, (f"[{one.of}]", one.hint, one.link)))
        case _:
            return ""


def _quote(outgoing: SendMessage, known: Known) -> Json:
    answered = outgoing.message.reply_to
    native = known.quoted
    if native is None and outgoing.reply_to_sent is None and answered is not None:
        # Somebody's own words, which no map of what we sent can know.
        native = answered.native
    if not native or native.startswith(_PRESS):
        return {}
    return {"link": {"type": "reply", "mid": mid_of(native)}}


# ── changes of what was sent ──────────────────────────────────────────────────────────────────────────


def _edit(outgoing: SendEdit, target: Sequence[NativeId]) -> Iterator[Part]:
    """The message as it would be sent now, laid over what it was sent as."""
    if not target:
        raise Refused(problems.TOO_OLD)
    message = outgoing.message
    # What is not here any more cannot be sent again: what is attached then stays as it is.
    keeps = any(not is_stored(media) for media in message.media)
    drafts, keys = _drafts(message)
    if not drafts and not keeps:
        raise Refused(problems.EMPTY)
    drafts = drafts or [_Draft()]
    for number, (draft, native) in enumerate(zip_longest(drafts, target)):
        if draft is None:
            if not keeps:
                yield Part(DELETE, {"message": mid_of(native)})
            continue
        body = _body(draft, keys if number == len(drafts) - 1 else Keyboard())
        if native is None:
            yield _part(SEND, {"body": body}, draft)
            continue
        body = {"text": "", "attachments": [], **body}
        if keeps and not draft.files and number == 0:
            del body["attachments"]
        yield _part(EDIT, {"message": mid_of(native), "body": body}, draft)


def _answer(outgoing: AnswerPress) -> Iterator[Part]:
    """A few words for who pressed, where there are any; of quick replies only the one that was chosen stays."""
    if outgoing.text.strip():
        said = shorten(outgoing.text, _ANSWER_LIMIT)
        yield Part(ANSWER, {"press": outgoing.press, "body": {"notification": said}})
    if outgoing.chosen is not None and outgoing.native is not None and not outgoing.native.startswith(_PRESS):
        # Not every client shows the few words (CHANNELS.md 10.2), and no button is without a press.
        left = Button(f"✅ {outgoing.chosen}", data=f"{QUICK_REPLY}{outgoing.chosen}")
        yield Part(CHOOSE, {"message": mid_of(outgoing.native), "keyboard": keyboard([[left]]).shown})


def _part(method: str, request: Json, draft: _Draft) -> Part:
    if draft.uploads:
        request = {**request, "uploads": draft.uploads}
    return Part(method, request, tuple(file for file, _ in draft.files), "; ".join(dict.fromkeys(draft.loses)) or None)
