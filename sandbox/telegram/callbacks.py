"""Presses of inline buttons that wait for answerCallbackQuery; each is answered once and dies after a while."""

import asyncio
import itertools
import secrets
from typing import NamedTuple

from sandbox.clock import Clock
from sandbox.settings import Settings
from sandbox.telegram.records import Bot


class Answer(NamedTuple):
    """What the person sees: a toast, or an alert to be closed; `url` opens."""

    text: str
    is_alert: bool
    url: str


class _Press(NamedTuple):
    bot_id: int
    chat_id: int
    at: int
    answer: asyncio.Future[Answer]


class Callbacks:
    """Open presses by the id of their callback query; a restart forgets them, as too old."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self._open: dict[str, _Press] = {}
        self._ids = itertools.count(secrets.randbits(60))

    def press(self, bot: Bot, chat_id: int) -> tuple[str, asyncio.Future[Answer]]:
        """Opens a press; the future resolves when the bot answers."""
        self._forget_old()
        query_id = str(next(self._ids))
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._open[query_id] = _Press(bot.id, chat_id, self._clock.now_ms(), answer)
        return query_id, answer

    def answer(self, bot: Bot, query_id: str, answer: Answer) -> int | None:
        """Answers a press and returns its chat's id; None when there is none such any more."""
        self._forget_old()
        press = self._open.get(query_id)
        if press is None or press.bot_id != bot.id:
            return None
        del self._open[query_id]
        if not press.answer.done():
            press.answer.set_result(answer)
        return press.chat_id

    def _forget_old(self) -> None:
        oldest = self._clock.now_ms() - self._settings.callback_lifetime_ms
        while self._open:
            query_id = next(iter(self._open))
            if self._open[query_id].at > oldest:
                return
            del self._open[query_id]
