"""What stands in a request's body or in an answer of the API: JSON, and the webhook's updates in it. Pure."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

_SURROGATE = rb"\ud"


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The webhook's one update, or those of a list. What is none is returned as it is: `parse` says what it is.

    Raises:
        ValueError: it is no JSON object or array of objects; a sentence that repeats nothing of it.
    """
    found = decode(body)
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise _not_an_update("the body", found)
    for number, one in enumerate(found, start=1):
        if not isinstance(one, dict):
            raise _not_an_update(f"item {number} of the list", one)
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


def _not_an_update(where: str, found: object) -> ValueError:
    names = {bool: "a boolean", str: "a string", int: "a number", float: "a number", list: "a list"}
    return ValueError(f"{where} is {names.get(type(found), 'null')}; an update is a JSON object")
