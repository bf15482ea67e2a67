"""One call of a Bot API method, and the table that methods register themselves in.

A method takes the call and returns its result (plain JSON values), or raises ApiError; it may be a coroutine.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

from sandbox.telegram.connections import connection_of, need_right
from sandbox.telegram.errors import bad_request, forbidden, too_many_requests
from sandbox.telegram.parameters import Parameters
from sandbox.telegram.records import Bot, Chat, Connection, Message
from sandbox.telegram.telegram import Telegram
from sandbox.toolkit.methods import Registrar


class DescribedResult(NamedTuple):
    """The result `true` with the server's own words beside it, such as "Webhook was set"."""

    description: str
    result: object = True


class Call:
    """Who calls, with what, on which server."""

    def __init__(self, telegram: Telegram, bot: Bot, parameters: Parameters) -> None:
        self.telegram = telegram
        self.world = telegram.world
        self.bot = bot
        self.parameters = parameters

    def chat(self, name: str = "chat_id", *, takes_connection: bool = True) -> Chat:
        """The chat that the call names; raises ApiError where the bot has no such chat.

        `takes_connection`: the method knows business connections; others do not look at the parameter.
        """
        given = self.parameters.text(name)
        if not given:
            raise bad_request(f"{name} is empty")
        try:
            chat_id = int(given)
        except ValueError:
            raise bad_request("chat not found") from None
        if takes_connection and (through := self.parameters.text("business_connection_id")):
            return self._business_chat(connection_of(self.bot, through), chat_id)
        chat = self.world.chats.get((self.bot.id, chat_id))
        if chat is not None:
            return chat
        user = self.world.users.get(chat_id)
        if user is None:
            raise bad_request("chat not found")
        return self.world.open_chat(self.bot, user)

    def _business_chat(self, connection: Connection, user_id: int) -> Chat:
        user = self.world.users.get(user_id)
        if user is None:
            raise bad_request("BUSINESS_PEER_INVALID")
        return self.world.business_chat(self.bot, connection, user)

    def writable_chat(self, *, takes_connection: bool = True) -> Chat:
        """The chat, if the bot may write to it now; raises ApiError."""
        chat = self.chat(takes_connection=takes_connection)
        if chat.connection:
            need_right(self.telegram, self.bot, chat)
        user = self.world.users.get(chat.chat_id)
        if user is not None and user.is_deactivated:
            raise forbidden("user is deactivated")
        if chat.is_left:
            raise forbidden("bot is not a member of the group chat")
        if not chat.is_started:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.is_blocked:
            raise forbidden("bot was blocked by the user")
        return chat

    def message(self, chat: Chat, missing: str, name: str = "message_id") -> Message:
        """The message that the call names; raises ApiError with the words `missing`."""
        message_id = self.parameters.integer(name)
        if not message_id:
            raise bad_request("message identifier is not specified")
        message = self.world.message(chat, message_id)
        if message is None:
            raise bad_request(missing)
        return message

    def spend(self, chat: Chat, cost: int = 1) -> None:
        """Takes from the flood budget; raises ApiError 429."""
        wait_s = self.telegram.limits.admit(self.bot.id, chat.chat_id, cost, self.telegram.clock.now_ms())
        if wait_s:
            raise too_many_requests(wait_s)


Method: TypeAlias = Callable[[Call], object] | Callable[[Call], Awaitable[object]]

METHODS: dict[str, Method] = {}

method = Registrar(METHODS)
"""Registers a function as the Bot API method of that name."""
