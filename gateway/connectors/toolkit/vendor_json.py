"""JSON as vendors and strangers send it: read whole, or refused in a sentence that repeats nothing of it. Pure."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from gateway.errors import Undecodable
from gateway.model.codec import load

_SURROGATE = rb"\ud"


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


def decoded(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The same, or None where it is no JSON: what a firewall says, or a page of HTML."""
    try:
        return decode(body)
    except ValueError:
        return None


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The one update of a request's body, or those of a list; what is none is returned too: `parse` says what it is.

    Raises:
        ValueError: it is no JSON object or array of objects; a sentence that repeats nothing of it.
    """
    return objects(decode(body))


def objects(found: object, *, kind: str = "an update") -> list[dict[str, Any]]:
    """The one object that was decoded, or those of a list.

    Raises:
        ValueError: it is, or holds, anything else than `kind`; a sentence that repeats nothing of it.
    """
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise _other("the body", found, kind)
    for number, one in enumerate(found, start=1):
        if not isinstance(one, dict):
            raise _other(f"item {number} of the list", one, kind)
    return found


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


def _other(where: str, found: object, kind: str) -> ValueError:
    names = {bool: "a boolean", str: "a string", int: "a number", float: "a number", list: "a list"}
    return ValueError(f"{where} is {names.get(type(found), 'null')}; {kind} is a JSON object")
