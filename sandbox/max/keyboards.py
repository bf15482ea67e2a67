"""Which keyboards MAX takes, and what it makes of them. Limits: CHANNELS.md 9.6; the words of refusals are chosen."""

from sandbox.max.errors import MaxError, wrong
from sandbox.wire import Json

_TYPES = frozenset({"callback", "link", "message", "clipboard", "open_app", "request_contact", "request_geo_location"})
_WIDE = frozenset({"link", "open_app", "request_contact", "request_geo_location"})
_MOST_ROWS, _MOST_IN_ROW, _MOST_WIDE_IN_ROW, _MOST = 30, 7, 3, 210
_LONGEST = {"text": 128, "payload": 1024, "url": 2048}


def read_keyboard(payload: object) -> list[list[Json]] | None:
    """The rows of a keyboard, None where it has no buttons; raises MaxError."""
    rows = payload.get("buttons") if isinstance(payload, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise _refused("buttons must be rows of buttons")
    if len(rows) > _MOST_ROWS or sum(len(row) for row in rows) > _MOST:
        raise _refused(f"size must be between 0 and {_MOST_ROWS} rows and {_MOST} buttons")
    keyboard = [[_button(one) for one in row] for row in rows]
    for row in keyboard:
        most = _MOST_WIDE_IN_ROW if any(one["type"] in _WIDE for one in row) else _MOST_IN_ROW
        if len(row) > most:
            raise _refused(f"at most {most} buttons in such a row")
    return [row for row in keyboard if row] or None


def _button(given: object) -> Json:
    kind = given.get("type") if isinstance(given, dict) else None
    if not isinstance(given, dict) or kind not in _TYPES:
        raise _refused(f"unsupported type of button: {kind}")
    if not isinstance(given.get("text"), str) or not given["text"].strip():
        raise _refused("text of a button must not be empty")
    for name, most in _LONGEST.items():
        value = given.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > most):
            raise _refused(f"{name} of a button: size must be between 0 and {most}")
    if kind == "link" and not str(given.get("url", "")).startswith(("http://", "https://", "max://")):
        raise _refused("url of a button must be an address")
    if kind in {"callback", "clipboard"} and not given.get("payload"):
        raise _refused("payload of a button must not be empty")
    return {**given, "quick": bool(given.get("quick"))} if kind == "request_geo_location" else given


def _refused(reason: str) -> MaxError:
    return wrong(f"attachments: inline_keyboard: {reason}")
