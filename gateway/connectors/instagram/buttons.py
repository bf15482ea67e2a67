"""Buttons under a message as Instagram's quick replies, within its limits; what does not fit is said in words. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gateway.connectors.instagram.text import shorten
from gateway.model.messages import Button

_MOST = 13
_TITLE = 20


class QuickReplies(NamedTuple):
    """`shown` as the API takes them; `told`: lines for the text; `loses`: in words."""

    shown: list[dict[str, Any]]
    told: tuple[str, ...] = ()
    loses: str | None = None


def quick_replies(rows: Sequence[Sequence[Button]]) -> QuickReplies:
    """The buttons, the first ones if there are too many; one that opens a page is a line with its address."""
    flat = [one for row in rows for one in row]
    pressed = [one for one in flat if not one.url]
    shown = [
        {"content_type": "text", "title": shorten(one.text, _TITLE), "payload": one.data or one.text}
        for one in pressed[:_MOST]
    ]
    loses = "sent without some of the buttons: Instagram shows 13" if len(pressed) > _MOST else None
    return QuickReplies(shown, tuple(_told(flat)), loses)


def _told(buttons: Sequence[Button]) -> Iterator[str]:
    for one in buttons:
        if one.url:
            yield f"{one.text}: {one.url}"
