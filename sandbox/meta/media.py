"""Files on Meta's side: bytes by id, and signed addresses that expire. Nothing is re-encoded.

WhatsApp's addresses live five minutes and want the token; Instagram's want nothing and live a day.
"""

import base64
import hashlib

from sandbox.meta.records import File
from sandbox.pictures import media_type, picture_size
from sandbox.toolkit.file_bytes import FileBytes
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.links import LinkSigner
from sandbox.toolkit.uploads import Upload

ROOT = "/meta/files"
_SIGNER = LinkSigner(b"sandbox-meta", 16)
_FIRST = 1_140_000_000_000_001


class Media:
    """All files of both messengers. With a folder their bytes live there; without one, in memory."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        self._store, _, _, self._clock, settings = infrastructure
        self._bytes = FileBytes(self._store, settings, "meta_files")
        self._files = {file.id: file for file in self._store.read("meta_file", File)}
        self._next = max((int(one) for one in self._files), default=_FIRST - 1) + 1
        self.base = ""
        """Where this server is reached; set once its port is known."""

    def add(self, account_id: str, upload: Upload, *, lives_ms: int, is_voice: bool = False) -> File:
        """Keeps an upload under an id of its own."""
        size, now_ms = picture_size(upload.content), self._clock.now_ms()
        file = File(
            id=str(self._next),
            account_id=account_id,
            name=upload.name,
            mime=media_type(upload.content) or upload.mime,
            size=len(upload.content),
            sha256=base64.b64encode(hashlib.sha256(upload.content).digest()).decode(),
            at=now_ms,
            expires_at=now_ms + lives_ms,
            width=size.width if size else 0,
            height=size.height if size else 0,
            is_voice=is_voice,
        )
        self._next += 1
        self._files[file.id] = file
        self._bytes.put(file.id, upload.content)
        self._store.put("meta_file", file.id, file)
        return file

    def known(self, file_id: str) -> File | None:
        """The file for the page, expired or not."""
        return self._files.get(file_id)

    def usable(self, file_id: str) -> File | None:
        """The file whose id the API still knows."""
        file = self._files.get(file_id)
        return file if file is not None and file.expires_at > self._clock.now_ms() else None

    def forget(self, file: File) -> None:
        """Makes the id unknown to the API; the page still shows the file."""
        file.expires_at = self._clock.now_ms()
        self._store.put("meta_file", file.id, file)

    def mark_voice(self, file: File) -> None:
        """Shows the sound as a voice message from now on."""
        file.is_voice = True
        self._store.put("meta_file", file.id, file)

    def content(self, file: File) -> bytes | None:
        """The bytes; None when they are gone."""
        return self._bytes.get(file.id)

    def link(self, file: File, lives_ms: int) -> str:
        """A signed address, good for a while."""
        until = self._clock.now_ms() + lives_ms
        return f"{self.base}{ROOT}/{file.id}?ext={until}&hash={_SIGNER.sign(file.id, until)}"

    def follow(self, file_id: str, until: str, sign: str) -> File | None:
        """The file behind an address that is still good."""
        return self._files.get(file_id) if _SIGNER.is_good(file_id, until, sign, self._clock.now_ms()) else None
