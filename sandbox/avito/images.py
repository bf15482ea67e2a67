"""What uploadImages takes for a picture: JPEG, HEIC, GIF, BMP or PNG, told by the bytes and not by the name."""

import struct

from sandbox.pictures import Size, media_type, picture_size

_BMP_HEADER = 26
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})
_TAKEN = frozenset({"image/png", "image/jpeg", "image/gif"})


def image_type(content: bytes) -> str | None:
    """The MIME type of a picture that Avito takes; None for anything else."""
    if content.startswith(b"BM") and len(content) >= _BMP_HEADER:
        return "image/bmp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return "image/heic"
    kind = media_type(content)
    return kind if kind in _TAKEN else None


def image_size(content: bytes) -> Size | None:
    """Width and height by the header; None where there is no such header."""
    match image_type(content):
        case "image/bmp":
            width, height = struct.unpack("<ii", content[18:26])
            return Size(width, abs(height))  # a negative height only says from which side the rows begin
        case "image/heic":
            return _heic_size(content)
        case _:
            return picture_size(content)


def _heic_size(content: bytes) -> Size | None:
    """The largest of the images inside: the others are its tiles and its thumbnail."""
    sizes = []
    at = content.find(b"ispe")
    while at >= 0 and len(content) >= at + 16:
        sizes.append(Size(*struct.unpack(">II", content[at + 8 : at + 16])))
        at = content.find(b"ispe", at + 4)
    return max(sizes, key=lambda size: size.width * size.height, default=None)
