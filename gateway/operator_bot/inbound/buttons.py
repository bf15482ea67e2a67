"""What stands in a button's data: version, action and short ids, never more than Telegram's 64 bytes. Pure.

A button may be months old when it is pressed, so anything that is not exactly of this version and shape reads
as None; whether the press may still do its work is the router's to decide.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from gateway.model.commands import Role
from gateway.model.ids import DialogId, LineId, OperatorId

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
    CHOICES = "choices"
    """Another page of whom something may be for."""
    TEMPLATES = "templates"
    TEMPLATE = "template"
    SAY = "say"
    STOP = "stop"
    UNDO = "undo"
    FILL = "fill"
    """The words are the values of a template."""
    RELEASE = "back"
    TAKE_OVER = "take"
    HAND_BACK = "allback"
    KEEP = "keep"
    WAITING = "waiting"
    MINE = "my"
    PEOPLE = "people"
    PERSON = "person"
    DIALOGS = "theirs"
    LINES = "lines"
    LINE = "line"
    ALL_LINES = "alllines"
    ROLE = "role"
    DISMISSAL = "letgo"
    DISMISS = "dismiss"
    INVITE = "invite"


_ACTIONS = {one.value: one for one in Action}
_VERSIONED = frozenset(
    (Action.CLAIM, Action.DECLINE, Action.CLOSE, Action.BLOCK, Action.RELEASE, Action.TAKE_OVER, Action.UNDO)
)
_PAGED = frozenset((Action.HISTORY, Action.STOPPED, Action.TEMPLATES, Action.STOP))
_ASKING = frozenset((Action.CHOOSE, Action.DROP, Action.FILL, Action.TEMPLATE, Action.SAY))


_DESK: Mapping[Action, str] = {
    Action.HAND_BACK: "",
    Action.KEEP: "",
    Action.WAITING: "pl",
    Action.MINE: "p",
    Action.PEOPLE: "p",
    Action.PERSON: "o",
    Action.DIALOGS: "op",
    Action.LINES: "o",
    Action.LINE: "ol",
    Action.ALL_LINES: "o",
    Action.ROLE: "or",
    Action.DISMISSAL: "o",
    Action.DISMISS: "o",
    Action.INVITE: "rl",
}
"""Buttons that are about no dialog, and what stands in each: a page, a line (or none), an operator, a role."""
_NAME = re.compile(r"[a-z0-9_-]*")
_ROLES = {one.value: one for one in Role}


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
    line: LineId | None = None
    person: OperatorId | None = None
    role: Role | None = None


def desk_button(
    action: Action,
    *,
    page: int = 0,
    line: LineId | None = None,
    person: OperatorId | None = None,
    role: Role | None = None,
) -> str:
    """The data of a button that is about no dialog.

    Raises:
        ValueError: it would not fit: the ids are not ours.
    """
    words = {"p": str(page), "l": line or "", "o": person or "", "r": role or ""}
    data = ":".join((VERSION, action.value, *(words[one] for one in _DESK[action])))
    if len(data.encode()) > LIMIT:
        raise ValueError(f"a button's data of more than {LIMIT} bytes: {action}")
    return data


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
    if action is Action.CHOICES:
        parts += [str(page), ask]
    elif action in _VERSIONED:
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
    if action in _DESK:
        return _read_desk(action, ids)
    if action is Action.DROP:
        return Pressed(action, ask=ids) if ids else None
    if action is Action.CHOICES:
        page, _, ask = ids.partition(":")
        return Pressed(action, page=int(page), ask=ask) if ask and _is_number(page) else None
    dialog, _, last = ids.partition(":")
    if not _is_number(dialog):
        return None
    number = DialogId(dialog)
    if action in {Action.CHOOSE, Action.FILL, Action.TEMPLATE}:
        return Pressed(action, number, ask=last) if last else None
    if action is Action.SAY:
        ask, _, seen = last.partition(":")
        return Pressed(action, number, ask=ask, version=int(seen)) if ask and _is_number(seen) else None
    if action in _VERSIONED:
        return Pressed(action, number, version=int(last)) if _is_number(last) else None
    if action in _PAGED:
        return Pressed(action, number, page=int(last)) if _is_number(last) else None
    return Pressed(action, number) if not last else None


def _read_desk(action: Action, rest: str) -> Pressed | None:
    """A button that is about no dialog; None: it does not have what such a button has."""
    words, shape = rest.split(":") if rest else [], _DESK[action]
    if len(words) != len(shape):
        return None
    named: dict[str, Any] = {}
    for kind, word in zip(shape, words, strict=True):
        if kind == "p" and _is_number(word):
            named["page"] = int(word)
        elif kind == "o" and _is_number(word):
            named["person"] = OperatorId(word)
        elif kind == "r" and word in _ROLES:
            named["role"] = _ROLES[word]
        elif kind == "l" and _NAME.fullmatch(word):
            named["line"] = LineId(word) if word else None
        else:
            return None
    return Pressed(action, **named)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < LIMIT
