"""VK's marks for people, communities and pages in a text, `[id1|Пётр]`, as the words that VK shows. Pure.

VK shows a link where a mark stands, and programs only see the mark. What merely looks like one stays as it is.
"""

import re
from collections.abc import Iterator

from gateway.model.messages import Entity

_MARK = re.compile(
    r"\[(?:(?P<page>(?:id|club|public|event|app)\d{1,16})(?::[\w-]*)?"
    r"|(?P<url>https?://(?:[\w-]+\.)*(?:vk\.com|vk\.ru|vk\.me|vk\.cc|vkvideo\.ru)(?:/[^\s|\]\[]*)?))"
    r"\|(?P<words>[^\[\]\n]*[^\[\]\s][^\[\]\n]*)\]"
)


def unmarked(text: str) -> str:
    """The text as VK shows it."""
    return _MARK.sub(lambda found: found["words"], text)


def read_text(text: str) -> tuple[str, tuple[Entity, ...]]:
    """The text as VK shows it, and a link behind the words of each mark."""
    if "[" not in text:
        return text, ()
    pieces = list(_pieces(text))
    return "".join(words for words, _ in pieces), tuple(_entities(pieces))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The text piece by piece, each with the address behind it, or with none."""
    at = 0
    for found in _MARK.finditer(text):
        yield text[at : found.start()], ""
        yield found["words"], found["url"] or f"https://vk.com/{found['page']}"
        at = found.end()
    yield text[at:], ""


def _entities(pieces: list[tuple[str, str]]) -> Iterator[Entity]:
    at = 0
    for words, url in pieces:
        length = len(words.encode("utf-16-le", "surrogatepass")) // 2
        if url:
            yield Entity("text_link", at, length, url=url)
        at += length
