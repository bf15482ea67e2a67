"""The operators' Telegram bot: what its updates mean, and what operators see of what happened."""
