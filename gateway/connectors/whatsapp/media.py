"""How each kind of attachment goes to WhatsApp: as which kind of its own, up to which size, under which name. Pure.

What WhatsApp takes is data: its media servers refuse every type that is not on their list (error 100), whatever kind
of message it is meant for, so what cannot go is refused before it leaves.
"""

from typing import NamedTuple

from gateway.connectors.toolkit.files import file_name
from gateway.errors import Refused
from gateway.model.abilities import MediaRule
from gateway.model.file_types import ending_for, ending_of, mime_of
from gateway.model.messages import Media, MediaKind

IMAGE, VIDEO, AUDIO, DOCUMENT, STICKER = "image", "video", "audio", "document", "sticker"
CAPTIONED = frozenset({IMAGE, VIDEO, DOCUMENT})
"""What can carry words; WhatsApp refuses them under a sound or a sticker."""
_KB, _MB = 1024, 1024 * 1024
DOCUMENT_LIMIT = 100 * _MB
_SIZES = {IMAGE: 5 * _MB, VIDEO: 16 * _MB, AUDIO: 16 * _MB, STICKER: 500 * _KB}
_SENT_AS = {
    "image/jpg": "image/jpeg", "video/3gp": "video/3gpp", "audio/m4a": "audio/mp4", "audio/x-m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg", "audio/opus": "audio/ogg", "application/ogg": "audio/ogg", "audio/x-aac": "audio/aac",
    "video/x-m4v": "video/mp4", "application/mp4": "video/mp4",
    # Tables and notes in plain text; phones open them by the ending of their name.
    "text/csv": "text/plain", "text/tab-separated-values": "text/plain", "text/markdown": "text/plain",
    "text/x-log": "text/plain",
}  # fmt: skip
"""What WhatsApp calls what others call so."""
_TAKEN = {
    IMAGE: frozenset({"image/jpeg", "image/png"}),
    VIDEO: frozenset({"video/mp4", "video/3gpp"}),
    AUDIO: frozenset({"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"}),
    STICKER: frozenset({"image/webp"}),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PAPERS = frozenset({
    "text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet", f"{_OFFICE}presentationml.presentation",
})  # fmt: skip
_UPLOADED = _PAPERS.union(*_TAKEN.values())
"""All that Meta's media servers take; a file may be of any of these types."""
VOICE_MIME = "audio/ogg"
"""What alone is shown as a voice message: Opus in Ogg."""


def _with_other_names(taken: frozenset[str]) -> frozenset[str]:
    return taken | {other for other, name in _SENT_AS.items() if name in taken}


_WAYS = {
    MediaKind.PHOTO: IMAGE,
    MediaKind.VIDEO: VIDEO,
    MediaKind.VIDEO_NOTE: VIDEO,
    MediaKind.ANIMATION: VIDEO,
    MediaKind.VOICE: AUDIO,
    MediaKind.AUDIO: AUDIO,
    MediaKind.STICKER: STICKER,
}
RULES = {
    **{
        kind: MediaRule(limit=_SIZES[way], mimes=_with_other_names(_TAKEN[way]), captioned=way in CAPTIONED)
        for kind, way in _WAYS.items()
    },
    # Of an animated sticker of another messenger the emoji goes.
    MediaKind.STICKER: MediaRule(
        limit=_SIZES[STICKER],
        mimes=_with_other_names(_TAKEN[STICKER] | _TAKEN[IMAGE]),
        captioned=False,
        or_emoji=True,
    ),
    MediaKind.DOCUMENT: MediaRule(limit=DOCUMENT_LIMIT, mimes=_with_other_names(_UPLOADED)),
}
_USUAL = {IMAGE: "image/jpeg", VIDEO: "video/mp4", AUDIO: "audio/ogg", STICKER: "image/webp"}


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
    mime = _mime(media)
    wanted = _WAYS.get(media.kind, DOCUMENT)
    if wanted == STICKER and mime in _TAKEN[IMAGE]:
        wanted = IMAGE
    if wanted == DOCUMENT:
        return _document(media, mime)
    if mime and mime not in _TAKEN[wanted]:
        return _document(media, mime, f"sent as a file: WhatsApp takes no {mime} otherwise")
    if (media.size or 0) > _SIZES[wanted]:
        return _document(media, mime or _USUAL[wanted], "sent as a file: it is too large for WhatsApp otherwise")
    mime = mime or _USUAL[wanted]
    return Way(wanted, file_name(media, ending_for(mime)), mime)


def is_a_word(media: Media) -> bool:
    """Whether the sticker's emoji says it, since WhatsApp does not take the drawing."""
    return RULES[media.kind].or_emoji and bool(media.emoji) and bool(mime := _mime(media)) and mime not in _UPLOADED


def _document(media: Media, mime: str, loses: str | None = None) -> Way:
    if mime not in _UPLOADED:
        what = f".{ending.lower()}" if (ending := ending_of(media.name or "")) else mime or "files of unknown type"
        raise Refused(f"WhatsApp takes no {what}: send it as PDF, a document of Office, JPEG or MP4, or a link to it")
    return Way(DOCUMENT, file_name(media, ending_for(mime)), mime, loses)


def _mime(media: Media) -> str:
    told = mime_of(media)
    return _SENT_AS.get(told, told)
