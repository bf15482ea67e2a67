"""The Telegram Bot API as a bot sees it on the wire, and the people on the other side of it."""
