"""WhatsApp, by Meta's Cloud API.

Can: private chats with all that people send there, edits and deletions by clients, quotes, buttons and lists,
reactions, typing (which also marks as read), delivery and read marks, files of all kinds, approved templates when the
24 hours are over, answers given in the WhatsApp Business app, clients who hide their number, proxies.
Cannot: groups (on purpose), changing or taking back what was sent, writing in one's own words more than 24 hours after
the client's last message, clients' pictures, repeating a send whose answer was lost (its statuses tell of it).
"""

from gateway.connectors.toolkit.vendor_json import unpack
from gateway.connectors.whatsapp.connector import CHANNEL, connect
from gateway.connectors.whatsapp.parse import parse
from gateway.connectors.whatsapp.settings import Settings

__all__ = ["CHANNEL", "Settings", "connect", "parse", "unpack"]
