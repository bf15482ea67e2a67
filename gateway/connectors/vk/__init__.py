"""VK communities, by the Community Long Poll or the Callback API.

Can: private chats with all that people send there, edits, quotes, buttons, reactions, typing, read marks both ways,
photos, files and voice messages out, repeating a send whose answer was lost (VK dedupes by `random_id`), proxies.
Cannot: group chats (on purpose), deletions by clients (VK tells nobody), videos from clients as files (a link is
shown), formatting, writing to somebody who never wrote and never allowed messages.
"""

from gateway.connectors.vk.bodies import unpack
from gateway.connectors.vk.connector import CHANNEL, connect
from gateway.connectors.vk.parse import parse
from gateway.connectors.vk.settings import Settings

__all__ = ["CHANNEL", "Settings", "connect", "parse", "unpack"]
