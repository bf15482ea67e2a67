"""What strangers choose, made harmless before an operator sees it: names, words, titles, addresses. Pure.

`OwnText` is what the bot itself says. `FormattedText` and `Phrases` take any other string for a stranger's and pass it
through `defused`, so that none can be forgotten; names go through `plain_name`, which leaves nothing to be tapped.
Only characters that nobody sees are taken out or put in: what a client wrote is still what an operator reads.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Self
from unicodedata import category
from urllib.parse import urlsplit

from msgspec.structs import replace

from gateway.connectors.toolkit.text import size
from gateway.model.messages import Attachment, ContactCard, Entity, Location, Media, Unsupported
from gateway.model.text import is_blank

JOINER = "\u2060"
"""WORD JOINER: unseen, and no part of a command, a mention or an address for Telegram."""
_TRICK = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Marks that turn round the order of what stands behind them, controls, halves of a character."""
_KEPT_FORMATS = frozenset("\u200c\u200d")
"""Format characters that letters of some scripts, and families of emojis, are joined with."""
_FLAG_TAGS = range(0xE0020, 0xE0080)
_ACCENTS = 3
"""More marks than that on one letter are no writing: they are drawn over the lines around."""
_COMMAND = re.compile(r"(?<![\w/<>])/(?=[A-Za-z0-9_])")
_ADDRESS = re.compile(
    r"\b(?:https?|ftp)://[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?::\d+)?(?:[/?#][^\s<>\"«»]*)?", re.IGNORECASE
)
_TAPPED = re.compile(r"/(?=\w)|(?<=:)/(?=/)|[@#$](?=\w)|(?<=\w)\.(?=[^\W\d_]{2})")
"""In a name: what would make a command, a mention, a tag or an address of what follows."""
_DOCUMENTS = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|txt|rtf|csv|xml|json|html?|jpe?g|png|gif|webp|heic|tiff?|bmp|psd|mp[34]|"
    r"m4[av]|ogg|oga|opus|wav|avi|mkv|webm|rar|7z|vcf|eml|apk|exe)$",
    re.IGNORECASE,
)
"""How files are called; none of these is a top-level domain."""


class OwnText(str):
    """What the bot itself says: its commands can be tapped. Formatting it (`f"…"`) makes a stranger's text of it."""

    __slots__ = ()

    def __add__(self, other: str) -> Self:
        return type(self)(super().__add__(trusted(other)))

    def __radd__(self, other: str) -> Self:
        return type(self)(trusted(other) + str(self))


def trusted(text: str) -> str:
    """The text as it may stand in a message: the bot's own as it is, any other defused."""
    return str(text) if isinstance(text, OwnText) else defused(text)


def joined(parts: Iterable[str], between: str = "\n") -> OwnText:
    """Sentences as one text of the bot's; what is a stranger's among them is made harmless."""
    return OwnText(between.join(trusted(one) for one in parts))


def defused(text: str) -> str:
    """Words of a stranger that call no command and turn nothing round."""
    return str(text) if _is_harmless(text) else defused_words(text, ())[0]


def unturned(text: str) -> str:
    """Words of a stranger that turn nothing round, for where nothing can be tapped in any case."""
    return _TRICK.sub("", text)


def defused_words(text: str, entities: Sequence[Entity]) -> tuple[str, tuple[Entity, ...]]:
    """The same with its formatting, whose offsets are counted anew; a link leads to a page or is none."""
    kept = tuple(one for one in entities if one.url is None or is_page(one.url))
    if _is_harmless(text):
        return text, kept
    addresses = [one.span() for one in _ADDRESS.finditer(text)]
    slashes = {
        one.start()
        for one in _COMMAND.finditer(text)
        if not any(first < one.start() < last for first, last in addresses)
    }
    shown: list[str] = []
    places, length = [0], 0
    for at, char in enumerate(text):
        put = "" if _TRICK.match(char) else f"{char}{JOINER}" if at in slashes else char
        shown.append(put)
        length += size(put)
        # An offset inside a surrogate pair is nobody's.
        places += [length] * size(char)
    return "".join(shown), tuple(_moved(kept, places))


def plain_name(text: str) -> str:
    """What a stranger calls something, as one line that reads as what it is, with nothing in it to be tapped.

    Empty where nothing of it can be seen.
    """
    name = exact_name(text)
    ending = _DOCUMENTS.search(name)
    stem, tail = (name[: ending.start()], ending[0]) if ending is not None else (name, "")
    return _TAPPED.sub(lambda found: found[0] + JOINER, stem) + tail


def exact_name(text: str) -> str:
    """The same to be copied, for where Telegram links nothing: as code, on a button, beside a file."""
    shown: list[str] = []
    marks = 0
    for char in text:
        kind = category(char)
        if kind in {"Cc", "Cs"} and not char.isspace():
            continue
        if kind == "Cf" and char not in _KEPT_FORMATS and ord(char) not in _FLAG_TAGS:
            continue
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if marks <= _ACCENTS:
            shown.append(char)
    name = " ".join("".join(shown).split())
    return "" if is_blank(name) else name


def harmless(attachment: Attachment) -> Attachment:
    """An attachment whose names, which its messenger shows beside it, are plain."""
    match attachment:
        case Media():
            return replace(
                attachment,
                name=_named(attachment.name),
                performer=_named(attachment.performer),
                title=_named(attachment.title),
            )
        case Location():
            return replace(attachment, title=_named(attachment.title), address=_named(attachment.address))
        case ContactCard():
            return replace(attachment, name=exact_name(attachment.name), phone=exact_name(attachment.phone))
        case Unsupported():
            return attachment


def is_page(address: str) -> bool:
    """Whether an address is a page's, and no deep link into an app."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)


def _named(name: str | None) -> str | None:
    return None if name is None else exact_name(name) or None


def _is_harmless(text: str) -> bool:
    return _TRICK.search(text) is None and _COMMAND.search(text) is None


def _moved(entities: Iterable[Entity], places: Sequence[int]) -> Iterable[Entity]:
    for one in entities:
        first, last = (places[min(max(at, 0), len(places) - 1)] for at in (one.offset, one.offset + one.length))
        if first < last:
            yield replace(one, offset=first, length=last - first)
