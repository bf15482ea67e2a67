"""What the upload host takes: a form with the file in `data`, or pieces with Content-Range; and what it answers.

Source: CHANNELS.md 9.6. A picture's token comes under its id, a file's as it is; films and sounds are answered in XML,
as their token was told before.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from aiohttp import hdrs

from sandbox.max.errors import MaxError, wrong
from sandbox.max.files import File, Ticket
from sandbox.max.max import Max
from sandbox.pictures import media_type, picture_size
from sandbox.settings import Settings
from sandbox.toolkit.uploads import Form, Upload
from sandbox.wire import encode

_FIELD = "data"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_NAME = re.compile(r'filename="?([^";]+)')
_LONGEST_NAME = 200
_LONGEST_SIDE = 7680
_XML = b"<retval>1</retval>"
_PROGRAMS = frozenset({
    "exe", "bat", "cmd", "com", "msi", "scr", "pif", "apk", "jar", "js", "jse", "vbs", "vbe", "ps1", "sh", "dll", "lnk",
})  # fmt: skip
"""Extensions of programs. Which ones MAX refuses is published nowhere; that it does is."""


class Answer(NamedTuple):
    """What the host says."""

    body: bytes
    mime: str
    status: int = 200


def take_form(server: Max, ticket: Ticket, form: Form) -> Answer:
    """Takes the whole file from a form; raises MaxError."""
    upload = dict(form.files).get(_FIELD)
    if upload is None:
        raise wrong("No file in field data")
    return _take(server, ticket, upload)


def take_piece(server: Max, ticket: Ticket, headers: Mapping[str, str], piece: bytes) -> Answer:
    """Takes one piece, in whatever order they come; the last that lacked makes the file. Raises MaxError."""
    found = _RANGE.fullmatch(headers.get(hdrs.CONTENT_RANGE, ""))
    begin, end, size = (int(one) for one in found.groups()) if found else (0, -1, 0)
    if end - begin + 1 != len(piece) or end >= size:
        raise wrong("Content-Range does not fit the body")
    if size > _most(server.settings, ticket):
        raise wrong("File is too big")
    ticket.pieces = {**ticket.pieces, begin: piece}
    if sum(len(one) for one in ticket.pieces.values()) < size:
        return Answer(f"{begin}-{end}/{size}".encode(), "text/plain", 201)
    named = _NAME.search(headers.get(hdrs.CONTENT_DISPOSITION, ""))
    name = headers.get("X-File-Name") or (named[1] if named else "file")
    content = b"".join(one for _, one in sorted(ticket.pieces.items()))
    mime = headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0] or "application/octet-stream"
    return _take(server, ticket, Upload(unquote(name), mime, content))


def _take(server: Max, ticket: Ticket, upload: Upload) -> Answer:
    if ticket.is_used:
        raise wrong("Upload url was used already")
    _check(server.settings, ticket, upload)
    ticket.is_used, ticket.pieces = True, {}
    file = server.files.add(ticket.kind, upload, token=ticket.token, ready_in=server.settings.max_processing_ms)
    return _answer(file)


def _answer(file: File) -> Answer:
    match file.kind:
        case "image":
            return Answer(encode({"photos": {f"{file.number}": {"token": file.token}}}), "application/json")
        case "file":
            return Answer(encode({"fileId": file.number, "token": file.token}), "application/json")
        case "video" | "audio":
            return Answer(_XML, "text/xml")


def _check(settings: Settings, ticket: Ticket, upload: Upload) -> None:
    if not upload.content:
        raise wrong("File is empty")
    if len(upload.name) > _LONGEST_NAME:
        raise wrong(f"File name is longer than {_LONGEST_NAME}")
    if len(upload.content) > _most(settings, ticket):
        raise wrong("File is too big")
    if ticket.kind == "file" and upload.name.rpartition(".")[2].lower() in _PROGRAMS:
        raise MaxError(400, "upload.error", "File extension is forbidden")
    if ticket.kind == "image":
        size = picture_size(upload.content)
        if not str(media_type(upload.content)).startswith("image/") or size is None:
            raise wrong("File is no image")
        if max(size) > _LONGEST_SIDE:
            raise wrong(f"Image is larger than {_LONGEST_SIDE}x{_LONGEST_SIDE}")


def _most(settings: Settings, ticket: Ticket) -> int:
    most = {
        "image": settings.max_image_bytes,
        "video": settings.max_video_bytes,
        "audio": settings.max_audio_bytes,
        "file": settings.max_file_bytes,
    }
    return most[ticket.kind]
