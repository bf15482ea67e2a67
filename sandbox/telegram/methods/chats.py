"""Methods about chats, people and files already there."""

from sandbox.telegram.calls import Call, method
from sandbox.telegram.contents import one_level
from sandbox.telegram.errors import bad_request
from sandbox.wire import Json


@method("getChat")
def get_chat(call: Call) -> Json:
    chat = call.chat()
    if chat.is_private and not chat.is_started:
        raise bad_request("chat not found")
    full: Json = {
        **chat.body,
        "accent_color_id": chat.chat_id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": True,
            "limited_gifts": True,
            "unique_gifts": True,
            "premium_subscription": True,
            "gifts_from_channels": True,
        },
    }
    user = call.world.users.get(chat.chat_id)
    if user is not None and user.username:
        full["active_usernames"] = [user.username]
    picture = call.telegram.files.get(user.avatar) if user is not None and user.avatar else None
    if picture is not None:
        sizes = call.telegram.files.photo_sizes(picture, call.bot.id)
        full["photo"] = {
            f"{size}_{field}": sizes[index][field]
            for size, index in (("small", 0), ("big", -1))
            for field in ("file_id", "file_unique_id")
        }
    pinned = call.world.message(chat, chat.pinned) if chat.pinned else None
    if pinned is not None:
        full["pinned_message"] = one_level(pinned.body)
    return full


@method("getUserProfilePhotos")
def get_user_profile_photos(call: Call) -> Json:
    user = call.world.users.get(call.parameters.integer("user_id"))
    chat = call.world.chats.get((call.bot.id, user.id)) if user is not None else None
    if user is None or chat is None or not chat.is_started:
        raise bad_request("user not found")
    picture = call.telegram.files.get(user.avatar) if user.avatar else None
    photos = [call.telegram.files.photo_sizes(picture, call.bot.id)] if picture is not None else []
    start = max(call.parameters.integer("offset"), 0)
    return {"total_count": len(photos), "photos": photos[start:]}


@method("getFile")
def get_file(call: Call) -> Json:
    file_id = call.parameters.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    files = call.telegram.files
    file = files.find(file_id, call.bot.id)
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.size > call.telegram.settings.max_download_bytes:
        raise bad_request("file is too big")
    return {
        **files.identity(file, call.bot.id),
        "file_path": files.link(file, call.bot.id, call.telegram.settings.file_link_ms),
    }


@method("leaveChat")
def leave_chat(call: Call) -> bool:
    chat = call.chat()
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    chat.is_left = True
    call.world.keep_chat(chat)
    return True
