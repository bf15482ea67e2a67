"""An event of VK as items of the normal form. Pure and total: it never raises and never drops.

Only one-to-one chats are answered. The Callback API and the Long Poll server send the same envelopes; both shapes of
`message_new` are read, the message itself (versions of the API before 5.103) and the message beside `client_info`.
"""

from collections.abc import Callable, Mapping

from gateway.connectors.toolkit.values import Json, digest, words
from gateway.connectors.vk.content import read_messages, said
from gateway.connectors.vk.envelope import (
    Event,
    inner_of,
    is_ours,
    not_private,
    payload_of,
    peer_of,
    people_of,
    place,
    profile_of,
    unsupported,
    visit_of,
)
from gateway.connectors.vk.events import read_press, read_reach, read_reaction, read_seen, read_typing
from gateway.connectors.vk.ignored_events import LEFT_OUT
from gateway.connectors.vk.values import positive, signed
from gateway.model.codec import encode
from gateway.model.commands import Ignored, Inbound, Notice, Receive, ReceiveEcho, ReceiveEdit
from gateway.model.ids import ContactId
from gateway.model.messages import Message

_START = 300


def parse(update: Json) -> tuple[Inbound, ...]:
    """The items of one event; a bare message is read as a new one."""
    kind, inner = update.get("type"), update.get("object")
    if isinstance(kind, str) and kind and (isinstance(inner, Mapping) or "object" in update):
        return _read(Event(kind[:64], inner if isinstance(inner, Mapping) else {}, update, people_of(update)))
    if kind == "confirmation":
        return (Inbound(f"confirmation:{digest(update)}", Ignored("VK checks the address: answered, nothing to keep")),)
    if "failed" in update:
        return (_gap(update),)
    if "from_id" in update and ("peer_id" in update or "date" in update):
        return _read(Event("message_new", update, update, {}))
    if "updates" in update and "ts" in update and update["updates"] == []:
        return (Inbound(f"no updates:{digest(update)}", Ignored("a Long Poll answer without events")),)
    return (_no_event(update),)


def _read(event: Event) -> tuple[Inbound, ...]:
    try:
        return _READERS.get(event.kind, _other)(event)
    except Exception:  # noqa: BLE001 - an event that cannot be read must not stop those behind it, nor vanish
        return (Inbound(event.key(digest(event.whole)), Notice(f"Unsupported({event.kind})", "it could not be read")),)


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _new(event: Event) -> tuple[Inbound, ...]:
    raw = inner_of(event.what)
    if is_ours(raw):
        return _reply(event)
    peer, key = peer_of(raw), f"message:{place(raw)}"
    if (left_out := not_private(peer) or _service(raw)) is not None:
        return (Inbound(key, left_out),)
    contact, profile = ContactId(str(peer)), profile_of(event, peer)
    visit, payload = visit_of(raw), payload_of(raw)
    if isinstance(payload, Mapping) and payload.get("command") == "start":
        start = (words(raw.get("ref")) or words(payload.get("ref")))[:_START]
        message = read_messages(raw, peer, event.people)[0]
        return (Inbound(key, Receive(contact=contact, message=message, profile=profile, start=start, visit=visit)),)
    messages = read_messages(raw, peer, event.people)
    found = [
        Inbound(
            f"{key}:{number}" if number else key,
            Receive(contact=contact, message=message, profile=profile, visit=visit),
        )
        for number, message in enumerate(messages)
    ]
    if ref := words(raw.get("ref"))[:_START]:
        # What is written behind a link are real words: the link is told first, and they open the dialog.
        bare = Message(native=messages[0].native)
        came = Receive(contact=contact, message=bare, profile=profile, start=ref)
        found.insert(0, Inbound(f"start:{place(raw)}", came))
    return tuple(found)


def _edit(event: Event) -> tuple[Inbound, ...]:
    raw = inner_of(event.what)
    peer = peer_of(raw)
    message = read_messages(raw, peer, event.people)[0]
    # Two edits of one second differ in their content only.
    key = f"edit:{place(raw)}:{words(raw.get('update_time'))}:{digest(encode(message))}"
    if (left_out := not_private(peer) or _service(raw)) is not None:
        return (Inbound(key, left_out),)
    if is_ours(raw):
        return (Inbound(key, Ignored("an edit of what the community itself had written")),)
    return (Inbound(key, ReceiveEdit(ContactId(str(peer)), message, profile_of(event, peer))),)


def _reply(event: Event) -> tuple[Inbound, ...]:
    """What the community wrote: by us, by another program, or by a person in VK's own interface."""
    raw = inner_of(event.what)
    peer, key = peer_of(raw), f"reply:{place(raw)}"
    if (left_out := not_private(peer) or _service(raw)) is not None:
        return (Inbound(key, left_out),)
    if not positive(raw.get("admin_author_id")) and signed(raw.get("random_id")):
        return (Inbound(key, Ignored("an echo of what was sent through the API")),)
    admin = positive(raw.get("admin_author_id"))
    author = f"vk.com/id{admin}" if admin else None
    return tuple(
        Inbound(f"{key}:{number}" if number else key, ReceiveEcho(ContactId(str(peer)), message, author))
        for number, message in enumerate(read_messages(raw, peer, event.people))
    )


def _service(raw: Json) -> Ignored | None:
    """What happened to the chat, without anything that somebody wrote."""
    action = raw.get("action")
    if not isinstance(action, Mapping) or not action or said(raw) or raw.get("attachments"):
        return None
    return Ignored(f"service message: {words(action.get('type'))[:64] or 'unknown'}")


# ── what has no place here ────────────────────────────────────────────────────────────────────────────


def _gap(update: Json) -> Inbound:
    """A Long Poll server lost events, or a key of its grew old."""
    failed = signed(update.get("failed"))
    key = f"failed:{digest(update)}"
    if failed == _OLD_KEY:
        return Inbound(key, Ignored("a Long Poll key grew old"))
    refilled = positive(update.get("refilled"))
    told = f"VK lost part of the events (failed {failed or 'unknown'})"
    whole = "; there may be more" if update.get("whole") is False else ""
    return Inbound(key, Notice("gap", f"{told}; messages read from history: {refilled}{whole}", alarming=True))


_OLD_KEY = 2


def _other(event: Event) -> tuple[Inbound, ...]:
    if event.kind in LEFT_OUT:
        return (Inbound(event.key(), Ignored(f"{event.kind}: no message to the community")),)
    return (unsupported(event),)


def _no_event(body: Json) -> Inbound:
    """An answer of the API, a part of a message, or nothing of VK's at all."""
    key = f"no event:{digest(body)}"
    if isinstance(error := body.get("error"), Mapping):
        said = f"{words(error.get('error_code'))} {words(error.get('error_msg'))[:200]}".strip()
        return Inbound(key, Notice("Unsupported(API answer)", said or "an error"))
    if "response" in body:
        return Inbound(key, Notice("Unsupported(API answer)", "a successful answer, not an event"))
    names = ", ".join(sorted(str(name)[:40] for name in body)[:20])
    return Inbound(key, Notice("Unsupported(no event)", f"fields: {names or 'none'}"))


_READERS: Mapping[str, Callable[[Event], tuple[Inbound, ...]]] = {
    "message_new": _new,
    "message_edit": _edit,
    "message_reply": _reply,
    "message_event": read_press,
    "message_allow": read_reach,
    "message_deny": read_reach,
    "user_block": read_reach,
    "user_unblock": read_reach,
    "message_reaction_event": read_reaction,
    "message_read": read_seen,
    "message_typing_state": read_typing,
}
