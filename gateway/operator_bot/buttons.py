"""What stands in a button's data: version, action and short ids, never more than Telegram's 64 bytes. Pure.

A button may be months old when it is pressed, so anything that is not exactly of this version and shape reads
as None; whether the press may still do its work is the router's to decide.
"""

from enum import StrEnum

from msgspec import Struct

from gateway.model.ids import DialogId

VERSION = "1"
LIMIT = 64
"""Bytes of callback_data (Bot API, InlineKeyboardButton)."""


class Action(StrEnum):
    CLAIM = "claim"
    DECLINE = "skip"
    CLOSE = "close"
    MORE = "more"
    CARD = "card"
    ASK_BLOCK = "block?"
    """Asks whether the client is really to be blocked."""
    BLOCK = "block"
    STOPPED = "stopped"
    UNBLOCK = "unblock"
    WRITE_AGAIN = "again"
    FOCUS = "focus"
    HISTORY = "history"
    CHOOSE = "choose"
    DROP = "drop"
    TEMPLATES = "templates"
    TEMPLATE = "template"
    SAY = "say"
    STOP = "stop"


_ACTIONS = {one.value: one for one in Action}
_VERSIONED = frozenset((Action.CLAIM, Action.DECLINE, Action.CLOSE, Action.BLOCK))
_PAGED = frozenset((Action.HISTORY, Action.STOPPED, Action.TEMPLATES, Action.STOP))
_ASKING = frozenset((Action.CHOOSE, Action.DROP, Action.TEMPLATE, Action.SAY))


class Pressed(Struct, frozen=True):
    """A button's meaning; `version` is the dialog's as the card showed it, `ask` names a question of the bot.

    A template's button has its id there; one that sends has in `version` how many messages the dialog had. The button
    that stops words has in `page` which message they are.
    """

    action: Action
    dialog: DialogId | None = None
    version: int = 0
    page: int = 0
    ask: str = ""


def button_data(
    action: Action, dialog: DialogId | None = None, *, version: int = 0, page: int = 0, ask: str = ""
) -> str:
    """The data of a button.

    Raises:
        ValueError: it would not fit: the ids are not ours.
    """
    parts = [VERSION, action.value]
    if dialog is not None:
        parts.append(dialog)
    if action in _VERSIONED:
        parts.append(str(version))
    elif action in _PAGED:
        parts.append(str(page))
    elif action in _ASKING:
        parts.append(ask)
        if action is Action.SAY:
            parts.append(str(version))
    data = ":".join(parts)
    if len(data.encode()) > LIMIT:
        raise ValueError(f"a button's data of more than {LIMIT} bytes: {action}")
    return data


def read_button(data: str) -> Pressed | None:
    """What a pressed button means; None for a button of another version or of nobody's making."""
    version, _, rest = data.partition(":")
    name, _, ids = rest.partition(":")
    action = _ACTIONS.get(name)
    if version != VERSION or action is None:
        return None
    if action is Action.DROP:
        return Pressed(action, ask=ids) if ids else None
    dialog, _, last = ids.partition(":")
    if not _is_number(dialog):
        return None
    number = DialogId(dialog)
    if action in {Action.CHOOSE, Action.TEMPLATE}:
        return Pressed(action, number, ask=last) if last else None
    if action is Action.SAY:
        ask, _, seen = last.partition(":")
        return Pressed(action, number, ask=ask, version=int(seen)) if ask and _is_number(seen) else None
    if action in _VERSIONED:
        return Pressed(action, number, version=int(last)) if _is_number(last) else None
    if action in _PAGED:
        return Pressed(action, number, page=int(last)) if _is_number(last) else None
    return Pressed(action, number) if not last else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < LIMIT
