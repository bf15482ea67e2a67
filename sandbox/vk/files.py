"""Files on VK's side: bytes, the attachment objects that name them, signed links that expire, and upload tickets.

Nothing is re-encoded: every size of a photo but the smallest is the picture as it came.
"""

import base64
import hashlib
import secrets
from typing import Literal, NamedTuple
from urllib.parse import quote

import msgspec

from sandbox.pictures import media_type, picture_size, plain_png
from sandbox.toolkit.file_bytes import FileBytes
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.links import LinkSigner
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

FileKind = Literal["photo", "doc", "audio_message", "graffiti", "picture"]

ROOT = "/vk/files"
_SIGNER = LinkSigner(b"sandbox-vk")
_HASH_BYTES = 12
_SMALL_SIDE = 75
_FIRST_NUMBER = 457_239_001
_DOC_TYPES = (
    (frozenset({"txt", "doc", "docx", "pdf", "rtf", "xls", "xlsx"}), 1),
    (frozenset({"zip", "rar", "7z", "gz"}), 2),
    (frozenset({"gif"}), 3),
    (frozenset({"png", "jpg", "jpeg", "webp", "svg"}), 4),
    (frozenset({"ogg", "wav", "flac"}), 5),
    (frozenset({"mp4", "webm", "mov", "avi"}), 6),
    (frozenset({"epub", "fb2"}), 7),
)
_OTHER_DOC = 8
_DOCUMENTS = frozenset({"audio_message", "graffiti"})


class File(msgspec.Struct, kw_only=True):
    """One file; `number` is VK's id of the object, `owner_id` whose it is; `small` another file's number."""

    number: int
    kind: FileKind
    owner_id: int
    name: str
    mime: str
    size: int
    access_key: str
    at: int
    width: int = 0
    height: int = 0
    duration: int = 1
    small: int | None = None
    transcript: str = ""


class Ticket(NamedTuple):
    """What an upload address was given for; `until` in milliseconds."""

    community_id: int
    kind: FileKind
    until: int


class Files:
    """All files of VK's world. With a folder their bytes live there; without one, in memory."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        self._store, _, _, self._clock, self._settings = infrastructure
        self._bytes = FileBytes(self._store, self._settings, "vk_files")
        self._tickets: dict[str, Ticket] = {}
        self._uploaded: dict[str, tuple[Ticket, Upload]] = {}
        self._files = {file.number: file for file in self._store.read("vk_file", File)}
        self._next = max(self._files, default=_FIRST_NUMBER - 1) + 1
        self.base = ""
        """Where this server is reached; set once its port is known."""

    def add(self, kind: FileKind, owner_id: int, upload: Upload, *, duration: int = 1, transcript: str = "") -> File:
        """Keeps an upload and measures what can be measured."""
        size = picture_size(upload.content)
        small = None
        if kind == "photo" and size and max(size) > _SMALL_SIDE:
            scale = _SMALL_SIDE / max(size)
            picture = plain_png(max(1, round(size.width * scale)), max(1, round(size.height * scale)), "#9aa5b1")
            small = self.add("picture", owner_id, Upload("small.png", "image/png", picture)).number
        number = self._next
        self._next += 1
        file = File(
            number=number,
            kind=kind,
            owner_id=owner_id,
            name=upload.name,
            mime=media_type(upload.content) or upload.mime,
            size=len(upload.content),
            access_key=hashlib.sha256(f"key {number}".encode()).hexdigest()[:18],
            at=self._clock.now_s(),
            width=size.width if size else 0,
            height=size.height if size else 0,
            duration=duration,
            small=small,
            transcript=transcript,
        )
        self._files[number] = file
        self._bytes.put(str(number), upload.content)
        self._store.put("vk_file", str(number), file)
        return file

    def get(self, number: int) -> File | None:
        return self._files.get(number)

    def content(self, file: File) -> bytes | None:
        """The bytes; None when they are gone."""
        return self._bytes.get(str(file.number))

    def find(self, kind: str, owner_id: int, number: int) -> File | None:
        """The file that an attachment string names; what was uploaded as a document may go by that name."""
        file = self._files.get(number)
        if file is None or file.owner_id != owner_id:
            return None
        return file if file.kind == kind or (kind == "doc" and file.kind in _DOCUMENTS) else None

    def link(self, file: File) -> str:
        """A signed address, good for a while."""
        until = self._clock.now_s() + self._settings.vk_file_link_ms // 1000
        sign = _SIGNER.sign(file.number, until)
        return f"{self.base}{ROOT}/{file.number}/{quote(file.name)}?until={until}&sign={sign}"

    def follow(self, number: int, until: str, sign: str) -> File | None:
        """The file behind a link that is still good."""
        return self._files.get(number) if _SIGNER.is_good(number, until, sign, self._clock.now_s()) else None

    def attachment(self, file: File) -> Json:
        """The attachment object of API 5.199."""
        kind = file.kind if file.kind != "picture" else "photo"
        return {"type": kind, kind: self.object_of(file)}

    def object_of(self, file: File) -> Json:
        own: Json = {"id": file.number, "owner_id": file.owner_id, "access_key": file.access_key}
        match file.kind:
            case "photo" | "picture":
                return {
                    **own, "album_id": -64, "date": file.at, "text": "", "has_tags": False, "sizes": self._sizes(file),
                }  # fmt: skip
            case "audio_message":
                told: Json = {"transcript": file.transcript, "transcript_state": "done"} if file.transcript else {}
                link = self.link(file)
                waveform = [byte % 32 for byte in hashlib.sha256(str(file.number).encode()).digest() * 4]
                sound: Json = {"duration": file.duration, "waveform": waveform, "link_ogg": link, "link_mp3": link}
                return {**own, **sound, **told}
            case "graffiti":
                return {**own, "url": self.link(file), "width": file.width, "height": file.height}
            case "doc":
                ext = file.name.rpartition(".")[2].lower() if "." in file.name else ""
                return {
                    **own, "title": file.name, "size": file.size, "ext": ext, "date": file.at,
                    "type": _doc_type(ext), "url": self.link(file),
                }  # fmt: skip

    def _sizes(self, file: File) -> list[Json]:
        small = self._files.get(file.small) if file.small is not None else None
        shown = [("s", small)] if small is not None else []
        return [
            {"type": letter, "url": self.link(one), "width": one.width, "height": one.height}
            for letter, one in [*shown, ("x", file), ("z", file)]
        ]

    def open_ticket(self, community_id: int, kind: FileKind) -> str:
        """A fresh upload address's secret part, for one upload."""
        name = secrets.token_urlsafe(18)
        self._tickets[name] = Ticket(community_id, kind, self._clock.now_ms() + self._settings.vk_upload_url_ms)
        return name

    def take_ticket(self, name: str) -> Ticket | None:
        """What the address was given for; None when it was used before, or is too old."""
        ticket = self._tickets.pop(name, None)
        return ticket if ticket is not None and ticket.until > self._clock.now_ms() else None

    def shelve(self, ticket: Ticket, upload: Upload) -> str:
        """Puts an upload aside until it is saved; the hash by which it is."""
        name = base64.urlsafe_b64encode(secrets.token_bytes(_HASH_BYTES)).decode()
        self._uploaded[name] = ticket, upload
        return name

    def unshelve(self, name: str, community_id: int) -> tuple[Ticket, Upload] | None:
        """What was uploaded under that hash by this community, once."""
        found = self._uploaded.get(name)
        return self._uploaded.pop(name) if found is not None and found[0].community_id == community_id else None


def _doc_type(ext: str) -> int:
    return next((number for names, number in _DOC_TYPES if ext in names), _OTHER_DOC)
