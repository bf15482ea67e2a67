"""A WhatsApp message in the normal form: words, what is attached, what it answers, what brought its sender. Pure.

It never raises and never drops: a kind that nobody knows yet is Unsupported with its name, and so is a known one whose
content is missing.
"""

import json
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from gateway.connectors.toolkit.values import Json, listed, table
from gateway.connectors.toolkit.vendor_json import decode
from gateway.connectors.whatsapp.attachments import KINDS, cart, read_contacts, read_file, read_location
from gateway.connectors.whatsapp.values import moment, words
from gateway.model.ids import NativeId
from gateway.model.messages import QUICK_REPLY, Attachment, Message, ReplyTo, Unsupported, Visit

_KIND = 64
_URL = 1000
_NAMELESS = frozenset({"", "unsupported", "unknown"})
"""Kinds that say nothing of what it was."""
_KIND_IS_NOT_TOLD, _NOT_NOW = "131051", "131060"
"""Errors in place of content: the kind is not handed to businesses; the message is not available."""


class Content(Struct, frozen=True):
    """What one message says."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()


def kind_of(raw: Json) -> str:
    """The message's kind; where none is told, the one whose content is there."""
    told = words(raw.get("type"), _KIND)
    return told or next((one for one in _READERS if one in raw), "")


def native_of(raw: Json) -> NativeId:
    return NativeId(words(raw.get("id"), 256))


def read_message(raw: Json) -> Message:
    """The whole message."""
    context = table(raw.get("context"))
    said = read_content(raw)
    product = table(context.get("referred_product"))
    attachments = said.attachments
    if asked := ", ".join(
        filter(None, (words(product.get(one), 200) for one in ("product_retailer_id", "catalog_id")))
    ):
        attachments = (*attachments, Unsupported(of="product", hint=asked))
    is_forwarded = context.get("forwarded") is True or context.get("frequently_forwarded") is True
    quoted = words(context.get("id"), 256)
    return Message(
        native=native_of(raw),
        at=moment(raw.get("timestamp")),
        text=said.text,
        attachments=attachments,
        reply_to=ReplyTo(native=NativeId(quoted)) if quoted else None,
        # WhatsApp tells that it was forwarded, never from whom.
        forwarded_from="WhatsApp" if is_forwarded else None,
    )


def read_content(raw: Json) -> Content:
    """Words and attachments by the message's kind."""
    kind = kind_of(raw)
    reader = _READERS.get(kind)
    said = Content() if reader is None else reader(raw, table(raw.get(kind)))
    if said.text or said.attachments:
        return said
    if kind in _NAMELESS and (near := next((one for one in _READERS if one in raw), None)) is not None:
        # WhatsApp calls it unsupported and tells some of it all the same.
        said = read_content({**raw, "type": near})
    return Content(text=said.text, attachments=(*said.attachments, _unsupported(raw, kind)))


def visit_of(raw: Json) -> Visit | None:
    """The advertisement or post that they came from, as a page that they write from."""
    referral = table(raw.get("referral"))
    if not referral:
        return None
    url = words(referral.get("source_url"), _URL)
    shown = [words(referral.get(one), 200) for one in ("headline", "body")]
    kind, number = words(referral.get("source_type"), 40), words(referral.get("source_id"), 64)
    title = " — ".join(filter(None, shown)) or None
    return Visit(url=url or f"{kind or 'ad'} {number}".strip(), title=title)


def _text(_: Json, body: Json) -> Content:
    return Content(text=_whole(body.get("body")))


def _file(raw: Json, body: Json) -> Content:
    if not body:
        return Content()
    return Content(text=_whole(body.get("caption")), attachments=(read_file(kind_of(raw), body),))


def _location(_: Json, body: Json) -> Content:
    return Content(attachments=(read_location(body),)) if body else Content()


def _contacts(raw: Json, _: Json) -> Content:
    return Content(attachments=tuple(read_contacts(raw.get("contacts"))))


def _order(_: Json, body: Json) -> Content:
    return Content(text=cart(body)) if body else Content()


def _button(_: Json, body: Json) -> Content:
    """A quick reply of a template."""
    return Content(text=_pressed(body.get("payload"), body.get("text")))


def _interactive(_: Json, body: Json) -> Content:
    kind = words(body.get("type"), _KIND) or next(iter(body), "")
    reply = table(body.get(kind))
    match kind:
        case "button_reply":
            return Content(text=_pressed(reply.get("id"), reply.get("title")))
        case "list_reply":
            title = _pressed(reply.get("id"), reply.get("title"))
            about = _whole(reply.get("description"))
            return Content(text=title if about in title else "\n".join(filter(None, (title, about))))
        case "nfm_reply":
            return Content(text=_form(reply))
        case _:
            return Content(attachments=(Unsupported(of=kind),)) if kind else Content()


def _pressed(data: object, shown: object) -> str:
    """What a press says: a button of ours carries the whole words, of which WhatsApp shows twenty signs."""
    carried = words(data, 256)
    return carried.removeprefix(QUICK_REPLY) if carried.startswith(QUICK_REPLY) else _whole(shown) or carried


def _form(reply: Json) -> str:
    """The answers of a form, one a line; the form's own token is nobody's words."""
    told = reply.get("response_json")
    try:
        found = decode(told.encode()) if isinstance(told, str) else told
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        return "\n".join(filter(None, (_whole(reply.get("body")), _whole(told))))
    return "\n".join(_lines(found)) or _whole(reply.get("body"))


def _lines(answers: Mapping[str, object]) -> Iterator[str]:
    for name, value in answers.items():
        if isinstance(value, Mapping) and value:
            # An address is a form within the form.
            yield from _lines({str(inner_name): one for inner_name, one in value.items()})
        elif name != "flow_token":
            yield f"{name}: {_plain(value)}"


def _plain(value: object) -> str:
    match value:
        case str():
            return value
        case list() if all(isinstance(one, str | int | float) for one in value):
            return ", ".join(str(one) for one in value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _unsupported(raw: Json, kind: str) -> Unsupported:
    """What WhatsApp does not hand to businesses, or what came without its content, with the reason that it gives."""
    errors = [table(one) for one in listed(raw.get("errors"))]
    told = [_reason(one) for one in errors]
    named = words(table(raw.get("unsupported")).get("type"), _KIND)
    return Unsupported(
        of=named or ("message" if kind in _NAMELESS else kind), hint="; ".join(filter(None, told))[:500] or None
    )


def _reason(error: Json) -> str:
    """Nothing where it only says that the kind is not handed over, as its name on the screen does already."""
    code = words(error.get("code"), 12)
    if code == _KIND_IS_NOT_TOLD:
        return ""
    if code == _NOT_NOW:
        return "WhatsApp does not hand this message over for now"
    details = words(table(error.get("error_data")).get("details"), 300) or words(error.get("details"), 300)
    told = details or words(error.get("message"), 300) or words(error.get("title"), 300)
    return f"WhatsApp does not hand this over (error {code or 'without a code'}){f': {told}' if told else ''}"


def _whole(value: object) -> str:
    """A text as it was written."""
    return value if isinstance(value, str) else words(value)


_READERS: Mapping[str, Callable[[Json, Json], Content]] = {
    "text": _text,
    **dict.fromkeys(KINDS, _file),
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "button": _button,
    "interactive": _interactive,
}
