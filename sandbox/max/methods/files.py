"""Addresses for uploads, and what a film is made of."""

from typing import get_args

from sandbox.max.calls import Call, method
from sandbox.max.errors import not_found, wrong
from sandbox.max.files import FileKind
from sandbox.wire import Json

_KINDS: tuple[FileKind, ...] = get_args(FileKind)
_WITH_TOKEN = frozenset({"video", "audio"})
"""Kinds whose token is told before the upload: that answers XML."""


@method("uploads")
def open_upload(call: Call) -> Json:
    kind = next((one for one in _KINDS if one == call.query.get("type")), None)
    if kind is None:
        raise wrong(f"type: must be one of {', '.join(_KINDS)}")
    ticket = call.server.files.open_ticket(call.bot.id, kind)
    told = {"url": call.server.files.upload_address(ticket)}
    return {**told, "token": ticket.token} if kind in _WITH_TOKEN else told


@method("video")
def video(call: Call) -> Json:
    """Where a film can be had; there is one size of it here."""
    files = call.server.files
    file = files.by_token(call.path["token"])
    if file is None or file.kind != "video":
        raise not_found("Video")
    thumbnail = files.get(file.thumbnail or 0)
    assert thumbnail is not None
    picture = {"photo_id": thumbnail.number, "token": thumbnail.token, "url": files.address(thumbnail)}
    return {
        "token": file.token,
        "urls": {"mp4_480": files.address(file)},
        "thumbnail": picture,
        "width": file.width,
        "height": file.height,
        "duration": file.duration,
    }
