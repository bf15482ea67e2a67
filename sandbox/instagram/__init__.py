"""The stand-in of Instagram's messaging API in both flavours: its calls, webhooks, people, and the app itself."""
