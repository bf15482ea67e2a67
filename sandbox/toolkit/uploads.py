"""Files as they are sent to us: in a form, inside JSON as base64, or a sample from the folder of samples."""

import base64
import binascii
from pathlib import Path
from typing import NamedTuple

from aiohttp import BodyPartReader, hdrs, web

from sandbox.pictures import plain_png
from sandbox.toolkit.acts import ActError

_SAMPLES = Path(__file__).parents[1] / "page" / "samples"
_CHUNK_BYTES = 256 * 1024


class Upload(NamedTuple):
    """A file's bytes with the name and type that its sender gave."""

    name: str
    mime: str
    content: bytes


class Form(NamedTuple):
    """A multipart form: its fields as text by name, its files by the name of their field in the order they came."""

    fields: dict[str, str]
    files: list[tuple[str, Upload]]


async def read_form(request: web.Request) -> Form:
    """Reads a multipart request; a part without a name is passed over."""
    form = Form({}, [])
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        content = bytearray()
        while chunk := await part.read_chunk(_CHUNK_BYTES):
            content += chunk
        if part.filename is None:
            form.fields[part.name] = bytes(content).decode("utf-8", "replace")
        else:
            mime = part.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream")
            form.files.append((part.name, Upload(part.filename, mime.partition(";")[0], bytes(content))))
    return form


def from_base64(given: str, name: str, mime: str) -> Upload:
    """The file inside the JSON of an act; raises ActError."""
    try:
        return Upload(name, mime, base64.b64decode(given, validate=True))
    except binascii.Error:
        raise ActError("bytes_base64 is no base64.") from None


def sample_file(kind: str) -> Upload:
    """Some real file of a kind, for acts that bring none."""
    match kind:
        case "voice":
            return Upload("voice.ogg", "audio/ogg", _sample("voice.ogg"))
        case "voice_mp4":
            return Upload("voice.mp4", "audio/mp4", _sample("voice.mp4"))
        case "video" | "animation":
            return Upload(f"{kind}.mp4", "video/mp4", _sample(f"{kind}.mp4"))
        case "video_note":
            return Upload("note.mp4", "video/mp4", _sample("note.mp4"))
        case "audio":
            return Upload("tune.mp3", "audio/mpeg", _sample("tune.mp3"))
        case "document":
            return Upload("заметка.txt", "text/plain", "Здравствуйте!\n".encode())
        case _:
            return Upload(f"{kind}.png", "image/png", plain_png(640, 480, "#7a9e7e"))


def _sample(name: str) -> bytes:
    return (_SAMPLES / name).read_bytes()
