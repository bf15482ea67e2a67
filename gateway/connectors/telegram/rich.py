"""The plain text of a rich message (Bot API 10: blocks, tables, nested styles). Pure; knows no block by name.

Kinds of blocks come with every release of the API, so this reads whatever stands under the names that carry words,
and loses only the arrangement.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_INLINE = ("text", "alternative_text", "expression")
_NESTED = ("blocks", "cells", "items", "summary", "caption", "credit", "buttons", "button")
_DEPTH = 40


def plain_text(rich: Mapping[str, Any]) -> str:
    """One line per block, one per row of a table; empty where there are no words."""
    lines = (line.strip() for line in _lines(rich, _DEPTH))
    return "\n".join(line for line in lines if line)


def _lines(node: Any, depth: int) -> Iterator[str]:  # noqa: ANN401 - JSON of any shape
    if depth == 0:
        return
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for one in node:
            # A list inside a list is a row of a table or of buttons: its cells share a line.
            yield from [" ".join(_lines(one, depth - 1))] if isinstance(one, list) else _lines(one, depth - 1)
    elif isinstance(node, Mapping):
        if isinstance(node.get("label"), str):
            # An item of a list: its number, or its bullet, belongs to its words.
            unlabelled = {name: value for name, value in node.items() if name != "label"}
            yield " ".join((node["label"], *_lines(unlabelled, depth - 1)))
            return
        words = "".join(_inline(node[name], depth - 1) for name in _INLINE if name in node)
        if words:
            yield words
        for name in _NESTED:
            if name in node:
                yield from _lines(node[name], depth - 1)


def _inline(node: Any, depth: int) -> str:  # noqa: ANN401 - JSON of any shape
    if depth <= 0:
        return ""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return "".join(_inline(one, depth - 1) for one in node)
    if isinstance(node, Mapping):
        return "".join(_inline(node[name], depth - 1) for name in _INLINE if name in node)
    return ""
