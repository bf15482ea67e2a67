"""Bringing a file to Meta: what it is called there is put into the message.

None of this reaches the client: whatever is lost on the way may be done again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import FormData

from gateway.connectors.instagram.client import ME, Client
from gateway.connectors.instagram.values import identity
from gateway.errors import TryLater
from gateway.model.codec import dump

_RATE = 64 * 1024
"""Bytes a second: an upload is given the time that a slow line needs."""


async def upload(client: Client, way: Mapping[str, Any], path: Path) -> str:
    """The attachment's id, to be sent.

    Raises:
        Rejected: Meta does not take this file as what it is.
        TryLater, Unauthorized, Refused: as for every call.
    """
    size = path.stat().st_size  # noqa: ASYNC240 - one look at a file of ours
    message = {"attachment": {"type": way["as"], "payload": {"is_reusable": True}}}
    with path.open("rb") as file:
        form = FormData(quote_fields=False)
        form.add_field("platform", "instagram")
        form.add_field("message", dump(message).decode())
        form.add_field("filedata", file, filename=way["name"], content_type=way["mime"])
        answer = await client.upload(f"{ME}/message_attachments", form, wait=size / _RATE)
    found = identity(answer.get("attachment_id"))
    if not found:
        raise TryLater("Meta took the file and did not say under which name", after=0.0)
    return found
