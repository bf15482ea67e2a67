"""What Meta's side of the world consists of, as it is kept: apps, accounts, people, dialogs, messages, files, posts.

Records only; the rules about them are the messengers' own. Times are milliseconds.
"""

from typing import Literal, TypedDict

import msgspec

from sandbox.toolkit import webhooks
from sandbox.wire import Json

Messenger = Literal["whatsapp", "instagram"]
CallbackStatus = Literal["unset", "ok", "failed"]


class App(msgspec.Struct, kw_only=True):
    """An app of Meta's dashboard: it signs webhooks with its secret. `callback_url` is one that has shaken hands.

    `is_callback_ours`: the sandbox has set it to the gateway that it runs, and sets it again where that moves.
    """

    name: str
    id: str
    secret: str
    verify_token: str
    order: int
    callback_url: str = ""
    status: CallbackStatus = "unset"
    is_callback_ours: bool = False
    is_proof_wanted: bool = False


class Account(msgspec.Struct, kw_only=True):
    """A business phone of WhatsApp (`id` is its phone_number_id, `owner_id` its WABA) or an account of Instagram
    (`owner_id` is its Facebook page). An account tells its app of events once it is subscribed.
    """

    messenger: Messenger
    id: str
    owner_id: str
    token: str
    app: str
    name: str
    order: int
    username: str = ""
    phone: str = ""
    is_subscribed: bool = False
    fields: list[str] = []
    override_url: str = ""
    is_test_number: bool = False
    may_tag_human: bool = True
    templates: list[Json] = []
    next_seq: int = 1


class Person(msgspec.Struct, kw_only=True):
    """Somebody as both messengers know them: by phone and business-scoped id there, by scoped id here.

    `is_phone_hidden`: a username instead of the number. `is_gone`: not on WhatsApp any more, or deactivated.
    `is_profile_closed`: looking the profile up is refused. `avatar` is a file's id.
    """

    id: int
    name: str
    order: int
    username: str = ""
    phone: str = ""
    user_id: str = ""
    igsid: str = ""
    avatar: str = ""
    is_phone_hidden: bool = False
    is_reading_hidden: bool = False
    is_gone: bool = False
    is_profile_closed: bool = False


class Dialog(msgspec.Struct, kw_only=True):
    """One person's conversation with an account. `opened_at`: when the person wrote last, which opens the window.

    `is_elsewhere`: another app holds the thread. `read_seq`: up to which message the person has read.
    """

    account_id: str
    person_id: int
    opened_at: int = 0
    is_blocked: bool = False
    is_elsewhere: bool = False
    read_seq: int = 0
    unread: int = 0


class Message(msgspec.Struct, kw_only=True):
    """`content` is the vendor's object of this kind as webhooks bring it, with files as `{"file": <id>}`.

    `status` is what became of an outgoing one; `error` why it failed. `is_gone`: taken back by its author.
    """

    id: str
    account_id: str
    person_id: int
    seq: int
    at: int
    is_out: bool
    kind: str
    text: str = ""
    content: Json = {}
    extra: Json = {}
    files: list[str] = []
    reply_to: str = ""
    buttons: list[Json] = []
    reaction_in: str = ""
    reaction_out: str = ""
    status: str = ""
    error: Json | None = None
    tracker: str = ""
    edits: int = 0
    is_gone: bool = False
    is_staff: bool = False


class MessageFields(TypedDict, total=False):
    """What a new message may be given beside its place, direction and kind."""

    text: str
    content: Json
    extra: Json
    files: list[str]
    reply_to: str
    buttons: list[Json]
    status: str
    error: Json | None
    tracker: str
    is_staff: bool


class File(msgspec.Struct, kw_only=True):
    """One file; `expires_at` is when its id is forgotten."""

    id: str
    account_id: str
    name: str
    mime: str
    size: int
    sha256: str
    at: int
    expires_at: int
    width: int = 0
    height: int = 0
    is_voice: bool = False


class PendingPost(webhooks.PendingPost, kw_only=True):
    """A webhook on its way, signed when it goes."""

    id: str
    app: str
    messenger: Messenger
    account_id: str

    @property
    def record_id(self) -> str:
        return self.id

    def named(self) -> Json:
        return {"messenger": self.messenger, "bot_id": self.account_id, "update_id": self.id, "via": "webhook"}
