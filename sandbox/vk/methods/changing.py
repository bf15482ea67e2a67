"""messages.edit, messages.delete and reactions: what a community does to what was said."""

from sandbox.vk.calls import Call, method
from sandbox.vk.errors import VkError, missing
from sandbox.vk.keyboards import read_keyboard
from sandbox.vk.methods.sending import check_text, read_attachments
from sandbox.vk.records import Message, Reaction
from sandbox.vk.shapes import shown
from sandbox.wire import Json

_REACTIONS = range(1, 17)


@method("messages.edit")
def edit(call: Call) -> int:
    parameters = call.parameters
    dialog = call.dialog(parameters.needed("peer_id"))
    message = call.message(dialog)
    if not message.is_out:
        raise VkError(920)
    if _age_ms(call, message) > call.vk.settings.vk_edit_window_ms:
        raise VkError(909)
    text = parameters.text("message")
    check_text(call, text)
    body = {**message.body, "text": text, "attachments": read_attachments(call)}
    if not parameters.flag("keep_forward_messages"):
        body = {name: value for name, value in body.items() if name != "reply_message"} | {"fwd_messages": []}
    if not (body["text"] or body["attachments"] or body.get("geo") or body["fwd_messages"]):
        raise missing("message is empty or invalid")
    keyboard = read_keyboard(parameters.text("keyboard"), call.community.id) if "keyboard" in parameters else None
    message.keyboard = keyboard if keyboard is not None and keyboard["inline"] else None
    message.body = {**body, "update_time": call.vk.clock.now_s()}
    call.world.touch(message, "edited")
    call.vk.feed.publish(dialog, "message_edit", shown(call.world, message))
    return 1


@method("messages.delete")
def delete(call: Call) -> list[Json]:
    """Each message's own result; with `delete_for_all` within a day, also on the person's phone."""
    parameters = call.parameters
    is_for_all = parameters.flag("delete_for_all")
    if "cmids" in parameters:
        dialog = call.dialog(parameters.needed("peer_id"))
        named = [(cmid, call.world.message_by_cmid(dialog, cmid)) for cmid in parameters.integers("cmids")]
        name = "conversation_message_id"
    else:
        ids = parameters.integers("message_ids")
        if not ids:
            raise missing("message_ids is undefined")
        named = [(number, call.world.message_anywhere(call.community, number)) for number in ids]
        name = "message_id"
    return [_delete(call, name, number, message, is_for_all=is_for_all) for number, message in named]


def _delete(call: Call, name: str, number: int, message: Message | None, *, is_for_all: bool) -> Json:
    if message is None:
        return {name: number, "response": 0}
    shown_as: Json = {"peer_id": message.peer_id, "message_id": message.id, "conversation_message_id": message.cmid}
    too_old = _age_ms(call, message) > call.vk.settings.vk_edit_window_ms
    if is_for_all and (too_old or not message.is_out):
        error = VkError(924)
        return {**shown_as, "response": 0, "error": {"code": error.code, "description": error.message}}
    if is_for_all:
        message.is_gone = True
        call.world.touch(message, "deleted")
    return {**shown_as, "response": 1}


@method("messages.sendReaction")
def send_reaction(call: Call) -> int:
    message = _reacted(call)
    reaction_id = call.parameters.needed("reaction_id")
    if reaction_id not in _REACTIONS:
        raise VkError(1009)
    return _set_reaction(call, message, reaction_id)


@method("messages.deleteReaction")
def delete_reaction(call: Call) -> int:
    return _set_reaction(call, _reacted(call), None)


def _reacted(call: Call) -> Message:
    dialog = call.dialog(call.parameters.needed("peer_id"))
    message = call.world.message_by_cmid(dialog, call.parameters.needed("cmid"))
    if message is None:
        raise missing("cmid is invalid")
    return message


def _set_reaction(call: Call, message: Message, reaction_id: int | None) -> int:
    own = -call.community.id
    others = [one for one in message.reactions if one.by != own]
    message.reactions = [*others, *([Reaction(own, reaction_id)] if reaction_id is not None else [])]
    call.world.touch(message, "reaction")
    return 1


def _age_ms(call: Call, message: Message) -> int:
    return call.vk.clock.now_ms() - int(message.body["date"]) * 1000
