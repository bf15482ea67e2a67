"""A MAX message in the normal form: words with their formatting, what is attached, what it answers or forwards.

Pure and total. A message that forwards another is one message here, or two where its sender wrote something as well:
their own words, and the forwarded ones behind them.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from gateway.connectors.max.attachments import LINKED, OWN, name_of, read_attachments
from gateway.connectors.max.values import Json, count, identity, listed, moment, table, url_of, words
from gateway.connectors.toolkit.text import Unit, shorten, size
from gateway.model.ids import NativeId
from gateway.model.messages import NAMELESS, Entity, Message, Profile, ReplyTo, Unsupported

FORWARDED = "~"
"""Stands between a message's native id and the number of what is forwarded in it."""
EMPTY = Unsupported(of="empty message")
_QUOTE = 300
_SEQ_MOMENT_BITS = 16
_KINDS: Mapping[str, str] = {
    "strong": "bold",
    "heading": "bold",
    "highlighted": "bold",
    "emphasized": "italic",
    "underline": "underline",
    "strikethrough": "strikethrough",
    "monospaced": "code",
    "quote": "blockquote",
    "link": "text_link",
}
"""How MAX calls formatting, and how it is called here; mentions stand in the text as they are."""


def native_of(body: Json) -> NativeId:
    """The message's id, `mid.` and 32 digits; empty: it tells none."""
    return NativeId(identity(body.get("mid")))


def mid_of(native: str) -> str:
    """MAX's own id of the message that a native id stands for or is a part of."""
    return native.partition(FORWARDED)[0]


def read_messages(raw: Json) -> list[Message]:
    """The messages that one message of MAX is: its own words, if it has any, and what it forwards."""
    body, link = table(raw.get("body")), table(raw.get("link"))
    native, kind = native_of(body), words(link.get("type"))
    own = _said(body, str(native), OWN, moment_of(raw))
    if kind == "reply":
        own = replace(own, reply_to=_answered(table(link.get("message"))))
    elif link:
        forwarded = _said(table(link.get("message")), str(native), LINKED, moment_of(raw))
        forwarded = replace(forwarded, forwarded_from=name_of(table(link.get("sender"))) or NAMELESS)
        if not _is_empty(own):
            part = NativeId(f"{native}{FORWARDED}1") if native else native
            return [replace(own, native=native), _visible(replace(forwarded, native=part))]
        own = forwarded
    return [_visible(replace(own, native=native))]


def moment_of(raw: Json) -> int:
    """When it was written, in milliseconds; a message's `seq` holds the same moment above its lowest 16 bits."""
    seq = table(raw.get("body")).get("seq")
    by_seq = moment(seq >> _SEQ_MOMENT_BITS) if isinstance(seq, int) and not isinstance(seq, bool) and seq > 0 else 0
    return moment(raw.get("timestamp")) or by_seq


def read_profile(user: Json, locale: object = None) -> Profile | None:
    """A person as MAX tells of them; None: it tells nothing."""
    if not user:
        return None
    return Profile(
        name=name_of(user) or identity(user.get("user_id")),
        username=words(user.get("username")) or None,
        language=words(locale)[:16] or None,
    )


def _said(body: Json, mid: str, which: int, at: int) -> Message:
    """One body's words and what is attached to it."""
    text = body.get("text")
    text = text if isinstance(text, str) else ""
    return Message(
        at=at,
        text=text,
        entities=tuple(_entities(body, size(text, Unit.UTF16))),
        attachments=tuple(read_attachments(body, mid, which)),
    )


def _entities(body: Json, length: int) -> Iterator[Entity]:
    """Formatting; what does not fit into the text is left out."""
    for one in map(table, listed(body.get("markup"))):
        begin, long = count(one.get("from")), count(one.get("length"))
        kind = _KINDS.get(words(one.get("type")))
        if kind is None or begin is None or not long or begin + long > length:
            continue
        url = url_of(one, "url") if kind == "text_link" else ""
        if kind != "text_link" or url:
            yield Entity(kind=kind, offset=begin, length=long, url=url or None)


def _answered(body: Json) -> ReplyTo | None:
    """What it answers, with all that MAX tells of that."""
    native = native_of(body)
    text = body.get("text")
    told = shorten(text, _QUOTE, Unit.CHARS) if isinstance(text, str) else ""
    attached = tuple(read_attachments(body, str(native), OWN))
    if not native and not told and not attached:
        return None
    return ReplyTo(native=native or None, told=told or None, attachments=attached)


def _is_empty(message: Message) -> bool:
    return not message.text.strip() and not message.attachments


def _visible(message: Message) -> Message:
    if not _is_empty(message) or message.reply_to is not None:
        return message
    return replace(message, attachments=(EMPTY,))
