"""Methods for a bot that answers for a person: who that is, marking as read, taking back."""

from sandbox.telegram.calls import Call, method
from sandbox.telegram.connections import connection_of, owner_of
from sandbox.telegram.errors import bad_request
from sandbox.wire import Json

_MAX_DELETED = 100


@method("getBusinessConnection")
def get_business_connection(call: Call) -> Json:
    connection = connection_of(call.bot, call.parameters.text("business_connection_id"))
    return connection.body(owner_of(call.telegram, call.bot, connection.id).as_user())


@method("readBusinessMessage")
def read_business_message(call: Call) -> bool:
    call.message(call.writable_chat(), "message to be read not found")
    return True


@method("deleteBusinessMessages")
def delete_business_messages(call: Call) -> bool:
    """The chat is known by the messages."""
    connection = connection_of(call.bot, call.parameters.text("business_connection_id"))
    ids = call.parameters.list("message_ids")
    if not 0 < len(ids) <= _MAX_DELETED:
        raise bad_request("too many message identifiers specified" if ids else "message identifiers are not specified")
    chats = [one for one in call.world.chats.values() if one.connection == connection.id and one.bot_id == call.bot.id]
    for chat in chats:
        for message in [found for one in ids if (found := call.world.message(chat, int(one))) is not None]:
            message.is_gone = True
            call.world.touch(message, "deleted")
            gone = {"business_connection_id": chat.connection, "chat": chat.body, "message_ids": [message.message_id]}
            call.telegram.notify(chat, "deleted_business_messages", gone)
    return True
