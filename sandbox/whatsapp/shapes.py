"""What WhatsApp's webhooks bring: contacts, messages, echoes and statuses, as objects of a change's value."""

from sandbox.meta.errors import GraphError
from sandbox.meta.media import Media
from sandbox.meta.records import Account, File, Message, Person
from sandbox.meta.world import World
from sandbox.wire import Json

MEDIA_KINDS = frozenset({"image", "video", "audio", "document", "sticker"})


def metadata(account: Account) -> Json:
    return {"display_phone_number": account.phone, "phone_number_id": account.id}


def change(account: Account, *, field: str = "messages", **value: object) -> Json:
    """One element of an entry's changes."""
    whole = {"messaging_product": "whatsapp", "metadata": metadata(account), **value}
    return {"field": field, "value": whole}


def contact(person: Person) -> Json:
    """Who it is; whoever hides the phone has no wa_id, but a username."""
    profile: Json = {"name": person.name}
    if person.is_phone_hidden:
        profile["username"] = person.username
        return {"profile": profile, "user_id": person.user_id}
    return {"profile": profile, "wa_id": person.phone, "user_id": person.user_id}


def sender(person: Person) -> Json:
    known = {} if person.is_phone_hidden else {"from": person.phone}
    return {**known, "from_user_id": person.user_id}


def message(world: World, account: Account, person: Person, one: Message) -> Json:
    """A person's message."""
    context = _context(account, person, one)
    return {
        **({"context": context} if context else {}),
        **sender(person),
        "id": one.id,
        "timestamp": str(one.at // 1000),
        "type": one.kind,
        **({one.kind: expanded(world.media, one)} if one.content or one.kind in MEDIA_KINDS else {}),
        **{name: value for name, value in one.extra.items() if name not in {"context", "of"}},
    }


def echo(world: World, account: Account, person: Person, one: Message) -> Json:
    """What the business wrote in the WhatsApp Business app."""
    shown = message(world, account, person, one)
    shown.pop("from_user_id")
    return {**shown, "from": account.phone, "to": person.phone}


def expanded(media: Media, one: Message) -> Json:
    """The kind's object; a file stands in it as webhooks show it."""
    if "file" not in one.content:
        return one.content
    file = media.known(one.content["file"])
    assert file is not None
    return {**file_object(file, one.kind), **{name: value for name, value in one.content.items() if name != "file"}}


def file_object(file: File, kind: str) -> Json:
    shown: Json = {"id": file.id, "mime_type": mime_of(file), "sha256": file.sha256}
    if kind == "document":
        shown["filename"] = file.name
    if kind == "audio":
        shown["voice"] = file.is_voice
    if kind == "sticker":
        shown["animated"] = False
    return shown


def mime_of(file: File) -> str:
    """Voice messages name their codec."""
    return f"{file.mime}; codecs=opus" if file.mime == "audio/ogg" else file.mime


def _context(account: Account, person: Person, one: Message) -> Json:
    context: Json = dict(one.extra.get("context", {}))
    if one.reply_to:
        is_ours = one.extra.get("of") == "business"
        author = account.phone if is_ours else person.phone
        context = {**({"from": author} if author else {}), "id": one.reply_to, **context}
    return context


def status(account: Account, who: Person | str, one: Message, state: str, at: int) -> Json:
    """One step of an outgoing message, as the change that brings it; `who` is a mere address where nobody has it."""
    shown: Json = {"id": one.id, "status": state, "timestamp": str(at // 1000)}
    if isinstance(who, str):
        shown["recipient_id"] = who
    else:
        shown |= {} if who.is_phone_hidden else {"recipient_id": who.phone}
        shown["recipient_user_id"] = who.user_id
    if state in {"sent", "delivered"}:
        category = "utility" if one.kind == "template" else "service"
        shown["conversation"] = {
            "id": f"{one.seq:032x}",
            "origin": {"type": category},
            **({"expiration_timestamp": str(at // 1000 + 86400)} if state == "sent" else {}),
        }
        shown["pricing"] = {"billable": one.kind == "template", "pricing_model": "PMP", "category": category}
    if one.error is not None and state == "failed":
        shown["errors"] = [one.error]
    if one.tracker:
        shown["biz_opaque_callback_data"] = one.tracker
    contacts = [{"wa_id": who} if isinstance(who, str) else contact(who)]
    return change(account, contacts=contacts, statuses=[shown])


def account_error(account: Account, error: GraphError) -> Json:
    """A trouble of the whole number, which belongs to no message."""
    return change(account, errors=[error.in_status()])
