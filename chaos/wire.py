"""Redis' protocol as far as a proxy must know it: where a command or a reply ends, and a command's first words. Pure.

Nothing is decoded: what passes is passed on as the very bytes that came.
"""

from typing import NamedTuple

_HEAD = 8
"""Words of a command that are looked at: a script's name, its keys and its first arguments, where they are few."""


class Command(NamedTuple):
    """A command in a buffer: where it ends, and its first words."""

    end: int
    head: tuple[bytes, ...]


def read_command(buffer: bytes | bytearray, at: int) -> Command | None:
    """The command that begins at `at`; None: it is not here whole.

    Raises:
        ValueError: what begins there is no array of strings, which is all that our client sends.
    """
    if at >= len(buffer):
        return None
    if buffer[at] != ord("*"):
        raise ValueError("a client of Redis sends arrays")
    line = buffer.find(b"\r\n", at)
    if line < 0:
        return None
    count, at = int(buffer[at + 1 : line]), line + 2
    head: list[bytes] = []
    for number in range(count):
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return None
        start = line + 2
        end = start + int(buffer[at + 1 : line])
        at = end + 2
        if at > len(buffer):
            return None
        if number < _HEAD:
            head.append(bytes(buffer[start:end]))
    return Command(at, tuple(head))


def reply_end(buffer: bytes | bytearray, at: int) -> int | None:
    """Where the reply (or push) that begins at `at` ends; None: it is not here whole."""
    pending = 1
    while pending:
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return None
        kind, size = buffer[at], buffer[at + 1 : line]
        at = line + 2
        pending -= 1
        if kind in b"$=!":
            at += max(int(size) + 2, 0) if size != b"-1" else 0
            if at > len(buffer):
                return None
        elif kind in b"*~>":
            pending += max(int(size), 0)
        elif kind in b"%":
            pending += 2 * int(size)
        elif kind in b"|":
            pending += 2 * int(size) + 1
    return at


def is_push(buffer: bytes | bytearray, at: int) -> bool:
    """Whether what begins at `at` answers no command."""
    return buffer[at] == ord(">")


def is_error(buffer: bytes | bytearray, at: int) -> bool:
    """Whether the reply that begins at `at` says that nothing was done."""
    return buffer[at] in b"-!"
