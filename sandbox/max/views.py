"""How the control API shows MAX's bots, dialogs and messages; the shapes that the page knows."""

from sandbox.max.files import File
from sandbox.max.records import Bot, Dialog, Link, Message
from sandbox.max.world import World
from sandbox.wire import Json

_KINDS = {"image": "photo", "video": "video", "audio": "audio", "file": "document", "sticker": "sticker"}
"""How the page calls MAX's kinds of attachments."""


def show_message(world: World, message: Message) -> Json:
    """What the phone shows; addresses are of the page's own server."""
    dialog = world.dialogs[message.chat_id]
    is_mine = message.sender_id == dialog.user_id
    attachments = message.attachments
    return {
        "number": message.number,
        "mid": message.mid,
        "mine": is_mine,
        "at": message.at,
        "text": message.text,
        "markup": message.markup,
        "is_edited": message.is_edited,
        "is_deleted": message.is_gone or message.is_hidden,
        "is_read": is_mine and message.number <= dialog.seen,
        "files": [_show_file(world, one, is_voice=message.is_voice) for one in attachments if "file" in one],
        "things": [one for one in attachments if "file" not in one],
        "keyboard": message.keyboard,
        "quote": _show_link(message.link, dialog) if message.link and message.link.type == "reply" else None,
        "forward": _show_link(message.link, dialog) if message.link and message.link.type == "forward" else None,
        "is_voice": message.is_voice,
    }


def _show_link(link: Link, dialog: Dialog) -> Json:
    kinds = [one["type"] for one in link.attachments]
    return {
        "number": link.number,
        "mine": link.sender["user_id"] == dialog.user_id,
        "name": link.sender["name"],
        "text": link.text,
        "kind": _KINDS.get(kinds[0], kinds[0]) if kinds else None,
    }


def _show_file(world: World, attachment: Json, *, is_voice: bool) -> Json:
    file = world.files.get(attachment["file"])
    assert file is not None
    return {
        "kind": "voice" if is_voice else _KINDS[attachment["type"]],
        "url": file_address(file),
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "duration": file.duration,
        **({"width": file.width, "height": file.height} if file.width else {}),
    }


def file_address(file: File) -> str:
    return f"/sandbox/max/files/{file.number}"


def show_bot(bot: Bot) -> Json:
    """A bot without its secrets."""
    return {
        "id": bot.id,
        "username": bot.username,
        "name": bot.name,
        "description": bot.description,
        "commands": bot.commands,
        "subscriptions": [one.url for one in bot.subscriptions],
    }


def show_dialog(dialog: Dialog) -> Json:
    return {
        "chat_id": dialog.chat_id,
        "bot_id": dialog.bot_id,
        "user_id": dialog.user_id,
        "started": dialog.is_started,
        "stopped": dialog.is_stopped,
        "muted": dialog.muted_until > 0,
        "unread": dialog.unread,
    }
