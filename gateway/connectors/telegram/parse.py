"""A Bot API update as items of the normal form. Pure and total: it never raises and never drops.

Only private chats are answered, so what is written in groups and channels is Ignored with the reason; a kind of
update that nobody here knows becomes visible as Unsupported, with its sender where it has one.
"""

from collections.abc import Callable, Iterator, Mapping
from re import ASCII
from re import compile as pattern
from typing import Any

from aiogram import types as tg

from gateway.connectors.telegram import business
from gateway.connectors.telegram.content import is_service, read_message, read_profile
from gateway.connectors.telegram.mend import read
from gateway.connectors.telegram.places import (
    CONNECTION,
    chat_of,
    contact_in,
    contact_of,
    digest,
    id_of,
    is_private,
    not_private,
    place_of,
    profile_of,
)
from gateway.connectors.telegram.unsupported import SERVICE
from gateway.connectors.toolkit import values
from gateway.model.commands import (
    FromChannel,
    Ignored,
    Inbound,
    Notice,
    Receive,
    ReceiveEdit,
    ReceivePress,
    ReceiveReach,
    ReceiveReaction,
)
from gateway.model.ids import NativeId
from gateway.model.messages import Message, Unsupported

__all__ = ["is_service", "parse", "read_message", "read_profile"]

Json = Mapping[str, Any]
Item = FromChannel | Ignored

_START = pattern(r"/start(?:@\w+)?(?:\s+(?P<payload>[\w-]{1,64}))?(?:\s|$)", ASCII)
_REACHED = frozenset({"member", "administrator", "creator", "restricted"})
_UNNAMED_REACTIONS = {"custom_emoji": "❔", "paid": "⭐"}
_UPDATE_FIELDS = frozenset({"update_id"})


def parse(update: Json) -> tuple[Inbound, ...]:
    """The items of one update; a bare `Message` is read as a new message."""
    if "update_id" not in update and "message_id" in update and "chat" in update:
        return (_safely("business_message" if CONNECTION in update else "message", update, update),)
    kinds = [name for name, value in update.items() if name not in _UPDATE_FIELDS and value is not None]
    if "update_id" not in update:
        return (_no_update(update),)
    if not kinds:
        return (Inbound(f"update:{id_of(update)}", Notice("Unsupported(empty update)")),)
    return tuple(_safely(kind, update[kind], update) for kind in kinds)


def _safely(kind: str, value: object, update: Json) -> Inbound:
    if not isinstance(value, Mapping):
        return _unsupported(kind, {}, update)
    try:
        return _READERS.get(kind, _unknown)(kind, value, update)
    except Exception:  # noqa: BLE001 - an update that cannot be read must not stop those behind it, nor vanish
        return _unsupported(kind, value, update)


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _message(kind: str, raw: Json, update: Json) -> Inbound:
    del kind, update
    key = f"message:{place_of(raw)}"
    if not is_private(raw):
        return Inbound(key, not_private(raw))
    if is_service(raw):
        return Inbound(key, Ignored(f"service message: {next(name for name in raw if name in SERVICE)}"))
    message = read_message(raw)
    if message.native in {"", "0"}:
        # Ephemeral and not yet sent messages share the id 0.
        key = f"{key}:{message.at // 1000}:{digest(message)}"
    return Inbound(
        key, Receive(contact=contact_of(raw), message=message, profile=profile_of(raw), start=_start(message.text))
    )


def _edit(kind: str, raw: Json, update: Json) -> Inbound:
    del kind, update
    if not is_private(raw):
        return Inbound(f"edit:{place_of(raw)}:{raw.get('edit_date', '')}", not_private(raw))
    message = read_message(raw)
    # Two edits of one second differ in their content only.
    key = f"edit:{place_of(raw)}:{raw.get('edit_date', '')}:{digest(message)}"
    return Inbound(key, ReceiveEdit(contact=contact_of(raw), message=message, profile=profile_of(raw)))


def _post(kind: str, raw: Json, update: Json) -> Inbound:
    del update
    return Inbound(f"{kind}:{place_of(raw)}:{raw.get('edit_date', '')}", Ignored("channel post"))


def _start(text: str) -> str | None:
    found = _START.match(text)
    return (found["payload"] or "") if found else None


# ── presses, reach, reactions ─────────────────────────────────────────────────────────────────────────


def _press(kind: str, raw: Json, update: Json) -> Inbound:
    mended = read(tg.CallbackQuery, {name: value for name, value in raw.items() if name != "message"})
    message = raw.get("message")
    if mended is None:
        return _unsupported(kind, message if isinstance(message, Mapping) else {}, update)
    query, key = mended.value, f"press:{mended.value.id}"
    native = None
    if isinstance(message, Mapping):
        if not is_private(message):
            return Inbound(key, not_private(message))
        native = NativeId(str(message.get("message_id", "")))
    elif query.inline_message_id is not None:
        return Inbound(key, Ignored("a button under a message sent through inline mode"))
    press = ReceivePress(
        contact=contact_in(query.from_user.id, message.get(CONNECTION) if isinstance(message, Mapping) else None),
        press=query.id,
        data=query.data or "",
        native=native,
        profile=read_profile(raw["from"]),
    )
    return Inbound(key, press)


def _membership(kind: str, raw: Json, update: Json) -> Inbound:
    del kind, update
    # Only the status is asked for: the other fields of the six kinds of member change with every release.
    new = raw.get("new_chat_member")
    status = str(new.get("status", "")) if isinstance(new, Mapping) else ""
    key = f"reach:{chat_of(raw).get('id', '')}:{raw.get('date', '')}:{status}"
    if is_private(raw):
        return Inbound(key, ReceiveReach(contact_of(raw), reachable=status in _REACHED, profile=profile_of(raw)))
    where = str(chat_of(raw).get("title") or chat_of(raw).get("id", ""))
    if status in _REACHED:
        problem = f"{where}: the bot answers in private chats only, take it out of there"
        return Inbound(key, Notice("added to a group", problem, alarming=True))
    return Inbound(key, Notice("removed from a group", where))


def _reaction(kind: str, raw: Json, update: Json) -> Inbound:
    del kind, update
    emojis = tuple(_emojis(raw.get("new_reaction")))
    key = f"reaction:{place_of(raw)}:{raw.get('date', '')}:{''.join(emojis)}"
    if not is_private(raw):
        return Inbound(key, not_private(raw))
    return Inbound(key, ReceiveReaction(contact_of(raw), NativeId(str(raw.get("message_id", ""))), emojis))


def _emojis(reactions: object) -> Iterator[str]:
    for one in reactions if isinstance(reactions, list) else ():
        if isinstance(one, Mapping):
            yield str(one.get("emoji") or _UNNAMED_REACTIONS.get(str(one.get("type")), "❔"))


def _reaction_count(kind: str, raw: Json, update: Json) -> Inbound:
    del update
    return Inbound(f"{kind}:{place_of(raw)}:{raw.get('date', '')}", Ignored("counted reactions of a group or channel"))


# ── what has no place here ────────────────────────────────────────────────────────────────────────────


def _unwanted(kind: str, raw: Json, update: Json) -> Inbound:
    """A kind that is known and not for a line: its sender is not somebody who wrote."""
    del raw
    return Inbound(f"{kind}:{id_of(update)}", Notice(f"Unsupported({kind})"))


def _unknown(kind: str, raw: Json, update: Json) -> Inbound:
    return _unsupported(kind, raw, update)


def _unsupported(kind: str, raw: Json, update: Json) -> Inbound:
    key = f"{kind}:{id_of(update)}"
    if not chat_of(raw):
        return Inbound(key, Notice(f"Unsupported({kind})"))
    if not is_private(raw):
        return Inbound(key, not_private(raw))
    date = raw.get("date")
    message = Message(
        native=NativeId(str(raw.get("message_id", ""))),
        at=date * 1000 if isinstance(date, int) and 0 <= date < 2**40 else 0,
        attachments=(Unsupported(of=kind),),
    )
    return Inbound(key, Receive(contact=contact_of(raw), message=message, profile=profile_of(raw)))


def _no_update(body: Json) -> Inbound:
    """A body without `update_id`: an answer of the API, or nothing of Telegram's at all."""
    answer = body.get("body", body)
    key = f"no update:{values.digest(body)}"
    if isinstance(answer, Mapping) and "ok" in answer:
        said = f"{answer.get('error_code', '')} {answer.get('description', '')}".strip()
        return Inbound(key, Notice("Unsupported(API answer)", said or "a successful answer, not an update"))
    return Inbound(key, Notice("Unsupported(no update)", f"fields: {', '.join(sorted(body)) or 'none'}"))


_UNWANTED = """
guest_message inline_query chosen_inline_result shipping_query pre_checkout_query purchased_paid_media poll
poll_answer chat_member chat_join_request chat_boost removed_chat_boost managed_bot subscription
stopped_message_generation
"""
_READERS: Mapping[str, Callable[[str, Json, Json], Inbound]] = {
    "message": _message,
    "edited_message": _edit,
    "channel_post": _post,
    "edited_channel_post": _post,
    "callback_query": _press,
    "my_chat_member": _membership,
    "message_reaction": _reaction,
    "message_reaction_count": _reaction_count,
    "business_message": business.read_words,
    "edited_business_message": business.read_edit,
    "deleted_business_messages": business.read_deletion,
    "business_connection": business.read_connection,
} | dict.fromkeys(_UNWANTED.split(), _unwanted)
