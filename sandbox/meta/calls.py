"""One call of the Graph API, and the table that both messengers put their calls into.

A call's function returns the answer's body, or raises GraphError; it may be a coroutine.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias, TypeVar

from sandbox.meta.errors import required
from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, Messenger
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json


class Call:
    """What is asked of which node, in whose name. What is put into `after` is done once the answer has left."""

    def __init__(self, meta: Meta, account: Account, node: str, values: Json, files: dict[str, Upload]) -> None:
        self.meta = meta
        self.world = meta.world
        self.account = account
        self.node = node
        self.values = values
        self.files = files
        self.after: list[Callable[[], None]] = []
        self.message_id = ""
        """Of the message that it made, for the ledger."""

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        return value if isinstance(value, str) else str(value)

    def needed(self, name: str) -> str:
        """A value that must be there; raises GraphError 100."""
        if self.values.get(name) in (None, ""):
            raise required(name)
        return self.text(name)

    def object(self, name: str) -> Json | None:
        value = self.values.get(name)
        return value if isinstance(value, dict) else None


Function: TypeAlias = Callable[[Call], Json] | Callable[[Call], Awaitable[Json]]
_AnyFunction = TypeVar("_AnyFunction", bound=Function)


class Edge(NamedTuple):
    """`name` is what faults and the ledger call it."""

    name: str
    function: Function


EDGES: dict[tuple[Messenger, str, str, str], Edge] = {}
"""By messenger, kind of node, verb and edge (empty: the node itself)."""

Resolve: TypeAlias = Callable[[Meta, list[Account], str], tuple[str, Account] | None]
RESOLVERS: dict[Messenger, Resolve] = {}
"""What kind of node an id is, and which of the token's accounts it belongs to."""


def edge(messenger: Messenger, kind: str, verb: str, path: str, name: str) -> Callable[[_AnyFunction], _AnyFunction]:
    """Registers a function as a call."""

    def register(function: _AnyFunction) -> _AnyFunction:
        EDGES[messenger, kind, verb, path] = Edge(name, function)
        return function

    return register
