"""Text entities as Telegram counts them: offsets and lengths in UTF-16 code units.

Finds the ones that the server finds by itself (commands, links, mentions…); formatting is markup.py's.
"""

import re

from sandbox.wire import Json

_TOP_DOMAINS = "com|org|net|ru|su|рф|io|me|info|biz|dev|app|shop|online|site|eu|de|uk|us|by|kz|ua|tv|ai|co"

# One pass over the text; the first alternative that fits wins, as longer things contain shorter ones.
_PATTERN = re.compile(
    rf"""
      (?P<url>\b(?:https?|tg|ftp)://[^\s<>"«»]+ )
    | (?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b )
    | (?P<bare>(?<![@\w./-])(?:[\w-]+\.)+(?:{_TOP_DOMAINS})\b(?:[:/?][^\s<>"«»]*)? )
    | (?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{{1,64}}(?:@\w{{3,32}})?(?![\w/]) )
    | (?P<mention>(?<![\w@])@[A-Za-z]\w{{2,31}}\b )
    | (?P<hashtag>(?<![\w#])\#(?=\w*[^\W\d])\w{{1,256}} )
    | (?P<phone_number>(?<![\w+])\+\d[\d()\ -]{{7,18}}\d(?!\w) )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAY_MATTER = re.compile(r"[/@#+.]")
_TAIL = ".,;:!?)]}'\""


def utf16_length(text: str) -> int:
    """How many UTF-16 code units the text takes."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf16_slice(text: str, offset: int, length: int) -> str:
    """The part of the text that an entity covers."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units[offset * 2 : (offset + length) * 2].decode("utf-16-le", "replace")


def find_entities(text: str, marked: list[Json] | None = None) -> list[Json]:
    """Entities that the server sees by itself, in the text's order, beside those already `marked`."""
    marked = marked or []
    if not _MAY_MATTER.search(text):
        return marked
    taken = [(entity["offset"], entity["offset"] + entity["length"]) for entity in marked if _is_closed(entity)]
    found = list(marked)
    for match in _PATTERN.finditer(text):
        kind, value = _reading(match)
        offset, length = utf16_length(text[: match.start()]), utf16_length(value)
        if not any(start < offset + length and offset < end for start, end in taken):
            found.append({"offset": offset, "length": length, "type": kind})
    return sorted(found, key=lambda entity: (entity["offset"], -entity["length"]))


def _reading(match: re.Match[str]) -> tuple[str, str]:
    kind, value = match.lastgroup or "", match.group()
    if kind in ("url", "bare"):
        return "url", value.rstrip(_TAIL)
    return kind, value


def _is_closed(entity: Json) -> bool:
    """Inside code and links nothing more is looked for."""
    return entity["type"] in ("code", "pre", "text_link", "text_mention", "url", "email", "mention", "bot_command")


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """The text without white space at its ends, entities moved and cut along."""
    ahead = utf16_length(text[: len(text) - len(text.lstrip())])
    text = text.strip()
    if not entities:
        return text, []
    end = utf16_length(text)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - ahead, 0)
        stop = min(entity["offset"] - ahead + entity["length"], end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return text, kept
