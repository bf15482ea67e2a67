"""Requests' bodies and our answers to them: bounded in size and time, and nothing in them of what strangers sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from gateway.connectors.widget.frames import Unreadable, decode


class HttpRejection(Exception):
    """A request is turned away: the status, a code of the protocol, and when it may be tried again.

    `unread`: the body is not read to its end, so the connection is of no more use.
    """

    def __init__(self, status: HTTPStatus, code: str, *, retry_after: int | None = None, unread: bool = False) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.unread = unread

    def answer(self) -> web.Response:
        """As the protocol says it."""
        told: dict[str, Any] = {"error": self.code}
        response = told_json(told, self.status)
        if self.retry_after is not None:
            response = told_json(told | {"retry_after": self.retry_after}, self.status)
            response.headers["Retry-After"] = str(self.retry_after)
        if self.unread:
            response.force_close()
        return response


def told_json(told: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """An answer that nobody keeps and nobody reads as anything but JSON."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(text=text, status=status, content_type="application/json", headers=headers)


async def body_of(request: web.Request, limit: int, seconds: float) -> dict[str, Any]:
    """The JSON object that was sent, within so many seconds.

    Raises:
        HttpRejection: it is more than `limit` bytes, too slow, or no JSON object.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in bytes_of(request, limit):
                body += chunk
    except TimeoutError:
        raise HttpRejection(HTTPStatus.REQUEST_TIMEOUT, "slow", unread=True) from None
    try:
        found = decode(bytes(body))
    except Unreadable:
        raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad") from None
    if not isinstance(found, dict):
        raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad")
    return found


async def bytes_of(request: web.Request, limit: int) -> AsyncIterator[bytes]:
    """The body, piece by piece.

    Raises:
        HttpRejection: it is more than `limit` bytes, or breaks off.
    """
    too_large = HttpRejection(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", unread=True)
    if (request.content_length or 0) > limit:
        raise too_large
    size = 0
    try:
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > limit:
                raise too_large
            yield chunk
    except web.RequestPayloadError:
        raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad", unread=True) from None


def text_of(body: Mapping[str, Any], name: str) -> str:
    """A text field of a body. Raises HttpRejection: it is not there, or no text."""
    found = body.get(name)
    if not isinstance(found, str):
        raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad")
    return found
