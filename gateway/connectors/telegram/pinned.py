"""A line that stands pinned in a chat and is changed in place, whatever has become of it meanwhile.

It is cosmetic: that it cannot be pinned is no error, and nothing waits for it. Only a line that is not there any more
is sent again, so that a person who has deleted it has it back with the next change.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.connectors.telegram.answers import MethodUnknown, Vanished
from gateway.errors import Refused, TryLater, Uncertain
from gateway.model.ids import NativeId
from gateway.model.outgoing import Receipt

PINNED = "pinnedLine"
"""The name of a part that is such a line: no method of Telegram's, but two or three of them."""

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Calls a method of the Bot API."""


class PinnedLines:
    """The pinned lines of one bot."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._unpinned: dict[Any, int] = {}
        """By chat: a line that could not be pinned when it was sent."""

    async def show(self, request: Mapping[str, Any]) -> Receipt:
        """Changes the line, or sends and pins it.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: it could neither be changed nor sent.
        """
        chat, number = request["chat_id"], request.get("message_id")
        if isinstance(number, int):
            try:
                changed = await self._ask("editMessageText", request)
            except Vanished:
                self._unpinned.pop(chat, None)
            else:
                # Told again though it says so already: whoever begins to work may have unpinned it.
                if not isinstance(changed, Mapping) or self._unpinned.get(chat) == number:
                    await self._pin(chat, number)
                return Receipt()
        words = {name: value for name, value in request.items() if name != "message_id"}
        made = await self._ask("sendMessage", {**words, "disable_notification": True})
        number = made.get("message_id") if isinstance(made, Mapping) else None
        if not isinstance(number, int):
            return Receipt()
        await self._pin(chat, number)
        return Receipt(natives=(NativeId(str(number)),))

    async def _pin(self, chat: object, number: int) -> None:
        try:
            await self._ask("pinChatMessage", {"chat_id": chat, "message_id": number, "disable_notification": True})
        except (TryLater, Uncertain):
            self._unpinned[chat] = number
        except (MethodUnknown, Refused):
            self._unpinned.pop(chat, None)
        else:
            self._unpinned.pop(chat, None)
