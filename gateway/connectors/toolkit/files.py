"""What files are called, wherever a channel reads a name or sends one. Pure.

Names are claims and are cut before their endings, without which no phone opens them. Types: model/file_types.py.
"""

from gateway.connectors.toolkit.text import Unit, head, size
from gateway.model.file_types import ending_for, ending_of
from gateway.model.messages import Media

NAME_LIMIT = 120
"""Characters of a name that is sent."""
READ_LIMIT = 255
"""Characters of a name that is read: no phone's folder takes more."""
_UNSAFE = frozenset('"\\/:*?<>|')
_BENDERS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Marks that let a name read otherwise than it is, such as gpj.exe for exe.jpg."""
_DOUBLE = frozenset({"gz", "bz2", "xz", "zst", "z", "br"})
"""Endings that stand behind another one, as in `.tar.gz`."""


def cut_name(name: str, limit: int = NAME_LIMIT, unit: str = Unit.CHARS, mark: str = "") -> str:
    """The name within `limit`, shortened before its ending, without which no phone opens it; `mark` shows where."""
    if size(name, unit) <= limit:
        return name
    ending = _whole_ending(name)
    if size(ending, unit) + size(mark, unit) >= limit:
        ending = ""
    room = limit - size(ending, unit) - size(mark, unit)
    kept = head(name[: len(name) - len(ending)], room, unit)
    return f"{kept.rstrip(' .')}{mark}{ending}"


def file_name(media: Media, usual: str = "") -> str:
    """A name for an upload: the claimed one without what could harm, or one by the kind; with an ending if there is
    one: its own, that of its type, or `usual`.
    """
    claimed = "".join(_harmless(char) for char in media.name or "").strip(" .")
    ending = ending_of(claimed) or ending_for(media.mime) or usual
    if not claimed:
        return f"{media.kind}.{ending}" if ending else str(media.kind)
    whole = claimed if ending_of(claimed) or not ending else f"{claimed}.{ending}"
    return cut_name(whole)


def _harmless(char: str) -> str:
    if char in _BENDERS:
        return ""
    return "_" if char in _UNSAFE or not (char.isprintable() or char == "\u200d") else char


def _whole_ending(name: str) -> str:
    ending = ending_of(name)
    if not ending:
        return ""
    inner = ending_of(name[: -len(ending) - 1]) if ending.lower() in _DOUBLE else ""
    return f".{inner}.{ending}" if inner else f".{ending}"
