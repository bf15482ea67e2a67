"""The calls of this stand-in; each module registers its own."""

from sandbox.instagram import nodes, sending

ALL = (nodes, sending)
