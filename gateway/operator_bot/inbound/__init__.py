"""What the bot's updates mean, as staff commands."""
