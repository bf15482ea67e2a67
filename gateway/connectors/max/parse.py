"""An update of MAX as items of the normal form. Pure and total: it never raises and never drops.

Only private chats are answered. A contact is a chat (`recipient.chat_id`), which is neither the person's id nor the
bot's. What is repeated to us has the same key: MAX numbers no updates, so each kind has a key of its own fields.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from gateway.connectors.max import problems
from gateway.connectors.max.content import EMPTY, FORWARDED, native_of, read_messages, read_profile
from gateway.connectors.max.values import Json, digest, identity, moment, table, words
from gateway.model.commands import (
    Ignored,
    Inbound,
    Notice,
    Receive,
    ReceiveDelete,
    ReceiveEdit,
    ReceivePress,
    ReceiveReach,
)
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Message, Profile, Unsupported

_KIND = 64
_DATA = 1024
_START = 512
_DIALOG = "dialog"

Items = tuple[Inbound, ...]


def parse(update: Json) -> Items:
    """The items of one update; a bare message is read as a new one."""
    kind = update.get("update_type")
    if isinstance(kind, str) and kind:
        return _read(kind[:_KIND], update)
    if isinstance(update.get("recipient"), Mapping) and ("body" in update or "link" in update):
        return _read("message_created", {"update_type": "message_created", "message": update})
    return (_no_update(update),)


def _read(kind: str, update: Json) -> Items:
    try:
        return _READERS.get(kind, _unknown)(kind, update)
    except Exception:  # noqa: BLE001 - an update that cannot be read must not stop those behind it, nor vanish
        return (Inbound(f"{kind}:{digest(update)}", Notice(f"Unsupported({kind})", "it could not be read")),)


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────


def _created(kind: str, update: Json) -> Items:
    raw = table(update.get("message"))
    if not raw:
        # What a person has recorded in MAX comes like this: nothing tells whose words they were.
        return (Inbound(f"voice:{_stamp(update)}", Notice("gap", problems.VOICE, alarming=True)),)
    key = f"message:{_place(raw)}"
    if (left_out := _left_out(raw)) is not None:
        return (Inbound(key, left_out),)
    contact, profile = _contact(raw), _sender(raw, update)
    found = read_messages(raw)
    if kind != "message_created":
        found[-1] = _with(found[-1], Unsupported(of=kind))
        key = f"{kind}:{key}"
    return tuple(
        Inbound(f"{key}:{number}" if number else key, Receive(contact=contact, message=message, profile=profile))
        for number, message in enumerate(found)
    )


def _edited(kind: str, update: Json) -> Items:
    raw = table(update.get("message"))
    if not raw:
        notice = Notice(f"Unsupported({kind})", "it does not tell which message was edited, nor its new words")
        return (Inbound(f"edit:{_stamp(update)}", notice),)
    key = f"edit:{_place(raw)}:{_stamp(update)}"
    if (left_out := _left_out(raw)) is not None:
        return (Inbound(key, left_out),)
    message, *_ = read_messages(raw)
    return (Inbound(key, ReceiveEdit(contact=_contact(raw), message=message, profile=_sender(raw, update))),)


def _removed(kind: str, update: Json) -> Items:
    mid, chat = identity(update.get("message_id")), identity(update.get("chat_id"))
    key = f"removed:{chat}:{mid or _stamp(update)}"
    if update.get("post_id"):
        return (Inbound(key, Ignored("a comment under a post was deleted")),)
    if chat.startswith("-"):
        return (Inbound(key, Ignored("a message of a group or channel was deleted")),)
    if not mid or not chat:
        return (Inbound(key, Notice(f"Unsupported({kind})", "it does not say what was taken back")),)
    # What was forwarded in it is gone with it.
    return (Inbound(key, ReceiveDelete(ContactId(chat), (NativeId(mid), NativeId(f"{mid}{FORWARDED}1")))),)


def _press(kind: str, update: Json) -> Items:
    callback, raw = table(update.get("callback")), table(update.get("message"))
    press = identity(callback.get("callback_id"))
    key = f"press:{press or digest(update)}:{words(callback.get('timestamp')) or _stamp(update)}"
    if not press:
        return (Inbound(key, Notice(f"Unsupported({kind})", "it does not say which button was pressed")),)
    # Where the message is gone the chat stands beside the press, if it could be told (receiving.py).
    chat = _contact(raw) if raw else ContactId(identity(update.get("chat_id")))
    if not raw and not chat:
        return (Inbound(key, Notice(f"Unsupported({kind})", "the message under which it was pressed is gone")),)
    if raw and (left_out := _not_private(raw)) is not None:
        return (Inbound(key, left_out),)
    found = ReceivePress(
        contact=chat,
        press=press,
        data=words(callback.get("payload"))[:_DATA],
        native=native_of(table(raw.get("body"))) or None,
        profile=read_profile(table(callback.get("user")), update.get("user_locale")),
    )
    return (Inbound(key, found),)


def _contact(raw: Json) -> ContactId:
    return ContactId(identity(table(raw.get("recipient")).get("chat_id")))


def _sender(raw: Json, update: Json) -> Profile | None:
    return read_profile(table(raw.get("sender")), update.get("user_locale"))


def _left_out(raw: Json) -> Ignored | Notice | None:
    if (found := _not_private(raw)) is not None:
        return found
    if table(raw.get("sender")).get("is_bot") is True:
        return Ignored("the message was sent by the bot itself")
    return None


def _not_private(raw: Json) -> Ignored | Notice | None:
    recipient = table(raw.get("recipient"))
    chat, kind = _contact(raw), words(recipient.get("chat_type"))
    if kind == _DIALOG or (not kind and chat and not chat.startswith("-")):
        return None if chat else Notice("gap", problems.NO_CHAT, alarming=True)
    if not chat and not kind:
        return Notice("gap", problems.NO_CHAT, alarming=True)
    if recipient.get("post_id"):
        return Ignored("a comment under a post is no message to the account")
    return Ignored(f"{kind[:_KIND] or 'group'}: only private chats are answered")


def _place(raw: Json) -> str:
    """By which a message is told from all others: its id, or else when it came and what it forwards."""
    linked = native_of(table(table(raw.get("link")).get("message")))
    bare = f"{words(raw.get('timestamp'))}/{linked}" if linked else digest(raw)
    return f"{_contact(raw)}:{native_of(table(raw.get('body'))) or bare}"


def _with(message: Message, one: Unsupported) -> Message:
    kept = (each for each in message.attachments if each != EMPTY)
    return replace(message, attachments=(*kept, one))


# ── people and chats ──────────────────────────────────────────────────────────────────────────────────


def _started(kind: str, update: Json) -> Items:
    chat = identity(update.get("chat_id"))
    if not chat:
        return (_unsupported(kind, update),)
    contact, key = ContactId(chat), _key("", update)
    profile = read_profile(table(update.get("user")), update.get("user_locale"))
    start = Receive(
        contact=contact,
        message=Message(at=moment(update.get("timestamp"))),
        profile=profile,
        start=words(update.get("payload"))[:_START],
    )
    return (
        Inbound(f"{kind}{key}", ReceiveReach(contact, reachable=True, profile=profile)),
        Inbound(f"start{key}", start),
    )


def _stopped(kind: str, update: Json) -> Items:
    chat = identity(update.get("chat_id"))
    if not chat:
        return (_unsupported(kind, update),)
    profile = read_profile(table(update.get("user")), update.get("user_locale"))
    return (Inbound(_key(kind, update), ReceiveReach(ContactId(chat), reachable=False, profile=profile)),)


def _added(kind: str, update: Json) -> Items:
    told = problems.IN_A_GROUP.format(chat=_where(update))
    notice = Notice("added to a group", told, alarming=True)
    return (Inbound(_key(kind, update), notice),)


def _taken_out(kind: str, update: Json) -> Items:
    return (Inbound(_key(kind, update), Notice("removed from a group", _where(update))),)


def _where(update: Json) -> str:
    """The group, by its number: MAX does not tell its title here."""
    return identity(update.get("chat_id")) or "?"


def _leave_out(kind: str, update: Json) -> Items:
    return (Inbound(_key(kind, update), Ignored(f"{kind}: {_LEFT_OUT[kind]}")),)


# ── what has no place here ────────────────────────────────────────────────────────────────────────────


def _unknown(kind: str, update: Json) -> Items:
    """A kind that is newer than this file: with a person's message in it, that is shown; else it is only counted."""
    raw = table(update.get("message"))
    if raw and _left_out(raw) is None and raw.get("sender"):
        return _created(kind, update)
    return (_unsupported(kind, update),)


def _unsupported(kind: str, update: Json) -> Inbound:
    names = ", ".join(sorted(str(name)[:40] for name in update if name not in {"update_type", "timestamp"})[:20])
    return Inbound(f"{kind}:{digest(update)}", Notice(f"Unsupported({kind})", f"fields: {names or 'none'}"))


def _no_update(body: Json) -> Inbound:
    """An answer of the API, a part of a message, or nothing of MAX's at all."""
    key = f"no update:{digest(body)}"
    if body.get("updates") == []:
        return Inbound(key, Ignored("an answer without updates"))
    if isinstance(body.get("code"), str) and "message" in body:
        said = f"{words(body['code'])} {words(body['message'])[:200]}".strip()
        return Inbound(key, Notice("Unsupported(API answer)", said))
    if _ANSWERS & body.keys():
        return Inbound(key, Notice("Unsupported(API answer)", "a successful answer, not an update"))
    names = ", ".join(sorted(str(name)[:40] for name in body)[:20])
    return Inbound(key, Notice("Unsupported(no update)", f"fields: {names or 'none'}"))


def _key(kind: str, update: Json) -> str:
    """By which a redelivery of what is no message is known: who did what where and when."""
    user = identity(table(update.get("user")).get("user_id")) or identity(update.get("user_id"))
    return f"{kind}:{identity(update.get('chat_id'))}:{user}:{_stamp(update)}"


def _stamp(update: Json) -> str:
    """The update's moment as MAX writes it; what has none is known by its content."""
    return words(update.get("timestamp")) or digest(update)


_ANSWERS = frozenset({"success", "messages", "subscriptions", "members", "message", "marker", "is_bot", "participants"})
_LEFT_OUT: Mapping[str, str] = {
    "dialog_removed": "the client deleted the chat, which bot_stopped tells as well",
    "dialog_cleared": "the client emptied the chat on their side",
    "dialog_muted": "the client wants no sound for this chat",
    "dialog_unmuted": "the client wants to hear this chat again",
    "user_added": "groups, and only private chats are answered",
    "user_removed": "groups, and only private chats are answered",
    "chat_title_changed": "groups, and only private chats are answered",
    "bot_admin_permissions_changed": "groups, and only private chats are answered",
    "comment_created": "a comment under a post is no message to the account",
    "comment_edited": "a comment under a post is no message to the account",
    "comment_removed": "a comment under a post is no message to the account",
}
_READERS: Mapping[str, Callable[[str, Json], Items]] = {
    "message_created": _created,
    "message_edited": _edited,
    "message_removed": _removed,
    "message_callback": _press,
    "bot_started": _started,
    "bot_stopped": _stopped,
    "bot_added": _added,
    "bot_removed": _taken_out,
    **dict.fromkeys(_LEFT_OUT, _leave_out),
}
