"""Ids as Avito writes them; single values of other kinds are read by toolkit/values.py. Pure."""

from gateway.connectors.toolkit.values import words

ID_LIMIT = 200


def identity(value: object) -> str:
    """An id, opaque; empty for what can be none."""
    found = words(value)
    return found if len(found) <= ID_LIMIT and found.isprintable() else ""
