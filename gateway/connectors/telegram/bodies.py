"""What stands in a request's body or in an answer of getUpdates: one update, or several. Pure."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from gateway.errors import Undecodable
from gateway.model.codec import load

_SURROGATE = rb"\ud"


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The updates of a webhook's body, of a list of updates, or of an answer of getUpdates.

    Another answer of the API (`{"ok": false, …}`) is returned as it is: `parse` says what it is.

    Raises:
        ValueError: it is no JSON object or array of objects; a sentence that repeats nothing of it.
    """
    found = decode(body)
    if isinstance(found, dict):
        result = found.get("result")
        if "update_id" in found or not isinstance(result, list):
            return [found]
        found = result
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
    if _SURROGATE not in body.lower():
        # Whatever it cannot read is read, or refused in words, below.
        with suppress(Undecodable, ValueError, RecursionError):
            return load(body, dict)
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
