"""A mere container, or bytes that nobody knows, never replace a more exact claim; what bytes tell plainly stands."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.files import Files
from gateway.model.file_types import bare, ending_for, ending_of, mime_of, type_by_name, type_of
from gateway.model.ids import FileId
from gateway.model.messages import Media, MediaKind

OPEN_XML = "application/vnd.openxmlformats-officedocument."
WORD, EXCEL = f"{OPEN_XML}wordprocessingml.document", f"{OPEN_XML}spreadsheetml.sheet"
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 2000


def zipped(*names: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return whole.getvalue()


FILES = [
    ("Прайс.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), EXCEL, EXCEL),
    ("Прайс.XLSX", zipped("[Content_Types].xml"), None, EXCEL),
    ("без имени", zipped("[Content_Types].xml"), WORD, WORD),
    ("Договор.docx", zipped("[Content_Types].xml"), "application/zip", WORD),
    ("Договор.docx", zipped("[Content_Types].xml"), "application/octet-stream", WORD),
    ("Показ.pptx", zipped("[Content_Types].xml"), "", f"{OPEN_XML}presentationml.presentation"),
    ("текст.odt", zipped("mimetype"), None, "application/vnd.oasis.opendocument.text"),
    ("архив.zip", zipped("a"), "application/x-zip-compressed", "application/zip"),
    ("обман.zip", zipped("a"), "image/jpeg", "application/zip"),
    ("старый.xls", OLE, "application/vnd.ms-excel", "application/vnd.ms-excel"),
    ("старый.doc", OLE, None, "application/msword"),
    ("старый.ppt", OLE, "application/octet-stream", "application/vnd.ms-powerpoint"),
    ("цены.csv", "а;б\n1;2\n".encode(), "text/csv", "text/csv"),
    ("цены.csv", b"a;b\n", None, "text/csv"),
    ("заметка.txt", "привет".encode(), "text/plain; charset=utf-8", "text/plain"),
    (None, "привет".encode(), None, None),
    (None, "привет".encode(), "text/plain", "text/plain"),
    ("кот.gif", b"GIF89a" + b"\0" * 50, "image/gif", "image/gif"),
    ("кот.jpg", b"GIF89a" + b"\0" * 50, "image/jpeg", "image/gif"),
    ("счёт.docx", b"%PDF-1.4\n" + b"0" * 50, WORD, "application/pdf"),
    ("кино.mov", b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + b"\0" * 200, "video/quicktime", "video/quicktime"),
    ("речь.m4a", b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom" + b"\0" * 200, None, "audio/mp4"),
    ("речь.m4a", b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0" * 200, "audio/mp4", "audio/mp4"),
    ("фото.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200, "image/heic", "image/heic"),
    ("песня.mp3", b"\xff\xfb\x90\x64" + b"\0" * 500, None, "audio/mpeg"),
    ("наклейка.tgs", b"\x1f\x8b\x08\0" + b"\0" * 60, "application/x-tgsticker", "application/x-tgsticker"),
    ("лист.svg", b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "image/png", "image/svg+xml"),
    ("письмо.html", b"<!doctype html><html></html>", "text/plain", "text/html"),
]


@pytest.mark.parametrize(("name", "content", "claimed", "right"), FILES)
async def test_a_file_is_what_its_bytes_and_its_claims_tell_together(
    name: str | None, content: bytes, claimed: str | None, right: str | None, tmp_path: Path
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    stored = await Files(tmp_path, reserve=0).put(FileId("1.1.0"), chunks(), 10**6)
    assert type_of(stored.mime, name, claimed) == right


def test_of_several_claims_the_first_exact_one_counts() -> None:
    assert type_of(None, "a.bin", "application/octet-stream", "text/csv") == "text/csv"
    assert type_of("application/zip", None, "application/zip", WORD) == WORD
    assert type_of("application/zip", "a.xlsx", WORD) == WORD
    assert type_of(None, None) is None


def test_types_have_their_usual_names_and_endings() -> None:
    assert (bare("Audio/OGG; codecs=opus"), bare("image/jpg"), bare(None)) == ("audio/ogg", "image/jpeg", "")
    assert [ending_for(one) for one in ("image/jpeg", "text/plain", WORD, "audio/ogg", "x/y")] == [
        "jpg", "txt", "docx", "ogg", "",
    ]  # fmt: skip
    assert [type_by_name(one) for one in ("a.JPEG", "b.tar.gz", "c", "d.", ".htaccess", None)] == [
        "image/jpeg", "application/gzip", "", "", "", "",
    ]  # fmt: skip
    assert [ending_of(one) for one in ("a.b.pdf", "v1.2 final version", ".env", "a. ", "x.тхт")] == [
        "pdf", "", "", "", "тхт",
    ]  # fmt: skip
    assert mime_of(Media(MediaKind.DOCUMENT, mime="application/zip", name="a.docx")) == WORD
    assert mime_of(Media(MediaKind.DOCUMENT)) == ""
