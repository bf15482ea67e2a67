"""Telegram bots, by the Bot API.

Can: private chats with everything people send there, edits both ways, quotes, buttons, reactions, typing, albums,
webhooks or polling, proxies, a Bot API server of one's own.
Cannot: groups and channels (on purpose), read and delivery marks, deletions by clients (Telegram tells no bot),
files above 20 MB from clients and 50 MB to them, writing to somebody who never pressed Start.
"""

import gateway.connectors.telegram.deferred  # noqa: F401 - before anything that imports aiogram
from gateway.connectors.telegram.bodies import unpack
from gateway.connectors.telegram.connector import CHANNEL, connect
from gateway.connectors.telegram.parse import parse
from gateway.connectors.telegram.settings import Settings

__all__ = ["CHANNEL", "Settings", "connect", "parse", "unpack"]
