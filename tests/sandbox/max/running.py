"""The stand-in of MAX in a sandbox that runs."""

from sandbox.max.stand_in import MaxStandIn
from sandbox.server import Sandbox


def max_of(sandbox: Sandbox) -> MaxStandIn:
    found = sandbox.stand_in("max")
    assert isinstance(found, MaxStandIn)
    return found
