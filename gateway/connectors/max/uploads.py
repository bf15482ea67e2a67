"""Bringing a file to MAX: ask where to, send it there; the token that comes of it is attached to a message.

Nothing of this reaches the client: whatever is lost on the way may be done again. Videos and sounds have their token
before they are sent, and big ones go in pieces; pictures and files get it for what was sent. A message whose file is
not ready yet goes again with the same token, so tokens are kept for a while; after a restart the file is sent anew.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from aiohttp import FormData

from gateway.connectors.max import problems
from gateway.connectors.max.answers import Call, Rejected
from gateway.connectors.max.client import Client
from gateway.connectors.max.media import AUDIO, IMAGE, VIDEO
from gateway.connectors.max.values import Json, listed, table, words
from gateway.connectors.toolkit.http import Answer, HttpClient
from gateway.connectors.toolkit.rates import unserved
from gateway.connectors.toolkit.vendor_json import decode
from gateway.errors import Refused, TryLater, Uncertain
from gateway.model.file_types import UNKNOWN, type_by_name
from gateway.model.ids import FileId

PIECE = 8 * 1024 * 1024
"""Bytes of one piece; a video or sound that is larger goes in pieces."""
_RATE = 64 * 1024
"""Bytes a second: an upload is given the time that a slow line needs."""
_REMEMBERED = 2000
_FRESH_SECONDS = 3600.0
_REDIRECT, _TOO_MANY, _SERVER = 300, 429, 500


class Uploads:
    """Uploads for one bot.

    Args:
        client: calls the API.
        http: calls the upload servers, without the token.
        clock: seconds that only grow.
        piece: bytes of one piece.
    """

    def __init__(
        self, client: Client, http: HttpClient, *, clock: Callable[[], float] = monotonic, piece: int = PIECE
    ) -> None:
        self._client = client
        self._http = http
        self._clock = clock
        self._piece = piece
        self._known: dict[tuple[FileId, str], tuple[float, str]] = {}

    async def token(self, file: FileId, kind: str, name: str, path: Path) -> str:
        """The token by which the file is attached as what it is.

        Raises:
            Rejected: MAX does not take this file as what it is.
            TryLater, Unauthorized, Refused: as for every call.
        """
        at, known = self._known.get((file, kind), (0.0, ""))
        if known and self._clock() - at < _FRESH_SECONDS:
            return known
        token = await self._brought(kind, name, path)
        while len(self._known) >= _REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[file, kind] = (self._clock(), token)
        return token

    def forget(self, file: FileId) -> None:
        """Its tokens were not accepted."""
        for key in [one for one in self._known if one[0] == file]:
            del self._known[key]

    async def _brought(self, kind: str, name: str, path: Path) -> str:
        told = await self._client.call(Call("POST", "/uploads"), query={"type": kind})
        url, token = words(told.get("url")), words(told.get("token"))
        if not url or (kind in {VIDEO, AUDIO} and not token):
            raise TryLater(problems.NO_PLACE, after=0.0)
        size = path.stat().st_size  # noqa: ASYNC240 - one look at a file of ours
        if token and size > self._piece:
            await self._in_pieces(url, name, path, size)
            return token
        answer = await self._whole(url, name, path, size)
        return token or _token_in(kind, answer)

    async def _whole(self, url: str, name: str, path: Path, size: int) -> Answer:
        with path.open("rb") as file:
            form = FormData(quote_fields=False)
            form.add_field("data", file, filename=name, content_type=type_by_name(name) or UNKNOWN)
            return await self._sent(url, form, size)

    async def _in_pieces(self, url: str, name: str, path: Path, size: int) -> None:
        for begin, end in _bounds(size, self._piece):
            piece = await asyncio.to_thread(_read, path, begin, end)
            headers = {
                "Content-Type": UNKNOWN,
                "Content-Disposition": f'attachment; filename="{quote(name)}"',
                "Content-Range": f"bytes {begin}-{end - 1}/{size}",
            }
            await self._sent(url, piece, end - begin, headers)

    async def _sent(
        self, url: str, data: FormData | bytes, size: int, headers: Mapping[str, str] | None = None
    ) -> Answer:
        try:
            answer = await self._http.request("POST", url, data=data, headers=headers, wait=size / _RATE)
        except Uncertain as error:
            raise TryLater(str(error), after=0.0) from None
        if answer.status == _TOO_MANY or answer.status >= _SERVER:
            problem = problems.UPLOAD_FAILED.format(status=answer.status)
            raise unserved(problem, answer.status, answer.wait)
        if answer.status >= _REDIRECT:
            if b"extension is forbidden" in answer.body.lower():
                raise Refused(problems.FORBIDDEN_ENDING)
            raise Rejected(problems.NOT_TAKEN.format(status=answer.status))
        return answer


def _token_in(kind: str, answer: Answer) -> str:
    """The token that the answer of an upload server holds."""
    try:
        got: Any = decode(answer.body)
    except ValueError:
        got = None
    token = _picture(table(got)) if kind == IMAGE else words(table(got).get("token"))
    if token:
        return token
    if isinstance(got, Mapping) and ("error_code" in got or "error" in got or "code" in got):
        raise Rejected(problems.NOT_TAKEN.format(status=answer.status))
    raise TryLater(problems.UPLOAD_FAILED.format(status=answer.status), after=0.0)


def _picture(got: Json) -> str:
    """The token of the one picture that was sent: `{"photos": {"<id>": {"token": "…"}}}`."""
    photos = got.get("photos")
    several = photos.values() if isinstance(photos, Mapping) else listed(photos)
    return next((found for one in several if (found := words(table(one).get("token")))), words(got.get("token")))


def _bounds(size: int, piece: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, size, piece):
        yield begin, min(begin + piece, size)


def _read(path: Path, begin: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(begin)
        return file.read(end - begin)
