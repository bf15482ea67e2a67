"""What in an operator's words was meant to be buttons (`[[Yes]] [[No]]`) and became none. Pure.

Buttons are lines at the end that hold nothing else. Any other `[[` or `]]` is rather mistyped than meant, and a client
would read the brackets: it is asked about before it goes.
"""

import re
from collections.abc import Iterator

from gateway.model.messages import Message

_MARK = re.compile(r"\[\[|\]\]")
_LITERAL = frozenset({"code", "pre"})


def mistyped(message: Message) -> str | None:
    """The first line in which such brackets stand; what is written as code is meant. None: there is none."""
    kept = list(_literal(message))
    for found in _MARK.finditer(message.text):
        if not any(begin <= found.start() < end for begin, end in kept):
            begin = message.text.rfind("\n", 0, found.start()) + 1
            end = message.text.find("\n", begin)
            return message.text[begin : None if end < 0 else end].strip()
    return None


def _literal(message: Message) -> Iterator[tuple[int, int]]:
    """Where code stands, in characters."""
    encoded = message.text.encode("utf-16-le", "surrogatepass")
    for one in message.entities:
        if one.kind in _LITERAL:
            ends = (2 * one.offset, 2 * (one.offset + one.length))
            begin, end = (len(encoded[:at].decode("utf-16-le", "replace")) for at in ends)
            yield begin, end
