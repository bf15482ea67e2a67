"""parse_mode: HTML and MarkdownV2 turned into plain text and entities, refused in the real server's words.

Byte offsets in the refusals count UTF-8, as the real ones do. Source for the rules: Bot API, "Formatting options".
"""

import html
import re
from typing import NamedTuple

from sandbox.telegram.entities import utf16_length
from sandbox.telegram.errors import ApiError, bad_request
from sandbox.wire import Json

_HTML_TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip

_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]+))?""")
_ENTITY_REFERENCE = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|lt|gt|amp|quot);")


def _refuse(reason: str) -> ApiError:
    return bad_request(f"can't parse entities: {reason}")


def parse_markup(text: str, mode: str) -> tuple[str, list[Json]]:
    """Plain text and entities of a text in `mode`; raises ApiError."""
    match mode.lower():
        case "":
            return text, []
        case "html":
            return _Html(text).parse()
        case "markdownv2":
            return _MarkdownV2(text).parse()
        case _:
            raise bad_request("unsupported parse_mode")


class _Open(NamedTuple):
    """A begun entity: what closes it, what it becomes, where its text began."""

    mark: str
    entity: Json
    offset: int
    byte: int


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.out: list[str] = []
        self.length = 0
        self.stack: list[_Open] = []
        self.entities: list[Json] = []

    def byte(self, at: int | None = None) -> int:
        return len(self.source[: self.at if at is None else at].encode())

    def write(self, text: str) -> None:
        self.out.append(text)
        self.length += utf16_length(text)

    def open(self, mark: str, entity: Json) -> None:
        self.stack.append(_Open(mark, entity, self.length, self.byte()))

    def close(self) -> None:
        begun = self.stack.pop()
        length = self.length - begun.offset
        if length and begun.entity:
            self.entities.append({"offset": begun.offset, "length": length, **begun.entity})

    def done(self) -> tuple[str, list[Json]]:
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.out), self.entities


class _Html(_Parser):
    def parse(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            if self.source[self.at] == "<":
                self._tag()
            elif reference := _ENTITY_REFERENCE.match(self.source, self.at):
                self.write(html.unescape(reference.group()))
                self.at = reference.end()
            else:
                self.write(self.source[self.at])
                self.at += 1
        if self.stack:
            raise _refuse(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].mark}"')
        return self.done()

    def _tag(self) -> None:
        end = self.source.find(">", self.at)
        is_end_tag = self.source.startswith("</", self.at)
        if end < 0:
            raise _refuse(f"Unclosed {'end' if is_end_tag else 'start'} tag at byte offset {self.byte()}")
        inside = self.source[self.at + 1 : end]
        if is_end_tag:
            self._end(inside[1:].strip().lower())
        else:
            self._start(inside)
        self.at = end + 1

    def _start(self, inside: str) -> None:
        name, _, rest = inside.strip().partition(" ")
        name = name.lower()
        if name not in _HTML_TYPES:
            raise _refuse(f'Unsupported start tag "{name}" at byte offset {self.byte()}')
        attributes = {key.lower(): html.unescape(value.strip("\"'")) for key, value in _ATTRIBUTE.findall(rest)}
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _refuse(f'Tag "span" must have class "tg-spoiler" at byte offset {self.byte()}')
        self.open(name, self._entity(name, attributes))

    def _entity(self, name: str, attributes: dict[str, str]) -> Json:
        kind = _HTML_TYPES[name]
        match kind:
            case "text_link":
                url = attributes.get("href", "")
                return {"type": kind, "url": url} if url else {}
            case "blockquote":
                return {"type": "expandable_blockquote" if "expandable" in attributes else kind}
            case "custom_emoji":
                return {"type": kind, "custom_emoji_id": attributes.get("emoji-id", "")}
            case "code" if self.stack and self.stack[-1].mark == "pre":
                language = attributes.get("class", "").removeprefix("language-")
                if language:
                    self.stack[-1].entity["language"] = language
                return {}
            case _:
                return {"type": kind}

    def _end(self, name: str) -> None:
        if not self.stack:
            raise _refuse(f"Unexpected end tag at byte offset {self.byte()}")
        expected = self.stack[-1].mark
        if name and name != expected:
            raise _refuse(
                f'Unmatched end tag at byte offset {self.byte()}, expected "</{expected}>", found "</{name}>"'
            )
        self.close()


_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_MARKS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
_NAMES = {
    "*": "Bold", "_": "Italic", "__": "Underline", "~": "Strikethrough", "||": "Spoiler",
    "`": "Code", "```": "PreCode", "[": "TextUrl", ">": "BlockQuote",
}  # fmt: skip


class _MarkdownV2(_Parser):
    def parse(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            self._step()
        if self.stack and self.stack[-1].mark == ">":
            self.close()
        if self.stack:
            begun = self.stack[-1]
            raise _refuse(f"Can't find end of {_NAMES[begun.mark]} entity at byte offset {begun.byte}")
        return self.done()

    def _step(self) -> None:
        here = self.source[self.at]
        mark = self._mark()
        if here == "\\" and self.at + 1 < len(self.source) and self.source[self.at + 1] <= "~":
            self.write(self.source[self.at + 1])
            self.at += 2
        elif self._starts_quote(here):
            self.open(">", {"type": "blockquote"})
            self.at += 1
        elif here == "\n" and self.stack and self.stack[-1].mark == ">":
            self._quote_line_ends()
        elif mark in ("`", "```"):
            self._code(mark)
        elif self.stack and self.stack[-1].mark == mark:
            self.close()
            self.at += len(mark)
        elif mark in _MARKS:
            self.open(mark, {"type": _MARKS[mark]})
            self.at += len(mark)
        elif here == "[":
            self.open("[", {"type": "text_link"})
            self.at += 1
        elif here == "]" and self.stack and self.stack[-1].mark == "[":
            self._link()
        elif here in _RESERVED:
            raise _refuse(f"Character '{here}' is reserved and must be escaped with the preceding '\\'")
        else:
            self.write(here)
            self.at += 1

    def _mark(self) -> str:
        for mark in ("```", "__", "||"):
            if self.source.startswith(mark, self.at):
                return mark
        return self.source[self.at]

    def _starts_quote(self, here: str) -> bool:
        at_line_start = self.at == 0 or self.source[self.at - 1] == "\n"
        return here == ">" and at_line_start and not any(begun.mark == ">" for begun in self.stack)

    def _quote_line_ends(self) -> None:
        """A quote goes on while the next line begins with `>` too."""
        if self.source.startswith(">", self.at + 1):
            self.write("\n")
            self.at += 2
        else:
            self.close()
            self.write("\n")
            self.at += 1

    def _code(self, mark: str) -> None:
        begun = self.byte()
        self.at += len(mark)
        entity: Json = {"type": "code" if mark == "`" else "pre"}
        if mark == "```" and (language := re.compile(r"([\w+#.-]+)\n|\n").match(self.source, self.at)):
            if language.group(1):
                entity["language"] = language.group(1)
            self.at = language.end()
        self.open(mark, entity)
        while not self.source.startswith(mark, self.at):
            if self.at >= len(self.source):
                raise _refuse(f"Can't find end of {_NAMES[mark]} entity at byte offset {begun}")
            if self.source[self.at] == "\\" and self.source[self.at + 1 : self.at + 2] in ("`", "\\"):
                self.at += 1
            self.write(self.source[self.at])
            self.at += 1
        self.at += len(mark)
        self.close()

    def _link(self) -> None:
        self.at += 1
        if self.source.startswith("(", self.at):
            end = self.at + 1
            while end < len(self.source) and self.source[end] != ")":
                end += 2 if self.source[end] == "\\" else 1
            if end >= len(self.source):
                raise _refuse(f"Can't find end of a URL at byte offset {self.byte()}")
            url = re.sub(r"\\(.)", r"\1", self.source[self.at + 1 : end])
            self.stack[-1].entity["url"] = url
            self.at = end + 1
        if not self.stack[-1].entity.get("url"):
            self.stack[-1].entity.clear()
        self.close()
