"""What MAX's side of the world consists of, as it is kept: bots, people, dialogs, messages and updates.

Records only; the rules about them are in world.py, people.py and the methods. Times are milliseconds, as on MAX.
"""

from typing import Literal

import msgspec

from sandbox.toolkit import webhooks
from sandbox.wire import Json

FIRST_EVENT = 95_001
"""The number of a new bot's first update."""
_UNSIGNED = (1 << 64) - 1


class Subscription(msgspec.Struct, kw_only=True):
    """Where updates are posted. `update_types` None is every kind; `failing_since` is None while posts are taken."""

    url: str
    at: int
    secret: str = ""
    update_types: list[str] | None = None
    failing_since: int | None = None


class Bot(msgspec.Struct, kw_only=True):
    """`avatar` is a file's number; updates below `committed` were read, `next_event` is the next one's number."""

    id: int
    token: str
    username: str
    name: str
    order: int
    avatar: int
    description: str = ""
    commands: list[Json] = []
    subscriptions: list[Subscription] = []
    next_event: int = FIRST_EVENT
    committed: int = FIRST_EVENT


class Person(msgspec.Struct, kw_only=True):
    """`avatar` is a file's number, `username` empty for whoever has set none, `phone` digits without a plus."""

    id: int
    name: str
    order: int
    avatar: int
    username: str = ""
    phone: str = ""
    locale: str = "ru"
    last_activity: int = 0

    @property
    def names(self) -> tuple[str, str]:
        first, _, last = self.name.partition(" ")
        return first, last


class Dialog(msgspec.Struct, kw_only=True):
    """One person's conversation with a bot.

    `last_seq` is of the newest message; `seen` is the number up to which the bot has marked what the person wrote;
    `muted_until` is 0 where the bot may ring; `unread` is the person's.
    """

    chat_id: int
    bot_id: int
    user_id: int
    created: int
    is_started: bool = False
    is_stopped: bool = False
    muted_until: int = 0
    last_seq: int = 0
    seen: int = 0
    unread: int = 0


class Link(msgspec.Struct, kw_only=True):
    """What a message answers or passes on, as it was then. `number` is of a message of the same chat, if it is one."""

    type: Literal["reply", "forward"]
    sender: Json
    chat_id: int
    mid: str
    seq: int
    text: str = ""
    markup: list[Json] = []
    attachments: list[Json] = []
    number: int | None = None


class Message(msgspec.Struct, kw_only=True):
    """`number` is ours, by which a page can put messages in order; `seq` is MAX's and above 2^53.

    An attachment with `file` is made of that file when it is shown. `is_voice`: no program ever sees it.
    `is_gone`: deleted for both. `is_hidden`: gone from the person's phone only.
    """

    number: int
    chat_id: int
    seq: int
    sender_id: int
    at: int
    text: str = ""
    markup: list[Json] = []
    attachments: list[Json] = []
    keyboard: list[list[Json]] | None = None
    link: Link | None = None
    is_voice: bool = False
    is_edited: bool = False
    is_gone: bool = False
    is_hidden: bool = False

    @property
    def mid(self) -> str:
        return mid_of(self.chat_id, self.seq)


class Event(msgspec.Struct, kw_only=True):
    """An update that waits to be asked for. `seq` is its place in the markers' count."""

    bot_id: int
    seq: int
    kind: str
    at: int
    body: msgspec.Raw

    @property
    def record_id(self) -> str:
        return f"{self.bot_id}:{self.seq}"

    def named(self) -> Json:
        return {"messenger": "max", "bot_id": self.bot_id, "update_id": str(self.seq), "via": "polling"}


class PendingPost(webhooks.PendingPost, kw_only=True):
    """An update on its way to a subscription; what was refused comes again at the moment `due`."""

    bot_id: int
    url: str
    event_id: str
    due: int = 0

    @property
    def record_id(self) -> str:
        return f"{self.bot_id}:{self.event_id}:{self.url}"

    @property
    def queue(self) -> tuple[int, str, str]:
        """What was refused once goes on by itself: nothing is known of an order that repeats keep."""
        return self.bot_id, self.url, f"again {self.event_id}" if self.attempts else self.ordering_key

    def named(self) -> Json:
        return {"messenger": "max", "bot_id": self.bot_id, "update_id": self.event_id, "via": "webhook"}


def mid_of(chat_id: int, seq: int) -> str:
    """A message's id as MAX makes it: both numbers in sixteen hex digits, the chat's as two's complement."""
    return f"mid.{chat_id & _UNSIGNED:016x}{seq:016x}"
