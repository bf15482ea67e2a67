"""Bots of MAX (max.ru), by long poll or webhook.

Can: private chats with all that people send there, forwards and answers, formatting, photos, videos, sound and files
both ways, edits and deletions both ways, buttons, typing, read marks, the menu of commands, the payload of a link;
finding out by the chat's history what became of a send whose answer was lost.
Cannot: groups and channels (on purpose), voice messages that people record (MAX does not tell them to bots: an alarm
says that one came), reactions, writing to somebody who never pressed Start or has stopped the bot.
"""

from gateway.connectors.max.bodies import unpack
from gateway.connectors.max.connector import CHANNEL, connect
from gateway.connectors.max.parse import parse
from gateway.connectors.max.settings import Settings

__all__ = ["CHANNEL", "Settings", "connect", "parse", "unpack"]
