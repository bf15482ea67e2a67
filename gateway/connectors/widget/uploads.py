"""Files both ways: what a visitor uploads, and what a visitor is given. Types are told by content, names are claims.

Bytes go to nobody but the visitor whose dialog they belong to, and only a closed list of types may be shown by a
browser; everything else is a download that runs nothing.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from re import ASCII, fullmatch
from urllib.parse import unquote

import msgspec
from aiohttp import web

from gateway.connectors.widget import content, frames
from gateway.connectors.widget.answers import HttpRejection, bytes_of, told_json
from gateway.connectors.widget.render import KINDS
from gateway.connectors.widget.site import Site
from gateway.connectors.widget.tokens import Claims
from gateway.errors import FileProblem, TryLater
from gateway.model.file_types import type_of
from gateway.model.ids import ContactId, FileId
from gateway.model.messages import Media, MediaKind

_AT_ONCE, _AT_ONCE_OF_AN_ADDRESS = 3, 12
"""Uploads under way of one visitor, and of one network address."""
_UPLOAD = r"[0-9a-f]{20}-[0-9a-f]{32}"
_SAFE_FILE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "private, max-age=3600",
    "Referrer-Policy": "no-referrer",
}


class Uploads:
    """All of one account's."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._under_way: Counter[str] = Counter()

    async def take(self, request: web.Request, claims: Claims, address: str) -> web.Response:
        """Keeps what a visitor sends, and answers the handle that a message names it by. Raises HttpRejection."""
        visitor = claims.visitor
        client_id = request.headers.get("X-Upload-Id", "")
        if fullmatch(r"[A-Za-z0-9_-]{1,64}", client_id, ASCII) is None:
            raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad", unread=True)
        if (request.content_length or 0) > self._site.settings.upload_limit:
            raise HttpRejection(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", unread=True)
        now = self._site.clock()
        denied = self._site.quotas.upload(address, now) or self._site.quotas.say(visitor, address, now)
        if denied is not None:
            status = HTTPStatus.TOO_MANY_REQUESTS if denied.why == "too_fast" else HTTPStatus.SERVICE_UNAVAILABLE
            raise HttpRejection(status, denied.why, retry_after=denied.retry_after, unread=True)
        if self._under_way[visitor] >= _AT_ONCE or self._under_way[address] >= _AT_ONCE_OF_AN_ADDRESS:
            raise HttpRejection(HTTPStatus.TOO_MANY_REQUESTS, "too_fast", retry_after=1, unread=True)
        self._under_way.update((visitor, address))
        try:
            name = frames.file_name(unquote(request.headers.get("X-File-Name", ""), errors="replace"))
            media = await self._keep(request, f"{owner_of(visitor)}-{_digest(f'{visitor} {client_id}', 16)}", name)
        finally:
            self._under_way.subtract((visitor, address))
            # What is left is what is above nothing.
            self._under_way = +self._under_way
        self._site.quotas.uploaded(address, media.size or 0, self._site.clock())
        sizes = {"width": media.width, "height": media.height}
        return told_json({
            "upload": self._site.signer.upload(visitor, msgspec.to_builtins(media)),
            "kind": KINDS[media.kind],
            "name": name,
            "mime": media.mime,
            "size": media.size,
            **{side: pixels for side, pixels in sizes.items() if pixels},
        })  # fmt: skip

    async def give(self, request: web.Request, claims: Claims, file: str) -> web.StreamResponse:
        """A file of the visitor's dialog. Raises HttpRejection."""
        if not self._site.signer.is_granted(claims.visitor, file, request.headers.get("X-File-Grant", "")):
            raise HttpRejection(HTTPStatus.FORBIDDEN, "grant")
        try:
            path = self._path(claims.visitor, file)
        except FileProblem:
            raise HttpRejection(HTTPStatus.NOT_FOUND, "file") from None
        seen = content.look(await asyncio.to_thread(_head, path))
        shown = seen.kind is not MediaKind.DOCUMENT
        return web.FileResponse(
            path,
            headers={
                **_SAFE_FILE,
                "Content-Type": seen.mime,
                "Content-Disposition": "inline" if shown else "attachment",
            },
        )

    def _path(self, visitor: ContactId, file: str) -> Path:
        if fullmatch(_UPLOAD, file, ASCII):
            if not file.startswith(f"{owner_of(visitor)}-"):
                raise FileProblem("the file is another visitor's")
            return self._site.reception.kept(file)
        return self._site.files.path(FileId(file))

    async def _keep(self, request: web.Request, place: str, name: str | None) -> Media:
        limit = self._site.settings.upload_limit
        try:
            async with asyncio.timeout(self._site.timings.upload):
                stored = await self._site.reception.keep(place, _some(bytes_of(request, limit)), limit)
        except TimeoutError:
            raise HttpRejection(HTTPStatus.REQUEST_TIMEOUT, "slow", unread=True) from None
        except FileProblem:
            raise HttpRejection(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", unread=True) from None
        except TryLater as problem:
            later = max(1, round(problem.after))
            raise HttpRejection(HTTPStatus.SERVICE_UNAVAILABLE, "busy", retry_after=later, unread=True) from None
        seen = content.look(await asyncio.to_thread(_head, self._site.reception.kept(place)))
        mime = seen.mime if seen.kind is not MediaKind.DOCUMENT else type_of(stored.mime, name)
        return Media(seen.kind, place, name, mime=mime, size=stored.size, width=seen.width, height=seen.height)


def owner_of(visitor: ContactId) -> str:
    """What the names of a visitor's uploads begin with."""
    return _digest(visitor, 10)


def _digest(text: str, size: int) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()


async def _some(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        yield chunk
    if not size:
        raise HttpRejection(HTTPStatus.BAD_REQUEST, "empty")


def _head(path: Path) -> bytes:
    with path.open("rb") as source:
        return source.read(content.HEAD)
