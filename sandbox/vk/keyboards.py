"""Which keyboards VK takes, and what becomes of them. A wrong one is refused with 911 and a reason.

Limits: CHANNELS.md 2.6; the words behind the colon are from public reports where there are any, else from memory.
"""

import json

from sandbox.vk.errors import VkError
from sandbox.wire import Json

_ACTIONS = frozenset({"text", "callback", "open_link", "location", "vkpay", "open_app"})
_COLORS = frozenset({"primary", "secondary", "positive", "negative", "default"})
_LABEL = 40
_PAYLOAD = 255
_IN_ROW = 5
_ROWS = {True: 6, False: 10}
_BUTTONS = {True: 10, False: 40}


def read_keyboard(text: str, community_id: int) -> Json | None:
    """The keyboard of a call; None: an empty one, which takes the last away. Raises VkError 911."""
    keyboard = _parsed(text)
    if keyboard is None:
        raise _wrong("keyboard should be a JSON object")
    rows = keyboard.get("buttons", [])
    is_inline = bool(keyboard.get("inline", False))
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise _wrong("keyboard should be array")
    if is_inline and keyboard.get("one_time"):
        raise _wrong("one_time is not allowed for inline keyboard")
    if len(rows) > _ROWS[is_inline] or sum(len(row) for row in rows) > _BUTTONS[is_inline]:
        raise _wrong("too much rows or buttons")
    if any(len(row) > _IN_ROW for row in rows):
        raise _wrong("too much buttons in a row")
    buttons = [[_button(button) for button in row] for row in rows]
    if not any(buttons):
        return None
    one_time = bool(keyboard.get("one_time", False))
    return {"one_time": one_time, "inline": is_inline, "buttons": buttons, "author_id": -community_id}


def _parsed(text: str) -> Json | None:
    try:
        keyboard = json.loads(text)
    except ValueError:
        return None
    return keyboard if isinstance(keyboard, dict) else None


def _button(button: object) -> Json:
    action = button.get("action") if isinstance(button, dict) else None
    if not isinstance(button, dict) or not isinstance(action, dict) or action.get("type") not in _ACTIONS:
        raise _wrong("unknown button action type")
    label = action.get("label", "")
    if action["type"] in {"text", "callback", "open_link"} and not (isinstance(label, str) and label):
        raise _wrong("label is not set")
    if len(str(label)) > _LABEL:
        raise _wrong(f"label is longer than {_LABEL}")
    if action["type"] == "open_link" and not str(action.get("link", "")).startswith(("http://", "https://")):
        raise _wrong("link is invalid")
    color = button.get("color", "default" if action["type"] in {"text", "callback"} else None)
    if color is not None and color not in _COLORS:
        raise _wrong("unknown button color")
    payload = _payload(action.get("payload"))
    shown = {**action, **({"payload": payload} if payload is not None else {})}
    return {"action": shown, **({"color": color} if color else {})}


def _payload(given: object) -> str | None:
    """JSON in a string, or JSON itself; it goes back to the bot as a string."""
    if given is None or given == "":
        return None
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    if len(text) > _PAYLOAD:
        raise _wrong(f"payload is longer than {_PAYLOAD}")
    try:
        json.loads(text)
    except ValueError:
        raise _wrong("payload should be JSON") from None
    return text


def _wrong(reason: str) -> VkError:
    return VkError(911, reason)
