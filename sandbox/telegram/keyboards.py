"""reply_markup as the server checks it; refusals in its words."""

from urllib.parse import urlsplit

from sandbox.telegram.errors import bad_request
from sandbox.telegram.parameters import Parameters
from sandbox.wire import Json

_MAX_DATA_BYTES = 64
_MAX_BUTTONS = 100
_ACTIONS = (
    "callback_data", "url", "login_url", "web_app", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip


def read_markup(parameters: Parameters) -> Json:
    """The checked reply_markup; empty when there is none. Raises ApiError."""
    markup = parameters.object("reply_markup")
    if "inline_keyboard" not in markup:
        return markup
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    keyboard = [[_checked(button) for button in row] for row in rows if row]
    if sum(map(len, keyboard)) > _MAX_BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": keyboard} if keyboard else {}


def _checked(button: object) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not text:
        raise bad_request("inline keyboard button text must be non-empty")
    used = [action for action in _ACTIONS if button.get(action) is not None]
    if not used:
        raise bad_request("text buttons are unallowed in the inline keyboard")
    if "callback_data" in used and not 0 < len(str(button["callback_data"]).encode()) <= _MAX_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in used:
        _check_url(str(button["url"]))
    return {key: value for key, value in button.items() if value is not None}


def _check_url(url: str) -> None:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    is_web = parts.scheme in ("http", "https") and "." in (parts.hostname or "")
    if not (is_web or parts.scheme == "tg"):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
