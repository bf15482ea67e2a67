"""What Avito's side of the world consists of, as it is kept: sellers, listings, buyers, chats and messages.

Records only; the rules about them are in world.py, people.py and the methods. Times are seconds, as on Avito.
"""

from typing import Literal

import msgspec

from sandbox.toolkit import webhooks
from sandbox.wire import Json

AVITO_ITSELF = 0
"""Who writes system messages."""

MessageType = Literal[
    "text", "image", "link", "item", "location", "call", "voice", "system", "deleted", "appCall", "file", "video"
]


class Seller(msgspec.Struct, kw_only=True):
    """An account with API access. `avatar` is a file's number, `url` the only subscription; `tokens` are valid until
    a moment in milliseconds.
    """

    id: int
    nick: str
    name: str
    client_id: str
    client_secret: str
    order: int
    avatar: int
    url: str = ""
    tokens: dict[str, int] = {}
    is_paid: bool = True


class Listing(msgspec.Struct, kw_only=True):
    """`picture` is a file's number; `slug` stands in the address; status 4 is what an open listing was seen with."""

    id: int
    seller_id: int
    title: str
    price: str
    city: str
    slug: str
    latitude: float
    longitude: float
    picture: int
    order: int
    status_id: int = 4


class Buyer(msgspec.Struct, kw_only=True):
    """`avatar` is the number of the picture's file."""

    id: int
    name: str
    order: int
    avatar: int


class Chat(msgspec.Struct, kw_only=True):
    """`place` is what it is about: a listing's id, or the seller's own where there is none.

    `is_blacklisted`: the seller wants nothing of the buyer; `is_refused`: the buyer wants nothing of the seller.
    """

    id: str
    seller_id: int
    buyer_id: int
    listing_id: int | None
    created: int
    updated: int
    is_blacklisted: bool = False
    is_refused: bool = False
    unread: int = 0
    """For the buyer, whom the page shows it to; what the seller has not read is told by the messages."""

    @property
    def kind(self) -> str:
        return "u2i" if self.listing_id is not None else "u2u"

    @property
    def place(self) -> int:
        return self.seller_id if self.listing_id is None else self.listing_id


class Message(msgspec.Struct, kw_only=True):
    """`id` is Avito's, `number` ours, by which a page can put messages in order.

    A picture's or a voice's `content` is made of `file` when it is shown; `quoted` is the number of another message of
    the chat. `is_hidden`: gone from the buyer's phone.
    """

    number: int
    id: str
    chat_id: str
    author_id: int
    type: MessageType
    content: Json
    created: int
    file: int | None = None
    quoted: int | None = None
    read: int | None = None
    is_hidden: bool = False


class PendingPost(webhooks.PendingPost, kw_only=True):
    """A webhook on its way."""

    seller_id: int
    event_id: str

    @property
    def record_id(self) -> str:
        return self.event_id

    @property
    def queue(self) -> tuple[int, str]:
        return self.seller_id, self.ordering_key

    def named(self) -> Json:
        return {"messenger": "avito", "bot_id": self.seller_id, "update_id": self.event_id, "via": "webhook"}
