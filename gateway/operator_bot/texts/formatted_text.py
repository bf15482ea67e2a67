"""Text with formatting, piece by piece: the only place that counts UTF-16 units. Pure.

HTML is never used: what a client writes cannot become markup, and offsets of their own formatting stay right
whatever is put before it.
"""

from collections.abc import Sequence
from typing import Self

from msgspec.structs import replace

from gateway.connectors.toolkit.text import Unit, shorten, size, spans
from gateway.model.messages import Attachment, Button, Entity, Message, ReplyTo
from gateway.operator_bot.texts.untrusted import (
    defused,
    defused_words,
    exact_name,
    harmless,
    is_page,
    plain_name,
    trusted,
    unturned,
)

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
"""UTF-16 units of a text and of a caption, after entities (Bot API, sendMessage and sendPhoto)."""
TOAST_LIMIT = 200
"""Characters of an answer to a press (Bot API, answerCallbackQuery)."""
BOLD, ITALIC, QUOTE, CODE = "bold", "italic", "blockquote", "code"

Buttons = Sequence[Sequence[Button]]


def units(text: str) -> int:
    """The text's length as Telegram counts it."""
    return size(text, Unit.UTF16)


def cut(text: str, limit: int) -> str:
    """The text within `limit` UTF-16 units, with an ellipsis where something is missing."""
    return shorten(text, limit, Unit.UTF16)


def one_line(text: str, limit: int) -> str:
    """The text without line breaks, within `limit` UTF-16 units."""
    return cut(" ".join(text.split()), limit)


def plain(text: str, limit: int) -> str:
    """A stranger's words as one line that reads as what it is: nothing in it turns letters round or can be tapped."""
    return one_line(plain_name(text), limit)


def exact(text: str, limit: int) -> str:
    """The same to be copied as it is, written as CODE: there Telegram looks for nothing to be tapped."""
    return one_line(exact_name(text), limit)


def _label(text: str) -> str:
    """A button's words: nothing in them is tapped by itself, but something must be seen."""
    return " ".join(defused(text).split()) or "…"


class FormattedText:
    """A message that grows. What does not fit is cut off with an ellipsis, never refused by Telegram."""

    def __init__(self) -> None:
        self._text = ""
        self._entities: list[Entity] = []

    def write(self, text: str, kind: str | None = None) -> Self:
        """Adds text to the line; what is not the bot's own (`OwnText`) is made harmless, here and below."""
        text = trusted(text) if kind != CODE else unturned(text)
        if kind is not None and text:
            self._entities.append(Entity(kind, units(self._text), units(text)))
        self._text += text
        return self

    def link(self, text: str, address: str) -> Self:
        """Adds words that lead to a page, whole however long its address is; no link where it is none."""
        text = trusted(text)
        if text and is_page(address):
            self._entities.append(Entity("text_link", units(self._text), units(text), url=address))
        self._text += text
        return self

    def line(self, text: str = "", kind: str | None = None) -> Self:
        """Begins a new line, except at the very beginning, and writes there."""
        if self._text:
            self._text += "\n"
        return self.write(text, kind)

    def words(self, text: str, entities: Sequence[Entity] = ()) -> Self:
        """Begins a new line with somebody's words and keeps their formatting."""
        self.line()
        return self._add(*defused_words(text, entities))

    def append(self, other: Self) -> Self:
        """Begins a new line with another formatted."""
        return self.line().put(other)

    def put(self, other: Self, kind: str | None = None) -> Self:
        """Adds another formatted to the line, with the formatting `kind` around all of it."""
        whole = () if kind is None or not other._text else (Entity(kind, 0, other.size),)
        return self._add(other._text, (*whole, *other._entities))

    def _add(self, text: str, entities: Sequence[Entity]) -> Self:
        start = units(self._text)
        self._entities += [replace(one, offset=one.offset + start) for one in entities]
        self._text += text
        return self

    @property
    def size(self) -> int:
        """UTF-16 units written so far."""
        return units(self._text)

    def message(
        self,
        buttons: Buttons = (),
        *,
        attachments: Sequence[Attachment] = (),
        reply_to: ReplyTo | None = None,
        limit: int = TEXT_LIMIT,
    ) -> Message:
        """The finished message; what is beyond `limit` UTF-16 units is cut off with an ellipsis."""
        text = cut(self._text, limit)
        return Message(
            text=text,
            entities=self._entities_of(0, units(text)),
            attachments=tuple(harmless(one) for one in attachments),
            reply_to=reply_to,
            previews=bool(attachments),
            buttons=tuple(tuple(replace(one, text=_label(one.text)) for one in row) for row in buttons if row),
        )

    def messages(self) -> list[Message]:
        """The whole text, as many messages as it needs; none for an empty one."""
        found, start = [], 0
        for begin, last in spans(self._text, TEXT_LIMIT, Unit.UTF16, self._entities):
            piece = self._text[begin:last]
            end = start + units(piece)
            found.append(Message(text=piece, entities=self._entities_of(start, end)))
            start = end
        return found

    def _entities_of(self, start: int, end: int) -> tuple[Entity, ...]:
        """The formatting of a piece of the text, counted from the piece's beginning."""
        pieces = ((one, max(one.offset, start), min(one.offset + one.length, end)) for one in self._entities)
        return tuple(
            replace(one, offset=first - start, length=last - first) for one, first, last in pieces if first < last
        )
