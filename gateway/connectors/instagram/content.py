"""An Instagram message in the normal form: words, what is attached, what it answers, what brought the client. Pure."""

from collections.abc import Iterator

from gateway.connectors.instagram.attachments import hearts, read_attachments, read_shared
from gateway.connectors.instagram.values import identity, tables
from gateway.connectors.toolkit.values import Json, table, url_of, words
from gateway.model.ids import NativeId
from gateway.model.messages import QUICK_REPLY, Attachment, Message, ReplyTo, Unsupported, Window

START = 300
_HOUR_MS = 3_600_000
_WINDOW_MS = 24 * _HOUR_MS
_HUMAN_MS = 7 * 24 * _HOUR_MS


def read_message(raw: Json, at: int) -> Message:
    """One message; never empty, for something was sent."""
    attachments = tuple(_attached(raw))
    text = _said(raw)
    if not text and not attachments:
        attachments = (Unsupported(of="empty message"),)
    answered = identity(table(raw.get("reply_to")).get("mid"))
    return Message(
        native=NativeId(identity(raw.get("mid"))),
        at=at,
        text=text,
        attachments=attachments,
        reply_to=ReplyTo(native=NativeId(answered)) if answered else None,
    )


def window_from(at: int) -> Window | None:
    """Until when a client who wrote at this moment may be answered, and until when by a human hand."""
    return Window(until=at + _WINDOW_MS, human_until=at + _HUMAN_MS) if at else None


def read_referral(raw: Json) -> str:
    """What brought the client: the link's own word, or the advertisement with its title; empty: nothing is told."""
    advertisement = table(raw.get("ads_context_data"))
    number, product = identity(raw.get("ad_id")), identity(table(raw.get("product")).get("id"))
    parts = (
        words(raw.get("ref")),
        words(advertisement.get("ad_title"))[: START // 2],
        f"ad {number}" if number else "",
        f"product {product}" if product else "",
    )
    found = " · ".join(filter(None, parts)) or words(raw.get("source")).lower() or words(raw.get("type")).lower()
    return found[:START]


def chosen(text: str, payload: str) -> str:
    """What a pressed button or quick reply says: all its words where it is one of ours, else what stood on it."""
    ours = payload.removeprefix(QUICK_REPLY) if payload.startswith(QUICK_REPLY) else ""
    return ours if ours.strip() else text or payload


def _said(raw: Json) -> str:
    text = raw.get("text")
    text = text if isinstance(text, str) else ""
    payload = words(table(raw.get("quick_reply")).get("payload"))
    if payload:
        return chosen(text, payload)
    return text or hearts(raw.get("attachments"))


def _attached(raw: Json) -> Iterator[Attachment]:
    story = table(raw.get("reply_to")).get("story")
    if isinstance(story, dict):
        number = identity(story.get("id"))
        yield from read_shared("story_reply", url_of(story, "url"), number)
    yield from read_attachments(raw.get("attachments"))
    if raw.get("is_unsupported") is True and not tables(raw.get("attachments")):
        yield Unsupported(of="is_unsupported")
