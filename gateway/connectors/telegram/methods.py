"""From a rendered part to aiogram's method object: the methods that we use, and the files in their places."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiogram import methods
from aiogram.methods.base import TelegramMethod
from aiogram.types import FSInputFile

from gateway.connectors.contract import Part

_METHODS: Mapping[str, type[TelegramMethod[Any]]] = {
    one.__api_method__: one
    for one in (
        methods.SendMessage,
        methods.SendPhoto,
        methods.SendDocument,
        methods.SendVoice,
        methods.SendAudio,
        methods.SendVideo,
        methods.SendVideoNote,
        methods.SendAnimation,
        methods.SendSticker,
        methods.SendMediaGroup,
        methods.SendLocation,
        methods.SendVenue,
        methods.SendContact,
        methods.SendChatAction,
        methods.EditMessageText,
        methods.EditMessageCaption,
        methods.EditMessageMedia,
        methods.EditMessageReplyMarkup,
        methods.DeleteMessage,
        methods.SetMessageReaction,
        methods.AnswerCallbackQuery,
    )
}

WITHOUT_FILES = frozenset(
    {
        "sendMessage",
        "sendChatAction",
        "editMessageText",
        "editMessageReplyMarkup",
        "deleteMessage",
        "setMessageReaction",
        "answerCallbackQuery",
        "readBusinessMessage",
        "deleteBusinessMessages",
    }
)
"""A request of these goes as the JSON that it is."""
DISPENSABLE = frozenset(
    {"sendChatAction", "setMessageReaction", "answerCallbackQuery", "editMessageReplyMarkup", "readBusinessMessage"}
)
"""An older Bot API server may lack them, and nothing that anybody said is lost."""


def method_of(part: Part, path: Callable[[int], Path]) -> TelegramMethod[Any]:
    """The part as aiogram's method; `path` tells where the part's n-th file lies."""
    return _METHODS[part.method].model_validate(_with_files(part.request, path))


def _with_files(value: Any, path: Callable[[int], Path]) -> Any:  # noqa: ANN401 - JSON of any shape
    match value:
        case {"attach": int(number), "name": str(name)}:
            return FSInputFile(path(number), filename=name)
        case dict():
            return {name: _with_files(one, path) for name, one in value.items()}
        case list():
            return [_with_files(one, path) for one in value]
        case _:
            return value
