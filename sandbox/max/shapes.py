"""The objects of MAX's API: users, messages, chats, updates; files become addresses here.

Source: CHANNELS.md 9.4, 9.5 and 9.8. As live answers were seen: `text` is "" where there is none, `username` lacks
where none is set, `last_name` is "", and a user's last activity is in whole seconds.
"""

from sandbox.max.files import File
from sandbox.max.records import Bot, Dialog, Link, Message, Person
from sandbox.max.world import World
from sandbox.wire import Json

_SECOND_MS = 1000


def user(person: Person) -> Json:
    """A person as a message's sender: without a picture."""
    first, last = person.names
    return {
        "user_id": person.id,
        "first_name": first,
        "last_name": last,
        **({"username": person.username} if person.username else {}),
        "is_bot": False,
        "last_activity_time": person.last_activity // _SECOND_MS * _SECOND_MS,
        "name": person.name,
    }


def bot_user(bot: Bot, now_ms: int) -> Json:
    """A bot as a message's sender."""
    return {
        "user_id": bot.id,
        "first_name": bot.name,
        "username": bot.username,
        "is_bot": True,
        "last_activity_time": now_ms,
        "name": bot.name,
    }


def _faces(world: World, number: int) -> Json:
    file = world.files.get(number)
    assert file is not None
    return {"avatar_url": world.files.address(file), "full_avatar_url": world.files.address(file)}


def user_with_face(world: World, person: Person) -> Json:
    """A person as the updates about a dialog have them."""
    return {**user(person), **_faces(world, person.avatar)}


def bot_info(world: World, bot: Bot, now_ms: int) -> Json:
    described = {"description": bot.description} if bot.description else {}
    return {**bot_user(bot, now_ms), **described, **_faces(world, bot.avatar), "commands": bot.commands}


def sender_of(world: World, dialog: Dialog, sender_id: int, now_ms: int) -> Json:
    if sender_id == dialog.bot_id:
        return bot_user(world.bots[sender_id], now_ms)
    return user(world.people[sender_id])


def message_object(world: World, dialog: Dialog, message: Message) -> Json:
    """A message as an update or an answer has it; its receiver is whoever has not written it."""
    other = dialog.user_id if message.sender_id == dialog.bot_id else dialog.bot_id
    told: Json = {
        "recipient": {"chat_id": dialog.chat_id, "chat_type": "dialog", "user_id": other},
        "timestamp": message.at,
        "body": body(world, message),
        "sender": sender_of(world, dialog, message.sender_id, message.at),
    }
    if message.link is not None:
        told["link"] = link_object(world, message.link)
    return told


def body(world: World, message: Message) -> Json:
    return _body(world, message.mid, message, message.keyboard)


def _body(world: World, mid: str, of: Message | Link, keyboard: list[list[Json]] | None) -> Json:
    told: Json = {"mid": mid, "seq": of.seq, "text": of.text}
    attachments = [attachment(world, one) for one in of.attachments]
    if keyboard is not None:
        attachments.append({"type": "inline_keyboard", "payload": {"buttons": keyboard}})
    if attachments:
        told["attachments"] = attachments
    if of.markup:
        told["markup"] = of.markup
    return told


def link_object(world: World, link: Link) -> Json:
    told: Json = {"type": link.type, "message": _body(world, link.mid, link, None), "sender": link.sender}
    return {**told, "chat_id": link.chat_id} if link.type == "forward" else told


def attachment(world: World, kept: Json) -> Json:
    """An attachment with fresh addresses."""
    if "file" not in kept:
        return kept
    file = world.files.get(kept["file"])
    assert file is not None
    address = world.files.address(file)
    if kept["type"] == "sticker":
        size = {"width": file.width, "height": file.height}
        return {"type": "sticker", "payload": {"url": address, "code": kept["code"]}, **size}
    return _of_file(world, file, address)


def _of_file(world: World, file: File, address: str) -> Json:
    payload: Json = {"url": address, "token": file.token}
    match file.kind:
        case "image":
            return {"type": "image", "payload": {"photo_id": file.number, **payload}}
        case "video":
            thumbnail = world.files.get(file.thumbnail or 0)
            shown = {} if thumbnail is None else {"thumbnail": {"url": world.files.address(thumbnail)}}
            sizes = {"width": file.width, "height": file.height, "duration": file.duration}
            return {"type": "video", "payload": {**payload, "id": file.number}, **shown, **sizes}
        case "audio":
            return {"type": "audio", "payload": {**payload, "id": file.number}}
        case "file":
            payload["fileId"] = file.number
            return {"type": "file", "payload": payload, "filename": file.name, "size": file.size}


def chat_object(world: World, dialog: Dialog) -> Json:
    """A dialog as GET /chats/{chat_id} has it."""
    newest = next(world.seen_by_bot(dialog), None)
    return {
        "chat_id": dialog.chat_id,
        "type": "dialog",
        "status": "suspended" if dialog.is_stopped else "active",
        "last_event_time": newest.at if newest is not None else dialog.created,
        "participants_count": 2,
        "is_public": False,
        "dialog_with_user": user_with_face(world, world.people[dialog.user_id]),
    }
