"""What stands in a request's body or in an answer of a Long Poll server: one event, or several. Pure."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

_SURROGATE = rb"\ud"


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The event of a callback's body, or the events of a list or of a Long Poll server's answer.

    An answer without events is returned as it is: `parse` says what it is.

    Raises:
        ValueError: it is no JSON object or array of objects; a sentence that repeats nothing of it.
    """
    found = decode(body)
    if isinstance(found, dict):
        events = found.get("updates")
        if not isinstance(events, list) or not events or not all(isinstance(one, dict) for one in events):
            return [found]
        found = events
    if not isinstance(found, list):
        raise _not_an_event("the body", found)
    for number, one in enumerate(found, start=1):
        if not isinstance(one, dict):
            raise _not_an_event(f"item {number} of the list", one)
    return found


def decode(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """JSON with nothing in it that cannot be written as JSON again (half surrogate pairs, NaN).

    Raises:
        ValueError: a sentence that repeats nothing of the body.
    """
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"), parse_constant=_refuse)
        # Half a surrogate pair is no reason to lose a message; whole pairs are written the same way.
        return _whole(found) if _SURROGATE in body.lower() else found
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    except ValueError as error:
        where = f" (byte {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"the body is not JSON{where}") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _whole(found: Any) -> Any:  # noqa: ANN401 - any JSON
    match found:
        case str():
            return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_whole(one) for one in found]
        case Mapping():
            return {_whole(name): _whole(one) for name, one in found.items()}
        case _:
            return found


def _not_an_event(where: str, found: object) -> ValueError:
    names = {bool: "a boolean", str: "a string", int: "a number", float: "a number", list: "a list"}
    return ValueError(f"{where} is {names.get(type(found), 'null')}; an event is a JSON object")
