"""An operator of the fault run: claims every card that offers itself, and answers by reply to those that are theirs."""

import random
import re

from sandbox.server import Sandbox
from sandbox.telegram.records import Message
from tests.story.stage import button, labels, words

_CLIENT = re.compile(r"(?:Клиент|Гость)\d+")
_PRESS_AGAIN = 100
"""Looks at a card that still offers itself before it is pressed once more."""


class Operator:
    """One person with two hands and a phone."""

    def __init__(self, sandbox: Sandbox, user: int, desk: int, chance: random.Random) -> None:
        self.user = user
        self.mine: dict[str, int] = {}
        """Client → the card to reply to."""
        self._sandbox, self._desk, self._chance = sandbox, desk, chance
        self._seen = 0
        self._offered: dict[int, tuple[Message, int]] = {}

    def is_on_duty(self) -> bool:
        return any("смен" in words(one) for one in self.chat() if one.is_out)

    def chat(self) -> list[Message]:
        """What stands in the chat with the operators' bot, newest first."""
        chat = self._sandbox.world.chats.get((self._desk, self.user))
        return [] if chat is None else list(self._sandbox.world.history(chat))

    async def look(self) -> None:
        """Takes in what is new, and claims."""
        chat = self._sandbox.world.chats.get((self._desk, self.user))
        newest = self._seen
        for message in () if chat is None else self._sandbox.world.history(chat):
            if message.message_id <= self._seen:
                break
            newest = max(newest, message.message_id)
            if message.is_out and _CLIENT.search(words(message)) and labels(message):
                self._offered[message.message_id] = (message, self._chance.randrange(8))
        self._seen = newest
        for number, (message, looks) in list(self._offered.items()):
            shown, name = labels(message), _CLIENT.search(words(message))
            if "Ответить" in shown:
                if looks % _PRESS_AGAIN == 8:  # noqa: PLR2004 - nobody presses at once
                    await self._press(message, "Ответить")
                self._offered[number] = (message, looks + 1)
                continue
            if "Завершить" in shown and name:
                self.mine[name[0]] = number
            del self._offered[number]

    def reply(self, client: str, text: str) -> None:
        self._sandbox.people.text(self.user, self._desk, text, reply_to=self.mine[client])

    async def close(self, client: str) -> None:
        """Ends the dialog with a client."""
        for message in self.chat():
            if message.message_id == self.mine[client]:
                await self._press(message, "Завершить")

    def told(self) -> dict[str, set[str]]:
        """The operator's own words, with the bot's reactions on them and what it has answered to them."""
        chat = self.chat()
        answers: dict[int, set[str]] = {}
        for one in chat:
            if one.is_out and (to := one.body.get("reply_to_message")):
                answers.setdefault(to["message_id"], set()).add(words(one))
        return {
            words(one): {reaction.emoji for reaction in one.reactions if reaction.by == "bot"}
            | answers.get(one.message_id, set())
            for one in chat
            if not one.is_out
        }

    async def _press(self, message: Message, label: str) -> None:
        row, column = button(message, label)
        await self._sandbox.people.press(self.user, self._desk, message.message_id, row, column, wait=False)
