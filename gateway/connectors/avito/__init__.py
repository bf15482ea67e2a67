"""Chats of an Avito account, by polling or webhook.

Can: chats about listings and between users with all that people send there, quotes, who writes and about which listing,
deletions, read marks both ways, pictures out, taking a message back within an hour, finding out by the chat what became
of a send whose answer was lost, what a colleague answers in Avito itself, proxies.
Cannot: files and videos (Avito hands them to nobody), anything but words and pictures out, edits, reactions, buttons,
typing, quotes out, formatting, writing first (a chat is begun by the buyer).
"""

from gateway.connectors.avito.connector import CHANNEL, connect
from gateway.connectors.avito.parse import parse
from gateway.connectors.avito.settings import Settings
from gateway.connectors.toolkit.vendor_json import unpack

__all__ = ["CHANNEL", "Settings", "connect", "parse", "unpack"]
