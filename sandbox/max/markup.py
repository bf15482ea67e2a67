"""`format` html and markdown turned into plain text and markup; offsets count UTF-16 units.

Source: CHANNELS.md 9.6 for the tags, the official documentation's list for markdown. What is no known tag is taken
out and its words stay; a mark that is not closed stays as it is written.
"""

import re
from html.parser import HTMLParser

from sandbox.wire import Json

_TAGS = {
    "b": "strong", "strong": "strong", "i": "emphasized", "em": "emphasized", "u": "underline", "ins": "underline",
    "s": "strikethrough", "del": "strikethrough", "code": "monospaced", "pre": "monospaced", "mark": "highlighted",
    "blockquote": "quote", "h1": "heading", "a": "link",
}  # fmt: skip
_MARKDOWN = re.compile(
    r"(?P<link>\[(?P<words>[^\]\n]+)\]\((?P<url>[^)\s]+)\))"
    r"|(?P<mark>\*\*|__|~~|\+\+|\^\^|`|\*|_)(?P<inside>\S(?:.*?\S)?)(?P=mark)"
)
_MARKS = {
    "**": "strong", "__": "strong", "*": "emphasized", "_": "emphasized", "~~": "strikethrough", "++": "underline",
    "^^": "highlighted", "`": "monospaced",
}  # fmt: skip


def read_markup(text: str, form: str | None) -> tuple[str, list[Json]]:
    """Plain words and what stands out in them; `form` is `html`, `markdown` or None."""
    if form == "html":
        reader = _Html()
        reader.feed(text)
        reader.close()
        return "".join(reader.words), sorted(reader.markup, key=lambda one: (one["from"], -one["length"]))
    if form == "markdown":
        return _markdown(text)
    return text, []


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.markup: list[Json] = []
        self._length = 0
        self._open: list[tuple[str, int, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_data("\n")
        elif tag in _TAGS:
            self._open.append((tag, self._length, dict(attrs).get("href")))

    def handle_endtag(self, tag: str) -> None:
        at = next((at for at in range(len(self._open) - 1, -1, -1) if self._open[at][0] == tag), None)
        if at is None:
            return
        _, begun, url = self._open.pop(at)
        if self._length > begun and (tag != "a" or url):
            more = {"url": url} if tag == "a" else {}
            self.markup.append({"type": _TAGS[tag], "from": begun, "length": self._length - begun, **more})

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        self._length += utf16_length(data)


def _markdown(text: str) -> tuple[str, list[Json]]:
    words, markup, at = "", [], 0
    for found in _MARKDOWN.finditer(text):
        words += text[at : found.start()]
        at = found.end()
        begun = utf16_length(words)
        if found["link"]:
            words += found["words"]
            markup.append({"type": "link", "from": begun, "length": utf16_length(found["words"]), "url": found["url"]})
            continue
        inside, nested = (found["inside"], []) if found["mark"] == "`" else _markdown(found["inside"])
        words += inside
        markup.append({"type": _MARKS[found["mark"]], "from": begun, "length": utf16_length(inside)})
        markup += [{**one, "from": one["from"] + begun} for one in nested]
    return words + text[at:], markup
