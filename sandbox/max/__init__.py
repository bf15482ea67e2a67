"""A stand-in of MAX: the bot API, long polling, webhooks, the upload and file hosts, and people who write to bots."""
