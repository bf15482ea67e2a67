"""The methods of the API, each registering itself; whoever needs them imports ALL."""

from sandbox.max.methods import answers, chats, files, messages, profile, subscriptions, updates

ALL = (answers, chats, files, messages, profile, subscriptions, updates)
