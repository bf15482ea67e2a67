"""Which channels there are: the name of a folder is its registration.

A channel's package is imported when it is asked for and not before: its libraries are heavy, and most
installations use one or two.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import BaseModel

from gateway.connectors.contract import Connector, Tools
from gateway.model.commands import Inbound


class Channel(Protocol):
    """What a channel's package exports."""

    CHANNEL: str
    Settings: type[BaseModel]

    def parse(self, update: Mapping[str, Any]) -> Sequence[Inbound]:
        """One update of the vendor's as items. Pure and total: never raises, never drops."""
        ...

    def unpack(self, body: bytes) -> Sequence[dict[str, Any]]:
        """The updates in a request's body. Raises ValueError: it is not the vendor's JSON."""
        ...

    def connect(self, settings: Any, tools: Tools) -> Connector:  # noqa: ANN401 - its own Settings, validated
        """One account, connected; nothing is called before it is asked to do something."""
        ...


def channel_names() -> tuple[str, ...]:
    """All channels that this gateway has, in alphabetical order; nothing is imported."""
    here = Path(__file__).parent
    return tuple(sorted(one.parent.name for one in here.glob("*/connector.py")))


@cache
def channel(name: str) -> Channel:
    """The channel's package.

    Raises:
        LookupError: there is no such channel.
    """
    if name not in channel_names():
        raise LookupError(f"there is no channel {name!r}; there are {', '.join(channel_names())}")
    found = import_module(f"gateway.connectors.{name}")
    # A package that lacks a part of its contract fails in tests/connectors/test_contract.py, not here.
    return cast("Channel", found)
