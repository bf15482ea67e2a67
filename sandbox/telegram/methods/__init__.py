"""The Bot API's methods by what they are about; importing this package fills their table."""

from sandbox.telegram.calls import METHODS
from sandbox.telegram.methods import chats, editing, media, profile, sending, updates

__all__ = ["METHODS", "chats", "editing", "media", "profile", "sending", "updates"]
