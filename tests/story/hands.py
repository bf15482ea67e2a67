"""An operator's two hands on Telegram: claims every card, and answers the clients that are theirs, by reply-to."""

import asyncio
import random
import re

from sandbox.telegram.records import Message
from tests.story.stage import Stage, button, labels, words

PRESS_AGAIN = 100
"""Looks at a card that still offers itself before it is pressed once more."""


class Hands:
    """One operator. `replied` is shared by all of them: client → what was said to them, in order."""

    def __init__(
        self,
        stage: Stage,
        operator: int,
        replied: dict[str, list[str]],
        chance: random.Random,
        *,
        client: str,
        pause: tuple[float, float],
    ) -> None:
        """`client` is the shape of a client's name on the cards, `pause` the seconds between two acts."""
        self._stage, self._operator = stage, operator
        self._replied = replied
        self._chance = chance
        self._client = re.compile(client)
        self._pause = pause
        self._looked_at = 0
        self._offered: dict[int, tuple[Message, int]] = {}
        self._mine: dict[str, int] = {}
        """Client → the message to reply to."""

    async def work(self, over: asyncio.Event) -> None:
        """Goes on until the shift is over."""
        while not over.is_set():
            self._look()
            await self._claim()
            if self._mine:
                self._answer(self._chance.choice(list(self._mine)))
            await asyncio.sleep(self._chance.uniform(*self._pause))

    def _look(self) -> None:
        chat = self._stage.sandbox.world.chats.get((self._stage.desk, self._operator))
        new = []
        for message in () if chat is None else self._stage.sandbox.world.history(chat):
            if message.message_id <= self._looked_at:
                break
            new.append(message)
        for message in reversed(new):
            self._looked_at = message.message_id
            if message.is_out and self._client.search(words(message)):
                self._offered[message.message_id] = (message, 0)

    async def _claim(self) -> None:
        for number, (message, looks) in list(self._offered.items()):
            shown, name = labels(message), self._client.search(words(message))
            if "Ответить" in shown:
                if looks % PRESS_AGAIN == 0:
                    row, column = button(message, "Ответить")
                    await self._stage.sandbox.people.press(
                        self._operator, self._stage.desk, number, row, column, wait=False
                    )
                self._offered[number] = (message, looks + 1)
                continue
            if "Завершить" in shown and name is None:
                continue  # whose it is shows later: the messenger has not told the name yet
            if "Завершить" in shown and name is not None:
                self._mine[name[0]] = number
            del self._offered[number]

    def _answer(self, client: str) -> None:
        said = self._replied.setdefault(client, [])
        text = f"ответ {client}-{len(said) + 1}."
        self._stage.says(self._operator, text, reply_to=self._mine[client])
        said.append(text)
