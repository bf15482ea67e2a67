"""The state of Avito's side: sellers, listings, buyers, chats, messages; loaded from and kept in the store.

Every change goes through here, so that the store and the page hear of it. No rules of the API live here.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterator

from sandbox.avito.files import Files
from sandbox.avito.records import Buyer, Chat, Listing, Message, MessageType, Seller
from sandbox.cast import Cast, CastListing, CastSeller, CastUser
from sandbox.pictures import plain_png
from sandbox.toolkit.history import History, Place
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_NUMBERS_SKIPPED_AFTER_KILL = 10_000
"""After a kill the last half second is forgotten, but the page may have seen its numbers."""


class World:
    """By ids; a chat also by its buyer and its place: the listing, or the seller where there is none."""

    def __init__(self, infrastructure: Infrastructure, files: Files) -> None:
        self._store, self._events, _, self._clock, settings = infrastructure
        self.files = files
        self.sellers: dict[int, Seller] = {}
        self.listings: dict[int, Listing] = {}
        self.buyers: dict[int, Buyer] = {}
        self.chats: dict[str, Chat] = {}
        self._places: dict[tuple[int, int], Chat] = {}
        self._messages = History(self._store, settings, "avito_message", _place)
        self._next = 1
        self._load()

    def _load(self) -> None:
        store = self._store
        self.sellers = {one.id: one for one in store.read("avito_seller", Seller, order=lambda one: one.order)}
        self.listings = {one.id: one for one in store.read("avito_listing", Listing, order=lambda one: one.order)}
        self.buyers = {one.id: one for one in store.read("avito_buyer", Buyer, order=lambda one: one.order)}
        for chat in store.read("avito_chat", Chat):
            self._remember_chat(chat)
        messages = store.read("avito_message", Message, order=lambda one: one.number)
        self._messages.restore(messages)
        if messages:
            self._next = messages[-1].number + 1
        if store.was_killed:
            self._next += _NUMBERS_SKIPPED_AFTER_KILL

    def fill(self, cast: Cast) -> list[CastUser]:
        """Adds the cast's sellers to a world without any; those of the cast's people who came with them."""
        if self.sellers:
            return []
        for seller in cast.sellers:
            self.add_seller(seller)
        for listing in cast.listings:
            self.add_listing(listing)
        added = [user for user in cast.users if user.listings]
        for user in added:
            self.add_buyer(user)
        return added

    def add_seller(self, cast: CastSeller) -> Seller:
        face = Upload("seller.png", "image/png", plain_png(256, 256, "#04e061"))
        seller = Seller(
            id=cast.id,
            nick=cast.nick,
            name=cast.name,
            client_id=cast.client_id,
            client_secret=cast.client_secret,
            order=len(self.sellers),
            avatar=self.files.add(face).number,
        )
        self.sellers[seller.id] = seller
        self.keep_seller(seller)
        return seller

    def add_listing(self, cast: CastListing) -> Listing:
        by_nick = {seller.nick: seller.id for seller in self.sellers.values()}
        picture = Upload("listing.png", "image/png", plain_png(640, 480, cast.color))
        listing = Listing(
            id=cast.id,
            seller_id=by_nick[cast.seller],
            title=cast.title,
            price=cast.price,
            city=cast.city,
            slug=cast.slug,
            latitude=cast.latitude,
            longitude=cast.longitude,
            picture=self.files.add(picture).number,
            order=len(self.listings),
        )
        self.listings[listing.id] = listing
        self._store.put("avito_listing", str(listing.id), listing)
        return listing

    def add_buyer(self, cast: CastUser) -> Buyer:
        """A person of the cast, with a chat about each listing that they look at."""
        picture = Upload("avatar.png", "image/png", plain_png(256, 256, cast.color))
        buyer = Buyer(id=cast.id, name=cast.name, order=len(self.buyers), avatar=self.files.add(picture).number)
        self.buyers[buyer.id] = buyer
        self._store.put("avito_buyer", str(buyer.id), buyer)
        for listing_id in cast.listings:
            self.open_chat(buyer, listing_id)
        return buyer

    def seller_by_token(self, token: str) -> tuple[Seller, int] | None:
        """Whose token it is, and until when it is valid."""
        for seller in self.sellers.values():
            if token in seller.tokens:
                return seller, seller.tokens[token]
        return None

    def keep_seller(self, seller: Seller) -> None:
        self._store.put("avito_seller", str(seller.id), seller)

    def keep_chat(self, chat: Chat) -> None:
        self._store.put("avito_chat", chat.id, chat)

    def chat_at(self, buyer_id: int, place: int) -> Chat | None:
        return self._places.get((buyer_id, place))

    def open_chat(self, buyer: Buyer, place: int) -> Chat:
        """The buyer's chat about a listing, or with a seller as such, new or known; raises KeyError."""
        chat = self.chat_at(buyer.id, place)
        if chat is not None:
            return chat
        listing = self.listings.get(place)
        seller_id = self.sellers[place].id if listing is None else listing.seller_id
        kind = "u2u" if listing is None else "u2i"
        digest = hashlib.sha256(f"{kind} {place} {buyer.id}".encode()).digest()[:16]
        now = self._clock.now_s()
        chat = Chat(
            id=f"{kind}-{base64.b64encode(digest, b'~_').decode().rstrip('=')}",
            seller_id=seller_id,
            buyer_id=buyer.id,
            listing_id=None if listing is None else listing.id,
            created=now,
            updated=now,
        )
        self._remember_chat(chat)
        self.keep_chat(chat)
        self.tell("state", chat)
        return chat

    def tell(self, kind: str, chat: Chat, message: Message | None = None, **fields: object) -> None:
        """Puts something about a chat on the page's stream of events."""
        self._events.publish(kind, message, messenger="avito", bot_id=chat.place, user_id=chat.buyer_id, **fields)

    def add_message(
        self,
        chat: Chat,
        author_id: int,
        kind: MessageType,
        content: Json,
        *,
        file: int | None = None,
        quoted: int | None = None,
    ) -> Message:
        message = Message(
            number=self._next,
            id=secrets.token_hex(16),
            chat_id=chat.id,
            author_id=author_id,
            type=kind,
            content=content,
            created=self._clock.now_s(),
            file=file,
            quoted=quoted,
        )
        self._next += 1
        self._messages.add(message)
        chat.updated = message.created
        chat.unread = 0 if author_id == chat.buyer_id else chat.unread + 1
        self.keep_chat(chat)
        self.tell("message", chat, message)
        return message

    def touch(self, chat: Chat, message: Message, kind: str) -> None:
        """Keeps a message that changed and tells the page."""
        self._messages.keep(message)
        self.tell(kind, chat, message, message_id=message.number)

    def mark_read(self, chat: Chat, *, by_seller: bool) -> None:
        """Everything that the other side has written is read now."""
        for message in self.history(chat):
            if message.read is None and (message.author_id == chat.seller_id) != by_seller:
                message.read = self._clock.now_s()
                self._messages.keep(message)
        if not by_seller:
            chat.unread = 0
            self.keep_chat(chat)

    def is_unread(self, chat: Chat) -> bool:
        """Has the seller not read something of it?"""
        return any(one.read is None and one.author_id != chat.seller_id for one in self.history(chat))

    def message(self, chat: Chat, message_id: str) -> Message | None:
        return next((one for one in self.history(chat) if one.id == message_id), None)

    def message_by_number(self, chat: Chat, number: int) -> Message | None:
        return self._messages.get(chat.id, number)

    def history(self, chat: Chat, before: int | None = None) -> Iterator[Message]:
        """Messages newest first, below number `before`."""
        for message in self._messages.newest_first(chat.id):
            if before is None or message.number < before:
                yield message

    def started(self, seller: Seller) -> list[Chat]:
        """Chats that somebody has written into, the newest first."""
        own = [one for one in self.chats.values() if one.seller_id == seller.id]
        begun = [(one.updated, newest.number, one) for one in own if (newest := next(self.history(one), None))]
        return [chat for *_, chat in sorted(begun, key=lambda one: one[:2], reverse=True)]

    def _remember_chat(self, chat: Chat) -> None:
        self.chats[chat.id] = chat
        self._places[chat.buyer_id, chat.place] = chat


def _place(message: Message) -> Place[str, int]:
    return Place(message.chat_id, message.number, message.id)
