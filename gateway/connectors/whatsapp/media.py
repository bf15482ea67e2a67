"""How each kind of attachment goes to WhatsApp: as which kind of its own, up to which size, under which name. Pure."""

from typing import NamedTuple

from gateway.errors import Refused
from gateway.model.messages import FileState, Media, MediaKind

IMAGE, VIDEO, AUDIO, DOCUMENT, STICKER = "image", "video", "audio", "document", "sticker"
CAPTIONED = frozenset({IMAGE, VIDEO, DOCUMENT})
"""What can carry words; WhatsApp refuses them under a sound or a sticker."""
_KB, _MB = 1024, 1024 * 1024
DOCUMENT_LIMIT = 100 * _MB
_SIZES = {IMAGE: 5 * _MB, VIDEO: 16 * _MB, AUDIO: 16 * _MB, STICKER: 500 * _KB}
_MIMES = {
    IMAGE: frozenset({"image/jpeg", "image/jpg", "image/png"}),
    VIDEO: frozenset({"video/mp4", "video/3gpp", "video/3gp"}),
    AUDIO: frozenset({"audio/aac", "audio/mp4", "audio/m4a", "audio/mpeg", "audio/mp3", "audio/amr", "audio/ogg",
                      "audio/opus", "application/ogg"}),
    STICKER: frozenset({"image/webp"}),
}  # fmt: skip
_SENT_AS = {
    "image/jpg": "image/jpeg", "video/3gp": "video/3gpp", "audio/m4a": "audio/mp4", "audio/mp3": "audio/mpeg",
    "audio/opus": "audio/ogg", "application/ogg": "audio/ogg",
}  # fmt: skip
"""What WhatsApp calls what others call so."""
_WAYS = {
    MediaKind.PHOTO: IMAGE,
    MediaKind.VIDEO: VIDEO,
    MediaKind.VIDEO_NOTE: VIDEO,
    MediaKind.ANIMATION: VIDEO,
    MediaKind.VOICE: AUDIO,
    MediaKind.AUDIO: AUDIO,
    MediaKind.STICKER: STICKER,
}
LIMITS = {kind: _SIZES[_WAYS[kind]] if kind in _WAYS else DOCUMENT_LIMIT for kind in MediaKind}
MIMES = {kind: _MIMES[way] | (_MIMES[IMAGE] if way == STICKER else frozenset()) for kind, way in _WAYS.items()}
"""Up to which size, and of which types, a kind goes as what it is; everything else goes as a document."""
BARE = frozenset(kind for kind, way in _WAYS.items() if way not in CAPTIONED)
_USUAL = {
    IMAGE: ("jpg", "image/jpeg"),
    VIDEO: ("mp4", "video/mp4"),
    AUDIO: ("ogg", "audio/ogg"),
    STICKER: ("webp", "image/webp"),
    DOCUMENT: ("bin", "application/octet-stream"),
}
_EXTENSIONS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "audio/ogg": "ogg",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/aac": "aac", "audio/amr": "amr", "video/mp4": "mp4",
    "video/3gpp": "3gp", "video/webm": "webm", "application/pdf": "pdf",
    "audio/wav": "wav", "audio/x-wav": "wav", "text/plain": "txt", "application/zip": "zip",
    "application/x-tgsticker": "tgs",
}  # fmt: skip
_NAME_LIMIT = 120
_UNSAFE = frozenset('"\\/:*?<>|')


class Way(NamedTuple):
    """As what it goes, under which name and type, and what is lost by it."""

    kind: str
    name: str
    mime: str
    loses: str | None = None


def way_to_send(media: Media) -> Way:
    """The way for this very file.

    Raises:
        Refused: the file cannot be sent at all.
    """
    if (media.size or 0) > DOCUMENT_LIMIT:
        limit = DOCUMENT_LIMIT // _MB
        raise Refused(f"the file is larger than {limit} MB, the most that WhatsApp takes: send a link to it")
    wanted = _WAYS.get(media.kind)
    if wanted is None:
        return _way(DOCUMENT, media)
    mime = _mime(media)
    if wanted == STICKER and mime in _MIMES[IMAGE]:
        wanted = IMAGE
    if mime and mime not in _MIMES[wanted]:
        return _way(DOCUMENT, media, f"sent as a file: WhatsApp takes no {mime} otherwise")
    if (media.size or 0) > _SIZES[wanted]:
        return _way(DOCUMENT, media, "sent as a file: it is too large for WhatsApp otherwise")
    return _way(wanted, media)


def require_stored(media: Media) -> None:
    """Raises Refused with words unless the file's bytes are here."""
    said = f"the {media.kind.value.replace('_', ' ')}{f' {media.name!r}' if media.name else ''}"
    if media.state is FileState.FAILED:
        raise Refused(f"{said} is not to be had: {media.problem or 'its download failed'}")
    if media.state is not FileState.STORED or media.file is None:
        raise Refused(f"{said} has not been downloaded yet")


def _way(kind: str, media: Media, loses: str | None = None) -> Way:
    usual, usual_mime = _USUAL[kind]
    mime = _mime(media) or usual_mime
    return Way(kind, _name(media, _EXTENSIONS.get(mime, usual)), mime, loses)


def _name(media: Media, usual: str) -> str:
    """A name for the upload: the claimed one without what could harm, or one by the kind; always with an extension."""
    claimed = "".join("_" if char in _UNSAFE or not char.isprintable() else char for char in media.name or "")
    claimed = claimed.strip(" .")
    if not claimed:
        return f"{media.kind}.{usual}"
    stem, dot, extension = claimed.rpartition(".")
    return f"{stem[:_NAME_LIMIT]}.{extension[:_NAME_LIMIT]}" if dot else f"{claimed[:_NAME_LIMIT]}.{usual}"


def _mime(media: Media) -> str:
    told = (media.mime or "").split(";")[0].strip().lower()
    return _SENT_AS.get(told, told)
