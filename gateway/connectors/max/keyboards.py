"""Buttons under a message as MAX's keyboards: within its limits, and what does not fit is said in words. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gateway.connectors.max import problems
from gateway.connectors.max.text import shorten
from gateway.model.messages import Button

_ROWS, _IN_ROW, _LINKS_IN_ROW, _MOST = 30, 7, 3, 210
_LABEL, _ADDRESS = 128, 2048


class Keyboard(NamedTuple):
    """`shown` as an attachment, None where no button fits; `told`: lines for the text; `loses`: in words."""

    shown: dict[str, Any] | None = None
    told: tuple[str, ...] = ()
    loses: str | None = None


def keyboard(rows: Sequence[Sequence[Button]]) -> Keyboard:
    """The buttons, the first ones if there are too many."""
    shown: list[list[dict[str, Any]]] = []
    left: list[Button] = []
    for row in rows:
        fitting = [one for one in row if not one.url or len(one.url) <= _ADDRESS]
        left += [one for one in row if one not in fitting]
        wide = _LINKS_IN_ROW if any(one.url for one in fitting) else _IN_ROW
        for line in (fitting[at : at + wide] for at in range(0, len(fitting), wide)):
            if len(shown) < _ROWS and sum(map(len, shown)) + len(line) <= _MOST:
                shown.append([_button(one) for one in line])
            else:
                left += line
    loses = problems.WITHOUT_BUTTONS if any(not one.url for one in left) else None
    attached = {"type": "inline_keyboard", "payload": {"buttons": shown}} if shown else None
    return Keyboard(attached, tuple(_told(left)), loses)


def _told(left: Sequence[Button]) -> Iterator[str]:
    for one in left:
        if one.url:
            yield f"{one.text}: {one.url}"


def _button(button: Button) -> dict[str, Any]:
    label = shorten(button.text, _LABEL)
    if button.url:
        return {"type": "link", "text": label, "url": button.url}
    return {"type": "callback", "text": label, "payload": button.data or label}
