"""How the control API shows Telegram's bots, chats and messages, and people; the shapes that the page knows."""

from sandbox.telegram.files import Files, files_in
from sandbox.telegram.records import Bot, Chat, Message, User
from sandbox.wire import Json


def show_message(message: Message, files: Files) -> Json:
    """The Bot API's object and beside it what only the phone knows."""
    body = message.body
    keyboard = body.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        **body,
        "out": message.is_out,
        "edited": "edit_date" in body,
        "deleted": message.is_gone or message.is_hidden,
        "reactions": [{"emoji": reaction.emoji, "by": reaction.by} for reaction in message.reactions],
        "files": [_show_file(kind, media, message, files) for kind, media in files_in(body)],
        "keyboard": [[_show_button(button) for button in row] for row in keyboard],
    }


def _show_file(kind: str, media: Json, message: Message, files: Files) -> Json:
    file = files.find(media["file_id"], message.bot_id)
    shown: Json = {
        "kind": kind,
        "url": f"/sandbox/files/{file.number}" if file else None,
        "name": file.name if file else media.get("file_name"),
        "mime": file.mime if file else media.get("mime_type"),
        "size": media.get("file_size"),
        "width": media.get("width"),
        "height": media.get("height"),
        "duration": media.get("duration"),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _show_button(button: Json) -> Json:
    shown = {"text": button["text"], "data": button.get("callback_data"), "url": button.get("url")}
    return {name: value for name, value in shown.items() if value is not None}


def show_bot(bot: Bot) -> Json:
    """A bot without its secret: only the token's end is told."""
    return {
        "id": bot.id,
        "username": bot.username,
        "name": bot.profile.get("name:") or bot.name,
        "token_hint": f"…{bot.token[-4:]}",
        "description": bot.profile.get("description:", ""),
        "commands": next(iter(bot.commands.values()), []),
    }


def show_user(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "language_code": user.language_code,
        "role": user.role,
        "color": user.color,
    }


def show_chat(chat: Chat) -> Json:
    return {
        "bot_id": chat.bot_id,
        "user_id": chat.chat_id,
        "blocked": chat.is_blocked,
        "started": chat.is_started,
        "unread": chat.unread,
    }
