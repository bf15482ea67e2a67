"""A VK message in the normal form: words, what is attached, what it answers, and what is forwarded in it.

Pure and total. A message that forwards others is several messages here, each with its own words and files; VK
flattens nothing, so forwards of forwards are taken too.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from gateway.connectors.toolkit.text import Unit, shorten
from gateway.connectors.toolkit.values import Json, words
from gateway.connectors.vk.attachments import read_attachments
from gateway.connectors.vk.mentions import read_text, unmarked
from gateway.connectors.vk.values import positive, signed
from gateway.model.ids import NativeId
from gateway.model.messages import NAMELESS, Attachment, Message, Profile, ReplyTo, Unsupported

BY_ID = "m"
"""Begins a native id that is VK's `id` of a message, where it told no number within the conversation."""
FORWARDED = "."
"""Stands between a message's native id and the number of what is forwarded in it."""
_MOST = 100
"""Messages that are taken out of one."""
_QUOTE = 300
_AT = 2**40
_DELETED, _NO_NAME = "deleted", "DELETED"
"""How VK describes a person whose page is gone."""


def native_of(raw: Json) -> NativeId:
    """The message's number within its conversation, by which all newer events and methods know it."""
    number = positive(raw.get("conversation_message_id")) or positive(raw.get("cmid"))
    if number:
        return NativeId(str(number))
    identity = positive(raw.get("id")) or positive(raw.get("message_id"))
    return NativeId(f"{BY_ID}{identity}") if identity else NativeId("")


def pieces(raw: Json) -> list[Json]:
    """The message and, depth first, all that it forwards."""
    found: list[Json] = []
    _gather(raw, found)
    return found


def read_messages(raw: Json, peer: int, people: Mapping[int, Json]) -> list[Message]:
    """The messages that it is: its own words, if it has any, and each forwarded one."""
    native = native_of(raw)
    reply = _reply(raw, peer)
    found = [_message(one, number, peer, native, people) for number, one in enumerate(pieces(raw))]
    found = [one for number, one in enumerate(found) if number or one.text or one.attachments or len(found) == 1]
    first = found[0]
    if not first.text and not first.attachments:
        first = replace(first, attachments=(Unsupported(of="empty message"),))
    return [
        replace(
            one,
            native=NativeId(f"{native}{FORWARDED}{number}") if number else native,
            reply_to=None if number else reply,
        )
        for number, one in enumerate([first, *found[1:]])
    ]


def said(raw: Json) -> str:
    """The message's own text; versions of the API before 5.80 called it `body`."""
    text = raw.get("text", raw.get("body"))
    return text if isinstance(text, str) else ""


def moment(raw: Json) -> int:
    """When it was written, in milliseconds by VK's clock; 0: it does not say."""
    date = positive(raw.get("date"))
    return date * 1000 if date < _AT else 0


def read_profile(user: Json) -> Profile | None:
    """A person as users.get tells of them."""
    identity = positive(user.get("id"))
    if not identity:
        return None
    name = " ".join(filter(None, (words(user.get("first_name")), words(user.get("last_name")))))
    screen = words(user.get("screen_name")) or words(user.get("domain"))
    own = screen if screen and screen != f"id{identity}" else ""
    return Profile(
        name=name[:200] or own or str(identity), username=own or None, link=f"https://vk.com/{own or f'id{identity}'}"
    )


def _gather(raw: Json, found: list[Json]) -> None:
    if len(found) >= _MOST:
        return
    found.append(raw)
    forwarded = raw.get("fwd_messages")
    for one in forwarded if isinstance(forwarded, list) else ():
        if isinstance(one, Mapping):
            _gather(one, found)


def _message(raw: Json, number: int, peer: int, native: str, people: Mapping[int, Json]) -> Message:
    text, links = read_text(said(raw))
    return Message(
        native=NativeId(native),
        at=moment(raw),
        text=text,
        entities=links,
        attachments=tuple(_attached(raw, number, peer, native)),
        forwarded_from=_source(raw, people) if number else None,
    )


def _attached(raw: Json, number: int, peer: int, native: str) -> Iterator[Attachment]:
    yield from read_attachments(raw, peer, native, number)
    if raw.get("is_cropped") is True:
        # It was asked for again and is still like this.
        yield Unsupported(of="cropped", hint="VK shortened this message; the whole of it is in the community's chat")
    if raw.get("is_unavailable") is True:
        yield Unsupported(of="unavailable", hint="VK does not show this message")


def _source(raw: Json, people: Mapping[int, Json]) -> str:
    author = signed(raw.get("from_id", raw.get("user_id")))
    user = people.get(author)
    if user is not None and (user.get("deactivated") == _DELETED or user.get("first_name") == _NO_NAME):
        return NAMELESS
    profile = read_profile(user) if user is not None else None
    if profile is not None:
        return profile.name
    if author == 0:
        return NAMELESS
    return f"vk.com/id{author}" if author > 0 else f"vk.com/club{-author}"


def _reply(raw: Json, peer: int) -> ReplyTo | None:
    """What it answers, with all that VK tells of that: it may be from before this community had a gateway."""
    answered = raw.get("reply_message")
    if not isinstance(answered, Mapping) or not answered:
        return None
    native = native_of(answered)
    quote = shorten(unmarked(said(answered)), _QUOTE, Unit.CHARS)
    attached = tuple(read_attachments(answered, peer, native, 0))
    if not native and not quote and not attached:
        return None
    return ReplyTo(native=native or None, quote=quote or None, attachments=attached)
