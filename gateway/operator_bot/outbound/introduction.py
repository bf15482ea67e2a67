"""Who the operators' bot is, and its menu: found out and set beside the work, so that no card waits for either.

A menu is set only where Telegram has another one. Whatever becomes of it, the desk works without.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gateway.connectors.contract import Checking, Commanding, Connector
from gateway.errors import GatewayError, Refused, TryLater
from gateway.operator_bot.texts.phrases import LANGUAGES, Texts
from gateway.operator_bot.texts.sentences import commands_of

log = logging.getLogger("gateway.operator_bot")

NAME_SECONDS, MENU_SECONDS = 60.0, 3600.0
"""The longest pause between two tries, unless the server itself asks for more."""


class Introduction:
    """Of the operators' bot, for as long as the notifier works.

    Args:
        bot: a connector of its own; it is not closed here.
        texts: the menu's, in each language.
        named: is told the bot's public name, once.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        bot: Connector,
        texts: Texts,
        named: Callable[[str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot, self._texts, self._named, self._sleep = bot, texts, named, sleep

    async def run(self) -> None:
        """Ends when both are done; until then it tries, less and less often. Raises nothing of the server's."""
        await asyncio.gather(
            self._until_done("the operators' bot does not tell its name yet", self._name, NAME_SECONDS),
            *(
                self._until_done("the operators' bot's menu is not set yet", self._menu(one), MENU_SECONDS)
                for one in self._languages()
            ),
        )

    def _languages(self) -> tuple[str | None, ...]:
        return (None, *LANGUAGES) if isinstance(self._bot, Commanding) else ()

    async def _name(self) -> None:
        if isinstance(self._bot, Checking):
            self._named(await self._bot.whoami())

    def _menu(self, language: str | None) -> Callable[[], Awaitable[None]]:
        """How the menu for people of a language, or for all others, is brought to what it should be."""

        async def bring() -> None:
            bot = self._bot
            assert isinstance(bot, Commanding)
            wanted = commands_of(self._texts.of(language))
            try:
                known = await bot.commands(language)
            except Refused:
                # A server that cannot tell may take one all the same.
                known = None
            if known is None or list(known) != wanted:
                await bot.set_commands(language, wanted)

        return bring

    async def _until_done(self, problem: str, work: Callable[[], Awaitable[None]], longest: float) -> None:
        failures = 0
        while True:
            try:
                await work()
            except Refused as error:
                # It will not be otherwise before this gateway or that server is another one.
                log.warning("%s, and will not be: %s", problem, error)
                return
            except GatewayError as error:
                failures += 1
                log.log(logging.WARNING if failures == 1 else logging.INFO, "%s: %s", problem, error)
                after = error.after if isinstance(error, TryLater) else 0.0
            except Exception:
                failures += 1
                log.exception("%s", problem)
                after = 0.0
            else:
                return
            await self._sleep(max(after, min(2.0 ** min(failures - 1, 16), longest)))
