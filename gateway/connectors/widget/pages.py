"""What anybody may load: the script, the avatar, and a page of its own that is nothing but the chat.

The page runs its own script and nothing else, and may be framed by the sites of the account only.
"""

import asyncio
import gzip
import hashlib
from html import escape
from http import HTTPStatus
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from gateway.connectors.widget import content
from gateway.connectors.widget.answers import HttpRejection
from gateway.connectors.widget.settings import Settings
from gateway.model.messages import MediaKind

SCRIPT = Path(__file__).parent / "static" / "widget.js"
_FIVE_MINUTES = "public, max-age=300"
_AVATAR_LIMIT = 512 * 1024
_OPEN = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "cross-origin"}
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="{icon}">
<script async src="widget.js" data-page></script>
</head>
<body></body>
</html>
"""  # noqa: E501 - one tag, one line
_TITLES = {"ru": "Чат", "en": "Chat"}


class _Asset(Struct, frozen=True):
    body: bytes
    packed: bytes | None
    mime: str
    etag: str


class Pages:
    """All of one account's. `script` is the built file of the browser's side."""

    def __init__(self, settings: Settings, script: Path = SCRIPT) -> None:
        self._settings = settings
        self._script_file = script
        self._script: _Asset | None = None
        self._avatar: _Asset | None = None

    async def script(self, request: web.Request) -> web.Response:
        """Raises HttpRejection: it was never built."""
        if self._script is None:
            self._script = await asyncio.to_thread(_script, self._script_file)
        return _given(request, self._script)

    async def avatar(self, request: web.Request) -> web.Response:
        """Raises HttpRejection: there is none, or the file is no image."""
        if self._settings.avatar is None:
            raise HttpRejection(HTTPStatus.NOT_FOUND, "avatar")
        if self._avatar is None:
            self._avatar = await asyncio.to_thread(_avatar, self._settings.avatar)
        return _given(request, self._avatar)

    def page(self, request: web.Request) -> web.Response:
        """The chat, filling its window."""
        language = self._settings.language
        if language == "auto":
            wanted = request.headers.get("Accept-Language", "").lower()
            language = "ru" if wanted.startswith(("ru", "be", "kk", "uk")) else "en"
        title = self._settings.title or _TITLES[language]
        headers = {
            "Content-Security-Policy": policy_of(self._settings.origins, request.headers.get("Host", "")),
            "X-Content-Type-Options": "nosniff",
            # A file is asked for without an Origin: the Referer then says that it was our own page.
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-cache",
            "Vary": "Accept-Language",
        }
        # Without one browsers ask the whole server for a favicon.
        icon = "data:," if self._settings.avatar is None else "avatar"
        text = _PAGE.format(language=language, title=escape(title), icon=icon)
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)


def policy_of(origins: tuple[str, ...], host: str) -> str:
    """The page's Content-Security-Policy. Older Safaris do not take 'self' for sockets."""
    is_plain = host.replace(".", "").replace("-", "").replace(":", "").replace("[", "").replace("]", "").isalnum()
    sockets = f" ws://{host} wss://{host}" if is_plain and host.isascii() else ""
    return "; ".join((
        "default-src 'none'",
        "script-src 'self'",
        f"connect-src 'self'{sockets}",
        "img-src 'self' blob: data:",
        "media-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors 'self' {' '.join(origins)}",
    ))  # fmt: skip


def _given(request: web.Request, asset: _Asset) -> web.Response:
    headers = {**_OPEN, "Cache-Control": _FIVE_MINUTES, "ETag": f'"{asset.etag}"', "Vary": "Accept-Encoding"}
    known = request.headers.get("If-None-Match", "")
    if any(one.strip().removeprefix("W/") == f'"{asset.etag}"' for one in known.split(",")):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    body = asset.body
    accepted = (one.strip() for one in request.headers.get("Accept-Encoding", "").lower().split(","))
    if asset.packed is not None and any(one == "gzip" or one.startswith("gzip;q=1") for one in accepted):
        body = asset.packed
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, headers={**headers, "Content-Type": asset.mime})


def _script(file: Path) -> _Asset:
    try:
        body = file.read_bytes()
    except OSError:
        raise HttpRejection(HTTPStatus.NOT_FOUND, "script") from None
    packed = gzip.compress(body, 9, mtime=0)
    return _Asset(body, packed, "text/javascript; charset=utf-8", hashlib.sha256(body).hexdigest()[:32])


def _avatar(file: Path) -> _Asset:
    try:
        with file.open("rb") as source:
            body = source.read(_AVATAR_LIMIT + 1)
    except OSError:
        body = b""
    seen = content.look(body)
    if seen.kind is not MediaKind.PHOTO or len(body) > _AVATAR_LIMIT:
        raise HttpRejection(HTTPStatus.NOT_FOUND, "avatar")
    return _Asset(body, None, seen.mime, hashlib.sha256(body).hexdigest()[:32])
