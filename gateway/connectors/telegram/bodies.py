"""What stands in a request's body or in an answer of getUpdates: one update, or several. Pure."""

from typing import Any

from gateway.connectors.toolkit.vendor_json import decode, objects


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
    return objects(found)
