"""What people do around business connections: connect a bot, write to a person, answer by hand, edit, delete."""

import secrets

from sandbox.telegram.connections import is_clients, owner_of
from sandbox.telegram.entities import find_entities
from sandbox.telegram.people import Act
from sandbox.telegram.records import Bot, Chat, Connection, Message, User
from sandbox.telegram.telegram import Telegram
from sandbox.toolkit.acts import ActError


class Business:
    """Acts of persons who have connected a bot, and of their clients; each names them by id."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._world = telegram.world

    def connect(self, owner_id: int, bot_id: int, *, can_reply: bool = True) -> Act:
        """Connects the bot, or connects it anew: the old connection ends and the new one has another id."""
        bot, owner = self._bot(bot_id), self._user(owner_id)
        for one in bot.connections:
            if one.owner_id == owner_id and one.is_enabled:
                self.disconnect(owner_id, bot_id)
        connection = Connection(
            id=secrets.token_urlsafe(12),
            owner_id=owner_id,
            date=self._telegram.clock.now_s(),
            can_reply=can_reply,
        )
        bot.connections.append(connection)
        return Act(None, self._tell(bot, connection, owner))

    def disconnect(self, owner_id: int, bot_id: int) -> Act:
        bot, connection = self._bot(bot_id), self._connection(owner_id, bot_id)
        connection.is_enabled = False
        return Act(None, self._tell(bot, connection, self._user(owner_id)))

    def write(self, user_id: int, owner_id: int, bot_id: int, text: str, *, ago_s: int = 0) -> Act:
        """A client writes to the person; `ago_s` seconds ago, for windows that end soon."""
        chat = self._chat(user_id, owner_id, bot_id)
        return self._say(self._user(user_id), chat, text, self._telegram.clock.now_s() - ago_s)

    def answer(self, owner_id: int, user_id: int, bot_id: int, text: str) -> Act:
        """The person answers by their own hand."""
        chat = self._chat(user_id, owner_id, bot_id)
        return self._say(self._user(owner_id), chat, text, self._telegram.clock.now_s())

    def edit(self, user_id: int, owner_id: int, bot_id: int, message_id: int, text: str) -> Act:
        """The client corrects what they wrote."""
        chat = self._chat(user_id, owner_id, bot_id)
        message = self._known(chat, message_id)
        if not is_clients(message):
            raise ActError("This message is the other side's: only one's own can be edited.", "not-own")
        self._world.change_message(message, {**message.body, "text": text})
        return Act(message, self._telegram.notify(chat, "edited_business_message", message.body))

    def delete(self, user_id: int, owner_id: int, bot_id: int, message_id: int) -> Act:
        """Somebody takes a message away for both sides."""
        chat = self._chat(user_id, owner_id, bot_id)
        message = self._known(chat, message_id)
        message.is_gone = True
        self._world.touch(message, "deleted")
        gone = {"business_connection_id": chat.connection, "chat": chat.body, "message_ids": [message_id]}
        return Act(message, self._telegram.notify(chat, "deleted_business_messages", gone))

    def _say(self, writer: User, chat: Chat, text: str, at_s: int) -> Act:
        if not text.strip():
            raise ActError("There is no text to send.", "no-text")
        content = {"business_connection_id": chat.connection, "date": at_s, "text": text}
        if found := find_entities(text):
            content["entities"] = found
        bot = self._world.bots[chat.bot_id]
        message = self._world.add_message(bot, chat, writer.as_user(), content, is_out=False)
        return Act(message, self._telegram.notify(chat, "business_message", message.body))

    def _tell(self, bot: Bot, connection: Connection, owner: User) -> int | None:
        self._world.keep_bot(bot)
        # It concerns no chat; a webhook keeps its order behind those of the person's own chat with the bot.
        chat = self._world.open_chat(bot, owner)
        body = connection.body(owner_of(self._telegram, bot, connection.id).as_user())
        return self._telegram.notify(chat, "business_connection", body, ordering_key="business:")

    def _chat(self, user_id: int, owner_id: int, bot_id: int) -> Chat:
        return self._world.business_chat(self._bot(bot_id), self._connection(owner_id, bot_id), self._user(user_id))

    def _connection(self, owner_id: int, bot_id: int) -> Connection:
        for one in self._bot(bot_id).connections:
            if one.owner_id == owner_id and one.is_enabled:
                return one
        raise ActError("This person has connected no bot.", "not-connected")

    def _known(self, chat: Chat, message_id: int) -> Message:
        message = self._world.message(chat, message_id)
        if message is None:
            raise ActError(f"There is no message {message_id} in this chat.", "no-message")
        return message

    def _bot(self, bot_id: int) -> Bot:
        if (bot := self._world.bots.get(bot_id)) is None:
            raise ActError(f"There is no bot {bot_id}.")
        return bot

    def _user(self, user_id: int) -> User:
        if (user := self._world.users.get(user_id)) is None:
            raise ActError(f"There is no user {user_id}.")
        return user
