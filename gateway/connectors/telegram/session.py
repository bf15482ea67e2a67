"""aiogram's way to the wire, over our HTTP client: its proxy, its limits, and its word on whether anything was sent.

aiogram builds the requests; what the server answers is judged by `answers`, not by aiogram, because an answer that
the installed types do not understand is still a message that was sent.
"""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods.base import TelegramMethod, TelegramType
from aiogram.types import FSInputFile, InputFile
from aiohttp import FormData

from gateway.connectors.telegram.answers import result_of, unclear
from gateway.connectors.toolkit.http import Form, HttpClient
from gateway.connectors.toolkit.uploads import wait_of
from gateway.errors import Uncertain


class Session(BaseSession):
    """Returns the raw JSON of `result`; raises the errors of gateway.errors and nothing of aiogram's."""

    def __init__(self, http: HttpClient, api_url: str) -> None:
        super().__init__(api=TelegramAPIServer.from_base(api_url))
        self._http = http

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's name for it
    ) -> TelegramType:
        """Calls the server once; `timeout` seconds are added to the client's own."""
        name = method.__api_method__
        form, size = self._form(bot, method)
        wait = (timeout or 0) + wait_of(size)
        try:
            answer = await self._http.request("POST", self.api.api_url(bot.token, name), data=form, wait=wait)
        except Uncertain as error:
            raise unclear(name, str(error)) from None
        return cast("TelegramType", result_of(name, answer.status, answer.body, answer.wait))

    def _form(self, bot: Bot, method: TelegramMethod[Any]) -> tuple[Form, int]:
        """What makes the request's body, anew for each try, and how many bytes of files are in it."""
        files = dict[str, InputFile]()
        values = {
            name: self.prepare_value(value, bot=bot, files=files)
            for name, value in method.model_dump(warnings=False).items()
        }

        def form() -> FormData:
            made = FormData(quote_fields=False)
            for name, value in values.items():
                if value:
                    made.add_field(name, value)
            for name, file in files.items():
                made.add_field(name, file.read(bot), filename=file.filename or name)
            return made

        return form, sum(Path(one.path).stat().st_size for one in files.values() if isinstance(one, FSInputFile))

    async def stream_content(  # The signature is aiogram's.
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: int = 30,  # noqa: ARG002, ASYNC109
        chunk_size: int = 65536,  # noqa: ARG002
        raise_for_status: bool = True,  # noqa: ARG002, FBT001, FBT002
    ) -> AsyncGenerator[bytes, None]:
        """What aiogram's own downloads would use; ours go through `Connector.fetch`."""
        async with self._http.download(url, headers=headers) as stream:
            async for chunk in stream.chunks:
                yield chunk

    async def close(self) -> None:
        """The client is the connector's to close."""
