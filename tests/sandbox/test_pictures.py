import struct

import pytest

from sandbox.pictures import media_type, picture_size, plain_png

JPEG = (
    b"\xff\xd8"
    b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xff\xc2\x00\x11\x08" + struct.pack(">HH", 480, 640) + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
)


@pytest.mark.parametrize(
    "content",
    [
        plain_png(640, 480, "#ff0000"),
        b"GIF89a" + struct.pack("<HH", 640, 480) + b"\x00",
        JPEG,
        b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x7f\x02\x00\xdf\x01\x00",
        b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f" + ((479 << 14) | 639).to_bytes(4, "little"),
        b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(10) + struct.pack("<HH", 640, 480),
    ],
)
def test_sizes_are_read_from_headers(content: bytes) -> None:
    assert picture_size(content) == (640, 480)


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x00\x00\x00\x00WEBPVP8?"]
)
def test_what_is_no_picture_has_no_size(content: bytes) -> None:
    assert picture_size(content) is None


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (plain_png(1, 1, "#000000"), "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x1aE\xdf\xa3\x9f", "video/webm"),
        (b"OggS\x00", "audio/ogg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"", None),
    ],
)
def test_a_files_type_is_told_by_its_first_bytes(content: bytes, mime: str | None) -> None:
    assert media_type(content) == mime
