"""Files on MAX's side: their bytes, the tokens that messages are made with, signed addresses, addresses for uploads.

A token can be used again and again. Whoever has an address may read the file until its time is over; nothing else is
asked for. A file's name comes percent-encoded twice, as public captures have it.
"""

import secrets
from typing import Literal
from urllib.parse import quote

import msgspec

from sandbox.pictures import Size, media_type, picture_size, plain_png
from sandbox.toolkit.file_bytes import FileBytes
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.links import LinkSigner
from sandbox.toolkit.uploads import Upload

FileKind = Literal["image", "video", "audio", "file"]

ROOT = "/max"
FILES, UPLOADS = f"{ROOT}/files", f"{ROOT}/upload"
_SIGNER = LinkSigner(b"sandbox-max")
_FIRST_NUMBER = 9_100_000_001
_SIZE_OF_FILM = Size(480, 270)
_TOKEN_BYTES = 45


class File(msgspec.Struct, kw_only=True):
    """One file; it may be sent once the clock has reached `ready_at`. `thumbnail` is the number of a film's picture."""

    number: int
    kind: FileKind
    name: str
    mime: str
    size: int
    token: str
    ready_at: int
    width: int = 0
    height: int = 0
    duration: int = 0
    thumbnail: int | None = None


class Ticket(msgspec.Struct, kw_only=True):
    """An address for one upload. `token` is of the file to come, told before only for films and sounds; `pieces` are
    what came so far, by their first byte.
    """

    key: str
    bot_id: int
    kind: FileKind
    token: str
    pieces: dict[int, bytes] = {}
    is_used: bool = False


class Files:
    """All files of MAX's world. With a folder their bytes live there; without one, in memory."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        self._store, _, _, self._clock, self._settings = infrastructure
        self._bytes = FileBytes(self._store, self._settings, "max_files")
        self._files = {file.number: file for file in self._store.read("max_file", File)}
        self._by_token = {file.token: file for file in self._files.values()}
        self._tickets: dict[str, Ticket] = {}
        self._next = max(self._files, default=_FIRST_NUMBER - 1) + 1
        self.base = ""
        """Where this server is reached; set once its port is known."""

    def add(self, kind: FileKind, upload: Upload, *, token: str = "", duration: int = 0, ready_in: int = 0) -> File:
        """Keeps an upload and measures what can be measured; it is in work for `ready_in` milliseconds."""
        thumbnail = None
        size = picture_size(upload.content) or Size(0, 0)
        if kind == "video":
            size = _SIZE_OF_FILM
            picture = Upload("thumbnail.png", "image/png", plain_png(*size, "#5b6b7a"))
            thumbnail = self.add("image", picture).number
        number = self._next
        self._next += 1
        file = File(
            number=number,
            kind=kind,
            name=upload.name,
            mime=media_type(upload.content) or upload.mime,
            size=len(upload.content),
            token=token or new_token(),
            ready_at=self._clock.now_ms() + ready_in,
            width=size.width,
            height=size.height,
            duration=duration,
            thumbnail=thumbnail,
        )
        self._files[number] = self._by_token[file.token] = file
        self._bytes.put(str(number), upload.content)
        self._store.put("max_file", str(number), file)
        return file

    def get(self, number: int) -> File | None:
        return self._files.get(number)

    def by_token(self, token: str) -> File | None:
        return self._by_token.get(token)

    def is_awaited(self, token: str) -> bool:
        """Whether the token was given out for an upload that has not come yet."""
        return any(one.token == token and not one.is_used for one in self._tickets.values())

    def content(self, file: File) -> bytes | None:
        """The bytes; None when they are gone."""
        return self._bytes.get(str(file.number))

    def address(self, file: File) -> str:
        """Where the file can be had for a time."""
        until = self._clock.now_ms() + self._settings.max_file_link_ms
        sign = _SIGNER.sign(file.number, until)
        return f"{self.base}{FILES}/{file.number}/{quote(quote(file.name, ''), '')}?expires={until}&sig={sign}"

    def follow(self, number: int, until: str, sign: str) -> File | None:
        """The file behind an address that is good still."""
        return self._files.get(number) if _SIGNER.is_good(number, until, sign, self._clock.now_ms()) else None

    def open_ticket(self, bot_id: int, kind: FileKind) -> Ticket:
        """An address for one upload, known until the sandbox ends."""
        ticket = Ticket(key=secrets.token_hex(16), bot_id=bot_id, kind=kind, token=new_token())
        self._tickets[ticket.key] = ticket
        return ticket

    def ticket(self, key: str) -> Ticket | None:
        return self._tickets.get(key)

    def upload_address(self, ticket: Ticket) -> str:
        return f"{self.base}{UPLOADS}/{ticket.key}?type={ticket.kind}"


def new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)
