"""How each kind of attachment goes to VK: as a photo, a voice message or a document, and up to which size. Pure."""

from typing import NamedTuple

from gateway.connectors.toolkit import files as toolkit
from gateway.connectors.toolkit.media import bare_mime, is_shaped
from gateway.errors import Refused
from gateway.model.abilities import MediaRule
from gateway.model.messages import Media, MediaKind

PHOTO, DOCUMENT, VOICE = "photo", "doc", "audio_message"
"""As what VK's upload servers take a file."""
_MB = 1024 * 1024
PHOTO_LIMIT = 50 * _MB
FILE_LIMIT = 200 * _MB
_SIDES = 14_000
_RATIO = 20
_PICTURES = frozenset({"image/jpeg", "image/jpg", "image/png"})
_OPUS = frozenset({"audio/ogg", "audio/opus", "application/ogg", "video/ogg"})
PROGRAMS = frozenset({"exe", "bat", "cmd", "com", "scr", "msi", "apk", "jar", "js", "vbs", "ps1", "dll", "sh"})
"""Endings of what VK refuses whatever it is."""
_AS_FILE = MediaRule(limit=FILE_LIMIT, goes_as=MediaKind.DOCUMENT)
RULES = {
    MediaKind.PHOTO: MediaRule(limit=PHOTO_LIMIT),
    MediaKind.DOCUMENT: MediaRule(limit=FILE_LIMIT, refused_endings=PROGRAMS),
    MediaKind.VOICE: MediaRule(limit=FILE_LIMIT, captioned=False),
    MediaKind.VIDEO: _AS_FILE,
    MediaKind.VIDEO_NOTE: _AS_FILE,
    MediaKind.AUDIO: _AS_FILE,
    # An animation or a sticker from Telegram is an MP4 or a WebP, which VK shows as a file too.
    MediaKind.ANIMATION: _AS_FILE,
    MediaKind.STICKER: _AS_FILE,
}
_SONGS = frozenset({"mp3"})
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
    name = file_name(media)
    if (media.size or 0) > FILE_LIMIT:
        raise Refused(f"the file is larger than {FILE_LIMIT // _MB} MB, the most that VK takes: send a link to it")
    match media.kind:
        case MediaKind.PHOTO | MediaKind.STICKER:
            if _is_photo(media):
                return Way(PHOTO, name)
            return Way(DOCUMENT, name, "sent as a file: VK does not take it as a photo")
        case MediaKind.VOICE:
            if media.mime is None or bare_mime(media) in _OPUS:
                return Way(VOICE, name)
            return _document(name, "sent as a file: VK takes a voice message as Opus in Ogg only")
        case MediaKind.VIDEO | MediaKind.VIDEO_NOTE:
            return _document(name, "sent as a file: VK takes no video from communities")
        case MediaKind.AUDIO:
            return _document(name, "sent as a file: VK takes no music from communities")
        case MediaKind.DOCUMENT | MediaKind.ANIMATION:
            return _document(name, None)


def file_name(media: Media) -> str:
    """A name for the upload, always with an ending: VK demands one. See toolkit/files.py."""
    return toolkit.file_name(media, _USUAL.get(media.kind, "bin"))


def _document(name: str, loses: str | None) -> Way:
    extension = name.rpartition(".")[2].lower()
    if extension in PROGRAMS:
        raise Refused("VK takes no programs: put the file into an archive and send that")
    if extension in _SONGS:
        # VK refuses them by their names.
        return Way(DOCUMENT, f"{name}.bin", f"sent as a file with .bin behind its name: VK takes no {extension}")
    return Way(DOCUMENT, name, loses)


def _is_photo(media: Media) -> bool:
    if (media.size or 0) > PHOTO_LIMIT or (media.mime is not None and bare_mime(media) not in _PICTURES):
        return False
    return is_shaped(media, sides=_SIDES, ratio=_RATIO)
