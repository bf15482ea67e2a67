"""The file that a call sends: uploaded with it, named by a file_id, or to be fetched from an address.

Only loopback addresses are fetched: the sandbox has no internet, and says so as Telegram says it of a dead link.
"""

from urllib.parse import urlsplit

import aiohttp

from sandbox.pictures import picture_size
from sandbox.telegram.calls import Call
from sandbox.telegram.errors import bad_request
from sandbox.telegram.files import KINDS, Details, File
from sandbox.toolkit.loopback import is_loopback_url
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_MAX_SIDES = 10_000
_MAX_RATIO = 20
_VOICE_TYPES = ("audio/", "video/ogg", "application/ogg")


async def read_file(call: Call, kind: str, source: Json, name: str) -> File:
    """The file in field `name` of the call (or of an InputMedia, `source`); raises ApiError."""
    given = str(source.get(name) or "")
    if given.startswith("attach://"):
        upload = call.parameters.files.get(given.removeprefix("attach://"))
    else:
        upload = call.parameters.files.get(name)
    if upload is None and given.startswith(("http://", "https://")):
        upload = await _fetch(call, given)
    if upload is None:
        return _known(call, kind, given)
    return _add(call, kind, source, upload)


def _known(call: Call, kind: str, file_id: str) -> File:
    if not file_id or file_id.startswith("attach://"):
        raise bad_request(f"there is no {kind} in the request")
    file = call.telegram.files.find(file_id, call.bot.id)
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.kind != kind:
        raise bad_request(f"can't use file of type {KINDS[file.kind].title} as {KINDS[kind].title}")
    return file


def _add(call: Call, kind: str, source: Json, upload: Upload) -> File:
    if not upload.content:
        raise bad_request("file must be non-empty")
    if kind == "photo":
        _check_photo(upload, call.telegram.settings.max_photo_bytes)
    details = Details(
        width=_number(source, "width") or _number(source, "length"),
        height=_number(source, "height") or _number(source, "length"),
        duration=_number(source, "duration"),
        emoji=source.get("emoji"),
        performer=source.get("performer"),
        title=source.get("title"),
    )
    thumbnail = str(source.get("thumbnail") or "").removeprefix("attach://")
    thumb = call.parameters.files.get(thumbnail or "thumbnail")
    return call.telegram.files.add(_actual_kind(kind, upload), upload, details, thumb)


def _check_photo(upload: Upload, max_bytes: int) -> None:
    if len(upload.content) > max_bytes:
        size = len(upload.content)
        raise bad_request(f"file of size {size} bytes is too big for a photo; the maximum size is {max_bytes} bytes")
    size_of = picture_size(upload.content)
    if size_of is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    short, long = sorted(size_of)
    if short < 1 or short + long > _MAX_SIDES or long / short > _MAX_RATIO:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _actual_kind(kind: str, upload: Upload) -> str:
    """A voice that is no sound and a video that is none are sent as documents, as Telegram does it."""
    content, mime = upload.content, upload.mime
    if kind == "voice":
        is_sound = content[:4] == b"OggS" or content[:3] == b"ID3" or mime.startswith(_VOICE_TYPES)
        return kind if is_sound else "document"
    if kind in ("video", "video_note"):
        is_film = content[4:8] == b"ftyp" or content[:4] == b"\x1aE\xdf\xa3" or mime.startswith("video/")
        return kind if is_film else "document"
    return kind


def _number(source: Json, name: str) -> int | None:
    value = str(source.get(name) or "")
    return int(value) if value.isdigit() else None


async def _fetch(call: Call, url: str) -> Upload:
    parts = urlsplit(url)
    if not parts.hostname:
        raise bad_request("wrong HTTP URL specified")
    session = call.telegram.session
    if not is_loopback_url(url) or session is None:
        raise bad_request("failed to get HTTP URL content")
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=20)) as response:
            if not response.ok:
                raise bad_request("failed to get HTTP URL content")
            content = await response.content.read(call.telegram.settings.max_download_bytes)
            name = parts.path.rpartition("/")[2] or "file"
            return Upload(name, response.content_type, content)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise bad_request("failed to get HTTP URL content") from error
