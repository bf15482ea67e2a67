"""Buttons under a message as VK's keyboards: within its limits, and what does not fit is said in words. Pure."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gateway.connectors.vk.envelope import BUTTON
from gateway.connectors.vk.text import shorten
from gateway.model.messages import QUICK_REPLY, Button

_ROWS, _IN_ROW, _MOST = 6, 5, 10
"""Of a keyboard inside a message; VK's pages name these figures and its schema does not."""
_LABEL = 40
_COLORS = {"primary": "primary", "success": "positive", "danger": "negative"}


class Keyboard(NamedTuple):
    """`shown` as messages.send takes it, None where no button fits; `told`: lines for the text; `loses`: in words."""

    shown: dict[str, Any] | None
    told: tuple[str, ...] = ()
    loses: str | None = None


def keyboard(rows: Sequence[Sequence[Button]]) -> Keyboard:
    """The buttons, the first ones if there are too many."""
    lines = [list(row[at : at + _IN_ROW]) for row in rows for at in range(0, len(row), _IN_ROW)]
    shown: list[list[dict[str, Any]]] = []
    left: list[Button] = []
    count = 0
    for line in lines:
        fits = line[: max(_MOST - count, 0)] if len(shown) < _ROWS else []
        left += line[len(fits) :]
        count += len(fits)
        if fits:
            shown.append([_button(one) for one in fits])
    if not shown:
        return Keyboard(None)
    loses = "sent without some of the buttons: VK shows 10" if any(not one.url for one in left) else None
    return Keyboard({"inline": True, "buttons": shown}, tuple(_told(left)), loses)


def _told(left: Sequence[Button]) -> Iterator[str]:
    for one in left:
        if one.url:
            yield f"{one.text}: {one.url}"


def _button(button: Button) -> dict[str, Any]:
    label = shorten(button.text, _LABEL)
    if button.url:
        return {"action": {"type": "open_link", "link": button.url, "label": label}}
    data = button.data or ""
    # A quick reply that says what stands on it is said by the client's own words; else the press tells the data.
    kind = "text" if data == f"{QUICK_REPLY}{label}" else "callback"
    payload = json.dumps({BUTTON: data}, ensure_ascii=False)
    action = {"type": kind, "label": label, "payload": payload}
    return {"action": action, "color": _COLORS.get(button.style or "", "secondary")}
