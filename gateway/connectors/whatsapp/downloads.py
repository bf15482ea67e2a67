"""A client's file, in two steps: its address, good for five minutes, is asked for by its id; then it is fetched.

The token goes along to WhatsApp's own hosts only, and what arrives must be what WhatsApp said it would be.
"""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

from gateway.connectors.contract import Download
from gateway.connectors.toolkit.answers import OK, is_served
from gateway.connectors.toolkit.downloads import require_fetchable
from gateway.connectors.toolkit.http import HttpClient
from gateway.connectors.toolkit.rates import unserved
from gateway.connectors.toolkit.values import Json, count
from gateway.connectors.whatsapp.attachments import HASH, hash_of
from gateway.connectors.whatsapp.client import Client
from gateway.connectors.whatsapp.media import DOCUMENT_LIMIT
from gateway.connectors.whatsapp.values import words
from gateway.errors import FileProblem, Refused, TryLater, Uncertain
from gateway.model.messages import Media

HOSTS = ("lookaside.fbsbx.com", ".fbcdn.net", ".whatsapp.net", ".facebook.com")
_GONE = "WhatsApp no longer has the file: ask the client to send it again"
_DAMAGED = "the file arrived damaged: ask the client to send it again"
_TRIES = 2
"""The address may grow old between being told and being called."""


class Downloads:
    """Files of one account."""

    def __init__(self, client: Client, http: HttpClient) -> None:
        self._client, self._http = client, http

    @asynccontextmanager
    async def open(self, media: Media) -> AsyncIterator[Download]:
        """The bytes. Raises as `Connector.fetch` does."""
        identity, _, told = media.remote.partition(HASH)
        require_fetchable(media, DOCUMENT_LIMIT)
        if not identity or not identity.isascii() or not identity.replace("-", "").replace("_", "").isalnum():
            raise FileProblem(_GONE)
        for _ in range(_TRIES):
            place = await self._place(identity)
            expected = hash_of(told) or hash_of(words(place.get("sha256"), 128))
            url = words(place.get("url"))
            async with self._http.download(url, hosts=HOSTS, headers=self._client.headers) as stream:
                if not is_served(stream.status):
                    problem = f"WhatsApp's server answered {stream.status} when asked for a file"
                    raise unserved(problem, stream.status, stream.wait)
                if stream.status == OK:
                    mime = media.mime or words(place.get("mime_type"), 128).partition(";")[0] or None
                    size = stream.size if stream.size is not None else count(place.get("file_size"))
                    yield Download(_checked(stream.chunks, expected), size, media.name, mime)
                    return
        raise FileProblem(_GONE)

    async def _place(self, identity: str) -> Json:
        try:
            return await self._client.get(identity)
        except Uncertain as error:
            raise TryLater(str(error), after=0.0) from None
        except Refused:
            raise FileProblem(_GONE) from None


async def _checked(chunks: AsyncIterator[bytes], expected: bytes | None) -> AsyncIterator[bytes]:
    """The same bytes; at their end it is known whether they are the right ones."""
    seen = sha256()
    async for chunk in chunks:
        seen.update(chunk)
        yield chunk
    if expected is not None and not hmac.compare_digest(seen.digest(), expected):
        raise FileProblem(_DAMAGED)
