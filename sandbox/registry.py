"""Stand-ins that register themselves: a folder whose `stand_in.py` names its class as `STAND_IN`.

Those that server.py builds by name do not, for tests and the page reach into their parts.
"""

from importlib import import_module
from pathlib import Path

from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import SelfRegistered


def self_registered(infrastructure: Infrastructure) -> tuple[SelfRegistered, ...]:
    """One of each, in the order of their folders' names."""
    folders = sorted(one.parent.name for one in Path(__file__).parent.glob("*/stand_in.py"))
    modules = (import_module(f"sandbox.{name}.stand_in") for name in folders)
    return tuple(kind(infrastructure) for one in modules if (kind := getattr(one, "STAND_IN", None)) is not None)
