"""Avito's parts put together: world, files, webhook sender, tokens, limits, faults.

The one object that methods and people act through. It knows no HTTP request.
"""

import secrets

from sandbox.avito.faults import Faults
from sandbox.avito.files import Files
from sandbox.avito.limits import Limits
from sandbox.avito.records import Chat, Message, MessageType, Seller
from sandbox.avito.shapes import envelope, webhook
from sandbox.avito.webhooks import WebhookSender
from sandbox.avito.world import World
from sandbox.cast import Cast, CastUser
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.wire import Json

_FORGOTTEN_AFTER_MS = 24 * 3600 * 1000
"""How long an expired token is still known as one: 403; after that it is any wrong one: 401."""


class Avito:
    """Everything of one stand-in."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        _, self.events, self.ledger, self.clock, self.settings = infrastructure
        self.files = Files(infrastructure)
        self.world = World(infrastructure, self.files)
        self.faults = Faults()
        self.limits = Limits(self.settings)
        self.sender = WebhookSender(infrastructure, self.faults, self.world)

    def start(self, cast: Cast, base: str) -> list[CastUser]:
        """Fills an empty world and posts what is pending; the people of the cast who came with it."""
        self.files.base = base
        added = self.world.fill(cast)
        self.sender.start()
        return added

    async def stop(self) -> None:
        await self.sender.stop()

    def give_token(self, seller: Seller) -> str:
        """A fresh token beside those given before, each good for its own time."""
        now = self.clock.now_ms()
        token = secrets.token_urlsafe(16)
        known = {one: until for one, until in seller.tokens.items() if until > now - _FORGOTTEN_AFTER_MS}
        seller.tokens = {**known, token: now + self.settings.avito_token_ms}
        self.world.keep_seller(seller)
        return token

    def expire_tokens(self, seller: Seller, token: str | None = None) -> None:
        """Ends one token's time, or that of every one."""
        now = self.clock.now_ms()
        seller.tokens = {
            one: min(until, now) if token in {None, one} else until for one, until in seller.tokens.items()
        }
        self.world.keep_seller(seller)

    def write(
        self,
        chat: Chat,
        author_id: int,
        kind: MessageType,
        content: Json,
        *,
        file: int | None = None,
        quoted: int | None = None,
    ) -> tuple[Message, str | None]:
        """Puts a message into a chat and tells whoever is subscribed, of the seller's own ones too; the event's id."""
        message = self.world.add_message(chat, author_id, kind, content, file=file, quoted=quoted)
        return message, self.announce(chat, message)

    def announce(self, chat: Chat, message: Message) -> str | None:
        """Posts a message as it is now."""
        return self.sender.tell(self.world.sellers[chat.seller_id], chat.id, webhook(self.world, chat, message))

    def erase(self, chat: Chat, message: Message, *, by_buyer: bool) -> str | None:
        """Takes a message back for both: its id stays, and what stands there is a trace of it."""
        message.type = "text" if by_buyer else "deleted"
        message.content = {"text": "Сообщение удалено"} if by_buyer else {}
        message.file = None
        message.is_hidden = True
        self.world.touch(chat, message, "deleted")
        return self.announce(chat, message) if self.settings.avito_deletions_posted else None

    def inject(self, seller: Seller, value: Json) -> str | None:
        """Posts a raw value of any kind."""
        return self.sender.tell(seller, "raw", envelope(value, self.clock.now_s()))
