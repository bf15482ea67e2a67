"""How the control API shows accounts, dialogs and messages of Meta's messengers; the shapes that the page knows."""

from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, App, Dialog, Message
from sandbox.meta.world import World
from sandbox.wire import Json


def show_message(world: World, message: Message) -> Json:
    """What a phone shows of it; one that never arrived is not there."""
    original = world.message(world.dialogs[message.account_id, message.person_id], message.reply_to)
    return {
        "id": message.id,
        "seq": message.seq,
        "at": message.at,
        "out": message.is_out,
        "kind": message.kind,
        "text": message.text,
        "content": message.content,
        "extra": message.extra,
        "quote": _show_quote(world, original) if original is not None else None,
        "files": [_show_file(world, one) for one in message.files],
        "buttons": message.buttons,
        "reactions": [
            {"emoji": emoji, "mine": is_mine}
            for emoji, is_mine in ((message.reaction_in, True), (message.reaction_out, False))
            if emoji
        ],
        "status": message.status,
        "is_edited": message.edits > 0,
        "is_deleted": message.is_gone or message.status == "failed",
    }


def _show_quote(world: World, original: Message) -> Json:
    is_sound = original.kind == "audio" and bool(original.files)
    return {
        "id": original.id,
        "seq": original.seq,
        "mine": not original.is_out,
        "text": original.text,
        "kind": _show_file(world, original.files[0])["kind"] if is_sound else original.kind,
    }


def _show_file(world: World, file_id: str) -> Json:
    file = world.media.known(file_id)
    assert file is not None
    measured = {"width": file.width, "height": file.height}
    return {
        "kind": "voice" if file.is_voice else file.mime.partition("/")[0],
        "url": f"/sandbox/meta/files/{file.id}",
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        **{name: value for name, value in measured.items() if value},
    }


def show_app(app: App) -> Json:
    """An app without its secrets."""
    return {"name": app.name, "id": app.id, "callback_url": app.callback_url, "status": app.status}


def show_account(account: Account) -> Json:
    """An account without its secret: only the token's end is told."""
    return {
        "messenger": account.messenger,
        "id": account.id,
        "owner_id": account.owner_id,
        "app": account.app,
        "name": account.name,
        "username": account.username,
        "phone": account.phone,
        "subscribed": account.is_subscribed,
        "token_hint": f"…{account.token[-4:]}",
    }


def show_dialog(meta: Meta, dialog: Dialog) -> Json:
    window_ms = meta.settings.meta_window_ms
    return {
        "messenger": meta.world.messenger(dialog),
        "account_id": dialog.account_id,
        "user_id": dialog.person_id,
        "blocked": dialog.is_blocked,
        "elsewhere": dialog.is_elsewhere,
        "unread": dialog.unread,
        "window_until": dialog.opened_at + window_ms if dialog.opened_at else None,
    }
