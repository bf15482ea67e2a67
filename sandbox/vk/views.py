"""How the control API shows VK's communities, dialogs and messages; the shapes that the page knows."""

from sandbox.vk.records import Community, Dialog, Message
from sandbox.vk.shapes import shown
from sandbox.vk.world import World
from sandbox.wire import Json


def show_message(world: World, message: Message) -> Json:
    """VK's object and beside it what only the phone knows."""
    dialog = world.dialogs[message.community_id, message.peer_id]
    return {
        **shown(world, message),
        "is_edited": "update_time" in message.body,
        "is_deleted": message.is_gone or message.is_hidden,
        "is_read": message.id <= (dialog.out_read if message.is_out else dialog.in_read),
        "below": dialog.keyboard if dialog.keyboard_of == message.id else None,
        "files": [_show_file(world, one["file"]) for one in message.body["attachments"] if "file" in one],
        "put": [{"reaction_id": one.reaction_id, "mine": one.by > 0} for one in message.reactions],
    }


def _show_file(world: World, number: int) -> Json:
    file = world.files.get(number)
    assert file is not None
    measured = {"width": file.width, "height": file.height}
    return {
        "kind": file.kind,
        "url": f"/sandbox/vk/files/{file.number}",
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "duration": file.duration,
        **{name: value for name, value in measured.items() if value},
    }


def show_community(community: Community) -> Json:
    """A community without its secret: only the token's end is told."""
    return {
        "id": community.id,
        "screen_name": community.screen_name,
        "name": community.name,
        "description": community.description,
        "token_hint": f"…{community.token[-4:]}",
        "longpoll": community.longpoll.is_enabled,
        "servers": [
            {"id": one.id, "title": one.title, "url": one.url, "status": one.status} for one in community.servers
        ],
    }


def show_dialog(dialog: Dialog) -> Json:
    return {
        "community_id": dialog.community_id,
        "user_id": dialog.peer_id,
        "allowed": dialog.is_allowed,
        "denied": dialog.is_denied,
        "banned": dialog.is_banned,
        "unread": dialog.unread,
        "keyboard": dialog.keyboard,
    }
