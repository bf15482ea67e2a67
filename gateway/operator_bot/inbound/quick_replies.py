"""Quick replies: `[[Yes]] [[No]]` at the end of an operator's words become buttons for the client. Pure.

A line is taken only if nothing but such marks stands in it, so that brackets inside a sentence stay words. What a
client presses comes back as `q:` and the label.
"""

import re

from msgspec.structs import replace

from gateway.model.events import Refusal
from gateway.model.messages import BUTTON_BYTES, QUICK_REPLY, Button, Entity, Message
from gateway.operator_bot.inbound import misunderstandings
from gateway.operator_bot.texts.formatted_text import units

ROW, ROWS = 8, 12
"""The most buttons in a line, and lines of them: what a phone's screen shows."""

_MARK = re.compile(r"\[\[([^\[\]\n]*[^\[\]\s][^\[\]\n]*)\]\]")
_LINE = re.compile(rf"[^\S\n]*(?:{_MARK.pattern}[^\S\n]*)+")


def with_quick_replies(message: Message) -> Message | str:
    """The message with its last lines as buttons, or the code of what is wrong (`Refusal`, misunderstandings.py)."""
    lines = message.text.rstrip().split("\n")
    rows: list[list[str]] = []
    while lines and (not lines[-1].strip() or _LINE.fullmatch(lines[-1])):
        labels = [one.strip() for one in _MARK.findall(lines.pop())]
        if labels:
            rows.insert(0, labels)
    if not rows:
        return message
    if any(len((QUICK_REPLY + label).encode()) > BUTTON_BYTES for row in rows for label in row):
        return Refusal.BUTTON_TOO_LONG
    if len(rows) > ROWS or any(len(row) > ROW for row in rows):
        return misunderstandings.TOO_MANY_BUTTONS
    text = "\n".join(lines).rstrip()
    if not text and not message.attachments:
        return misunderstandings.ONLY_BUTTONS
    buttons = tuple(tuple(Button(label, data=QUICK_REPLY + label) for label in row) for row in rows)
    return replace(message, text=text, entities=_within(message.entities, units(text)), buttons=buttons)


def _within(entities: tuple[Entity, ...], end: int) -> tuple[Entity, ...]:
    return tuple(
        replace(one, length=min(one.length, end - one.offset)) for one in entities if one.offset < end and one.length
    )
