"""Bringing a picture to Avito. Nothing of this reaches the client: whatever is lost on the way may be done again."""

from collections.abc import Mapping
from pathlib import Path

from gateway.connectors.avito.client import Client
from gateway.connectors.avito.values import identity
from gateway.connectors.toolkit.uploads import upload_of
from gateway.errors import TryLater

_FIELD = "uploadfile[]"


async def bring(client: Client, path: Path, name: str) -> str:
    """The picture's id for the message with it. Raises as every call; Refused: Avito does not take it."""
    with upload_of(path, _FIELD, name) as upload:
        told = await client.upload(upload)
    for found in told if isinstance(told, Mapping) else ():
        if identity(found):
            return identity(found)
    raise TryLater("Avito took the picture and did not say under which name", after=0.0)
