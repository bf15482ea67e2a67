"""How each kind of attachment goes to MAX: as a picture, video, sound or file, and up to which size. Pure."""

from typing import NamedTuple

from gateway.connectors.max import problems
from gateway.connectors.toolkit import files as toolkit
from gateway.errors import Refused
from gateway.model.abilities import MediaRule
from gateway.model.file_types import mime_of
from gateway.model.messages import FileState, Media, MediaKind

IMAGE, VIDEO, AUDIO, FILE = "image", "video", "audio", "file"
"""As what MAX's upload servers take a file."""
TOGETHER = frozenset({IMAGE, VIDEO})
"""What may stand beside others in one message; the rest stands alone."""
_MB = 1024 * 1024
IMAGE_LIMIT = 50 * _MB
VIDEO_LIMIT = 250 * _MB
AUDIO_LIMIT = 256 * _MB
FILE_LIMIT = 512 * _MB
"""MAX takes 4 GB; no messenger's bots hand us as much."""
_SIDE = 7680
_PICTURES = frozenset({
    "image/jpeg", "image/png", "image/gif", "image/tiff", "image/bmp", "image/heic", "image/heif",
})  # fmt: skip
_AS = {
    MediaKind.PHOTO: IMAGE, MediaKind.VIDEO: VIDEO, MediaKind.VIDEO_NOTE: VIDEO, MediaKind.ANIMATION: VIDEO,
    MediaKind.AUDIO: AUDIO, MediaKind.VOICE: AUDIO, MediaKind.DOCUMENT: FILE, MediaKind.STICKER: FILE,
}  # fmt: skip
_LIMITS = {IMAGE: IMAGE_LIMIT, VIDEO: VIDEO_LIMIT, AUDIO: AUDIO_LIMIT, FILE: FILE_LIMIT}
RULES = {
    MediaKind.PHOTO: MediaRule(limit=IMAGE_LIMIT, mimes=_PICTURES),
    MediaKind.VIDEO: MediaRule(limit=VIDEO_LIMIT),
    MediaKind.AUDIO: MediaRule(limit=AUDIO_LIMIT),
    MediaKind.VOICE: MediaRule(limit=AUDIO_LIMIT),
    MediaKind.DOCUMENT: MediaRule(limit=FILE_LIMIT),
    MediaKind.VIDEO_NOTE: MediaRule(limit=VIDEO_LIMIT, goes_as=MediaKind.VIDEO),
    MediaKind.ANIMATION: MediaRule(limit=VIDEO_LIMIT, goes_as=MediaKind.VIDEO),
    MediaKind.STICKER: MediaRule(limit=FILE_LIMIT, goes_as=MediaKind.DOCUMENT),
}
_USUAL = {
    MediaKind.PHOTO: "jpg", MediaKind.VOICE: "ogg", MediaKind.AUDIO: "mp3", MediaKind.VIDEO: "mp4",
    MediaKind.VIDEO_NOTE: "mp4", MediaKind.ANIMATION: "mp4", MediaKind.STICKER: "webp",
}  # fmt: skip


class Way(NamedTuple):
    """As what it is uploaded, under which name, and what is lost by it."""

    kind: str
    name: str
    loses: str | None = None


def way_to_send(media: Media) -> Way:
    """The way for this very file.

    Raises:
        Refused: the file cannot be sent at all.
    """
    kind, loses = _AS[media.kind], None
    mime = mime_of(media)
    if kind == IMAGE and not _is_picture(media, mime):
        kind, loses = FILE, problems.AS_FILE
    elif kind == VIDEO and mime.startswith("image/"):
        # An animation that is a GIF and no film.
        kind = IMAGE if mime in _PICTURES else FILE
    if (media.size or 0) > _LIMITS[kind]:
        raise Refused(problems.TOO_LARGE.format(n=_LIMITS[kind] // _MB))
    return Way(kind, toolkit.file_name(media, _USUAL.get(media.kind, "bin")), loses)


def require_stored(media: Media) -> None:
    """Raises Refused with words unless the file's bytes are here."""
    said = f"the {media.kind.value.replace('_', ' ')}{f' {media.name!r}' if media.name else ''}"
    if media.state is FileState.FAILED:
        raise Refused(problems.NOT_TO_BE_HAD.format(what=said, why=media.problem or "its download failed"))
    if not is_stored(media):
        raise Refused(problems.NOT_STORED.format(what=said))


def is_stored(media: Media) -> bool:
    """Whether its bytes are here."""
    return media.state is FileState.STORED and media.file is not None


def _is_picture(media: Media, mime: str) -> bool:
    if (media.size or 0) > IMAGE_LIMIT or (mime and mime not in _PICTURES):
        return False
    return max(media.width or 0, media.height or 0) <= _SIDE
