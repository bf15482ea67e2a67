"""The state of the stand-in: who exists, who talks with whom, what was said; loaded from and kept in the store.

Every change goes through here, so that the store and the page hear of it. No rules of the API live here.
"""

from collections.abc import Iterator

from sandbox.cast import Cast, CastBot, CastUser
from sandbox.pictures import plain_png
from sandbox.telegram.files import Files
from sandbox.telegram.records import Bot, Chat, Connection, Message, User
from sandbox.toolkit.history import History, Place
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

# After a kill the last half second is forgotten, but its ids were seen outside: never give them again.
_IDS_SKIPPED_AFTER_KILL = 10_000
_FIRST_UPDATE_ID = 640_000_000
_BUSINESS = 10**12
"""Above every person's id: the chats of business connections are counted behind it."""


class World:
    """Bots, users, chats and messages by their ids. `chat_id` of a private chat is the user's id."""

    def __init__(self, infrastructure: Infrastructure, files: Files) -> None:
        self._store, self._events, _, self._clock, settings = infrastructure
        self.files = files
        self.bots: dict[int, Bot] = {}
        self.users: dict[int, User] = {}
        self.chats: dict[tuple[int, int], Chat] = {}
        self._messages = History(self._store, settings, "message", _place)
        self._by_token: dict[str, Bot] = {}
        self._load()

    def _load(self) -> None:
        for bot in self._store.read("bot", Bot, order=lambda one: one.order):
            if self._store.was_killed:
                bot.next_message_id += _IDS_SKIPPED_AFTER_KILL
                bot.next_update_id += _IDS_SKIPPED_AFTER_KILL
            self.bots[bot.id] = self._by_token[bot.token] = bot
        self.users = {user.id: user for user in self._store.read("user", User, order=lambda one: one.order)}
        places = {user_id: place for place, user_id in enumerate(self.users)}
        for chat in self._store.read("chat", Chat, order=lambda one: places.get(one.chat_id, len(places))):
            self.chats[chat.bot_id, chat.chat_id] = chat
        messages = self._store.read("message", Message, order=lambda one: (one.body["date"], one.message_id))
        self._messages.restore(messages)

    def fill(self, cast: Cast) -> None:
        """Adds the cast to a world that has no bots yet."""
        if self.bots:
            return
        for bot in cast.bots:
            self.add_bot(bot)
        by_username = {bot.username: bot for bot in self.bots.values()}
        for cast_user in cast.users:
            user = self.add_user(cast_user)
            for username in cast_user.bots:
                self.open_chat(by_username[username], user)

    def add_bot(self, cast: CastBot) -> Bot:
        bot = Bot(
            id=cast.id,
            token=cast.token,
            username=cast.username,
            name=cast.name,
            order=len(self.bots),
            next_update_id=_FIRST_UPDATE_ID + cast.id % 1_000_000,
            profile={"description:": cast.description} if cast.description else {},
        )
        self.bots[bot.id] = self._by_token[bot.token] = bot
        self.keep_bot(bot)
        return bot

    def add_user(self, cast: CastUser) -> User:
        user = User(
            id=cast.id,
            name=cast.name,
            order=len(self.users),
            username=cast.username,
            language_code=cast.language_code,
            role=cast.role,
            color=cast.color,
        )
        if cast.avatar:
            picture = Upload("avatar.png", "image/png", plain_png(320, 320, cast.color))
            user.avatar = self.files.add("photo", picture).number
        self.users[user.id] = user
        self.keep_user(user)
        return user

    def replace_token(self, bot: Bot, token: str) -> None:
        """Revokes the bot's token; calls with the old one are answered 401 from now on."""
        del self._by_token[bot.token]
        bot.token = token
        self._by_token[token] = bot
        self.keep_bot(bot)

    def bot_by_token(self, token: str) -> Bot | None:
        return self._by_token.get(token)

    def keep_bot(self, bot: Bot) -> None:
        self._store.put("bot", str(bot.id), bot)

    def keep_user(self, user: User) -> None:
        self._store.put("user", str(user.id), user)

    def open_chat(self, bot: Bot, user: User) -> Chat:
        """The person's chat with the bot, new or known."""
        chat = self.chats.get((bot.id, user.id))
        if chat is None:
            chat = self.add_chat(bot, user.as_chat())
        return chat

    def add_chat(self, bot: Bot, body: Json) -> Chat:
        chat = Chat(bot_id=bot.id, chat_id=body["id"], body=body, is_started=body["id"] < 0)
        self.chats[bot.id, chat.chat_id] = chat
        self.keep_chat(chat)
        self.tell("state", chat)
        return chat

    def business_chat(self, bot: Bot, connection: Connection, user: User) -> Chat:
        """The chat of a client with a person whom the bot answers for; its body says the client's id."""
        number = bot.connections.index(connection) + 1
        chat_id = number * _BUSINESS + user.id
        chat = self.chats.get((bot.id, chat_id))
        if chat is None:
            chat = Chat(bot_id=bot.id, chat_id=chat_id, body=user.as_chat(), is_started=True, connection=connection.id)
            self.chats[bot.id, chat_id] = chat
            self.keep_chat(chat)
        return chat

    def keep_chat(self, chat: Chat) -> None:
        self._store.put("chat", f"{chat.bot_id}:{chat.chat_id}", chat)

    def tell(self, kind: str, chat: Chat, message: Message | None = None, **fields: object) -> None:
        """Puts something about a chat on the page's stream of events."""
        if chat.connection:
            return  # the page plays people at bots, and has no place for it
        self._events.publish(kind, message, bot_id=chat.bot_id, user_id=chat.chat_id, **fields)

    def add_message(self, bot: Bot, chat: Chat, sender: Json | None, content: Json, *, is_out: bool) -> Message:
        """A new message; ids go up through all chats of a bot, as they really do in private chats."""
        message_id = bot.next_message_id
        bot.next_message_id += 1
        self.keep_bot(bot)
        body: Json = {
            "message_id": message_id,
            **({"from": sender} if sender else {}),  # a channel's post has no sender
            "chat": chat.body,
            "date": self._clock.now_s(),
            **content,
        }
        message = Message(bot_id=bot.id, chat_id=chat.chat_id, message_id=message_id, body=body, is_out=is_out)
        self._messages.add(message)
        if is_out:
            chat.unread += 1
        else:
            chat.unread = 0
        self.keep_chat(chat)
        self.tell("message", chat, message)
        return message

    def change_message(self, message: Message, body: Json, *, is_content: bool = True) -> None:
        """Replaces a message's body; a change of content is dated and shown as an edit."""
        message.body = {**body, "edit_date": self._clock.now_s()} if is_content else body
        self.touch(message, "edited")

    def touch(self, message: Message, kind: str, **fields: object) -> None:
        """Keeps a message whose marks changed and tells the page."""
        self._messages.keep(message)
        chat = self.chats[message.bot_id, message.chat_id]
        self.tell(kind, chat, message, message_id=message.message_id, **fields)

    def message(self, chat: Chat, message_id: int) -> Message | None:
        """A message that still exists for the API."""
        message = self._messages.get((chat.bot_id, chat.chat_id), message_id)
        return message if message is not None and not message.is_gone else None

    def any_message(self, chat: Chat, message_id: int) -> Message | None:
        """A message even if it was deleted."""
        return self._messages.get((chat.bot_id, chat.chat_id), message_id)

    def history(self, chat: Chat, before: int | None = None) -> Iterator[Message]:
        """Messages newest first, below id `before`."""
        for message in self._messages.newest_first((chat.bot_id, chat.chat_id)):
            if before is None or message.message_id < before:
                yield message


def _place(message: Message) -> Place[tuple[int, int], int]:
    chat = message.bot_id, message.chat_id
    return Place(chat, message.message_id, f"{message.bot_id}:{message.chat_id}:{message.message_id}")
