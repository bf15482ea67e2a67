"""The table of an API's methods: a function enters it under the name that clients, faults and the ledger use."""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


class Registrar:
    """`method = Registrar(METHODS)`; then `@method("sendMessage")` puts a function into the table, in lower case."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._table = table

    def __call__(self, name: str) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            self._table[name.lower()] = function
            return function

        return register
