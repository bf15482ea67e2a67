"""Pieces of the control API that every stand-in's part of it is made of: reading a request, answering it."""

from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec
from aiohttp import web

from sandbox.toolkit.acts import ActError
from sandbox.wire import Json, decode, encode

_PAGE = 50
_FROM_STRANGERS = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
"""A stranger's file must never run as a page of this address."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Wanted = TypeVar("Wanted")
Message = TypeVar("Message")


class Route(NamedTuple):
    verb: str
    path: str
    handler: Handler


class ControlError(Exception):
    """A wrong request; the text is a sentence for whoever made it."""


def json_reply(body: object) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")


def refusal(status: int, sentence: str, code: str | None = None) -> web.Response:
    """A refusal; `code` is for pages that say it in the reader's own language."""
    body = {"ok": False, "error": sentence, **({"code": code} if code else {})}
    return web.Response(status=status, body=encode(body), content_type="application/json")


def no_file() -> web.Response:
    return refusal(404, "There is no such file.")


def file_reply(content: bytes | None, mime: str) -> web.Response:
    """A file that somebody sent, for the page; 404 where it is gone."""
    if content is None:
        return no_file()
    try:
        return web.Response(body=content, content_type=mime, headers=_FROM_STRANGERS)
    except ValueError:  # what the sender called a type is none
        return web.Response(body=content, content_type="application/octet-stream", headers=_FROM_STRANGERS)


def history_reply(
    request: web.Request,
    newest_first: Callable[[int | None], Iterable[Message]],
    show: Callable[[Message], Json],
) -> web.Response:
    """A page of one chat, oldest first; `before` and `limit` are in the query, and `more` says that there are older."""
    limit = int(request.query.get("limit", _PAGE))
    messages = list(islice(newest_first(before(request)), limit + 1))
    return json_reply({"messages": [show(one) for one in messages[:limit]][::-1], "more": len(messages) > limit})


def before(request: web.Request) -> int | None:
    """Older than which message a page is asked for; None for the newest, which are read by being looked at."""
    return int(request.query["before"]) if "before" in request.query else None


def no_history() -> web.Response:
    """The page of a chat that is not there."""
    return json_reply({"messages": [], "more": False})


def convert(given: object, wanted: type[Wanted]) -> Wanted:
    """Reads a body; raises ControlError."""
    try:
        return msgspec.convert(given, wanted)
    except msgspec.ValidationError as error:
        raise ControlError(f"{error}.") from error


def read_act(given: Json, wanted: type[Wanted], messenger: str) -> Wanted:
    """Reads an act; raises ActError."""
    try:
        return msgspec.convert(given, wanted)
    except msgspec.ValidationError as error:
        raise ActError(f"This is no act on {messenger}: {error}.") from error


async def read_object(request: web.Request) -> Json:
    """The request's JSON object, {} for an empty body; raises ControlError."""
    try:
        body = decode(await request.read() or b"{}")
    except msgspec.DecodeError as error:
        raise ControlError(f"The body is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise ControlError("The body must be a JSON object.")
    return body
