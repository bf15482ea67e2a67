"""What stands in a request's body: the webhook's update, or several. Pure."""

from typing import Any

from gateway.connectors.toolkit.vendor_json import decode, objects


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The webhook's one update, or those of a list. What is none is returned as it is: `parse` says what it is.

    Raises:
        ValueError: it is no JSON object or array of objects; a sentence that repeats nothing of it.
    """
    return objects(decode(body))
