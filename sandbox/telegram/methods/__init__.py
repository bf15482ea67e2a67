"""The Bot API's methods by what they are about; importing this package fills their table."""

from sandbox.telegram.calls import METHODS
from sandbox.telegram.methods import business, chats, editing, media, profile, sending, updates

__all__ = ["METHODS", "business", "chats", "editing", "media", "profile", "sending", "updates"]
