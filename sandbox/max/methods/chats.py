"""A dialog as a whole: what it is, and what the bot is seen doing in it."""

from sandbox.max.calls import SUCCESS, Call, method
from sandbox.max.errors import not_found, suspended, wrong
from sandbox.max.records import Dialog
from sandbox.max.shapes import chat_object
from sandbox.wire import Json

_TYPING = frozenset({"typing_on", "sending_photo", "sending_video", "sending_audio", "sending_file"})


@method("chat")
def chat(call: Call) -> Json:
    return chat_object(call.world, _dialog(call))


@method("action")
def act(call: Call) -> Json:
    """Shows the person that the bot types, or has read."""
    dialog, action = _dialog(call), call.object().get("action")
    if action != "mark_seen" and action not in _TYPING:
        raise wrong(f"action: unknown value {action}")
    if dialog.is_stopped:
        raise suspended()
    if action in _TYPING:
        call.world.tell("typing", dialog, action=action)
    else:
        call.world.mark_seen(dialog)
    return SUCCESS


def _dialog(call: Call) -> Dialog:
    given = call.path["chat_id"]
    try:
        return call.dialog(int(given))
    except ValueError:
        raise not_found(f"Chat {given}", "chat.not.found") from None
