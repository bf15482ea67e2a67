"""Bringing a picture to Avito. Nothing of this reaches the client: whatever is lost on the way may be done again."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from aiohttp import FormData

from gateway.connectors.avito.client import Client, Upload
from gateway.connectors.avito.values import identity
from gateway.errors import TryLater
from gateway.model.file_types import UNKNOWN, type_by_name

_FIELD = "uploadfile[]"


async def bring(client: Client, path: Path, name: str) -> str:
    """The picture's id for the message with it. Raises as every call; Refused: Avito does not take it."""
    with ExitStack() as opened:

        def form() -> FormData:
            # A form is used up by one request, and closes its file.
            made = FormData(quote_fields=False)
            mime = type_by_name(name) or UNKNOWN
            made.add_field(_FIELD, opened.enter_context(path.open("rb")), filename=name, content_type=mime)
            return made

        told = await client.upload(Upload(form, path.stat().st_size))  # noqa: ASYNC240 - one look at a file of ours
    for found in told if isinstance(told, Mapping) else ():
        if identity(found):
            return identity(found)
    raise TryLater("Avito took the picture and did not say under which name", after=0.0)
