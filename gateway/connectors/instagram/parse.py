"""An update of Instagram as items of the normal form. Pure and total: it never raises and never drops.

An update is a webhook's body, whole or one account's part of it: entries with `messaging`, `standby` or `changes`.
Items without an entry are read too. Who sent it was proven before (gateway/connectors/runtime/apps.py).
"""

from collections.abc import Iterator, Mapping

from gateway.connectors.instagram.changes import LEFT_OUT, MESSAGING, STANDBY
from gateway.connectors.instagram.content import read_message, window_from
from gateway.connectors.instagram.envelope import Event
from gateway.connectors.instagram.events import READERS, Reader, read_start
from gateway.connectors.instagram.values import identity, moment
from gateway.connectors.toolkit.values import Json, digest, table, words
from gateway.model.commands import Ignored, Inbound, Notice, Receive, ReceiveDelete, ReceiveEcho, ReceiveEdit
from gateway.model.ids import NativeId
from gateway.model.messages import Message, Unsupported

OBJECT = "instagram"
_TEST = "0"
"""The entry's id in what the dashboard's Test buttons send."""
_AROUND = frozenset({"sender", "recipient", "timestamp"})
_OF_ENTRY = frozenset({"id", "time", "messaging", "standby", "changes", "field", "value", "uid", "hop_context"})


def parse(update: Json) -> tuple[Inbound, ...]:
    """The items of one body, or of one part of it."""
    try:
        found = tuple(_update(update))
    except Exception:  # noqa: BLE001 - an unreadable update must not stop those behind it, nor vanish
        return (Inbound(f"riddle:{digest(update)}", Notice("Unsupported(update)", "it could not be read")),)
    return found or (Inbound(f"empty:{digest(update)}", Ignored("an update with nothing in it")),)


def _update(update: Json) -> Iterator[Inbound]:
    if "entry" not in update:
        yield from _bare(update)
        return
    about = update.get("object", OBJECT)
    if about != OBJECT:
        told = words(about)[:40] or "something else"
        yield Inbound(f"other:{digest(update)}", Ignored(f"an update of {told}, not of Instagram"))
        return
    entries = update["entry"]
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, Mapping):
            yield from _entry(entry)
        else:
            yield Inbound(f"entry:{digest(entry)}", Notice("Unsupported(entry)", "it is no object"))


def _bare(update: Json) -> Iterator[Inbound]:
    """An item without its entry, an answer of the API, or nothing of Instagram's at all."""
    if _AROUND & update.keys() or _READERS.keys() & update.keys():
        yield from _item(Event("", update))
    elif isinstance(error := update.get("error"), Mapping):
        said = f"{words(error.get('code'))} {words(error.get('message'))[:200]}".strip()
        yield Inbound(f"answer:{digest(update)}", Notice("Unsupported(API answer)", said or "an error"))
    elif "message_id" in update or "recipient_id" in update:
        yield Inbound(f"answer:{digest(update)}", Notice("Unsupported(API answer)", "of a send, not an update"))
    elif update.get("object", OBJECT) != OBJECT:
        told = words(update.get("object"))[:40] or "something else"
        yield Inbound(f"other:{digest(update)}", Ignored(f"an update of {told}, not of Instagram"))
    else:
        names = ", ".join(sorted(str(name)[:40] for name in update)[:20])
        yield Inbound(f"no update:{digest(update)}", Notice("Unsupported(no update)", f"fields: {names or 'none'}"))


def _entry(entry: Json) -> Iterator[Inbound]:
    account, at, before = identity(entry.get("id")), entry.get("time"), 0
    for name, read in (("messaging", _item), ("standby", _standby), ("changes", _change)):
        listed = entry.get(name, [])
        for one in listed if isinstance(listed, list) else [listed]:
            before += 1
            yield from _read(Event(account, one if isinstance(one, Mapping) else {}, at), read)
    if "field" in entry:
        # Business Login writes a change into the entry itself.
        yield from _read(Event(account, entry, at), _change)
    elif unknown := sorted(str(name)[:40] for name in entry.keys() - _OF_ENTRY)[:20]:
        told = Notice(f"Unsupported({unknown[0]})", f"an entry with fields: {', '.join(unknown)}")
        yield Inbound(f"entry:{digest(entry)}", told)
    elif not before:
        yield Inbound(f"entry:{account}:{digest(entry)}", Ignored("an entry without messages"))


def _read(event: Event, read: Reader) -> tuple[Inbound, ...]:
    if event.account == _TEST:
        return (Inbound(event.key("test"), Ignored("a test of Meta's dashboard")),)
    try:
        return read(event)
    except Exception:  # noqa: BLE001 - as above, for one of several
        return (event.unsupported("event", "it could not be read"),)


def _item(event: Event) -> tuple[Inbound, ...]:
    kinds = [one for one in _READERS if one in event.what]
    if kinds:
        return tuple(one for kind in kinds for one in _READERS[kind](event))
    unknown = sorted(str(name)[:40] for name in event.what.keys() - _AROUND)
    if unknown:
        return (event.unsupported(unknown[0], f"from {event.contact or 'nobody who is named'}"),)
    return (event.unsupported("empty event", "it says that something happened, and not what"),)


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _message(event: Event) -> tuple[Inbound, ...]:
    raw, contact = table(event.what.get("message")), event.contact
    native = identity(raw.get("mid"))
    if contact is None:
        return (event.unsupported("message", "it names nobody whom it could be from"),)
    if raw.get("is_deleted") is True:
        return (_unsent(event, native),)
    message = read_message(raw, event.at)
    if event.is_own:
        return (Inbound(event.key("echo", native), ReceiveEcho(contact, message)),)
    said = Receive(contact=contact, message=message, profile=event.profile, window=window_from(event.at))
    return (*read_start(event, native, table(raw.get("referral"))), Inbound(event.key("message", native), said))


def _unsent(event: Event, native: str) -> Inbound:
    """Taken back. It looks like a message, and opens nothing: neither a dialog nor the time to answer."""
    key, contact = event.key("unsent", native), event.contact
    if event.is_own:
        told = f"contact {contact}: the account took back what it had written to them"
        return Inbound(key, Notice("taken back in Instagram itself", told))
    if contact is None or not native:
        return event.unsupported("unsend", "it does not say what was taken back")
    return Inbound(key, ReceiveDelete(contact, (NativeId(native),)))


def _edit(event: Event) -> tuple[Inbound, ...]:
    """Changed words. Meta mostly sends none with it; receiving.py reads them again and puts them there.

    With `num_edit` 0 nothing was changed: it is the message itself, which comes by itself too, or does not. It has that
    message's key, so that one of them is kept.
    """
    raw, contact = table(event.what.get("message_edit")), event.contact
    native, count, text = identity(raw.get("mid")), words(raw.get("num_edit")), raw.get("text")
    text = text if isinstance(text, str) else ""
    if contact is None or not native:
        return (event.unsupported("message_edit", "it does not say whose message it is"),)
    is_first = count in {"", "0"}
    if not text and is_first:
        told = f"contact {contact}: a message without its words, which come by themselves"
        return (Inbound(event.key("edit", f"{native}:0"), Notice("Unsupported(message_edit)", told)),)
    at = moment(raw.get("created_time")) or event.at
    message = Message(native=NativeId(native), at=at, text=text)
    if event.is_own:
        if is_first:
            return (Inbound(event.key("echo", native), ReceiveEcho(contact, message)),)
        return (Inbound(event.key("edit", f"{native}:{count}"), Ignored("an edit of what the account had written")),)
    if is_first:
        said = Receive(contact=contact, message=message, profile=event.profile, window=window_from(at))
        return (Inbound(event.key("message", native), said),)
    if not text:
        message = Message(native=NativeId(native), at=at, attachments=(Unsupported(of="message_edit"),))
    return (Inbound(event.key("edit", f"{native}:{count}"), ReceiveEdit(contact, message, event.profile)),)


# ── other sides of an entry ───────────────────────────────────────────────────────────────────────────


def _standby(event: Event) -> tuple[Inbound, ...]:
    """What is said while another app holds the conversation, and answers it."""
    raw = table(event.what.get("message")) or table(event.what.get("postback"))
    if not raw or event.is_own or raw.get("is_deleted") is True:
        kind = next((one for one in _READERS if one in event.what), "an event")
        return (Inbound(event.key("standby"), Ignored(f"standby: {kind} of a conversation that another app holds")),)
    whose = f"contact {event.contact}" if event.contact else "a client who is not named"
    told = f"{whose} wrote in a conversation that another app holds: it is answered there"
    return (Inbound(event.key("standby", identity(raw.get("mid"))), Notice("standby", told)),)


def _change(event: Event) -> tuple[Inbound, ...]:
    field, value = words(event.what.get("field"))[:64], event.what.get("value")
    if isinstance(value, Mapping) and field in MESSAGING | {STANDBY}:
        inner = event._replace(what=value)
        return _standby(inner) if field == STANDBY else _item(inner)
    if field in LEFT_OUT:
        return (Inbound(event.key(f"change:{field}"), Ignored(LEFT_OUT[field])),)
    return (event.unsupported(field or "change"),)


_READERS: Mapping[str, Reader] = {"message": _message, "message_edit": _edit, **READERS}
