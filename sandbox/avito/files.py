"""Files on Avito's side: bytes, the addresses of a picture's sizes (open to everybody), and voices' links of an hour.

Nothing is re-encoded: the two large sizes are the picture as it came, the small ones a plain grey of the right shape.
"""

import secrets

import msgspec

from sandbox.avito.images import image_size, image_type
from sandbox.pictures import Size, media_type, plain_png
from sandbox.toolkit.file_bytes import FileBytes
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.links import LinkSigner
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

IMAGES, VOICES = "/avito/image", "/avito/voice"
SIZES = {"1280x960": (1280, 960), "640x480": (640, 480), "140x105": (140, 105), "32x32": (32, 32)}
AVATARS = ("24x24", "36x36", "48x48", "64x64", "72x72", "96x96", "128x128", "192x192", "256x256")
_AS_IT_CAME = frozenset({"1280x960", "640x480", *AVATARS})
_SIGNER = LinkSigner(b"sandbox-avito")
_FIRST_NUMBER = 5_083_651_001


class File(msgspec.Struct, kw_only=True):
    """One file; `key` makes its address unguessable, `voice_id` is what a voice message is told by."""

    number: int
    name: str
    mime: str
    size: int
    key: str
    width: int = 0
    height: int = 0
    duration: int = 0
    voice_id: str = ""

    @property
    def image_id(self) -> str:
        return f"{self.number}.{self.key}"


class Files:
    """All files of Avito's world. With a folder their bytes live there; without one, in memory."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        self._store, _, _, self._clock, self._settings = infrastructure
        self._bytes = FileBytes(self._store, self._settings, "avito_files")
        self._files = {file.number: file for file in self._store.read("avito_file", File)}
        self._next = max(self._files, default=_FIRST_NUMBER - 1) + 1
        self.base = ""
        """Where this server is reached; set once its port is known."""

    def add(self, upload: Upload, *, duration: int = 0, is_voice: bool = False) -> File:
        """Keeps an upload and measures what can be measured."""
        size = image_size(upload.content) or Size(0, 0)
        number = self._next
        self._next += 1
        file = File(
            number=number,
            name=upload.name,
            mime=image_type(upload.content) or media_type(upload.content) or upload.mime,
            size=len(upload.content),
            key=secrets.token_hex(16),
            width=size.width,
            height=size.height,
            duration=duration,
            voice_id=secrets.token_hex(12) if is_voice else "",
        )
        self._files[number] = file
        self._bytes.put(str(number), upload.content)
        self._store.put("avito_file", str(number), file)
        return file

    def get(self, number: int) -> File | None:
        return self._files.get(number)

    def by_image_id(self, image_id: str) -> File | None:
        number, _, key = image_id.partition(".")
        file = self._files.get(int(number)) if number.isdigit() else None
        return file if file is not None and file.key == key and not file.voice_id else None

    def by_voice_id(self, voice_id: str) -> File | None:
        return next((one for one in self._files.values() if one.voice_id == voice_id), None) if voice_id else None

    def content(self, file: File) -> bytes | None:
        """The bytes; None when they are gone."""
        return self._bytes.get(str(file.number))

    def image(self, file: File, size: str) -> tuple[bytes, str] | None:
        """One size of a picture with its type; None when it is gone."""
        content = self.content(file)
        if content is None or size in _AS_IT_CAME:
            return None if content is None else (content, file.mime)
        wide, high = SIZES[size]
        scale = min(wide / max(file.width, 1), high / max(file.height, 1), 1)
        shape = max(1, round(file.width * scale)), max(1, round(file.height * scale))
        return plain_png(*shape, "#9aa5b1"), "image/png"

    def sizes(self, file: File) -> dict[str, str]:
        """The addresses of a picture, by size."""
        return {size: self._address(file, size) for size in SIZES}

    def main_size(self, file: File) -> dict[str, str]:
        return {"140x105": self._address(file, "140x105")}

    def avatar(self, file: File) -> Json:
        return {
            "default": self._address(file, AVATARS[-1]),
            "images": {size: self._address(file, size) for size in AVATARS},
        }

    def _address(self, file: File, size: str) -> str:
        return f"{self.base}{IMAGES}/{size}/{file.image_id}.jpg"

    def voice_link(self, file: File) -> str:
        """Where a voice can be had for an hour."""
        until = self._clock.now_ms() + self._settings.avito_voice_link_ms
        return f"{self.base}{VOICES}/{file.number}.mp4?until={until}&sign={_SIGNER.sign(file.number, until)}"

    def follow_voice(self, number: int, until: str, sign: str) -> File | None:
        """The voice behind a link that is good still."""
        return self._files.get(number) if _SIGNER.is_good(number, until, sign, self._clock.now_ms()) else None
