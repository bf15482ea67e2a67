"""How each kind of attachment is sent: by which method, up to which size, and as what when that does not do. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway.connectors.toolkit import files as toolkit
from gateway.connectors.toolkit.media import bare_mime, is_shaped, named
from gateway.errors import Refused
from gateway.model.messages import Media, MediaKind

_MB = 1024 * 1024
UPLOAD_LIMIT = 50 * _MB
_PHOTO_SIDES = 10_000
_PHOTO_RATIO = 20


class Way(NamedTuple):
    """A method that sends one file, the field that takes it, and what Telegram demands of it."""

    method: str
    field: str
    limit: int = UPLOAD_LIMIT
    mimes: frozenset[str] = frozenset()
    """Empty: any."""
    captioned: bool = True
    replaceable: bool = True
    """Whether an edit can put another file in its place."""


# By content, as different detectors call it; an m4a looks like a film to some.
_PICTURE = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp"})
_FILM = frozenset({"video/mp4", "video/quicktime", "video/x-m4v", "application/mp4"})
_SOUND = frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/aac", "video/mp4"})
_OPUS = frozenset({"audio/ogg", "audio/opus", "application/ogg", "video/ogg"})
_GZIP = "application/gzip"
_ANIMATED = frozenset({"application/x-tgsticker", _GZIP, "video/webm"})

WAYS: Mapping[MediaKind, Way] = {
    # core.telegram.org/bots/api#sendphoto and its neighbours.
    MediaKind.PHOTO: Way("sendPhoto", "photo", 10 * _MB, _PICTURE),
    MediaKind.DOCUMENT: Way("sendDocument", "document"),
    MediaKind.VOICE: Way("sendVoice", "voice", mimes=_SOUND | _OPUS, replaceable=False),
    MediaKind.AUDIO: Way("sendAudio", "audio", mimes=_SOUND),
    MediaKind.VIDEO: Way("sendVideo", "video", mimes=_FILM),
    MediaKind.VIDEO_NOTE: Way("sendVideoNote", "video_note", mimes=_FILM, captioned=False, replaceable=False),
    MediaKind.ANIMATION: Way("sendAnimation", "animation", mimes=_FILM | {"image/gif"}),
    MediaKind.STICKER: Way(
        "sendSticker",
        "sticker",
        512 * 1024,
        _ANIMATED | {"image/webp"},
        captioned=False,
        replaceable=False,
    ),
}
FILE = WAYS[MediaKind.DOCUMENT]
WAY_OF_METHOD = {way.method: way for way in WAYS.values()}

_USUAL = {
    MediaKind.PHOTO: "jpg",
    MediaKind.VOICE: "ogg",
    MediaKind.AUDIO: "mp3",
    MediaKind.VIDEO: "mp4",
    MediaKind.VIDEO_NOTE: "mp4",
    MediaKind.ANIMATION: "mp4",
    MediaKind.STICKER: "webp",
}


def way_to_send(media: Media) -> tuple[Way, str | None]:
    """The method for this very file, and what is lost by it.

    Raises:
        Refused: the file cannot be sent at all.
    """
    if (media.size or 0) > UPLOAD_LIMIT:
        limit = UPLOAD_LIMIT // _MB
        raise Refused(f"{named(media)} is larger than {limit} MB, the most that a bot may send: send a link to it")
    way = WAYS[media.kind]
    if way is FILE:
        return way, None
    if media.kind is MediaKind.STICKER and bare_mime(media) in _PICTURE - way.mimes:
        # Other messengers draw their stickers as PNG: seen at once it says more than a file to open.
        way = WAYS[MediaKind.PHOTO]
    if (media.size or 0) > way.limit:
        return FILE, f"sent as a file: too large for a {_words(media.kind)}"
    if media.mime is not None and way.mimes and bare_mime(media) not in way.mimes:
        return FILE, f"sent as a file: Telegram takes no {media.mime} for a {_words(media.kind)}"
    if way.field == "photo" and not is_shaped(media, sides=_PHOTO_SIDES, ratio=_PHOTO_RATIO):
        return FILE, "sent as a file: too long or too wide for a photo"
    return way, None


def file_name(media: Media) -> str:
    """A name for the upload, see toolkit/files.py."""
    if not media.name and media.kind is MediaKind.STICKER and bare_mime(media) == _GZIP:
        return "sticker.tgs"
    return toolkit.file_name(media, _USUAL.get(media.kind, ""))


def _words(kind: MediaKind) -> str:
    return kind.value.replace("_", " ")
