"""Calls to one bot's server: by aiogram's Bot for what it knows, raw where we want the JSON as it came.

The token stands in every address here, so no address ever leaves this module.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiogram import Bot
from aiogram.methods import GetFile, GetMe
from aiogram.methods.base import TelegramMethod
from yarl import URL

from gateway.connectors.contract import Tools
from gateway.connectors.telegram.answers import MethodUnknown, result_of, unclear
from gateway.connectors.telegram.session import Session
from gateway.connectors.telegram.settings import Settings
from gateway.errors import Uncertain

_ANSWER_LIMIT = 32 * 1024 * 1024
"""A hundred updates with the longest texts and rich messages."""

log = logging.getLogger(__name__)


class Calls:
    """One Bot, kept for the account's life, and what its server turned out not to know."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._account = tools.account
        self._http = tools.http
        self._session = Session(tools.http, settings.api_url)
        self._bot = Bot(settings.token.get_secret_value(), session=self._session)
        self._unknown: set[str] = set()

    def __repr__(self) -> str:
        return f"Calls({self._account})"

    async def call(self, method: TelegramMethod[Any]) -> Any:  # noqa: ANN401 - the result is any JSON
        """The raw result of one call.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: see answers. `MethodUnknown` without a call from the second
                time on.
        """
        with self._known(method.__api_method__):
            return await self._bot(method)

    async def call_plain(self, method: str, request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """The same for a request without files, as it is: aiogram's models would cost more than the call.

        Raises:
            As `call`.
        """
        with self._known(method):
            return await self.call_raw(method, request, wait=0)

    async def call_raw(self, method: str, request: Mapping[str, Any], *, wait: float) -> Any:  # noqa: ANN401 - any JSON
        """The raw result of a call that aiogram takes no part in; the server may take `wait` seconds longer."""
        url = self._session.api.api_url(self._bot.token, method)
        try:
            answer = await self._http.request("POST", url, json=dict(request), wait=wait, limit=_ANSWER_LIMIT)
        except Uncertain as error:
            raise unclear(method, str(error)) from None
        return result_of(method, answer.status, answer.body, answer.wait)

    @contextmanager
    def _known(self, method: str) -> Iterator[None]:
        """Remembers what the server does not know, and does not ask it twice."""
        if method in self._unknown:
            raise MethodUnknown(f"the Bot API server at api_url does not know {method}")
        try:
            yield
        except MethodUnknown:
            self._unknown.add(method)
            log.warning("the Bot API server is too old for %s: done without", method, extra={"account": self._account})
            raise

    async def username(self) -> str:
        """The bot's own name, as `@shop_bot`."""
        me = await self.call(GetMe())
        return f"@{me.get('username', me.get('id', ''))}" if isinstance(me, Mapping) else ""

    async def file_path(self, file_id: str) -> str | None:
        """Where the server keeps a file; None: it does not say."""
        file = await self.call(GetFile(file_id=file_id))
        path = file.get("file_path") if isinstance(file, Mapping) else None
        return path if isinstance(path, str) and path else None

    def file_url(self, path: str) -> str:
        """The address of a file's bytes; holds the token."""
        return str(URL(self._session.api.file_url(self._bot.token, path.lstrip("/"))))

    async def close(self) -> None:
        await self._http.close()
