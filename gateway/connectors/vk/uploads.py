"""Bringing a file to VK: ask where to, send it there, have it saved; what comes back is attached to a message.

The address is good for a short time, so each file asks anew. None of this reaches the client: whatever is lost on
the way may be done again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.connectors.toolkit.answers import OK, is_served
from gateway.connectors.toolkit.http import HttpClient
from gateway.connectors.toolkit.rates import unserved
from gateway.connectors.toolkit.uploads import upload_of
from gateway.connectors.toolkit.vendor_json import decoded
from gateway.connectors.vk.answers import Rejected
from gateway.connectors.vk.client import Client
from gateway.connectors.vk.media import DOCUMENT, PHOTO
from gateway.errors import TryLater, Uncertain


class Uploads:
    """Uploads for one community."""

    def __init__(self, client: Client, http: HttpClient) -> None:
        self._client = client
        self._http = http

    async def attach(self, peer: str, kind: str, name: str, path: Path) -> str:
        """The attachment's name for messages.send: `photo-1_2_key`.

        Raises:
            Rejected: VK does not take this file as what it is.
            TryLater, Unauthorized, Refused: as for every call.
        """
        if kind == PHOTO:
            server = await self._client.call("photos.getMessagesUploadServer", peer_id=peer)
            got = await self._brought(server, "photo", name, path)
            if got.get("photo") in {None, "", "[]"}:
                raise Rejected("VK does not take this picture")
            saved = await self._client.call(
                "photos.saveMessagesPhoto", server=got.get("server"), photo=got.get("photo"), hash=got.get("hash")
            )
            return _attachment(PHOTO, saved[0] if isinstance(saved, list) and saved else None)
        server = await self._client.call("docs.getMessagesUploadServer", type=kind, peer_id=peer)
        got = await self._brought(server, "file", name, path)
        if not isinstance(got.get("file"), str):
            raise Rejected(f"VK does not take this file{_reason(got)}")
        saved = await self._client.call("docs.save", file=got["file"], title=name)
        body = saved if isinstance(saved, Mapping) else {}
        return _attachment(DOCUMENT, body.get(str(body.get("type")), body.get("doc")))

    async def _brought(self, server: object, field: str, name: str, path: Path) -> Mapping[str, Any]:
        url = server.get("upload_url") if isinstance(server, Mapping) else None
        if not isinstance(url, str):
            raise TryLater("VK did not say where to bring the file", after=0.0)
        with upload_of(path, field, name) as brought:
            try:
                answer = await self._http.request("POST", url, data=brought.form, wait=brought.wait)
            except Uncertain as error:
                raise TryLater(str(error), after=0.0) from None
        got = decoded(answer.body)
        if not isinstance(got, Mapping):
            if answer.status == OK or not is_served(answer.status):
                problem = f"VK's upload server answered {answer.status} and nothing to be read"
                raise unserved(problem, answer.status, answer.wait)
            raise Rejected(f"VK's upload server does not take this file ({answer.status})")
        return got


def _attachment(kind: str, saved: object) -> str:
    if not isinstance(saved, Mapping) or not isinstance(saved.get("id"), int):
        raise TryLater("VK saved the file and did not say under which name", after=0.0)
    key = saved.get("access_key")
    return f"{kind}{saved.get('owner_id')}_{saved['id']}{f'_{key}' if key else ''}"


def _reason(got: Mapping[str, Any]) -> str:
    told = got.get("error_descr") or got.get("error")
    return f": {told[:200]}" if isinstance(told, str) and told else ""
