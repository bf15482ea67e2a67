"""What bytes are by their first ones: the closed list of types that a browser may show, and an image's size. Pure.

Whatever is not on the list is a document to be downloaded, SVG and HTML first of all.
"""

import struct

from msgspec import Struct

from gateway.model.messages import MediaKind

HEAD = 64 * 1024
"""Bytes that are looked at; JPEG's size stands behind its Exif."""
UNKNOWN = "application/octet-stream"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_LEAST_JPEG_SEGMENT = 2


class Look(Struct, frozen=True):
    """`mime` is safe to be shown where `kind` is not a document; sizes in pixels."""

    mime: str
    kind: MediaKind
    width: int | None = None
    height: int | None = None


def look(head: bytes) -> Look:
    """What begins so."""
    mime = _mime(head)
    kind = {"image": MediaKind.PHOTO, "audio": MediaKind.AUDIO, "video": MediaKind.VIDEO}.get(
        mime.split("/", 1)[0], MediaKind.DOCUMENT
    )
    width, height = _size(mime, head) or (None, None)
    return Look(mime, kind, width, height)


def _mime(head: bytes) -> str:
    for opening, mime in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
        (b"\xff\xf3", "audio/mpeg"),
        (b"fLaC", "audio/flac"),
        (b"\x1a\x45\xdf\xa3", "video/webm"),
    ):
        if head.startswith(opening):
            return mime
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], UNKNOWN)
    if head[:4] == b"OggS":
        return "audio/ogg" if b"OpusHead" in head[:512] or b"vorbis" in head[:512] else UNKNOWN
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    return UNKNOWN


def _of_brand(brand: bytes) -> str:
    if brand in {b"M4A ", b"M4B "}:
        return "audio/mp4"
    # HEIC and AVIF have the same frame; few browsers and no messenger show them as they are.
    return "video/mp4" if brand in {b"isom", b"iso2", b"iso5", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  "} else UNKNOWN


def _size(mime: str, head: bytes) -> tuple[int, int] | None:
    try:
        match mime:
            case "image/png":
                found = struct.unpack_from(">II", head, 16)
            case "image/gif":
                found = struct.unpack_from("<HH", head, 6)
            case "image/jpeg":
                found = _jpeg_size(head)
            case "image/webp":
                found = _webp_size(head)
            case _:
                return None
    except (struct.error, IndexError):
        return None
    return (found[0], found[1]) if len(found) == 2 and min(found) > 0 else None  # noqa: PLR2004 - a pair


def _jpeg_size(head: bytes) -> tuple[int, ...]:
    at = 2
    while head[at] == 0xFF:  # noqa: PLR2004 - how JPEG opens a segment
        marker, length = head[at + 1], struct.unpack_from(">H", head, at + 2)[0]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        if length < _LEAST_JPEG_SEGMENT:
            break
        at += 2 + length
    return ()


def _webp_size(head: bytes) -> tuple[int, ...]:
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            bits = struct.unpack_from("<I", head, 21)[0]
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
            return width, height
        case _:
            return ()
