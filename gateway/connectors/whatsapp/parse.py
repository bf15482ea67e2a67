"""A body of WhatsApp's webhook as items of the normal form. Pure and total: it never raises and never drops.

Entries, changes and what stands in them are read one by one, so that one unreadable item loses none of the others. Only
one-to-one chats are answered. A bare change, message or status is read as one that came in its envelope.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.connectors.toolkit.values import Json, listed, table
from gateway.connectors.whatsapp.content import kind_of, native_of, read_message, visit_of
from gateway.connectors.whatsapp.people import Person, is_phone, person_of, sender_of
from gateway.connectors.whatsapp.receipts import (
    read_call,
    read_error,
    read_news,
    read_status,
    read_system,
    read_user_ids,
)
from gateway.connectors.whatsapp.values import digest, moment, words
from gateway.model.commands import (
    Ignored,
    Inbound,
    Notice,
    Receive,
    ReceiveDelete,
    ReceiveEcho,
    ReceiveEdit,
    ReceiveReaction,
)
from gateway.model.ids import NativeId
from gateway.model.messages import Message, Window

WINDOW_MS = 24 * 3600 * 1000
"""How long after a client's message they may be answered in one's own words."""
_ID = 256

Reader = Callable[[Json, Json], Iterator[Inbound]]


def parse(update: Mapping[str, Any]) -> tuple[Inbound, ...]:
    """The items of one body."""
    found = tuple(_body(update))
    return found or (Inbound(f"empty:{digest(update)}", Ignored("a body without anything in it")),)


def _body(update: Json) -> Iterator[Inbound]:
    entries = update.get("entry")
    if isinstance(entries, list):
        for entry in entries:
            yield from _entry(entry)
    elif isinstance(update.get("changes"), list):
        yield from _entry(update)
    elif isinstance(update.get("value"), Mapping):
        yield from _change(update)
    elif any(isinstance(update.get(one), list) for one in _LISTS):
        yield from _value(update, "messages")
    elif "status" in update and "id" in update and ("recipient_id" in update or "recipient_user_id" in update):
        yield from _safely(read_status, update, {}, "status")
    elif "id" in update and ("from" in update or "from_user_id" in update) and "timestamp" in update:
        yield from _safely(_message, update, {}, "message")
    else:
        yield _no_update(update)


def _entry(entry: object) -> Iterator[Inbound]:
    changes = table(entry).get("changes")
    if not isinstance(changes, list):
        yield _unreadable("entry", entry)
        return
    for change in changes:
        yield from _change(change)


def _change(change: object) -> Iterator[Inbound]:
    value = table(change).get("value")
    if not isinstance(value, Mapping):
        yield _unreadable("change", change)
        return
    yield from _value(value, words(table(change).get("field"), 64))


def _value(value: Json, field: str) -> Iterator[Inbound]:
    if field == "user_id_update":
        yield from read_user_ids(value)
        return
    known = [name for name in _LISTS if isinstance(value.get(name), list)]
    if not known or field not in _CARRYING:
        yield read_news(field, value)
        return
    for name in known:
        for one in listed(value.get(name)):
            if isinstance(one, Mapping):
                yield from _safely(_LISTS[name], one, value, name)
            else:
                yield _unreadable(name, one)


def _safely(reader: Reader, one: Json, value: Json, name: str) -> Iterator[Inbound]:
    try:
        found = tuple(reader(one, value))
    except Exception:  # noqa: BLE001 - what cannot be read must not stop those beside it, nor vanish
        found = (_unreadable(name, one),)
    yield from found


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _message(raw: Json, value: Json) -> Iterator[Inbound]:
    kind, native = kind_of(raw), native_of(raw)
    key = f"message:{native or digest(raw)}"
    if (group := words(raw.get("group_id"), _ID)) or words(raw.get("recipient_type")) == "group":
        yield Inbound(
            key, Ignored(f"written in a group{f' ({group[:40]})' if group else ''}: only private chats are answered")
        )
        return
    if kind == "system":
        yield from read_system(raw, value)
        return
    person = sender_of(raw, value)
    if person is None:
        yield Inbound(
            key, Notice(f"Unsupported({kind or 'message'})", "WhatsApp did not tell who wrote it", alarming=True)
        )
        return
    yield Inbound(key, _said(kind, raw, person))


def _said(
    kind: str, raw: Json, person: Person
) -> Receive | ReceiveEdit | ReceiveDelete | ReceiveReaction | Notice | Ignored:
    contact, at = person.contact, moment(raw.get("timestamp"))
    window = Window(until=at + WINDOW_MS) if at else None
    body = table(raw.get(kind))
    match kind:
        case "reaction":
            target, emoji = words(body.get("message_id"), _ID), words(body.get("emoji"), 64)
            if not target:
                return Notice("Unsupported(reaction)", "WhatsApp did not tell to what")
            return ReceiveReaction(contact, NativeId(target), (emoji,) if emoji else (), window)
        case "revoke":
            target = words(body.get("original_message_id"), _ID) or words(body.get("message_id"), _ID)
            if not target:
                return Notice("Unsupported(revoke)", "WhatsApp did not tell what was taken back")
            return ReceiveDelete(contact, (NativeId(target),))
        case "edit":
            target = words(body.get("original_message_id"), _ID) or words(body.get("message_id"), _ID)
            edited = {**table(body.get("message")), "id": target, "timestamp": raw.get("timestamp")}
            if not target:
                return Notice("Unsupported(edit)", "WhatsApp did not tell what was corrected")
            return ReceiveEdit(contact, read_message(edited), person.profile)
        case "request_welcome":
            # They have opened the chat and said nothing yet.
            bare = Message(native=native_of(raw), at=at)
            return Receive(contact, bare, person.profile, start="", visit=visit_of(raw))
        case _:
            return Receive(
                contact, read_message(raw), person.profile, visit=visit_of(raw), window=window, also=person.also
            )


def _echo(raw: Json, value: Json) -> Iterator[Inbound]:
    """What somebody of the business wrote in the WhatsApp Business app."""
    kind, native = kind_of(raw), native_of(raw)
    key = f"echo:{native or digest(raw)}"
    to, sender = words(raw.get("to"), _ID), words(raw.get("from"), _ID)
    business = "".join(
        char for char in words(table(value.get("metadata")).get("display_phone_number")) if char.isdecimal()
    )
    person = person_of(value, sender if is_phone(to) and to == business else to, words(raw.get("to_user_id"), _ID))
    if kind in {"revoke", "edit", "reaction"}:
        yield Inbound(key, Ignored(f"{kind} of what the business itself wrote in the WhatsApp Business app"))
    elif person is None:
        yield Inbound(key, Notice(f"Unsupported(echo of {kind or 'a message'})", "WhatsApp did not tell to whom"))
    else:
        yield Inbound(key, ReceiveEcho(person.contact, read_message(raw)))


def _error(raw: Json, _: Json) -> Iterator[Inbound]:
    yield read_error(raw)


# ── what has no place here ────────────────────────────────────────────────────────────────────────────


def _unreadable(name: str, what: object) -> Inbound:
    return Inbound(f"riddle:{digest(what)}", Notice(f"Unsupported({name})", "it could not be read"))


def _no_update(body: Json) -> Inbound:
    """An answer of the API, or nothing of WhatsApp's at all."""
    key, answer = f"no update:{digest(body)}", table(body.get("body")) if "http_status" in body else body
    if isinstance(error := answer.get("error"), Mapping):
        told = f"{words(error.get('code'), 12)} {words(error.get('message'), 200)}".strip()
        return Inbound(key, Notice("Unsupported(API answer)", told or "an error"))
    if body.get("object") == "whatsapp_business_account":
        return Inbound(key, Ignored("a body without entries"))
    names = ", ".join(sorted(str(name)[:40] for name in body)[:20])
    return Inbound(key, Notice("Unsupported(no update)", f"fields: {names or 'none'}"))


_LISTS: Mapping[str, Reader] = {
    "messages": _message,
    "statuses": read_status,
    "message_echoes": _echo,
    "calls": read_call,
    "errors": _error,
}
_CARRYING = frozenset({"messages", "smb_message_echoes", "calls", "standby", ""})
"""The fields whose changes carry such lists; in others they stand for something else."""
