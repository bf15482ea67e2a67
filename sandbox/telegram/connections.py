"""Business connections: which of them a call may use, and what the bot says for the person behind one.

Sources: core.telegram.org/bots/api (BusinessConnection, BusinessBotRights) and CHANNELS.md 1.6.
"""

from sandbox.telegram.errors import bad_request
from sandbox.telegram.records import Bot, Chat, Connection, Message, User
from sandbox.telegram.telegram import Telegram
from sandbox.wire import Json

WINDOW_S = 24 * 3600
"""For so long after the client's last message a bot may answer."""


def connection_of(bot: Bot, connection_id: str) -> Connection:
    """The connection, if it is there and switched on; raises ApiError."""
    found = next((one for one in bot.connections if one.id == connection_id), None)
    if found is None or not found.is_enabled:
        raise bad_request("business connection not found")
    return found


def need_right(telegram: Telegram, bot: Bot, chat: Chat) -> None:
    """Raises ApiError: the bot may not write there now."""
    if not connection_of(bot, chat.connection).can_reply:
        raise bad_request("BOT_ACCESS_FORBIDDEN")
    newest = next((one for one in telegram.world.history(chat) if is_clients(one)), None)
    if newest is None or telegram.clock.now_s() - int(newest.body["date"]) >= WINDOW_S:
        raise bad_request("BUSINESS_PEER_INVALID")


def is_clients(message: Message) -> bool:
    """Whether the client has written it: the chat has their id."""
    return bool(message.body["from"]["id"] == message.body["chat"]["id"])


def say_for(telegram: Telegram, bot: Bot, chat: Chat, content: Json) -> Message:
    """Writes the bot's words in the person's name; the bot hears of them like of everything else in that chat."""
    owner = owner_of(telegram, bot, chat.connection)
    marks = {"business_connection_id": chat.connection, "sender_business_bot": bot.as_user()}
    message = telegram.world.add_message(bot, chat, owner.as_user(), {**marks, **content}, is_out=True)
    telegram.notify(chat, "business_message", message.body)
    return message


def owner_of(telegram: Telegram, bot: Bot, connection_id: str) -> User:
    return telegram.world.users[next(one for one in bot.connections if one.id == connection_id).owner_id]
