"""Open Lines Gateway: customers write from their messengers, your staff answers from Telegram."""

__version__ = "0.1.0"
