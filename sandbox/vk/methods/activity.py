"""Typing, read marks, and the answer to a pressed button."""

from sandbox.vk.calls import Call, method
from sandbox.vk.errors import missing

_ACTIVITIES = frozenset({"typing", "audiomessage", "photo", "video", "file"})
_LONGEST_EVENT_DATA = 1000


@method("messages.setActivity")
def set_activity(call: Call) -> int:
    kind = call.parameters.text("type") or "typing"
    if kind not in _ACTIVITIES:
        raise missing("type should be one of typing, audiomessage, photo, video, file")
    dialog = call.writable(call.peer())
    call.world.tell("typing", dialog, action=kind)
    return 1


@method("messages.markAsRead")
def mark_as_read(call: Call) -> int:
    """Up to a message, or with none named up to the newest."""
    parameters = call.parameters
    dialog = call.dialog()
    newest = next((one.id for one in call.world.history(dialog)), 0)
    named = max([parameters.integer("start_message_id"), *parameters.integers("message_ids")])
    if "up_to_cmid" in parameters:
        message = call.world.message_by_cmid(dialog, parameters.integer("up_to_cmid"))
        named = message.id if message is not None else 0
    dialog.in_read = max(dialog.in_read, min(named, newest) if named else newest)
    call.world.keep_dialog(dialog)
    call.world.tell("read", dialog, message_id=dialog.in_read)
    return 1


@method("messages.sendMessageEventAnswer")
def answer_event(call: Call) -> int:
    parameters = call.parameters
    user_id, event_id = parameters.needed("user_id"), parameters.text("event_id")
    parameters.needed("peer_id")
    if len(parameters.text("event_data")) > _LONGEST_EVENT_DATA:
        raise missing("event_data is too long")
    data = parameters.object("event_data") if "event_data" in parameters else {}
    if data and data.get("type") not in {"show_snackbar", "open_link", "open_app"}:
        raise missing("event_data type is unknown")
    press = call.vk.presses.get(event_id)
    if press is None or (press.community_id, press.user_id) != (call.community.id, user_id):
        raise missing("event_id is invalid")
    del call.vk.presses[event_id]
    if not press.answer.done():
        press.answer.set_result(data)
    return 1
