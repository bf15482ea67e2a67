"""Messages: sending, changing, deleting and reading them. What a bot does itself is not told it as an update."""

from itertools import islice

from sandbox.max.bodies import Draft, check_not_empty, read_draft
from sandbox.max.calls import SUCCESS, Call, method
from sandbox.max.errors import no_right, not_found, suspended, unsuccessful, wrong
from sandbox.max.records import Dialog, Message
from sandbox.max.shapes import message_object
from sandbox.max.world import Content
from sandbox.wire import Json

_AT_ONCE, _MOST_AT_ONCE = 50, 100


@method("send")
async def send(call: Call) -> Json:
    """Sends to a dialog by the person or by the chat; the two must not be mixed up."""
    if call.query.get("disable_link_preview", "true").lower() not in {"true", "false"}:
        raise wrong("disable_link_preview: must be boolean")
    dialog = _receiver(call)
    draft = await read_draft(call.server, call.bot, call.object())
    check_not_empty(draft)
    if dialog.is_stopped:
        raise suspended()
    content = Content(draft.text or "", draft.markup, draft.attachments, draft.keyboard, draft.link)
    message = call.world.add_message(dialog, call.bot.id, content)
    return {"message": message_object(call.world, dialog, message)}


def _receiver(call: Call) -> Dialog:
    user_id, chat_id = call.integer("user_id"), call.integer("chat_id")
    if chat_id is not None:
        return call.dialog(chat_id)
    if user_id is None:
        raise wrong("chat_id or user_id must be set")
    dialog = call.world.dialog_of(call.bot.id, user_id)
    if dialog is None or dialog.user_id != user_id or not dialog.is_started:
        raise not_found(f"Dialog with user {user_id}", "dialog.not.found")
    return dialog


@method("edit")
async def edit(call: Call) -> Json:
    """Changes an own message; one without a keyboard only for some days, which is refused with a 200."""
    dialog, message = _own(call, "edit")
    draft = await read_draft(call.server, call.bot, call.object())
    if dialog.is_stopped:
        raise suspended()
    age_ms = call.server.clock.now_ms() - message.at
    if message.keyboard is None and age_ms > call.server.settings.max_edit_window_ms:
        return unsuccessful("access.denied", "Message can't be edited: it is too old")
    change(call, dialog, message, draft)
    return SUCCESS


def change(call: Call, dialog: Dialog, message: Message, draft: Draft) -> None:
    """Puts a draft in a message's place: what was not given stays. Raises MaxError where nothing would be left."""
    text = message.text if draft.text is None else draft.text
    attachments = message.attachments if draft.attachments is None else draft.attachments
    if not (text or attachments or message.link is not None):
        raise wrong("Message cannot be empty: text or attachments must be set")
    message.text, message.attachments = text, attachments
    message.markup = message.markup if draft.text is None else draft.markup
    message.keyboard = message.keyboard if draft.attachments is None else draft.keyboard
    message.link = draft.link or message.link
    message.is_edited = True
    call.world.touch(dialog, message, "edited")


@method("delete")
def delete(call: Call) -> Json:
    dialog, message = _own(call, "delete")
    message.is_gone = True
    call.world.touch(dialog, message, "deleted")
    return SUCCESS


def _own(call: Call, verb: str) -> tuple[Dialog, Message]:
    mid = call.query.get("message_id", "")
    if not mid:
        raise wrong("message_id: must not be empty")
    dialog, message = call.message(mid)
    if message.sender_id != call.bot.id:
        raise no_right(f"Insufficient permissions to {verb} message")
    return dialog, message


@method("messages")
def messages(call: Call) -> Json:
    """A part of a chat, newest first: `from` is the later bound, `to` the earlier. Or messages by their ids."""
    if mids := call.query.get("message_ids"):
        found = [call.world.by_mid(call.bot, one) for one in mids.split(",")]
        return {"messages": [message_object(call.world, *one) for one in found if one is not None]}
    chat_id, count = call.integer("chat_id"), call.integer("count", 1, _MOST_AT_ONCE)
    if chat_id is None:
        raise wrong("chat_id or message_ids must be set")
    later, earlier = call.integer("from"), call.integer("to")
    dialog = call.dialog(chat_id)
    fit = (
        one
        for one in call.world.seen_by_bot(dialog)
        if (later is None or one.at <= later) and (earlier is None or one.at >= earlier)
    )
    return {"messages": [message_object(call.world, dialog, one) for one in islice(fit, count or _AT_ONCE)]}


@method("message")
def message_by_id(call: Call) -> Json:
    return message_object(call.world, *call.message(call.path["message_id"]))
