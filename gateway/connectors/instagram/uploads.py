"""Bringing a file to Meta: what it is called there is put into the message.

None of this reaches the client: whatever is lost on the way may be done again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.connectors.instagram.client import ME, Client
from gateway.connectors.instagram.values import identity
from gateway.connectors.toolkit.uploads import upload_of
from gateway.errors import TryLater
from gateway.model.codec import dump


async def upload(client: Client, way: Mapping[str, Any], path: Path) -> str:
    """The attachment's id, to be sent.

    Raises:
        Rejected: Meta does not take this file as what it is.
        TryLater, Unauthorized, Refused: as for every call.
    """
    message = {"attachment": {"type": way["as"], "payload": {"is_reusable": True}}}
    fields = {"platform": "instagram", "message": dump(message).decode()}
    with upload_of(path, "filedata", way["name"], mime=way["mime"], fields=fields) as brought:
        answer = await client.upload(f"{ME}/message_attachments", brought)
    found = identity(answer.get("attachment_id"))
    if not found:
        raise TryLater("Meta took the file and did not say under which name", after=0.0)
    return found
