"""What VK's side of the world consists of, as it is kept: communities, people, dialogs and messages.

Records only; the rules about them are in world.py, people.py and the methods.
"""

from typing import Literal

import msgspec

from sandbox.toolkit import webhooks
from sandbox.wire import Json

CALLBACK_VERSION = "5.199"
_UNKNOWN_VERSION = (0, 0)

ServerStatus = Literal["unconfigured", "failed", "wait", "ok"]


class CallbackServer(msgspec.Struct, kw_only=True):
    """Where a community's events are posted; each server has its own set of events and its own version of shapes."""

    id: int
    url: str
    title: str
    secret: str = ""
    status: ServerStatus = "wait"
    api_version: str = CALLBACK_VERSION
    events: list[str] = []
    failures: int = 0


class LongPollSettings(msgspec.Struct, kw_only=True):
    """As in a new community: off, and no kind of event is on."""

    is_enabled: bool = False
    api_version: str = CALLBACK_VERSION
    events: list[str] = []


class Community(msgspec.Struct, kw_only=True):
    """`next_event` counts what Long Poll calls ts; `order` is when it was added among its kind."""

    id: int
    token: str
    screen_name: str
    name: str
    order: int
    description: str = ""
    next_message_id: int = 1
    next_event: int = 1
    next_server_id: int = 1
    confirmation_code: str = ""
    longpoll: LongPollSettings = msgspec.field(default_factory=LongPollSettings)
    servers: list[CallbackServer] = []


class Person(msgspec.Struct, kw_only=True):
    """`avatar` is the number of the picture's file; `is_private`: the privacy settings let nobody write."""

    id: int
    name: str
    order: int
    screen_name: str = ""
    avatar: int | None = None
    is_deactivated: bool = False
    is_private: bool = False

    @property
    def names(self) -> tuple[str, str]:
        first, _, last = self.name.partition(" ")
        return first, last


class Reaction(msgspec.Struct):
    """`by` is the person's id, or the community's with a minus."""

    by: int
    reaction_id: int


class Message(msgspec.Struct, kw_only=True):
    """`body` is VK's message object of API 5.199 without its keyboard and is replaced, never changed in place.

    `is_gone`: deleted for everybody. `is_hidden`: the person deleted it on the own phone.
    """

    community_id: int
    peer_id: int
    id: int
    cmid: int
    body: Json
    is_out: bool
    keyboard: Json | None = None
    reactions: list[Reaction] = []
    is_gone: bool = False
    is_hidden: bool = False


class Dialog(msgspec.Struct, kw_only=True):
    """One person's conversation with a community.

    `is_allowed`: the community may write. `is_banned`: the person is in the community's blacklist. `keyboard` is the
    one under the phone's input, which message `keyboard_of` brought; `in_read` and `out_read` are message ids up to
    which each side has read.
    """

    community_id: int
    peer_id: int
    next_cmid: int = 1
    is_allowed: bool = False
    is_denied: bool = False
    is_banned: bool = False
    keyboard: Json | None = None
    keyboard_of: int = 0
    in_read: int = 0
    out_read: int = 0
    unread: int = 0


class FeedEvent(msgspec.Struct, kw_only=True):
    """An event as the Long Poll server gives it out."""

    community_id: int
    seq: int
    body: msgspec.Raw


class PendingPost(webhooks.PendingPost, kw_only=True):
    """An event on its way to a Callback server."""

    community_id: int
    server_id: int
    event_id: str

    @property
    def record_id(self) -> str:
        return f"{self.community_id}:{self.server_id}:{self.event_id}"

    @property
    def queue(self) -> tuple[int, int, str]:
        return self.community_id, self.server_id, self.ordering_key

    def named(self) -> Json:
        return {"messenger": "vk", "bot_id": self.community_id, "update_id": self.event_id, "via": "callback"}


def version_of(text: str) -> tuple[int, int]:
    """`5.103` as (5, 103), for comparing; (0, 0) for what is no version."""
    major, dot, minor = text.partition(".")
    return (int(major), int(minor)) if dot and major.isdigit() and minor.isdigit() else _UNKNOWN_VERSION
