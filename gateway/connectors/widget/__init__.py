"""The chat on a site's own pages: the only channel whose client's side is ours too.

Can: everything that operators say and do (edits, deletes, reactions, quotes, buttons, files, typing, read marks),
anonymous visitors and users whom the site's server vouches for, uploads, several sites.
Cannot: reach a visitor who has left (they read it when they come back), forwarded messages, stickers as such.
"""

from gateway.connectors.widget.connector import CHANNEL, connect
from gateway.connectors.widget.parse import parse, unpack
from gateway.connectors.widget.settings import Settings

__all__ = ["CHANNEL", "Settings", "connect", "parse", "unpack"]
