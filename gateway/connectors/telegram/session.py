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
from gateway.connectors.toolkit.http import HttpClient
from gateway.errors import Uncertain

_UPLOAD_RATE = 64 * 1024
"""Bytes a second: an upload is given the time that a slow line needs."""


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
        wait = (timeout or 0) + size / _UPLOAD_RATE
        try:
            answer = await self._http.request("POST", self.api.api_url(bot.token, name), data=form, wait=wait)
        except Uncertain as error:
            raise unclear(name, str(error)) from None
        return cast("TelegramType", result_of(name, answer.status, answer.body, answer.wait))

    def _form(self, bot: Bot, method: TelegramMethod[Any]) -> tuple[FormData, int]:
        """The request's body, and how many bytes of files are in it."""
        form, files, size = FormData(quote_fields=False), dict[str, InputFile](), 0
        for name, value in method.model_dump(warnings=False).items():
            prepared = self.prepare_value(value, bot=bot, files=files)
            if prepared:
                form.add_field(name, prepared)
        for name, file in files.items():
            form.add_field(name, file.read(bot), filename=file.filename or name)
            if isinstance(file, FSInputFile):
                size += Path(file.path).stat().st_size
        return form, size

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
