import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import FileProblem, TryLater
from gateway.files import Files, Stored
from gateway.model.ids import FileId

FILE = FileId("12.3.0")
HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\0",
    "audio/ogg": b"OggS\0\x02" + b"\0" * 22 + b"\x01\x13OpusHead",
    "video/mp4": b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2",
    "application/pdf": b"%PDF-1.4\n",
    "application/zip": b"PK\x03\x04" + b"0" * 60,
    None: b"just words",
}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", reserve=0)


async def chunked(data: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def left_aside(files: Files) -> list[str]:
    return [one.name for one in (files._folder / "incoming").iterdir()]


async def test_bytes_come_back_as_they_went_in(files: Files) -> None:
    data = os.urandom(3_000_000)
    stored = await files.put(FILE, chunked(data, 65536), 5_000_000)
    assert stored.size == len(data)
    assert files.has(FILE)
    assert files.path(FILE).read_bytes() == data
    assert left_aside(files) == []


@pytest.mark.parametrize("mime", HEADS)
async def test_the_type_is_told_by_content(files: Files, mime: str | None) -> None:
    head = HEADS[mime]
    assert await files.put(FILE, chunked(head), 1000) == Stored(len(head), mime)
    assert await files.stored(FILE) == Stored(len(head), mime)


async def test_an_empty_file_is_none_that_could_be_had(files: Files) -> None:
    with pytest.raises(FileProblem, match="empty"):
        await files.put(FILE, chunked(b""), 10)
    assert (files.has(FILE), left_aside(files)) == (False, [])


async def test_what_is_not_there_is_told(files: Files) -> None:
    assert not files.has(FILE)
    assert await files.stored(FILE) is None
    with pytest.raises(FileProblem, match="not here"):
        files.path(FILE)
    await files.delete(FILE)


async def test_a_file_that_is_too_large_leaves_nothing(files: Files) -> None:
    with pytest.raises(FileProblem, match="larger than 1 MB"):
        await files.put(FILE, chunked(b"x" * 1_000_001, 65536), 1_000_000)
    assert not files.has(FILE)
    assert left_aside(files) == []


async def test_a_source_that_breaks_off_leaves_what_was_there_before(files: Files) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise TryLater("gone", after=0)

    await files.put(FILE, chunked(b"whole"), 100)
    with pytest.raises(TryLater):
        await files.put(FILE, broken(), 100)
    assert files.path(FILE).read_bytes() == b"whole"
    assert left_aside(files) == []


async def test_a_writer_that_is_cancelled_leaves_nothing(files: Files) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_000_000
            await asyncio.sleep(0)

    task = asyncio.create_task(files.put(FILE, endless(), 10**12))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not files.has(FILE)
    assert left_aside(files) == []


async def test_two_writers_of_one_file_do_not_mix(files: Files) -> None:
    one, other = b"a" * 2_000_000, b"b" * 2_000_000
    await asyncio.gather(*(files.put(FILE, chunked(data, 65536), 10**7) for data in (one, other)))
    assert files.path(FILE).read_bytes() in {one, other}


async def test_a_full_disk_is_waited_out(tmp_path: Path) -> None:
    files = Files(tmp_path / "files", reserve=10**18)
    with pytest.raises(TryLater, match="nearly full"):
        await files.put(FILE, chunked(b"x"), 100)
    assert not files.has(FILE)
    assert left_aside(files) == []


async def test_a_deleted_file_is_gone(files: Files) -> None:
    await files.put(FILE, chunked(b"x"), 100)
    await files.delete(FILE)
    assert not files.has(FILE)


async def test_files_stored_before_a_moment_are_forgotten_and_a_repeat_counts_anew(files: Files) -> None:
    names = [FileId(f"v-{n}") for n in range(3)]
    for name in names:
        await files.put(name, chunked(b"bytes"), 100)
        os.utime(files.path(name), (1000, 1000))
    await files.put(names[1], chunked(b"bytes"), 100)
    os.utime(files.path(names[2]), (2000, 2000))
    assert await files.forget(2000) == 1
    assert [files.has(name) for name in names] == [False, True, True]
    assert await files.forget(0) == 0


def test_what_a_crashed_writer_left_is_removed_after_a_day(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    Files(folder)
    old, new = folder / "incoming" / "old", folder / "incoming" / "new"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (1, 1))
    assert left_aside(Files(folder)) == ["new"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "a\0b", "incoming", ".hidden", "a..b", "x" * 121, "a/b"]
)
def test_a_name_that_we_do_not_give_is_refused(files: Files, name: str) -> None:
    for ask in (files.path, files.has):
        with pytest.raises(FileProblem):
            ask(FileId(name))


@given(name=st.text(max_size=40))
def test_no_name_leads_out_of_the_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "files-of-all"
    files = Files(folder)
    try:
        place = files._place(FileId(name))
    except FileProblem:
        return
    assert place.resolve().parent.parent == folder.resolve()


def test_the_folder_is_the_owners_alone(files: Files) -> None:
    assert (files._folder / "incoming").stat().st_mode & 0o077 == 0
