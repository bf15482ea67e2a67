"""Reading the vendor's JSON with aiogram's types even where they reject it: old captures, newer shapes, odd values.

Pure. What is in the way is removed at the place that the validation error names, never the whole message: a text
with one odd field stays a text. The caller's data is never changed.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Generic, NamedTuple, TypeVar

from aiogram.types import TelegramObject
from pydantic import ValidationError

T = TypeVar("T", bound=TelegramObject)
Path = tuple[str | int, ...]

_DEFAULTS: Mapping[str, Any] = {
    "is_bot": False,
    "first_name": "",
    "file_unique_id": "",
    "is_animated": False,
    "is_video": False,
    "width": 0,
    "height": 0,
    "length": 0,
    "duration": 0,
    "date": 0,
}
"""What a field means that older captures (and trimmed ones) lack, though the current API demands it."""
_STICKER_TYPE = "regular"
_DISCRIMINATORS = ("type", "status", "source")
_GENTLE_PASSES = 12
_COARSE_PASSES = 24


class Mended(NamedTuple, Generic[T]):
    """What could be read, and the fields of the object that are missing from it wholly."""

    value: T
    dropped: tuple[str, ...]


def read(kind: type[T], raw: Mapping[str, Any]) -> Mended[T] | None:
    """Reads `raw` as `kind`; None: not even its mandatory fields can be read."""
    try:
        return Mended(kind.model_validate(raw), ())
    except ValidationError as error:
        problem = error
    mended = deepcopy(dict(raw))
    for number in range(_GENTLE_PASSES + _COARSE_PASSES):
        if not _remove_cause(mended, problem, gently=number < _GENTLE_PASSES):
            return None
        try:
            value = kind.model_validate(mended)
        except ValidationError as error:
            problem = error
        else:
            return Mended(value, tuple(str(name) for name in raw if name not in mended))
    return None


def _remove_cause(raw: dict[str, Any], problem: ValidationError, *, gently: bool) -> bool:
    """One step towards readable data; False: there is nothing left to take away."""
    error = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    path, rest = _walked(raw, error["loc"])
    if error["type"] == "missing" and len(rest) == 1:
        default = _default(path, str(rest[0]))
        if default is not None:
            _at(raw, path)[rest[0]] = default
            return True
    if not path:
        return False
    path = path if gently else path[:1]
    del _at(raw, path[:-1])[path[-1]]
    return True


def _walked(raw: Any, location: Path) -> tuple[Path, Path]:  # noqa: ANN401 - JSON of any shape
    """How far the error's location leads into the data, and what of it is left.

    Pydantic puts the names of a union's members between the keys. That of a discriminated union is told by the
    data itself and passed over; at any other the value as a whole is what does not fit.
    """
    path: list[str | int] = []
    for number, step in enumerate(location):
        if _leads_into(raw, step):
            raw = raw[step]
        elif isinstance(raw, dict) and any(raw.get(name) == step for name in _DISCRIMINATORS):
            continue
        else:
            return tuple(path), location[number:]
        path.append(step)
    return tuple(path), ()


def _leads_into(raw: Any, step: str | int) -> bool:  # noqa: ANN401 - JSON of any shape
    if isinstance(raw, list):
        return isinstance(step, int) and step < len(raw)
    return isinstance(raw, dict) and step in raw


def _at(raw: Any, path: Path) -> Any:  # noqa: ANN401 - JSON of any shape
    for step in path:
        raw = raw[step]
    return raw


def _default(path: Path, name: str) -> Any:  # noqa: ANN401 - JSON of any shape
    if name == "type" and path[-1:] == ("sticker",):
        return _STICKER_TYPE
    return _DEFAULTS.get(name)
