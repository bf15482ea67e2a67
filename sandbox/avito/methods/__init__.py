"""The methods of the API, each registering itself; whoever needs them imports ALL."""

from sandbox.avito.methods import chats, media, messages, subscriptions

ALL = (chats, media, messages, subscriptions)
