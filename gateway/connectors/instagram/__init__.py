"""Instagram professional accounts, by Meta's Messaging API in both its flavours: Instagram Login and Facebook Login.

Can: private chats with all that people send there and Meta hands out, quotes both ways, quick replies, a heart as a
reaction, typing, read marks, pictures, films, sound and PDF out, answers given in Instagram itself, proxies.
Cannot: edits and taking back of what was sent (Instagram has no call for it), other files than PDF, formatting, writing
to somebody who has not written within 24 hours (7 days by a person's hand), repeating a send whose answer was lost.
"""

from gateway.connectors.instagram.connector import CHANNEL, connect
from gateway.connectors.instagram.parse import parse
from gateway.connectors.instagram.settings import Settings
from gateway.connectors.toolkit.vendor_json import unpack

__all__ = ["CHANNEL", "Settings", "connect", "parse", "unpack"]
