"""What stands in a request's body or in an answer of a Long Poll server: one event, or several. Pure."""

from typing import Any

from gateway.connectors.toolkit.vendor_json import decode, objects


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
    return objects(found, kind="an event")
