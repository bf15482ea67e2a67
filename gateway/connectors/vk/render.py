"""What we want to say as calls of VK's API: plain JSON, rendered once and stored before the first is sent. Pure.

A file stands in `uploads` as `{"attach": n, "as": …, "name": …}`, n being its place in `Part.files`; the connector
brings it to VK and puts what VK calls it in its place.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import zip_longest
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.connectors.contract import NO_TEMPLATES, Known, Part
from gateway.connectors.toolkit.media import is_stored, require_stored
from gateway.connectors.vk.answers import SEND
from gateway.connectors.vk.content import BY_ID, FORWARDED
from gateway.connectors.vk.keyboards import keyboard
from gateway.connectors.vk.media import VOICE, Way, way_to_send
from gateway.connectors.vk.reactions import number_of_reaction
from gateway.connectors.vk.text import is_formatted, plain, shorten, split
from gateway.errors import Refused
from gateway.model.ids import ContactId, FileId, NativeId, SentId
from gateway.model.messages import ContactCard, Location, Media, Message, Unsupported
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
_TOGETHER = 10
"""Files of one message."""
_ANSWER_LIMIT = 90
_TOO_OLD = "the message is not known any more (it was never sent, or is older than a month)"

Json = dict[str, Any]


class _Draft(Struct):
    """One message of VK's in the making."""

    text: str = ""
    files: tuple[tuple[FileId, Way], ...] = ()
    point: Location | None = None
    loses: tuple[str, ...] = ()

    @property
    def body(self) -> Json:
        found: Json = {"message": self.text} if self.text else {}
        if self.files:
            found["uploads"] = [
                {"attach": number, "as": way.kind, "name": way.name} for number, (_, way) in enumerate(self.files)
            ]
        if self.point is not None:
            found |= {"lat": self.point.latitude, "long": self.point.longitude}
        return found


def render(contact: ContactId, outgoing: Outgoing, known: Known) -> tuple[Part, ...]:
    """The calls, in order.

    Raises:
        Refused: it cannot be said to this contact at all.
    """
    peer: Json = {"peer_id": contact}
    match outgoing:
        case SendMessage():
            return tuple(_message(contact, outgoing, known))
        case SendTemplate():
            raise Refused(NO_TEMPLATES)
        case SendEdit():
            return tuple(_edit(contact, outgoing, known.target))
        case SendDelete():
            if not known.target:
                raise Refused(_TOO_OLD)
            return tuple(_deletions(peer, known.target))
        case SendReaction():
            return (_reaction(peer, outgoing),)
        case SendTyping():
            return (Part("messages.setActivity", {**peer, "type": "typing"}),)
        case SendReadMark():
            name, number = _place(outgoing.native)
            return (
                Part("messages.markAsRead", {**peer, {"cmid": "up_to_cmid"}.get(name, "start_message_id"): number}),
            )
        case AnswerPress():
            return (_answer(contact, outgoing),)


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _message(contact: ContactId, outgoing: SendMessage, known: Known) -> Iterator[Part]:
    message = outgoing.message
    for media in message.media:
        require_stored(media)
    drafts, buttons = _drafts(message)
    if not drafts:
        raise Refused("the message is empty")
    reply = _reply(contact, outgoing, known)
    for number, draft in enumerate(drafts):
        request: Json = {"peer_ids": contact, "random_id": _random_id(contact, outgoing.sent, number), **draft.body}
        if number == 0:
            request |= reply
        if number == len(drafts) - 1:
            request |= buttons
        yield _part(SEND, request, draft)


def _drafts(message: Message) -> tuple[list[_Draft], Json]:
    """The message's pieces, the words with the first files where they fit, and the keyboard for the last of them."""
    keys = keyboard(message.buttons)
    named = (_named(one) for one in message.attachments)
    text = "\n".join(part for part in (plain(message.text, message.entities), *named, *keys.told) if part.strip())
    drafts = [*_groups(message.media)]
    pieces = split(text, TEXT_LIMIT)
    if len(pieces) == 1 and drafts and not any(way.kind == VOICE for _, way in drafts[0].files):
        drafts[0] = replace(drafts[0], text=pieces[0])
    else:
        drafts = [*(_Draft(text=piece) for piece in pieces), *drafts]
    drafts += [_Draft(point=one) for one in message.attachments if isinstance(one, Location)]
    loses = tuple(filter(None, ("sent without its formatting" if is_formatted(message.entities) else None, keys.loses)))
    if drafts:
        drafts[0] = replace(drafts[0], loses=(*drafts[0].loses, *loses))
    return drafts, {} if keys.shown is None else {"keyboard": keys.shown}


def _groups(media: Iterable[Media]) -> Iterator[_Draft]:
    """Ten files a message; a voice message stands alone."""
    group = _Draft()
    for one in media:
        way = way_to_send(one)
        file = () if one.file is None or not is_stored(one) else ((one.file, way),)
        loses = (way.loses,) if way.loses else ()
        if way.kind == VOICE or len(group.files) == _TOGETHER:
            if group.files:
                yield group
            group = _Draft()
        if way.kind == VOICE:
            yield _Draft(files=file, loses=loses)
        else:
            group = replace(group, files=(*group.files, *file), loses=(*group.loses, *loses))
    if group.files:
        yield group


def _named(one: object) -> str:
    match one:
        case ContactCard():
            return ", ".join(filter(None, (one.name, one.phone)))
        case Location():
            return ", ".join(filter(None, (one.title, one.address)))
        case Unsupported():
            return f"[{one.of}] {one.hint or ''}".rstrip()
        case _:
            return ""


def _reply(contact: ContactId, outgoing: SendMessage, known: Known) -> Json:
    answered = outgoing.message.reply_to
    native = known.quoted
    if native is None and outgoing.reply_to_sent is None and answered is not None:
        # Somebody's own words, which no map of what we sent can know.
        native = answered.native
    if native is None:
        return {}
    try:
        name, number = _place(native)
    except Refused:
        return {}
    if name == "message_id":
        return {"reply_to": number}
    return {"forward": {"peer_id": int(contact), "conversation_message_ids": [number], "is_reply": 1}}


def _random_id(contact: ContactId, sent: SentId, number: int, content: str = "") -> int:
    """VK's idempotency key: the same for the same part of the same message, and for no other; never 0."""
    raw = blake2b(f"{contact} {sent} {number} {content}".encode(), digest_size=4).digest()
    return int.from_bytes(raw, "big") % (2**31 - 1) + 1


# ── changes of what was sent ──────────────────────────────────────────────────────────────────────────


def _edit(contact: ContactId, outgoing: SendEdit, target: Sequence[NativeId]) -> Iterator[Part]:
    """The message as it would be sent now, laid over what it was sent as."""
    if not target:
        raise Refused(_TOO_OLD)
    keeps = any(not is_stored(media) for media in outgoing.message.media)
    message = outgoing.message
    drafts, buttons = _drafts(message)
    if not drafts and not keeps:
        raise Refused("the message is empty")
    drafts = drafts or [_Draft()]
    peer: Json = {"peer_id": contact}
    spare = []
    for number, (draft, native) in enumerate(zip_longest(drafts, target)):
        keys = buttons if number == len(drafts) - 1 else {}
        if draft is None:
            spare.append(native)
        elif native is None:
            again = _random_id(contact, outgoing.sent, number, f"edit {draft.text}")
            yield _part(SEND, {"peer_ids": contact, "random_id": again, **draft.body, **keys}, draft)
        else:
            name, which = _place(native)
            # What is attached stays only if it is named again; the connector asks VK what it is.
            kept = {"keep": True} if keeps and not draft.files and number == 0 else {}
            request = {**peer, name: which, "message": "", **draft.body, "keep_forward_messages": 1, **kept, **keys}
            yield _part("messages.edit", request, draft)
    if spare and not keeps:
        yield from _deletions(peer, spare)


def _deletions(peer: Json, target: Sequence[NativeId]) -> Iterator[Part]:
    for wanted, field in (("cmid", "cmids"), ("message_id", "message_ids")):
        numbers = [number for name, number in map(_place, target) if name == wanted]
        if numbers:
            yield Part("messages.delete", {**peer, field: numbers, "delete_for_all": 1})


def _reaction(peer: Json, outgoing: SendReaction) -> Part:
    name, number = _place(outgoing.native)
    if name != "cmid":
        raise Refused("VK did not tell by which number this message can be reacted to")
    if outgoing.emoji is None:
        return Part("messages.deleteReaction", {**peer, "cmid": number})
    reaction = number_of_reaction(outgoing.emoji)
    if reaction is None:
        raise Refused(f"VK has sixteen reactions, and {outgoing.emoji} is none of them")
    return Part("messages.sendReaction", {**peer, "cmid": number, "reaction_id": reaction})


def _answer(contact: ContactId, outgoing: AnswerPress) -> Part:
    request: Json = {"event_id": outgoing.press, "user_id": contact, "peer_id": contact}
    if outgoing.text:
        request["event_data"] = {"type": "show_snackbar", "text": shorten(outgoing.text, _ANSWER_LIMIT)}
    return Part("messages.sendMessageEventAnswer", request)


def _part(method: str, request: Json, draft: _Draft) -> Part:
    return Part(method, request, tuple(file for file, _ in draft.files), "; ".join(dict.fromkeys(draft.loses)) or None)


def _place(native: NativeId) -> tuple[str, int]:
    """The parameter that names a message, and its number; what was forwarded in one is found at that one."""
    whole = native.partition(FORWARDED)[0]
    bare = whole.removeprefix(BY_ID)
    if not bare.isdecimal():
        raise Refused("the message's id is not one of VK's")
    return ("message_id" if whole.startswith(BY_ID) else "cmid"), int(bare)
