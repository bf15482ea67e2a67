"""What stands in a request's body or in an answer to a long poll: one update, or several. Pure."""

from typing import Any

from gateway.connectors.toolkit.vendor_json import decode, objects


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The update of a webhook's body, or the updates of a list or of an answer of `GET /updates`.

    An answer without updates is returned as it is: `parse` says what it is.

    Raises:
        ValueError: it is no JSON object or array of objects; a sentence that repeats nothing of it.
    """
    found = decode(body)
    if isinstance(found, dict):
        updates = found.get("updates")
        if not isinstance(updates, list) or not updates or not all(isinstance(one, dict) for one in updates):
            return [found]
        found = updates
    return objects(found)
