"""Messages of a chat: the list, texts and pictures out, taking one back."""

from sandbox.avito.calls import Call, method
from sandbox.avito.errors import AvitoError, invalid
from sandbox.avito.records import Chat
from sandbox.avito.shapes import listed_message, sent_message
from sandbox.wire import Json

_LONGEST_TEXT = 1000


@method("messages")
def list_messages(call: Call) -> Json | list[Json]:
    """Newest first; nothing is marked as read. The document speaks of an array, the live API answers an object."""
    page, chat = call.page(), call.chat()
    found = list(call.world.history(chat))
    shown = [listed_message(call.world, chat, one) for one in found[page.offset : page.offset + page.limit]]
    if call.avito.settings.avito_messages_as_array:
        return shown
    return {"messages": shown, "meta": {"has_more": len(found) > page.offset + page.limit}}


@method("send")
def send(call: Call) -> Json:
    chat, body = _writable(call), call.object()
    message = body.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    if body.get("type", "text") != "text":
        raise invalid(type="should be text")
    if not isinstance(text, str) or not text.strip():
        raise invalid(text="should not be empty")
    if len(text) > _LONGEST_TEXT:
        raise invalid(text=f"should be at most {_LONGEST_TEXT} characters long")
    sent, _ = call.avito.write(chat, call.seller.id, "text", {"text": text})
    return sent_message(call.world, chat, sent)


@method("send_image")
def send_image(call: Call) -> Json:
    chat, image_id = _writable(call), call.object().get("image_id")
    file = call.avito.files.by_image_id(image_id) if isinstance(image_id, str) else None
    if file is None:
        raise invalid(image_id="should be of an uploaded image")
    sent, _ = call.avito.write(chat, call.seller.id, "image", {}, file=file.number)
    return sent_message(call.world, chat, sent)


@method("delete")
def delete(call: Call) -> Json:
    """Within an hour; what was taken back once more stays so."""
    chat = call.chat()
    message = call.message(chat)
    if message.author_id != call.seller.id:
        raise AvitoError(400, "Only own messages can be deleted")
    if call.avito.clock.now_ms() - message.created * 1000 > call.avito.settings.avito_delete_window_ms:
        raise AvitoError(400, "The message is too old to be deleted")
    if message.type != "deleted":
        call.avito.erase(chat, message, by_buyer=False)
    return {}


def _writable(call: Call) -> Chat:
    """No answer is known for a buyer who wants no more messages; the document has 403 for what is forbidden."""
    chat = call.chat()
    if chat.is_refused:
        raise AvitoError(403)
    return chat
