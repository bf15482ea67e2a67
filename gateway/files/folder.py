"""Attachments' bytes in a folder, named by our own file ids and by nothing that a stranger chose.

A file is there whole or not at all: written aside, flushed to the disk, then renamed. Types are told by content;
a name's ending and a vendor's claim prove nothing.
"""

import asyncio
import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterable
from hashlib import blake2b
from io import FileIO
from pathlib import Path

import puremagic
from msgspec import Struct

from gateway.errors import FileProblem, TryLater
from gateway.model.ids import FileId

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_NAME_LIMIT = 120
_INCOMING = "incoming"
_ABANDONED_SECONDS = 24 * 3600
_HEAD = 16 * 1024
_PIECE = 1024 * 1024
_FULL_AGAIN_SECONDS = 60.0
_BY_HEAD = (
    # Where puremagic's guess from the first bytes alone would be too broad, or too bold: a zip may be anything.
    (b"OggS", b"OpusHead", "audio/ogg"),
    (b"OggS", b"vorbis", "audio/ogg"),
    (b"ID3", b"", "audio/mpeg"),
    (b"PK\x03\x04", b"", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", "application/x-ole-storage"),
)
_SOUND_BRANDS = (b"ftypM4A ", b"ftypM4B ")
"""How an MP4 that is heard and not seen opens, behind four bytes of length."""
EMPTY = "the file is empty (0 bytes)"
"""No messenger shows such a file, so it counts as one that is not to be had."""
RESERVE = 128 * 1024 * 1024
"""Bytes that stay free on the disk: the database next door must still be able to write."""


class Stored(Struct, frozen=True):
    """A file as it lies here: `size` in bytes, `mime` by its content alone (None: not recognized). What lies in a mere
    container (a zip archive, say) nobody tells by its first bytes: see connectors/toolkit/files.py.
    """

    size: int
    mime: str | None


class Files:
    """The folder; safe to share between processes. `reserve` bytes of its disk are left free."""

    def __init__(self, folder: Path, *, reserve: int = RESERVE) -> None:
        self._folder = folder
        self._reserve = reserve
        self._incoming = folder / _INCOMING
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_abandoned()

    def path(self, file: FileId) -> Path:
        """Where the file lies. Raises FileProblem if it is not there."""
        path = self._place(file)
        if not path.is_file():
            raise FileProblem("the file is not here: it has not arrived yet, or was removed")
        return path

    def has(self, file: FileId) -> bool:
        return self._place(file).is_file()

    async def stored(self, file: FileId) -> Stored | None:
        """What is known of a file that is there; None if it is not."""
        return await asyncio.to_thread(_look, self._place(file))

    async def put(self, file: FileId, chunks: AsyncIterable[bytes], limit: int) -> Stored:
        """Stores the bytes of `chunks` under `file`, in place of what lay there.

        Raises:
            FileProblem: they are more than `limit` bytes, or none.
            TryLater: the disk is full.
        """
        place = self._place(file)
        aside = self._incoming / f"{place.name}.{secrets.token_hex(8)}"
        try:
            await self._write(aside, chunks, limit)
            return await asyncio.to_thread(_settle, aside, place)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise _full() from None
            raise
        finally:
            aside.unlink(missing_ok=True)

    async def delete(self, file: FileId) -> None:
        """Removes the file; one that is not there is as good as removed."""
        await asyncio.to_thread(self._place(file).unlink, missing_ok=True)

    async def forget(self, before: float) -> int:
        """Removes the files that were stored before this moment (seconds since the epoch); answers how many."""
        return await asyncio.to_thread(self._forget, before)

    def _forget(self, before: float) -> int:
        gone = 0
        for path in self._folder.glob("*/*"):
            # Another process may be sweeping too, or storing the file anew.
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
        return gone

    def _place(self, file: FileId) -> Path:
        if len(file) > _NAME_LIMIT or not _NAME.fullmatch(file) or file == _INCOMING:
            raise FileProblem("a file id of a shape that we do not give")
        # 256 drawers: folders of a million files are slow to list and to back up.
        return self._folder / blake2b(file.encode(), digest_size=1).hexdigest() / file

    async def _write(self, aside: Path, chunks: AsyncIterable[bytes], limit: int) -> None:
        size, piece = 0, bytearray()
        # A file object and not a bare descriptor: when we are cancelled, a thread may still be about to write.
        with aside.open("xb", buffering=0) as target:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise FileProblem(f"the file is larger than {_megabytes(limit)} MB")
                piece += chunk
                if len(piece) >= _PIECE:
                    await asyncio.to_thread(self._append, target, bytes(piece))
                    piece.clear()
            if not size:
                raise FileProblem(EMPTY)
            await asyncio.to_thread(self._append, target, bytes(piece))
            await asyncio.to_thread(_flush, target)

    def _append(self, target: FileIO, piece: bytes) -> None:
        if shutil.disk_usage(self._folder).free < self._reserve + len(piece):
            raise _full()
        rest = memoryview(piece)
        while rest:
            rest = rest[target.write(rest) :]

    def _forget_abandoned(self) -> None:
        """Removes what crashed writers left; a day old, for another process may be writing right now."""
        oldest = time.time() - _ABANDONED_SECONDS
        for left in self._incoming.iterdir():
            if left.stat().st_mtime < oldest:
                left.unlink(missing_ok=True)


def _flush(target: FileIO) -> None:
    os.fsync(target.fileno())


def _settle(aside: Path, place: Path) -> Stored:
    place.parent.mkdir(mode=0o700, exist_ok=True)
    stored = Stored(aside.stat().st_size, _mime(aside))
    aside.replace(place)
    # The name is durable only when the folder that holds it is.
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return stored


def _look(place: Path) -> Stored | None:
    try:
        return Stored(place.stat().st_size, _mime(place))
    except FileNotFoundError:
        return None


def _mime(path: Path) -> str | None:
    with path.open("rb") as source:
        head = source.read(_HEAD)
    for opening, within, mime in _BY_HEAD:
        if head.startswith(opening) and within in head:
            return mime
    if not head:
        return None
    if head[4:].startswith(_SOUND_BRANDS):
        return "audio/mp4"
    try:
        return puremagic.from_string(head, mime=True) or None
    except puremagic.PureError:
        return None


def _full() -> TryLater:
    return TryLater("the disk that holds attachments is nearly full", after=_FULL_AGAIN_SECONDS)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.3g}"
