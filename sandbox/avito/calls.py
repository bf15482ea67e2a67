"""One call of the API, and the table that methods register themselves in.

A method takes the call and returns its answer (plain JSON values), or raises AvitoError.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from sandbox.avito.avito import Avito
from sandbox.avito.errors import invalid, not_found
from sandbox.avito.records import Chat, Message, Seller
from sandbox.toolkit.methods import Registrar
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json, decode

_MOST, _FARTHEST = 100, 1000


class Page(NamedTuple):
    """Which part of a list is asked for."""

    limit: int
    offset: int


class Call:
    """Which seller calls, with what: names of the path, the query, and the body as it came."""

    def __init__(
        self,
        avito: Avito,
        seller: Seller,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        files: Mapping[str, Upload] | None = None,
    ) -> None:
        self.avito = avito
        self.world = avito.world
        self.seller = seller
        self.query = query or {}
        self.files = files or {}
        self._path = path or {}
        self._body = body

    def check_account(self) -> None:
        """The account of the path must be the token's own."""
        if self._path.get("user_id", str(self.seller.id)) != str(self.seller.id):
            raise not_found("account")

    def chat(self) -> Chat:
        """The chat of the path: one of the seller's that somebody has written into."""
        chat = self.world.chats.get(self._path["chat_id"])
        if chat is None or chat.seller_id != self.seller.id or not any(self.world.history(chat)):
            raise not_found("chat")
        return chat

    def message(self, chat: Chat) -> Message:
        message = self.world.message(chat, self._path["message_id"])
        if message is None:
            raise not_found("message")
        return message

    def object(self) -> Json:
        """The body, which must be a JSON object."""
        try:
            body = decode(self._body)
        except msgspec.DecodeError:
            raise invalid(body="should be JSON") from None
        if not isinstance(body, dict):
            raise invalid(body="should be an object")
        return body

    def page(self) -> Page:
        """`limit` and `offset` of the query, refused beyond their bounds."""
        limit, offset = self._integer("limit", _MOST), self._integer("offset", 0)
        if not 1 <= limit <= _MOST:
            raise invalid(limit=f"should be from 1 to {_MOST}")
        if not 0 <= offset <= _FARTHEST:
            raise invalid(offset=f"should be from 0 to {_FARTHEST}")
        return Page(limit, offset)

    def words(self, name: str) -> list[str]:
        """A list with commas."""
        return [one.strip() for one in self.query.get(name, "").split(",") if one.strip()]

    def flag(self, name: str) -> bool:
        given = self.query.get(name, "false").lower()
        if given not in {"true", "false", "1", "0"}:
            raise invalid(**{name: "should be boolean"})
        return given in {"true", "1"}

    def _integer(self, name: str, default: int) -> int:
        try:
            return int(self.query.get(name, default))
        except ValueError:
            raise invalid(**{name: "should be integer"}) from None


Method: TypeAlias = Callable[[Call], object]

METHODS: dict[str, Method] = {}

method = Registrar(METHODS)
"""Registers a function as the method that faults and the ledger call by that name."""
