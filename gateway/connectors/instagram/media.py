"""How each kind of attachment goes to Instagram: as a picture, film, sound or file, by what it is. Pure."""

from typing import NamedTuple

from msgspec.structs import replace

from gateway.connectors.toolkit.files import file_name
from gateway.errors import Refused
from gateway.model import file_types
from gateway.model.abilities import MediaRule
from gateway.model.messages import Media, MediaKind

IMAGE, VIDEO, AUDIO, FILE = "image", "video", "audio", "file"
_MB = 1024 * 1024
IMAGE_LIMIT = 8 * _MB
FILE_LIMIT = 25 * _MB
# By content, as different detectors call it.
_AS = {
    "image/jpeg": IMAGE, "image/jpg": IMAGE, "image/png": IMAGE, "image/gif": IMAGE,
    "video/mp4": VIDEO, "video/quicktime": VIDEO, "video/x-m4v": VIDEO, "video/webm": VIDEO, "video/ogg": VIDEO,
    "video/x-msvideo": VIDEO, "video/avi": VIDEO, "application/mp4": VIDEO,
    "audio/aac": AUDIO, "audio/x-aac": AUDIO, "audio/mp4": AUDIO, "audio/m4a": AUDIO, "audio/x-m4a": AUDIO,
    "audio/wav": AUDIO, "audio/x-wav": AUDIO, "audio/wave": AUDIO,
    "application/pdf": FILE,
}  # fmt: skip
_FILM_OR_SOUND = frozenset({"video/mp4", "application/mp4", "video/x-m4v"})
_SOUNDS = frozenset({MediaKind.VOICE, MediaKind.AUDIO})
_ANY = MediaRule(limit=FILE_LIMIT, mimes=frozenset(_AS))
"""A file goes by its content, whatever it was called."""
RULES = {
    **dict.fromkeys(MediaKind, _ANY),
    **dict.fromkeys(_SOUNDS, replace(_ANY, mimes=frozenset(_AS) | _FILM_OR_SOUND)),
    MediaKind.PHOTO: replace(_ANY, limit=IMAGE_LIMIT),
    MediaKind.STICKER: replace(_ANY, limit=IMAGE_LIMIT, or_emoji=True),
}
_USUAL = {
    MediaKind.PHOTO: "image/jpeg", MediaKind.VOICE: "audio/mp4", MediaKind.AUDIO: "audio/mp4",
    MediaKind.VIDEO: "video/mp4", MediaKind.VIDEO_NOTE: "video/mp4", MediaKind.ANIMATION: "video/mp4",
    MediaKind.STICKER: "image/png", MediaKind.DOCUMENT: "application/pdf",
}  # fmt: skip
_TAKEN = {
    IMAGE: "Instagram takes pictures as JPEG, PNG or GIF only: send a link to it",
    VIDEO: "Instagram takes videos as MP4, MOV, WEBM, AVI or OGG only: send a link to it",
    AUDIO: "Instagram takes sound as AAC, M4A or WAV only, and no voice messages of Telegram: say it in words",
    FILE: "Instagram takes no files but PDF: send a link to it",
}
_WANTED = {
    MediaKind.PHOTO: IMAGE, MediaKind.STICKER: IMAGE, MediaKind.VOICE: AUDIO, MediaKind.AUDIO: AUDIO,
    MediaKind.VIDEO: VIDEO, MediaKind.VIDEO_NOTE: VIDEO, MediaKind.ANIMATION: VIDEO, MediaKind.DOCUMENT: FILE,
}  # fmt: skip


class Way(NamedTuple):
    """As what it is uploaded, under which name and content type."""

    kind: str
    name: str
    mime: str


def way_to_send(media: Media) -> Way:
    """The way for this very file: by its content, whatever it was called.

    Raises:
        Refused: Instagram does not take it.
    """
    mime = mime_of(media)
    kind = AUDIO if media.kind in _SOUNDS and mime in _FILM_OR_SOUND else _AS.get(mime)
    if kind is None:
        raise Refused(_TAKEN[_WANTED[media.kind]])
    if kind == IMAGE and (media.size or 0) > IMAGE_LIMIT:
        raise Refused("the picture is larger than 8 MB, the most that Instagram takes: send a link to it")
    if (media.size or 0) > FILE_LIMIT:
        raise Refused("the file is larger than 25 MB, the most that Instagram takes: send a link to it")
    name = file_name(media, file_types.ending_for(mime))
    return Way(kind, name, "audio/mp4" if kind == AUDIO and mime in _FILM_OR_SOUND else mime)


def is_drawn(media: Media) -> bool:
    """Whether Instagram would take it as a picture; a sticker mostly is none."""
    return _AS.get(mime_of(media)) == IMAGE


def mime_of(media: Media) -> str:
    """What it is: by its content and its name, else what such a thing usually is."""
    known = file_types.mime_of(media)
    return known if known and known != file_types.UNKNOWN else _USUAL[media.kind]
