"""Answers to presses of callback buttons: another message in the old one's place, words that soon fade, or both."""

from sandbox.max.bodies import read_draft
from sandbox.max.calls import SUCCESS, Call, method
from sandbox.max.errors import not_found, wrong
from sandbox.max.methods.messages import change
from sandbox.wire import Json


@method("answer")
async def answer(call: Call) -> Json:
    """How long a press may be answered is published nowhere: here until the sandbox ends."""
    callback_id = call.query.get("callback_id", "")
    press = call.server.presses.get(callback_id)
    if not callback_id:
        raise wrong("callback_id: must not be empty")
    if press is None or press.bot_id != call.bot.id:
        raise not_found("Callback")
    body = call.object()
    notification, given = body.get("notification"), body.get("message")
    if notification is None and given is None:
        raise wrong("message or notification must be set")
    if notification is not None and not isinstance(notification, str):
        raise wrong("notification: must be a string")
    dialog = call.world.dialogs[press.chat_id]
    if given is not None:
        draft = await read_draft(call.server, call.bot, given)
        message = call.world.message(dialog, press.number)
        if message is None or message.is_gone:
            raise not_found("Message")
        change(call, dialog, message, draft)
    if notification:
        call.world.tell("toast", dialog, text=notification, alert=False)
    return SUCCESS
