"""Methods that change what was sent: edits, deletions, reactions, pins, and answers to button presses."""

from sandbox.telegram.callbacks import Answer
from sandbox.telegram.calls import Call, method
from sandbox.telegram.contents import read_caption, read_text
from sandbox.telegram.entities import utf16_length
from sandbox.telegram.errors import NOT_MODIFIED, QUERY_TOO_OLD, bad_request
from sandbox.telegram.files import KINDS
from sandbox.telegram.keyboards import read_markup
from sandbox.telegram.methods.media import media_content
from sandbox.telegram.reactions import REACTIONS, plain_emoji
from sandbox.telegram.records import Chat, Message, Reaction
from sandbox.wire import Json

_MAX_TOAST = 200
_MAX_DELETED = 100
_MEDIA = frozenset(KINDS)
_TEXT = frozenset({"text", "entities"})
_CAPTION = frozenset({"caption", "caption_entities"})


def _editable(call: Call) -> tuple[Chat, Message]:
    if call.parameters.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = call.writable_chat()
    message = call.message(chat, "message to edit not found")
    if not message.is_out:
        raise bad_request("message can't be edited")
    return chat, message


def _edit(call: Call, chat: Chat, message: Message, without: frozenset[str], content: Json) -> Json:
    """Replaces fields `without` by `content`, and the keyboard by the call's; raises ApiError."""
    markup = read_markup(call.parameters)
    body = {key: value for key, value in message.body.items() if key not in without | {"reply_markup"}}
    body.update(content)
    if markup:
        body["reply_markup"] = markup
    if body == message.body:
        raise bad_request(NOT_MODIFIED)
    call.spend(chat)
    call.world.change_message(message, body)
    return message.body


@method("editMessageText")
def edit_message_text(call: Call) -> Json:
    text = read_text(call.parameters.values, call.parameters.parsed("entities"))
    chat, message = _editable(call)
    if "text" not in message.body:
        raise bad_request("there is no text in the message to edit")
    return _edit(call, chat, message, _TEXT, text.fields("text"))


@method("editMessageCaption")
def edit_message_caption(call: Call) -> Json:
    caption = read_caption(call.parameters.values, call.parameters.parsed("caption_entities"))
    chat, message = _editable(call)
    if not _MEDIA & message.body.keys():
        raise bad_request("there is no caption in the message to edit")
    return _edit(call, chat, message, _CAPTION, caption.fields("caption"))


@method("editMessageMedia")
async def edit_message_media(call: Call) -> Json:
    chat, message = _editable(call)
    if not _MEDIA & message.body.keys():
        raise bad_request("there is no media in the message to edit")
    content = await media_content(call, call.parameters.object("media"))
    return _edit(call, chat, message, _MEDIA | _CAPTION, content)


@method("editMessageReplyMarkup")
def edit_message_reply_markup(call: Call) -> Json:
    chat, message = _editable(call)
    return _edit(call, chat, message, frozenset(), {})


@method("deleteMessage")
def delete_message(call: Call) -> bool:
    chat = call.chat(takes_connection=False)
    message = call.message(chat, "message to delete not found")
    if not _may_delete(call, message):
        raise bad_request("message can't be deleted for everyone")
    call.spend(chat)
    _delete(call, message)
    return True


@method("deleteMessages")
def delete_messages(call: Call) -> bool:
    """Unknown and undeletable ones are passed over, as the real method does."""
    chat = call.chat()
    ids = call.parameters.list("message_ids")
    if not 0 < len(ids) <= _MAX_DELETED:
        raise bad_request("too many message identifiers specified" if ids else "message identifiers are not specified")
    call.spend(chat)
    for message_id in ids:
        message = call.world.message(chat, int(message_id))
        if message is not None and _may_delete(call, message):
            _delete(call, message)
    return True


def _may_delete(call: Call, message: Message) -> bool:
    sent_at = int(message.body["date"]) * 1000
    return call.telegram.clock.now_ms() - sent_at < call.telegram.settings.delete_window_ms


def _delete(call: Call, message: Message) -> None:
    message.is_gone = True
    call.world.touch(message, "deleted")


@method("setMessageReaction")
def set_message_reaction(call: Call) -> bool:
    chat = call.writable_chat(takes_connection=False)
    message = call.message(chat, "message to react not found")
    given = call.parameters.list("reaction")
    if len(given) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    emoji = [plain_emoji(str(one.get("emoji"))) for one in given if isinstance(one, dict)]
    if len(emoji) != len(given) or not REACTIONS.issuperset(emoji):
        raise bad_request("REACTION_INVALID")
    call.spend(chat)
    others = [reaction for reaction in message.reactions if reaction.by != "bot"]
    message.reactions = [*others, *(Reaction(one, "bot") for one in emoji)]
    call.world.touch(message, "reaction", emoji=emoji[0] if emoji else "", by="bot")
    return True


@method("pinChatMessage")
def pin_chat_message(call: Call) -> bool:
    chat = call.writable_chat()
    chat.pinned = call.message(chat, "message to pin not found").message_id
    call.world.keep_chat(chat)
    return True


@method("unpinChatMessage")
def unpin_chat_message(call: Call) -> bool:
    chat = call.writable_chat()
    if call.parameters.text("message_id"):
        call.message(chat, "message to unpin not found")
    chat.pinned = None
    call.world.keep_chat(chat)
    return True


@method("answerCallbackQuery")
def answer_callback_query(call: Call) -> bool:
    text = call.parameters.text("text")
    if utf16_length(text) > _MAX_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    answer = Answer(text, call.parameters.flag("show_alert"), call.parameters.text("url"))
    chat_id = call.telegram.callbacks.answer(call.bot, call.parameters.text("callback_query_id"), answer)
    if chat_id is None:
        raise bad_request(QUERY_TOO_OLD)
    if text:
        call.world.tell("toast", call.world.chats[call.bot.id, chat_id], text=text, alert=answer.is_alert)
    return True
