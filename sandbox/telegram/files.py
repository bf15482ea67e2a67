"""Files that people and bots sent: bytes, what the Bot API says of them, and ids that belong to one bot.

A file_id names bot and file and is checked, so a foreign or invented one is refused; nothing is re-encoded.
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from sandbox.clock import Clock
from sandbox.pictures import Size, media_type, picture_size, plain_png
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.toolkit.file_bytes import FileBytes
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_KEY = b"sandbox"
_THUMB_SIDE = 90
_ANY_TYPE = "application/octet-stream"
_LINKS_SWEPT_ABOVE = 10_000


class _Kind(NamedTuple):
    """How the Bot API calls a kind: prefix of its file_ids, folder of its links, usual extension, name in refusals."""

    prefix: str
    folder: str
    extension: str
    title: str


KINDS = {
    "photo": _Kind("AgACAgIAAxkB", "photos", ".jpg", "Photo"),
    "document": _Kind("BQACAgIAAxkB", "documents", "", "Document"),
    "voice": _Kind("AwACAgIAAxkB", "voice", ".oga", "VoiceNote"),
    "video": _Kind("BAACAgIAAxkB", "videos", ".mp4", "Video"),
    "video_note": _Kind("DQACAgIAAxkB", "video_notes", ".mp4", "VideoNote"),
    "animation": _Kind("CgACAgIAAxkB", "animations", ".mp4", "Animation"),
    "audio": _Kind("CQACAgIAAxkB", "music", ".mp3", "Audio"),
    "sticker": _Kind("CAACAgIAAxkB", "stickers", ".webp", "Sticker"),
}


class File(msgspec.Struct, kw_only=True):
    """One file; `thumb` is another file's number, `duration` in seconds."""

    number: int
    kind: str
    name: str
    mime: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    thumb: int | None = None
    emoji: str | None = None
    performer: str | None = None
    title: str | None = None


class Details(NamedTuple):
    """What a real app measures before it sends a file."""

    width: int | None = None
    height: int | None = None
    duration: int | None = None
    emoji: str | None = None
    performer: str | None = None
    title: str | None = None


class Files:
    """All files of the world. With a folder their bytes live there; without one, in memory up to a bound."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._bytes = FileBytes(store, settings, "files")
        self._links: dict[tuple[int, str], int] = {}
        self._files = {file.number: file for file in store.read("file", File)}
        self._next = max(self._files, default=0) + 1

    def add(self, kind: str, upload: Upload, details: Details | None = None, thumb: Upload | None = None) -> File:
        """Keeps an upload as a file of `kind` and measures what can be measured."""
        details = details or Details()
        size = picture_size(upload.content)
        if kind == "photo" and thumb is None and size and max(size) > _THUMB_SIDE:
            thumb = _small_picture(size)
        file = File(
            number=self._next,
            kind=kind,
            name=upload.name,
            mime=_mime(kind, upload),
            size=len(upload.content),
            width=details.width or (size.width if size else None),
            height=details.height or (size.height if size else None),
            duration=details.duration,
            emoji=details.emoji,
            performer=details.performer,
            title=details.title,
        )
        self._next += 1
        self._files[file.number] = file
        self._bytes.put(str(file.number), upload.content)
        if thumb is not None:
            file.thumb = self.add("photo", thumb).number
        self._store.put("file", str(file.number), file)
        return file

    def get(self, number: int) -> File | None:
        return self._files.get(number)

    def content(self, file: File) -> bytes | None:
        """The bytes; None when they are gone."""
        return self._bytes.get(str(file.number))

    def file_id(self, file: File, bot_id: int) -> str:
        """The file's id for one bot."""
        packed = struct.pack(">QI", bot_id, file.number)
        sign = hmac.digest(_KEY, packed, "sha256")[:12]
        return KINDS[file.kind].prefix + base64.urlsafe_b64encode(packed + sign).decode()

    def find(self, file_id: str, bot_id: int) -> File | None:
        """The file of an id, if the id is real and this bot's."""
        try:
            packed = base64.urlsafe_b64decode(file_id[12:])
        except ValueError:
            return None
        if len(packed) != 24 or not hmac.compare_digest(hmac.digest(_KEY, packed[:12], "sha256")[:12], packed[12:]):  # noqa: PLR2004
            return None
        owner, number = struct.unpack(">QI", packed[:12])
        file = self._files.get(number)
        return file if file is not None and owner == bot_id and file_id.startswith(KINDS[file.kind].prefix) else None

    def link(self, file: File, bot_id: int, good_ms: int) -> str:
        """A `file_path` that opens the file for `good_ms` from now."""
        kind = KINDS[file.kind]
        extension = (Path(file.name).suffix if file.kind == "document" else "") or kind.extension
        path = f"{kind.folder}/file_{file.number}{extension}"
        now = self._clock.now_ms()
        if len(self._links) > _LINKS_SWEPT_ABOVE:
            self._links = {key: until for key, until in self._links.items() if until > now}
        self._links[bot_id, path] = now + good_ms
        return path

    def follow(self, path: str, bot_id: int) -> File | None:
        """The file behind a `file_path` that this bot was given and that is still good."""
        if self._links.get((bot_id, path), 0) <= self._clock.now_ms():
            self._links.pop((bot_id, path), None)
            return None
        number = path.rpartition("file_")[2].partition(".")[0]
        return self._files.get(int(number)) if number.isdigit() else None

    def fields(self, file: File, bot_id: int) -> Json:
        """The message's fields of this file, such as `{"photo": [...]}`."""
        match file.kind:
            case "photo":
                return {"photo": self.photo_sizes(file, bot_id)}
            case "animation":
                # An animation also fills `document`, for clients of before there were animations.
                document = {**self._common(file, bot_id), **self._named(file)}
                return {"animation": self._moving(file, bot_id), "document": document}
            case "video":
                return {"video": self._moving(file, bot_id)}
            case "video_note":
                side = file.width or 240
                return {"video_note": {**self._common(file, bot_id), "length": side, "duration": file.duration or 1}}
            case "voice":
                voice = {**self._common(file, bot_id), "duration": file.duration or 1, "mime_type": file.mime}
                return {"voice": voice}
            case "audio":
                extra = {"duration": file.duration or 1, "performer": file.performer, "title": file.title}
                return {"audio": {**self._common(file, bot_id), **self._named(file), **_present(extra)}}
            case "sticker":
                return {"sticker": self._sticker(file, bot_id)}
            case _:
                return {"document": {**self._common(file, bot_id), **self._named(file)}}

    def photo_sizes(self, file: File, bot_id: int) -> list[Json]:
        """Small to large, as the Bot API lists them."""
        sizes = [self._files[file.thumb]] if file.thumb in self._files else []
        return [self._photo_size(one, bot_id) for one in (*sizes, file)]

    def _photo_size(self, file: File, bot_id: int) -> Json:
        return {**self.identity(file, bot_id), "width": file.width or 1, "height": file.height or 1}

    def identity(self, file: File, bot_id: int) -> Json:
        """What every object of the Bot API says of its file."""
        unique = base64.urlsafe_b64encode(hashlib.sha256(f"{file.number}".encode()).digest()[:9]).decode()
        return {
            "file_id": self.file_id(file, bot_id),
            "file_unique_id": f"AQAD{unique}",
            "file_size": file.size,
        }

    def _common(self, file: File, bot_id: int) -> Json:
        fields = self.identity(file, bot_id)
        if file.thumb in self._files:
            fields["thumbnail"] = self._photo_size(self._files[file.thumb], bot_id)
        return fields

    def _named(self, file: File) -> Json:
        return _present({"file_name": file.name, "mime_type": file.mime})

    def _moving(self, file: File, bot_id: int) -> Json:
        shape = {"width": file.width or 320, "height": file.height or 240, "duration": file.duration or 1}
        return {**self._common(file, bot_id), **self._named(file), **shape}

    def _sticker(self, file: File, bot_id: int) -> Json:
        return _present(
            {
                **self._common(file, bot_id),
                "type": "regular",
                "width": file.width or 512,
                "height": file.height or 512,
                "is_animated": file.name.endswith(".tgs"),
                "is_video": file.mime == "video/webm",
                "emoji": file.emoji,
            }
        )


def _small_picture(size: Size) -> Upload:
    scale = _THUMB_SIDE / max(size)
    width, height = max(1, round(size.width * scale)), max(1, round(size.height * scale))
    return Upload("thumbnail.png", "image/png", plain_png(width, height, "#9aa5b1"))


def _mime(kind: str, upload: Upload) -> str:
    """The type by content, as clients often send none; a document is what it is said to be, if that says anything."""
    is_told = kind == "document" and upload.mime != _ANY_TYPE
    return upload.mime if is_told else media_type(upload.content) or upload.mime


def _present(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def files_in(body: Json) -> Iterable[tuple[str, Json]]:
    """The files that a message's body carries, as (kind, the Bot API's object); a photo by its largest size."""
    for kind in KINDS:
        value = body.get(kind)
        if value and not (kind == "document" and "animation" in body):
            yield kind, value[-1] if kind == "photo" else value
