"""The state of the stand-in: who exists, who talks with whom, what was said; loaded from and kept in the store.

Every change goes through here, so that the store and the page hear of it. No rules of the API live here.
"""

from collections import deque
from collections.abc import Iterator

import msgspec

from sandbox.cast import Cast, CastBot, CastUser
from sandbox.clock import Clock
from sandbox.events import Events
from sandbox.pictures import plain_png
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.telegram.files import Files
from sandbox.telegram.records import Bot, Chat, Connection, Message, User
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

# After a kill the last half second is forgotten, but its ids were seen outside: never give them again.
_IDS_SKIPPED_AFTER_KILL = 10_000
_FIRST_UPDATE_ID = 640_000_000
_BUSINESS = 10**12
"""Above every person's id: the chats of business connections are counted behind it."""


class World:
    """Bots, users, chats and messages by their ids. `chat_id` of a private chat is the user's id."""

    def __init__(self, store: Store, events: Events, clock: Clock, settings: Settings, files: Files) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._settings = settings
        self.files = files
        self.bots: dict[int, Bot] = {}
        self.users: dict[int, User] = {}
        self.chats: dict[tuple[int, int], Chat] = {}
        self._messages: dict[tuple[int, int], dict[int, Message]] = {}
        self._by_age: deque[Message] = deque()
        self._by_token: dict[str, Bot] = {}
        self._load()

    def _load(self) -> None:
        bots = [msgspec.json.decode(body, type=Bot) for body in self._store.load("bot")]
        for bot in sorted(bots, key=lambda one: one.order):
            if self._store.was_killed:
                bot.next_message_id += _IDS_SKIPPED_AFTER_KILL
                bot.next_update_id += _IDS_SKIPPED_AFTER_KILL
            self.bots[bot.id] = self._by_token[bot.token] = bot
        users = [msgspec.json.decode(body, type=User) for body in self._store.load("user")]
        self.users = {user.id: user for user in sorted(users, key=lambda one: one.order)}
        chats = [msgspec.json.decode(body, type=Chat) for body in self._store.load("chat")]
        places = {user_id: place for place, user_id in enumerate(self.users)}
        for chat in sorted(chats, key=lambda one: places.get(one.chat_id, len(places))):
            self.chats[chat.bot_id, chat.chat_id] = chat
        messages = [msgspec.json.decode(body, type=Message) for body in self._store.load("message")]
        for message in sorted(messages, key=lambda one: (one.body["date"], one.message_id)):
            self._remember(message)

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
        self._remember(message)
        if is_out:
            chat.unread += 1
        else:
            chat.unread = 0
        self.keep_chat(chat)
        self._keep(message)
        self.tell("message", chat, message)
        self._forget_old()
        return message

    def change_message(self, message: Message, body: Json, *, is_content: bool = True) -> None:
        """Replaces a message's body; a change of content is dated and shown as an edit."""
        message.body = {**body, "edit_date": self._clock.now_s()} if is_content else body
        self.touch(message, "edited")

    def touch(self, message: Message, kind: str, **fields: object) -> None:
        """Keeps a message whose marks changed and tells the page."""
        self._keep(message)
        chat = self.chats[message.bot_id, message.chat_id]
        self.tell(kind, chat, message, message_id=message.message_id, **fields)

    def message(self, chat: Chat, message_id: int) -> Message | None:
        """A message that still exists for the API."""
        message = self._messages.get((chat.bot_id, chat.chat_id), {}).get(message_id)
        return message if message is not None and not message.is_gone else None

    def any_message(self, chat: Chat, message_id: int) -> Message | None:
        """A message even if it was deleted."""
        return self._messages.get((chat.bot_id, chat.chat_id), {}).get(message_id)

    def history(self, chat: Chat, before: int | None = None) -> Iterator[Message]:
        """Messages newest first, below id `before`."""
        for message in reversed(self._messages.get((chat.bot_id, chat.chat_id), {}).values()):
            if before is None or message.message_id < before:
                yield message

    def _keep(self, message: Message) -> None:
        self._store.put("message", _message_key(message), message)

    def _remember(self, message: Message) -> None:
        self._messages.setdefault((message.bot_id, message.chat_id), {})[message.message_id] = message
        self._by_age.append(message)

    def _forget_old(self) -> None:
        kept = self._settings.messages_kept
        while kept is not None and len(self._by_age) > kept:
            oldest = self._by_age.popleft()
            del self._messages[oldest.bot_id, oldest.chat_id][oldest.message_id]
            self._store.drop("message", _message_key(oldest))


def _message_key(message: Message) -> str:
    return f"{message.bot_id}:{message.chat_id}:{message.message_id}"
