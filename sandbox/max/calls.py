"""One call of the API, and the table that methods register themselves in.

A method takes the call and returns its answer (plain JSON values), or raises MaxError.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import msgspec

from sandbox.max.errors import not_found, wrong
from sandbox.max.max import Max
from sandbox.max.records import Bot, Dialog, Message
from sandbox.toolkit.methods import Registrar
from sandbox.wire import Json, decode

SUCCESS: Json = {"success": True}


class Call:
    """Which bot calls, with what: names of the path, the query, and the body as it came."""

    def __init__(
        self, server: Max, bot: Bot, *, path: Mapping[str, str], query: Mapping[str, str], body: bytes = b""
    ) -> None:
        self.server = server
        self.world = server.world
        self.bot = bot
        self.path = path
        self.query = query
        self._body = body

    def object(self) -> Json:
        """The body, which must be a JSON object."""
        try:
            body = decode(self._body)
        except msgspec.DecodeError:
            raise wrong("Can't deserialize body") from None
        if not isinstance(body, dict):
            raise wrong("Can't deserialize body")
        return body

    def integer(self, name: str, least: int | None = None, most: int | None = None) -> int | None:
        """A number of the query, None where it was not given; refused beyond its bounds."""
        given = self.query.get(name)
        if given is None or given == "":
            return None
        try:
            value = int(given)
        except ValueError:
            raise wrong(f"{name}: must be a number") from None
        if (least is not None and value < least) or (most is not None and value > most):
            raise wrong(f"{name}: must be between {least} and {most}")
        return value

    def dialog(self, chat_id: int) -> Dialog:
        """One of the bot's dialogs that was begun."""
        dialog = self.world.dialogs.get(chat_id)
        if dialog is None or dialog.bot_id != self.bot.id or not dialog.is_started:
            raise not_found(f"Chat {chat_id}", "chat.not.found")
        return dialog

    def message(self, mid: str) -> tuple[Dialog, Message]:
        """A message of the bot's dialogs that is there still."""
        found = self.world.by_mid(self.bot, mid)
        if found is None:
            raise not_found(f"Message {mid}")
        return found


Method: TypeAlias = Callable[[Call], Json | Awaitable[Json]]

METHODS: dict[str, Method] = {}

method = Registrar(METHODS)
"""Registers a function as the method that faults and the ledger call by that name."""
