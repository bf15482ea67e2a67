"""The calls of this stand-in; each module registers its own."""

from sandbox.whatsapp import nodes, sending, templates

ALL = (nodes, sending, templates)
