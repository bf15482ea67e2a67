"""What the world consists of, as it is kept: bots, people, chats and messages.

Records only; the rules about them are in world.py and the methods.
"""

import msgspec

from sandbox.cast import Role
from sandbox.wire import Json


class Webhook(msgspec.Struct, kw_only=True):
    """Where a bot's updates are posted; times in milliseconds, 0 for never."""

    url: str
    secret: str = ""
    max_connections: int = 40
    has_certificate: bool = False
    ip_address: str = ""
    last_error_at: int = 0
    last_error: str = ""
    gone_since: int = 0


class Connection(msgspec.Struct, kw_only=True):
    """A person who lets a bot answer for them; connected anew it has a new id. `date` in seconds."""

    id: str
    owner_id: int
    date: int
    can_reply: bool = True
    is_enabled: bool = True

    def body(self, owner: Json) -> Json:
        """As the Bot API shows it; `owner` is the person."""
        rights = {"can_reply": True, "can_read_messages": True, "can_delete_sent_messages": True}
        return {
            "id": self.id,
            "user": owner,
            "user_chat_id": self.owner_id,
            "date": self.date,
            "rights": rights if self.can_reply else {"can_read_messages": True},
            "is_enabled": self.is_enabled,
        }


class Bot(msgspec.Struct, kw_only=True):
    """`allowed_updates` None is the default set; profile texts and commands are kept by language (and scope).
    `order` is when it was added among its kind.
    """

    id: int
    token: str
    username: str
    name: str
    order: int
    next_message_id: int = 1
    next_update_id: int = 1
    allowed_updates: list[str] | None = None
    webhook: Webhook | None = None
    profile: dict[str, str] = {}
    commands: dict[str, list[Json]] = {}
    menu_buttons: dict[str, Json] = {}
    connections: list[Connection] = []

    def as_user(self) -> Json:
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


class User(msgspec.Struct, kw_only=True):
    """A person. `avatar` is the number of the picture's file."""

    id: int
    name: str
    order: int
    username: str | None = None
    language_code: str | None = None
    role: Role = "customer"
    color: str = "#607d8b"
    avatar: int | None = None
    is_deactivated: bool = False

    def _names(self) -> Json:
        first, _, last = self.name.partition(" ")
        names = {"first_name": first, "last_name": last, "username": self.username}
        return {name: value for name, value in names.items() if value}

    def as_user(self) -> Json:
        user = {"id": self.id, "is_bot": False, **self._names()}
        return {**user, "language_code": self.language_code} if self.language_code else user

    def as_chat(self) -> Json:
        return {"id": self.id, **self._names(), "type": "private"}


class Chat(msgspec.Struct, kw_only=True):
    """A bot's chat; `chat_id` is the person's id, or a group's. `body` is the Bot API's chat object.

    One between two people, with a bot for one of them, names that person's `connection`; its `chat_id` is ours alone.
    """

    bot_id: int
    chat_id: int
    body: Json
    is_started: bool = False
    is_blocked: bool = False
    is_left: bool = False
    unread: int = 0
    pinned: int | None = None
    connection: str = ""

    @property
    def is_private(self) -> bool:
        return self.chat_id > 0 and not self.connection


class Reaction(msgspec.Struct):
    emoji: str
    by: str


class Message(msgspec.Struct, kw_only=True):
    """`body` is the Bot API's message object and is never changed in place: an edit replaces it.

    `is_out`: written by the bot. `is_gone`: deleted for everybody, the API knows it no more.
    `is_hidden`: its reader deleted it on the own phone only.
    """

    bot_id: int
    chat_id: int
    message_id: int
    body: Json
    is_out: bool
    reactions: list[Reaction] = []
    is_gone: bool = False
    is_hidden: bool = False


class PendingUpdate(msgspec.Struct, kw_only=True):
    """An update not yet confirmed: its whole JSON, and the `ordering_key` within which a webhook keeps order."""

    bot_id: int
    update_id: int
    ordering_key: str = msgspec.field(name="lane")
    at: int
    kind: str
    body: msgspec.Raw
